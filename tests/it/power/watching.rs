//! What is seen of a server that was asked to go down.

use hannun::models::actor::{Role, Scope};
use hannun::models::audit::Outcome;
use hannun::models::platforms::DetectedPlatform;
use hannun::models::power_requests::PowerState;
use hannun::remote::Endpoint;

use super::{PATH, Stage, Worker, ask_for, asked_about, boot};
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::relay::Relay;

#[actix_web::test]
async fn rel_r03_a_server_that_restarts_is_watched_until_it_is_back_and_is_said_how_long_that_took() {
    let test = "rel_r03_a_server_that_restarts_is_watched_until_it_is_back_and_is_said_how_long_that_took";
    let Some(mut system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let jiwon = stage.app.signed_in("jiwon", Role::Operator, Scope::All).await;
    let before = boot(&system);

    let page = asked_about(&jiwon, "restart").await;
    assert!(page.text(".cmdline").ends_with("systemctl --no-block reboot"), "{}", page.text(".cmdline"));
    assert!(page.text("main").contains("Everything that runs on web-1 is ended, and it starts again"));
    ask_for(&jiwon, "restart").await;
    system.goes_down().await;
    let row = stage.until(PowerState::Away).await;
    assert_eq!((row.asked_by.as_str(), row.boot_before.as_str()), ("jiwon", before.as_str()));
    stage.pass(42);
    let said = jiwon.get(PATH).await.ok().text("#power-request");
    assert!(said.contains("It restarts: it has not answered for 42 s") && said.contains("jiwon"), "{said}");

    system.switch_on();
    let row = stage.until(PowerState::Back).await;
    assert_eq!((row.boot_after.as_str(), row.why()), (boot(&system).as_str(), None));
    assert_ne!(row.boot_after, before);
    assert_eq!(row.away_for(row.asked_at).map(|span| span.as_secs()), Some(42));
    assert!(row.booted_at.is_some() && row.ended_at.is_some());
    let page = jiwon.get(PATH).await.ok();
    let said = page.text("#power-request");
    assert!(said.contains("It is back 42 s after it was asked. It did not answer for 42 s"), "{said}");
    assert_eq!(page.texts("#power-requests tbody .num"), ["42 s", "42 s"]);

    let id = stage.server.id;
    let end = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let platform = stage.app.app.db.run(move |connection| DetectedPlatform::of(connection, id)).await.unwrap();
        if platform.as_ref().is_some_and(|platform| platform.boot_id == row.boot_after) {
            break;
        }
        assert!(tokio::time::Instant::now() < end, "the boot is recorded: {platform:#?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let events = stage.audit().await;
    let asked = events.iter().find(|event| event.action == "restart_server").unwrap();
    assert_eq!((asked.actor.as_str(), asked.target.as_str()), ("jiwon", format!("boot {before}").as_str()));
    assert_eq!((asked.outcome, asked.run_as.as_str()), (Outcome::Asked, "root"));
    let seen = events.iter().find(|event| event.action == "watch_power").unwrap();
    assert_eq!(
        (seen.actor.as_str(), seen.target.as_str(), seen.outcome),
        ("power", "restart_server", Outcome::Succeeded)
    );
    assert_eq!(seen.details.0["away_seconds"], "42");
    assert_eq!(seen.details.0["boot_after"], row.boot_after);
    stage.leave().await;
}

#[actix_web::test]
async fn rel_j05_a_server_whose_watcher_died_is_watched_by_the_next_one() {
    let test = "rel_j05_a_server_whose_watcher_died_is_watched_by_the_next_one";
    let Some(mut system) = TestHost::start(Kind::Debian, test) else { return };
    let mut stage = Stage::set(&system.root()).await;
    ask_for(&stage.app.operator().await, "restart").await;
    system.goes_down().await;
    let away = stage.until(PowerState::Away).await;
    drop(stage.worker.take());
    stage.pass(90);
    system.switch_on();
    stage.worker = Some(Worker::start(&stage.app));
    let row = stage.until(PowerState::Back).await;
    assert_eq!((row.id, row.away_at), (away.id, away.away_at), "since when it was away is not forgotten");
    assert_eq!(row.away_for(row.asked_at).map(|span| span.as_secs()), Some(90));
    assert!(row.token > away.token);
    let asked = stage.audit().await.iter().filter(|event| event.action == "restart_server").count();
    assert_eq!(asked, 2, "it was asked once: the request and its outcome");
    stage.leave().await;
}

#[actix_web::test]
async fn a_server_that_shuts_down_is_off_once_it_has_not_answered_for_a_minute() {
    let test = "a_server_that_shuts_down_is_off_once_it_has_not_answered_for_a_minute";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let operator = stage.app.operator().await;
    let page = asked_about(&operator, "shut_down").await;
    assert!(page.text(".cmdline").ends_with("systemctl --no-block poweroff"), "{}", page.text(".cmdline"));
    assert!(page.text("main").contains("hannun cannot switch it on again"));
    ask_for(&operator, "shut_down").await;
    system.goes_down().await;
    stage.until(PowerState::Away).await;
    let said = operator.get(PATH).await.ok().text("#power-request");
    assert!(said.contains("After a minute it counts as off"), "{said}");
    // Who finds that it does not answer is told that it was asked not to.
    super::is_unreachable(&stage).await;
    let overview = operator.get("/servers/web-1").await.ok();
    assert!(overview.text("#power-standing").contains("It shuts down"), "{}", overview.text("main"));
    stage.pass(61);
    let row = stage.until(PowerState::Off).await;
    assert_eq!((row.back_at, row.why()), (None, None));
    let said = operator.get(PATH).await.ok().text("#power-request");
    assert!(said.contains("It is off: it does not answer any more"), "{said}");
    let overview = operator.get("/servers/web-1").await.ok();
    assert!(overview.text("#power-standing").contains("It is off"), "{}", overview.text("main"));
    stage.leave().await;
}

#[actix_web::test]
async fn a_server_that_does_nothing_is_said_not_to_have_gone_down() {
    let test = "a_server_that_does_nothing_is_said_not_to_have_gone_down";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.root()).await;
    let operator = stage.app.operator().await;
    let idle = "printf '#!/bin/sh\\ntrue\\n' >/usr/local/sbin/systemctl && chmod 755 /usr/local/sbin/systemctl";
    system.run(idle);
    ask_for(&operator, "restart").await;
    stage.until(PowerState::Going).await;
    let said = operator.get(PATH).await.ok().text("#power-request");
    assert!(said.contains("and still answers"), "{said}");
    stage.pass(601);
    let row = stage.until(PowerState::Unknown).await;
    assert!(row.why().unwrap().to_string().starts_with("It did not go down"));
    let said = operator.get(PATH).await.ok().text("#power-request");
    assert!(said.contains("What became of it is not known"), "{said}");
    stage.leave().await;
}

#[actix_web::test]
async fn a_system_of_busybox_alone_restarts_too() {
    let test = "a_system_of_busybox_alone_restarts_too";
    let Some(mut system) = TestHost::start(Kind::BusyBox, test) else { return };
    let stage = Stage::set(&system.root()).await;
    let operator = stage.app.operator().await;
    let line = asked_about(&operator, "restart").await.text(".cmdline");
    assert!(line.ends_with("; reboot"), "{line}");
    let line = asked_about(&operator, "shut_down").await.text(".cmdline");
    assert!(line.ends_with("; poweroff"), "{line}");
    ask_for(&operator, "restart").await;
    system.goes_down().await;
    stage.until(PowerState::Away).await;
    system.switch_on();
    let row = stage.until(PowerState::Back).await;
    assert_eq!(row.boot_after, boot(&system));
    stage.leave().await;
}

#[actix_web::test]
async fn rel_p08_a_connection_that_is_cut_before_the_answer_is_no_failure() {
    let test = "rel_p08_a_connection_that_is_cut_before_the_answer_is_no_failure";
    let Some(mut system) = TestHost::start(Kind::Debian, test) else { return };
    let there = system.deploy();
    let cable = Relay::to_machine(&there.address, there.port).await;
    let stage = Stage::set(&Endpoint { address: "127.0.0.1".into(), port: cable.port, ..there }).await;
    let operator = stage.app.operator().await;
    let page = asked_about(&operator, "restart").await;
    let booted = page.attribute("input[name=booted]", "value").unwrap();
    // The server hears everything, goes down, and nothing that it says from here on arrives.
    let slow = "printf '%s\\n' '#!/bin/sh' 'touch /run/heard' 'until [ -e /run/go ]; do sleep 0.05; done' 'exec /usr/bin/systemctl \"$@\"' >/usr/local/bin/systemctl && chmod 755 /usr/local/bin/systemctl";
    system.run(slow);
    let form = [("deed", "restart"), ("booted", booted.as_str()), ("name", "web-1")];
    let cut = async {
        let end = tokio::time::Instant::now() + std::time::Duration::from_mins(1);
        while system.run("[ -e /run/heard ] && echo yes || true").is_empty() {
            assert!(tokio::time::Instant::now() < end, "it was not asked");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        cable.hold();
        cable.cut();
        system.run("touch /run/go");
    };
    let (reply, ()) = tokio::join!(operator.post(super::REQUESTS, form), cut);
    reply.leads_to(PATH);
    system.goes_down().await;
    stage.until(PowerState::Away).await;
    cable.release();
    system.switch_on();
    stage.until(PowerState::Back).await;
    let events = stage.audit().await;
    let outcomes: Vec<_> =
        events.iter().filter(|event| event.action == "restart_server").map(|event| event.outcome).collect();
    assert_eq!(outcomes, [Outcome::Asked, Outcome::Unknown], "nobody heard how it ended; what was seen follows");
    stage.leave().await;
}
