//! What `wtmpdb last` and `lastlog2` print, where those took the place of wtmp (facts 5.2). Read from the time outward: columns are
//! as wide as what stands in them, and a host may be absent.

use chrono::{DateTime, Utc};

use super::message::address_of;
use super::records::{Record, RecordKind};
use crate::commands::text;

/// `ops      pts/0        10.213.77.202    2026-11-22T11:07:36+0000  - 2026-11-22T11:07:37+0000   (00:00)`: a login, and when it
/// was over. What is no such line (the last ones, and whatever nobody knows) is none.
pub(super) fn of_wtmpdb(line: &[u8]) -> Option<(Record, Option<DateTime<Utc>>)> {
    let text = std::str::from_utf8(line).ok()?;
    let (left, right) = text.split_once(" - ")?;
    let (before, began) = left.trim_end().rsplit_once(' ')?;
    let at = iso(began)?;
    let ended = right.split_whitespace().next().and_then(iso);
    let words: Vec<&str> = before.split_whitespace().collect();
    let (kind, user, terminal, host) = match words.as_slice() {
        [_, "system", "boot" | "down", ..] => (RecordKind::Boot, "", "", ""),
        [user, terminal] => (RecordKind::User, *user, *terminal, ""),
        [user, terminal, host] => (RecordKind::User, *user, *terminal, *host),
        // A name with a blank in it moves the columns: nobody can say which is which.
        _ => return None,
    };
    Some((record(kind, at, (user, terminal, host)), ended))
}

/// `ops   ssh   10.213.77.1   Sun Nov 22 11:07:38 +0000 2026`: when a user came last. Who never did is none.
pub(super) fn of_lastlog(line: &[u8]) -> Option<Record> {
    let text = std::str::from_utf8(line).ok()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let (before, time) = words.split_at_checked(words.len().checked_sub(6)?)?;
    let at = DateTime::parse_from_str(&time.join(" "), "%a %b %e %H:%M:%S %z %Y").ok()?.with_timezone(&Utc);
    let (user, terminal, host) = match before {
        [user, terminal] => (*user, *terminal, ""),
        [user, terminal, host] => (*user, *terminal, *host),
        _ => return None,
    };
    Some(record(RecordKind::User, at, (user, terminal, host)))
}

fn iso(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z").ok().map(|at| at.with_timezone(&Utc))
}

fn record(kind: RecordKind, at: DateTime<Utc>, (user, terminal, host): (&str, &str, &str)) -> Record {
    let shown = |word: &str| text::shown(word.as_bytes(), text::SHORT);
    let address = address_of(host);
    // The name of the service, where there is no terminal.
    let terminal = if terminal.starts_with("ssh") || terminal == "?" { "" } else { terminal };
    let host = if address.is_some() { String::new() } else { shown(host) };
    Record { kind, at, pid: None, user: shown(user), terminal: shown(terminal), address, host }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen on Debian 13.
    const SEEN: &str =
        "ops      pts/0        10.213.77.202    2026-11-22T11:07:36+0000  - 2026-11-22T11:07:37+0000   (00:00)";

    fn told(line: &str) -> Option<(String, String, String, Option<i64>)> {
        let (record, ended) = of_wtmpdb(line.as_bytes())?;
        let from = record.address.map_or(record.host, |address| address.to_string());
        Some((record.user, record.terminal, from, ended.map(|ended| (ended - record.at).num_seconds())))
    }

    #[test]
    fn a_login_of_the_database_has_both_its_ends() {
        assert_eq!(told(SEEN), Some(("ops".into(), "pts/0".into(), "10.213.77.202".into(), Some(1))));
        let here = "a-user-of-many-letters pts/12 2001:db8::5 2026-11-22T11:07:36+0900 - still logged in";
        assert_eq!(told(here), Some(("a-user-of-many-letters".into(), "pts/12".into(), "2001:db8::5".into(), None)));
        let console = "root     tty1                          2026-11-22T11:07:36+0000  - crash";
        assert_eq!(told(console), Some(("root".into(), "tty1".into(), String::new(), None)));
        let named = "ops      ssh          host.example     2026-11-22T11:07:36+0000  - still logged in";
        assert_eq!(told(named), Some(("ops".into(), String::new(), "host.example".into(), None)));
        let boot = "reboot   system boot  6.12.57+deb13-amd64  2026-11-22T10:23:31+0000  - still running";
        assert_eq!(of_wtmpdb(boot.as_bytes()).unwrap().0.kind, RecordKind::Boot);
    }

    #[test]
    fn sec_x03_what_is_no_login_is_none() {
        for odd in [
            "",
            "wtmpdb begins 2026-11-22T10:23:31+0000",
            "a b c d 2026-11-22T11:07:36+0000 - still logged in",
            "x 2026-11-22T11:07:36+0000 - x",
            "ops pts/0 10.0.0.1 Sun Nov 22 11:07 - 11:07  (00:00)",
            "ops pts/0 10.0.0.1 - 2026-11-22T11:07:36+0000",
            " - ",
        ] {
            assert_eq!(told(odd), None, "{odd}");
        }
        assert!(of_wtmpdb(b"\xff\xfe - ").is_none());
    }

    #[test]
    fn the_last_time_of_each_user_is_read() {
        let seen =
            "ops              ssh      10.213.77.1                                Sun Nov 22 11:07:38 +0000 2026";
        let record = of_lastlog(seen.as_bytes()).unwrap();
        assert_eq!((record.user.as_str(), record.terminal.as_str()), ("ops", ""));
        assert_eq!(record.at.to_rfc3339(), "2026-11-22T11:07:38+00:00");
        assert_eq!(record.address, Some([10, 213, 77, 1].into()));
        for odd in [
            "Username         Port     From    Latest",
            "root    **Never logged in**",
            "a b c d Sun Nov 22 11:07:38 +0000 2026",
        ] {
            assert!(of_lastlog(odd.as_bytes()).is_none(), "{odd}");
        }
    }
}
