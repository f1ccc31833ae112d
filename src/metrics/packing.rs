//! Inbox → blocks of 10 s → coarser tiers, and what is too old → away.
//!
//! Every step is one transaction of one server, bounded in size; a step that was cut off is simply done again. Several
//! processes may pack at the same time: rows are taken out of the inbox by one of them only, and the progress of a
//! roll-up moves on by compare-and-set.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::tiers::{Block, Point, RollUp, Tier};
use crate::config::Retention;
use crate::db::Db;
use crate::error::Result;
use crate::models::ids::ServerId;
use crate::models::metric_points::{BlockRow, InboxRow, Progress};
use crate::models::series::Series;

/// An hour is packed this long after its end: what waited for the database to come back is in by then.
const LATENESS: TimeDelta = TimeDelta::minutes(15);
/// Servers that are looked up at a time.
const SERVERS: i64 = 50;

/// Packs every hour that is over, then rolls up every period that is over. Gives how many blocks were written.
pub async fn pack(db: &Db, now: DateTime<Utc>) -> Result<usize> {
    let closed = Tier::Ten.block_of((now - LATENESS).timestamp());
    let mut written = pack_inbox(db, closed).await?;
    let mut finer_until = closed;
    for tier in [Tier::Minute, Tier::TenMinutes, Tier::Hour] {
        let (blocks, until) = roll_up(db, tier, finer_until).await?;
        written += blocks;
        let Some(until) = until else { break };
        finer_until = until;
    }
    Ok(written)
}

/// Drops partitions and series that are older than their tier is kept.
pub async fn forget_old(db: &Db, now: DateTime<Utc>, retention: Retention) -> Result<()> {
    for tier in Tier::ALL {
        let before = now - TimeDelta::from_std(tier.kept(&retention)).unwrap_or(TimeDelta::MAX);
        db.run(move |connection| BlockRow::drop_partitions(connection, number(tier), before)).await?;
    }
    let unseen = now - TimeDelta::from_std(Tier::Hour.kept(&retention)).unwrap_or(TimeDelta::MAX);
    db.run(move |connection| Series::forget_unseen(connection, unseen)).await?;
    Ok(())
}

async fn pack_inbox(db: &Db, closed: i64) -> Result<usize> {
    let mut written = 0;
    loop {
        let waiting = db.run(move |connection| InboxRow::waiting(connection, time(closed), SERVERS)).await?;
        if waiting.is_empty() {
            return Ok(written);
        }
        for (server, earliest) in waiting {
            let hour = Tier::Ten.block_of(earliest.timestamp());
            written += pack_hour(db, server, hour).await?;
        }
    }
}

/// Takes one hour of one server out of the inbox and writes its blocks.
async fn pack_hour(db: &Db, server: ServerId, hour: i64) -> Result<usize> {
    ensure_partition(db, Tier::Ten, hour).await?;
    db.transaction(move |connection| {
        let end = hour + Tier::Ten.block_seconds();
        let rows = InboxRow::take(connection, server, time(hour), time(end))?;
        // A series may have been removed with its server while the rows waited.
        let known: HashSet<i32> = Series::ids_of(connection, server)?.into_iter().collect();
        let mut series = BTreeMap::new();
        for row in &rows {
            for (id, point) in points_of(row).filter(|(id, _)| known.contains(id)) {
                series.entry(id).or_insert_with(|| RollUp::new(Tier::Ten)).add(point);
            }
        }
        let ids: Vec<i32> = series.keys().copied().collect();
        // Rows that came very late belong to an hour that is packed already.
        for block in BlockRow::between(connection, number(Tier::Ten), &ids, time(hour), time(end))? {
            if let Some(roll_up) = series.get_mut(&block.series_id) {
                unpack(Tier::Ten, &block).points().for_each(|point| roll_up.add(point));
            }
        }
        Series::mark_seen(connection, &ids, time(end))?;
        Ok(BlockRow::store(connection, &blocks(series, Tier::Ten, hour))?)
    })
    .await
}

/// Rolls up every period of `tier` that ends by `finer_until`. Gives the blocks written, and how far the tier is now.
async fn roll_up(db: &Db, tier: Tier, finer_until: i64) -> Result<(usize, Option<i64>)> {
    let Some(mut progress) = begin(db, tier).await? else { return Ok((0, None)) };
    let mut written = 0;
    loop {
        let start = progress.done_until.timestamp();
        let end = start + tier.block_seconds();
        if end > finer_until {
            return Ok((written, Some(start)));
        }
        ensure_partition(db, tier, start).await?;
        let after = progress.after_server;
        let servers = db.run(move |connection| Series::servers_after(connection, after, SERVERS)).await?;
        let finished = servers.is_empty();
        for server in servers {
            let next = Progress { after_server: server, ..progress };
            written += roll_up_server(db, tier, progress, next).await?;
            progress = next;
        }
        if finished {
            let next = Progress { done_until: time(end), after_server: ServerId(0), ..progress };
            if !db.run(move |connection| progress.advance(connection, next)).await? {
                // Another process is at the same period: it will finish it.
                return Ok((written, Some(start)));
            }
            progress = next;
        }
    }
}

/// How far a tier is; where it has not begun, it begins with the first finer block.
async fn begin(db: &Db, tier: Tier) -> Result<Option<Progress>> {
    let Some(finer) = tier.finer() else { return Ok(None) };
    db.run(move |connection| {
        if let Some(progress) = Progress::of(connection, number(tier))? {
            return Ok(Some(progress));
        }
        let Some(earliest) = BlockRow::earliest(connection, number(finer))? else { return Ok(None) };
        let done_until = time(tier.block_of(earliest.timestamp()));
        Progress { tier: number(tier), done_until, after_server: ServerId(0) }.begin(connection)?;
        Progress::of(connection, number(tier))
    })
    .await
}

/// Rolls up one period of one server, and moves the progress from `here` to `next` with it.
async fn roll_up_server(db: &Db, tier: Tier, here: Progress, next: Progress) -> Result<usize> {
    let Some(finer) = tier.finer() else { return Ok(0) };
    db.transaction(move |connection| {
        if !here.advance(connection, next)? {
            return Ok(0);
        }
        let start = here.done_until.timestamp();
        let ids = Series::ids_of(connection, next.after_server)?;
        let end = time(start + tier.block_seconds());
        let mut series = BTreeMap::new();
        for block in BlockRow::between(connection, number(finer), &ids, time(start), end)? {
            let roll_up = series.entry(block.series_id).or_insert_with(|| RollUp::new(tier));
            unpack(finer, &block).points().for_each(|point| roll_up.add(point));
        }
        Ok(BlockRow::store(connection, &blocks(series, tier, start))?)
    })
    .await
}

async fn ensure_partition(db: &Db, tier: Tier, block: i64) -> Result<()> {
    let start = block - block.rem_euclid(tier.partition_seconds());
    let end = start + tier.partition_seconds();
    db.run(move |connection| BlockRow::ensure_partition(connection, number(tier), time(start), time(end))).await
}

fn blocks(series: BTreeMap<i32, RollUp>, tier: Tier, starts_at: i64) -> Vec<BlockRow> {
    let packed =
        series.into_iter().filter_map(|(id, points)| Some((id, Block::pack(tier, starts_at, points.points())?)));
    packed
        .map(|(series_id, block)| BlockRow {
            tier: number(tier),
            series_id,
            starts_at: time(starts_at),
            means: block.means,
            minimums: block.minimums,
            maximums: block.maximums,
            weights: block.weights,
        })
        .collect()
}

/// A row as what it means.
pub(super) fn unpack(tier: Tier, row: &BlockRow) -> Block {
    Block {
        tier,
        starts_at: row.starts_at.timestamp(),
        means: row.means.clone(),
        minimums: row.minimums.clone(),
        maximums: row.maximums.clone(),
        weights: row.weights.clone(),
    }
}

/// The points of a row of the inbox, each with its series.
pub(super) fn points_of(row: &InboxRow) -> impl Iterator<Item = (i32, Point)> {
    let at = Tier::Ten.point_of(row.at.timestamp());
    row.series_ids.iter().zip(&row.means).enumerate().map(move |(place, (id, mean))| {
        let min = row.minimums.get(place).copied().unwrap_or(*mean);
        let max = row.maximums.get(place).copied().unwrap_or(*mean);
        (*id, Point { at, min, mean: *mean, max, weight: 1 })
    })
}

/// The tier as its column has it.
pub(super) fn number(tier: Tier) -> i32 {
    tier as i32
}

pub(super) fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_secs(seconds).unwrap_or_default()
}
