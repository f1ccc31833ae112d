//! PostgreSQL is restarted again and again (R04).

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use hannun::db::private_server::{Durability, PrivateServer};
use hannun::metrics::catalogue::Metric;
use hannun::metrics::sampler::Pace;
use hannun::metrics::store::Store;
use hannun::metrics::windows::{Summary, Window};
use hannun::models::actor::Role;
use hannun::models::audit::{self, AuditEvent, AuditFilter, Verification};
use hannun::models::groups::Group;
use hannun::models::ids::ServerId;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Sampling, register};
use crate::api::program::{Program, program};
use crate::harness::alone::at_length;
use crate::harness::app::TestApp;
use crate::harness::client::{Client, Reply};
use crate::harness::database::TestDatabase;
use crate::harness::outage::{Away, Frozen, restart};
use crate::harness::sshd::Setup;
use crate::metrics::lines;

const TEST: &str = "rel_r04_while_postgresql_restarts_pages_answer_or_ask_to_wait_samples_go_on_and_nothing_is_doubled";
/// What R04 allows an answer to take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Somebody who looks, and a program that makes groups, while the database comes and goes.
struct Visitors {
    viewer: Client,
    program: Program,
    /// Requests that were answered with 503.
    put_off: usize,
}

impl Visitors {
    /// The answer, in time; none where it says to come again.
    async fn ask(&mut self, what: &str, answer: impl Future<Output = Reply>) -> Option<Reply> {
        let reply = tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| panic!("{what} hangs"));
        if reply.status != 503 {
            return Some(reply);
        }
        assert!(reply.header("Retry-After").is_some(), "{what}: {}", reply.body);
        assert!(reply.body.contains("Try again in a few seconds"), "{what}: {}", reply.body);
        self.put_off += 1;
        None
    }

    /// Looks at every door once; whether all were open.
    async fn look(&mut self) -> bool {
        let (viewer, mut open) = (self.viewer.clone(), true);
        for path in ["/", "/servers/web-1", "/servers/web-1/cpu", "/account"] {
            let reply = self.ask(path, viewer.get(path)).await;
            open &= reply.is_some();
            assert!(reply.is_none_or(|reply| reply.status == 200), "{path}");
        }
        let list = Program::with_token(&self.program, self.program.token());
        let reply = self.ask("the API", async { list.get("/api/v1/servers").await.reply }).await;
        assert!(reply.as_ref().is_none_or(|reply| reply.status == 200), "{reply:?}");
        open && reply.is_some()
    }

    /// Makes a group, however often it takes. What a refused try did is seen by the next one.
    async fn make(&mut self, name: &str) {
        loop {
            let body = json!({"name": name});
            let program = Program::with_token(&self.program, self.program.token());
            let made = self.ask("making a group", async { program.post("/api/v1/groups", body).await.reply }).await;
            match made.map(|reply| reply.status.as_u16()) {
                // 409: the try before was committed, and its answer was lost.
                Some(201 | 409) => return,
                None => tokio::time::sleep(Duration::from_millis(50)).await,
                other => panic!("{other:?}"),
            }
        }
    }
}

fn window(server: ServerId, number: i64) -> Window {
    use hannun::metrics::SeriesName;
    let at = chrono::DateTime::from_timestamp_secs(1_790_000_000 + 10 * number).unwrap();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let value = number as f32;
    let name = SeriesName { metric: Metric::Load5, device: "".into() };
    Window { server, at, values: vec![(name, Summary { min: value, mean: value, max: value })] }
}

#[actix_web::test]
async fn rel_r04_while_postgresql_restarts_pages_answer_or_ask_to_wait_samples_go_on_and_nothing_is_doubled() {
    let Some(sshd) = Setup::default().start(TEST) else { return };
    let permissions = std::fs::Permissions::from_mode(0o711);
    let folder = tempfile::Builder::new().prefix("hannun-r04-").permissions(permissions).tempdir().unwrap();
    let server = PrivateServer::start(folder.path(), Durability::Kept).unwrap();
    let app = TestApp::over(TestDatabase::of(server), |_| {}, Vec::new(), None).await;
    let web = register(&app, "web-1", &sshd.endpoint(), 1).await;
    let sampling = Sampling::start(&app, Pace::default());
    sampling.until_sampled(&[web]).await;
    let viewer = app.viewer().await;
    let mut visitors = Visitors { viewer, program: program(&app, Role::Administrator).await, put_off: 0 };

    // Windows of another time than the sampler's own, so each can be told from the others.
    let (store, stop, db) = (Store::default(), CancellationToken::new(), app.app.db.patient());
    let (writing, stopping) = (store.clone(), stop.clone());
    let writing = tokio::task::spawn_local(async move { writing.run(&db, &stopping).await });

    let (rounds, mut windows, mut groups) = (if at_length() { 30 } else { 4 }, 0, Vec::new());
    for round in 0..rounds {
        // Restarted at once, away for some seconds, and stopped in the middle of what it does.
        let (mut away, mut frozen) = (None, None);
        match round % 4 {
            1 => away = Some(Away::take(&app.database, folder.path())),
            2 => frozen = Some(Frozen::take(&app.database)),
            _ => restart(&app.database),
        }
        let (mut open, mut looks) = (0, 0);
        for _ in 0..if frozen.is_some() { 1 } else { 3 } {
            let open = visitors.look().await;
            assert!(!open || round % 4 == 0 || round % 4 == 3, "a page is there without a database");
        }
        drop((away, frozen));
        while open < 3 {
            // Ten minutes of windows are kept while nobody writes.
            if store.len() < 50 {
                store.put(window(web, windows));
                windows += 1;
            }
            let name = format!("group-{round}-{looks}");
            visitors.make(&name).await;
            groups.push(name);
            open = if visitors.look().await { open + 1 } else { 0 };
            looks += 1;
            // The connection to the server knows nothing of the database: its samples come each second.
            assert!(sampling.age(web).unwrap() < Duration::from_secs(5), "{:?}", sampling.age(web));
            assert!(looks < 200, "it does not come back");
        }
        if at_length() {
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
    }
    assert!(visitors.put_off > 0, "the database was never away");

    // Everything that was promised is there, once.
    let (kept, events) = app
        .app
        .db
        .run(|connection| {
            let filter = AuditFilter { action: Some("create_group".to_owned()), ..AuditFilter::default() };
            Ok::<_, hannun::error::Error>((Group::all(connection)?, AuditEvent::latest(connection, &filter, 10_000)?))
        })
        .await
        .unwrap();
    let mut kept: Vec<String> = kept.into_iter().map(|group| group.name).collect();
    let mut events: Vec<String> = events.into_iter().map(|event| event.target).collect();
    groups.sort_unstable();
    kept.sort_unstable();
    events.sort_unstable();
    assert_eq!(kept, groups);
    assert_eq!(events, groups, "one event for each");
    let chain = app.app.db.run(|connection| audit::verify(connection, &[])).await.unwrap();
    assert!(matches!(chain, Verification::Intact(_)), "{chain:?}");

    sampling.stop().await;
    stop.cancel();
    writing.await.unwrap();
    assert!(store.is_empty(), "{} windows were not written", store.len());
    let (from, to) = (window(web, 0).at, window(web, windows).at);
    let line = lines(&app.app.db, web, Metric::Load5, (from, to), 2_000).await.remove(0);
    let values: Vec<String> = line.points.iter().map(|point| point.mean.to_string()).collect();
    let expected: Vec<String> = (0..windows).map(|window| window.to_string()).collect();
    let rows = app.app.db.run(move |connection| {
        Ok::<_, hannun::error::Error>((
            hannun::models::metric_points::InboxRow::between(connection, web, from, to)?,
            hannun::models::series::Series::wanted(connection, web, &["load5"], from)?,
        ))
    });
    assert_eq!(values, expected, "each window is one point: {:?}", rows.await.unwrap());
}
