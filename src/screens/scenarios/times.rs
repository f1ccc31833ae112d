//! Moments by the clock of a scenario. Pure.

use chrono::{DateTime, Timelike, Utc};
use chrono_tz::Tz;

use crate::language::Language;

/// A moment as a day and a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::screens) struct Slot {
    /// `Wed 25 Nov`
    pub(in crate::screens) day: String,
    /// `08:50`; with seconds where there are some.
    pub(in crate::screens) clock: String,
}

/// The moment by the clock of a zone.
pub(in crate::screens) fn slot(at: DateTime<Utc>, zone: Tz, language: Language) -> Slot {
    let at = at.with_timezone(&zone);
    let weekday = at.format("%a").to_string();
    let weekday = language.translate(&weekday);
    let day = match language {
        Language::En => format!("{weekday} {}", at.format("%-d %b")),
        Language::Ko => format!("{} ({weekday})", at.format("%-m월 %-d일")),
    };
    let clock = if at.second() == 0 { at.format("%H:%M") } else { at.format("%H:%M:%S") };
    Slot { day, clock: clock.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_by_the_clock_of_its_zone() {
        let at: DateTime<Utc> = "2026-11-24T23:50:00Z".parse().unwrap();
        let seoul: Tz = "Asia/Seoul".parse().unwrap();
        let told = |at, language| {
            let Slot { day, clock } = slot(at, seoul, language);
            format!("{day} {clock}")
        };
        assert_eq!(told(at, Language::En), "Wed 25 Nov 08:50");
        assert_eq!(told(at, Language::Ko), "11월 25일 (수) 08:50");
        assert_eq!(told(at + chrono::TimeDelta::seconds(7), Language::En), "Wed 25 Nov 08:50:07");
    }
}
