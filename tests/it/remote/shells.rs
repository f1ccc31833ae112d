//! P02, P05, P07 with a real `sshd`: login shells of every kind, and what happens to what we started.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hannun::error::{RemoteError, StillRunning};
use hannun::models::ids::ServerId;
use hannun::remote::Endpoint;

use crate::harness::ssh::{ask, ask_within, eventually, pool, runs};
use crate::harness::sshd::Setup;

/// Prints what a script could get wrong: its input, its quoting, its locale, its terminal.
const SCRIPT: &str =
    "cat\nprintf '%s\\n' \"a 'b' \\\"c\\\" \\$d !e\"\ntty\nprintf '%s %s\\n' \"$LC_ALL\" \"$PATH\"\nexit 3";
const EXPECTED: &str = "a 'b' \"c\" $d !e\nnot a tty\nC /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n";

async fn works_with(test: &str, setup: Setup) {
    let Some(sshd) = setup.start(test) else { return };
    let pool = pool();
    let answer = pool.run(&sshd.endpoint(), ask(SCRIPT)).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.stdout), EXPECTED);
    assert_eq!((answer.status, answer.stderr.as_slice()), (3, &b""[..]));
}

macro_rules! works_with {
    ($($name:ident: $shell:literal,)*) => { $(
        #[tokio::test]
        async fn $name() {
            works_with(stringify!($name), Setup::default().user("hannun-test", $shell)).await;
        }
    )* };
}

works_with! {
    sec_p02_p05_a_script_runs_whole_under_bash: "/bin/bash",
    sec_p02_p05_a_script_runs_whole_under_dash: "/bin/dash",
    sec_p02_p05_a_script_runs_whole_under_zsh: "/bin/zsh",
    sec_p02_p05_a_script_runs_whole_under_ksh: "/bin/mksh",
    sec_p02_p05_a_script_runs_whole_under_fish: "/usr/bin/fish",
    sec_p02_p05_a_script_runs_whole_under_tcsh: "/bin/tcsh",
    sec_p02_p05_a_script_runs_whole_under_busybox_ash: "/bin/busybox",
}

#[tokio::test]
async fn sec_p02_p05_a_script_runs_whole_as_the_user_of_the_tests() {
    works_with("sec_p02_p05_a_script_runs_whole_as_the_user_of_the_tests", Setup::default()).await;
}

#[tokio::test]
async fn sec_p02_a_start_up_file_that_prints_does_not_reach_the_answer() {
    let text = "echo 'Welcome!'\nprintf 'no line end'\necho 'to stderr' >&2\n";
    let setup = Setup::default().user("hannun-test", "/bin/bash").home_file(".bashrc", text);
    works_with("sec_p02_a_start_up_file_that_prints_does_not_reach_the_answer", setup).await;
}

#[tokio::test]
async fn sec_p02_a_shell_that_cannot_run_a_script_is_refused_in_its_own_words() {
    let test = "sec_p02_a_shell_that_cannot_run_a_script_is_refused_in_its_own_words";
    let setup = Setup::default()
        .user("hannun-nologin", "/usr/sbin/nologin")
        .user("hannun-rbash", "/bin/rbash")
        .user("hannun-exit", "/bin/bash")
        .home_file(".bashrc", "echo 'go away'; exit 5\n");
    let Some(sshd) = setup.start(test) else { return };
    for (user, words) in [
        ("hannun-nologin", "This account is currently not available"),
        ("hannun-rbash", "restricted"),
        ("hannun-exit", "go away"),
    ] {
        let error = pool().run(&sshd.endpoint_of(user), ask("true")).await.unwrap_err();
        let RemoteError::ShellUnusable { said, .. } = &error else { panic!("{user}: {error:?}") };
        assert!(said.contains(words), "{user}: {said}");
    }
}

#[tokio::test]
async fn sec_p02_a_forced_command_is_refused_in_its_own_words() {
    let setup = Setup::default().setting("ForceCommand echo only backups here");
    let Some(sshd) = setup.start("sec_p02_a_forced_command_is_refused_in_its_own_words") else { return };
    let error = pool().run(&sshd.endpoint(), ask("true")).await.unwrap_err();
    assert_eq!(error, RemoteError::ShellUnusable { server: "web-1".to_owned(), said: "only backups here".to_owned() });
}

#[tokio::test]
async fn sec_p07_what_we_gave_up_on_does_not_run_on() {
    let test = "sec_p07_what_we_gave_up_on_does_not_run_on";
    let Some(sshd) = Setup::default().user("hannun-test", "/bin/bash").start(test) else { return };
    // OpenSSH passes signals on for everybody but root.
    for (user, number) in [("hannun-test", 8100), ("root", 8200)] {
        let scripts = [
            format!("sleep {number}"),
            format!("trap '' TERM; sleep {}; sleep {}", number + 1, number + 1),
            format!("nohup sleep {}", number + 2),
            format!("(sleep {0} & sleep {0} &) ; wait; sleep {0}", number + 3),
        ];
        let (pool, endpoint) = (pool(), sshd.endpoint_of(user));
        join_all(scripts.iter().zip(number..).map(|(script, number)| {
            let endpoint = Endpoint { id: ServerId(number), ..endpoint.clone() };
            let (pool, mark) = (&pool, format!("sleep {number}"));
            async move {
                pool.run(&endpoint, ask("true")).await.unwrap();
                let running = pool.run(&endpoint, ask_within(script, Duration::from_secs(1)));
                let watching = eventually("it runs", || runs(&mark));
                let (outcome, ()) = tokio::join!(running, watching);
                let error = outcome.unwrap_err();
                let RemoteError::DeadlinePassed { still_running, .. } = &error else { panic!("{script}: {error:?}") };
                assert_eq!(*still_running, StillRunning::No, "{user}: {script}");
                assert!(!runs(&mark), "{user}: {script}");
            }
        }))
        .await;
    }
}

#[tokio::test]
async fn sec_p07_what_escaped_is_said_to_run_on() {
    let test = "sec_p07_what_escaped_is_said_to_run_on";
    let Some(sshd) = Setup::default().user("hannun-test", "/bin/bash").start(test) else { return };
    let request = ask_within("setsid sleep 8105 & wait", Duration::from_millis(500));
    let error = pool().run(&sshd.endpoint(), request).await.unwrap_err();
    let RemoteError::DeadlinePassed { still_running, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*still_running, StillRunning::Yes);
    assert!(runs("sleep 8105"));
}

#[tokio::test]
async fn a_child_in_the_background_does_not_hold_up_the_answer() {
    let Some(sshd) = Setup::default().start("a_child_in_the_background_does_not_hold_up_the_answer") else { return };
    let began = Instant::now();
    let answer = pool().run(&sshd.endpoint(), ask("sleep 6 & echo done")).await.unwrap();
    assert_eq!(answer.stdout, b"done\n");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_ticked_loop_runs_on_a_real_server_and_ends_with_its_input() {
    let Some(sshd) = Setup::default().start("a_ticked_loop_runs_on_a_real_server_and_ends_with_its_input") else {
        return;
    };
    let pool = pool();
    let script = "n=0; while read -r tick <&3; do n=$((n + 1)); echo \"frame $n 8106\"; echo FRAME_END; done";
    let mut ticker = pool.ticker(&sshd.endpoint(), ask(script)).await.unwrap();
    for number in 1..=5 {
        let frame = ticker.tick(Duration::from_secs(5)).await.unwrap();
        assert_eq!(frame, format!("frame {number} 8106\n"));
    }
    // Beside the sampler's channel, commands have theirs.
    assert_eq!(pool.run(&sshd.endpoint(), ask("echo hi")).await.unwrap().stdout, b"hi\n");
}
