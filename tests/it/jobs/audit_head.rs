//! The end of the audit log goes outside the database by itself (L02).

use hannun::clock::Clock;
use hannun::config::Retention;
use hannun::installations::artifact_store::ArtifactStore;
use hannun::jobs::{self, Work};
use hannun::models::actor::Actor;
use hannun::models::audit::kept_heads::KeptHeads;
use hannun::models::audit::{AuditEntry, Outcome, head};

use crate::harness::database::TestDatabase;

#[tokio::test]
async fn sec_l02_the_end_of_the_log_is_written_outside_the_database_each_hour() {
    let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    let file = KeptHeads::in_folder(folder.path());
    let job = jobs::ALL.iter().find(|job| job.name == "keep_audit_head").unwrap();
    assert_eq!(job.every_seconds, 3_600);
    let mut kept = Vec::new();
    for _ in 0..2 {
        AuditEntry::by(&Actor::system("test"), "x")
            .record(&mut database.connection(), Outcome::Succeeded, database.now())
            .unwrap();
        let work = Work {
            db: database.db.clone(),
            clock: Clock::system(),
            retention: Retention::default(),
            logins_kept: std::time::Duration::from_hours(24),
            audit_heads: file.clone(),
            artifacts: ArtifactStore::in_folder(TestDatabase::cluster_folder()),
            recurring: &[],
        };
        (job.run)(work).await.unwrap();
        kept.push(head(&mut database.connection()).unwrap());
    }
    assert_eq!(file.read().unwrap().heads, kept);
}
