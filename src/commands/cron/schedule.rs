//! When a line runs: five fields, or a word like `@daily`. Pure.

use chrono::{Datelike, NaiveDate};

use super::Flavour;
use super::field::{Field, Unit};
use crate::language::Message;

/// When a line runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// Once, when the daemon starts.
    Reboot,
    /// At the times of a calendar.
    At(Fields),
}

/// The five fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fields {
    /// Which minutes.
    pub minute: Field,
    /// Which hours.
    pub hour: Field,
    /// Which days of a month.
    pub day: Field,
    /// Which months.
    pub month: Field,
    /// Which days of a week.
    pub weekday: Field,
    /// A day that fits one of both kinds is enough.
    pub either_day: bool,
}

impl Schedule {
    /// What stands before a command means to this daemon; why it is no schedule, where it is none.
    pub fn read(text: &str, flavour: Flavour) -> Result<Self, Message> {
        let text = text.trim_matches([' ', '\t']);
        if let Some(word) = text.strip_prefix('@') {
            return Self::of_word(word)
                .ok_or_else(|| Message::new("{word} is no time that cron knows").with("word", text));
        }
        let words: Vec<&str> = text.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        let [minute, hour, day, month, weekday] = words.as_slice() else {
            return Err(Message::new("A time has five fields: minute, hour, day of the month, month, day of the week"));
        };
        let day = Field::read(Unit::Day, day, flavour)?;
        let weekday = Field::read(Unit::Weekday, weekday, flavour)?;
        Ok(Self::At(Fields {
            minute: Field::read(Unit::Minute, minute, flavour)?,
            hour: Field::read(Unit::Hour, hour, flavour)?,
            day,
            month: Field::read(Unit::Month, month, flavour)?,
            weekday,
            either_day: if flavour == Flavour::BusyBox {
                !day.is_all() && !weekday.is_all()
            } else {
                !day.is_starred && !weekday.is_starred
            },
        }))
    }

    fn of_word(word: &str) -> Option<Self> {
        let (hour, day, month, weekday) = match word.to_ascii_lowercase().as_str() {
            "reboot" => return Some(Self::Reboot),
            "hourly" => (None, None, None, None),
            "daily" | "midnight" => (Some(0), None, None, None),
            "weekly" => (Some(0), None, None, Some(0)),
            "monthly" => (Some(0), Some(1), None, None),
            "yearly" | "annually" => (Some(0), Some(1), Some(1), None),
            _ => return None,
        };
        let field = |unit, value: Option<u8>| value.map_or_else(|| Field::any(unit), |value| Field::only(unit, value));
        Some(Self::At(Fields {
            minute: Field::only(Unit::Minute, 0),
            hour: field(Unit::Hour, hour),
            day: field(Unit::Day, day),
            month: field(Unit::Month, month),
            weekday: field(Unit::Weekday, weekday),
            either_day: false,
        }))
    }

    /// Whether the daemon chooses a time by itself, so that nobody can tell the next one.
    pub fn is_random(&self) -> bool {
        match self {
            Self::Reboot => false,
            Self::At(fields) => {
                [fields.minute, fields.hour, fields.day, fields.month, fields.weekday].iter().any(|one| one.is_random)
            }
        }
    }
}

impl Fields {
    /// Whether it runs on this day.
    pub fn fits(&self, date: NaiveDate) -> bool {
        let (day, weekday) = (self.day.has(date.day()), self.weekday.has(date.weekday().num_days_from_sunday()));
        self.month.has(date.month()) && if self.either_day { day || weekday } else { day && weekday }
    }

    /// Whether there is a day on which it runs: a 30 February never comes.
    pub fn comes(&self) -> bool {
        let in_leap_year = |month| self.day.values().any(|day| NaiveDate::from_ymd_opt(2000, month, day).is_some());
        self.either_day || self.month.values().any(in_leap_year)
    }

    /// Whether it runs at a particular time of the day, and not again and again.
    pub fn is_fixed(&self) -> bool {
        !self.minute.is_starred && !self.hour.is_starred
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str, flavour: Flavour) -> Fields {
        match Schedule::read(text, flavour).unwrap() {
            Schedule::At(fields) => fields,
            Schedule::Reboot => panic!("{text}"),
        }
    }

    fn days(text: &str, flavour: Flavour) -> Vec<u32> {
        let fields = fields(text, flavour);
        // November 2026 begins on a Sunday.
        (1..=30).filter(|day| fields.fits(NaiveDate::from_ymd_opt(2026, 11, *day).unwrap())).collect()
    }

    #[test]
    fn both_kinds_of_days_widen_each_other_unless_one_begins_with_a_star() {
        assert_eq!(days("0 0 13 * 5", Flavour::Vixie), [6, 13, 20, 27]);
        assert_eq!(days("0 0 10 * 5", Flavour::Vixie), [6, 10, 13, 20, 27]);
        assert_eq!(days("0 0 */10 * 3", Flavour::Vixie), [11], "a star narrows");
        assert_eq!(days("0 0 */10 * 3", Flavour::BusyBox), [1, 4, 11, 18, 21, 25], "BusyBox does not look at the star");
        assert_eq!(days("0 0 * * 7", Flavour::Vixie), [1, 8, 15, 22, 29]);
        assert_eq!(days("0 0 * * sat", Flavour::BusyBox), [7, 14, 21, 28]);
    }

    #[test]
    fn a_word_is_the_same_as_its_fields() {
        for (word, text) in [
            ("@hourly", "0 * * * *"),
            ("@daily", "0 0 * * *"),
            ("@midnight", "0 0 * * *"),
            ("@weekly", "0 0 * * 0"),
            ("@monthly", "0 0 1 * *"),
            ("@yearly", "0 0 1 1 *"),
            ("@annually", "0 0 1 1 *"),
        ] {
            assert_eq!(fields(word, Flavour::Vixie), fields(text, Flavour::Vixie), "{word}");
        }
        assert_eq!(Schedule::read("@reboot", Flavour::Vixie), Ok(Schedule::Reboot));
        for text in ["@often", "@", "* * * *", "* * * * * *", "", "0 0 31-1 * *"] {
            assert!(Schedule::read(text, Flavour::Vixie).is_err(), "{text}");
        }
    }
}
