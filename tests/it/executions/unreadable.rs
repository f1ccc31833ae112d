//! What was kept of a command cannot be read, because another version wrote it or somebody changed it: it is not run as something else.

use diesel::prelude::*;
use hannun::commands::Acting;
use hannun::db::schema::{executions, fan_outs};
use hannun::executions::ask::By;
use hannun::executions::fan_out::{self, Asking};
use hannun::executions::{FanOutWish, Sequence, Wish, ask};
use hannun::installations::ask::RunExecution;
use hannun::models::actor::{Actor, Role, Scope};
use hannun::models::executions::ExecutionState;
use hannun::models::servers::Server;
use hannun::queue::entry;
use serde_json::json;

use super::Stage;
use super::fan_outs::{column, end_of, three};
use crate::api::program::program;
use crate::harness::sshd::Setup;

#[actix_web::test]
async fn sec_x05_a_command_whose_variables_cannot_be_read_is_never_begun() {
    let test = "sec_x05_a_command_whose_variables_cannot_be_read_is_never_begun";
    let Some(sshd) = Setup::default().user("hannun-test", "/bin/sh").start(test) else { return };
    let stage = Stage::set(&sshd.endpoint()).await;
    let file = sshd.home("hannun-test").join("it-ran");
    for odd in [
        json!({ "UNIT": "nginx" }),
        json!(null),
        json!([["UNIT"]]),
        json!([["A B", "x"]]),
        json!([["LD_PRELOAD", "x"]]),
        json!([["A", format!("x\n\ntouch {}", file.display())]]),
    ] {
        let commands = vec![format!("touch {}", file.display()); 2];
        let (acting, sequence) = (Acting::User, Sequence::StopAtFailure);
        let wish = Wish { commands, acting, time_limit_seconds: 20, sequence };
        // It is in the queue only once its row is odd.
        let asked = ask(&stage.host().await, &wish, By::Caller).await.unwrap();
        let (first, kept) = (asked[0].id, odd.clone());
        let queued = stage.app.app.db.transaction(move |connection| {
            diesel::update(executions::table.find(first)).set(executions::variables.eq(kept)).execute(connection)?;
            Ok(entry(&RunExecution { execution: first, token: 0 })?.insert(connection)?)
        });
        assert!(queued.await.unwrap());
        let (ended, output) = stage.end_of(first).await;
        assert_eq!((ended.state, ended.started_at, output.as_str()), (ExecutionState::Failed, None, ""), "{odd}");
        let why = ended.why().unwrap().to_string();
        assert_eq!(why, "What was kept of its parameters cannot be read: ask for it anew", "{odd}");
        assert_eq!(stage.end_of(asked[1].id).await.0.state, ExecutionState::Stopped, "what was to follow is left");
        assert!(!file.exists(), "{odd}");
        let log = stage.app.audit().await;
        let told = log.iter().find(|event| event.asked_number == Some(asked[0].asked_number)).unwrap();
        assert_eq!((told.outcome.name(), told.details.0["why"].as_str()), ("failed", why.as_str()));
    }
}

#[actix_web::test]
async fn sec_p01_one_on_many_servers_whose_parameters_cannot_be_read_begins_nowhere_and_is_not_repeated() {
    let test = "sec_p01_one_on_many_servers_whose_parameters_cannot_be_read_begins_nowhere_and_is_not_repeated";
    let Some((stage, sshd)) = three(test).await else { return };
    let operator = program(&stage.app, Role::Operator).await;
    let file = sshd.home("hannun-test").join("it-ran");
    for (odd, why) in [
        (json!([{ "name": "A B" }]), "A B is no name of a parameter"),
        (json!({ "UNIT": "nginx" }), "parameters cannot be read"),
        (json!([{ "name": "N", "kind": "colour" }]), "parameters cannot be read"),
    ] {
        let command = format!("touch {}", file.display());
        let begun = stage.app.app.db.transaction(move |connection| {
            let wish = FanOutWish { servers: vec!["all".to_owned()], command, ..FanOutWish::default() };
            let servers = ["web-1", "web-2", "web-3"].map(|name| Server::by_name(connection, &Scope::All, name));
            let servers: Vec<Server> = servers.into_iter().collect::<Result<_, _>>()?;
            let now = chrono::Utc::now();
            let actor = Actor::system("test");
            let fan_out = fan_out::ask(connection, &actor, (&wish, &servers), Asking::default(), now)?;
            let kept = fan_outs::table.find(fan_out.id);
            diesel::update(kept).set(fan_outs::parameters.eq(odd)).execute(connection)?;
            Ok(fan_out.id)
        });
        let path = format!("/api/v1/fan-outs/{}", begun.await.unwrap());
        let found = end_of(&operator, &path).await;
        assert_eq!(
            (&found["state"], column(&found, "state")),
            (&json!("failed"), vec![&json!("failed"); 3]),
            "{found}"
        );
        assert!(found["why"].as_str().unwrap().contains(why), "{found}");
        assert!(column(&found, "execution").iter().all(|execution| execution.is_null()), "{found}");
    }
    assert!(!file.exists());
    let listed = operator.get("/api/v1/fan-outs").await.status(200);
    let unreadable = format!("/api/v1/fan-outs/{}/retries", listed["items"][0]["id"]);
    operator.post(&unreadable, json!({})).await.status(409);
    assert_eq!(operator.get("/api/v1/fan-outs").await.status(200)["items"], listed["items"], "nothing of it was begun");
}
