//! Processes, services, ports and updates of whole systems, and a server that is down.

use hannun::models::deliveries::DeliveryState;
use hannun::models::runs::RunState;
use serde_json::{Value, json};

use super::Scene;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::sshd::Setup;

#[actix_web::test]
async fn processes_are_found_by_name_command_line_pattern_and_user() {
    for (kind, test) in [
        (Kind::Debian, "processes_are_found_by_name_command_line_pattern_and_user on Debian"),
        (Kind::BusyBox, "processes_are_found_by_name_command_line_pattern_and_user on BusyBox"),
    ] {
        let Some(system) = TestHost::start(kind, test) else { return };
        system.run("setsid sleep 4242 >/dev/null 2>&1 </dev/null & setsid sleep 4243 >/dev/null 2>&1 </dev/null &");
        let scene = Scene::set(&system.root(), "process_search", &json!({ "look_for": "sleep" })).await;
        let values = scene.values().await;
        // A system may sleep for reasons of its own.
        assert!(values["processes"]["count"].as_u64().unwrap() >= 2, "{kind:?} {values}");
        assert!(values["processes"]["first"]["pid"].as_u64().unwrap() > 1, "{values}");
        let searches = [
            (json!({ "look_for": "sleep 4243", "look_in": "command" }), 1),
            (json!({ "look_for": "sleep 424[0-9]$", "look_in": "pattern" }), 2),
            (json!({ "look_for": "sleep 424", "look_in": "command", "user": "root" }), 2),
            (json!({ "look_for": "sleep", "user": "nobody" }), 0),
            (json!({ "look_for": "slee" }), 0),
        ];
        for (entered, count) in searches {
            scene.enter("process_search", &entered);
            let values = scene.values().await;
            assert_eq!(values["processes"]["count"], count, "{kind:?} {entered}: {values}");
            if count == 0 {
                assert_eq!(values["processes"]["first"]["pid"], Value::Null, "a message may name it all the same");
            }
        }
    }
}

#[actix_web::test]
async fn a_service_that_is_stopped_is_seen_to_be_and_one_that_is_not_there_is_no_reading() {
    let test = "a_service_that_is_stopped_is_seen_to_be_and_one_that_is_not_there_is_no_reading";
    for (kind, name) in [(Kind::Debian, "cron.service"), (Kind::OpenRc, "demo")] {
        let Some(system) = TestHost::start(kind, test) else { return };
        let openrc = kind == Kind::OpenRc;
        let control = |deed: &str| {
            let line = if openrc { format!("rc-service {name} {deed}") } else { format!("systemctl {deed} {name}") };
            system.run(&format!("{line} >/dev/null 2>&1"));
        };
        control("start");
        let scene = Scene::set(&system.root(), "service_state", &json!({ "service": name })).await;
        let values = scene.values().await;
        assert_eq!(
            (&values["service"]["runs"], &values["service"]["state"]),
            (&json!(1), &json!("active")),
            "{values}"
        );
        control("stop");
        let values = scene.values().await;
        assert_eq!(
            (&values["service"]["runs"], &values["service"]["state"]),
            (&json!(0), &json!("inactive")),
            "{values}"
        );
        scene.enter("service_state", &json!({ "service": "frobnicator" }));
        assert_eq!(scene.fails().await, "app-1 has no service frobnicator");
    }
}

#[actix_web::test]
async fn a_port_is_open_where_somebody_listens_and_the_rules_let_in_and_hannun_gets_there() {
    let test = "a_port_is_open_where_somebody_listens_and_the_rules_let_in_and_hannun_gets_there";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let listen = |address: &str, port: u16| {
        system.run(&format!(
            "setsid python3 -c 'import socket,time; s=socket.create_server((\"{address}\",{port})); time.sleep(600)' >/dev/null 2>&1 </dev/null & sleep 1"
        ));
    };
    listen("0.0.0.0", 8080);
    listen("127.0.0.1", 8081);
    let scene = Scene::set(&system.root(), "port_open", &json!({ "port": 8080 })).await;
    let values = scene.values().await;
    let port = &values["port"];
    assert_eq!((&port["open"], &port["listens"], &port["reached"]), (&json!(1), &json!(1), &json!("open")), "{values}");
    assert!(port["program"].as_str().unwrap().contains("python"), "{values}");
    for (entered, open, reached) in [
        (json!({ "port": 8081 }), json!(0), json!("refused")),
        (json!({ "port": 8081, "from": "itself" }), json!(1), Value::Null),
        (json!({ "port": 8082 }), json!(0), json!("refused")),
        (json!({ "port": 8082, "from": "itself" }), json!(0), Value::Null),
        (json!({ "port": 8080, "protocol": "udp" }), json!(0), Value::Null),
        (json!({ "port": 22 }), json!(1), json!("open")),
    ] {
        scene.enter("port_open", &entered);
        let values = scene.values().await;
        assert_eq!((&values["port"]["open"], &values["port"]["reached"]), (&open, &reached), "{entered}: {values}");
    }
    // Rules that drop: nobody gets there, whoever listens.
    system.run("nft add table inet own; nft 'add chain inet own input { type filter hook input priority 0; }'; nft add rule inet own input tcp dport 8080 drop");
    scene.enter("port_open", &json!({ "port": 8080 }));
    let values = scene.values().await;
    let port = &values["port"];
    assert_eq!(
        (&port["open"], &port["listens"], &port["reached"]),
        (&json!(0), &json!(1), &json!("timed_out")),
        "{values}"
    );
    assert_eq!(port["firewall"], "blocked", "{values}");
    scene.enter("port_open", &json!({ "port": 8080, "from": "anywhere" }));
    assert_eq!(scene.values().await["port"]["open"], 0);
}

#[actix_web::test]
async fn pending_updates_are_counted_with_those_for_security_first() {
    let test = "pending_updates_are_counted_with_those_for_security_first";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.run("export DEBIAN_FRONTEND=noninteractive; apt-get -y -q install probe=1.0 kept=1.0 >/dev/null 2>&1");
    let scene = Scene::set(&system.deploy(), "package_updates", &json!({})).await;
    let values = scene.values().await;
    let updates = &values["updates"];
    let names: Vec<&str> = updates["names"].as_str().unwrap().split(", ").collect();
    assert!(names.contains(&"probe") && names.contains(&"kept"), "{values}");
    assert_eq!(updates["pending"].as_u64().unwrap(), names.len() as u64, "{values}");
    assert!(updates["security"].is_u64(), "{values}");
    scene.enter("package_updates", &json!({ "names": 1 }));
    assert_eq!(scene.values().await["updates"]["names"].as_str().unwrap().split(", ").count(), 1);
}

#[actix_web::test]
async fn updates_of_an_rpm_system_are_counted() {
    let Some(system) = TestHost::start(Kind::Rpm, "updates_of_an_rpm_system_are_counted") else { return };
    system.run("dnf -q -y --refresh install probe-1.0-1 >/dev/null 2>&1");
    let scene = Scene::set(&system.deploy(), "package_updates", &json!({})).await;
    let values = scene.values().await;
    assert!(values["updates"]["names"].as_str().unwrap().split(", ").any(|name| name == "probe"), "{values}");
    assert!(values["updates"]["pending"].as_u64().unwrap() >= 1);
}

#[actix_web::test]
async fn of_a_server_that_is_down_the_run_says_so_and_who_wants_to_be_told_is() {
    let test = "of_a_server_that_is_down_the_run_says_so_and_who_wants_to_be_told_is";
    let Some(sshd) = Setup::default().start(test) else { return };
    let scene = Scene::set(&sshd.endpoint(), "process_search", &json!({ "look_for": "sshd" })).await;
    assert!(scene.values().await["processes"]["count"].as_u64().unwrap() > 0);
    drop(sshd);
    scene.stage.app.app.hosts.pool().close_all().await;
    let asking = [
        ("process_search", json!({ "look_for": "sshd" })),
        ("service_state", json!({ "service": "cron" })),
        ("port_open", json!({ "port": 80 })),
        ("file_tail", json!({ "path": "/etc/hostname" })),
        ("command_output", json!({ "command": "uptime" })),
        ("package_updates", json!({})),
        ("certificate_expiry", json!({ "host": "localhost" })),
        ("http_check", json!({ "url": "http://localhost/" })),
    ];
    for (kind, entered) in asking {
        scene.enter(kind, &entered);
        let why = scene.fails().await;
        assert!(why.contains("app-1"), "{kind}: {why}");
        let run = scene.stage.runs(scene.id).await.pop().unwrap();
        assert_eq!(run.state, RunState::Failed, "{kind}");
        let states: Vec<DeliveryState> = scene.stage.deliveries(run.id).await.iter().map(|one| one.state).collect();
        assert_eq!(states, [DeliveryState::NotWanted, DeliveryState::Delivered], "{kind}: the second one asked for it");
    }
}
