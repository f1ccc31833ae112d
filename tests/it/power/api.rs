//! A program restarts a server, and follows what becomes of it by the request's number.

use hannun::models::actor::Role;
use hannun::models::power_requests::PowerState;
use serde_json::json;

use super::{Stage, boot};
use crate::api::program::program;
use crate::harness::hosts::{Kind, TestHost};

#[actix_web::test]
async fn a_program_restarts_the_boot_that_it_saw_and_reads_how_long_that_took() {
    let test = "a_program_restarts_the_boot_that_it_saw_and_reads_how_long_that_took";
    let Some(mut system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let operator = program(&stage.app, Role::Operator).await;
    let power = "/api/v1/servers/web-1/power";
    let requests = format!("{power}/requests");
    let seen = operator.get(power).await.status(200);
    assert_eq!((&seen["boot"]["id"], &seen["requests"]), (&json!(boot(&system)), &json!([])));
    assert!(seen["boot"]["uptime_seconds"].as_u64().is_some() && seen["boot"]["evidence"]["command"] == "boot-linux");

    let wish = |name: &str, booted: &str| json!({"deed": "restart", "name": name, "booted": booted});
    let booted = seen["boot"]["id"].as_str().unwrap();
    assert_eq!(operator.post(&requests, wish("web-2", booted)).await.refused_fields(), ["name"]);
    assert_eq!(operator.post(&requests, json!({"deed": "halt"})).await.refused_fields(), ["deed"]);
    assert_eq!(operator.post(&requests, wish("web-1", "another")).await.problem(409), "conflict");
    let viewer = program(&stage.app, Role::Viewer).await;
    viewer.post(&requests, wish("web-1", booted)).await.problem(403);

    let made = operator.post(&requests, wish("web-1", booted)).await.status(201);
    assert_eq!(
        (&made["state"], &made["deed"], &made["asked_by"]),
        (&json!("going"), &json!("restart"), &json!("operator"))
    );
    let one = format!("{requests}/{}", made["id"]);
    system.goes_down().await;
    stage.until(PowerState::Away).await;
    stage.pass(30);
    let away = viewer.get(&one).await.status(200);
    assert_eq!((&away["state"], &away["away_seconds"], &away["ended_at"]), (&json!("away"), &json!(30), &json!(null)));
    let during = viewer.get(power).await.status(200);
    assert_eq!((&during["boot"], &during["requests"][0]["id"]), (&json!(null), &made["id"]), "it is not asked");
    system.switch_on();
    stage.until(PowerState::Back).await;
    let back = viewer.get(&one).await.status(200);
    assert_eq!((&back["away_seconds"], &back["back_after_seconds"]), (&json!(30), &json!(30)));
    assert_eq!((&back["boot_before"], &back["boot_after"]), (&json!(booted), &json!(boot(&system))));
    for unknown in ["0", "latest", "9999999"] {
        viewer.get(&format!("{requests}/{unknown}")).await.problem(404);
    }
    stage.leave().await;
}

#[actix_web::test]
async fn of_a_server_that_was_shut_down_the_requests_are_told_all_the_same() {
    let test = "of_a_server_that_was_shut_down_the_requests_are_told_all_the_same";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let operator = program(&stage.app, Role::Operator).await;
    let power = "/api/v1/servers/web-1/power";
    let wish = json!({"deed": "shut_down", "name": "web-1", "booted": boot(&system)});
    operator.post(&format!("{power}/requests"), wish).await.status(201);
    system.goes_down().await;
    stage.until(PowerState::Away).await;
    stage.pass(61);
    stage.until(PowerState::Off).await;
    let told = operator.get(power).await.status(200);
    assert_eq!((&told["boot"], &told["requests"][0]["state"]), (&json!(null), &json!("off")), "{told}");
    stage.leave().await;
}
