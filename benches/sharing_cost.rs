//! What it costs to share 1,000 servers among processes: leases, and live values for a process that does not sample. With
//! servers that answer at once, so that nothing is counted but our own work and PostgreSQL's. Run with
//! `cargo bench --bench sharing_cost`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints, and a panic ends it with a place")]

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;
use hannun::clock::Clock;
use hannun::commands::ProcessList;
use hannun::commands::filesystems::Filesystem;
use hannun::commands::metrics::{Sample, parse_frame};
use hannun::db::private_server::{Durability, PrivateServer};
use hannun::db::{Db, migrate, roles};
use hannun::error::{RemoteError, Result};
use hannun::metrics::live::Live;
use hannun::metrics::mirror::Mirror;
use hannun::metrics::presence::Presence;
use hannun::metrics::sampler::{Pace, Reach, SampleLoop, Sampler};
use hannun::metrics::store::Store;
use hannun::metrics::telling::Telling;
use hannun::models::actor::Scope;
use hannun::models::credentials::{CredentialKind, NewCredential, Privileges, Secrets};
use hannun::models::data_keys::DataKey;
use hannun::models::ids::{InstanceId, ServerId};
use hannun::models::instances::{Instance, NewInstance};
use hannun::models::sampling_leases::ToSample;
use hannun::models::servers::{NewServer, Server};
use hannun::secret::SecretText;
use tokio_util::sync::CancellationToken;

const SERVERS: usize = 1_000;
const MEASURED: Duration = Duration::from_secs(40);
const LEASE: Duration = Duration::from_mins(1);

/// A server with 2 cores, a disk and 2 interfaces that answers at once.
#[derive(Clone)]
struct Ready(Arc<Instant>);

impl Reach for Ready {
    type Loop = Self;

    async fn identity(&self, _: ServerId) -> Result<String> {
        Ok(String::new())
    }

    async fn detect(&self, _: ServerId) -> Result<()> {
        Ok(())
    }

    async fn open(&self, _: &Server) -> Result<Self> {
        Ok(self.clone())
    }

    async fn once(&self, _: &Server) -> Result<Sample> {
        Ok(self.sample())
    }

    async fn filesystems(&self, _: &Server) -> Result<Vec<Filesystem>> {
        let mount = |mount: &str| Filesystem {
            device: "/dev/vda1".to_owned(),
            kind: "ext4".to_owned(),
            mount: mount.to_owned(),
            size_bytes: Some(1 << 36),
            used_bytes: Some(1 << 34),
            available_bytes: Some(1 << 35),
            ..Filesystem::default()
        };
        Ok(vec![mount("/"), mount("/var")])
    }

    async fn processes(&self, _: &Server) -> Result<ProcessList> {
        Ok(ProcessList::default())
    }

    fn let_go(&self, _: ServerId) {}

    fn leave(&self, _: ServerId) {}

    fn forgive(&self, _: ServerId) {}
}

impl SampleLoop for Ready {
    async fn tick(&mut self, _: Duration) -> std::result::Result<Sample, RemoteError> {
        Ok(self.sample())
    }

    async fn ended(&mut self) -> RemoteError {
        std::future::pending().await
    }
}

impl Ready {
    fn sample(&self) -> Sample {
        let tenths = self.0.elapsed().as_millis() / 100;
        let (busy, idle, bytes) = (4 * tenths, 16 * tenths, 10_000 * tenths);
        let frame = format!(
            "u {}.{}\nl 0.52 0.48 0.40\nc {busy} 0 {busy} {idle} 3 0 7 0\nc {busy} 0 1 {idle} 3 0 7 0\nc 1 0 {busy} {idle} 0 0 0 0\n\
             m 4028440 182736 2941820 120880 2513440 2097148 2010000 88000 301000\n\
             d vda {busy} {bytes} 812 {busy} {bytes} 9120 {busy}\n\
             n eth0 {bytes} 0 0 {bytes} 0 0\nn eth1 {bytes} 0 0 {bytes} 0 0\nFRAME_END\n",
            1_000 + tenths / 10,
            tenths % 10
        );
        parse_frame("linux-frame", frame.as_bytes()).unwrap()
    }
}

/// One process: its live values, and its tasks on a runtime of its own.
struct Process {
    live: Live,
    runtime: tokio::runtime::Runtime,
}

impl Process {
    fn start(db: &Db, id: i64, does_sample: bool) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (host, version) = ("bench".to_owned(), "0".to_owned());
        let me = NewInstance { id: InstanceId(id), host, process_id: 1, version, serves: true, samples: does_sample };
        let (live, presence) = (Live::default(), Presence::new(db.clone(), me, LEASE));
        let never = CancellationToken::new();
        let (one, two, three, four) = (never.clone(), never.clone(), never.clone(), never);
        let mirror = Mirror::new(presence.clone(), live.clone());
        runtime.spawn(async move { mirror.run(&one).await });
        if does_sample {
            let (store, reach) = (Store::default(), Ready(Arc::new(Instant::now())));
            let telling = Telling::new(presence.clone(), live.clone());
            let sampler = Sampler::new(reach, presence, Clock::system(), live.clone(), store.clone(), Pace::default());
            let db = db.clone();
            runtime.spawn(async move { telling.run(&two).await });
            runtime.spawn(async move { sampler.run(&three).await });
            runtime.spawn(async move { store.run(&db, &four).await });
        } else {
            runtime.spawn(async move { presence.run(&two).await });
        }
        Self { live, runtime }
    }

    fn kill(self) {
        self.runtime.shutdown_background();
    }
}

/// Figures that only grow.
#[derive(Clone, Copy)]
struct Figures {
    ours: u64,
    postgres: u64,
    transactions: i64,
    written: i64,
    told: i64,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    transactions: i64,
    #[diesel(sql_type = BigInt)]
    written: i64,
    #[diesel(sql_type = BigInt)]
    told: i64,
}

impl Figures {
    fn now(url: &SecretText, postmaster: u32) -> Self {
        let row: Row = diesel::sql_query(
            "select xact_commit as transactions, tup_inserted + tup_updated + tup_deleted as written,
                 (select coalesce(n_tup_ins + n_tup_upd, 0) from pg_stat_user_tables where relname = 'live_samples') as told
             from pg_stat_database where datname = current_database()",
        )
        .get_result(&mut hannun::db::establish(url).unwrap())
        .unwrap();
        Self {
            ours: ticks_of("/proc/self/stat", false),
            postgres: postgres_ticks(postmaster),
            transactions: row.transactions,
            written: row.written,
            told: row.told,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn report(self, before: Self, what: &str) {
        let seconds = MEASURED.as_secs_f64();
        // proc(5): ticks of 10 ms, so ticks a second are percent of a core.
        println!(
            "{what:<44}{:>7.2} %{:>7.2} %{:>10.1}{:>10.1}{:>10.1}",
            (self.ours - before.ours) as f64 / seconds,
            (self.postgres - before.postgres) as f64 / seconds,
            (self.transactions - before.transactions) as f64 / seconds,
            (self.written - before.written) as f64 / seconds,
            (self.told - before.told) as f64 / seconds,
        );
    }
}

/// Processor time of a process, with that of its ended children where wanted.
fn ticks_of(path: &str, with_children: bool) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let columns: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let wanted = if with_children { 11..15 } else { 11..13 };
    columns.get(wanted).map_or(0, |columns| columns.iter().filter_map(|ticks| ticks.parse::<u64>().ok()).sum())
}

fn postgres_ticks(postmaster: u32) -> u64 {
    let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap_or_default();
    let of_children = children.split_whitespace().map(|child| ticks_of(&format!("/proc/{child}/stat"), false));
    ticks_of(&format!("/proc/{postmaster}/stat"), true) + of_children.sum::<u64>()
}

fn add_servers(url: &SecretText, key: &std::path::Path) -> Vec<ServerId> {
    let connection = &mut hannun::db::establish(url).unwrap();
    let sealer = DataKey::open_sealer(connection, key).unwrap();
    let new = NewCredential {
        name: "bench",
        user_name: "root",
        kind: CredentialKind::Password,
        privilege: Privileges::None,
        note: "",
        key: None,
        secrets: &Secrets { password: Some(SecretText::new("unused".to_owned())), ..Secrets::default() },
    };
    let credential_id = Some(new.insert(connection, &sealer, Clock::system().now()).unwrap().id);
    let mut add = |number| {
        let name = format!("server-{number}");
        NewServer { credential_id, ..NewServer::new(&name, "10.0.0.5") }.insert(connection).unwrap().id
    };
    (0..SERVERS).map(&mut add).collect()
}

/// What a question costs that every sampler asks each two seconds.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn ask_often(what: &str, url: &SecretText, postmaster: u32, ask: impl Fn(&mut diesel::PgConnection)) {
    const TIMES: u32 = 200;
    let connection = &mut hannun::db::establish(url).unwrap();
    let figures = || (ticks_of("/proc/self/stat", false), postgres_ticks(postmaster));
    let before = figures();
    (0..TIMES).for_each(|_| ask(connection));
    let after = figures();
    let milliseconds = |ticks: u64| ticks as f64 * 10.0 / f64::from(TIMES);
    let (ours, postgres) = (milliseconds(after.0 - before.0), milliseconds(after.1 - before.1));
    println!("{what:<44}{ours:>7.2} ms{postgres:>6.2} ms a time");
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let private = PrivateServer::start(folder.path(), Durability::Kept).unwrap();
    let (url, postmaster) = (private.owner_url(), private.process_id().unwrap());
    migrate::migrate(&url, Some(roles::APPLICATION_ROLE)).unwrap();
    let servers = add_servers(&url, &folder.path().join("secret.key"));
    let db = Db::connect(&private.application_url(), 8).unwrap();
    println!(
        "{SERVERS} servers every ten seconds, over {MEASURED:?}; processor time of all processes of hannun together"
    );
    println!("{:<44}{:>9}{:>9}{:>10}{:>10}{:>10}", "", "hannun", "postgres", "trans./s", "rows/s", "told/s");
    let settle = |live: &Live, wait: Duration| {
        while servers.iter().any(|id| live.latest(*id).is_none()) {
            std::thread::sleep(Duration::from_millis(100));
        }
        std::thread::sleep(wait);
    };
    let measure = |what: &str, each_second: &dyn Fn()| {
        let before = Figures::now(&url, postmaster);
        let begun = Instant::now();
        while begun.elapsed() < MEASURED {
            each_second();
            std::thread::sleep(Duration::from_secs(1));
        }
        Figures::now(&url, postmaster).report(before, what);
    };

    ask_often("all servers", &url, postmaster, |connection| {
        assert_eq!(Server::all(connection, &Scope::All).unwrap().len(), SERVERS);
    });
    let one = Process::start(&db, 1, true);
    settle(&one.live, Duration::from_secs(15));
    ask_often("all servers with leases, and who lives", &url, postmaster, |connection| {
        assert_eq!(Instance::living(connection).unwrap().len(), 1);
        assert_eq!(ToSample::all(connection).unwrap().len(), SERVERS);
    });
    measure("one process alone", &|| {});
    let web = Process::start(&db, 2, false);
    std::thread::sleep(Duration::from_secs(20));
    measure("and one that only answers; nobody looks", &|| {});
    let looks = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    looks.block_on(web.live.refresh());
    settle(&web.live, Duration::from_secs(5));
    measure("somebody looks at the fleet there", &|| looks.block_on(web.live.refresh()));
    let followers: Vec<_> = servers.iter().take(20).map(|id| web.live.server(*id).subscribe()).collect();
    std::thread::sleep(Duration::from_secs(5));
    measure("and at 20 servers each second", &|| looks.block_on(web.live.refresh()));
    drop(followers);
    web.kill();
    let two = Process::start(&db, 3, true);
    std::thread::sleep(Duration::from_secs(50));
    measure("two processes share them; nobody looks", &|| {});
    one.kill();
    two.kill();
    private.stop();
}
