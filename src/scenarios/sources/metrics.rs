//! Numbers that hannun keeps anyhow: read from its own tables, so a thousand scenarios cost no server anything.

use chrono::TimeDelta;
use futures_util::FutureExt;
use serde_json::{Map, Value};

use super::{Asked, Source, Values, none};
use crate::error::Error;
use crate::language::Message;
use crate::metrics::catalogue::Metric;
use crate::metrics::series::Question;
use crate::scenarios::fields::{Default, Field, Takes, number, text};

const WINDOW: Field = Field {
    name: "window_seconds",
    label: "Averaged over",
    hint: "Seconds up to the run",
    takes: Takes::Number { least: 10, most: 86_400 },
    default: Default::Number(60),
};

/// How busy processors are.
pub(super) const CPU: Source = Source {
    kind: "cpu_usage",
    label: "CPU usage",
    icon: "cpu",
    fields: &[WINDOW],
    gives: &[
        ("cpu.total", "31.2"),
        ("cpu.user", "24.1"),
        ("cpu.system", "7.1"),
        ("cpu.iowait", "1.8"),
        ("cpu.steal", "0"),
    ],
    asks_server: false,
    acts: false,
    problems: none,
    read: |asked| {
        of(asked, &[Metric::CpuTotal, Metric::CpuUser, Metric::CpuSystem, Metric::CpuIowait, Metric::CpuSteal], "")
    },
};

/// How much memory is in use.
pub(super) const MEMORY: Source = Source {
    kind: "memory_usage",
    label: "Memory usage",
    icon: "memory-stick",
    fields: &[WINDOW],
    gives: &[
        ("memory.used_percent", "62.4"),
        ("memory.used", "5368709120"),
        ("memory.available", "3221225472"),
        ("swap.used", "0"),
    ],
    asks_server: false,
    acts: false,
    problems: none,
    read: |asked| {
        of(asked, &[Metric::MemoryPercent, Metric::MemoryUsed, Metric::MemoryAvailable, Metric::SwapUsed], "")
    },
};

/// How full a filesystem is.
pub(super) const DISK: Source = Source {
    kind: "disk_usage",
    label: "Disk usage",
    icon: "hard-drive",
    fields: &[
        Field {
            name: "mount",
            label: "Mounted at",
            hint: "",
            takes: Takes::Line { most: 255 },
            default: Default::Text("/"),
        },
        // It is measured once a minute or less.
        Field { takes: Takes::Number { least: 120, most: 86_400 }, default: Default::Number(300), ..WINDOW },
    ],
    gives: &[
        ("filesystem.used_percent", "82.5"),
        ("filesystem.used", "42949672960"),
        ("filesystem.size", "52613349376"),
        ("filesystem.inodes_percent", "11.3"),
    ],
    asks_server: false,
    acts: false,
    problems: none,
    read: |asked| {
        let metrics =
            [Metric::FilesystemPercent, Metric::FilesystemUsed, Metric::FilesystemSize, Metric::FilesystemInodes];
        of(asked, &metrics, text(asked.settings, "mount"))
    },
};

/// How much waits to be run.
pub(super) const LOAD: Source = Source {
    kind: "load",
    label: "Load",
    icon: "gauge",
    fields: &[WINDOW],
    gives: &[("load.1", "2.4"), ("load.5", "1.9"), ("load.15", "1.2")],
    asks_server: false,
    acts: false,
    problems: none,
    read: |asked| of(asked, &[Metric::Load1, Metric::Load5, Metric::Load15], ""),
};

/// What goes through an interface.
pub(super) const NETWORK: Source = Source {
    kind: "network",
    label: "Network",
    icon: "network",
    fields: &[
        Field {
            name: "interface",
            label: "Interface",
            hint: "eth0",
            takes: Takes::Line { most: 64 },
            default: Default::Required,
        },
        WINDOW,
    ],
    gives: &[("network.received", "1250000"), ("network.sent", "310000"), ("network.errors", "0")],
    asks_server: false,
    acts: false,
    problems: none,
    read: |asked| {
        of(
            asked,
            &[Metric::NetworkReceived, Metric::NetworkSent, Metric::NetworkErrors],
            text(asked.settings, "interface"),
        )
    },
};

fn of<'a>(asked: Asked<'a>, metrics: &[Metric], device: &'a str) -> Values<'a> {
    let metrics = metrics.to_vec();
    async move {
        let window = number(asked.settings, "window_seconds");
        let question = Question {
            server: asked.host.server().id,
            metrics,
            from: asked.at - TimeDelta::seconds(window),
            to: asked.at,
            points: u32::try_from(window / 10).unwrap_or(u32::MAX).max(1),
        };
        let lines = question.answer(asked.db, asked.clock.now(), asked.retention).await?;
        let mut values = Map::new();
        for line in lines.iter().filter(|line| line.device == device && !line.points.is_empty()) {
            let count = u32::try_from(line.points.len()).map_or(f64::MAX, f64::from);
            let mean = line.points.iter().map(|point| f64::from(point.mean)).sum::<f64>() / count;
            put(&mut values, line.metric.name(), told(mean));
        }
        if values.is_empty() {
            return Err(Error::Unavailable(nothing(asked.host.name(), window)));
        }
        Ok(values.into())
    }
    .boxed()
}

/// Why there is no value.
pub(in crate::scenarios) fn nothing(server: &str, window_seconds: i64) -> Message {
    let nothing = Message::new("Nothing was measured on {server} in the {seconds} s before");
    nothing.with("server", server).with("seconds", window_seconds)
}

/// A mean as it is told: what is kept has seven digits, and more of them would be made up.
pub(super) fn told(mean: f64) -> f64 {
    format!("{mean:.3}").parse().unwrap_or(mean)
}

/// Puts a number under its dotted name.
pub(super) fn put(values: &mut Map<String, Value>, name: &str, number: f64) {
    let Some((family, rest)) = name.split_once('.') else { return };
    let family = values.entry(family).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(family) = family {
        family.insert(rest.to_owned(), number.into());
    }
}
