//! Windows on their way into the database.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use hannun::db::Db;
use hannun::metrics::catalogue::Metric;
use hannun::metrics::store::{SeriesIds, Store};
use hannun::models::actor::Scope;
use hannun::models::consumer_readings::{ConsumerReading, Consumers};
use hannun::models::ids::ServerId;
use hannun::models::metric_points::InboxRow;
use hannun::models::series::{NewSeries, Series};
use hannun::models::servers::Server;
use hannun::secret::SecretText;

use super::{eventually, flat, lines, seconds, server, window};
use crate::harness::database::TestDatabase;

#[tokio::test]
async fn windows_of_all_servers_are_written_in_one_batch_and_found_again() {
    let database = TestDatabase::new();
    let (one, two) = (server(&database.db, "web-1").await, server(&database.db, "web-2").await);
    let (store, start) = (Store::default(), database.now());
    for step in 0..3_u8 {
        let at = start + seconds(10 * i64::from(step));
        store.put(window(one, at, &[(Metric::CpuUser, "", flat(f32::from(step)))]));
        store.put(window(
            two,
            at,
            &[(Metric::NetworkSent, "eth0", flat(9.0)), (Metric::NetworkSent, "eth1", flat(8.0))],
        ));
    }
    assert_eq!(store.write(&database.db, &mut SeriesIds::default()).await.unwrap(), 6);
    assert!(store.is_empty());

    let span = (start, start + seconds(60));
    let [line] = &lines(&database.db, one, Metric::CpuUser, span, 100).await[..] else { panic!("one line expected") };
    assert_eq!((line.tier, line.device.as_str()), (10, ""));
    let points: Vec<_> = line.points.iter().map(|point| (point.time(), point.mean)).collect();
    assert_eq!(points, [(start, 0.0), (start + seconds(10), 1.0), (start + seconds(20), 2.0)]);
    let sent = lines(&database.db, two, Metric::NetworkSent, span, 100).await;
    assert_eq!(sent.iter().map(|line| line.device.as_str()).collect::<Vec<_>>(), ["eth0", "eth1"]);
}

#[tokio::test]
async fn rel_r04_what_waited_while_the_database_was_away_is_written_once_it_is_back() {
    let database = TestDatabase::new();
    let id = server(&database.db, "web-1").await;
    let nowhere = SecretText::new("postgres://hannun@/hannun?host=/nonexistent".to_owned());
    let (away, mut ids) = (Db::connect(&nowhere, 2).unwrap(), SeriesIds::default());
    let (store, start) = (Store::default(), database.now());
    for step in 0..5 {
        store.put(window(id, start + seconds(10 * step), &[(Metric::Load1, "", flat(1.0))]));
        assert!(store.write(&away, &mut ids).await.is_err());
    }
    assert_eq!(store.len(), 5);
    assert_eq!(store.write(&database.db, &mut ids).await.unwrap(), 5);
    let line = lines(&database.db, id, Metric::Load1, (start, start + seconds(60)), 100).await.remove(0);
    assert_eq!(line.points.len(), 5);
}

#[tokio::test]
async fn a_window_that_was_written_twice_is_the_same_point() {
    let database = TestDatabase::new();
    let id = server(&database.db, "web-1").await;
    let summary = hannun::metrics::windows::Summary { min: 1.0, mean: 2.0, max: 6.0 };
    let twice = window(id, database.now(), &[(Metric::Load1, "", summary)]);
    let mut ids = SeriesIds::default();
    super::store(&database.db, &mut ids, [twice.clone(), twice]).await;
    let span = (database.now(), database.now() + seconds(10));
    let line = lines(&database.db, id, Metric::Load1, span, 100).await.remove(0);
    let point = line.points[0];
    assert_eq!((line.points.len(), point.min, point.mean, point.max), (1, 1.0, 2.0, 6.0));
}

#[tokio::test]
async fn a_server_that_was_removed_takes_nothing_down_with_it() {
    let database = TestDatabase::new();
    let (gone, stays) = (server(&database.db, "web-1").await, server(&database.db, "web-2").await);
    database.db.run(move |connection| Server::by_id(connection, &Scope::All, gone)?.delete(connection)).await.unwrap();
    let (store, at) = (Store::default(), database.now());
    for id in [gone, stays] {
        store.put(window(id, at, &[(Metric::Load1, "", flat(1.0))]));
    }
    assert_eq!(store.write(&database.db, &mut SeriesIds::default()).await.unwrap(), 1);
    assert_eq!(lines(&database.db, stays, Metric::Load1, (at, at + seconds(10)), 10).await.len(), 1);
}

#[tokio::test]
async fn more_readings_of_what_uses_most_than_one_insert_takes_are_written_all_the_same() {
    let database = TestDatabase::new();
    let id = server(&database.db, "web-1").await;
    let reading = |second: i64| ConsumerReading {
        server_id: id,
        at: database.now() + seconds(second),
        span_seconds: 60.0,
        by_cpu: Consumers::default(),
        by_memory: Consumers::default(),
    };
    let (all, last) = ((0..14_000).map(reading).collect::<Vec<_>>(), reading(13_999));
    database.db.run(move |connection| ConsumerReading::store(connection, &all)).await.unwrap();
    let at = last.at;
    let found = database.db.run(move |connection| ConsumerReading::nearest(connection, id, at)).await.unwrap();
    assert_eq!(found, Some(last));
}

#[tokio::test]
async fn a_server_cannot_fill_the_table_with_names() {
    let database = TestDatabase::new();
    let id = server(&database.db, "web-1").await;
    let wanted = |from: u32| -> Vec<NewSeries> {
        let series = |number| NewSeries { server_id: id, metric: "network.sent", device: format!("eth{number}") };
        (from..from + 700).map(series).collect()
    };
    let count = |from| {
        let (db, wanted) = (database.db.clone(), wanted(from));
        async move { db.run(move |connection| Series::ensure(connection, &wanted)).await.unwrap().len() }
    };
    assert_eq!(count(0).await, 700);
    assert_eq!(count(700).await, 300);
    assert_eq!(count(0).await, 700, "those that have an id keep it");
}

#[tokio::test]
async fn a_series_that_another_process_is_adding_is_waited_for_and_loses_no_window() {
    let database = TestDatabase::new();
    let id = server(&database.db, "web-1").await;
    let mut other = database.connection();
    other.batch_execute("begin").unwrap();
    let load = NewSeries { server_id: id, metric: Metric::Load1.name(), device: String::new() };
    let theirs = Series::ensure(&mut other, &[load]).unwrap().remove(0);

    let (store, now) = (Store::default(), database.now());
    store.put(window(id, now, &[(Metric::Load1, "", flat(1.0))]));
    let (db, writing) = (database.db.clone(), store.clone());
    let writing = tokio::spawn(async move { writing.write(&db, &mut SeriesIds::default()).await.unwrap() });
    // In this database: others on the same cluster wait for others.
    let waits = "select exists (select from pg_locks join pg_stat_activity using (pid)
         where not granted and locktype = 'transactionid' and datname = current_database())";
    eventually("the second waits for the first", async || {
        let asked = database.db.run(move |connection| {
            Ok::<_, hannun::error::Error>(diesel::dsl::sql::<diesel::sql_types::Bool>(waits).get_result(connection)?)
        });
        asked.await.unwrap()
    })
    .await;
    other.batch_execute("commit").unwrap();
    assert_eq!(writing.await.unwrap(), 1);
    let rows = database.db.run(move |connection| InboxRow::between(connection, id, now, now + seconds(10)));
    let ids: Vec<Vec<i32>> = rows.await.unwrap().into_iter().map(|row| row.series_ids).collect();
    assert_eq!(ids, [[theirs.id]]);
}

#[tokio::test]
async fn no_row_is_kept_for_a_server_of_which_nothing_is_known() {
    let database = TestDatabase::new();
    let store = Store::default();
    store.put(window(ServerId(99), database.now(), &[(Metric::Load1, "", flat(1.0))]));
    assert_eq!(store.write(&database.db, &mut SeriesIds::default()).await.unwrap(), 0);
    let (from, to) = (database.now() - seconds(60), database.now() + seconds(60));
    let rows = database.db.run(move |connection| InboxRow::between(connection, ServerId(99), from, to)).await.unwrap();
    assert_eq!(rows, []);
}
