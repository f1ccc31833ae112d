//! Several lines over the same moments: lining up, thinning, and saying where nothing was measured. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

/// Lines over common moments. A moment at which a line has no value is a break in that line, never 0.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Lines {
    /// Seconds since the epoch, growing.
    pub times: Vec<f64>,
    /// For each line, a value or nothing for each moment.
    pub columns: Vec<Vec<Option<f64>>>,
}

impl Lines {
    /// Lines up points `(seconds, value)` of several lines by their moments.
    pub fn lined_up(lines: &[Vec<(f64, f64)>]) -> Self {
        let mut rows: BTreeMap<i64, Vec<Option<f64>>> = BTreeMap::new();
        for (index, line) in lines.iter().enumerate() {
            for (at, value) in line.iter().filter(|(at, value)| at.is_finite() && value.is_finite()) {
                let row = rows.entry(milliseconds(*at)).or_insert_with(|| vec![None; lines.len()]);
                if let Some(cell) = row.get_mut(index) {
                    *cell = Some(*value);
                }
            }
        }
        let mut found = Self { times: Vec::with_capacity(rows.len()), columns: vec![Vec::new(); lines.len()] };
        for (at, row) in rows {
            found.push(seconds(at), row);
        }
        found
    }

    /// Adds a moment after the others.
    pub fn push(&mut self, at: f64, row: impl IntoIterator<Item = Option<f64>>) {
        self.times.push(at);
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
    }

    /// The same with at most one moment for every `step` seconds: the mean of what was measured in it.
    #[must_use]
    pub fn thinned(&self, step: f64) -> Self {
        let mut found = Self { times: Vec::new(), columns: vec![Vec::new(); self.columns.len()] };
        let mut start = 0;
        while let Some(first) = self.times.get(start) {
            let slot = (first / step).floor();
            let length =
                self.times.iter().skip(start).take_while(|at| ((*at / step).floor() - slot).abs() < 0.5).count();
            let end = start + length.max(1);
            let mean = |values: &[Option<f64>]| {
                let known: Vec<f64> = values.iter().flatten().copied().collect();
                (!known.is_empty()).then(|| known.iter().sum::<f64>() / super::as_f64(known.len()))
            };
            let at = if length == 1 { *first } else { slot * step + step / 2.0 };
            found.push(at, self.columns.iter().map(|column| column.get(start..end).and_then(mean)));
            start = end;
        }
        found
    }

    /// The same with an empty moment wherever two are further apart than `tolerance` seconds, so that no line bridges it.
    #[must_use]
    pub fn with_gaps(&self, tolerance: f64) -> Self {
        let mut found = Self { times: Vec::new(), columns: vec![Vec::new(); self.columns.len()] };
        for (index, at) in self.times.iter().enumerate() {
            if let Some(before) = index.checked_sub(1).and_then(|before| self.times.get(before))
                && at - before > tolerance
            {
                found.push(f64::midpoint(*before, *at), vec![None; self.columns.len()]);
            }
            found.push(*at, self.columns.iter().map(|column| column.get(index).copied().flatten()));
        }
        found
    }

    /// Spans `(from, to)` in which nothing was measured: between moments further apart than `tolerance`, and after the last.
    /// What lies before the first moment is no gap: nobody was watching yet.
    pub fn gaps(&self, tolerance: f64, until: f64) -> Vec<(f64, f64)> {
        let measured = || {
            let any = |index: usize| self.columns.iter().any(|column| column.get(index).copied().flatten().is_some());
            self.times.iter().enumerate().filter(move |(index, _)| any(*index)).map(|(_, at)| *at)
        };
        let ends = measured().skip(1).chain(std::iter::once(until));
        measured().zip(ends).filter(|(from, to)| to - from > tolerance).collect()
    }

    /// The highest value of any line, or of all lines on top of each other.
    pub fn highest(&self, stacked: bool) -> f64 {
        if stacked {
            let sums = (0..self.times.len())
                .map(|index| self.columns.iter().filter_map(|column| column.get(index).copied().flatten()).sum());
            return sums.fold(0.0, f64::max);
        }
        self.columns.iter().flatten().flatten().copied().fold(0.0, f64::max)
    }

    /// Each line with what lies under it added, the last line at the bottom.
    #[must_use]
    pub fn stacked(&self) -> Self {
        let mut found = self.clone();
        let mut below: Vec<f64> = vec![0.0; self.times.len()];
        for column in found.columns.iter_mut().rev() {
            for (value, below) in column.iter_mut().zip(&mut below) {
                if let Some(value) = value {
                    *value += *below;
                    *below = *value;
                }
            }
        }
        found
    }

    /// The last moment at which something was measured.
    pub fn last_moment(&self) -> Option<f64> {
        let any = |index: usize| self.columns.iter().any(|column| column.get(index).copied().flatten().is_some());
        self.times.iter().enumerate().rev().find(|(index, _)| any(*index)).map(|(_, at)| *at)
    }

    /// The last value of line `index`.
    pub fn last(&self, index: usize) -> Option<f64> {
        self.columns.get(index).and_then(|column| column.iter().rev().find_map(|value| *value))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since the epoch fit for thousands of years")]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since the epoch are exact in a double")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(points: &[(f64, f64)]) -> Lines {
        Lines::lined_up(&[points.to_vec()])
    }

    #[test]
    fn lines_measured_at_different_moments_line_up_with_breaks_not_zeros() {
        let lines = Lines::lined_up(&[vec![(1.0, 5.0), (2.0, f64::NAN)], vec![(2.0, 7.0)]]);
        assert_eq!(lines.times, [1.0, 2.0]);
        assert_eq!(lines.columns, [vec![Some(5.0), None], vec![None, Some(7.0)]]);
    }

    #[test]
    fn thinning_takes_the_mean_of_what_was_measured() {
        let thin = one(&[(0.0, 2.0), (1.0, 4.0), (10.0, 9.0)]).thinned(5.0);
        assert_eq!(thin.times, [2.5, 10.0]);
        assert_eq!(thin.columns, [vec![Some(3.0), Some(9.0)]]);
    }

    #[test]
    fn a_gap_is_where_moments_are_too_far_apart_or_the_last_is_too_old() {
        let lines = one(&[(0.0, 1.0), (10.0, 1.0), (60.0, 1.0), (70.0, 1.0)]);
        assert_eq!(lines.gaps(25.0, 80.0), [(10.0, 60.0)]);
        assert_eq!(lines.gaps(25.0, 200.0), [(10.0, 60.0), (70.0, 200.0)]);
        assert_eq!(lines.with_gaps(25.0).columns[0], [Some(1.0), Some(1.0), None, Some(1.0), Some(1.0)]);
        assert_eq!(one(&[]).gaps(25.0, 80.0), []);
    }

    #[test]
    fn a_stack_adds_from_the_bottom_up() {
        let lines = Lines { times: vec![0.0], columns: vec![vec![Some(30.0)], vec![None], vec![Some(2.0)]] };
        assert_eq!(lines.stacked().columns, [vec![Some(32.0)], vec![None], vec![Some(2.0)]]);
        assert!((lines.highest(true) - 32.0).abs() < f64::EPSILON);
    }
}
