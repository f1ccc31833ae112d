//! When a line of a log was written. Many logs tell neither year nor zone (facts 5.1).

use chrono::{
    DateTime, Datelike, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

/// A clock may run ahead of another by so much; later than this is last year.
const AHEAD: TimeDelta = TimeDelta::days(1);
/// Lines stand in the order in which they were written, more or less.
const JITTER: TimeDelta = TimeDelta::minutes(5);

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// By what the times of a server's logs are understood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zone {
    /// Its name, where the server has one that is known.
    pub named: Option<Tz>,
    /// How far it is from UTC now.
    pub offset: FixedOffset,
}

impl Zone {
    /// What the server told: `Europe/Berlin` and `+0200`.
    pub fn of(name: &str, offset: &str) -> Option<Self> {
        let digits: Vec<i32> = offset.bytes().skip(1).map(|byte| i32::from(byte) - i32::from(b'0')).collect();
        let &[h1, h2, m1, m2] = digits.as_slice() else { return None };
        let seconds = (h1 * 10 + h2) * 3600 + (m1 * 10 + m2) * 60;
        let offset = match offset.bytes().next()? {
            b'+' => FixedOffset::east_opt(seconds)?,
            b'-' => FixedOffset::west_opt(seconds)?,
            _ => return None,
        };
        Some(Self { named: name.parse().ok(), offset })
    }
}

/// Reads the times of one file, line by line.
#[derive(Debug, Clone)]
pub struct Times {
    zone: Zone,
    /// When the file was written last: no line of it is younger.
    latest: DateTime<Utc>,
    before: Option<DateTime<Utc>>,
}

impl Times {
    /// Times of a file that was last written at `latest`.
    pub fn new(zone: Zone, latest: DateTime<Utc>) -> Self {
        Self { zone, latest, before: None }
    }

    /// The time at the beginning of a line, and what follows it.
    pub fn read<'a>(&mut self, line: &'a [u8]) -> Option<(DateTime<Utc>, &'a [u8])> {
        let (at, rest) = if line.first()?.is_ascii_digit() { self.exact(line)? } else { self.without_year(line)? };
        self.before = Some(at);
        Some((at, rest))
    }

    /// `2026-11-22T11:08:47.094145+00:00 rest`
    fn exact<'a>(&self, line: &'a [u8]) -> Option<(DateTime<Utc>, &'a [u8])> {
        let end = line.iter().position(|byte| *byte == b' ')?;
        let (stamp, rest) = line.split_at_checked(end)?;
        let stamp = std::str::from_utf8(stamp).ok()?;
        let parsed = DateTime::parse_from_rfc3339(stamp)
            .or_else(|_| DateTime::parse_from_str(stamp, "%Y-%m-%dT%H:%M:%S%.f%z"))
            .ok()?
            .with_timezone(&Utc);
        let is_of_our_time = (1990..=2200).contains(&parsed.year());
        (is_of_our_time && parsed <= self.latest + AHEAD).then_some((parsed, rest.get(1..)?))
    }

    /// `Nov  2 11:11:21 rest`: the latest such moment that is not later than the file's own.
    fn without_year<'a>(&self, line: &'a [u8]) -> Option<(DateTime<Utc>, &'a [u8])> {
        let (stamp, rest) = line.split_at_checked(15)?;
        let month = MONTHS.iter().position(|name| stamp.starts_with(name))?;
        let month = u32::try_from(month).ok()? + 1;
        let number = |from: usize, to: usize| {
            let text = std::str::from_utf8(stamp.get(from..to)?).ok()?;
            text.trim_start().parse::<u32>().ok()
        };
        let (day, hour, minute, second) = (number(4, 6)?, number(7, 9)?, number(10, 12)?, number(13, 15)?);
        let time = NaiveTime::from_hms_opt(hour, minute, second.min(59))?;
        let rest = rest.strip_prefix(b" ")?;
        let this_year = self.latest.with_timezone(&self.zone.offset).year() + 1;
        // 29 February may be four years ago.
        let found = (0..6).filter_map(|ago| NaiveDate::from_ymd_opt(this_year - ago, month, day)).find_map(|date| {
            let at = self.resolve(date.and_time(time));
            (at <= self.latest + AHEAD).then_some(at)
        });
        Some((found?, rest))
    }

    /// The moment of a clock on the wall. Of two (the hour that comes twice), the one that goes on from the line before; one that
    /// no clock showed (the hour that is left out) is an hour later.
    fn resolve(&self, wall: NaiveDateTime) -> DateTime<Utc> {
        let Some(zone) = self.zone.named else {
            return DateTime::from_naive_utc_and_offset(wall - self.zone.offset, Utc);
        };
        match zone.from_local_datetime(&wall) {
            LocalResult::Single(at) => at.with_timezone(&Utc),
            LocalResult::Ambiguous(one, other) => {
                let (first, second) = (one.with_timezone(&Utc), other.with_timezone(&Utc));
                let goes_on = |at: DateTime<Utc>| self.before.is_none_or(|before| at + JITTER >= before);
                if goes_on(first) && first <= self.latest { first } else { second }
            }
            LocalResult::None => {
                let later = wall + TimeDelta::hours(1);
                let later = zone.from_local_datetime(&later).earliest().map(|at| at.with_timezone(&Utc));
                later.map_or_else(|| wall.and_utc(), |at| at - TimeDelta::hours(1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn times(zone: &str, offset: &str, latest: &str) -> Times {
        Times::new(Zone::of(zone, offset).unwrap(), utc(latest))
    }

    fn read(times: &mut Times, line: &str) -> Option<String> {
        times.read(format!("{line} web sshd[1]: x").as_bytes()).map(|(at, rest)| {
            assert_eq!(rest, b"web sshd[1]: x");
            at.to_rfc3339()
        })
    }

    #[test]
    fn a_line_without_a_year_is_of_the_last_year_in_which_it_was_possible() {
        let mut new_year = times("Etc/UTC", "+0000", "2027-01-01T00:10:00Z");
        assert_eq!(read(&mut new_year, "Dec 31 23:59:58").unwrap(), "2026-12-31T23:59:58+00:00");
        assert_eq!(read(&mut new_year, "Jan  1 00:00:02").unwrap(), "2027-01-01T00:00:02+00:00");
        let mut leap = times("", "+0000", "2027-06-01T00:00:00Z");
        assert_eq!(read(&mut leap, "Feb 29 10:00:00").unwrap(), "2024-02-29T10:00:00+00:00");
        let mut ahead = times("", "+0900", "2026-12-31T15:30:00Z");
        assert_eq!(read(&mut ahead, "Jan  1 00:29:00").unwrap(), "2026-12-31T15:29:00+00:00", "it is next year there");
    }

    #[test]
    fn the_hour_that_comes_twice_goes_on_where_it_was() {
        let mut autumn = times("Europe/Berlin", "+0100", "2026-10-25T12:00:00Z");
        let told: Vec<String> =
            ["Oct 25 01:59:00", "Oct 25 02:30:00", "Oct 25 02:59:00", "Oct 25 02:10:00", "Oct 25 03:00:00"]
                .iter()
                .map(|line| read(&mut autumn, line).unwrap())
                .collect();
        assert_eq!(
            told,
            [
                "2026-10-24T23:59:00+00:00",
                "2026-10-25T00:30:00+00:00",
                "2026-10-25T00:59:00+00:00",
                "2026-10-25T01:10:00+00:00",
                "2026-10-25T02:00:00+00:00",
            ]
        );
        let mut spring = times("Europe/Berlin", "+0200", "2026-03-29T12:00:00Z");
        assert_eq!(read(&mut spring, "Mar 29 01:59:59").unwrap(), "2026-03-29T00:59:59+00:00");
        assert_eq!(read(&mut spring, "Mar 29 03:00:01").unwrap(), "2026-03-29T01:00:01+00:00");
        assert!(read(&mut spring, "Mar 29 02:30:00").is_some(), "no clock showed it, and yet it is a line");
    }

    #[test]
    fn a_line_that_tells_its_zone_is_believed() {
        let mut exact = times("Asia/Seoul", "+0900", "2026-11-22T12:00:00Z");
        assert_eq!(read(&mut exact, "2026-11-22T11:08:47.094145+00:00").unwrap(), "2026-11-22T11:08:47.094145+00:00");
        assert_eq!(read(&mut exact, "2026-11-22T11:08:47+0900").unwrap(), "2026-11-22T02:08:47+00:00");
        assert_eq!(read(&mut exact, "2036-11-22T11:08:47+09:00"), None, "it is in the future");
    }

    #[test]
    fn sec_x03_what_is_no_time_is_none() {
        let mut times = times("", "+0000", "2026-11-22T12:00:00Z");
        for line in
            ["Nov 31 11:11:11", "Nov 22 25:11:11", "XYZ 22 11:11:11", "Nov 22 11:11", "", "\u{0}", "11월 22 11:11:11"]
        {
            assert_eq!(times.read(line.as_bytes()), None, "{line}");
        }
        assert_eq!(Zone::of("Nowhere/Land", "+0530").unwrap().named, None);
        for offset in ["", "0000", "+00", "+00:00", "+9999"] {
            assert_eq!(Zone::of("", offset), None, "{offset}");
        }
    }
}
