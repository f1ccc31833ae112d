//! What is too old goes, a partition at a time; what a point costs while it is there.

use chrono::{DateTime, Utc};
use hannun::config::Retention;
use hannun::metrics::catalogue::Metric;
use hannun::metrics::packing;
use hannun::metrics::store::SeriesIds;
use hannun::metrics::tiers::Tier;
use hannun::metrics::windows::Summary;
use hannun::models::metric_points::{BlockRow, stored_bytes};

use super::{flat, lines, seconds, server, store, window};
use crate::harness::database::TestDatabase;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn each_tier_is_dropped_after_its_own_time_and_the_coarser_ones_stay() {
    let database = TestDatabase::new();
    let db = &database.db;
    let start = DateTime::from_timestamp_secs(Tier::Hour.block_of(database.now().timestamp())).unwrap();
    let id = server(db, "web-1").await;
    let mut ids = SeriesIds::default();
    // One sample a minute is enough: fourteen days in a moment.
    for hour in 0..14 * 24 {
        let windows = (0..60)
            .map(|minute| window(id, start + seconds(hour * HOUR + minute * 60), &[(Metric::Load1, "", flat(1.0))]));
        store(db, &mut ids, windows).await;
    }
    packing::pack(db, start + seconds(14 * DAY + HOUR)).await.unwrap();
    let begins = async || {
        let mut begins = Vec::new();
        for tier in [10, 60, 600, 3_600] {
            let earliest = db.run(move |connection| BlockRow::earliest(connection, tier)).await.unwrap();
            begins.push(earliest.map(|earliest: DateTime<Utc>| (earliest - start).num_days()));
        }
        begins
    };
    assert_eq!(begins().await, [Some(0); 4]);

    let retention = Retention::default();
    packing::forget_old(db, start + seconds(14 * DAY), retention).await.unwrap();
    assert_eq!(begins().await, [Some(12), Some(0), Some(0), Some(0)]);
    packing::forget_old(db, start + seconds(20 * DAY), retention).await.unwrap();
    let [None, Some(minutes), Some(0), Some(0)] = begins().await[..] else { panic!("{:?}", begins().await) };
    assert!((4..=6).contains(&minutes), "a partition of two days goes when all of it is too old: {minutes}");
    packing::forget_old(db, start + seconds(200 * DAY), retention).await.unwrap();
    assert_eq!(begins().await, [None, None, None, Some(0)]);
    let span = (start, start + seconds(14 * DAY));
    assert_eq!(lines(db, id, Metric::Load1, span, 500).await[0].points.len(), 14 * 24);
    packing::forget_old(db, start + seconds(900 * DAY), retention).await.unwrap();
    assert_eq!(begins().await, [None; 4]);
    assert_eq!(lines(db, id, Metric::Load1, span, 500).await, []);
}

#[tokio::test]
async fn a_stored_point_costs_at_most_16_bytes_also_where_nothing_can_be_compressed() {
    let database = TestDatabase::new();
    let db = &database.db;
    let start = DateTime::from_timestamp_secs(Tier::Hour.block_of(database.now().timestamp())).unwrap();
    let id = server(db, "web-1").await;
    let mut ids = SeriesIds::default();
    let mut noise = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        f32::from(u16::try_from(noise & 0xffff).unwrap()) * 1.37
    };
    let (series, hours) = (30_u16, 8);
    for place in 0..hours * 360 {
        let values: Vec<_> = (0..series)
            .map(|core| {
                let (low, middle, high) = (next(), next(), next());
                (core.to_string(), Summary { min: low, mean: low + middle, max: low + middle + high })
            })
            .collect();
        let values: Vec<_> = values.iter().map(|(core, summary)| (Metric::CpuCore, core.as_str(), *summary)).collect();
        store(db, &mut ids, [window(id, start + seconds(place * 10), &values)]).await;
    }
    packing::pack(db, start + seconds((hours + 1) * HOUR)).await.unwrap();
    let bytes = db.run(stored_bytes).await.unwrap();
    // 10 s points of every hour, and minutes of the six that are over.
    let points = i64::from(series) * (hours * 360 + 360);
    assert!(bytes <= 16 * points, "{bytes} bytes for {points} points");
}
