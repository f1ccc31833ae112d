//! Lines of crontabs that are run now, on real systems: as their user, with their variables, and by themselves.

use diesel::prelude::*;
use hannun::commands::cron::{Place, Timetables};
use hannun::crontabs::{self, Crontabs, run};
use hannun::models::actor::Role;
use hannun::models::executions::{ExecutionState, ExecutionSummary};
use hannun::models::ids::ExecutionId;

use super::Stage;
use crate::api::program::program;
use crate::harness::hosts::{Kind, TestHost};

async fn asked(stage: &Stage, place: &str, number: usize) -> ExecutionSummary {
    let app = &stage.app.app;
    let crontabs = Crontabs { db: app.db.clone(), sealer: app.sealer.clone(), clock: app.clock.clone() };
    let host = stage.host().await;
    let found: Timetables = crontabs::read(&host).await.unwrap().value;
    let place = Place::from_key(place).unwrap();
    let seen = crontabs::digest_of(found.tab(&place).expect("the table is there"));
    let line = run::line(&found, &place, &seen, number).unwrap();
    crontabs.run(&host, line).await.unwrap()
}

async fn a_line_runs_as_cron_would_run_it(kind: Kind, test: &str, user: &str) {
    let Some(system) = TestHost::start(kind, test) else { return };
    let table = "PATH=/opt/own:/usr/bin:/bin\\nCANARY='of the table'\\n0 0 1 1 * echo \"$(id -un) $CANARY $PATH\"; pwd; cat; exit 3%one%two\\n";
    system.run(&format!(
        "printf '%s' \"$(printf '%b' '{}')\" >/tmp/t; echo >>/tmp/t; crontab -u {user} /tmp/t",
        table.replace('\'', "'\\''")
    ));
    let number =
        system.run(&format!("grep -n 'echo' /var/spool/cron/crontabs/{user} | cut -d: -f1")).trim().parse().unwrap();
    let stage = Stage::set(&system.root()).await;
    let run = asked(&stage, &format!("user:{user}"), number).await;
    let ended = stage.ended(run.id).await;
    let home = if user == "root" { "/root".to_owned() } else { format!("/home/{user}") };
    let log = stage.log(run.id).await;
    assert_eq!(log, format!("{user} of the table /opt/own:/usr/bin:/bin\n{home}\none\ntwo\n"));
    assert_eq!((ended.state, ended.exit_status), (ExecutionState::Failed, Some(3)));
    assert!(ended.target.contains(&format!("crontab of {user}, line {number}")), "{}", ended.target);
    // What it was given lies nowhere any more.
    let left = hannun::db::schema::crontab_runs::table.count().get_result::<i64>(&mut stage.app.database.owner());
    assert_eq!(left.unwrap(), 0);
    super::nothing_is_left(&system).await;
    stage.leave().await;
}

#[actix_web::test]
async fn a_program_runs_the_line_that_it_saw() {
    let test = "a_program_runs_the_line_that_it_saw";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.run("printf '0 0 1 1 * deploy echo by a program\\n' >/etc/cron.d/own");
    let stage = Stage::set(&system.deploy()).await;
    let program = program(&stage.app, Role::Operator).await;
    let found = program.get("/api/v1/servers/web-1/cron").await.status(200);
    let tables = found["tables"].as_array().unwrap();
    let etag = &tables.iter().find(|table| table["table"] == "/etc/cron.d/own").unwrap()["etag"];
    let wish = serde_json::json!({"table": "/etc/cron.d/own", "etag": etag, "line": 1});
    let run = program.post("/api/v1/servers/web-1/cron/runs", wish).await.status(202);
    assert_eq!(run["target"], "/etc/cron.d/own, line 1");
    let id = ExecutionId(run["id"].as_i64().unwrap());
    assert_eq!(stage.ended(id).await.state, ExecutionState::Succeeded);
    assert_eq!(stage.log(id).await, "by a program\n");
    stage.leave().await;
}

#[actix_web::test]
async fn a_line_of_debian_s_cron_runs_as_its_user_with_its_variables_and_input() {
    let test = "a_line_of_debian_s_cron_runs_as_its_user_with_its_variables_and_input";
    a_line_runs_as_cron_would_run_it(Kind::Debian, test, "deploy").await;
}

#[actix_web::test]
async fn a_line_of_the_system_runs_beside_a_package_tool() {
    let test = "a_line_of_the_system_runs_beside_a_package_tool";
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    system.run("printf '0 0 1 1 * plain id -un; sleep 1; echo done\\n' >/etc/cron.d/own");
    let stage = Stage::set(&system.deploy()).await;
    let first = asked(&stage, "/etc/cron.d/own", 1).await;
    let second = asked(&stage, "/etc/cron.d/own", 1).await;
    for run in [first, second] {
        let ended = stage.ended(run.id).await;
        assert_eq!((ended.state, stage.log(run.id).await.as_str()), (ExecutionState::Succeeded, "plain\ndone\n"));
    }
    stage.leave().await;
}
