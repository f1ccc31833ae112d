//! What a server tells of its timetables: rows with tabs, and after a row of a file as many bytes as it says. Pure.

use chrono::NaiveDate;

use super::document::{Crontab, Layout};
use super::{Flavour, Place, Script, TABLE_LIMIT, Tab, Timetables, Zone, is_user_name, timers};
use crate::commands::ParseError;
use crate::commands::logins::when;
use crate::commands::text::{SHORT, integer, moment, shown};
use crate::language::Message;

/// Users that are named.
const MOST_USERS: usize = 2_000;

/// A table before it is known by which daemon it is read.
struct Raw {
    place: Place,
    bytes: Vec<u8>,
    exists: bool,
    is_cut: bool,
    mode: u32,
    owner: u32,
    is_orphan: bool,
}

pub(super) fn read(output: &[u8]) -> Result<Timetables, ParseError> {
    let (mut found, mut raw, mut rest) = (Timetables::default(), Vec::<Raw>::new(), output);
    let mut is_told = false;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let (line, after) = (rest.get(..end).unwrap_or_default(), rest.get(end + 1..).unwrap_or_default());
        rest = after;
        let wrong = |why: &str| ParseError::new(why, line);
        let cells: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
        match cells.as_slice() {
            [b"now", seconds, offset, zone] => {
                found.now = moment(seconds).ok_or_else(|| wrong("the time of the server was expected"))?;
                found.zone = zone_of(&shown(zone, SHORT), &shown(offset, SHORT));
                is_told = true;
            }
            [b"daemon", name, runs] => {
                found.daemon = Flavour::from_name(name);
                found.is_running = match *runs {
                    b"yes" => Some(true),
                    b"no" => Some(false),
                    _ => None,
                };
            }
            [b"me", number, name] => {
                (found.by_root, found.user) = (*number == b"0", shown(name, SHORT));
            }
            [b"user", name] => {
                let name = shown(name, SHORT);
                if is_user_name(&name) && found.users.len() < MOST_USERS {
                    found.users.push(name);
                }
            }
            [b"none", b"user", name] => {
                let place = place_of(b"user", name).ok_or_else(|| wrong("a user was expected"))?;
                let (bytes, exists) = (Vec::new(), false);
                raw.push(Raw { place, bytes, exists, is_cut: false, mode: 0o600, owner: 0, is_orphan: false });
            }
            [b"file", kind, name, mode, owner, size, whole, known] => {
                let size =
                    integer(size).and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= TABLE_LIMIT);
                let size = size.ok_or_else(|| wrong("a size was expected"))?;
                let (bytes, after) = rest
                    .split_at_checked(size)
                    .and_then(|(bytes, after)| Some((bytes.to_vec(), after.strip_prefix(b"\n")?)))
                    .ok_or_else(|| wrong("a table changed while it was read"))?;
                rest = after;
                let numbers =
                    (std::str::from_utf8(mode).ok().and_then(|mode| u32::from_str_radix(mode, 8).ok()), integer(owner));
                let (Some(mode), Some(owner)) = numbers else { return Err(wrong("mode and owner were expected")) };
                let Some(place) = place_of(kind, name) else {
                    found.left_out += 1;
                    continue;
                };
                let owner = u32::try_from(owner).unwrap_or(u32::MAX);
                let (is_cut, is_orphan) = (*whole != b"whole", *known == b"orphan");
                raw.push(Raw { place, bytes, exists: true, is_cut, mode, owner, is_orphan });
            }
            [b"script", directory, name, executable] => found.scripts.push(Script {
                directory: shown(directory, SHORT),
                name: shown(name, SHORT),
                // Filled in once the daemon is known for sure.
                why_not: (*executable != b"x").then(|| Message::new("")),
            }),
            [b"ran", job, day] => found.ran.extend(ran(job, day)),
            [b"left"] => found.left_out += 1,
            [b"timers"] => {
                found.timers = timers::read(rest);
                rest = &[];
            }
            _ => return Err(wrong("this row is not known")),
        }
    }
    if !is_told {
        return Err(ParseError::new("the time of the server is missing", output));
    }
    let daemon = found.daemon;
    found.tabs = raw.into_iter().map(|raw| tab(raw, daemon)).collect();
    for script in &mut found.scripts {
        script.why_not = daemon.why_not_run(&script.name, script.why_not.is_none());
    }
    Ok(found)
}

/// The day on which a job ran. What stands there may be anything; a day that is none is not told.
fn ran(job: &[u8], day: &[u8]) -> Option<(String, NaiveDate)> {
    let day = NaiveDate::parse_from_str(&shown(day, SHORT), "%Y%m%d").ok()?;
    Some((shown(job, SHORT), day))
}

fn place_of(kind: &[u8], name: &[u8]) -> Option<Place> {
    let name = std::str::from_utf8(name).ok()?;
    match kind {
        b"user" => Place::from_key(&format!("user:{name}")),
        _ => Place::from_key(name).filter(|place| !matches!(place, Place::User(_))),
    }
}

fn tab(raw: Raw, daemon: Flavour) -> Tab {
    let layout = Layout { has_user: raw.place.has_user_column(), flavour: daemon };
    let ignored = match &raw.place {
        Place::File(path) => {
            let name = path.strip_prefix("/etc/cron.d/");
            let by_name = match (name, daemon) {
                (Some(name), _) => daemon.why_ignored(name),
                (None, Flavour::BusyBox) => daemon.why_ignored("crontab"),
                (None, _) => None,
            };
            by_name.or_else(|| daemon.why_refused(raw.mode, raw.owner))
        }
        Place::User(_) if raw.is_orphan => {
            Some(Message::new("cron does not read this table: the server has no such user"))
        }
        Place::User(_) | Place::Anacron => None,
    };
    let table = Crontab::read(&raw.bytes, layout);
    let ignored = ignored.or_else(|| {
        let open = table.has_open_end() && !raw.is_cut && matches!(daemon, Flavour::Vixie);
        (open && raw.place != Place::Anacron)
            .then(|| Message::new("cron does not read this table: its last line has no end"))
    });
    Tab { place: raw.place, table, exists: raw.exists, is_cut: raw.is_cut, ignored, mode: raw.mode }
}

/// A zone by its name; where that is not known, by its offset now.
fn zone_of(name: &str, offset: &str) -> Zone {
    if let Ok(zone) = name.parse() {
        return Zone::Named(zone);
    }
    when::Zone::of(name, offset).map_or_else(Zone::default, |zone| Zone::Fixed(zone.offset))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "now\t1796000000\t+0900\tAsia/Seoul\ndaemon\tvixie\tyes\nme\t0\troot\n";

    #[test]
    fn what_stands_in_a_table_is_no_row() {
        let hostile = "file\tuser\tx\t600\t0\t3\twhole\tknown\ntimers\n";
        let output = format!("{HEAD}file\tuser\troot\t600\t0\t{}\twhole\tknown\n{hostile}\nleft\n", hostile.len());
        let found = read(output.as_bytes()).unwrap();
        assert_eq!((found.tabs.len(), found.timers.len(), found.left_out), (1, 0, 1));
        assert_eq!(found.tabs[0].table.bytes(), hostile.as_bytes());
        assert_eq!(found.zone.name(), "Asia/Seoul");
    }

    #[test]
    fn jobs_of_anacron_know_the_day_on_which_they_ran() {
        let table = "SHELL=/bin/sh\n7\t25\tcron.weekly\trun-parts /etc/cron.weekly\n1 5 new /bin/new\n";
        let row = format!("file\tfile\t/etc/anacrontab\t644\t0\t{}\twhole\tknown\n{table}\n", table.len());
        let ran = "ran\tcron.weekly\t20261128\nran\todd\tsoon\n";
        let found = read(format!("{HEAD}{row}{ran}").as_bytes()).unwrap();
        let told: Vec<_> = found.jobs().map(|(line, job)| (line, found.ran_on(&job), found.comes_on(&job))).collect();
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        assert_eq!(told, [(2, day("2026-11-28"), day("2026-12-05")), (3, None, None)]);
    }

    #[test]
    fn what_cron_does_not_read_says_why() {
        let one = |name: &str, mode: &str, owner: &str, text: &str, kind: &str| {
            let size = text.len();
            let row = format!("file\t{kind}\t{name}\t{mode}\t{owner}\t{size}\twhole\tknown\n{text}\n");
            read(format!("{HEAD}{row}").as_bytes())
                .unwrap()
                .tabs
                .remove(0)
                .ignored
                .map(|why| why.to_string())
                .unwrap_or_default()
        };
        assert_eq!(one("/etc/cron.d/ok", "644", "0", "\n", "file"), "");
        assert!(one("/etc/cron.d/a.sh", "644", "0", "\n", "file").contains("no dot"));
        assert!(one("/etc/cron.d/ok", "666", "0", "\n", "file").contains("others may write"));
        assert!(one("/etc/cron.d/ok", "644", "1000", "\n", "file").contains("belong to root"));
        assert!(one("root", "600", "0", "* * * * * a", "user").contains("last line has no end"));
    }

    #[test]
    fn sec_x03_another_shape_is_refused() {
        for output in [
            "",
            "hello\n",
            "now\tx\t+0000\tUTC\n",
            &format!("{HEAD}file\tuser\troot\t600\t0\t9\twhole\tknown\nabc\n"),
            &format!("{HEAD}file\tuser\troot\t600\t0\t99999999\twhole\tknown\nabc\n"),
            &format!("{HEAD}file\tuser\troot\tabc\t0\t3\twhole\tknown\nabc\n"),
            "daemon\tvixie\tyes\n",
        ] {
            assert!(read(output.as_bytes()).is_err(), "{output}");
        }
    }

    #[test]
    fn a_zone_without_a_name_is_its_offset() {
        assert_eq!(zone_of("", "-0330").name(), "-03:30");
        assert_eq!(zone_of("localtime", "+0000").name(), "+00:00");
        assert_eq!(zone_of("nowhere", "").name(), "UTC");
    }

    proptest! {
        #[test]
        fn sec_x03_no_answer_breaks_the_reader(output in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&[HEAD.as_bytes(), &output].concat());
        }

        #[test]
        fn any_bytes_of_a_table_come_through(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let row = format!("file\tfile\t/etc/crontab\t644\t0\t{}\twhole\tknown\n", bytes.len());
            let output = [HEAD.as_bytes(), row.as_bytes(), &bytes, b"\n"].concat();
            prop_assert_eq!(read(&output).unwrap().tabs.remove(0).table.bytes(), bytes);
        }
    }
}
