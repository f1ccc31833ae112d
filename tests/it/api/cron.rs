//! Timetables for programs: a table with its etag, another text in its place, what stood there before.

use actix_web::http::Method;
use hannun::models::actor::Role;

use super::program::{Program, program};
use crate::harness::app::TestApp;
use crate::harness::client::Reply;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

const CONTENT: &str = "/api/v1/servers/web-1/cron/content?table=user:deploy";

async fn scene(test: &str) -> Option<(TestApp, TestHost, Program)> {
    let system = TestHost::start(Kind::Debian, test)?;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.deploy()).await;
    let program = program(&app, Role::Operator).await;
    Some((app, system, program))
}

async fn put(app: &TestApp, program: &Program, condition: Option<(&'static str, &str)>, body: &'static [u8]) -> Reply {
    let bearer = format!("Bearer {}", program.token());
    let browser = app.browser();
    let mut ask = browser.ask(Method::PUT, CONTENT).header("Authorization", &bearer);
    if let Some((name, value)) = condition {
        ask = ask.header(name, value);
    }
    ask.body("application/octet-stream", body).send().await
}

#[actix_web::test]
async fn a_program_reads_what_runs_and_when_it_comes_next() {
    let test = "a_program_reads_what_runs_and_when_it_comes_next";
    let Some((_app, system, program)) = scene(test).await else { return };
    system.run(
        "printf 'A=1\\n50 8 * * 1-5 x%%y\\n#hannun-off: @daily z\\n61 * * * * bad\\n' >/var/spool/cron/crontabs/deploy",
    );
    let found = program.get("/api/v1/servers/web-1/cron").await.status(200);
    assert_eq!(
        (&found["daemon"], &found["daemon_runs"], &found["as_root"]),
        (&"vixie".into(), &true.into(), &true.into())
    );
    let tables = found["tables"].as_array().unwrap();
    let table = tables.iter().find(|table| table["table"] == "user:deploy").unwrap();
    let states: Vec<&str> =
        table["lines"].as_array().unwrap().iter().map(|line| line["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["on", "off", "unreadable"]);
    let line = &table["lines"][0];
    assert_eq!(
        (&line["number"], &line["sentence"], &line["command"]),
        (&2.into(), &"every weekday at 08:50".into(), &"x%y".into())
    );
    assert_eq!(line["next"].as_array().unwrap().len(), 5);
    assert!(table["lines"][2]["problem"].as_str().unwrap().contains("is no minute"));
    assert_eq!(line["variables"], serde_json::json!([{"name": "A", "value": "1"}]), "those above it");
}

#[actix_web::test]
async fn a_program_is_told_what_cron_ran_and_when_anacron_comes_next() {
    let test = "a_program_is_told_what_cron_ran_and_when_anacron_comes_next";
    let Some((_app, system, program)) = scene(test).await else { return };
    system.run("mkdir -p /var/spool/anacron; date +%Y%m%d >/var/spool/anacron/shop.weekly; printf 'A=1\\n7 25 shop.weekly /bin/sell <b>\\n1 5 shop.new /bin/new\\n' >/etc/anacrontab");
    let found = program.get("/api/v1/servers/web-1/cron").await.status(200);
    let (sold, new) = (&found["anacron"][0], &found["anacron"][1]);
    assert_eq!(
        (&sold["name"], &sold["number"], &sold["command"], &sold["delay_minutes"]),
        (&"shop.weekly".into(), &2.into(), &"/bin/sell <b>".into(), &25.into())
    );
    let today = system.run("date +%F").trim().to_owned();
    let in_a_week = system.run("date -d '7 days' +%F").trim().to_owned();
    assert_eq!((&sold["last_on"], &sold["next_on"]), (&today.into(), &in_a_week.into()));
    assert_eq!((&new["last_on"], &new["next_on"]), (&serde_json::Value::Null, &serde_json::Value::Null));

    let none = program.get("/api/v1/servers/web-1/cron/log").await.status(200);
    assert_eq!((&none["source"], &none["items"]), (&serde_json::Value::Null, &serde_json::json!([])));
    // What cron itself writes when a minute is over.
    for command in ["/bin/first", "/bin/second <b>"] {
        system.run(&format!("logger -t CRON '(deploy) CMD ({command})'"));
    }
    system.run("journalctl --sync");
    let log = program.get("/api/v1/servers/web-1/cron/log").await.status(200);
    assert_eq!(log["source"], "journal");
    let told: Vec<_> = log["items"].as_array().unwrap().iter().map(|run| (&run["user"], &run["command"])).collect();
    assert_eq!(told, [(&"deploy".into(), &"/bin/second <b>".into()), (&"deploy".into(), &"/bin/first".into())]);
}

#[actix_web::test]
async fn sec_x06_a_program_replaces_the_table_that_it_saw_and_no_other() {
    let test = "sec_x06_a_program_replaces_the_table_that_it_saw_and_no_other";
    let Some((app, system, program)) = scene(test).await else { return };
    put(&app, &program, None, b"@daily x\n").await.with_status(400);
    put(&app, &program, Some(("If-None-Match", "*")), b"@daily x\n").await.with_status(204);
    put(&app, &program, Some(("If-None-Match", "*")), b"@daily y\n").await.with_status(409);
    let read = program.get(CONTENT).await.reply;
    let etag = read.header("etag").unwrap().to_owned();
    assert!(read.body.ends_with("@daily x\n"), "{}", read.body);
    system.run("printf '@daily other\\n' | crontab -u deploy -");
    put(&app, &program, Some(("If-Match", &etag)), b"@daily y\n").await.with_status(409);
    let etag = program.get(CONTENT).await.reply.header("etag").unwrap().to_owned();
    put(&app, &program, Some(("If-Match", &etag)), b"@daily y\n").await.with_status(204);
    assert_eq!(system.run("crontab -l -u deploy"), "@daily y\n");
    let versions = program.get("/api/v1/servers/web-1/cron/versions?table=user:deploy").await.status(200);
    assert_eq!(versions[0]["what"], "the whole text replaced");
    let id = versions[0]["id"].as_i64().unwrap();
    let before = program.get(&format!("/api/v1/servers/web-1/cron/versions/{id}")).await.reply;
    assert!(before.body.ends_with("@daily other\n"), "{}", before.body);
    // Run now: what was seen, and no other.
    let wish = |etag: &str| serde_json::json!({"table": "user:deploy", "etag": etag, "line": 4});
    let path = "/api/v1/servers/web-1/cron/runs";
    program.post(path, wish(&etag)).await.problem(409);
    for table in ["user:-u", "/etc/shadow", "/etc/cron.d/../shadow", ""] {
        program.get(&format!("/api/v1/servers/web-1/cron/content?table={table}")).await.problem(422);
    }
}

#[actix_web::test]
async fn a_table_of_thousands_of_lines_is_told_in_part_and_says_so() {
    let test = "a_table_of_thousands_of_lines_is_told_in_part_and_says_so";
    let Some((_app, system, program)) = scene(test).await else { return };
    system.run(
        "{ for n in $(seq 150); do echo \"A$n=1\"; done; for n in $(seq 2100); do echo '0 0 30 2 * x'; done; } \
         >/var/spool/cron/crontabs/deploy",
    );
    let found = program.get("/api/v1/servers/web-1/cron").await.status(200);
    let tables = found["tables"].as_array().unwrap();
    let lines: Vec<_> = tables.iter().flat_map(|table| table["lines"].as_array().unwrap()).collect();
    assert_eq!(lines.len(), 2_000);
    assert!(found["lines_left_out"].as_u64().unwrap() >= 100, "{}", found["lines_left_out"]);
    let never = lines.iter().find(|line| line["time"] == "0 0 30 2 *").unwrap();
    assert_eq!((never["next"].as_array().unwrap().len(), &never["variables_left_out"]), (0, &50.into()));
    assert_eq!(never["variables"].as_array().unwrap().len(), 100);
}
