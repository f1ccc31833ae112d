//! Windows of all servers → one batch of rows a second. Never keeps a sampler waiting.
//!
//! While the database is away the newest ten minutes are kept and written when it is back (R04).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::columns::SeriesName;
use super::windows::Window;
use crate::db::Db;
use crate::error::Result;
use crate::models::consumer_readings::ConsumerReading;
use crate::models::ids::ServerId;
use crate::models::metric_points::InboxRow;
use crate::models::series::{NewSeries, Series};

/// How much is kept while the database is away.
const KEPT: TimeDelta = TimeDelta::minutes(10);
/// Windows kept at most, whatever their times: ten minutes of two thousand servers.
const LIMIT: usize = 120_000;
/// Readings of what used most that are kept at most: ten minutes of two thousand servers.
const READINGS: usize = 4_000;
/// Windows written at once: what waited for ten minutes is written in several batches.
const BATCH: usize = 2_000;
/// Between two batches.
const PERIOD: Duration = Duration::from_secs(1);

/// Takes windows and writes them; clones share the queue.
#[derive(Debug, Clone, Default)]
pub struct Store(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    windows: VecDeque<Window>,
    /// Written with the next windows: they are no batch of their own.
    consumers: VecDeque<ConsumerReading>,
    /// Some were dropped since the last batch was written.
    dropping: bool,
}

impl Waiting {
    fn bound_consumers(&mut self) {
        let surplus = self.consumers.len().saturating_sub(READINGS);
        self.consumers.drain(..surplus);
    }
}

impl Store {
    /// Takes a window, to be written within a second or so.
    pub fn put(&self, window: Window) {
        let mut waiting = self.waiting();
        let oldest = window.at - KEPT;
        waiting.windows.push_back(window);
        let before = waiting.windows.len();
        while waiting.windows.len() > LIMIT || waiting.windows.front().is_some_and(|window| window.at < oldest) {
            waiting.windows.pop_front();
        }
        if waiting.windows.len() < before && !std::mem::replace(&mut waiting.dropping, true) {
            tracing::warn!("the database has been away for ten minutes; older measurements are being lost");
        }
    }

    /// Takes what used most, to be written with the next windows. While the database is away the newest ones are kept.
    pub fn put_consumers(&self, reading: Option<ConsumerReading>) {
        let mut waiting = self.waiting();
        waiting.consumers.extend(reading);
        waiting.bound_consumers();
    }

    /// How many windows wait to be written.
    pub fn len(&self) -> usize {
        self.waiting().windows.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes what comes, once a second, until `stop`; what waits then is written before it returns.
    pub async fn run(&self, db: &Db, stop: &CancellationToken) {
        let mut ids = SeriesIds::default();
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let stopped = tokio::select! {
                () = stop.cancelled() => true,
                _ = ticks.tick() => false,
            };
            // The doorway tells the loss of the database itself; here it only means to go on later.
            if let Err(error) = self.write(db, &mut ids).await {
                tracing::debug!(%error, "measurements wait for the database");
            }
            if stopped {
                return;
            }
        }
    }

    /// Writes one batch of what waits; on failure it goes on waiting.
    pub async fn write(&self, db: &Db, ids: &mut SeriesIds) -> Result<usize> {
        let (batch, consumers) = {
            let mut waiting = self.waiting();
            let count = waiting.windows.len().min(BATCH);
            let batch: Vec<Window> = waiting.windows.drain(..count).collect();
            let readings = if batch.is_empty() { 0 } else { waiting.consumers.len().min(BATCH) };
            let consumers: Vec<ConsumerReading> = waiting.consumers.drain(..readings).collect();
            (batch, consumers)
        };
        if batch.is_empty() {
            return Ok(0);
        }
        match write(db, ids, &batch, &consumers).await {
            Ok(written) => {
                self.waiting().dropping = false;
                Ok(written)
            }
            Err(error) => {
                self.put_back(batch, consumers);
                Err(error)
            }
        }
    }

    fn put_back(&self, batch: Vec<Window>, consumers: Vec<ConsumerReading>) {
        let mut waiting = self.waiting();
        for window in batch.into_iter().rev() {
            waiting.windows.push_front(window);
        }
        for reading in consumers.into_iter().rev() {
            waiting.consumers.push_front(reading);
        }
        waiting.bound_consumers();
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A batch whose commit was not answered may be written twice: whoever packs the rows sees the same window twice, and
/// minimum, mean and maximum stay what they are.
async fn write(db: &Db, ids: &mut SeriesIds, batch: &[Window], consumers: &[ConsumerReading]) -> Result<usize> {
    ids.learn(db, batch).await?;
    let rows: Vec<InboxRow> = batch.iter().filter_map(|window| ids.row(window)).collect();
    let count = rows.len();
    if count > 0 || !consumers.is_empty() {
        let consumers = consumers.to_vec();
        db.transaction(move |connection| {
            if !consumers.is_empty() {
                ConsumerReading::store(connection, &consumers)?;
            }
            Ok(InboxRow::store(connection, &rows)?)
        })
        .await?;
    }
    Ok(count)
}

/// The ids of the series that were written lately.
#[derive(Debug, Default)]
pub struct SeriesIds(HashMap<ServerId, HashMap<SeriesName, i32>>);

impl SeriesIds {
    async fn learn(&mut self, db: &Db, batch: &[Window]) -> Result<()> {
        let unknown: Vec<NewSeries> = batch
            .iter()
            .flat_map(|window| window.values.iter().map(|(name, _)| (window.server, name)))
            .filter(|(server, name)| self.id(*server, name).is_none())
            .map(|(server_id, name)| NewSeries {
                server_id,
                metric: name.metric.name(),
                device: name.device.to_string(),
            })
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        for series in db.run(move |connection| Series::ensure(connection, &unknown)).await? {
            if let Some(metric) = super::catalogue::Metric::from_name(&series.metric) {
                let name = SeriesName { metric, device: series.device.into() };
                self.0.entry(series.server_id).or_default().insert(name, series.id);
            }
        }
        Ok(())
    }

    fn id(&self, server: ServerId, name: &SeriesName) -> Option<i32> {
        self.0.get(&server)?.get(name).copied()
    }

    /// None where no series of the window has an id: the server was removed, or has too many series.
    fn row(&self, window: &Window) -> Option<InboxRow> {
        let known: Vec<_> =
            window.values.iter().filter_map(|(name, summary)| Some((self.id(window.server, name)?, summary))).collect();
        let is_flat = known.iter().all(|(_, one)| one.min.total_cmp(&one.max).is_eq());
        let column = |value: fn(&super::windows::Summary) -> f32| known.iter().map(|(_, one)| value(one)).collect();
        (!known.is_empty()).then(|| InboxRow {
            server_id: window.server,
            at: window.at,
            series_ids: known.iter().map(|(id, _)| *id).collect(),
            means: column(|one| one.mean),
            minimums: if is_flat { Vec::new() } else { column(|one| one.min) },
            maximums: if is_flat { Vec::new() } else { column(|one| one.max) },
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::models::consumer_readings::Consumers;

    fn window(minute: i64) -> Window {
        let at = DateTime::from_timestamp_secs(1_700_000_000 + minute * 60).unwrap();
        Window { server: ServerId(1), at, values: Vec::new() }
    }

    #[test]
    fn rel_r04_while_nobody_writes_the_newest_ten_minutes_are_kept() {
        let store = Store::default();
        for minute in 0..60 {
            store.put(window(minute));
        }
        assert_eq!(store.len(), 11);
        assert_eq!(store.waiting().windows.front(), Some(&window(49)));
    }

    #[test]
    fn what_could_not_be_written_keeps_its_place() {
        let store = Store::default();
        store.put(window(2));
        store.put_back(vec![window(0), window(1)], Vec::new());
        assert_eq!(store.waiting().windows, [window(0), window(1), window(2)]);
    }

    fn reading(second: i64) -> ConsumerReading {
        let (by_cpu, by_memory) = (Consumers::default(), Consumers::default());
        let at = DateTime::from_timestamp_secs(1_700_000_000 + second).unwrap();
        ConsumerReading { server_id: ServerId(1), at, span_seconds: 1.0, by_cpu, by_memory }
    }

    #[test]
    fn rel_r04_however_often_writing_fails_readings_are_bounded_and_the_newest_are_kept() {
        let store = Store::default();
        for second in 0..20_000 {
            store.put_consumers(Some(reading(second)));
            if second % 1_000 == 0 {
                // What was taken for a batch that failed comes back while others came.
                let taken = store.waiting().consumers.drain(..).collect();
                (1..=10).for_each(|_| store.put_consumers(Some(reading(second))));
                store.put_back(Vec::new(), taken);
            }
        }
        let waiting = store.waiting();
        assert_eq!((waiting.consumers.len(), waiting.consumers.back()), (READINGS, Some(&reading(19_999))));
    }
}
