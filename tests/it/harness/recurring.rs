//! Jobs that come round: what they work with, and one turn of one of them.

use hannun::clock::Clock;
use hannun::config::Retention;
use hannun::jobs::{self, Recurring, Work};
use hannun::models::audit::kept_heads::KeptHeads;

use super::app::TestApp;
use super::database::TestDatabase;

/// What jobs work with, by this clock.
pub(crate) fn work(app: &TestApp, clock: Clock, recurring: &'static [Recurring]) -> Work {
    Work {
        db: app.database.db.clone(),
        clock,
        retention: Retention::default(),
        logins_kept: app.app.config.logins_kept,
        audit_heads: KeptHeads::in_folder(TestDatabase::cluster_folder()),
        artifacts: app.app.artifacts.clone(),
        recurring,
    }
}

/// Runs the job of this name once, now.
pub(crate) async fn run(app: &TestApp, name: &str) {
    let job = jobs::ALL.iter().find(|job| job.name == name).unwrap();
    (job.run)(work(app, app.database.clock.clone(), &[])).await.unwrap();
}
