//! Kills processes and PostgreSQL and cuts connections at random, and writes down what it was promised meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hannun::db::establish;
use hannun::models::ids::ScenarioId;

use super::checker::Kill;
use crate::harness::members::{Member, Shared};
use crate::harness::outage;

/// Kills unless `HANNUN_TEST_KILLS` says how many.
const FEW: usize = 9;
/// Between two asks for a run: fewer than one program may make (W10).
const BETWEEN: Duration = Duration::from_millis(400);

/// How many kills there are.
pub(super) fn kills() -> usize {
    std::env::var("HANNUN_TEST_KILLS").ok().map_or(FEW, |kills| kills.parse().expect("HANNUN_TEST_KILLS is a number"))
}

/// Numbers that look random, and come again where `HANNUN_TEST_SEED` says which they were.
pub(super) struct Chance(u64);

impl Chance {
    #[expect(clippy::print_stderr, reason = "what failed is repeated by this number")]
    pub(super) fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let given = std::env::var("HANNUN_TEST_SEED").ok();
        let seed = given.map_or(now.as_secs(), |seed| seed.parse().expect("HANNUN_TEST_SEED is a number"));
        eprintln!("HANNUN_TEST_SEED={seed}");
        // None of them may be nothing but zeros.
        Self(seed | (1 << 63))
    }

    /// One of `0..end`.
    fn below(&mut self, end: u64) -> u64 {
        // Xorshift: Marsaglia 2003.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What the driver knows of its own.
pub(super) struct Driven {
    pub(super) kills: Vec<Kill>,
    /// Runs that processes promised before they were killed.
    pub(super) promised: Vec<i64>,
}

/// Starts processes beside a survivor and kills each after a while; in one of three rounds PostgreSQL is killed before, in another one
/// connections to it are cut.
pub(super) fn kill(
    shared: &Shared,
    (kills, chance): (usize, &mut Chance),
    (token, scenarios): (&str, &[ScenarioId]),
) -> Driven {
    let mut driven = Driven { kills: Vec::new(), promised: Vec::new() };
    for round in 0..kills {
        let role = ["work", "work", "web", "all"][usize::try_from(chance.below(4)).unwrap()];
        let victim = shared.start(&format!("victim-{round}"), role, "5s");
        let asks = (role != "work").then(|| Asks::begin(&victim, token, scenarios));
        thread::sleep(Duration::from_millis(200 + chance.below(3_800)));
        let before: Option<fn(&Shared)> = match round % 3 {
            1 => Some(kill_postgresql),
            2 => Some(|shared| shared.database.cut()),
            _ => None,
        };
        if let Some(before) = before {
            driven.kills.push(Kill::by(|| before(shared)));
            thread::sleep(Duration::from_millis(chance.below(1_000)));
        }
        driven.kills.push(Kill::by(|| victim.program.kill()));
        driven.promised.extend(asks.map(Asks::end).unwrap_or_default());
    }
    driven
}

/// Ends it in the middle of what it does; it is started again by itself, and nobody tells the processes.
fn kill_postgresql(shared: &Shared) {
    outage::restart(&shared.database);
    shared.eventually("PostgreSQL answers again", || establish(&shared.database.owner_url()).is_ok());
}

/// Somebody who asks a process for runs again and again.
struct Asks {
    stop: Arc<AtomicBool>,
    promised: JoinHandle<Vec<i64>>,
}

impl Asks {
    fn begin(victim: &Member, token: &str, scenarios: &[ScenarioId]) -> Self {
        let (stop, victim, scenarios) =
            (Arc::new(AtomicBool::new(false)), victim.as_seen_by(token), scenarios.to_vec());
        let is_over = Arc::clone(&stop);
        let promised = thread::spawn(move || {
            let mut promised = Vec::new();
            for scenario in scenarios.iter().cycle() {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                // It may say that too many go on, or die in the middle of its answer: then nothing was promised.
                let answer = victim.post(&format!("/api/v1/scenarios/{scenario}/runs"));
                promised.extend(answer.filter(|(status, _)| *status == 202).and_then(|(_, run)| run["id"].as_i64()));
                thread::sleep(BETWEEN);
            }
            promised
        });
        Self { stop, promised }
    }

    fn end(self) -> Vec<i64> {
        self.stop.store(true, Ordering::Relaxed);
        self.promised.join().unwrap()
    }
}
