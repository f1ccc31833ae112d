//! A scenario may what its owner may at that moment. Where that is not enough it is switched off, and says why.

use chrono::TimeDelta;
use hannun::error::{Error, Result};
use hannun::models::actor::Actor;
use hannun::models::ids::ScenarioId;
use hannun::models::runs::RunState;
use hannun::models::scenarios::{NewScenario, Scenario};
use hannun::scenarios::keep;

use super::{Stage, always, each_five_minutes};
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;

/// An administrator switches it on.
async fn enable(stage: &Stage, id: ScenarioId) -> Result<Scenario> {
    let now = stage.now();
    let on = move |connection: &mut _| keep::enable(connection, &Actor::system("the test"), id, true, now);
    stage.app.app.db.transaction(on).await
}

/// The next slot comes, and is worked off.
async fn run(stage: &Stage, id: ScenarioId) {
    if let Some(next) = stage.row(id).await.next_slot {
        stage.advance(next - stage.now());
    }
    stage.fire().await;
    stage.work_off().await;
}

#[actix_web::test]
async fn sec_z04_a_scenario_whose_owner_may_no_longer_is_refused_and_switched_off_with_a_line_in_the_audit_log() {
    let stage = Stage::set(|_| ok("")).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    let owner = stage.owner.id.0;
    for (taken, given_back, why) in [
        ("disabled_at = now()", "disabled_at = null", "whose account is switched off"),
        ("role = 'viewer'", "role = 'operator'", "who is no operator any more"),
        ("all_groups = false", "all_groups = true", "who may know of no server any more"),
    ] {
        stage.execute(&format!("update users set {taken} where id = {owner}"));
        run(&stage, id).await;
        let last = stage.runs(id).await.pop().unwrap();
        let said = last.why().unwrap().to_string();
        assert_eq!(last.state, RunState::Refused, "{said}");
        assert!(said.starts_with("hannun switched the scenario off: ") && said.contains(why), "{said}");
        let row = stage.row(id).await;
        assert_eq!((row.enabled, row.next_slot), (false, None));
        let event = stage.app.audit().await.remove(0);
        assert_eq!(
            (event.actor_kind.as_str(), event.action.as_str(), event.target.as_str()),
            ("system", "disable_scenario", "Morning check")
        );
        assert!(event.details.0["why"].contains(why), "{:?}", event.details);
        let refused = enable(&stage, id).await.unwrap_err();
        assert!(matches!(&refused, Error::Conflict(said) if said.to_string().contains(why)), "{refused:?}");
        stage.advance(TimeDelta::minutes(30));
        assert_eq!(stage.fire().await, 0, "nothing comes of it any more");
        stage.execute(&format!("update users set {given_back} where id = {owner}"));
        assert!(enable(&stage, id).await.unwrap().enabled);
    }
    assert!(stage.told.asked().is_empty());
    stage.measured("cpu.total", stage.row(id).await.next_slot.unwrap() - TimeDelta::seconds(10), 10.0).await;
    run(&stage, id).await;
    assert_eq!((stage.runs(id).await.pop().unwrap().state, stage.told.asked().len()), (RunState::Succeeded, 1));
}

#[actix_web::test]
async fn sec_z04_z05_a_server_that_is_gone_and_one_that_is_out_of_sight_are_the_same_and_a_label_may_come_back() {
    let stage = Stage::set(|_| ok("")).await;
    let named = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    let label = NewScenario {
        name: "By label".to_owned(),
        servers: vec!["label:role=cdn".to_owned()],
        ..due(each_five_minutes(), stage.now())
    };
    let label = stage.add(label, vec![stage.post(always())]).await;
    let group = crate::api::program::group(&stage.app, "elsewhere").await.0;
    let owner = stage.owner.id.0;
    let out_of_sight = [
        format!("update users set all_groups = false where id = {owner}"),
        format!("insert into user_groups (user_id, group_id) values ({owner}, {})", group.id.0),
    ];
    for statement in out_of_sight {
        stage.execute(&statement);
    }
    run(&stage, named).await;
    let why = async |id| stage.runs(id).await.pop().unwrap().why().unwrap().to_string();
    let said = why(named).await;
    assert!(said.contains("It names a server or a group that there is not, or that jiwon"), "{said}");
    assert!(!stage.row(named).await.enabled);
    assert_eq!(why(label).await, "No server is meant by it");
    assert!(stage.row(label).await.enabled, "somebody may have that label tomorrow");

    stage.execute(&format!("update users set all_groups = true where id = {owner}"));
    assert!(enable(&stage, named).await.unwrap().enabled);
    stage.execute(&format!("update servers set name = 'web-9' where id = {}", stage.server.id.0));
    run(&stage, named).await;
    assert_eq!(why(named).await, said, "nobody learns which of both it is");
    assert!(!stage.row(named).await.enabled && stage.told.asked().is_empty());
}

#[actix_web::test]
async fn sec_z04_the_page_says_that_it_cannot_run_before_and_after_it_was_switched_off() {
    let stage = Stage::set(|_| ok("")).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    let administrator = stage.app.administrator().await;
    let owner = stage.owner.id.0;
    let said = async || administrator.get(&format!("/scenarios/{id}")).await.ok();
    assert!(!said().await.has("#refused"));
    stage.execute(&format!("update users set role = 'viewer' where id = {owner}"));
    assert!(said().await.text("#refused").contains("its next run will switch it off"));
    run(&stage, id).await;
    let page = said().await;
    assert!(page.text("#refused").starts_with("It cannot run: It runs with the rights of jiwon"));
    assert!(page.text("#scenario-head").contains("It is disabled"), "{}", page.text("#scenario-head"));
    stage.execute(&format!("update users set role = 'operator' where id = {owner}"));
    assert!(said().await.text("#refused").starts_with("hannun switched the scenario off"), "and nobody has said since");
    enable(&stage, id).await.unwrap();
    assert!(!said().await.has("#refused"));
}

#[actix_web::test]
async fn whoever_deletes_a_server_or_looks_at_a_person_is_told_which_scenarios_that_is_about() {
    let stage = Stage::set(|_| ok("")).await;
    stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    let by_all = NewScenario {
        name: "Of all".to_owned(),
        servers: vec!["all".to_owned()],
        ..due(each_five_minutes(), stage.now())
    };
    stage.add(by_all, Vec::new()).await;
    let administrator = stage.app.administrator().await;
    let goes = administrator.get(&format!("/admin/servers/{}/delete", stage.server.id.0)).await.ok().texts(".hints li");
    let told = "Scenarios that name it are switched off when they are due next: Morning check";
    assert!(goes.iter().any(|line| line == told), "{goes:?}");
    let person = administrator.get(&format!("/admin/users/{}", stage.owner.id.0)).await.ok();
    let theirs = person.text("section[aria-label='Scenarios that run with their rights']");
    assert!(theirs.contains("Morning check") && theirs.contains("Of all"), "{theirs}");
    let deleted =
        administrator.post("/admin/servers/deletions", [("row", stage.server.id.0.to_string().as_str())]).await;
    assert_eq!(deleted.status, 303, "{}", deleted.body);
    let id = stage.app.app.db.run(Scenario::all).await.unwrap()[0].id;
    run(&stage, id).await;
    assert!(!stage.row(id).await.enabled);
}
