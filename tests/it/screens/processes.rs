//! Processes and sockets as people see them, on a real server: the list, one process, its environment.

use hannun::models::actor::Actor;

use super::{add_server, fails, timed_out};
use crate::harness::app::TestApp;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::known;
use crate::harness::page::Page;
use crate::harness::ssh::{ask, pool};
use crate::harness::sshd::{Setup, Sshd};

/// A server that hannun knows.
pub(super) async fn server(test: &str) -> Option<(TestApp, Sshd)> {
    let sshd = Setup::default().start(test)?;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &sshd.endpoint()).await;
    Some((app, sshd))
}

/// Starts something there that goes on, and gives its number.
pub(super) async fn start(sshd: &Sshd, script: &str) -> u32 {
    let script = format!("setsid {script} </dev/null >/dev/null 2>&1 & echo $!");
    let answer = pool().run(&sshd.endpoint(), ask(&script)).await.unwrap();
    String::from_utf8(answer.stdout).unwrap().trim().parse().unwrap()
}

/// What a shell there says.
pub(super) async fn say(sshd: &Sshd, script: &str) -> String {
    let answer = pool().run(&sshd.endpoint(), ask(script)).await.unwrap();
    String::from_utf8(answer.stdout).unwrap().trim().to_owned()
}

/// The process that a drawer is about, as its form names it.
pub(super) fn started(page: &Page) -> String {
    page.attribute("#signal input[name=started]", "value").unwrap()
}

#[actix_web::test]
async fn a_viewer_sees_what_runs_with_what_it_uses_now_and_narrows_it() {
    let test = "a_viewer_sees_what_runs_with_what_it_uses_now_and_narrows_it";
    let Some((app, sshd)) = server(test).await else { return };
    let busy = start(&sshd, "sh -c 'while :; do :; done # spin-hannun'").await;
    let viewer = app.viewer().await;
    let page = viewer.region("/servers/web-1/processes?q=spin-hannun", "processes").await;
    assert!(!page.has("header.topbar"), "the list alone");
    assert_eq!(
        page.texts("thead th"),
        ["PID", "User", "CPU %", "Resident", "Threads", "State", "Age", "Ports", "Command"]
    );
    let row = page.texts(&format!("#p-{busy} td"));
    assert!(row[2].parse::<f64>().unwrap() > 5.0, "it does nothing else: {row:?}");
    assert_eq!((row[4].as_str(), row[5].as_str()), ("1", "running"));
    say(&sshd, &format!("kill {busy}")).await;
    let whole = viewer.get("/servers/web-1/processes?q=no-such-thing").await.ok();
    assert_eq!(whole.heading(), "Processes web-1");
    assert_eq!(whole.text("#processes .empty h3"), "No process matches “no-such-thing”");
    let tree = viewer.get("/servers/web-1/processes?view=tree&q=sshd").await.ok();
    assert!(tree.has(".tree-lines"), "children stand below their parents");
    let stable = viewer.get("/servers/web-1/processes?paused=true").await.ok();
    assert!(!stable.attribute("#processes [hx-trigger]", "hx-trigger").unwrap().contains("every"), "it is paused");
}

/// A FreeBSD server, which counts no ticks: it lists these processes, and does this with the question who is connected.
async fn bsd(connections: Act) -> (TestApp, FakeHost) {
    let listed = include_str!("../../fixtures/commands/list_processes/freebsd-documented.txt");
    let manner = Manner::default().when("sockstat", connections).when("@now", Act::answer(listed, "", 0));
    let (app, host) = (TestApp::start().await, FakeHost::start(manner).await);
    known::add_with_platform(&app, "web-1", &host.endpoint(), ("freebsd", &[])).await;
    (app, host)
}

#[actix_web::test]
async fn a_server_that_counts_no_ticks_is_not_asked_again_without_a_pause() {
    let (app, _host) = bsd(Act::answer("", "", 0)).await;
    let viewer = app.viewer().await;
    for page in [
        viewer.get("/servers/web-1/processes").await.ok(),
        viewer.region("/servers/web-1/processes", "processes").await,
        viewer.region("/servers/web-1", "processes").await,
    ] {
        assert!(page.text("#processes thead").contains("CPU, average"), "{}", page.text("#processes"));
        let triggers = page.attributes("#processes, #processes [hx-trigger]", "hx-trigger").concat();
        assert!(triggers.contains("every 5s") && !triggers.contains("load"), "{triggers}");
    }
}

#[actix_web::test]
async fn a_list_of_connections_that_failed_says_why_and_what_to_do() {
    let (app, _host) = bsd(Act::answer("@sockets\n", "sockstat: no such file\u{1b}[2J", 71)).await;
    let page = app.operator().await.get("/servers/web-1/sockets?show=connections").await.ok();
    let said = page.text("#sockets");
    assert!(said.contains("sockstat") && said.contains("71") && said.contains("no such file"), "{said}");
    assert!(!said.contains("Nobody is connected") && !said.contains('\u{1b}'), "{said}");
}

#[actix_web::test]
async fn a_list_of_connections_that_was_cut_says_so_also_where_nothing_fits_the_filter() {
    let (app, _host) =
        bsd(Act::answer("@sockets\nwww nginx 7 6 tcp4 10.0.0.1:443 203.0.113.9:51544\n@cut\n", "", 0)).await;
    for filter in ["", "&q=nobody"] {
        let page = app.viewer().await.get(&format!("/servers/web-1/sockets?show=connections{filter}")).await.ok();
        assert!(page.text("#sockets .region-head").contains("more connections than are asked for"), "{filter}");
    }
}

#[actix_web::test]
async fn the_list_takes_names_that_mean_something_elsewhere_as_names() {
    let test = "the_list_takes_names_that_mean_something_elsewhere_as_names";
    let Some((app, sshd)) = server(test).await else { return };
    let hostile = "'<img src=x onerror=alert(1)>' '-rf' \"$(printf '\\033[2J\\n@stat\\n1 0 root')\"";
    let pid = start(&sshd, &format!("sh -c 'sleep 1000; :' hannun-odd {hostile}")).await;
    let viewer = app.viewer().await;
    let page = viewer.get(&format!("/servers/web-1/processes?q=hannun-odd&pid={pid}")).await.ok();
    assert!(!page.has("main img"));
    let row = page.text(&format!("#p-{pid} td.mono"));
    assert!(row.contains("<img src=x onerror=alert(1)> -rf") && !row.contains('\u{1b}'), "{row}");
    let command = page.text("#drawer .cmdline");
    assert!(command.contains("␛[2J") && command.contains("@stat"), "{command}");
    say(&sshd, &format!("kill {pid}")).await;
}

#[actix_web::test]
async fn a_program_of_any_name_is_one_row_and_opens_as_itself() {
    let Some((app, sshd)) = server("a_program_of_any_name_is_one_row_and_opens_as_itself").await else { return };
    let folder = tempfile::tempdir_in("/var/tmp").unwrap();
    let viewer = app.viewer().await;
    for name in [") R 1 (x", "<b>x</b>", "-rf", "a\n@stat\n1 0", "x\u{1b}[2J"] {
        let file = folder.path().join(name.replace('/', "|"));
        std::fs::copy("/bin/sleep", &file).unwrap();
        let pid = start(&sshd, &format!("'{}' 1000", file.display())).await;
        say(&sshd, &format!("until [ \"$(cat /proc/{pid}/comm)\" != setsid ]; do sleep 0.05; done")).await;
        // The number alone may stand in another process's command line as well.
        let folder = folder.path().file_name().unwrap().to_str().unwrap();
        let page = viewer.get(&format!("/servers/web-1/processes?q={pid}+{folder}&pid={pid}")).await.ok();
        assert_eq!(page.texts("#process-rows tr").len(), 1, "{name:?}: {:?}", page.texts("#process-rows tr"));
        assert!(page.has(&format!("#p-{pid}")) && !page.has("#drawer b, #process-rows b"), "{name:?}");
        let title = page.text("#drawer-title");
        assert!(title.ends_with(&format!(" {pid}")) && !title.contains('\u{1b}'), "{title}");
        assert!(title.starts_with(&name[..1]), "{title}");
        say(&sshd, &format!("kill {pid}")).await;
    }
}

#[actix_web::test]
async fn one_process_is_shown_with_its_command_parents_limits_sockets_and_files() {
    let test = "one_process_is_shown_with_its_command_parents_limits_sockets_and_files";
    let Some((app, sshd)) = server(test).await else { return };
    let folder = tempfile::tempdir_in("/var/tmp").unwrap();
    let file = folder.path().join("held open.log");
    let pid = start(&sshd, &format!("sh -c 'exec 7>\"$1\"; sleep 1000; :' held '{}'", file.display())).await;
    say(&sshd, &format!("until [ -e '{}' ]; do sleep 0.05; done", file.display())).await;
    let page = app.viewer().await.get(&format!("/servers/web-1/processes?pid={pid}")).await.ok();
    let drawer = page.text("#drawer");
    assert!(page.text("#drawer .cmdline").contains("sleep 1000; :"), "{drawer}");
    assert!(page.texts("#drawer .parents a").last().is_some_and(|first| first.ends_with(" 1")), "{drawer}");
    assert!(page.texts("#drawer table td").contains(&file.display().to_string()), "{drawer}");
    assert!(drawer.contains("No network socket is open."), "{drawer}");
    assert!(page.texts("#drawer details td").iter().any(|name| name.starts_with("Max open files")), "{drawer}");
    say(&sshd, &format!("kill {pid}")).await;
    let listener = page_of_the_ssh_server(&app).await;
    assert!(listener.texts("#drawer table td").contains(&"ESTABLISHED".to_owned()), "{}", listener.text("#drawer"));
}

/// The drawer of the process that serves hannun's own connection.
async fn page_of_the_ssh_server(app: &TestApp) -> Page {
    let host = app.app.hosts.open(Actor::system("test"), "web-1".into()).await.unwrap();
    let own =
        host.run_script("parent", "echo $PPID", std::time::Duration::from_secs(10)).await.unwrap().unwrap().stdout;
    let own = String::from_utf8(own).unwrap();
    app.viewer().await.get(&format!("/servers/web-1/processes?pid={}", own.trim())).await.ok()
}

#[actix_web::test]
async fn sec_s05_an_environment_is_for_administrators_and_its_secrets_stay_covered_until_asked_for() {
    let test = "sec_s05_an_environment_is_for_administrators_and_its_secrets_stay_covered_until_asked_for";
    let Some((app, sshd)) = server(test).await else { return };
    let pid = start(&sshd, "env -i PATH=/usr/bin:/bin API_TOKEN=hunter2-canary 'ODD=<b>x</b>' sleep 1000").await;
    let path = format!("/servers/web-1/processes/{pid}/environment-looks");
    for person in [app.viewer().await, app.operator().await] {
        assert!(!person.get(&format!("/servers/web-1/processes?pid={pid}")).await.ok().has("#environment"));
        assert_eq!(person.post(&path, []).await.status, 403);
    }
    let administrator = app.administrator().await;
    let drawer = administrator.get(&format!("/servers/web-1/processes?pid={pid}")).await;
    assert!(!drawer.body.contains("hunter2-canary"), "nowhere in the page");
    let look = async |page: &Page| {
        let form = page.form("#environment form");
        administrator.post(&path, form.iter().map(|(name, value)| (name.as_str(), value.as_str()))).await
    };
    let covered = look(&drawer.ok()).await;
    assert!(!covered.body.contains("hunter2-canary"), "nowhere in the page");
    let page = covered.ok();
    page.table("#environment table").has_row(["API_TOKEN", "covered"]);
    page.table("#environment table").has_row(["ODD", "<b>x</b>"]);
    look(&page).await.ok().table("#environment table").has_row(["API_TOKEN", "hunter2-canary"]);
    let other = administrator.post(&path, [("seen", "1"), ("values", "shown")]).await;
    assert!(!other.body.contains("hunter2-canary"), "another process was meant");
    let told = audit(&app).await;
    assert!(told.contains(&format!("read_environment {pid} succeeded")), "{told:#?}");
    assert!(told.contains(&format!("read_environment {pid}, with what looks like secrets succeeded")), "{told:#?}");
    say(&sshd, &format!("kill {pid}")).await;
}

#[actix_web::test]
async fn sockets_say_who_listens_where_in_words_and_who_is_connected() {
    let test = "sockets_say_who_listens_where_in_words_and_who_is_connected";
    let Some((app, sshd)) = server(test).await else { return };
    let viewer = app.viewer().await;
    let port = sshd.port.to_string();
    let page = viewer.get(&format!("/servers/web-1/sockets?q={port}")).await.ok();
    let row = page.table("#sockets table").rows.into_iter().next().unwrap();
    assert_eq!((row[0].as_str(), row[1].as_str(), row[2].as_str()), (&*port, "tcp", "this server only 127.0.0.1"));
    let link = page.attribute("#sockets tbody a.key", "href").unwrap();
    assert!(viewer.get(&link).await.ok().text("#drawer-title").contains("sshd"), "it leads to its process");
    assert!(!viewer.get(&format!("/servers/web-1/sockets?q={port}&reach=open")).await.ok().has("#sockets table"));
    // hannun's own connection.
    let page = viewer.get(&format!("/servers/web-1/sockets?show=connections&q={port}")).await.ok();
    let rows = page.table("#sockets table").rows;
    assert!(rows.iter().any(|row| row[0] == format!("{port} /tcp") && row[3] == "ESTABLISHED"), "{rows:?}");
    assert!(page.texts(".evidence span").iter().any(|line| line.contains("ss -Htunpe")));
}

#[actix_web::test]
async fn the_list_says_at_which_ports_a_process_listens() {
    let Some((app, sshd)) = server("the_list_says_at_which_ports_a_process_listens").await else { return };
    let (viewer, port) = (app.viewer().await, sshd.port.to_string());
    // They may come a moment after the list.
    for _ in 0..100 {
        let page = viewer.region("/servers/web-1/processes?q=sshd&sort=ports", "processes").await;
        if page.texts("#process-rows tr:first-child td")[7].split(", ").any(|one| one == port) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("sshd listens at {port}, and the list does not say so");
}

#[actix_web::test]
async fn a_server_that_is_away_is_not_asked_and_its_page_says_so() {
    let app = TestApp::start().await;
    let server = add_server(&app, "lab-1", "lab").await;
    fails(&app, &server, timed_out(&server)).await;
    let viewer = app.viewer().await;
    for screen in ["processes", "sockets"] {
        let page = viewer.get(&format!("/servers/lab-1/{screen}")).await.ok();
        assert!(page.text(".notice").contains("The server does not answer"), "{screen}");
        assert!(!page.has("main [hx-trigger*=every]"), "{screen} does not ask by itself");
    }
    let reply = viewer.get("/servers/lab-1/processes/7").await;
    reply.leads_to("/servers/lab-1/processes?pid=7");
}

/// `signal_process TERM to 7 started 42 succeeded` of everything that was done.
pub(super) async fn audit(app: &TestApp) -> Vec<String> {
    let events = app.audit().await;
    events.into_iter().map(|event| format!("{} {} {}", event.action, event.target, event.outcome.name())).collect()
}
