//! What a thousand servers as code cost: to plan them and to apply them, on a PostgreSQL of its own.
//!
//! `cargo bench --bench inventory_cost` prints milliseconds, the middle of several rounds: a plan of what is new, the first
//! apply, a plan that finds nothing to do, a change of every server, a plan by which all of them go, and how long it takes to
//! say what is wrong. Beside them stands what anybody would need on the same machine: to read the same YAML into a bare tree,
//! and to insert the same servers one by one without groups, keys and audit events. Promised: a plan in 300 ms, an apply in
//! 2 s.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a bench that cannot go on says so and ends; sizes are small"
)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use hannun::db::private_server::{Durability, PrivateServer};
use hannun::db::{establish, migrate};
use hannun::inventory::{self, Action, Applied, Means, Planned, Prune, Request, Source};
use hannun::models::actor::Actor;
use hannun::models::data_keys::DataKey;
use hannun::models::servers::NewServer;
use hannun::secret::seal::Sealer;

/// Servers of the file.
const SERVERS: usize = 1_000;
/// Rounds of what can be repeated.
const ROUNDS: usize = 7;

fn main() {
    // `cargo test` builds and starts benches too; it asks for no measurement.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let server = PrivateServer::start(folder.path(), Durability::Kept).expect("PostgreSQL");
    migrate::migrate(&server.owner_url(), None).expect("tables");
    let mut connection = establish(&server.owner_url()).expect("a connection");
    let sealer = DataKey::open_sealer(&mut connection, &folder.path().join("secret.key")).expect("a key");

    let (file, changed, wrong) = (text(SERVERS, "10s"), text(SERVERS, "20s"), text(SERVERS, "often"));
    say("size of the file, KiB", file.len() as f64 / 1024.0);
    let (tree, rows) = (middle(|| read(&file)), middle(|| insert(&mut connection)));
    say("beside: a bare tree of the file, ms", tree);
    say("beside: servers one by one, ms", rows);
    let planned = middle(|| plan(&mut connection, &sealer, &file, true));
    say("plan, all new, ms", planned);
    say("  to the bare tree, times", planned / tree);
    let applied = once(|| apply(&mut connection, &sealer, &file));
    say("apply, all new, ms", applied);
    say("  to servers one by one, times", applied / rows);
    say("plan, nothing to do, ms", middle(|| plan(&mut connection, &sealer, &file, true)));
    say("plan, all changed, ms", middle(|| plan(&mut connection, &sealer, &changed, true)));
    say("apply, all changed, ms", once(|| apply(&mut connection, &sealer, &changed)));
    say("plan, all of it goes, ms", middle(|| plan_pruning(&mut connection, &sealer, "version: 1\n")));
    say("refusal, every server wrong, ms", middle(|| plan(&mut connection, &sealer, &wrong, false)));
    say("export, ms", middle(|| drop(inventory::export(&mut connection, &actor(), inventory::Extras::default()))));
}

/// A file as a person with many servers has it: groups, labels, a jump server for each site, keys.
fn text(servers: usize, interval: &str) -> String {
    let mut text = "version: 1\ndefaults:\n  credential: ops\ncredentials:\n  ops: {user: deploy, kind: private_key}\ngroups: [web, db, edge, site-0, site-1, site-2, site-3]\nservers:\n".to_owned();
    for site in 0..4 {
        writeln!(text, "  bastion-{site}: 198.51.100.{site}").expect("room");
    }
    for number in 0..servers {
        let (site, kind) = (number % 4, ["web", "db", "edge"][number % 3]);
        writeln!(
            text,
            "  {kind}-{number:04}:\n    address: 10.{site}.{}.{}\n    groups: [{kind}, site-{site}]\n    jump: bastion-{site}\n    labels: {{team: shop, rack: r{}}}\n    interval: {interval}\n    host_keys: [\"SHA256:{}\"]",
            number / 250,
            number % 250 + 1,
            number / 20,
            fingerprint(number),
        )
        .expect("room");
    }
    text
}

/// Reads the file as anybody would.
fn read(text: &str) {
    serde_yaml::from_str::<serde_yaml::Value>(text).expect("a tree");
}

/// Inserts as many servers one by one, and takes them back.
fn insert(connection: &mut PgConnection) {
    let taken_back = connection.transaction::<(), diesel::result::Error, _>(|connection| {
        for number in 0..SERVERS {
            let (name, address) = (format!("beside-{number}"), format!("10.9.{}.{}", number / 250, number % 250 + 1));
            NewServer::new(&name, &address).insert(connection).expect("a row");
        }
        Err(diesel::result::Error::RollbackTransaction)
    });
    assert!(taken_back.is_err());
}

/// Another 43 characters for each server.
fn fingerprint(number: usize) -> String {
    format!("{number:A>43}")
}

fn actor() -> Actor {
    Actor::system("bench")
}

fn request(text: &str) -> Request {
    let source = Source { file: Some("servers.yml".to_owned()), called: String::new(), text: text.to_owned() };
    Request { sources: vec![source], ..Request::default() }
}

fn plan(connection: &mut PgConnection, sealer: &Sealer, text: &str, is_good: bool) {
    let planned = planned(connection, sealer, &request(text));
    assert_eq!(matches!(planned, Planned::Ready(_)), is_good);
}

/// Plans what goes with everything that the file does not hold any more.
fn plan_pruning(connection: &mut PgConnection, sealer: &Sealer, text: &str) {
    let planned = planned(connection, sealer, &Request { prune: Prune::Everything, ..request(text) });
    assert!(matches!(planned, Planned::Ready(plan) if plan.count(Action::Remove) > SERVERS));
}

fn planned(connection: &mut PgConnection, sealer: &Sealer, request: &Request) -> Planned {
    let (actor, now) = (actor(), chrono::Utc::now());
    let means = Means { actor: &actor, sealer, now };
    inventory::plan(connection, means, request).expect("a plan")
}

fn apply(connection: &mut PgConnection, sealer: &Sealer, text: &str) {
    let (actor, now) = (actor(), chrono::Utc::now());
    let means = Means { actor: &actor, sealer, now };
    let applied = connection
        .transaction(|connection| inventory::apply(connection, means, &request(text), None))
        .expect("applied");
    assert!(matches!(applied, Applied::Done(_)));
}

fn once(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    milliseconds(begun.elapsed())
}

fn middle(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS).map(|_| once(&mut work)).collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[expect(clippy::print_stdout, reason = "the figures are what a bench is for")]
fn say(what: &str, value: f64) {
    println!("{what:<38}{value:>10.1}");
}
