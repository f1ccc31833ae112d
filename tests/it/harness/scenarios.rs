//! A scenario as tests begin with: CPU usage of `web-1`, which is due at a moment. And what a channel knows.

use chrono::{DateTime, Utc};
use hannun::models::channels::ChannelValues;
use hannun::models::scenarios::{Missed, NewScenario, Overlap};
use hannun::scenarios::channels;
use serde_json::{Value, json};

/// What a channel of this kind knows.
pub(crate) fn channel_values(kind: &str, given: Value) -> ChannelValues {
    let Value::Object(given) = given else { panic!("{given} is no object") };
    channels::accept(channels::kind_of(kind).unwrap(), given).unwrap()
}

/// A scenario with this schedule, whose next slot is `next`.
pub(crate) fn due(schedule: Value, next: DateTime<Utc>) -> NewScenario {
    NewScenario {
        name: "Morning check".to_owned(),
        schedule,
        source: "cpu_usage".to_owned(),
        source_settings: json!({ "window_seconds": 60 }),
        servers: vec!["web-1".to_owned()],
        enabled: true,
        grace_seconds: None,
        missed: Missed::Coalesce,
        overlap: Overlap::Skip,
        parallel_most: 1,
        next_slot: Some(next),
        next_run_at: Some(next),
    }
}
