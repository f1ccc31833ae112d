//! Timetables as servers told them.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use hannun::commands::cron::{Meaning, Place, RunCronLine, Timetables, upcoming};
use hannun::commands::{Acting, Command, CommandType, ListCron, ReplaceCrontab};

use super::fixtures::fixture;

/// What was understood, in lines for a snapshot.
pub(super) fn told(found: &Timetables) -> String {
    let mut out = format!(
        "{} {} {:?} runs: {:?} by root: {} as {}, {} users, left out: {}\n",
        found.now,
        found.zone.name(),
        found.daemon,
        found.is_running,
        found.by_root,
        found.user,
        found.users.len(),
        found.left_out
    );
    for tab in &found.tabs {
        let ignored = tab.ignored.as_ref().map(ToString::to_string).unwrap_or_default();
        writeln!(out, "{} {:o} {ignored}", tab.place.key(), tab.mode).unwrap();
        for (at, line) in tab.table.lines().iter().enumerate() {
            match &line.meaning {
                Meaning::Entry(entry) | Meaning::Off(entry, _) => {
                    let command = String::from_utf8_lossy(entry.command()).into_owned();
                    let is_off = matches!(line.meaning, Meaning::Off(..));
                    let next = upcoming(&entry.schedule, found.zone, found.now, 1, found.daemon);
                    let user = tab.user_of(entry);
                    writeln!(
                        out,
                        "  {} off: {is_off} {} [{user}] {command} {next:?}",
                        at + 1,
                        entry.schedule.sentence()
                    )
                    .unwrap();
                }
                Meaning::Unreadable(why) => writeln!(out, "  {} {why}", at + 1).unwrap(),
                Meaning::Variable { name, .. } => writeln!(out, "  {} {name}", at + 1).unwrap(),
                Meaning::Header => writeln!(out, "  {} header", at + 1).unwrap(),
                Meaning::Blank | Meaning::Comment => {}
            }
        }
    }
    for script in &found.scripts {
        let why = script.why_not.as_ref().map(ToString::to_string).unwrap_or_default();
        writeln!(out, "{}/{} {why}", script.directory, script.name).unwrap();
    }
    for timer in &found.timers {
        writeln!(out, "{} {:?} {:?} {:?} active: {}", timer.name, timer.when, timer.next, timer.last, timer.is_active)
            .unwrap();
    }
    out
}

/// What is said where something was done.
pub(super) fn done(command_type: CommandType, format: &str, answer: &[u8]) -> String {
    let text = |text: &str| text.to_owned();
    let read = match command_type {
        CommandType::ReplaceCrontab => {
            let place = Place::User(text("deploy"));
            let (mark, acting) = ("m".repeat(32), Acting::Root);
            ReplaceCrontab { place, seen: None, mark, acting, what: text("add a line") }.parse(format, answer)
        }
        CommandType::RunCronLine => {
            let (user, command, line) = (text("deploy"), text("/bin/report"), text("deploy, line 4"));
            RunCronLine { user, variables: Vec::new(), command, input: String::new(), line }.parse(format, answer)
        }
        other => panic!("{other:?} does nothing to a timetable"),
    };
    format!("{:?}", read.unwrap())
}

#[test]
fn every_byte_of_a_table_that_a_server_told_is_kept() {
    for name in ["debian-12", "el9-standin", "busybox-standin", "debian-12-not-root"] {
        let answer = fixture(CommandType::ListCron, name);
        let found = ListCron { acting: Acting::Root }.parse("timetables", &answer).unwrap();
        assert!(!found.tabs.is_empty(), "{name}");
        for tab in &found.tabs {
            let bytes = tab.table.bytes();
            assert!(answer.windows(bytes.len()).any(|part| part == bytes), "{name} {}", tab.place.key());
        }
    }
}

#[test]
fn a_table_of_a_thousand_lines_has_its_times_in_good_time() {
    let line = |n: u32| format!("{} {} {} * {} /bin/job-{n}\n", n % 60, n % 24, 1 + n % 28, n % 7);
    let lines = (0..1_000).map(line).collect::<Vec<_>>().concat();
    let head = "now\t1796000000\t+0100\tEurope/Berlin\ndaemon\tvixie\tyes\nme\t0\troot\n";
    let answer = format!("{head}file\tuser\troot\t600\t0\t{}\twhole\tknown\n{lines}\n", lines.len());
    let found = ListCron { acting: Acting::Root }.parse("timetables", answer.as_bytes()).unwrap();
    let after: DateTime<Utc> = found.now;
    let times = found.tabs[0].table.lines().iter().filter_map(|line| line.entry()).map(|entry| {
        let times = upcoming(&entry.schedule, found.zone, after, 5, found.daemon);
        assert_eq!(times.len(), 5, "{}", entry.time());
        times.len()
    });
    assert_eq!(times.sum::<usize>(), 5_000);
}
