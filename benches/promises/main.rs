//! What we promise about speed, measured: each figure beside its limit, and beside something that was run with it, because
//! figures of one machine mean little on another and ratios do. Run by `script/bench`; `docs/benchmarks.md` explains it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unused_self,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bench prints figures for people, and a panic ends it with a place"
)]

mod bare;
mod connecting;
mod console;
mod contestant;
mod crontabs;
mod crowd;
mod fleet;
mod frames;
mod http;
mod journal;
mod logins;
mod loops;
mod many;
mod meter;
mod packages;
mod pages;
mod relay;
mod report;
mod scenarios;
mod stage;
mod table;
mod terminals;
mod transfers;
mod visit;
mod watching;

use std::path::PathBuf;

use tokio::runtime::{Builder, Runtime};

use fleet::Fleet;
use report::Report;
use stage::{Stage, have};
use watching::Watching;

const ROUNDS: usize = 3;
const PARTS: [&str; 14] = [
    "loops",
    "connecting",
    "many",
    "transfers",
    "terminals",
    "journal",
    "logins",
    "watching",
    "pages",
    "crowd",
    "packages",
    "crontabs",
    "scenarios",
    "visit",
];

fn main() {
    // cargo adds an argument of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.first().map(String::as_str) {
        Some("console-connects") => actix_web::rt::System::new().block_on(console::connect()),
        Some("console-watches") => actix_web::rt::System::new().block_on(console::watch()),
        Some("console-runs") => actix_web::rt::System::new().block_on(console::run()),
        Some("bare-runs") => runtime().block_on(bare::run()),
        Some("bare-connects") => runtime().block_on(bare::connect()),
        Some("bare-watches") => runtime().block_on(bare::watch()),
        _ => run(&words),
    }
}

/// As many threads as the console gives to its connections.
fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn run(words: &[String]) {
    let (mut rounds, mut parts) = (ROUNDS, Vec::new());
    for word in words {
        match word.parse() {
            Ok(number) => rounds = number,
            Err(_) if PARTS.contains(&word.as_str()) => parts.push(word.as_str()),
            Err(_) => {
                println!("Usage: script/bench [rounds] [{}]...", PARTS.join("|"));
                std::process::exit(2);
            }
        }
    }
    if parts.is_empty() {
        parts.extend(PARTS);
    }
    // Its daemons end with the thread that started them: this one.
    let fleet = Fleet::start();
    let report = runtime().block_on(measure(fleet, rounds, &parts));
    report.print();
}

async fn measure(fleet: Fleet, rounds: usize, parts: &[&str]) -> Report {
    let stage = Stage::set(fleet).await;
    let mut report = Report::of(&stage.loop_name);
    let python = std::env::var_os("HANNUN_BENCH_PYTHON").map(PathBuf::from);
    if python.is_none() {
        report.note("asyncssh is not here, so the row of connecting beside it is left out");
    }
    let browser = have(&["chromium", "chromedriver"]);
    if !browser {
        report.note("Chromium and its driver are not here, so the row of the first visit is left out");
    }
    let wanted = |part: &str| parts.contains(&part);
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        if wanted("loops") {
            report.loops.push(loops::round(&stage).await);
        }
        if wanted("connecting") {
            report.connecting.push(connecting::round(&stage, python.as_ref()).await);
        }
        if wanted("many") {
            report.many.push(many::round(&stage, python.as_ref()).await);
        }
        if wanted("transfers") {
            report.moved.push(transfers::round(&stage).await);
        }
        if wanted("terminals") {
            report.typed.push(terminals::round(&stage).await);
        }
        if wanted("journal") {
            report.followed.push(journal::round(&stage).await);
        }
        if wanted("logins") {
            match logins::round(&stage).await {
                Some(known) => report.logins.push(known),
                None => report.note("nothing can be mounted here, so the rows of logins are left out"),
            }
        }
        if wanted("scenarios") {
            report.fired.push(scenarios::round(&stage).await);
        }
        if ["watching", "pages", "crowd", "packages", "crontabs", "visit"].into_iter().any(wanted) {
            let mut both = Watching::start(&stage).await;
            if wanted("watching") {
                report.minutes.push(both.minute(&stage).await);
            }
            if wanted("pages") {
                report.pages.push(pages::round(&stage).await);
            }
            if wanted("crowd") {
                report.crowds.push(crowd::round(&stage).await);
            }
            if wanted("packages") {
                report.packed.push(packages::round(&stage).await);
            }
            if wanted("crontabs") {
                report.crontabs.push(crontabs::round(&stage).await);
            }
            if wanted("visit") && browser && round == 1 {
                report.visits.push(visit::visit(&stage).await);
            }
            both.end(&stage).await;
        }
    }
    stage.strike().await;
    report
}
