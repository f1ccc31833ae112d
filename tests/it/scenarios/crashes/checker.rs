//! Compares what receivers wrote down with what hannun says of it. It knows nothing of how hannun works, only what it promises.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use hannun::models::deliveries::{Delivery, DeliveryState};
use hannun::models::runs::{MOST_TRIES, Run, RunState};

/// How long nobody else may send what somebody has in hand, less than what is promised: the receiver sees it a little later.
const HELD: TimeDelta = TimeDelta::seconds(45);
/// How long before it is seen to arrive a message may have been sent: its receiver shares a busy machine with whoever sends it.
const ON_ITS_WAY: TimeDelta = TimeDelta::seconds(2);

/// One message, as a receiver wrote it down.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) at: DateTime<Utc>,
    /// Of which receiver.
    pub(super) port: u16,
    /// What it said of which delivery it is.
    pub(super) key: String,
}

/// A process or PostgreSQL that was killed, or connections that were cut.
#[derive(Debug, Clone)]
pub(super) struct Kill {
    pub(super) from: DateTime<Utc>,
    /// When it was over; of PostgreSQL, when it answered again.
    pub(super) to: DateTime<Utc>,
}

impl Kill {
    /// Kills, and writes down when that was.
    pub(super) fn by(kill: impl FnOnce()) -> Self {
        let from = Utc::now();
        kill();
        Self { from, to: Utc::now() }
    }

    /// Whether it may have come between the answer to the first arrival and the commit of what was answered (J04).
    fn explains(&self, first: &Arrival, second: &Arrival) -> bool {
        self.to >= first.at - ON_ITS_WAY && self.from <= second.at
    }
}

/// What hannun says, and what it has promised to whoever asked for a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) runs: Vec<Run>,
    pub(super) deliveries: Vec<Delivery>,
    /// Runs of which somebody was told that they begin.
    pub(super) promised: Vec<i64>,
}

/// What is wrong; nothing where all is well. Slots of each scenario are `every` seconds apart.
pub(super) fn faults(said: &Said, arrived: &[Arrival], kills: &[Kill], every: i64) -> Vec<String> {
    let mut faults = slots(&said.runs, every);
    faults.extend(endings(said));
    faults.extend(messages(&said.deliveries, arrived, kills));
    faults
}

/// Every slot has one run, or is listed by one as missed (J01, J02, J06).
fn slots(runs: &[Run], every: i64) -> Vec<String> {
    let mut faults = Vec::new();
    let mut slots: BTreeMap<i64, Vec<DateTime<Utc>>> = BTreeMap::new();
    for run in runs {
        let of_scenario = slots.entry(run.scenario_id.0).or_default();
        of_scenario.extend(run.scheduled_for);
        of_scenario.extend(serde_json::from_value::<Vec<DateTime<Utc>>>(run.missed.clone()).unwrap());
    }
    for (scenario, mut slots) in slots {
        slots.sort_unstable();
        for pair in slots.windows(2) {
            match (pair[1] - pair[0]).num_seconds() {
                0 => faults.push(format!("scenario {scenario} was run twice for {}", pair[0])),
                distance if distance == every => {}
                _ => faults.push(format!("scenario {scenario} lost what was due between {} and {}", pair[0], pair[1])),
            }
        }
    }
    faults
}

/// Every run ends, and tells exactly one of two destinations, of which one or the other is always to be told (J03, J05).
fn endings(said: &Said) -> Vec<String> {
    let mut faults = Vec::new();
    for run in &said.runs {
        if run.ended_at.is_none() {
            faults.push(format!("run {} never ended: {:?}", run.id, run.state));
        }
        let ended_its_workers = run.state == RunState::Failed && run.tries > MOST_TRIES;
        if matches!(run.state, RunState::Succeeded | RunState::Failed) && !ended_its_workers {
            let of_run = said.deliveries.iter().filter(|one| one.run_id == run.id);
            let wanted = of_run.filter(|one| one.state != DeliveryState::NotWanted).count();
            if wanted != 1 {
                faults.push(format!("run {} told {wanted} instead of one", run.id));
            }
        }
    }
    let is_there = |id: &&i64| !said.runs.iter().any(|run| run.id.0 == **id);
    faults.extend(said.promised.iter().filter(is_there).map(|id| format!("run {id} was promised, and is lost")));
    faults
}

/// What is said to have arrived did, once, at whom it was for; what arrived twice is marked, a kill explains it, and it came no
/// sooner than whoever had it in hand could be thought dead (J04).
fn messages(deliveries: &[Delivery], arrived: &[Arrival], kills: &[Kill]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut of_key: BTreeMap<&str, Vec<&Arrival>> = BTreeMap::new();
    for arrival in arrived {
        of_key.entry(&arrival.key).or_default().push(arrival);
    }
    for delivery in deliveries {
        let mut arrivals = of_key.remove(delivery.key.as_str()).unwrap_or_default();
        arrivals.sort_by_key(|arrival| arrival.at);
        let url = delivery.settings["url"].as_str().unwrap_or_default();
        for arrival in arrivals.iter().filter(|arrival| !url.contains(&format!(":{}/", arrival.port))) {
            faults.push(format!("delivery {} arrived at port {}, and is for {url}", delivery.id, arrival.port));
        }
        for pair in arrivals.windows(2) {
            let (id, after) = (delivery.id, pair[1].at - pair[0].at);
            if after < HELD {
                let after = after.num_milliseconds();
                faults.push(format!("delivery {id} arrived again after {after} ms, while somebody's lease held"));
            }
            if !kills.iter().any(|kill| kill.explains(pair[0], pair[1])) {
                faults.push(format!("delivery {id} arrived again, and nothing was killed in between"));
            }
        }
        // One kill breaks off all that a process had in hand, but each message once.
        if let (Some(first), Some(last)) = (arrivals.first(), arrivals.last()) {
            let (repeats, explained) =
                (arrivals.len() - 1, kills.iter().filter(|kill| kill.explains(first, last)).count());
            if repeats > explained {
                let id = delivery.id;
                faults.push(format!("delivery {id} arrived again more often than there were kills: {repeats}"));
            }
        }
        match (delivery.state, arrivals.len()) {
            (DeliveryState::NotWanted, 0) | (DeliveryState::Delivered, 1) => {}
            (DeliveryState::Delivered, 2..) if delivery.may_repeat => {}
            (DeliveryState::Delivered, 2..) => {
                faults.push(format!("delivery {} arrived again, and is not marked as a possible repeat", delivery.id));
            }
            (state, times) => faults.push(format!("delivery {} is {state:?} and arrived {times} times", delivery.id)),
        }
    }
    faults.extend(of_key.keys().map(|key| format!("{key} is nobody's delivery")));
    faults
}
