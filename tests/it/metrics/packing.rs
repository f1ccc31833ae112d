//! Inbox → blocks → coarser tiers, over days of a clock that the test moves.

use chrono::{DateTime, Utc};
use hannun::db::Db;
use hannun::metrics::catalogue::Metric;
use hannun::metrics::line::Line;
use hannun::metrics::packing;
use hannun::metrics::store::SeriesIds;
use hannun::metrics::tiers::Tier;
use hannun::metrics::windows::{Summary, Window};
use hannun::models::ids::ServerId;
use hannun::models::metric_points::{BlockRow, InboxRow};
use hannun::models::series::Series;

use super::{flat, lines, seconds, server, store, window};
use crate::harness::database::TestDatabase;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// The beginning of a week's block before the test's now.
fn week_before(database: &TestDatabase) -> DateTime<Utc> {
    DateTime::from_timestamp_secs(Tier::Hour.block_of(database.now().timestamp())).unwrap()
}

/// A steady user share that is the number of the hour, and traffic between 0 and 100 that is 40 on average.
fn hour_of(server: ServerId, start: DateTime<Utc>, hour: i64) -> impl Iterator<Item = Window> {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let share = hour as f32;
    (0..360).map(move |place| {
        let at = start + seconds(hour * HOUR + place * 10);
        let sent = Summary { min: 0.0, mean: 40.0, max: 100.0 };
        window(server, at, &[(Metric::CpuUser, "", flat(share)), (Metric::NetworkSent, "eth0", sent)])
    })
}

async fn blocks(db: &Db, server: ServerId, tier: i32) -> Vec<BlockRow> {
    db.run(move |connection| {
        let ids = Series::ids_of(connection, server)?;
        BlockRow::between(connection, tier, &ids, DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC - seconds(400 * DAY))
    })
    .await
    .unwrap()
}

fn one(lines: Vec<Line>) -> Line {
    let [line] = <[Line; 1]>::try_from(lines).unwrap();
    line
}

#[tokio::test]
async fn eight_days_end_up_in_every_tier_and_gaps_stay_gaps() {
    let database = TestDatabase::new();
    let (db, start) = (&database.db, week_before(&database));
    let id = server(db, "web-1").await;
    let mut ids = SeriesIds::default();
    let gap = 30..50;
    for hour in 0..8 * 24 {
        if !gap.contains(&hour) {
            store(db, &mut ids, hour_of(id, start, hour)).await;
        }
        packing::pack(db, start + seconds((hour + 1) * HOUR + 20 * 60)).await.unwrap();
    }
    let end = start + seconds(8 * DAY);
    let waiting = db.run(move |connection| InboxRow::between(connection, id, start, end)).await.unwrap();
    assert_eq!(waiting.len(), 0, "every hour is packed a quarter of an hour after its end");
    let counts = [10, 60, 600, 3_600].map(|tier| blocks(db, id, tier));
    let [ten, minute, ten_minutes, hour] = counts;
    // Two series; 172 hours with points; 6 h blocks without the three that are all gap; days; one week.
    assert_eq!((ten.await.len(), minute.await.len(), ten_minutes.await.len(), hour.await.len()), (344, 58, 16, 2));

    for (points, tier, days) in [(8_640, 60, 5), (2_000, 600, 8), (200, 3_600, 8)] {
        let span = (start, start + seconds(days * DAY));
        let line = one(lines(db, id, Metric::CpuUser, span, points).await);
        assert_eq!(line.tier, tier);
        for point in &line.points {
            let hour = (point.time() - start).num_hours();
            assert!(!gap.contains(&hour), "a point in the gap: hour {hour}");
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let share = hour as f32;
            assert_eq!((point.min, point.mean, point.max), (share, share, share), "tier {tier}");
        }
        let count = (days * 24 - 20) * HOUR / i64::from(tier);
        assert_eq!(i64::try_from(line.points.len()).unwrap(), count, "tier {tier}");
        let sent = one(lines(db, id, Metric::NetworkSent, span, points).await);
        assert!(
            sent.points.iter().all(|point| (point.min, point.mean, point.max) == (0.0, 40.0, 100.0)),
            "tier {tier}"
        );
    }
}

#[tokio::test]
async fn packing_again_or_twice_at_once_changes_nothing() {
    let database = TestDatabase::new();
    let (db, start) = (&database.db, week_before(&database));
    let mut ids = SeriesIds::default();
    for name in ["web-1", "web-2", "web-3"] {
        let id = server(db, name).await;
        for hour in 0..13 {
            store(db, &mut ids, hour_of(id, start, hour)).await;
        }
    }
    let now = start + seconds(14 * HOUR);
    let pack = || {
        let db = db.clone();
        tokio::spawn(async move { packing::pack(&db, now).await })
    };
    let (first, second) = tokio::join!(pack(), pack());
    // One of them may have been told that the other was faster; the next round finishes.
    drop((first.unwrap(), second.unwrap()));
    packing::pack(db, now).await.unwrap();
    assert_eq!(packing::pack(db, now).await.unwrap(), 0);
    for id in [1, 2, 3].map(ServerId) {
        assert_eq!(blocks(db, id, 10).await.len(), 2 * 13);
        let minutes = blocks(db, id, 60).await;
        assert_eq!(minutes.len(), 2 * 2);
        assert!(minutes.iter().all(|block| block.means.len() == 360 && block.weights.is_empty()));
    }
}

#[tokio::test]
async fn rows_that_come_after_their_hour_was_packed_are_added_to_it() {
    let database = TestDatabase::new();
    let (db, start) = (&database.db, week_before(&database));
    let id = server(db, "web-1").await;
    let mut ids = SeriesIds::default();
    let (early, late): (Vec<_>, Vec<_>) =
        hour_of(id, start, 0).partition(|window| (window.at - start).num_minutes() < 30);
    let now = start + seconds(2 * HOUR);
    for half in [early, late] {
        store(db, &mut ids, half).await;
        packing::pack(db, now).await.unwrap();
    }
    let line = one(lines(db, id, Metric::CpuUser, (start, now), 1_000).await);
    assert_eq!((line.tier, line.points.len()), (10, 360));
}

#[tokio::test]
async fn a_steady_series_costs_a_third_of_one_that_moves() {
    let database = TestDatabase::new();
    let (db, start) = (&database.db, week_before(&database));
    let id = server(db, "web-1").await;
    store(db, &mut SeriesIds::default(), hour_of(id, start, 1)).await;
    packing::pack(db, start + seconds(3 * HOUR)).await.unwrap();
    let blocks = blocks(db, id, 10).await;
    let shapes: Vec<_> = blocks.iter().map(|block| (block.means.len(), block.minimums.len())).collect();
    assert!(shapes.contains(&(360, 0)) && shapes.contains(&(360, 360)), "{shapes:?}");
}
