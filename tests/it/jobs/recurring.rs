//! Claims of work that comes round: made once, held by a lease, refused when late.

use chrono::TimeDelta;
use diesel::PgConnection;
use hannun::models::recurring_jobs::{LEASE, RecurringJob, RunOutcome};

use crate::harness::database::TestDatabase;

fn ensure(database: &TestDatabase, connection: &mut PgConnection) {
    RecurringJob::ensure(connection, "pack", 60, database.now()).unwrap();
}

#[test]
fn rel_j01_a_new_job_is_due_at_once_and_then_once_each_period() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    ensure(&database, &mut connection);
    let first = RecurringJob::claim_due(&mut connection, database.now()).unwrap().remove(0);
    assert_eq!((first.token, first.next_at), (1, database.now() + TimeDelta::seconds(60)));
    assert_eq!(RecurringJob::claim_due(&mut connection, database.now()).unwrap(), []);
    let now = database.now();
    RecurringJob::start(&mut connection, "pack", 1, now).unwrap().unwrap();
    assert!(RecurringJob::finish(&mut connection, "pack", 1, now, 5, &RunOutcome::Succeeded).unwrap());
    assert_eq!(RecurringJob::claim_due(&mut connection, now + TimeDelta::seconds(59)).unwrap(), []);
    assert_eq!(RecurringJob::claim_due(&mut connection, now + TimeDelta::seconds(60)).unwrap().len(), 1);
}

#[test]
fn rel_j06_what_was_missed_while_nobody_ran_is_done_once_and_the_rhythm_stays() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    ensure(&database, &mut connection);
    let late = database.now() + TimeDelta::hours(3) + TimeDelta::seconds(7);
    let claimed = RecurringJob::claim_due(&mut connection, late).unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].next_at, database.now() + TimeDelta::hours(3) + TimeDelta::seconds(60));
}

#[test]
fn rel_j09_a_clock_that_is_set_back_fires_nothing_twice() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    ensure(&database, &mut connection);
    let now = database.now();
    RecurringJob::claim_due(&mut connection, now).unwrap();
    RecurringJob::start(&mut connection, "pack", 1, now).unwrap();
    RecurringJob::finish(&mut connection, "pack", 1, now, 5, &RunOutcome::Succeeded).unwrap();
    assert_eq!(RecurringJob::claim_due(&mut connection, now - TimeDelta::hours(2)).unwrap(), []);
}

#[test]
fn rel_j02_of_two_that_claim_at_once_one_gets_it() {
    let database = TestDatabase::new();
    ensure(&database, &mut database.connection());
    let now = database.now();
    for round in 0..20 {
        let now = now + TimeDelta::minutes(round);
        let claims: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let mut connection = database.connection();
                    scope.spawn(move || RecurringJob::claim_due(&mut connection, now).unwrap())
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(claims.len(), 1, "round {round}");
        let (mut connection, token) = (database.connection(), claims[0].token);
        RecurringJob::start(&mut connection, "pack", token, now).unwrap().unwrap();
        assert!(RecurringJob::finish(&mut connection, "pack", token, now, 1, &RunOutcome::Succeeded).unwrap());
    }
}

#[test]
fn rel_j02_of_two_that_start_the_same_claim_one_does() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    ensure(&database, &mut connection);
    RecurringJob::claim_due(&mut connection, database.now()).unwrap();
    let now = database.now();
    assert!(RecurringJob::start(&mut connection, "pack", 1, now).unwrap().is_some());
    assert!(RecurringJob::start(&mut connection, "pack", 1, now).unwrap().is_none());
}

#[test]
fn rel_j02_a_result_after_the_lease_is_refused() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    ensure(&database, &mut connection);
    let begun = database.now();
    RecurringJob::claim_due(&mut connection, begun).unwrap();
    RecurringJob::start(&mut connection, "pack", 1, begun).unwrap().unwrap();
    // Nothing is lost while it shows signs of life.
    let alive = begun + LEASE - TimeDelta::seconds(1);
    assert!(RecurringJob::renew(&mut connection, "pack", 1, alive).unwrap());
    assert!(RecurringJob::release_lost(&mut connection, begun + LEASE + TimeDelta::seconds(1)).unwrap().is_empty());
    // It was stopped for longer than its lease; somebody else is at it.
    let later = alive + LEASE + TimeDelta::seconds(1);
    assert_eq!(RecurringJob::release_lost(&mut connection, later).unwrap(), ["pack"]);
    let job = RecurringJob::named(&mut connection, "pack").unwrap();
    assert_eq!((job.state.as_str(), job.outcome.as_str()), ("idle", "unknown"));
    let again = RecurringJob::claim_due(&mut connection, later).unwrap().remove(0);
    RecurringJob::start(&mut connection, "pack", again.token, later).unwrap().unwrap();
    assert!(!RecurringJob::renew(&mut connection, "pack", 1, later).unwrap());
    assert!(!RecurringJob::finish(&mut connection, "pack", 1, later, 9, &RunOutcome::Succeeded).unwrap());
    assert!(RecurringJob::finish(&mut connection, "pack", again.token, later, 9, &RunOutcome::Succeeded).unwrap());
}

#[test]
fn a_claim_that_never_began_is_made_again_and_nothing_is_unknown() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    ensure(&database, &mut connection);
    RecurringJob::claim_due(&mut connection, database.now()).unwrap();
    let later = database.now() + LEASE + TimeDelta::seconds(1);
    assert_eq!(RecurringJob::release_lost(&mut connection, later).unwrap(), ["pack"]);
    assert_eq!(RecurringJob::named(&mut connection, "pack").unwrap().outcome, "");
    assert!(RecurringJob::start(&mut connection, "pack", 1, later).unwrap().is_none(), "its entry comes too late");
}
