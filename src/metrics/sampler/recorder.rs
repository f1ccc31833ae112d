//! One server's readings → values, for the ring and for the store. Knows no channel.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::commands::filesystems::Filesystem;
use crate::metrics::columns::SeriesName;
use crate::metrics::live::{Latest, LiveServer};
use crate::metrics::rates::{self, Reading, Value, Waits};
use crate::metrics::store::Store;
use crate::metrics::windows::Windows;
use crate::models::ids::ServerId;

/// What is mounted is believed for this long after it was last told.
const FILESYSTEMS_HOLD: Duration = Duration::from_secs(150);
/// A reading this much younger in uptime than the one before is of another boot.
const REBOOT: f64 = 5.0;

/// What is kept of one server between two readings.
pub struct Recorder {
    live: LiveServer,
    store: Store,
    windows: Windows,
    before: Option<Reading>,
    waits: Waits,
    last_uptime: f64,
    filesystems: Arc<[Filesystem]>,
    filesystems_at: Duration,
    named: Vec<(SeriesName, f32)>,
}

impl Recorder {
    /// Nothing read yet.
    pub fn new(server: ServerId, live: LiveServer, store: Store) -> Self {
        Self {
            live,
            store,
            windows: Windows::new(server),
            before: None,
            waits: Waits::default(),
            last_uptime: 0.0,
            filesystems: Arc::default(),
            filesystems_at: Duration::ZERO,
            named: Vec::new(),
        }
    }

    /// Takes a reading that was due at `due`. A reading before it that is older than `longest` gives no rates. True where
    /// the server was rebooted in between.
    pub fn take(&mut self, due: DateTime<Utc>, reading: Reading, longest: Duration) -> bool {
        if reading.at.saturating_sub(self.filesystems_at) > FILESYSTEMS_HOLD {
            self.filesystems = Arc::default();
        }
        let filesystems = Arc::clone(&self.filesystems);
        let mut values = rates::values(self.before.as_ref(), &reading, longest);
        values.extend(rates::filesystem_values(&filesystems));
        // Last, because they are not among the values of every reading.
        values.extend(self.waits.take(&reading, longest));
        if let Some(window) = self.windows.add(due, &values) {
            self.store.put(window);
        }
        self.name(&values);
        let latest = Latest {
            at: due,
            values: self.named.clone(),
            memory: reading.sample.memory,
            uptime_seconds: reading.sample.uptime_seconds,
            busy: None,
            filesystems: Arc::clone(&filesystems),
        };
        self.live.push(latest, &values);
        let uptime = reading.sample.uptime_seconds;
        let rebooted = uptime + REBOOT < self.last_uptime;
        self.last_uptime = uptime;
        self.before = Some(reading);
        rebooted
    }

    /// Takes what is mounted, as it was told at `at`.
    pub fn mounted(&mut self, filesystems: Vec<Filesystem>, at: Duration) {
        self.filesystems = filesystems.into();
        self.filesystems_at = at;
    }

    /// Nothing follows for a while: what was read so far is stored.
    pub fn pause(&mut self) {
        if let Some(window) = self.windows.finish() {
            self.store.put(window);
        }
    }

    /// Names the values; the names of the last reading are used again where they are the same, which is nearly always.
    fn name(&mut self, values: &[Value<'_>]) {
        self.named.truncate(values.len());
        for (place, value) in values.iter().enumerate() {
            match self.named.get_mut(place) {
                Some((name, kept)) if name.metric == value.metric && *name.device == *value.device => {
                    *kept = value.value;
                }
                Some(other) => *other = named(value),
                None => self.named.push(named(value)),
            }
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.pause();
    }
}

fn named(value: &Value<'_>) -> (SeriesName, f32) {
    (SeriesName { metric: value.metric, device: value.device.into() }, value.value)
}
