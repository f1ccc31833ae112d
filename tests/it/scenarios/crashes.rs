//! Processes and a PostgreSQL that are killed, and connections that are cut, while scenarios run: receivers of their own write down what
//! arrived, and a checker compares that with what hannun says of it. `HANNUN_TEST_KILLS=500` kills that many.

mod checker;
mod driver;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use hannun::db::schema::{deliveries, runs, scenarios};
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use hannun::models::deliveries::Delivery;
use hannun::models::ids::ScenarioId;
use hannun::models::runs::{MOST_TRIES, Run, RunState};
use hannun::models::scenarios::{NewDestination, NewScenario, Overlap};
use hannun::models::users::NewUser;
use hannun::secret::{SecretText, password};
use serde_json::{Value, json};

use self::checker::{Arrival, Kill, Said};
use self::driver::{Chance, Driven};
use super::{Stage, always, each_five_minutes};
use crate::harness::members::Shared;
use crate::harness::scenarios::due;
use crate::harness::ssh::eventually;
use crate::outbound::receiver::{Receiver, Says, ok};

/// Seconds between two slots.
const EVERY: i64 = 10;
/// Scenarios that run side by side.
const MANY: usize = 20;
/// How long what was broken off may take to end: a minute until its entry or its lease is free, and once more where that is cut as well
/// (J05).
const ENDS: Duration = Duration::from_mins(4);

fn faults(said: &Said, arrived: &[Arrival], kills: &[Kill]) -> Vec<String> {
    checker::faults(said, arrived, kills, EVERY)
}

/// Whether the checker says this.
fn finds(said: &Said, arrived: &[Arrival], kills: &[Kill], words: &str) -> bool {
    faults(said, arrived, kills).iter().any(|fault| fault.contains(words))
}

/// What receivers wrote down.
fn arrived(receivers: &[&Receiver]) -> Vec<Arrival> {
    let of = |receiver: &&Receiver| {
        let port = receiver.port;
        let arrivals = receiver.arrived().into_iter();
        arrivals.map(move |(at, request)| Arrival { at, port, key: key_of(&request) }).collect::<Vec<_>>()
    };
    receivers.iter().flat_map(of).collect()
}

fn key_of(request: &str) -> String {
    let line = request.lines().find_map(|line| line.strip_prefix("hannun-delivery: "));
    line.unwrap_or("none").trim().to_owned()
}

fn all(connection: &mut PgConnection) -> Said {
    let runs = Run::query().order(runs::id).load(connection).unwrap();
    let deliveries = Delivery::query().order(deliveries::id).load(connection).unwrap();
    Said { runs, deliveries, promised: Vec::new() }
}

/// What is known of those that did not end.
fn open_ones(shared: &Shared) -> String {
    let open: Vec<Run> = Run::query().filter(runs::ended_at.is_null()).load(&mut shared.database.owner()).unwrap();
    let open: Vec<_> = open.iter().map(|run| (run.id.0, run.state, run.token, run.tries)).collect();
    format!("{} runs never ended: {open:?}\n{}", open.len(), shared.logs())
}

/// Scenarios that tell one receiver or the other, and the token of somebody who may run them.
fn add_scenarios(shared: &Shared, urls: &[String; 2], first: DateTime<Utc>) -> (String, Vec<ScenarioId>) {
    let connection = &mut shared.database.connection();
    let secret = SecretText::new("a long word of the test".to_owned());
    let password_hash = password::hash(&secret, &mut password::Workspace::default()).unwrap();
    let rights = Rights::new(Role::Operator, Scope::All);
    let owner = NewUser { name: "jiwon", password_hash: &password_hash, rights }.insert(connection).unwrap();
    let token = NewApiToken {
        name: "driver",
        user_id: Some(owner.id),
        role: Role::Operator,
        scope: Scope::All,
        expires_at: None,
    };
    let token = token.insert(connection, Utc::now()).unwrap().0.expose().clone();
    let destination = |url: &String, condition: Value| NewDestination {
        kind: "http_post".to_owned(),
        settings: json!({ "url": format!("{url}/hook"), "format": "json", "body": "" }),
        channel_id: None,
        condition,
        at_most_once: false,
    };
    let add = |number: usize| {
        let url = &urls[number % urls.len()];
        // Whatever is read, one of them is told.
        let both = [destination(url, json!({ "kind": "always" })), destination(url, json!({ "kind": "failed" }))];
        let schedule = json!({
            "when": { "kind": "interval", "every_seconds": EVERY, "starts_at": first },
            "time_zone": "Asia/Seoul",
        });
        let (name, overlap) = (format!("scenario {number}"), Overlap::Parallel);
        let new = NewScenario { name, overlap, parallel_most: 10, ..due(schedule, first) };
        new.insert(connection, owner.id, &both).unwrap().id
    };
    (token, (0..MANY).map(add).collect())
}

/// Lets nothing new come, and waits until all that was begun has ended.
fn come_to_an_end(shared: &Shared) {
    let connection = &mut shared.database.connection();
    diesel::update(scenarios::table).set(scenarios::enabled.eq(false)).execute(connection).unwrap();
    let end = Instant::now() + ENDS;
    while runs::table.filter(runs::ended_at.is_null()).count().get_result::<i64>(connection).unwrap() > 0 {
        assert!(Instant::now() < end, "{}", open_ones(shared));
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[actix_web::test]
async fn rel_r04_j01_j02_j04_j05_processes_and_a_postgresql_that_are_killed_lose_nothing_and_tell_nothing_twice() {
    let test = "rel_r04_j01_j02_j04_j05_processes_and_a_postgresql_that_are_killed_lose_nothing_and_tell_nothing_twice";
    let (one, other) = (Receiver::start(|_| ok("")).await, Receiver::start(|_| ok("")).await);
    let urls = [one.url(), other.url()];
    let allowed = format!("{},{}", one.entry(), other.entry());
    let driven = tokio::task::spawn_blocking(move || {
        let mut shared = Shared::with_own_postgresql(test, 1)?;
        shared.allowed = allowed;
        let (token, ids) = add_scenarios(&shared, &urls, Utc::now() + TimeDelta::seconds(5));
        let survivor = shared.start("survivor", "work", "5s");
        let driven = driver::kill(&shared, (driver::kills(), &mut Chance::new()), (&token, &ids));
        come_to_an_end(&shared);
        assert_eq!(survivor.program.stop(), Some(0));
        Some((shared, driven))
    });
    let Some((shared, Driven { kills, promised })) = driven.await.unwrap() else { return };
    let said = Said { promised, ..all(&mut shared.database.owner()) };
    let mut arrived = arrived(&[&one, &other]);
    assert!(said.runs.len() >= 2 * MANY, "{} runs", said.runs.len());
    let broken_off = said.runs.iter().filter(|run| run.tries > MOST_TRIES).count();
    assert!(broken_off <= 1 + driver::kills() / 50, "{broken_off} runs were with too many who died");
    assert_eq!(faults(&said, &arrived, &kills), Vec::<String>::new(), "{}", shared.logs());

    // What the checker would say of builds that are broken, of a message that came once.
    let once = |one: &Arrival| arrived.iter().filter(|other| other.key == one.key).count() == 1;
    let place = arrived.iter().position(once).unwrap();
    arrived.swap(0, place);
    // What came before the first of a scenario, or after its last, would not be missed by anybody.
    let slots_of = |id| said.runs.iter().filter(move |run| run.scenario_id == id).filter_map(|run| run.scheduled_for);
    let has_neighbours = |run: &&Run| {
        run.scheduled_for.is_some_and(|slot| {
            let others = || slots_of(run.scenario_id);
            others().any(|other| other < slot) && others().any(|other| other > slot)
        })
    };
    let slotted = said.runs.iter().find(has_neighbours).unwrap().id;
    let without = |id| Said { runs: said.runs.iter().filter(|run| run.id != id).cloned().collect(), ..said.clone() };
    assert!(finds(&without(slotted), &arrived, &kills, "lost what was due"), "a run is lost");
    let promised = Said { promised: vec![i64::MAX], ..said.clone() };
    assert!(finds(&promised, &arrived, &kills, "was promised, and is lost"));
    let twice: Vec<Arrival> = arrived.iter().chain(&arrived[..1]).cloned().collect();
    assert!(finds(&said, &twice, &kills, "while somebody's lease held"), "told twice at once");
    let elsewhere = Arrival { port: 1, ..arrived[0].clone() };
    assert!(finds(&said, &[&arrived[1..], &[elsewhere]].concat(), &kills, "arrived at port 1"));
    assert!(finds(&said, &arrived[1..], &kills, "arrived 0 times"), "what is said to have arrived did not");
    let open =
        Said { runs: vec![Run { ended_at: None, state: RunState::Running, ..said.runs[0].clone() }], ..said.clone() };
    assert!(finds(&open, &arrived, &kills, "never ended"));
}

#[actix_web::test]
async fn the_checker_finds_a_build_without_the_key_that_forbids_two_runs_of_one_slot() {
    let stage = Stage::set(|_| ok("")).await;
    let slot = stage.now();
    let every =
        json!({ "when": { "kind": "interval", "every_seconds": EVERY, "starts_at": slot }, "time_zone": "UTC" });
    let scenario = NewScenario { overlap: Overlap::Parallel, parallel_most: 10, ..due(every, slot) };
    stage.add(scenario, vec![stage.post(json!({ "kind": "failed" }))]).await;
    let again = "update scenarios set next_slot = to_timestamp(extract(epoch from next_slot) - 10), next_run_at = next_run_at - interval '10 s'";
    stage.fire().await;
    stage.execute(again);
    stage.fire().await;
    stage.work_off().await;
    let found = || {
        let said = all(&mut stage.app.database.owner());
        (said.runs.len(), faults(&said, &arrived(&[&stage.told]), &[]))
    };
    assert_eq!(found(), (1, Vec::new()), "the key holds");

    stage.execute("alter table runs drop constraint runs_scenario_id_scheduled_for_key");
    stage.execute(again);
    stage.fire().await;
    stage.work_off().await;
    let (runs, found) = found();
    assert!(runs == 2 && found.iter().any(|fault| fault.contains("was run twice")), "{found:?}");
}

#[actix_web::test]
async fn the_checker_permits_a_repeat_only_where_a_kill_explains_it_and_it_is_marked() {
    let stage = Stage::set(|_| ok("")).await;
    stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(json!({ "kind": "failed" }))]).await;
    stage.fire().await;
    stage.work_off().await;
    let (said, once) = (all(&mut stage.app.database.owner()), arrived(&[&stage.told]));
    assert_eq!((once.len(), faults(&said, &once, &[])), (1, Vec::new()));

    let mark = |delivery: &Delivery| Delivery { may_repeat: true, ..delivery.clone() };
    let marked = Said { deliveries: said.deliveries.iter().map(mark).collect(), ..said.clone() };
    let at = |seconds| once[0].at + TimeDelta::seconds(seconds);
    let came = |seconds| Arrival { at: at(seconds), ..once[0].clone() };
    let killed = |from, to| Kill { from: at(from), to: at(to) };
    let twice = [came(0), came(62)];
    assert_eq!(faults(&marked, &twice, &[killed(0, 0)]), Vec::<String>::new(), "after the answer");
    assert_eq!(faults(&marked, &twice, &[killed(-20, 1)]), Vec::<String>::new(), "while PostgreSQL was away");
    assert!(finds(&said, &twice, &[killed(0, 0)], "is not marked"));
    for kills in [Vec::new(), vec![killed(-20, -19)], vec![killed(63, 63)]] {
        assert!(finds(&marked, &twice, &kills, "nothing was killed in between"), "{kills:?}");
    }
    let thrice = [came(0), came(62), came(124)];
    assert!(finds(&marked, &thrice, &[killed(62, 62)], "arrived again more often than there were kills"));
}

/// While somebody waits for an answer, another process looks for what was left behind.
async fn looked_for_while_it_is_sent(stage: &Stage) {
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 10.0).await;
    stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    stage.fire().await;
    let (entry, scenarios) = (stage.entry(), stage.scenarios.clone());
    let sends = tokio::spawn(async move { scenarios.work(&entry).await });
    eventually("the first message is on its way", || !stage.told.asked().is_empty()).await;
    stage.fire().await;
    stage.work_off().await;
    // As if its process were killed now.
    sends.abort();
}

/// Does not answer the first message, and takes all others.
fn slow_at_first(asked: &'static AtomicUsize) -> impl Fn(&str) -> Says + Send + Sync + 'static {
    move |_| if asked.fetch_add(1, Ordering::SeqCst) == 0 { Says::Nothing } else { ok("") }
}

#[actix_web::test]
async fn the_checker_finds_a_build_whose_leases_do_not_hold() {
    static HELD: AtomicUsize = AtomicUsize::new(0);
    static BROKEN: AtomicUsize = AtomicUsize::new(0);
    let stage = Stage::set(slow_at_first(&HELD)).await;
    looked_for_while_it_is_sent(&stage).await;
    assert_eq!(stage.told.asked().len(), 1, "the lease holds, so nobody else sends it");

    let stage = Stage::set(slow_at_first(&BROKEN)).await;
    stage.execute(
        "create function has_run_out() returns trigger language plpgsql as
         $$ begin new.lease_until := new.lease_until - interval '1 day'; return new; end $$",
    );
    stage.execute("create trigger broken before update on deliveries for each row execute function has_run_out()");
    looked_for_while_it_is_sent(&stage).await;
    let said = all(&mut stage.app.database.owner());
    let found = faults(&said, &arrived(&[&stage.told]), &[]);
    assert!(found.iter().any(|fault| fault.contains("while somebody's lease held")), "{found:?}");
}
