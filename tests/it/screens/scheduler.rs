//! The scheduler as people see it: what runs against what is usual, what comes, and the switch for all of it.

use chrono::TimeDelta;
use hannun::models::actor::{Role, Scope};
use hannun::models::runs::RunState;
use hannun::models::scenarios::NewScenario;
use serde_json::json;

use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;
use crate::scenarios::{Stage, always, each_five_minutes};

#[actix_web::test]
async fn what_runs_is_shown_with_its_age_against_what_is_usual_and_can_be_stopped() {
    let stage = Stage::set(|_| ok("")).await;
    let operator = stage.app.signed_in("jiwon", Role::Operator, Scope::All).await;
    let page = operator.get("/scheduler").await.ok();
    assert!(page.text("#open").contains("Nothing runs at this moment") && page.has("#coming .empty"));
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    stage.fire().await;
    stage.work_off().await;
    stage.execute("update runs set took_ms = 10000, state = 'succeeded'");
    stage.advance(TimeDelta::minutes(5));
    stage.fire().await;
    let run = stage.runs(id).await[1].id;
    let page = operator.get("/scheduler").await.ok();
    let row = &page.table("#open table").rows[0];
    assert_eq!(row[..3], [run.to_string(), "Morning check".to_owned(), "Queued".to_owned()]);
    assert!(!page.has("#open svg.age"), "it waits, and has no age against anything yet");
    stage.taken_and_left().await;
    stage.advance(TimeDelta::seconds(15));
    let page = operator.get("/scheduler").await.ok();
    let row = &page.table("#open table").rows[0];
    assert_eq!((row[2].as_str(), row[4].as_str(), row[6].as_str()), ("Running", "15 s", "10 s"));
    assert_eq!(page.attribute("#open svg.age rect", "width").as_deref(), Some("75"));
    assert_eq!(page.attribute("#open svg.age line", "x1").as_deref(), Some("50"));
    assert!(page.attribute("#open svg.age", "data-state").is_none());
    assert_eq!(page.attribute("#scheduler", "hx-trigger").as_deref(), Some("every 5s, refresh"));
    stage.advance(TimeDelta::seconds(10));
    let page = operator.get("/scheduler").await.ok();
    assert_eq!(page.attribute("#open svg.age", "data-state").as_deref(), Some("warn"));
    assert!(page.text("#open td.age").contains("much longer than usual"), "not by colour alone");
    let viewer = stage.app.viewer().await;
    assert!(!viewer.get("/scheduler").await.ok().has("#open form"));
    assert!(page.has(&format!("form[action='/runs/{run}/endings'] #stop-{run}")));
    assert_eq!(operator.post(&format!("/runs/{run}/endings"), []).await.status, 303);
    assert!(stage.runs(id).await[1].stop_asked_by.is_some());
}

#[actix_web::test]
async fn what_comes_within_a_day_is_told_with_its_next_times_by_its_own_clock() {
    let stage = Stage::set(|_| ok("")).await;
    let viewer = stage.app.viewer().await;
    let next = stage.now() + TimeDelta::minutes(1);
    let daily = json!({ "when": { "kind": "interval", "every_seconds": 86_400, "starts_at": next }, "time_zone": "Asia/Seoul" });
    for (name, schedule, next) in [
        ("Often", each_five_minutes(), stage.now() + TimeDelta::minutes(5)),
        ("Once a day", daily.clone(), next),
        ("Tomorrow", daily.clone(), stage.now() + TimeDelta::hours(25)),
    ] {
        stage.add(NewScenario { name: name.to_owned(), ..due(schedule, next) }, Vec::new()).await;
    }
    let off = NewScenario { name: "Off".to_owned(), enabled: false, ..due(daily, next) };
    stage.add(off, Vec::new()).await;
    let page = viewer.get("/scheduler").await.ok();
    let rows = page.table("#coming table").rows;
    let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names, ["Once a day", "Often"]);
    let seoul = next.with_timezone(&chrono_tz::Asia::Seoul).format("%H:%M").to_string();
    assert!(rows[0][2].contains(&seoul) && rows[0][1].contains("Asia/Seoul"), "{:?}", rows[0]);
    assert_eq!((rows[0][3].as_str(), rows[1][3].as_str()), ("1", "288"));
    assert_eq!(rows[1][2].matches(',').count(), 2, "three times of very many");
    let stranger = stage.app.signed_in("stranger", Role::Operator, Scope::Groups(Vec::new())).await;
    let page = stranger.get("/scheduler").await.ok();
    assert!(page.text("#coming .empty").contains("you see the scenarios that are yours"), "sec_z05");
}

#[actix_web::test]
async fn rel_r09_all_are_paused_with_a_reason_that_everybody_reads_and_started_again() {
    let stage = Stage::set(|_| ok("")).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), Vec::new()).await;
    let (boss, operator) = (stage.app.administrator().await, stage.app.operator().await);
    assert!(!operator.get("/scheduler").await.ok().has("#pause-all"));
    assert_eq!(operator.post("/scheduler/pauses", [("why", "because")]).await.status, 403);
    let narrow = stage.app.signed_in("narrow", Role::Administrator, Scope::Groups(Vec::new())).await;
    assert_eq!(narrow.post("/scheduler/pauses", [("why", "because")]).await.status, 403);
    assert_eq!(boss.post("/scheduler/pauses", [("why", " ")]).await.status, 422);
    assert!(boss.get("/scheduler").await.ok().has("#pause-all input[name=why][required]"));
    boss.post("/scheduler/pauses", [("why", "the <b>mail</b> server moves")]).await.leads_to("/scheduler");
    let page = boss.get("/scheduler").await.ok();
    assert!(page.text("#toasts").contains("All scenarios are paused"));
    assert_eq!(boss.post("/scheduler/pauses", [("why", "once more")]).await.status, 409);
    let seen = operator.get("/scheduler").await.ok();
    let notice = seen.text("#paused");
    assert!(notice.contains("administrator: the <b>mail</b> server moves"), "sec_w05: {notice}");
    assert!(notice.contains("Run now still runs") && !seen.has("#start-again"));
    for path in ["/scenarios".to_owned(), format!("/scenarios/{id}")] {
        let page = operator.get(&path).await.ok();
        assert!(page.text("#paused").contains("none runs by its schedule"), "{path}");
    }
    assert_eq!((stage.fire().await, stage.runs(id).await.len()), (0, 0));
    assert!(seen.text("#coming td .t-warn").contains("due since"));
    let action = page.attribute("form[action$='/endings']", "action").unwrap();
    assert_eq!(operator.post(&action, []).await.status, 403);
    boss.post(&action, []).await.leads_to("/scheduler");
    assert!(!boss.get("/scheduler").await.ok().has("#paused"));
    assert_eq!(boss.post(&action, []).await.status, 409, "that pause is over");
    assert_eq!(stage.fire().await, 1);
    assert_eq!(stage.runs(id).await[0].state, RunState::Queued);
}
