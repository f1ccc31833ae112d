//! `Db`: off the async threads, in bounded time, and well again by itself (R04).

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::Text;
use hannun::db::{Db, schema};
use hannun::error::Error;
use hannun::models::groups::{Group, NewGroup};
use hannun::secret::SecretText;

use crate::harness::database::TestDatabase;

#[derive(QueryableByName)]
struct Shown {
    #[diesel(sql_type = Text)]
    value: String,
}

fn sleep(connection: &mut PgConnection, seconds: f64) -> QueryResult<usize> {
    diesel::sql_query(format!("select pg_sleep({seconds})")).execute(connection)
}

#[tokio::test]
async fn a_transaction_that_fails_leaves_nothing() {
    let database = TestDatabase::new();
    let outcome = database
        .db
        .transaction(|connection| -> Result<(), Error> {
            NewGroup { name: "web", note: "" }.insert(connection)?;
            NewGroup { name: "web", note: "" }.insert(connection)?;
            Ok(())
        })
        .await;
    assert!(matches!(outcome, Err(Error::Conflict(_))), "{outcome:?}");
    assert_eq!(database.db.run(Group::all).await.unwrap(), []);
}

#[tokio::test]
async fn rel_r04_every_connection_has_its_limits() {
    let database = TestDatabase::new();
    for (name, expected) in [("statement_timeout", "10s"), ("lock_timeout", "5s"), ("TimeZone", "UTC")] {
        let shown = database
            .db
            .run(move |connection| {
                diesel::sql_query("select current_setting($1) as value")
                    .bind::<Text, _>(name)
                    .get_result::<Shown>(connection)
            })
            .await
            .unwrap();
        assert_eq!(shown.value, expected, "{name}");
    }
}

#[tokio::test]
async fn rel_r04_who_finds_every_connection_taken_waits_three_seconds_and_no_longer() {
    let database = TestDatabase::with_connections(1);
    let busy = database.db.clone();
    let holder = tokio::spawn(async move { busy.run(|connection| sleep(connection, 4.5)).await });
    // Until the only connection is taken.
    let mut owner = database.owner();
    let deadline = Instant::now() + Duration::from_secs(5);
    let sleeping =
        "select count(*)::text as value from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()
        and datname = current_database()";
    while diesel::sql_query(sleeping).get_result::<Shown>(&mut owner).unwrap().value == "0" {
        assert!(Instant::now() < deadline, "nobody took the connection");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let began = Instant::now();
    let answer = database.db.ping().await;
    assert!(
        matches!(&answer, Err(Error::Unavailable(message)) if message.to_string() == "The database is busy"),
        "{answer:?}"
    );
    assert!((2.5..4.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
    holder.await.unwrap().unwrap();
}

#[tokio::test]
async fn rel_r04_a_statement_that_waits_for_a_lock_is_told_off_as_unavailable() {
    let database = TestDatabase::new();
    let mut owner = database.owner();
    let outcome = owner.transaction::<_, diesel::result::Error, _>(|owner| {
        diesel::sql_query("lock table groups in access exclusive mode").execute(owner)?;
        let waiting = std::thread::spawn({
            let mut connection = database.connection();
            move || -> Result<Vec<Group>, Error> {
                diesel::sql_query("set lock_timeout = '100ms'").execute(&mut connection)?;
                Ok(Group::all(&mut connection)?)
            }
        });
        Ok(waiting.join().unwrap())
    });
    assert!(matches!(outcome.unwrap(), Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn rel_r04_a_cut_connection_is_unavailable_and_the_next_try_works() {
    let database = TestDatabase::with_connections(1);
    let mut owner = database.owner();
    let kill = "select pg_terminate_backend(pid)::text as value from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    let db = database.db.clone();
    let cut = tokio::spawn(async move {
        db.transaction(|connection| {
            diesel::insert_into(schema::groups::table).values(schema::groups::name.eq("lost")).execute(connection)?;
            sleep(connection, 8.0)?;
            Ok(())
        })
        .await
    });
    let deadline = Instant::now() + Duration::from_secs(5);
    let sleeping = "select count(*)::text as value from pg_stat_activity where query like '%pg_sleep(8%' and datname = current_database()
        and pid <> pg_backend_pid()";
    while diesel::sql_query(sleeping).get_result::<Shown>(&mut owner).unwrap().value == "0" {
        assert!(Instant::now() < deadline, "the statement never began");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    diesel::sql_query(kill).load::<Shown>(&mut owner).unwrap();
    let outcome = cut.await.unwrap();
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    assert_eq!(database.db.run(Group::all).await.unwrap(), [], "what was cut off is undone");
}

#[tokio::test]
async fn rel_r04_a_database_that_is_away_is_said_at_once_after_the_first_wait() {
    let nowhere = SecretText::new("postgres:///hannun?host=/nonexistent&user=hannun".to_owned());
    let db = Db::connect(&nowhere, 2).unwrap();
    let began = Instant::now();
    for _ in 0..4 {
        let answer = db.ping().await;
        let Err(Error::Unavailable(message)) = &answer else { panic!("{answer:?}") };
        assert_eq!(message.to_string(), "The database cannot be reached");
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn rel_r07_a_panic_in_database_work_is_an_error_and_the_pool_goes_on() {
    let database = TestDatabase::with_connections(1);
    let outcome = database.db.run(|_| -> Result<(), Error> { panic!("on purpose") }).await;
    assert!(matches!(outcome, Err(Error::Internal(_))), "{outcome:?}");
    database.db.ping().await.unwrap();
}
