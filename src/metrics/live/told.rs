//! What one process tells others of a server: its latest values and its trouble, as JSON. Pure.
//!
//! Metrics go by their public names, so that two versions of hannun understand each other; one that is not known is left out.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};

use super::Latest;
use crate::commands::filesystems::Filesystem;
use crate::commands::metrics::Memory;
use crate::error::RemoteError;
use crate::metrics::catalogue::Metric;
use crate::metrics::columns::SeriesName;

/// Of what a command said, this much is told.
const EVIDENCE: usize = 2_000;

/// What is told of one server.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::metrics) struct Told {
    /// Its latest values; none before the first.
    pub(in crate::metrics) latest: Option<Latest>,
    /// Why there are no new ones.
    pub(in crate::metrics) trouble: Option<RemoteError>,
}

#[derive(Serialize)]
struct Saying<'a> {
    latest: Option<SayingLatest<'a>>,
    trouble: Option<RemoteError>,
}

#[derive(Serialize)]
struct SayingLatest<'a> {
    at: DateTime<Utc>,
    uptime_seconds: f64,
    busy: Option<f32>,
    memory: Option<Memory>,
    filesystems: &'a [Filesystem],
    values: Values<'a>,
}

struct Values<'a>(&'a [(SeriesName, f32)]);

#[derive(Deserialize)]
struct Heard {
    latest: Option<HeardLatest>,
    trouble: Option<RemoteError>,
}

#[derive(Deserialize)]
struct HeardLatest {
    at: DateTime<Utc>,
    uptime_seconds: f64,
    busy: Option<f32>,
    memory: Option<Memory>,
    filesystems: Vec<Filesystem>,
    values: Vec<(String, Arc<str>, f32)>,
}

impl Told {
    /// The text of a server's values and trouble.
    pub(in crate::metrics) fn text(latest: Option<&Latest>, trouble: Option<&RemoteError>) -> Vec<u8> {
        let saying = Saying {
            latest: latest.map(|latest| SayingLatest {
                at: latest.at,
                uptime_seconds: latest.uptime_seconds,
                busy: latest.busy,
                memory: latest.memory,
                filesystems: &latest.filesystems,
                values: Values(&latest.values),
            }),
            trouble: trouble.map(|trouble| trouble.clone().with_evidence_up_to(EVIDENCE)),
        };
        // Nothing in it can fail to be written.
        serde_json::to_vec(&saying).unwrap_or_default()
    }

    /// What a text tells; none where it is of a version that we do not understand.
    pub(in crate::metrics) fn read(text: &[u8]) -> Option<Self> {
        let heard: Heard = serde_json::from_slice(text).ok()?;
        Some(Self { latest: heard.latest.map(Latest::from), trouble: heard.trouble })
    }
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut values = serializer.serialize_seq(None)?;
        for (name, value) in self.0.iter().filter(|(_, value)| value.is_finite()) {
            values.serialize_element(&(name.metric.name(), &*name.device, value))?;
        }
        values.end()
    }
}

impl From<HeardLatest> for Latest {
    fn from(heard: HeardLatest) -> Self {
        let named = |(metric, device, value): (String, Arc<str>, f32)| {
            Some((SeriesName { metric: Metric::from_name(&metric)?, device }, value))
        };
        Self {
            at: heard.at,
            values: heard.values.into_iter().filter_map(named).collect(),
            memory: heard.memory,
            uptime_seconds: heard.uptime_seconds,
            busy: heard.busy,
            filesystems: heard.filesystems.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latest() -> Latest {
        let name = |metric, device: &str| SeriesName { metric, device: device.into() };
        let root = Filesystem { mount: "/\u{1b}\"".to_owned(), size_bytes: Some(u64::MAX), ..Filesystem::default() };
        Latest {
            at: DateTime::from_timestamp_millis(1_763_900_000_250).unwrap(),
            values: vec![(name(Metric::CpuTotal, ""), 12.345_678), (name(Metric::DiskRead, "s\nda\""), f32::MAX)],
            memory: Some(Memory { total: 1 << 34, available: 1, ..Memory::default() }),
            uptime_seconds: 1_234.5,
            busy: Some(0.1),
            filesystems: [root].into(),
        }
    }

    #[test]
    fn what_is_told_is_what_is_heard() {
        let trouble = RemoteError::CredentialUnusable {
            credential: "ops".to_owned(),
            why: "The passphrase is wrong, or the key is damaged".into(),
        };
        let told = Told { latest: Some(latest()), trouble: Some(trouble.clone()) };
        assert_eq!(Told::read(&Told::text(Some(&latest()), Some(&trouble))), Some(told));
        assert_eq!(Told::read(&Told::text(None, None)), Some(Told { latest: None, trouble: None }));
    }

    #[test]
    fn a_metric_of_a_newer_version_and_a_value_that_is_none_are_left_out() {
        let mut latest = latest();
        latest.values.push((SeriesName { metric: Metric::Load1, device: "".into() }, f32::NAN));
        let text = String::from_utf8(Told::text(Some(&latest), None)).unwrap().replace("disk.read", "disk.frobs");
        let heard = Told::read(text.as_bytes()).unwrap().latest.unwrap();
        assert_eq!(heard.values.len(), 1);
        assert_eq!(heard.value(Metric::CpuTotal), Some(12.345_678));
    }

    #[test]
    fn sec_x01_of_what_a_command_said_only_the_beginning_is_told() {
        let said = "가".repeat(1 << 20);
        let trouble =
            RemoteError::Failed { server: "web-1".to_owned(), command: "loop".to_owned(), status: 1, stderr: said };
        let text = Told::text(None, Some(&trouble));
        assert!(text.len() < 10_000, "{}", text.len());
        assert_eq!(Told::read(&text).unwrap().trouble.unwrap().evidence().chars().count(), EVIDENCE);
    }

    #[test]
    fn a_text_of_another_shape_is_no_news() {
        assert_eq!(Told::read(b""), None);
        assert_eq!(Told::read(br#"{"latest": 7}"#), None);
    }
}
