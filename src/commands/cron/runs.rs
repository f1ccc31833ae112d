//! What cron says in the log that it ran. Pure. Everything in a log may have been written by somebody else.

use chrono::{DateTime, Offset, SubsecRound, Utc};

use crate::commands::files::Acting;
use crate::commands::logins::when::{Times, Zone};
use crate::commands::text::{self, LONG, SHORT, shown};
use crate::commands::{Command, CommandType, ParseError, Read};

pub(in crate::commands) const FORMATS: &[&str] = &["cron-log"];

/// Asks what cron ran lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListCronRuns {
    /// As whom: most logs are for root.
    pub acting: Acting,
}

/// What the log tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CronLog {
    /// Where it was told: `journal`, `/var/log/cron`; empty where no log tells of cron, or none may be read.
    pub source: String,
    /// What ran, the oldest first.
    pub runs: Vec<CronRun>,
}

/// One command that cron ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronRun {
    /// When.
    pub at: DateTime<Utc>,
    /// As whom.
    pub user: String,
    /// The command as the log has it.
    pub command: String,
}

impl CronLog {
    /// When this command of this user ran, the newest first.
    pub fn of(&self, user: &str, command: &str) -> impl Iterator<Item = DateTime<Utc>> {
        let is_it = move |run: &&CronRun| run.user == user && run.command == command.trim_end();
        self.runs.iter().rev().filter(is_it).map(|run| run.at)
    }
}

impl Command for ListCronRuns {
    const TYPE: CommandType = CommandType::ListCronRuns;
    type Output = CronLog;

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<CronLog, ParseError> {
        match format {
            "cron-log" => read(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ListCronRuns {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        "the log of cron".to_owned()
    }
}

fn read(output: &[u8]) -> Result<CronLog, ParseError> {
    let mut lines = text::lines(output).map(|(_, line)| line);
    let head: Vec<&[u8]> = lines.next().unwrap_or_default().split(|byte| *byte == b'\t').collect();
    let [b"now", seconds, offset, zone] = head.as_slice() else {
        return Err(ParseError::new("the time of the server is missing", output));
    };
    let now = text::moment(seconds).ok_or_else(|| ParseError::new("the time of the server is missing", output))?;
    let (name, offset) = (shown(zone, SHORT), shown(offset, SHORT));
    let zone = Zone::of(&name, &offset).unwrap_or_else(|| Zone { named: name.parse().ok(), offset: Utc.fix() });
    let mut times = Times::new(zone, now);
    let source = shown(lines.next().unwrap_or_default(), SHORT);
    if source == "none" || source.is_empty() {
        return Ok(CronLog::default());
    }
    // Lines of other programs may be among them, and are left out.
    let runs = lines.filter_map(|line| run(&shown(line, LONG), &mut times)).collect();
    Ok(CronLog { source, runs })
}

/// `… CRON[12]: (user) CMD (command)`, `… crond[12]: USER user pid 13 cmd command`
fn run(line: &str, times: &mut Times) -> Option<CronRun> {
    let (at, rest) = moment(line, times)?;
    // The first ident counts: what a command says stands behind it.
    let (head, said) = rest.split_once("]: ")?;
    let mut words = head.split(' ').skip(1);
    // BusyBox puts `cron.info` before it.
    let ident = words.next().filter(|word| *word != "cron.info").or_else(|| words.next())?.split('[').next()?;
    if words.next().is_some() || !matches!(ident, "CRON" | "CROND" | "crond" | "cron") {
        return None;
    }
    if let Some(rest) = said.strip_prefix('(') {
        let (user, rest) = rest.split_once(") CMD (")?;
        let command = rest.strip_suffix(')')?;
        return Some(CronRun { at, user: user.to_owned(), command: command.trim_end().to_owned() });
    }
    let (user, rest) = said.strip_prefix("USER ")?.split_once(" pid ")?;
    let (_, command) = rest.trim_start().split_once(" cmd ")?;
    Some(CronRun { at, user: user.to_owned(), command: command.trim_end().to_owned() })
}

/// The time at the beginning of a line, and what stands behind it.
fn moment<'l>(line: &'l str, times: &mut Times) -> Option<(DateTime<Utc>, &'l str)> {
    let (first, rest) = line.split_once(' ')?;
    if let Some((seconds, _)) = first.split_once('.')
        && let Ok(seconds) = seconds.parse()
    {
        return Some((DateTime::from_timestamp(seconds, 0)?, rest));
    }
    let (at, rest) = times.read(line.as_bytes())?;
    Some((at.trunc_subsecs(0), std::str::from_utf8(rest).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "now\t1796000000\t+0900\tAsia/Seoul\n";

    fn told(lines: &str) -> Vec<(String, String, String)> {
        let log = read(format!("{HEAD}/var/log/cron\n{lines}\n").as_bytes()).unwrap();
        log.runs.into_iter().map(|run| (run.at.to_rfc3339(), run.user, run.command)).collect()
    }

    fn row(at: &str, user: &str, command: &str) -> (String, String, String) {
        (at.to_owned(), user.to_owned(), command.to_owned())
    }

    #[test]
    fn each_kind_of_log_tells_what_ran() {
        // 1796000000 is 2026-11-30 09:53:20 in Seoul.
        assert_eq!(
            told("1795957201.389028 debian-1 CRON[240]: (deploy) CMD (/usr/bin/true # every five)"),
            [row("2026-11-29T13:00:01+00:00", "deploy", "/usr/bin/true # every five")]
        );
        assert_eq!(
            told("2026-11-29T12:52:01.352747+00:00 debian-1 CRON[157]: (root) CMD (echo (a))"),
            [row("2026-11-29T12:52:01+00:00", "root", "echo (a)")]
        );
        assert_eq!(
            told("Nov 29 21:52:00 busybox-1 cron.info crond[12]: USER root pid 106 cmd run-parts /etc/periodic/15min"),
            [row("2026-11-29T12:52:00+00:00", "root", "run-parts /etc/periodic/15min")]
        );
        assert_eq!(
            told("Dec 25 03:00:00 web crond[9]: (root) CMD (x)"),
            [row("2025-12-24T18:00:00+00:00", "root", "x")],
            "a time that would be to come is of last year"
        );
    }

    #[test]
    fn a_leap_day_and_an_hour_that_comes_twice_are_told_apart() {
        let at = |head: &str, lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| format!("{line} web CRON[1]: (root) CMD (x)\n")).collect();
            let log = read(format!("{head}\n/var/log/cron\n{}", lines.concat()).as_bytes()).unwrap();
            log.runs.into_iter().map(|run| run.at.to_rfc3339()).collect::<Vec<_>>()
        };
        // The first of June 2027; noon on the day on which Berlin puts its clocks back.
        assert_eq!(at("now\t1811808000\t+0000\t", &["Feb 29 10:00:00"]), ["2024-02-29T10:00:00+00:00"]);
        let twice = ["Oct 25 02:30:00", "Oct 25 02:59:00", "Oct 25 02:10:00"];
        assert_eq!(
            at("now\t1792929600\t+0100\tEurope/Berlin", &twice),
            ["2026-10-25T00:30:00+00:00", "2026-10-25T00:59:00+00:00", "2026-10-25T01:10:00+00:00"]
        );
    }

    #[test]
    fn what_somebody_else_writes_into_the_log_is_no_run() {
        for line in [
            "Nov 29 21:52:00 web logger: crond[1]: (root) CMD (rm)",
            "Nov 29 21:52:00 web sshd[5]: Invalid user CRON[1]: (root) CMD (rm) from 1.2.3.4",
            "hello",
            "Nov 31 21:52:00 web CRON[1]: (root) CMD (x)",
            "Nov 29 21:52:00 web CRON[1]: (root) CMD",
            "",
        ] {
            assert!(told(line).is_empty(), "{line}");
        }
        assert!(read(b"").is_err() && read(b"now\tx\t+0000\tUTC\n").is_err());
        assert_eq!(read(format!("{HEAD}none\n").as_bytes()).unwrap(), CronLog::default());
    }

    #[test]
    fn the_runs_of_a_line_are_those_of_its_user_and_command() {
        let lines = "1795957201.0 h CRON[1]: (a) CMD (x)\n1795957261.0 h CRON[1]: (b) CMD (x)\n1795957321.0 h CRON[1]: (a) CMD (x )\n";
        let log = read(format!("{HEAD}journal\n{lines}").as_bytes()).unwrap();
        assert_eq!(log.of("a", "x").map(|at| at.timestamp()).collect::<Vec<_>>(), [1_795_957_321, 1_795_957_201]);
    }
}
