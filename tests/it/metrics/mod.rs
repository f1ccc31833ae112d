//! Numbers from a server to a line: stored, packed, asked for.

mod fake_server;
mod packing;
mod real;
mod retention;
mod sampler;
mod sharing;
mod storing;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hannun::config::Retention;
use hannun::db::Db;
use hannun::metrics::SeriesName;
use hannun::metrics::catalogue::Metric;
use hannun::metrics::line::Line;
use hannun::metrics::presence::Presence;
use hannun::metrics::sampler::Pace;
use hannun::metrics::series::Question;
use hannun::metrics::store::{SeriesIds, Store};
use hannun::metrics::windows::{Summary, Window};
use hannun::models::credentials::{CredentialKind, NewCredential, Privileges, Secrets};
use hannun::models::data_keys::DataKey;
use hannun::models::ids::{InstanceId, ServerId};
use hannun::models::instances::NewInstance;
use hannun::models::servers::NewServer;
use hannun::secret::SecretText;

use crate::harness::PATIENCE;
use crate::harness::database::TestDatabase;

async fn server(db: &Db, name: &str) -> ServerId {
    let name = name.to_owned();
    db.run(move |connection| NewServer::new(&name, "10.0.0.5").insert(connection)).await.unwrap().id
}

/// The same with a credential, so that it is sampled; once a second.
fn sampled_server(database: &TestDatabase) -> ServerId {
    sampled_servers(database, 1)[0]
}

/// `web-1`, `web-2`, … with a credential, so that they are sampled; once a second.
fn sampled_servers(database: &TestDatabase, count: usize) -> Vec<ServerId> {
    let (folder, connection) = (tempfile::tempdir().unwrap(), &mut database.connection());
    let sealer = DataKey::open_sealer(connection, &folder.path().join("secret.key")).unwrap();
    let new = NewCredential {
        name: "test",
        user_name: "root",
        kind: CredentialKind::Password,
        privilege: Privileges::None,
        note: "",
        key: None,
        secrets: &Secrets { password: Some(SecretText::new("unused".to_owned())), ..Secrets::default() },
    };
    let credential_id = Some(new.insert(connection, &sealer, database.now()).unwrap().id);
    let mut add = |number: usize| {
        let name = format!("web-{number}");
        let server = NewServer { credential_id, sampling_seconds: 1, ..NewServer::new(&name, "10.0.0.5") };
        server.insert(connection).unwrap().id
    };
    (1..=count).map(&mut add).collect()
}

/// A pace for tests that wait for what comes of it.
const HURRY: Pace = Pace {
    watched: Duration::from_millis(20),
    deadline: Duration::from_millis(200),
    filesystems: Duration::from_millis(50),
    listing: Duration::from_millis(600),
    listing_busy: Duration::from_millis(600),
    retry: Duration::from_millis(40),
    supervision: Duration::from_millis(20),
};

/// How long a process of these tests counts as living after its last sign of life.
const LEASE: Duration = Duration::from_secs(2);

/// A process that answers people and samples.
fn presence(db: &Db, id: i64) -> Presence {
    Presence::new(db.clone(), instance(id), LEASE)
}

pub(crate) fn instance(id: i64) -> NewInstance {
    NewInstance {
        id: InstanceId(id),
        host: "test".to_owned(),
        process_id: 1,
        version: "0".to_owned(),
        serves: true,
        samples: true,
    }
}

fn flat(value: f32) -> Summary {
    Summary { min: value, mean: value, max: value }
}

fn window(server: ServerId, at: DateTime<Utc>, values: &[(Metric, &str, Summary)]) -> Window {
    let named = |(metric, device, summary): &(Metric, &str, Summary)| {
        (SeriesName { metric: *metric, device: (*device).into() }, *summary)
    };
    Window { server, at, values: values.iter().map(named).collect() }
}

/// Writes windows as the sampler's store does.
async fn store(db: &Db, ids: &mut SeriesIds, windows: impl IntoIterator<Item = Window>) {
    let store = Store::default();
    for window in windows {
        store.put(window);
        if store.len() >= 60 {
            store.write(db, ids).await.unwrap();
        }
    }
    store.write(db, ids).await.unwrap();
    assert!(store.is_empty());
}

/// The lines of one metric in `from..to`, for a chart of `points` points.
pub(crate) async fn lines(
    db: &Db,
    server: ServerId,
    metric: Metric,
    span: (DateTime<Utc>, DateTime<Utc>),
    points: u32,
) -> Vec<Line> {
    let question = Question { server, metrics: vec![metric], from: span.0, to: span.1, points };
    question.answer(db, span.1, &Retention::default()).await.unwrap()
}

fn seconds(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}

/// Polls until `is_so`, as long as a test is patient.
async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let end = tokio::time::Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < end, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
