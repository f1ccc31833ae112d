//! All servers, once a second, for a minute: the console and the bare loop at the same time.

use std::time::Duration;

use chrono::Utc;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use tokio::time::sleep;

use crate::contestant::{Contestant, Count};
use crate::fleet::SERVERS;
use crate::meter::Moment;
use crate::stage::Stage;

const SECONDS: u64 = 60;
/// How long a console with one server is looked at.
const ONE_SECONDS: u64 = 10;
/// What has just started is not what runs.
const SETTLE: Duration = Duration::from_secs(10);

/// What one of the two needed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    pub(crate) count: Count,
    /// Processor time of the minute.
    pub(crate) processor: Duration,
    /// The same with one server only: what is there once, whatever the number of servers.
    pub(crate) of_one: Duration,
    /// Resident memory that the second to the last server added, bytes.
    pub(crate) resident: u64,
}

/// What one minute was like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Minute {
    pub(crate) console: Watched,
    pub(crate) bare: Watched,
    /// On the wire between console and one server, for one sample, bytes.
    pub(crate) wire: u64,
    /// Batches of rows in the whole minute.
    pub(crate) batches: i64,
    /// On the servers, for one sample: `sshd` and loop.
    pub(crate) server_side: Duration,
    /// PostgreSQL's processor time of the minute.
    pub(crate) database: Duration,
}

impl Minute {
    pub(crate) const SECONDS: u64 = SECONDS;
}

/// The console and the bare loop, both with all servers.
pub(crate) struct Watching {
    console: Contestant,
    bare: Contestant,
    /// What each took in a minute with one server.
    of_one: [Duration; 2],
    with_one: [u64; 2],
}

impl Watching {
    /// Starts both with one server, then lets them have all.
    pub(crate) async fn start(stage: &Stage) -> Self {
        stage.switch(1).await;
        let console = Contestant::start("console-watches", &stage.settings).await;
        let bare = Contestant::start("bare-watches", &stage.settings).await;
        let mut both = Self { console, bare, of_one: [Duration::ZERO; 2], with_one: [0; 2] };
        sleep(SETTLE).await;
        let before = both.processor_time();
        sleep(Duration::from_secs(ONE_SECONDS)).await;
        let whole = u32::try_from(SECONDS / ONE_SECONDS).unwrap();
        both.of_one = since(both.processor_time(), before).map(|took| took * whole);
        both.with_one = both.resident();
        both.bare.ask("go", "sampling").await;
        stage.switch(SERVERS).await;
        both.console.ask("go", "sampling").await;
        sleep(SETTLE).await;
        both
    }

    /// What the next minute is like.
    pub(crate) async fn minute(&mut self, stage: &Stage) -> Minute {
        let servers = stage.fleet.processes();
        let begin = Utc::now();
        let (took, there, database) = (self.processor_time(), Moment::of_children(&servers), database_now());
        let wire = stage.first_server_wire.carried();
        sleep(Duration::from_secs(SECONDS)).await;
        let wire = stage.first_server_wire.carried().on_the_wire_since(wire);
        let took = since(self.processor_time(), took);
        let there = Moment::of_children(&servers).since(&there);
        let database = database_now().since(&database);
        let (end, resident) = (Utc::now(), self.resident());
        // Until the last tick's answer is there; then whole seconds only.
        sleep(Duration::from_secs(1)).await;
        let question = format!("count {} {SECONDS}", begin.timestamp() + 1);
        let counts = [self.console.ask(&question, "counted").await, self.bare.ask(&question, "counted").await];
        let counts: [Count; 2] = counts.map(|count| serde_json::from_str(&count).unwrap());
        let samples = u32::try_from(counts[0].samples + counts[1].samples).unwrap();
        let [console, bare] = [0, 1].map(|one| Watched {
            count: counts[one],
            processor: took[one],
            of_one: self.of_one[one],
            resident: resident[one].saturating_sub(self.with_one[one]),
        });
        Minute {
            console,
            bare,
            wire: wire / SECONDS,
            batches: batches(stage, begin, end).await,
            server_side: there / samples.max(1),
            database,
        }
    }

    /// Ends both.
    pub(crate) async fn end(self, stage: &Stage) {
        self.bare.end().await;
        self.console.end().await;
        stage.switch(0).await;
    }

    fn processor_time(&self) -> [Duration; 2] {
        [self.console.meter.processor_time(), self.bare.meter.processor_time()]
    }

    fn resident(&self) -> [u64; 2] {
        [self.console.meter.resident(), self.bare.meter.resident()]
    }
}

fn since(now: [Duration; 2], before: [Duration; 2]) -> [Duration; 2] {
    [0, 1].map(|one| now[one].saturating_sub(before[one]))
}

fn database_now() -> Moment {
    Moment::of_children(&[std::process::id()]).of_program("postgres")
}

/// How many transactions wrote rows of points between two moments: each has a number of its own.
async fn batches(stage: &Stage, begin: chrono::DateTime<Utc>, end: chrono::DateTime<Utc>) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        batches: i64,
    }
    let count = "select count(distinct xmin::text) as batches from metric_inbox where at >= $1 and at < $2";
    let asked = stage.app.db.run(move |connection| {
        diesel::sql_query(count).bind::<Timestamptz, _>(begin).bind::<Timestamptz, _>(end).get_result::<Row>(connection)
    });
    asked.await.unwrap().batches
}
