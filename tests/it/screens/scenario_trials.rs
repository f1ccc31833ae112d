//! *Try* and *Last 14 days* in the builder: of what stands there, saved or not.

use chrono::TimeDelta;
use serde_json::json;

use super::scenarios::{press, send, stage};
use crate::harness::scenarios::due;
use crate::scenarios::{always, each_five_minutes};

#[actix_web::test]
async fn a_draft_is_tried_in_the_builder_and_nothing_that_was_entered_is_lost() {
    let (stage, operator) = stage().await;
    stage.channel("ops", "slack", json!({ "url": format!("{}/slack", stage.told.url()) })).await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 84.5).await;
    let page = operator.get("/scenarios/new").await.ok();
    assert!(page.has("#try") && page.has("#look-back"));
    let page = press(&operator, &page, "source:cpu_usage", &[("servers", "web-1")]).await;
    let page = press(&operator, &page, "add:slack", &[]).await;
    let text = ("destinations.0.text", "*{{ server.name }}* CPU {{ cpu.total }} % <b>kept</b>");
    let page = send(&operator, "/scenarios/trials", &page, &[text]).await.ok();
    assert!(page.text("#tried").contains("Read now, and sent to nobody"), "{}", page.text("#tried"));
    assert_eq!(page.table("#tried-read").rows[0], ["web-1", "cpu.total 84.5"]);
    assert!(page.text("#tried .would[open] .message").contains("web-1 CPU 84.5 % <b>kept</b>"), "sec_w05: it is text");
    assert!(page.text("#d1-text").contains("<b>kept</b>") && page.has("#preview[data-changed]"));
    let quiet = [("destinations.0.condition.kind", "above")];
    let page = press(&operator, &page, "redraw", &quiet).await;
    assert!(!page.has("#tried-read"), "what was found is of another draft");
    let quiet = [("destinations.0.condition.value", "cpu.total"), ("destinations.0.condition.limit", "90")];
    let page = send(&operator, "/scenarios/trials", &page, &quiet).await.ok();
    assert!(page.text("#tried").contains("Nothing would be sent: its condition does not hold"));
    assert!(!page.has("#tried .would[open]"));
    let page = send(&operator, "/scenarios/trials", &page, &[("source.window_seconds", "1")]).await.with_status(422);
    assert!(page.has("#source-window_seconds-problem") && !page.has("#tried-read"));
    assert_eq!((stage.told.connections(), stage.work_off().await), (0, 0));
}

#[actix_web::test]
async fn a_kept_scenario_is_looked_back_at_and_its_messages_are_folded() {
    let (stage, operator) = stage().await;
    let slot = stage.now() - TimeDelta::hours(3);
    stage.measured("cpu.total", slot - TimeDelta::seconds(20), 97.5).await;
    let id = stage.add(due(each_five_minutes(), stage.now() + TimeDelta::minutes(5)), vec![stage.post(always())]).await;
    let page = operator.get(&format!("/scenarios/{id}")).await.ok();
    let page = send(&operator, "/scenarios/back-tests", &page, &[]).await.ok();
    let said = page.text("#tried");
    assert!(said.contains("Over the last 14 days this would have fired once"), "{said}");
    assert!(said.contains("4032 times were looked at") && said.contains("At 4031 times nothing had been measured"));
    assert_eq!(page.texts("#fired summary").len(), 2, "the time, and in it the destination");
    assert!(page.text("#fired summary").contains("18:00 cpu.total 97.5"), "{}", page.text("#fired summary"));
    assert!(page.has("#fired > li > details:not([open])") && page.text("#fired .message").contains("97.5"));
    assert!(!page.has("#preview[data-changed]"), "nothing of it was changed");
    let once = [("when", "date"), ("at", "2026-12-24T08:50")];
    let page = send(&operator, "/scenarios/back-tests", &page, &once).await.ok();
    assert!(page.text("#tried .notice").contains("A date comes once"));
    let odd = send(&operator, "/scenarios/trials", &page, &[("owner_id", "1")]).await;
    assert_eq!(odd.status, 422, "sec_z06: a field that no scenario has");
}

#[actix_web::test]
async fn rel_j10_a_scenario_whose_date_has_passed_is_saved_again_with_the_rest_of_it_changed() {
    let (stage, operator) = stage().await;
    let passed = stage.now() - TimeDelta::hours(1);
    let date = json!({ "when": { "kind": "date", "at": passed }, "time_zone": "Asia/Seoul" });
    let id = stage.add(due(date, passed), vec![stage.post(always())]).await;
    let path = format!("/scenarios/{id}");
    let page = operator.get(&path).await.ok();
    assert!(page.text("#says").contains("once, 2026-06-15 20:00:00"), "{}", page.text("#says"));
    assert_eq!(send(&operator, &path, &page, &[("name", "Renamed")]).await.status, 303);
    assert_eq!(stage.row(id).await.name, "Renamed");
    let page = operator.get(&path).await.ok();
    let page = send(&operator, &path, &page, &[("at", "2026-06-15T20:01")]).await.with_status(422);
    assert!(page.text("#f-at-problem").contains("This lies behind us"));
}
