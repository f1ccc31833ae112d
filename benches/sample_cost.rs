//! What one sample of one server costs the console: parsing, rates, ring and storage, without SSH and without PostgreSQL's
//! own share. Run with `cargo bench --bench sample_cost`; promised are 0.12 ms, of which a bare SSH client takes 0.055.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints, and a panic ends it with a place")]

use std::fs;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use hannun::commands::metrics::parse_frame;
use hannun::db::private_server::{Durability, PrivateServer};
use hannun::db::{Db, migrate, roles};
use hannun::metrics::live::Live;
use hannun::metrics::rates::Reading;
use hannun::metrics::sampler::Recorder;
use hannun::metrics::store::{SeriesIds, Store};
use hannun::models::ids::ServerId;
use hannun::models::servers::NewServer;

const SERVERS: i64 = 200;
const SECONDS: u64 = 660;

/// What a server with 2 cores, a disk and 2 interfaces prints in its `second`.
fn frame(second: u64) -> Vec<u8> {
    let (busy, idle, bytes) = (40 * second, 160 * second, 100_000 * second);
    format!(
        "u {}.25\nl 0.52 0.48 0.40\nc {busy} 0 {busy} {idle} 3 0 7 0\nc {busy} 0 1 {idle} 3 0 7 0\nc 1 0 {busy} {idle} 0 0 0 0\n\
         m 4028440 182736 2941820 120880 2513440 2097148 2010000 88000 301000\n\
         d vda {busy} {bytes} 812 {busy} {bytes} 9120 {busy}\n\
         n eth0 {bytes} 0 0 {bytes} 0 0\nn eth1 {bytes} 0 0 {bytes} 0 0\nFRAME_END\n",
        1_000 + second
    )
    .into_bytes()
}

/// Nanoseconds of processor time that all threads of this process took so far.
fn processor_time() -> u64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let of = |path: std::path::PathBuf| fs::read_to_string(path.join("schedstat")).unwrap_or_default();
    let first = |text: String| text.split(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default();
    threads.map(|thread| first(of(thread.unwrap().path()))).sum()
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn report(what: &str, nanoseconds: u64, samples: u64) {
    println!("{what:<36}{:>9.2} µs a sample", nanoseconds as f64 / samples as f64 / 1e3);
}

#[tokio::main]
async fn main() {
    let frames: Vec<Vec<u8>> = (0..SECONDS).map(frame).collect();
    println!("{:<36}{:>9} bytes a frame", "on the wire, before compression", frames.last().unwrap().len());

    let folder = tempfile::tempdir().unwrap();
    let private = PrivateServer::start(folder.path(), Durability::None).unwrap();
    migrate::migrate(&private.owner_url(), Some(roles::APPLICATION_ROLE)).unwrap();
    let db = Db::connect(&private.application_url(), 2).unwrap();
    let mut servers = Vec::new();
    for number in 0..SERVERS {
        let name = format!("server-{number}");
        servers.push(db.run(move |connection| NewServer::new(&name, "10.0.0.5").insert(connection)).await.unwrap().id);
    }
    let (live, store, mut ids) = (Live::default(), Store::default(), SeriesIds::default());
    let mut recorders: Vec<Recorder> =
        servers.iter().map(|id| Recorder::new(*id, live.server(*id), store.clone())).collect();

    let start = DateTime::from_timestamp_secs(1_790_000_000).unwrap();
    let samples = SECONDS * SERVERS.unsigned_abs();
    let (mut parsing, mut recording, mut storing, mut batches) = (0, 0, 0, 0);
    for (second, bytes) in (0_u64..).zip(&frames) {
        let begun = processor_time();
        let read: Vec<_> = recorders.iter().map(|_| parse_frame("linux-frame", bytes).unwrap()).collect();
        let parsed = processor_time();
        let at = start + TimeDelta::seconds(i64::try_from(second).unwrap());
        for (recorder, sample) in recorders.iter_mut().zip(read) {
            let reading = Reading { sample, at: Duration::from_secs(second), round_trip: Duration::from_millis(2) };
            recorder.take(at, reading, Duration::from_secs(30));
        }
        let recorded = processor_time();
        while store.write(&db, &mut ids).await.unwrap() > 0 {
            batches += 1;
        }
        parsing += parsed - begun;
        recording += recorded - parsed;
        storing += processor_time() - recorded;
    }
    report("parse", parsing, samples);
    report("rates, ring, windows", recording, samples);
    report("store", storing, samples);
    report("all", parsing + recording + storing, samples);
    println!("{:<36}{batches:>9} in {SECONDS} s of {SERVERS} servers", "batches of rows");
    let bytes: usize = servers.iter().map(|id: &ServerId| live.server(*id).ring_bytes()).sum();
    println!("{:<36}{:>9} KiB a server", "ring of ten minutes", bytes / servers.len() / 1_024);
    drop(db);
    private.stop();
}
