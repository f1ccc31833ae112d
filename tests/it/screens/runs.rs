//! Runs over time: a picture from which a part is listed, and the same by fields and by address.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use hannun::models::actor::{Role, Scope};
use hannun::models::ids::ScenarioId;
use hannun::models::scenarios::NewScenario;

use crate::harness::client::Client;
use crate::harness::page::Page;
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;
use crate::scenarios::{Stage, each_five_minutes};

/// Runs of a scenario that have ended: minutes ago, how long each took in milliseconds, how it ended.
fn ended(stage: &Stage, id: ScenarioId, runs: &[(i64, Option<i64>, &str)]) {
    for (minutes, took, state) in runs {
        let at = (stage.now() - TimeDelta::minutes(*minutes)).to_rfc3339();
        let took = took.map_or_else(|| "null".to_owned(), |took| took.to_string());
        stage.execute(&format!(
            "insert into runs (scenario_id, cause, state, queued_at, started_at, ended_at, took_ms)
             values ({id}, 'person', '{state}', '{at}', '{at}', '{at}', {took})"
        ));
    }
}

/// How each listed run ended, the newest first.
fn listed(page: &Page) -> Vec<String> {
    if page.has(".run-table") {
        page.table(".run-table").rows.iter().map(|row| row[3].clone()).collect()
    } else {
        Vec::new()
    }
}

fn link(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

async fn scene() -> (Stage, Client, ScenarioId) {
    let stage = Stage::set(|_| ok("")).await;
    let viewer = stage.app.viewer().await;
    let id = stage.add(due(each_five_minutes(), stage.now() + TimeDelta::days(1)), Vec::new()).await;
    ended(
        &stage,
        id,
        &[
            (50, Some(2_000), "succeeded"),
            (40, Some(60_000), "failed"),
            (30, Some(2_500), "partly"),
            (20, None, "skipped"),
            (10, Some(3_000), "succeeded"),
        ],
    );
    (stage, viewer, id)
}

#[actix_web::test]
async fn each_run_is_a_point_whose_shape_says_how_it_ended_and_the_picture_says_it_in_words() {
    let (_stage, viewer, _) = scene().await;
    let page = viewer.get("/runs").await.ok();
    assert_eq!(
        page.attributes("#run-plot use", "href"),
        ["#run-up", "#run-crit", "#run-warn", "#run-paused", "#run-up"]
    );
    let heights: Vec<f64> =
        page.attributes("#run-plot use", "y").iter().map(|y| y.trim_end_matches('%').parse().unwrap()).collect();
    assert!(heights[1] < heights[2] && heights[3] > heights[0], "the longest is the highest: {heights:?}");
    assert!(page.attributes("#run-plot use", "x").is_sorted_by(|one, two| one.len() < two.len() || one < two));
    assert_eq!(page.texts("#run-plot .state"), ["Done 2", "Partly 1", "Failed 1", "Skipped 1"]);
    assert_eq!(page.attribute("#run-plot svg", "aria-hidden").as_deref(), Some("true"), "the table says the same");
    assert!(!page.has(".chosen") && !page.has("#narrowed"));
    assert_eq!(listed(&page), ["Done", "Skipped", "Partly", "Failed", "Done"]);
}

#[actix_web::test]
async fn a_box_lists_what_is_in_it_and_the_rest_stays_drawn() {
    let (stage, viewer, _) = scene().await;
    let ago = |minutes| link(stage.now() - TimeDelta::minutes(minutes));
    for (query, expected) in [
        (format!("from={}", ago(35)), &["Done", "Skipped", "Partly"][..]),
        (format!("until={}", ago(35)), &["Failed", "Done"]),
        ("least=2.4&most=10".to_owned(), &["Done", "Partly"]),
        (format!("from={}&until={}&least=1", ago(45), ago(25)), &["Partly", "Failed"]),
        ("most=0".to_owned(), &["Skipped"]),
        ("least=60".to_owned(), &["Failed"]),
        ("state=succeeded&least=2.5".to_owned(), &["Done"]),
        ("least=3600".to_owned(), &[]),
    ] {
        let page = viewer.get(&format!("/runs?{query}")).await.ok();
        assert_eq!(listed(&page), expected, "{query}");
        let drawn = if query.starts_with("state") { 2 } else { 5 };
        assert_eq!(page.attributes("#run-plot use", "href").len(), drawn, "{query}");
        assert!(page.has("#run-plot .chosen") && page.has("#narrowed a"), "{query}");
    }
    let page = viewer.get(&format!("/runs?state=failed&from={}", ago(45))).await.ok();
    assert_eq!(page.attribute("#narrowed a", "href").as_deref(), Some("/runs?state=failed"));
    // The form says the same, in the reader's zone, and leads to the same without a script.
    let form = page.form("#run-filter");
    let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["state", "from", "until", "least", "most"]);
    let again = viewer.get(&format!("/runs?{}", serde_urlencoded::to_string(&form).unwrap())).await.ok();
    assert_eq!(listed(&again), listed(&page));
}

#[actix_web::test]
async fn what_cannot_be_read_is_said_and_narrows_nothing() {
    let (_stage, viewer, _) = scene().await;
    let page = viewer.get("/runs?from=yesterday&least=soon").await.ok();
    let problems = page.texts("#all-runs [role=alert]");
    assert_eq!(problems, ["Enter a date and a time: 2026-12-24 08:50", "Enter how many seconds: 2.5"]);
    assert_eq!(listed(&page).len(), 5);
    let page = viewer.get("/runs?scenario=999999").await.ok();
    assert!(page.has(".empty") && !page.has("#run-plot"));
}

#[actix_web::test]
async fn a_scenario_s_own_history_leads_to_its_own_picture() {
    let (stage, viewer, id) = scene().await;
    let other = NewScenario { name: "Other".to_owned(), ..due(each_five_minutes(), stage.now() + TimeDelta::days(1)) };
    let other = stage.add(other, Vec::new()).await;
    ended(&stage, other, &[(5, Some(1_000), "failed")]);
    assert_eq!(viewer.get("/runs").await.ok().attributes("#run-plot use", "href").len(), 6);
    let page = viewer.get(&format!("/scenarios/{id}")).await.ok();
    assert!(page.has(&format!("#runs a[href='/runs?scenario={id}']")));
    let page = viewer.get(&format!("/runs?scenario={id}")).await.ok();
    assert_eq!(page.heading(), "Runs / Morning check");
    assert_eq!((page.attributes("#run-plot use", "href").len(), listed(&page).len()), (5, 5));
    assert_eq!(page.attribute("#run-filter [name=scenario]", "value"), Some(id.to_string()));
    let stranger = stage.app.signed_in("stranger", Role::Viewer, Scope::Groups(Vec::new())).await;
    let page = stranger.get(&format!("/runs?scenario={id}")).await.ok();
    assert!(page.has(".empty") && !page.has("#run-plot") && page.heading() == "Runs", "sec_z05");
}

#[actix_web::test]
async fn of_very_many_runs_the_newest_are_drawn_and_older_ones_where_they_are_looked_for() {
    let (stage, viewer, id) = scene().await;
    let at = stage.now().to_rfc3339();
    stage.execute(&format!(
        "insert into runs (scenario_id, cause, state, queued_at, started_at, ended_at, took_ms)
         select {id}, 'person', 'succeeded', at, at, at, 1000
         from (select '{at}'::timestamptz - n * interval '1 second' as at from generate_series(1, 540) as n) as many"
    ));
    let page = viewer.get("/runs").await.ok();
    assert_eq!(page.attributes("#run-plot use", "href").len(), 500);
    assert!(page.text("#run-plot").contains("Only the newest 500 are drawn"));
    assert!(page.text(".table-foot").contains("The newest 200 are shown"));
    let until = link(stage.now() - TimeDelta::minutes(15));
    let page = viewer.get(&format!("/runs?until={until}")).await.ok();
    assert_eq!(listed(&page), ["Skipped", "Partly", "Failed", "Done"]);
    assert_eq!(page.attributes("#run-plot use", "href").len(), 4);
}
