//! How commands run, follow one another and end.

use hannun::commands::Acting;
use hannun::commands::script::Privilege;
use hannun::executions::ask::By;
use hannun::executions::{Sequence, Wish, ask, stop};
use hannun::installations::ask::RunExecution;
use hannun::models::executions::ExecutionState;
use hannun::queue::entry;
use hannun::remote::Endpoint;
use hannun::remote::host::Host;

use super::Stage;
use crate::harness::ssh::{eventually, runs};
use crate::harness::sshd::{Setup, Sshd};

fn sshd(test: &str) -> Option<Sshd> {
    let setup = Setup::default().user("hannun-test", "/bin/sh").sudoers("hannun-test ALL=(ALL) NOPASSWD: ALL");
    setup.start(test)
}

fn endpoint(sshd: &Sshd) -> Endpoint {
    Endpoint { privilege: Privilege::Sudo, ..sshd.endpoint() }
}

#[actix_web::test]
async fn commands_run_one_after_another_each_with_its_output_status_and_time() {
    let test = "commands_run_one_after_another_each_with_its_output_status_and_time";
    let Some(sshd) = sshd(test) else { return };
    let stage = Stage::set(&endpoint(&sshd)).await;
    let asked =
        stage.ask(&["echo one; echo error >&2; cat", "id -un", "exit 3"], Acting::User, Sequence::StopAtFailure).await;
    let (first, output) = stage.end_of(asked[0].id).await;
    assert_eq!((first.state, first.exit_status), (ExecutionState::Succeeded, Some(0)));
    assert_eq!(output, "one\nerror\n", "nothing of what was sent is read by the command");
    let (second, output) = stage.end_of(asked[1].id).await;
    assert_eq!((second.exit_status, output.as_str()), (Some(0), "hannun-test\n"));
    let (third, _) = stage.end_of(asked[2].id).await;
    assert_eq!((third.state, third.exit_status), (ExecutionState::Failed, Some(3)));
    assert!(first.ended_at <= second.started_at && second.ended_at <= third.started_at);

    let log = stage.app.audit().await;
    let told: Vec<(&str, &str)> = log.iter().rev().map(|event| (event.target.as_str(), event.outcome.name())).collect();
    assert_eq!(told.len(), 6, "{told:?}");
    assert_eq!(told.last(), Some(&("exit 3", "failed")));
    assert_eq!(log[0].details.0["exit_status"], "3");
}

#[actix_web::test]
async fn after_a_failure_the_rest_is_left_unless_it_was_to_go_on() {
    let Some(sshd) = sshd("after_a_failure_the_rest_is_left_unless_it_was_to_go_on") else { return };
    let stage = Stage::set(&endpoint(&sshd)).await;
    let asked = stage.ask(&["false", "echo never", "echo never"], Acting::User, Sequence::StopAtFailure).await;
    for run in &asked[1..] {
        let (left, output) = stage.end_of(run.id).await;
        assert_eq!((left.state, output.as_str()), (ExecutionState::Stopped, ""));
        assert!(left.why().unwrap().to_string().contains("not begun"));
    }
    let asked = stage.ask(&["false", "echo on"], Acting::User, Sequence::GoOn).await;
    assert_eq!(stage.end_of(asked[1].id).await.1, "on\n");
}

#[actix_web::test]
async fn a_command_that_is_stopped_in_the_queue_holds_up_none_of_those_after_it() {
    let test = "a_command_that_is_stopped_in_the_queue_holds_up_none_of_those_after_it";
    let Some(sshd) = sshd(test) else { return };
    let stage = Stage::set(&endpoint(&sshd)).await;
    let wish = Wish {
        commands: ["true", "echo never", "echo on"].map(str::to_owned).to_vec(),
        acting: Acting::User,
        time_limit_seconds: 20,
        sequence: Sequence::StopAtFailure,
    };
    // Nobody works on the first one: what its end does is done here, so that the second one is stopped in time.
    let host = stage.host().await;
    let asked = ask(&host, &wish, By::Caller).await.unwrap();
    let second = RunExecution { execution: asked[1].id, token: 0 };
    stop(&host, &asked[1]).await.unwrap();
    let queued = stage.app.app.db.transaction(move |connection| Ok(entry(&second)?.insert(connection)?));
    queued.await.unwrap();

    let (third, output) = stage.end_of(asked[2].id).await;
    assert_eq!((third.state, output.as_str()), (ExecutionState::Succeeded, "on\n"));
    let (stopped, output) = stage.end_of(asked[1].id).await;
    assert_eq!((stopped.state, output.as_str()), (ExecutionState::Stopped, ""));
}

#[actix_web::test]
async fn a_script_of_several_lines_is_one_command() {
    let Some(sshd) = sshd("a_script_of_several_lines_is_one_command") else { return };
    let stage = Stage::set(&endpoint(&sshd)).await;
    let script = "for one in 'a b' \"it's\" 한글; do\n  echo \"[$one]\"\ndone\ncat <<'X'\n$HOME `id`\nX\n";
    let asked = stage.ask(&[script], Acting::User, Sequence::StopAtFailure).await;
    let (run, output) = stage.end_of(asked[0].id).await;
    assert_eq!(output, "[a b]\n[it's]\n[한글]\n$HOME `id`\n");
    assert_eq!(run.exit_status, Some(0));
}

#[actix_web::test]
async fn sec_p07_a_command_that_is_stopped_does_not_run_any_more_whoever_it_is() {
    let test = "sec_p07_a_command_that_is_stopped_does_not_run_any_more_whoever_it_is";
    let Some(sshd) = sshd(test) else { return };
    let stage = Stage::set(&endpoint(&sshd)).await;
    for (acting, word) in [(Acting::User, "87651"), (Acting::Root, "87652")] {
        let command = format!("trap '' HUP; while :; do echo tick; sleep {word}; done");
        let asked = stage.ask(&[&command, "echo never"], acting, Sequence::GoOn).await;
        let sleeping = format!("sleep {word}");
        eventually("the command", || runs(&sleeping)).await;
        let run = stage.run(asked[0].id).await;
        let host: Host = (*stage.host().await).clone();
        stop(&host, &run).await.unwrap();
        let (stopped, output) = stage.end_of(run.id).await;
        assert_eq!((stopped.state, output.as_str()), (ExecutionState::Stopped, "tick\n"), "{:?}", stopped.why());
        assert!(!runs(&sleeping), "{acting:?}");
        assert_eq!(stage.end_of(asked[1].id).await.0.state, ExecutionState::Stopped, "what was to follow is left");
    }
}

#[actix_web::test]
async fn sec_x01_sec_x02_a_command_ends_at_its_time_limit_and_where_it_prints_too_much() {
    let test = "sec_x01_sec_x02_a_command_ends_at_its_time_limit_and_where_it_prints_too_much";
    let Some(sshd) = sshd(test) else { return };
    let stage = Stage::set(&endpoint(&sshd)).await;
    let wish = hannun::executions::Wish {
        commands: vec!["while :; do echo drip; sleep 0.2; done # 87653".to_owned()],
        acting: Acting::User,
        time_limit_seconds: 2,
        sequence: Sequence::StopAtFailure,
    };
    let asked = hannun::executions::ask(&stage.host().await, &wish, hannun::executions::ask::By::Queue).await.unwrap();
    let (run, output) = stage.end_of(asked[0].id).await;
    assert_eq!(run.why().unwrap().to_string(), "It was ended after 2 s, its time limit");
    assert!(output.contains("drip") && run.state == ExecutionState::Failed);

    let asked = stage.ask(&["yes 0123456789abcdef87654"], Acting::User, Sequence::StopAtFailure).await;
    let (run, output) = stage.end_of(asked[0].id).await;
    assert_eq!(run.why().unwrap().to_string(), "It was ended: it printed more than 4 MiB");
    assert_eq!(output.len(), hannun::executions::run::OUTPUT_LIMIT);
    assert!(!runs("yes 0123456789abcdef87654"));
}

#[actix_web::test]
async fn sec_s07_a_command_as_root_is_root_and_its_words_are_in_no_list_of_processes() {
    let test = "sec_s07_a_command_as_root_is_root_and_its_words_are_in_no_list_of_processes";
    let Some(sshd) = sshd(test) else { return };
    let stage = Stage::set(&endpoint(&sshd)).await;
    for (acting, user) in [(Acting::User, "hannun-test"), (Acting::Root, "root")] {
        let command = "id -un; : canary-in-words; cat /proc/[0-9]*/cmdline /proc/self/environ | tr '\\0' '\\n' | grep -c 'canary-in[-]words'";
        let asked = stage.ask(&[command], acting, Sequence::StopAtFailure).await;
        let (run, output) = stage.end_of(asked[0].id).await;
        assert_eq!(output, format!("{user}\n0\n"), "{run:?}");
    }
}

#[actix_web::test]
async fn a_command_that_was_running_when_its_process_died_is_not_run_again() {
    let test = "a_command_that_was_running_when_its_process_died_is_not_run_again";
    let Some(sshd) = sshd(test) else { return };
    let stage = Stage::set(&endpoint(&sshd)).await;
    let file = sshd.home("hannun-test").join("count");
    let command = format!("echo once >> {}; sleep 3", file.display());
    let asked = stage.ask(&[&command], Acting::User, Sequence::StopAtFailure).await;
    eventually("its beginning", || std::fs::read_to_string(&file).is_ok_and(|text| text == "once\n")).await;
    // As if nobody had been heard of for long: another worker takes it over.
    let id = asked[0].id;
    let taken = stage.app.app.db.transaction(move |connection| {
        use diesel::prelude::*;
        use hannun::db::schema::executions::dsl;
        let token: i64 = diesel::update(dsl::executions.find(id))
            .set((dsl::token.eq(dsl::token + 1), dsl::lease_until.eq(None::<chrono::DateTime<chrono::Utc>>)))
            .returning(dsl::token)
            .get_result(connection)?;
        let job = hannun::installations::ask::RunExecution { execution: id, token };
        Ok(hannun::queue::entry(&job)?.insert(connection)?)
    });
    taken.await.unwrap();
    let (run, _) = stage.end_of(id).await;
    assert_eq!(run.state, ExecutionState::Unknown);
    assert!(run.why().unwrap().to_string().contains("look at the server before you repeat it"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "once\n");
}
