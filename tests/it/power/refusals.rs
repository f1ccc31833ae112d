//! What is not asked of a server, and what it refuses.

use hannun::commands::ReadBoot;
use hannun::error::{Error, RemoteError};
use hannun::models::actor::{Actor, Rights, Role, Scope};
use hannun::models::audit::Outcome;
use hannun::models::permission::Permission;
use hannun::models::power_requests::PowerState;
use hannun::models::servers::{Server, ServerChanges};

use super::{PATH, REQUESTS, Stage, ask_for, asked_about, boot};
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

#[actix_web::test]
async fn who_types_another_name_is_told_so_and_nothing_is_asked() {
    let test = "who_types_another_name_is_told_so_and_nothing_is_asked";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let operator = stage.app.operator().await;
    let seen = boot(&system);
    for name in ["", "web-2", "web", "WEB-1", "<b>web-1"] {
        let form = [("deed", "restart"), ("booted", seen.as_str()), ("name", name)];
        let page = operator.post(REQUESTS, form).await.with_status(422);
        assert_eq!(page.attribute("#name", "value").unwrap_or_default(), name);
        assert!(page.text("#name-problem").contains("Type web-1 to go on"), "{}", page.text("main"));
        assert_eq!(page.attribute("input[name=booted]", "value").as_deref(), Some(seen.as_str()));
    }
    for deed in ["", "halt", "reboot; id"] {
        let form = [("deed", deed), ("booted", seen.as_str()), ("name", "web-1")];
        assert_eq!(operator.post(REQUESTS, form).await.status, 422, "{deed}");
        assert_eq!(
            operator.get(&format!("{REQUESTS}/new?deed={}", deed.replace(' ', "+"))).await.status,
            422,
            "{deed}"
        );
    }
    assert!(stage.rows().await.is_empty());
    assert_eq!(boot(&system), seen);
    stage.leave().await;
}

#[actix_web::test]
async fn what_was_asked_for_in_an_earlier_boot_restarts_nothing() {
    let test = "what_was_asked_for_in_an_earlier_boot_restarts_nothing";
    let Some(mut system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let operator = stage.app.operator().await;
    let seen = boot(&system);
    ask_for(&operator, "restart").await;
    system.goes_down().await;
    system.switch_on();
    stage.until(PowerState::Back).await;
    let now = boot(&system);
    // The same request once more, as a browser repeats it.
    for booted in [seen.as_str(), "", "'; reboot; '"] {
        let form = [("deed", "restart"), ("booted", booted), ("name", "web-1")];
        let page = operator.post(REQUESTS, form).await.with_status(409);
        assert!(page.text("main").contains("was started again since you looked at it"), "{}", page.text("main"));
    }
    assert_eq!((stage.rows().await.len(), boot(&system)), (1, now));
    stage.leave().await;
}

#[actix_web::test]
async fn while_one_request_is_not_over_no_other_is_offered_or_taken() {
    let test = "while_one_request_is_not_over_no_other_is_offered_or_taken";
    let Some(mut system) = TestHost::start(Kind::Debian, test) else { return };
    // What goes down takes its time.
    system.run("mkdir -p /run/systemd/system/slow.service.d && printf '[Service]\\nExecStart=/bin/sleep 1000\\nExecStop=/bin/sh -c \"until [ -e /run/go ]; do sleep 0.1; done\"\\nTimeoutStopSec=60\\n' >/run/systemd/system/slow.service && systemctl daemon-reload && systemctl start slow");
    let stage = Stage::set(&system.root()).await;
    let operator = stage.app.operator().await;
    let seen = boot(&system);
    ask_for(&operator, "restart").await;
    let page = operator.get(PATH).await.ok();
    assert!(!page.has("a[href*='requests/new']"), "{}", page.text("main"));
    let page = asked_about(&operator, "shut_down").await;
    assert!(!page.has("#power-form") && page.text(".notice").contains("was asked to go down already"));
    let form = [("deed", "shut_down"), ("booted", seen.as_str()), ("name", "web-1")];
    assert_eq!(operator.post(REQUESTS, form).await.status, 409);
    assert_eq!(stage.rows().await.len(), 1);
    system.run("touch /run/go");
    system.goes_down().await;
    system.switch_on();
    stage.until(PowerState::Back).await;
    assert!(asked_about(&operator, "shut_down").await.has("#power-form"));
    stage.leave().await;
}

#[actix_web::test]
async fn where_hannun_may_not_become_root_nothing_is_asked_and_the_reason_is_kept() {
    let test = "where_hannun_may_not_become_root_nothing_is_asked_and_the_reason_is_kept";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.plain()).await;
    let operator = stage.app.operator().await;
    let seen = boot(&system);
    let form = [("deed", "restart"), ("booted", seen.as_str()), ("name", "web-1")];
    let reply = operator.post(REQUESTS, form).await;
    assert_eq!(reply.status, 502, "{}", reply.body);
    let rows = stage.rows().await;
    assert_eq!((rows.len(), rows[0].state), (1, PowerState::Failed));
    assert!(rows[0].why().unwrap().to_string().contains("needs root on web-1"));
    let page = operator.get(PATH).await.ok();
    assert!(page.text("#power-request").contains("It was not asked: nothing happened"));
    // What it says of itself is for those who may change it.
    let page = stage.app.viewer().await.get(PATH).await.ok();
    assert!(!page.text("main").contains("needs root on web-1"), "{}", page.text("main"));
    let outcomes: Vec<_> = stage.audit().await.iter().map(|event| event.outcome).collect();
    assert_eq!(outcomes, [Outcome::Asked, Outcome::Failed]);
    assert_eq!(boot(&system), seen);
    stage.leave().await;
}

#[actix_web::test]
async fn where_sudo_refuses_its_own_words_are_shown() {
    let test = "where_sudo_refuses_its_own_words_are_shown";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.run("printf 'deploy ALL=(ALL) NOPASSWD: /usr/bin/id\\n' >/etc/sudoers.d/people");
    let stage = Stage::set(&system.deploy()).await;
    let seen = boot(&system);
    let form = [("deed", "shut_down"), ("booted", seen.as_str()), ("name", "web-1")];
    let reply = stage.app.operator().await.post(REQUESTS, form).await;
    assert!(reply.status == 502 && reply.body.contains("a password is required"), "{} {}", reply.status, reply.body);
    assert_eq!(stage.rows().await[0].state, PowerState::Failed);
    assert_eq!(boot(&system), seen);
    stage.leave().await;
}

#[actix_web::test]
async fn sec_z07_only_who_may_act_as_root_restarts_a_server_and_only_where_the_switch_allows_it() {
    let test = "sec_z07_only_who_may_act_as_root_restarts_a_server_and_only_where_the_switch_allows_it";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let seen = boot(&system);
    let form = [("deed", "restart"), ("booted", seen.as_str()), ("name", "web-1")];
    let viewer = stage.app.viewer().await;
    assert_eq!(viewer.post(REQUESTS, form).await.status, 403);
    assert_eq!(viewer.get(&format!("{REQUESTS}/new?deed=restart")).await.status, 403);
    let page = viewer.region(PATH, "boot").await;
    assert!(page.text("main, section").contains("do not let you act as root"), "{}", page.text("section"));
    assert!(!page.has("a[href*='requests/new']"));
    let mut rights = Rights::new(Role::Operator, Scope::All);
    rights.withheld.insert(Permission::Root);
    let limited = stage.app.signed_in_with("limited", rights).await;
    assert_eq!(limited.post(REQUESTS, form).await.status, 403);
    known::only_watch(&stage.app, "web-1").await;
    let operator = stage.app.operator().await;
    assert_eq!(operator.post(REQUESTS, form).await.status, 403, "the switch");
    let page = asked_about(&operator, "restart").await;
    assert!(!page.has("#power-form") && page.text(".notice").contains("may only be watched"));
    assert!(stage.rows().await.is_empty());
    let events = stage.audit().await;
    assert!(events.iter().all(|event| event.outcome == Outcome::Refused) && events.len() >= 3, "{events:#?}");
    assert_eq!(boot(&system), seen);
    stage.leave().await;
}

#[actix_web::test]
async fn a_server_that_is_paused_is_asked_for_nothing() {
    let test = "a_server_that_is_paused_is_asked_for_nothing";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let seen = boot(&system);
    let (id, now) = (stage.server.id, stage.app.database.now());
    let changes = ServerChanges { enabled: Some(false), ..ServerChanges::default() };
    stage.app.app.db.run(move |connection| Server::change(connection, id, &changes, now)).await.unwrap();
    let operator = stage.app.operator().await;
    let page = operator.get(PATH).await.ok();
    assert!(page.text("#boot").contains("is paused") && !page.has("a[href*='requests/new']"), "{}", page.text("#boot"));
    let form = [("deed", "restart"), ("booted", seen.as_str()), ("name", "web-1")];
    assert_eq!(operator.post(REQUESTS, form).await.status, 409);
    assert!(stage.rows().await.is_empty());
    stage.leave().await;
}

#[actix_web::test]
async fn what_stands_in_the_way_is_shown_before_anybody_asks() {
    let test = "what_stands_in_the_way_is_shown_before_anybody_asks";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.run("systemd-run --quiet systemd-inhibit --what=shutdown --mode=block --who='<b>backup</b>' --why='the nightly one' sleep 1000 && until systemd-inhibit --list | grep -q nightly; do sleep 0.05; done");
    system.run("systemd-run --quiet systemd-inhibit --what=shutdown --mode=delay --who=upgrades --why='ends them first' sleep 1000 && until systemd-inhibit --list | grep -q upgrades; do sleep 0.05; done");
    let stage = Stage::set(&system.deploy()).await;
    let page = asked_about(&stage.app.operator().await, "shut_down").await;
    let said = page.texts(".hints li");
    assert!(said.len() == 1 && said[0].contains("<b>backup</b>") && said[0].contains("the nightly one"), "{said:?}");
    stage.leave().await;
}

#[actix_web::test]
async fn while_a_system_boots_and_lets_nobody_in_its_own_words_are_shown_and_it_is_tried_again() {
    let test = "while_a_system_boots_and_lets_nobody_in_its_own_words_are_shown_and_it_is_tried_again";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let words = "System is booting up. Unprivileged users are not permitted to log in yet.";
    system.run(&format!("echo '{words}' >/run/nologin"));
    let stage = Stage::set(&system.deploy()).await;
    let host = stage.app.app.hosts.of(Actor::system("test"), stage.server.clone());
    let error = host.read_anew(ReadBoot).await.unwrap_err();
    assert!(matches!(&error, Error::Remote(error) if matches!(**error, RemoteError::Unreachable { .. })), "{error}");
    assert!(error.to_string().contains(words), "{error}");
    // Nobody has to change the credential.
    system.run("rm /run/nologin");
    assert_eq!(host.read_anew(ReadBoot).await.unwrap().value.id, boot(&system));
    stage.leave().await;
}

#[actix_web::test]
async fn what_is_reached_through_the_one_that_goes_down_is_named_before_anybody_asks() {
    let test = "what_is_reached_through_the_one_that_goes_down_is_named_before_anybody_asks";
    let (Some(system), Some(behind)) = (TestHost::start(Kind::Debian, test), TestHost::start(Kind::BusyBox, test))
    else {
        return;
    };
    let stage = Stage::set(&system.deploy()).await;
    let operator = stage.app.operator().await;
    assert!(!asked_about(&operator, "restart").await.has("main .notice"));
    let now = stage.app.database.now();
    let mut nearer = stage.server.id;
    for name in ["db-1", "db-2"] {
        let further = known::add(&stage.app, name, &behind.root()).await.id;
        let changes = ServerChanges { jump_server_id: Some(Some(nearer)), ..ServerChanges::default() };
        stage.app.app.db.run(move |connection| Server::change(connection, further, &changes, now)).await.unwrap();
        nearer = further;
    }
    for deed in ["restart", "shut_down"] {
        let said = asked_about(&operator, deed).await.text("main .notice");
        assert!(said.contains("reached through it") && said.ends_with("db-1, db-2"), "{deed}: {said}");
    }
    let program = crate::api::program::program(&stage.app, Role::Operator).await;
    let told = program.get("/api/v1/servers/web-1/power").await.status(200);
    assert_eq!(told["behind"], serde_json::json!(["db-1", "db-2"]), "{told}");
    // Who reaches none of them is told of none.
    stage
        .app
        .app
        .db
        .run(move |connection| {
            let server = Server::by_name(connection, &Scope::All, "web-1")?;
            assert!(server.cut_off_with(connection, &Scope::Groups(Vec::new()))?.is_empty());
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
    stage.leave().await;
}

#[actix_web::test]
async fn what_is_shown_once_more_is_for_the_boot_that_was_seen_first() {
    let test = "what_is_shown_once_more_is_for_the_boot_that_was_seen_first";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let operator = stage.app.operator().await;
    let form = [("deed", "restart"), ("booted", "an-earlier-boot"), ("name", "web-2")];
    let page = operator.post(REQUESTS, form).await.with_status(422);
    assert_eq!(page.attribute("input[name=booted]", "value").as_deref(), Some("an-earlier-boot"));
    let shown = page.text("main");
    assert!(shown.contains("booted='an-earlier-boot'") && !shown.contains(&boot(&system)), "{shown}");
    stage.leave().await;
}
