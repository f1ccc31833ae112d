//! Axes: where the top of a chart is, what its five rules say, and the five moments under it. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::metrics::catalogue;
use crate::web::format;

/// What a number is, which decides its words and its axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// 0–100, on a fixed axis.
    Percent,
    /// Bytes, in KiB, MiB, GiB.
    Bytes,
    /// Bytes a second.
    ByteRate,
    /// Bits a second, in steps of 1,000.
    BitRate,
    /// Milliseconds.
    Milliseconds,
    /// A number a second.
    Rate,
    /// A number.
    Count,
    /// A number that is mostly whole, such as what a check counts.
    Plain,
}

impl From<catalogue::Unit> for Unit {
    fn from(kept: catalogue::Unit) -> Self {
        match kept {
            catalogue::Unit::Percent => Self::Percent,
            catalogue::Unit::Bytes => Self::Bytes,
            catalogue::Unit::BytesPerSecond => Self::ByteRate,
            catalogue::Unit::PerSecond => Self::Rate,
            catalogue::Unit::Milliseconds => Self::Milliseconds,
            catalogue::Unit::Count => Self::Count,
        }
    }
}

impl Unit {
    /// Names of the unit's sizes, smallest first, and the step between them.
    fn sizes(self) -> (f64, &'static [&'static str]) {
        match self {
            Self::Percent => (f64::INFINITY, &["%"]),
            Self::Bytes => (1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"]),
            Self::ByteRate => (1024.0, &["B/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s"]),
            Self::BitRate => (1000.0, &["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]),
            Self::Milliseconds => (f64::INFINITY, &["ms"]),
            Self::Rate => (f64::INFINITY, &["/s"]),
            Self::Count | Self::Plain => (f64::INFINITY, &[""]),
        }
    }

    /// `value` in the size that suits `reference`: the number alone and the size's name.
    fn sized(self, value: f64, reference: f64) -> (f64, &'static str) {
        let (step, names) = self.sizes();
        let mut names = names.iter().copied().peekable();
        let (mut scaled, mut rest) = (value, reference.abs());
        let mut name = names.next().unwrap_or_default();
        while rest >= step - 0.5 {
            let Some(larger) = names.next() else { break };
            rest /= step;
            scaled /= step;
            name = larger;
        }
        (scaled, name)
    }

    /// The number and its unit apart, as a caption shows them: `("42.3", "%")`.
    pub fn split(self, value: f64) -> (String, &'static str) {
        let (scaled, name) = self.sized(value, value);
        (self.digits(scaled), name)
    }

    /// The number alone, in the unit that a scale up to `top` has: what a legend shows beside the axis.
    pub fn beside(self, top: f64, value: f64) -> String {
        self.digits(self.sized(value, top).0)
    }

    /// A load of 1.04 is not one of 0.96, so plain numbers have two decimals while they are small.
    fn digits(self, value: f64) -> String {
        if self == Self::Count && value.abs() < 100.0 { format!("{value:.2}") } else { format::short(value) }
    }

    /// `42.3 %`
    pub fn say(self, value: f64) -> String {
        let (number, name) = self.split(value);
        if name.is_empty() { number } else { format!("{number} {name}") }
    }
}

/// The height of a chart and what stands beside its five horizontal rules, top first.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// The value at the upper edge; the lower edge is 0.
    pub top: f64,
    /// `100 %`, `75`, `50`, `25`, `0`
    pub labels: [String; 5],
}

impl Scale {
    /// The smallest scale that holds `highest`, with rules at whole steps of 1, 2 or 5 × 10ⁿ (bytes: powers of two).
    pub fn holding(unit: Unit, highest: f64) -> Self {
        let top = if unit == Unit::Percent { 100.0 } else { 4.0 * step(unit, highest) };
        let label = |quarters: f64| {
            let (number, name) = unit.sized(top * quarters / 4.0, top);
            let number = format::short(number);
            if quarters < 4.0 || name.is_empty() { number } else { format!("{number} {name}") }
        };
        Self { top, labels: [4.0, 3.0, 2.0, 1.0, 0.0].map(label) }
    }
}

/// The distance of two rules.
fn step(unit: Unit, highest: f64) -> f64 {
    let (least, binary) = match unit {
        Unit::Bytes | Unit::ByteRate => (256.0, true),
        Unit::BitRate => (250.0, false),
        _ => (0.25, false),
    };
    let needed = if highest.is_finite() { (highest / 4.0).max(least) } else { least };
    if binary {
        return needed.log2().ceil().exp2();
    }
    let power = 10_f64.powf(needed.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= needed).unwrap_or(needed)
}

/// Five evenly spaced moments in the reader's zone; the shorter the span, the finer.
pub fn moments(from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> [String; 5] {
    let span = to - from;
    let format = if span <= TimeDelta::minutes(5) {
        "%H:%M:%S"
    } else if span <= TimeDelta::hours(36) {
        "%H:%M"
    } else if span <= TimeDelta::days(4) {
        "%m-%d %H:%M"
    } else if span <= TimeDelta::days(200) {
        "%m-%d"
    } else {
        "%Y-%m"
    };
    [0, 1, 2, 3, 4].map(|quarter| (from + span * quarter / 4).with_timezone(&zone).format(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_is_always_a_hundred_high() {
        assert_eq!(Scale::holding(Unit::Percent, 7.0).labels, ["100 %", "75", "50", "25", "0"]);
    }

    #[test]
    fn other_scales_hold_their_highest_value_in_round_steps() {
        let gib = 1024.0 * 1024.0 * 1024.0;
        assert_eq!(Scale::holding(Unit::Bytes, 15.5 * gib).labels, ["16 GiB", "12", "8", "4", "0"]);
        assert_eq!(Scale::holding(Unit::BitRate, 272e6).labels, ["400 Mbit/s", "300", "200", "100", "0"]);
        assert_eq!(Scale::holding(Unit::Count, 3.4).labels, ["4", "3", "2", "1", "0"]);
        assert_eq!(Scale::holding(Unit::Count, 0.0).labels, ["2", "1.5", "1", "0.5", "0"]);
    }

    #[test]
    fn a_scale_of_nonsense_is_still_a_scale() {
        for highest in [f64::NAN, f64::INFINITY, -3.0] {
            assert!(Scale::holding(Unit::ByteRate, highest).top.is_finite());
        }
    }

    #[test]
    fn a_number_is_said_in_the_size_that_suits_it() {
        assert_eq!(Unit::BitRate.say(184.2e6), "184 Mbit/s");
        assert_eq!(Unit::Bytes.say(10_307_921_510.4), "9.6 GiB");
        assert_eq!(Unit::Count.say(3.384), "3.38");
        assert_eq!(Unit::Bytes.beside(16.0 * 1024.0_f64.powi(3), 1024.0_f64.powi(3) / 4.0), "0.25");
        assert_eq!(Unit::Percent.split(42.34), ("42.3".to_owned(), "%"));
    }

    #[test]
    fn moments_are_in_the_reader_s_zone() {
        let to: DateTime<Utc> = "2026-11-24T05:32:00Z".parse().unwrap();
        let hour = moments(to - TimeDelta::hours(1), to, chrono_tz::Asia::Seoul);
        assert_eq!(hour, ["13:32", "13:47", "14:02", "14:17", "14:32"]);
        let week = moments(to - TimeDelta::days(7), to, chrono_tz::Asia::Seoul);
        assert_eq!(week, ["11-17", "11-19", "11-21", "11-22", "11-24"]);
        assert_eq!(moments(to - TimeDelta::days(365), to, chrono_tz::Asia::Seoul)[0], "2025-11");
    }
}
