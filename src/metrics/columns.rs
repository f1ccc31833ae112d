//! One server's series side by side. Pure: knows neither ring nor window, which keep something of their own per column.

use std::sync::Arc;

use super::catalogue::Metric;

/// How many series one server may have in memory at a time: what the limits of `DeviceKind` add up to, and some.
const LIMIT: usize = 640;

/// One metric of one device of a server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesName {
    /// What is measured.
    pub metric: Metric,
    /// On which device; empty for the whole server. The server chose this text.
    pub device: Arc<str>,
}

/// Something kept for each series, in the order in which the series first appeared.
#[derive(Debug)]
pub(super) struct Columns<T>(Vec<(SeriesName, T)>);

impl<T> Default for Columns<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Default> Columns<T> {
    /// The column of a series, and its place; a new one where there is none yet, unless there are too many.
    ///
    /// Values come in the same order each time, so the column is nearly always at `expected`, after the one before it.
    pub(super) fn column(&mut self, expected: usize, metric: Metric, device: &str) -> Option<(usize, &mut T)> {
        let is_it = |(name, _): &(SeriesName, T)| name.metric == metric && *name.device == *device;
        let place =
            if self.0.get(expected).is_some_and(is_it) { Some(expected) } else { self.0.iter().position(is_it) };
        let place = match place {
            Some(place) => place,
            None if self.0.len() < LIMIT => {
                self.0.push((SeriesName { metric, device: Arc::from(device) }, T::default()));
                self.0.len() - 1
            }
            None => return None,
        };
        self.0.get_mut(place).map(|(_, kept)| (place, kept))
    }

    /// Every column.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(SeriesName, T)> {
        self.0.iter()
    }

    /// Every column, to be changed.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut (SeriesName, T)> {
        self.0.iter_mut()
    }

    /// Forgets the columns that are not wanted any more.
    pub(super) fn retain(&mut self, wanted: impl Fn(&T) -> bool) {
        self.0.retain(|(_, kept)| wanted(kept));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_found_again_in_any_order_and_their_number_is_bounded() {
        let mut columns = Columns::<u32>::default();
        for number in 0..2 * LIMIT {
            if let Some((_, kept)) = columns.column(0, Metric::NetworkSent, &format!("eth{number}")) {
                *kept += 1;
            }
        }
        assert_eq!(columns.iter().count(), LIMIT);
        let (place, kept) = columns.column(600, Metric::NetworkSent, "eth7").unwrap();
        assert_eq!((place, *kept), (7, 1));
        assert!(columns.column(7, Metric::NetworkReceived, "eth7").is_none());
    }
}
