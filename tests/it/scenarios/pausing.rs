//! The switch for all scenarios: nothing fires while it is off, and what was due meanwhile is not lost.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use hannun::error::Error;
use hannun::models::actor::{Actor, Role, Scope};
use hannun::models::ids::{PauseId, ScenarioId};
use hannun::models::pauses::Pause;
use hannun::models::runs::{Run, RunState};
use hannun::models::scenarios::{Missed, NewScenario};
use hannun::models::users::User;
use hannun::scenarios::{keep, pause};

use super::{Stage, always, each_five_minutes};
use crate::harness::PATIENCE;
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;

impl Stage {
    async fn boss(&self) -> User {
        self.app.user("boss", Role::Administrator, Scope::All).await
    }

    /// Somebody pauses all scenarios.
    pub(crate) async fn pause(&self, why: &'static str) -> Result<Pause, Error> {
        let now = self.now();
        self.as_boss(move |connection, actor| pause::pause(connection, actor, why, now)).await
    }

    /// Somebody ends this pause.
    pub(crate) async fn start_again(&self, id: PauseId) -> Result<Pause, Error> {
        let now = self.now();
        self.as_boss(move |connection, actor| pause::start(connection, actor, id, now)).await
    }

    async fn as_boss<T: Send + 'static>(
        &self,
        deed: impl FnOnce(&mut PgConnection, &Actor) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let boss = self.boss().await;
        let done = self.app.app.db.transaction(move |connection| {
            let actor = boss.actor(connection, None)?;
            deed(connection, &actor)
        });
        done.await
    }

    /// The owner says *Run now*.
    async fn run_now(&self, id: ScenarioId) -> Run {
        let (owner, now) = (self.owner.clone(), self.now());
        let run = self.app.app.db.transaction(move |connection| {
            let actor = owner.actor(connection, None)?;
            keep::run(connection, &actor, id, now)
        });
        run.await.unwrap()
    }
}

#[actix_web::test]
async fn rel_r09_j06_nothing_fires_while_all_are_paused_and_what_was_due_is_treated_as_missed_at_the_start() {
    let stage = Stage::set(|_| ok("")).await;
    // The clock of a test stands at a full five minutes, or somewhere behind one.
    let first = stage.now() - TimeDelta::seconds(stage.now().timestamp().rem_euclid(300));
    let id = stage.add(due(each_five_minutes(), first), vec![stage.post(always())]).await;
    let quiet = NewScenario { name: "Quiet".to_owned(), missed: Missed::Skip, ..due(each_five_minutes(), first) };
    let quiet = stage.add(quiet, Vec::new()).await;
    let pause = stage.pause("the mail server moves").await.unwrap();
    // Three minutes behind a slot: more than half of the five to the next one.
    for _ in 0..3 {
        stage.advance(TimeDelta::hours(1));
        assert_eq!(stage.fire().await, 0);
    }
    stage.advance(first + TimeDelta::minutes(238) - stage.now());
    assert_eq!((stage.fire().await, stage.runs(id).await.len()), (0, 0));
    assert_eq!(stage.row(id).await.next_slot, Some(first), "nothing advances");

    let ended = stage.start_again(pause.id).await.unwrap();
    assert_eq!((ended.ended_by.as_deref(), ended.ended_at), (Some("boss"), Some(stage.now())));
    assert_eq!(stage.fire().await, 2);
    let runs = stage.runs(id).await;
    assert_eq!((runs.len(), runs[0].is_late, runs[0].state), (1, true, RunState::Queued), "one for all");
    assert_eq!(runs[0].missed.as_array().unwrap().len(), 47);
    let skipped = stage.runs(quiet).await;
    assert_eq!((skipped.len(), skipped[0].state), (1, RunState::Missed), "none, as it says");
    assert_eq!(stage.work_off().await, 1);
    stage.advance(TimeDelta::minutes(5));
    assert_eq!(stage.fire().await, 2, "and on by the schedule");
}

#[actix_web::test]
async fn rel_r09_what_was_begun_goes_on_and_somebody_may_still_run_one_now() {
    let stage = Stage::set(|_| ok("")).await;
    let begun = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    assert_eq!(stage.fire().await, 1);
    stage.pause("a look at the receivers").await.unwrap();
    let other = NewScenario { name: "Other".to_owned(), ..due(each_five_minutes(), stage.now()) };
    let other = stage.add(other, Vec::new()).await;
    let run = stage.run_now(other).await;
    assert_eq!(stage.fire().await, 0, "only by hand");
    stage.work_off().await;
    assert!(stage.runs(begun).await[0].ended_at.is_some(), "it was queued before the pause");
    let runs = stage.runs(other).await;
    assert_eq!((runs.len(), runs[0].id), (1, run.id));
    assert!(runs[0].ended_at.is_some());
}

#[actix_web::test]
async fn rel_r09_a_pause_waits_for_whoever_fires_so_that_nothing_fires_once_it_stands() {
    let stage = Stage::set(|_| ok("")).await;
    let mut firing = stage.app.database.owner();
    firing.batch_execute("begin").unwrap();
    assert!(!Pause::keeps_from_firing(&mut firing).unwrap());
    let (db, now) = (stage.app.database.db.clone(), stage.now());
    let pausing = tokio::spawn(async move {
        db.transaction(move |connection| Ok(Pause::begin(connection, "boss", "now", now)?)).await
    });
    let waits = "select from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())";
    let deadline = Instant::now() + PATIENCE;
    let mut looking = stage.app.database.owner();
    while diesel::sql_query(waits).execute(&mut looking).unwrap() == 0 {
        assert!(!pausing.is_finished(), "it did not wait");
        assert!(Instant::now() < deadline, "nobody waits");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    firing.batch_execute("commit").unwrap();
    assert!(pausing.await.unwrap().unwrap().is_some());
    assert!(Pause::keeps_from_firing(&mut firing).unwrap());
}

#[actix_web::test]
async fn rel_r09_who_paused_when_and_why_is_known_and_an_end_is_of_the_pause_that_was_seen() {
    let stage = Stage::set(|_| ok("")).await;
    let pause = stage.pause("  the mail server moves ").await.unwrap();
    assert_eq!(
        (pause.started_by.as_str(), pause.why.as_str(), pause.started_at),
        ("boss", "the mail server moves", stage.now())
    );
    assert!(matches!(stage.pause("once more").await, Err(Error::Conflict(_))));
    stage.start_again(pause.id).await.unwrap();
    let next = stage.pause("again").await.unwrap();
    assert!(matches!(stage.start_again(pause.id).await, Err(Error::Conflict(_))), "of one that has ended");
    let standing = stage.app.app.db.run(Pause::standing).await.unwrap();
    assert_eq!(standing, Some(next));
    for why in ["", "  ", "a\nb", &*"x".repeat(201).leak()] {
        assert!(matches!(stage.pause(why).await, Err(Error::Invalid(_))), "{why:?}");
    }
    let told: Vec<(String, String, Option<String>)> = stage
        .app
        .audit()
        .await
        .into_iter()
        .rev()
        .map(|event| (event.actor, event.action, event.details.0.get("why").cloned()))
        .collect();
    let line = |action: &str, why: &str| ("boss".to_owned(), action.to_owned(), Some(why.to_owned()));
    assert_eq!(
        told,
        [
            line("pause_scheduler", "the mail server moves"),
            line("start_scheduler", "the mail server moves"),
            line("pause_scheduler", "again"),
        ]
    );
}

#[actix_web::test]
async fn sec_z05_only_who_may_know_of_every_server_and_administers_it_pauses_what_belongs_to_everybody() {
    let stage = Stage::set(|_| ok("")).await;
    let now = stage.now();
    for (name, role, scope) in
        [("op", Role::Operator, Scope::All), ("narrow", Role::Administrator, Scope::Groups(Vec::new()))]
    {
        let user = stage.app.user(name, role, scope).await;
        let refused = stage.app.app.db.transaction(move |connection| {
            let actor = user.actor(connection, None)?;
            pause::pause(connection, &actor, "because", now)
        });
        assert!(matches!(refused.await, Err(Error::Forbidden(_))), "{name}");
    }
    assert_eq!(stage.app.app.db.run(Pause::standing).await.unwrap(), None);
}
