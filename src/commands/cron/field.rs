//! One field of a schedule: `*/5`, `1-5`, `mon,wed`. Pure.

use super::Flavour;
use crate::language::Message;

/// Which of the five.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 0–59.
    Minute,
    /// 0–23.
    Hour,
    /// 1–31.
    Day,
    /// 1–12, or a name.
    Month,
    /// 0–7, or a name; 0 and 7 are Sunday.
    Weekday,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Unit {
    /// The smallest and the largest value that may be written.
    fn bounds(self) -> (u8, u8) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 7),
        }
    }

    /// What a sentence calls it, in English.
    fn label(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of the month",
            Self::Month => "month",
            Self::Weekday => "day of the week",
        }
    }

    fn value(self, word: &str) -> Option<u8> {
        let (least, most) = self.bounds();
        if !word.is_empty() && word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit()) {
            return word.parse().ok().filter(|value| (least..=most).contains(value));
        }
        let names: &[&str] = match self {
            Self::Month => &MONTHS,
            Self::Weekday => &WEEKDAYS,
            _ => &[],
        };
        let at = names.iter().position(|name| name.eq_ignore_ascii_case(word))?;
        u8::try_from(at).ok().map(|at| at + least)
    }
}

/// The values of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    unit: Unit,
    bits: u64,
    /// It begins with a star, also in `*/2`: cron looks at that where it weighs both kinds of days.
    pub is_starred: bool,
    /// The daemon chooses one of the values by itself (`0~59` of cronie).
    pub is_random: bool,
}

impl Field {
    /// Every value.
    pub fn any(unit: Unit) -> Self {
        let mut field = Self { unit, bits: 0, is_starred: true, is_random: false };
        let (least, most) = unit.bounds();
        (least..=most).for_each(|value| field.set(value));
        field
    }

    /// One value.
    pub fn only(unit: Unit, value: u8) -> Self {
        let mut field = Self { unit, bits: 0, is_starred: false, is_random: false };
        field.set(value);
        field
    }

    /// What `text` means to this daemon; why it is no such field, where it is none.
    pub fn read(unit: Unit, text: &str, flavour: Flavour) -> Result<Self, Message> {
        let is_starred = text.starts_with('*');
        let mut field = Self { unit, bits: 0, is_starred, is_random: false };
        for part in text.split(',') {
            field.add(part, flavour).map_err(|why| {
                Message::new("{part} is no {unit}: {why}")
                    .with("part", part)
                    .with_words("unit", unit.label())
                    .with_words("why", why)
            })?;
        }
        Ok(field)
    }

    fn add(&mut self, part: &str, flavour: Flavour) -> Result<(), Message> {
        let (least, most) = self.unit.bounds();
        let (range, step) = match part.split_once('/') {
            None => (part, None),
            Some((range, step)) => {
                let step = Some(step).filter(|step| step.bytes().all(|byte| byte.is_ascii_digit()));
                let step = step.and_then(|step| step.parse::<u8>().ok()).filter(|step| *step > 0);
                (range, Some(step.ok_or_else(|| Message::new("a step is a whole number above 0"))?))
            }
        };
        let value = |word: &str| {
            let found = self.unit.value(word);
            found.ok_or_else(|| {
                Message::new("it has values from {least} to {most}").with("least", least).with("most", most)
            })
        };
        let (from, to) = if range == "*" {
            // Sunday has two numbers, and a step must not meet it twice.
            (least, if self.unit == Unit::Weekday { 6 } else { most })
        } else if let Some((from, to)) = range.split_once('~') {
            if flavour != Flavour::Cronie {
                return Err(Message::new("only cronie chooses a value by itself"));
            }
            self.is_random = true;
            let or = |word: &str, other: u8| if word.is_empty() { Ok(other) } else { value(word) };
            (or(from, least)?, or(to, most)?)
        } else if let Some((from, to)) = range.split_once('-') {
            (value(from)?, value(to)?)
        } else {
            let one = value(range)?;
            match (step, flavour) {
                (None, _) | (_, Flavour::BusyBox) => (one, one),
                (Some(_), Flavour::Cronie) => (one, most),
                (Some(_), _) => return Err(Message::new("a step needs a range or a star before it")),
            }
        };
        let step = step.unwrap_or(1);
        if from > to {
            if flavour != Flavour::BusyBox {
                return Err(Message::new("a range begins with the smaller value"));
            }
            let whole = if self.unit == Unit::Weekday { 7 } else { most - least + 1 };
            let length = u16::from(to) + u16::from(whole) - u16::from(from);
            for ahead in (0..=length).step_by(usize::from(step)) {
                let value = u16::from(least) + (u16::from(from - least) + ahead) % u16::from(whole);
                self.set(u8::try_from(value).unwrap_or(least));
            }
            return Ok(());
        }
        (from..=to).step_by(usize::from(step)).for_each(|value| self.set(value));
        Ok(())
    }

    fn set(&mut self, value: u8) {
        let value = if self.unit == Unit::Weekday && value == 7 { 0 } else { value };
        self.bits |= 1 << value;
    }

    /// Whether `value` is among them. Sunday is 0.
    pub fn has(&self, value: u32) -> bool {
        value < 64 && self.bits & (1 << value) != 0
    }

    /// The values, the smallest first. Sunday is 0.
    pub fn values(&self) -> impl Iterator<Item = u32> + use<> {
        let bits = self.bits;
        (0..60).filter(move |value| bits & (1 << value) != 0)
    }

    /// Whether every value is among them.
    pub fn is_all(&self) -> bool {
        self.bits == Self::any(self.unit).bits
    }

    /// The step, where the values are `0, step, 2·step, …` up to the end and the step divides the whole, so that the distance is
    /// the same everywhere.
    pub fn even_step(&self) -> Option<u32> {
        let whole = match self.unit {
            Unit::Minute => 60,
            Unit::Hour => 24,
            _ => return None,
        };
        let values: Vec<u32> = self.values().filter(|_| !self.is_random).collect();
        let [0, second, ..] = *values.as_slice() else { return None };
        let even = (0..whole).step_by(second as usize).eq(values.iter().copied());
        (even && whole % second == 0).then_some(second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(unit: Unit, text: &str, flavour: Flavour) -> Option<Vec<u32>> {
        Field::read(unit, text, flavour).ok().map(|field| field.values().collect())
    }

    #[test]
    fn stars_ranges_lists_steps_and_names_are_values() {
        let vixie = |unit, text| read(unit, text, Flavour::Vixie);
        assert_eq!(vixie(Unit::Minute, "*/15"), Some(vec![0, 15, 30, 45]));
        assert_eq!(vixie(Unit::Minute, "1,2,5-7"), Some(vec![1, 2, 5, 6, 7]));
        assert_eq!(vixie(Unit::Hour, "8-18/5"), Some(vec![8, 13, 18]));
        assert_eq!(vixie(Unit::Weekday, "mon-Fri"), Some(vec![1, 2, 3, 4, 5]));
        assert_eq!(vixie(Unit::Weekday, "5-7"), Some(vec![0, 5, 6]));
        assert_eq!(vixie(Unit::Weekday, "0,7"), Some(vec![0]));
        assert_eq!(vixie(Unit::Month, "JAN,dec"), Some(vec![1, 12]));
        assert_eq!(vixie(Unit::Day, "*/90"), Some(vec![1]));
        for (unit, text) in [
            (Unit::Minute, "60"),
            (Unit::Minute, ""),
            (Unit::Minute, "a"),
            (Unit::Minute, "*/0"),
            (Unit::Minute, "1,"),
            (Unit::Minute, "-1"),
            (Unit::Minute, "+1"),
            (Unit::Hour, "24"),
            (Unit::Hour, "22-2"),
            (Unit::Day, "0"),
            (Unit::Month, "13"),
            (Unit::Weekday, "8"),
            (Unit::Weekday, "monday"),
            (Unit::Day, "mon"),
            (Unit::Minute, "5/10"),
            (Unit::Minute, "0~59"),
            (Unit::Minute, "*/１"),
            (Unit::Minute, "**"),
            (Unit::Minute, "1-2-3"),
        ] {
            assert_eq!(vixie(unit, text), None, "{text}");
        }
    }

    #[test]
    fn each_daemon_reads_what_it_alone_allows() {
        assert_eq!(read(Unit::Minute, "50/5", Flavour::Cronie), Some(vec![50, 55]));
        assert_eq!(read(Unit::Minute, "50/5", Flavour::BusyBox), Some(vec![50]));
        assert_eq!(read(Unit::Hour, "22-2", Flavour::BusyBox), Some(vec![0, 1, 2, 22, 23]));
        assert_eq!(read(Unit::Weekday, "6-1", Flavour::BusyBox), Some(vec![0, 1, 6]));
        let chosen = Field::read(Unit::Minute, "10~20", Flavour::Cronie).unwrap();
        assert!(chosen.is_random && chosen.has(10) && chosen.has(20) && !chosen.has(21));
    }

    #[test]
    fn a_step_is_even_only_where_the_distance_is_the_same_everywhere() {
        let step = |unit, text| Field::read(unit, text, Flavour::Vixie).unwrap().even_step();
        assert_eq!(step(Unit::Minute, "*/5"), Some(5));
        assert_eq!(step(Unit::Minute, "0,30"), Some(30));
        assert_eq!(step(Unit::Minute, "*/7"), None);
        assert_eq!(step(Unit::Minute, "*"), Some(1));
        assert_eq!(step(Unit::Hour, "*/6"), Some(6));
        assert_eq!(step(Unit::Hour, "0-12/6"), None);
        assert_eq!(step(Unit::Minute, "0"), None);
    }
}
