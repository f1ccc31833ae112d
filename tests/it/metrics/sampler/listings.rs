//! What used most: listed seldom, few servers at once, remembered for a while.

use std::time::Duration;

use hannun::metrics::store::SeriesIds;
use hannun::models::consumer_readings::{ConsumerReading, Consumers, KEPT};

use super::Scene;
use crate::harness::database::TestDatabase;
use crate::metrics::eventually;
use crate::metrics::fake_server::FakeServer;

#[tokio::test]
async fn what_used_most_is_remembered_while_nobody_looks() {
    let scene = Scene::start(FakeServer::polite());
    scene.is_sampled().await;
    let (id, store) = (scene.id, scene.store.clone());
    eventually("a reading of what used most", async || {
        store.write(&scene.database.db, &mut SeriesIds::default()).await.unwrap();
        let now = chrono::Utc::now();
        let nearest = scene.database.db.run(move |connection| ConsumerReading::nearest(connection, id, now)).await;
        nearest.unwrap().is_some_and(|reading| reading.by_cpu.0.iter().any(|one| one.name == "spinner"))
    })
    .await;
}

#[tokio::test]
async fn readings_of_what_used_most_are_forgotten_in_small_batches() {
    let database = TestDatabase::new();
    let server = crate::metrics::sampled_server(&database);
    let (now, mut connection) = (database.now(), database.connection());
    let reading = |hours: i64| ConsumerReading {
        server_id: server,
        at: now - chrono::TimeDelta::hours(hours),
        span_seconds: 60.0,
        by_cpu: Consumers::default(),
        by_memory: Consumers::default(),
    };
    let all: Vec<_> = (40..60).map(reading).collect();
    ConsumerReading::store(&mut connection, &all).unwrap();
    let mut forget = || ConsumerReading::forget(&mut connection, now - KEPT, 8).unwrap();
    assert_eq!([forget(), forget()], [8, 3], "those of more than 48 hours");
    let oldest =
        ConsumerReading::nearest(&mut connection, server, now - chrono::TimeDelta::hours(99)).unwrap().unwrap();
    assert_eq!(oldest.at, now - KEPT);
}

#[tokio::test]
async fn sec_x01_slow_servers_are_listed_a_few_at_once_and_all_of_them_in_the_end() {
    let fake = FakeServer::polite();
    fake.manner().listing_takes = Duration::from_millis(400);
    let scene = Scene::start_with(fake, 12);
    let is_done = async || scene.fake.manner().listed.len() == 12 && scene.fake.manner().most_at_once >= 4;
    eventually("all are listed, as many at once as may be", is_done).await;
    assert_eq!(scene.fake.manner().most_at_once, 4);
    scene.end().await;
}
