//! A schedule in a plain sentence: `every weekday at 08:50`. Pure.

use super::field::Field;
use super::schedule::{Fields, Schedule};
use crate::language::Message;

/// Times of a day that are named one by one; more of them are told by hours and minutes.
const MOST_TIMES: usize = 6;

impl Schedule {
    /// The sentence.
    pub fn sentence(&self) -> Message {
        match self {
            Self::Reboot => Message::new("when the system starts"),
            Self::At(fields) => of_fields(fields),
        }
    }
}

fn of_fields(fields: &Fields) -> Message {
    let days = days(fields);
    let sentence = match (clock_times(fields), days) {
        (Some(times), None) => Message::new("every day at {times}").with("times", times),
        (Some(times), Some(days)) => Message::new("{days} at {times}").with_words("days", days).with("times", times),
        (None, None) => often(fields),
        (None, Some(days)) => {
            Message::new("{often}, {days}").with_words("often", often(fields)).with_words("days", days)
        }
    };
    if fields.month.is_all() {
        return sentence;
    }
    let months = list(
        fields.month.values().map(|month| Message::new(MONTHS.get(month as usize - 1).copied().unwrap_or_default())),
    );
    Message::new("{sentence}, in {months}").with_words("sentence", sentence).with_words("months", months)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// `08:50, 20:50`, where they are few. A time that the daemon chooses is none.
fn clock_times(fields: &Fields) -> Option<String> {
    if fields.minute.is_random || fields.hour.is_random {
        return None;
    }
    let hours: Vec<u32> = fields.hour.values().collect();
    let minutes: Vec<u32> = fields.minute.values().collect();
    if hours.len() * minutes.len() > MOST_TIMES || fields.hour.is_starred {
        return None;
    }
    let times = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| format!("{hour:02}:{minute:02}")));
    Some(times.collect::<Vec<_>>().join(", "))
}

/// How often within a day.
fn often(fields: &Fields) -> Message {
    let minutes = within_an_hour(&fields.minute);
    if fields.hour.is_random {
        return Message::new("{minutes} of an hour that cron chooses").with_words("minutes", minutes);
    }
    if fields.hour.is_all() {
        return match (fields.minute.even_step(), single(&fields.minute)) {
            (Some(1), _) => Message::new("every minute"),
            (Some(step), _) => Message::new("every {n} minutes").with("n", step),
            (None, Some(0)) => Message::new("every hour on the hour"),
            (None, _) => Message::new("{minutes} of every hour").with_words("minutes", minutes),
        };
    }
    let minutes = match fields.minute.even_step() {
        Some(1) => Message::new("every minute"),
        Some(step) => Message::new("every {n} minutes").with("n", step),
        None => minutes,
    };
    if let Some(step) = fields.hour.even_step() {
        if single(&fields.minute) == Some(0) {
            return Message::new("every {n} hours on the hour").with("n", step);
        }
        return Message::new("{minutes}, every {n} hours").with_words("minutes", minutes).with("n", step);
    }
    let hours = runs(&fields.hour, |hour| format!("{hour:02}"));
    Message::new("{minutes}, in the hours {hours}").with_words("minutes", minutes).with("hours", hours)
}

fn within_an_hour(minute: &Field) -> Message {
    if minute.is_random {
        return Message::new("at a minute that cron chooses");
    }
    match single(minute) {
        Some(minute) => Message::new("at minute {n}").with("n", minute),
        None => Message::new("at the minutes {list}").with("list", runs(minute, |minute| minute.to_string())),
    }
}

/// Which days; none where it is every day.
fn days(fields: &Fields) -> Option<Message> {
    let (day, week) = (of_month(&fields.day), of_week(&fields.weekday));
    match (day, week) {
        (None, None) => None,
        (Some(day), None) => Some(day),
        (None, Some(week)) => Some(week),
        // Widened by each other, one that is every day makes it every day.
        (Some(day), Some(week)) if fields.either_day => {
            Some(Message::new("{day} and {week}").with_words("day", day).with_words("week", week))
        }
        (Some(day), Some(week)) => Some(
            Message::new("{day}, if it is {week}")
                .with_words("day", day)
                .with_words("week", names(&fields.weekday).unwrap_or(week)),
        ),
    }
}

fn of_month(day: &Field) -> Option<Message> {
    if day.is_all() {
        return None;
    }
    if day.is_random {
        return Some(Message::new("on a day of the month that cron chooses"));
    }
    Some(match single(day) {
        Some(day) => Message::new("on day {n} of the month").with("n", day),
        None => Message::new("on the days {list} of the month").with("list", runs(day, |day| day.to_string())),
    })
}

fn of_week(weekday: &Field) -> Option<Message> {
    if weekday.is_all() {
        return None;
    }
    if weekday.is_random {
        return Some(Message::new("on a day of the week that cron chooses"));
    }
    let days: Vec<u32> = weekday.values().collect();
    Some(match days.as_slice() {
        [1, 2, 3, 4, 5] => Message::new("every weekday"),
        [0, 6] => Message::new("every Saturday and Sunday"),
        _ => Message::new("every {days}").with_words("days", names(weekday)?),
    })
}

/// `Monday and Wednesday`, from Monday on.
fn names(weekday: &Field) -> Option<Message> {
    let from_monday = (1..=7).map(|day| day % 7).filter(|day| weekday.has(*day));
    let named: Vec<Message> =
        from_monday.filter_map(|day| WEEKDAYS.get(day as usize)).map(|name| Message::new(name)).collect();
    (!named.is_empty()).then(|| list(named.into_iter()))
}

fn single(field: &Field) -> Option<u32> {
    let mut values = field.values();
    match (values.next(), values.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

/// `a, b and c`
fn list(items: impl Iterator<Item = Message>) -> Message {
    let mut items: Vec<Message> = items.collect();
    let Some(last) = items.pop() else { return Message::new("") };
    let before = items
        .into_iter()
        .reduce(|list, next| Message::new("{list}, {next}").with_words("list", list).with_words("next", next));
    match before {
        None => last,
        Some(before) => Message::new("{list} and {last}").with_words("list", before).with_words("last", last),
    }
}

/// `1, 5–9, 20`
fn runs(field: &Field, say: impl Fn(u32) -> String) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for value in field.values() {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == value => *end = value,
            _ => runs.push((value, value)),
        }
    }
    let told = runs.into_iter().map(|(begin, end)| match end - begin {
        0 => say(begin),
        1 => format!("{}, {}", say(begin), say(end)),
        _ => format!("{}–{}", say(begin), say(end)),
    });
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::cron::Flavour;
    use crate::language::Language;

    fn say(text: &str, language: Language) -> String {
        Schedule::read(text, Flavour::Cronie).unwrap().sentence().in_language(language)
    }

    #[test]
    fn a_schedule_is_a_plain_sentence() {
        for (text, english, korean) in [
            ("50 8 * * 1-5", "every weekday at 08:50", "평일마다 08:50에"),
            ("0 3 * * *", "every day at 03:00", "매일 03:00에"),
            ("@daily", "every day at 00:00", "매일 00:00에"),
            ("@reboot", "when the system starts", "시스템이 시작될 때"),
            ("* * * * *", "every minute", "매분"),
            ("*/5 * * * *", "every 5 minutes", "5분마다"),
            ("0 * * * *", "every hour on the hour", "매시 정각에"),
            ("17 * * * *", "at minute 17 of every hour", "매시 17분에"),
            (
                "*/7 * * * *",
                "at the minutes 0, 7, 14, 21, 28, 35, 42, 49, 56 of every hour",
                "매시 0, 7, 14, 21, 28, 35, 42, 49, 56분에",
            ),
            ("0 */2 * * *", "every 2 hours on the hour", "2시간마다 정각에"),
            ("15 */6 * * *", "at minute 15, every 6 hours", "6시간마다 15분에"),
            ("*/10 9-17 * * 1-5", "every 10 minutes, in the hours 09–17, every weekday", "평일마다 09–17시에 10분마다"),
            ("0 8,20 * * *", "every day at 08:00, 20:00", "매일 08:00, 20:00에"),
            ("0 0 1 * *", "on day 1 of the month at 00:00", "매월 1일 00:00에"),
            (
                "30 4 1,15 * 5",
                "on the days 1, 15 of the month and every Friday at 04:30",
                "매월 1, 15일과 금요일마다 04:30에",
            ),
            (
                "0 0 */2 * 1",
                "on the days 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31 of the month, if it is Monday at 00:00",
                "매월 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31일 중 월요일 00:00에",
            ),
            ("0 6 * 1,7 sun", "every Sunday at 06:00, in January and July", "1월, 7월에 일요일마다 06:00에"),
            ("0 0 * * 6,0", "every Saturday and Sunday at 00:00", "토요일과 일요일마다 00:00에"),
            ("0 0 * * 1,3,5", "every Monday, Wednesday and Friday at 00:00", "월요일, 수요일, 금요일마다 00:00에"),
            ("0~59 4 * * *", "at a minute that cron chooses, in the hours 04", "04시에 cron이 고르는 분에"),
        ] {
            assert_eq!(say(text, Language::En), english, "{text}");
            assert_eq!(say(text, Language::Ko), korean, "{text}");
        }
    }

    #[test]
    fn every_schedule_has_a_sentence_without_a_hole() {
        for minute in ["*", "0", "*/5", "1-9", "1~3"] {
            for hour in ["*", "0", "*/6", "8-18", "~"] {
                for day in ["*", "1", "1-7", "*/2"] {
                    for month in ["*", "5", "1-3"] {
                        for weekday in ["*", "0", "1-5", "6,0"] {
                            let text = format!("{minute} {hour} {day} {month} {weekday}");
                            for language in [Language::En, Language::Ko] {
                                let said = say(&text, language);
                                assert!(!said.contains(['{', '}']) && !said.is_empty(), "{text}: {said}");
                            }
                        }
                    }
                }
            }
        }
    }
}
