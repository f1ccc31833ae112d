//! Numbers, sizes and times as people read them (`ui.md` 5). Pure: knows no page and no request.

use std::fmt::Write;
use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::language::{Language, Message};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `8,214`
pub fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + 4);
    if value < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// At most three significant digits, no empty decimals: `0.42`, `9.6`, `42.3`, `132`.
pub fn short(value: f64) -> String {
    let size = value.abs();
    let text = if size >= 99.95 {
        format!("{value:.0}")
    } else if size >= 0.95 || size == 0.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// `42.3 %`
pub fn percent(value: f64) -> String {
    format!("{} %", short(value))
}

/// `3.6 GiB`
pub fn bytes(value: u64) -> String {
    scaled(value, 1024, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
}

/// `184 Mbit/s`, from bits per second.
pub fn bit_rate(bits_per_second: u64) -> String {
    scaled(bits_per_second, 1000, &["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"])
}

fn scaled(value: u64, step: u32, units: &[&str]) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut rest = value as f64;
    let mut units = units.iter().peekable();
    let mut unit = units.next();
    while rest >= f64::from(step) - 0.5 && units.peek().is_some() {
        rest /= f64::from(step);
        unit = units.next();
    }
    format!("{} {}", short(rest), unit.copied().unwrap_or_default())
}

/// The two largest units: `18 ms`, `1.2 s`, `5 min 10 s`, `41 d 6 h`.
pub fn duration(value: Duration) -> String {
    let seconds = value.as_secs();
    match seconds {
        0 => format!("{} ms", short(value.as_secs_f64() * 1000.0)),
        1..10 => format!("{} s", short(value.as_secs_f64())),
        10..60 => format!("{seconds} s"),
        60..3_600 => pair(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => pair(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => pair(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

fn pair(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{large} {large_unit}") } else { format!("{large} {large_unit} {small} {small_unit}") }
}

/// How long ago: `4 s ago`, `14 min ago`, `3 h ago`, `2 d ago`.
pub fn age(since: TimeDelta) -> Message {
    let seconds = since.num_seconds().max(0);
    match seconds {
        0..60 => Message::new("{n} s ago").with("n", seconds),
        60..3_600 => Message::new("{n} min ago").with("n", seconds / 60),
        3_600..86_400 => Message::new("{n} h ago").with("n", seconds / 3_600),
        _ => Message::new("{n} d ago").with("n", seconds / 86_400),
    }
}

/// A mark of a time axis: as [`time`], without seconds.
pub fn mark(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz, language: Language) -> String {
    let is_today = at.with_timezone(&zone).date_naive() == now.with_timezone(&zone).date_naive();
    if is_today { at.with_timezone(&zone).format("%H:%M").to_string() } else { time(at, now, zone, language) }
}

/// In the reader's zone: today `14:32:05`, within a week `Mon 22:03`, older `14 Oct`, of another year `14 Oct 2025`.
pub fn time(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz, language: Language) -> String {
    let (at, now) = (at.with_timezone(&zone), now.with_timezone(&zone));
    let days = (now.date_naive() - at.date_naive()).num_days();
    if days == 0 {
        return at.format("%H:%M:%S").to_string();
    }
    if (1..7).contains(&days) {
        let weekday = WEEKDAYS.get(at.weekday().num_days_from_monday() as usize).copied().unwrap_or_default();
        return format!("{} {}", language.translate(weekday), at.format("%H:%M"));
    }
    let month = MONTHS.get(at.month0() as usize).copied().unwrap_or_default();
    let this_year = at.year() == now.year();
    match (language, this_year) {
        (Language::En, true) => format!("{} {month}", at.day()),
        (Language::En, false) => format!("{} {month} {}", at.day(), at.year()),
        (Language::Ko, true) => format!("{}월 {}일", at.month(), at.day()),
        (Language::Ko, false) => format!("{}년 {}월 {}일", at.year(), at.month(), at.day()),
    }
}

/// Text with every control, bidirectional and other invisible character made visible (X04): `␛[31m`, `⟨U+202E⟩`.
/// Line feeds and tabs stay what they are.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => out.push(character),
            '\0'..='\u{1f}' => out.push(char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}')),
            '\u{7f}' => out.push('\u{2421}'),
            '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => drop(write!(out, "⟨U+{:04X}⟩", u32::from(character))),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_three_significant_digits_and_a_space_before_the_unit() {
        assert_eq!(number(-8_214_000), "-8,214,000");
        assert_eq!([short(42.0), short(42.34), short(0.417), short(131.6)], ["42", "42.3", "0.42", "132"]);
        assert_eq!(percent(99.97), "100 %");
        assert_eq!([bytes(0), bytes(1024), bytes(3_865_470_566)], ["0 B", "1 KiB", "3.6 GiB"]);
        assert_eq!(bit_rate(184_200_000), "184 Mbit/s");
    }

    #[test]
    fn a_duration_shows_its_two_largest_units() {
        let shown = [18, 1_240, 61_000, 3_600_000, 3_564_000_000].map(|ms| duration(Duration::from_millis(ms)));
        assert_eq!(shown, ["18 ms", "1.2 s", "1 min 1 s", "1 h", "41 d 6 h"]);
    }

    #[test]
    fn a_time_is_shorter_the_nearer_it_is() {
        let now: DateTime<Utc> = "2026-11-24T05:32:05Z".parse().unwrap();
        let shown = |text: &str, language| time(text.parse().unwrap(), now, chrono_tz::Asia::Seoul, language);
        assert_eq!(shown("2026-11-24T05:00:00Z", Language::En), "14:00:00");
        assert_eq!(shown("2026-11-23T13:03:00Z", Language::En), "Mon 22:03");
        assert_eq!(shown("2026-10-14T00:00:00Z", Language::En), "14 Oct");
        assert_eq!(shown("2025-10-14T00:00:00Z", Language::Ko), "2025년 10월 14일");
    }

    #[test]
    fn a_mark_of_a_time_axis_has_no_seconds() {
        let now: DateTime<Utc> = "2026-11-24T05:32:00Z".parse().unwrap();
        let shown = |text: &str| mark(text.parse().unwrap(), now, chrono_tz::Asia::Seoul, Language::En);
        assert_eq!(shown("2026-11-23T19:43:30Z"), "04:43");
        assert_eq!(shown("2026-11-23T13:03:00Z"), "Mon 22:03");
    }

    #[test]
    fn sec_x04_control_and_bidi_characters_are_seen() {
        assert_eq!(visible("a\u{1b}[31mb\r\u{202e}c\n"), "a␛[31mb␍⟨U+202E⟩c\n");
    }
}
