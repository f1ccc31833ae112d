//! Servers that let us in and then say what nobody can use: a real `sshd`, and shells and commands that misbehave.

use hannun::commands::CommandType;
use hannun::commands::catalog::{AddedCommand, Catalog};
use hannun::commands::conditions::Conditions;

use super::Scene;
use crate::harness::ssh::ask;
use crate::harness::sshd::{Setup, Sshd};

fn two_users(test: &str, start_file: &'static str) -> Option<Sshd> {
    let setup =
        Setup::default().user("noisy", "/bin/bash").home_file(".bashrc", start_file).user("deploy", "/bin/bash");
    setup.start(test)
}

#[actix_web::test]
async fn a_banner_of_a_start_up_file_is_not_part_of_any_answer() {
    let test = "a_banner_of_a_start_up_file_is_not_part_of_any_answer";
    let banner = "echo 'WELCOME TO PROD'; printf '\\033[31mdo not touch\\033[0m'; echo 'and mind the gap' >&2\n";
    let Some(sshd) = two_users(test, banner) else { return };
    let scene = Scene::of(&sshd.endpoint_of("noisy"), &sshd.endpoint_of("deploy")).await;
    let page = scene.processes_region().await;
    assert!(page.has("#processes table") && !page.has("#processes .fail"), "{}", page.text("#processes"));
    let list = scene.program.get("/api/v1/servers/web-1/processes?q=sshd").await.status(200);
    assert!(!list.to_string().contains("WELCOME") && list["items"][0]["pid"].is_u64(), "{list}");
    scene.others_go_on().await;
}

#[actix_web::test]
async fn a_start_up_file_that_ends_the_shell_is_said_in_its_own_words() {
    let test = "a_start_up_file_that_ends_the_shell_is_said_in_its_own_words";
    let Some(sshd) = two_users(test, "echo 'This account is for rsync only'; exit 3\n") else { return };
    let scene = Scene::of(&sshd.endpoint_of("noisy"), &sshd.endpoint_of("deploy")).await;
    let said = scene.walk("shell", "Let us in but gave no POSIX shell: This account is for rsync only").await;
    assert_eq!(said.what, "web-1 let us in but gave no POSIX shell: This account is for rsync only");
    assert_eq!(
        said.next_step,
        "Give this user a login shell that runs /bin/sh, and keep its start-up files from ending or holding it up"
    );
}

#[actix_web::test]
async fn bytes_that_are_no_text_are_shown_as_such_and_hide_nothing() {
    let test = "bytes_that_are_no_text_are_shown_as_such_and_hide_nothing";
    let Some(sshd) = two_users(test, "") else { return };
    let scene = Scene::of(&sshd.endpoint_of("noisy"), &sshd.endpoint_of("deploy")).await;
    // Its own name for itself is no text in any encoding, and would colour a terminal.
    let odd =
        "bash -c 'exec -a \"$(printf \"odd-\\377\\376-\\033[31m-name\")\" sleep 600' </dev/null >/dev/null 2>&1 &";
    scene.app.app.hosts.pool().run(&sshd.endpoint_of("noisy"), ask(odd)).await.unwrap();
    let list = scene.program.get("/api/v1/servers/web-1/processes?q=odd-&limit=500").await.status(200);
    let commands: Vec<&str> =
        list["items"].as_array().unwrap().iter().filter_map(|one| one["command"].as_str()).collect();
    let [command] = commands[..] else { panic!("{commands:?}") };
    assert!(command.starts_with("odd-") && command.contains("-name 600"), "{command:?}");
    assert!(!command.contains('\u{1b}'), "{command:?}");
    let all = scene.program.get("/api/v1/servers/web-1/processes?q=sshd").await.status(200);
    assert!(all["items"][0]["pid"].is_u64(), "{all}");
    assert!(scene.processes_region().await.has("#processes table"));
    scene.others_go_on().await;
}

#[actix_web::test]
async fn an_answer_that_is_no_answer_is_shown_as_it_came() {
    let test = "an_answer_that_is_no_answer_is_shown_as_it_came";
    let Some(sshd) = two_users(test, "") else { return };
    let scene = Scene::of(&sshd.endpoint_of("noisy"), &sshd.endpoint_of("deploy")).await;
    scene.asks_for_processes_by("printf '\\377\\376 <b>what</b> is this\\n'").await;
    let (in_the_api, problem) = scene.in_the_api().await;
    assert_eq!(scene.on_the_page().await, in_the_api);
    assert!(in_the_api.what.starts_with("The answer of odd from web-1 could not be read: "), "{}", in_the_api.what);
    assert_eq!(
        in_the_api.next_step,
        "Look at the raw answer: the program on the server may be another one than hannun knows"
    );
    assert!(problem["stderr"].as_str().unwrap().contains("<b>what</b> is this"), "{problem}");
    let page = scene.processes_region().await;
    assert!(page.text("#processes .fail pre").contains("<b>what</b> is this"), "{}", page.text("#processes"));
}

#[actix_web::test]
async fn an_endless_answer_is_cut_off_and_nothing_runs_on() {
    let test = "an_endless_answer_is_cut_off_and_nothing_runs_on";
    let Some(sshd) = two_users(test, "") else { return };
    let scene = Scene::of(&sshd.endpoint_of("noisy"), &sshd.endpoint_of("deploy")).await;
    scene.asks_for_processes_by("yes 'all work and no play makes a dull server'").await;
    let (in_the_api, _) = scene.in_the_api().await;
    assert_eq!(scene.on_the_page().await, in_the_api);
    assert_eq!(in_the_api.what, "odd on web-1 printed more than 4096 KiB and was stopped");
    assert_eq!(
        in_the_api.next_step,
        "Look at the server: the command should have ended by itself. Where it can, ask for less at once"
    );
    scene.others_go_on().await;
    scene.app.app.hosts.replace_catalog(Catalog::built_in().clone());
    let left = scene.program.get("/api/v1/servers/good-1/processes?q=all+work+and+no+play&limit=500").await.status(200);
    assert_eq!(left["items"].as_array().unwrap().len(), 0, "{left}");
}

impl Scene {
    /// From now on the processes of every server like `web-1` are asked for by this script, as if an administrator had added it.
    async fn asks_for_processes_by(&self, script: &str) {
        self.program.get("/api/v1/servers/web-1/processes").await.status(200);
        let platform = self.program.get("/api/v1/servers/web-1/platform").await.status(200);
        let distro = vec![platform["distro"].as_str().unwrap().to_owned()];
        let added = AddedCommand {
            command_type: CommandType::ListProcesses,
            name: "odd".to_owned(),
            on: Conditions { os: vec!["linux".to_owned()], distro, ..Conditions::default() },
            script: script.to_owned(),
            format: "ps-procps".to_owned(),
        };
        self.app.app.hosts.replace_catalog(Catalog::built_in().with_added(vec![added]).unwrap());
    }
}
