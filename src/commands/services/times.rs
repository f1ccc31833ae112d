//! Times as systemd writes them, asked for in UTC and without a language.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::commands::text::{decimal, words};

/// `Sun 2026-11-29 12:22:42 UTC`; none where it says that there is none, or is of another zone.
pub(in crate::commands) fn moment(text: &[u8]) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix(" UTC")?;
    let (_weekday, rest) = text.split_once(' ')?;
    NaiveDateTime::parse_from_str(rest, "%Y-%m-%d %H:%M:%S%.f").ok().map(|time| time.and_utc())
}

/// `1month 2w 3d 4h 20min 1.653231s`; none for what never comes.
pub(super) fn span(text: &[u8]) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut any = false;
    for word in words(text) {
        let digits = word.iter().position(u8::is_ascii_alphabetic).unwrap_or(word.len());
        let (number, unit) = word.split_at_checked(digits)?;
        let seconds = match unit {
            b"y" => 31_557_600.0,
            b"month" => 2_629_800.0,
            b"w" => 604_800.0,
            b"d" => 86_400.0,
            b"h" => 3_600.0,
            b"min" => 60.0,
            b"s" => 1.0,
            b"ms" => 1e-3,
            b"us" => 1e-6,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(decimal(number)? * seconds).ok()?)?;
        any = true;
    }
    any.then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_with_and_without_fractions_and_none_is_none() {
        let at = |text: &str| moment(text.as_bytes()).map(|at| at.timestamp());
        assert_eq!(at("Sun 2026-11-29 12:22:42 UTC"), Some(1_795_954_962));
        assert_eq!(at("Sun 2026-11-29 12:22:42.512345 UTC"), Some(1_795_954_962));
        for text in ["", "n/a", "0", "Sun 2026-11-29 12:22:42 KST", "2026-11-29 UTC", "Sun 2026-13-29 12:22:42 UTC"] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn a_span_is_the_sum_of_its_words() {
        let of = |text: &str| span(text.as_bytes());
        assert_eq!(of("20min 1.5s"), Some(Duration::from_millis(1_201_500)));
        assert_eq!(of("1w 1d 2h 3ms"), Some(Duration::from_millis(698_400_003)));
        for text in ["", "0", "infinity", "5", "-1s", "1e9s", "99999999999999999999999y"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
