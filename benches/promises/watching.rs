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

/// One minute. The console is handed to `meanwhile` afterwards, while it still samples.
pub(crate) async fn minute(stage: &Stage, meanwhile: impl AsyncFnOnce()) -> Minute {
    stage.switch(1).await;
    let mut console = Contestant::start("console-watches", &stage.settings).await;
    let mut bare = Contestant::start("bare-watches", &stage.settings).await;
    sleep(SETTLE).await;
    let took = [console.meter.processor_time(), bare.meter.processor_time()];
    sleep(Duration::from_secs(ONE_SECONDS)).await;
    let whole = u32::try_from(SECONDS / ONE_SECONDS).unwrap();
    let of_one =
        [console.meter.processor_time() - took[0], bare.meter.processor_time() - took[1]].map(|took| took * whole);
    let with_one = [console.meter.resident(), bare.meter.resident()];

    bare.ask("go", "sampling").await;
    stage.switch(SERVERS).await;
    console.ask("go", "sampling").await;
    sleep(SETTLE).await;

    let servers = stage.fleet.processes();
    let begin = Utc::now();
    let took = [console.meter.processor_time(), bare.meter.processor_time()];
    let (there, database) = (Moment::of_children(&servers), database_now());
    let wire = stage.first_server_wire.carried();
    sleep(Duration::from_secs(SECONDS)).await;
    let wire = stage.first_server_wire.carried().on_the_wire_since(wire);
    let took = [console.meter.processor_time() - took[0], bare.meter.processor_time() - took[1]];
    let there = Moment::of_children(&servers).since(&there);
    let database = database_now().since(&database);
    let end = Utc::now();
    let resident = [console.meter.resident() - with_one[0], bare.meter.resident() - with_one[1]];

    // Until the last tick's answer is there; then whole seconds only.
    sleep(Duration::from_secs(1)).await;
    let question = format!("count {} {SECONDS}", begin.timestamp() + 1);
    let counts = [console.ask(&question, "counted").await, bare.ask(&question, "counted").await];
    let [of_console, of_bare]: [Count; 2] = counts.map(|count| serde_json::from_str(&count).unwrap());
    let batches = batches(stage, begin, end).await;
    meanwhile().await;
    bare.end().await;
    console.end().await;
    stage.switch(0).await;

    let samples = u32::try_from(of_console.samples + of_bare.samples).unwrap();
    Minute {
        console: Watched { count: of_console, processor: took[0], of_one: of_one[0], resident: resident[0] },
        bare: Watched { count: of_bare, processor: took[1], of_one: of_one[1], resident: resident[1] },
        wire: wire / SECONDS,
        batches,
        server_side: there / samples.max(1),
        database,
    }
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
