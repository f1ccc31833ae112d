//! Ten minutes of one server, in columns of 16-bit values. Pure.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use super::compact::{GAP, compact, expand};
use crate::metrics::catalogue::Metric;
use crate::metrics::columns::Columns;
use crate::metrics::line::{Line, Point};
use crate::metrics::rates::Value;

/// How far back the ring goes.
const KEPT_MS: i64 = 10 * 60 * 1_000;
/// Rows at most: one a second. A faster clock than ours cannot fill memory.
const ROWS: usize = 600;
/// Rows by which room grows: doubling would leave nearly half of it empty at 600.
const GROWTH: usize = 60;

/// Values of the last ten minutes, one row per sample.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// Milliseconds since 1970 of each row.
    times: VecDeque<i64>,
    columns: Columns<Column>,
}

/// The values of one series. Its last value belongs to the last row; it is shorter than the rows where it is younger.
#[derive(Debug, Default)]
struct Column {
    codes: VecDeque<u16>,
    /// The row that is being written has its value.
    written: bool,
}

impl Ring {
    /// Adds a row.
    pub(super) fn push(&mut self, at: DateTime<Utc>, values: &[Value<'_>]) {
        let at = at.timestamp_millis();
        // Our clock was set back: what is later than now cannot be drawn.
        while self.times.back().is_some_and(|last| *last >= at) {
            self.times.pop_back();
            for (_, column) in self.columns.iter_mut() {
                column.codes.pop_back();
            }
        }
        // Before the row, so that a full ring never grows by a piece for the one row that is too many for a moment.
        self.forget_before(at - KEPT_MS);
        grow(&mut self.times);
        self.times.push_back(at);
        let mut expected = 0;
        for value in values.iter().filter(|value| !value.metric.is_slow()) {
            let Some((place, column)) = self.columns.column(expected, value.metric, value.device) else { continue };
            expected = place + 1;
            if !column.written {
                column.push(compact(value.value));
            }
        }
        for (_, column) in self.columns.iter_mut() {
            if !std::mem::take(&mut column.written) {
                column.push(GAP);
                column.written = false;
            }
        }
        self.tidy();
    }

    /// Leaves room for a row.
    fn forget_before(&mut self, oldest: i64) {
        while self.times.len() >= ROWS || self.times.front().is_some_and(|first| *first < oldest) {
            self.times.pop_front();
        }
        let rows = self.times.len();
        for (_, column) in self.columns.iter_mut() {
            let surplus = column.codes.len().saturating_sub(rows);
            column.codes.drain(..surplus);
        }
    }

    fn tidy(&mut self) {
        let rows = self.times.len();
        // Once a minute or so: a column without a value may be of a device that is gone, and room of a time when
        // somebody looked each second may be given back.
        if rows.is_multiple_of(GROWTH) || self.times.capacity() > 2 * (rows + GROWTH) {
            self.columns.retain(|column| column.codes.iter().any(|code| *code != GAP));
            self.columns.iter_mut().for_each(|(_, column)| column.codes.shrink_to(rows + GROWTH));
            self.times.shrink_to(rows + GROWTH);
        }
    }

    /// One line per series of the wanted metrics.
    pub(super) fn lines(&self, wanted: &[Metric]) -> Vec<Line> {
        let columns = self.columns.iter().filter(|(name, _)| wanted.contains(&name.metric));
        columns
            .map(|(name, column)| {
                let times = self.times.iter().skip(self.times.len().saturating_sub(column.codes.len()));
                let points = times.zip(&column.codes).filter_map(|(at, code)| {
                    let value = expand(*code)?;
                    Some(Point { at: at.div_euclid(1_000), min: value, mean: value, max: value })
                });
                Line { metric: name.metric, device: name.device.to_string(), tier: 1, points: points.collect() }
            })
            .collect()
    }

    /// The mean of a metric of the whole server since `from`; none where its values begin later than `begins_by`.
    pub(super) fn mean(&self, metric: Metric, from: DateTime<Utc>, begins_by: DateTime<Utc>) -> Option<f32> {
        let (_, column) = self.columns.iter().find(|(name, _)| name.metric == metric)?;
        let times = self.times.iter().skip(self.times.len().saturating_sub(column.codes.len()));
        let mut known = times.zip(&column.codes).filter_map(|(at, code)| Some((*at, expand(*code)?))).peekable();
        known.peek().filter(|(first, _)| *first <= begins_by.timestamp_millis())?;
        let since = known.skip_while(|(at, _)| *at < from.timestamp_millis()).map(|(_, value)| f64::from(value));
        let (sum, count) = since.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
        #[expect(clippy::cast_possible_truncation, reason = "a mean of f32 values fits f32")]
        (count > 0).then(|| (sum / f64::from(count)) as f32)
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let names = self.columns.iter().map(|(name, column)| {
            column.codes.capacity() * size_of::<u16>()
                + size_of::<(super::SeriesName, Column)>()
                + name.device.len()
                + 16
        });
        names.sum::<usize>() + self.times.capacity() * size_of::<i64>()
    }
}

impl Column {
    fn push(&mut self, code: u16) {
        grow(&mut self.codes);
        self.codes.push_back(code);
        self.written = true;
    }
}

fn grow<T>(places: &mut VecDeque<T>) {
    if places.len() == places.capacity() {
        places.reserve_exact(GROWTH);
    }
}
