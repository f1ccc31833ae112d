//! One service in detail: what it runs, what it needs and what needs it, the files that it is made of.
//!
//! Rows of the `table` format: `service` with the columns of the list · `runs` and a command line · `file` and a path ·
//! `needs` and `needed-by` with a name · `can` and an action · `ours` where hannun is signed in through it · `gone`.

use super::rows::{COLUMNS, service};
use super::systemd::{self, Clock, Properties, blocks, program};
use super::{Service, ServiceName};
use crate::commands::script::{Parameters, Value};
use crate::commands::shape::{Shape, needed};
use crate::commands::table;
use crate::commands::text::{self, LONG, SHORT, integer};
use crate::commands::{Command, CommandType, ParseError, Read};

pub(in crate::commands) const FORMATS: &[&str] = &["systemd", "table"];

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word("service", COLUMNS),
    Shape::word("runs", &[needed("command line", "What it runs", "/usr/sbin/sshd -D")]),
    Shape::word("file", &[needed("path", "A file that it is made of", "/etc/init.d/ssh")]),
    Shape::word("needs", &[needed("name", "What must run for it", "network")]),
    Shape::word("needed-by", &[needed("name", "What needs it", "multi-user.target")]),
    Shape::word("can", &[needed("action", "start, stop, restart, reload, enable or disable", "reload")]),
    Shape::word("ours", &[]),
    Shape::word("gone", &[]),
];

/// Names of each kind that are kept.
const MOST_NAMES: usize = 200;
/// Files that are kept.
const MOST_FILES: usize = 20;

/// One service. Every text is the server's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct ServiceDetails {
    /// What the list tells of it.
    pub service: Service,
    /// Its other names.
    pub aliases: Vec<String>,
    /// Why it ended, in the tool's own word: `exit-code`, `signal`, `oom-kill`; empty where it ended well or runs.
    pub result: String,
    /// With which status its first process ended, where that is not 0.
    pub exit_status: Option<u32>,
    /// How often it was started again by itself.
    pub restarts: Option<u64>,
    /// What it runs.
    pub runs: Vec<String>,
    /// The files that it is made of.
    pub files: Vec<String>,
    /// What must run for it, or should.
    pub needs: Vec<String>,
    /// What needs or wants it.
    pub needed_by: Vec<String>,
    /// The timers, sockets and paths that start it.
    pub started_by: Vec<String>,
    /// Its files changed since it was read: a restart would run what was read before.
    pub is_stale: bool,
    /// It knows how to read its configuration anew.
    pub can_reload: bool,
    /// People may start it.
    pub can_start: bool,
    /// People may stop it.
    pub can_stop: bool,
    /// hannun is signed in through it.
    pub is_ours: bool,
}

impl ServiceDetails {
    /// Whether stopping it may shut out hannun and whoever else comes in.
    pub fn is_way_in(&self) -> bool {
        let names = std::iter::once(&self.service.name).chain(&self.aliases);
        self.is_ours || names.filter_map(|name| ServiceName::read(name)).any(|name| name.is_way_in())
    }
}

/// Reads one service; none where there is no such service.
#[derive(Debug, Clone)]
pub struct ReadService {
    /// Which.
    pub name: ServiceName,
}

impl Command for ReadService {
    const TYPE: CommandType = CommandType::ReadService;
    type Output = Option<ServiceDetails>;

    fn parameters(&self) -> Parameters {
        Parameters::default().with("unit", Value::Text(self.name.as_str().as_bytes().to_vec()))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Option<ServiceDetails>, ParseError> {
        read(format, output)
    }
}

impl Read for ReadService {}

pub(in crate::commands) fn read(format: &str, output: &[u8]) -> Result<Option<ServiceDetails>, ParseError> {
    match format {
        "systemd" => of_systemd(output),
        "table" => of_rows(output),
        other => Err(ParseError::unknown_format(other)),
    }
}

fn of_systemd(output: &[u8]) -> Result<Option<ServiceDetails>, ParseError> {
    let mut clock = Clock::default();
    let mut groups = Vec::new();
    let mut unit = Vec::new();
    for (part, number, line) in text::sections(output, &["now", "uptime", "ours", "unit"]) {
        match part {
            "now" | "uptime" => clock.hear(part, line),
            "ours" => groups.push(line),
            "unit" => unit.push((number, line)),
            _ => return Err(ParseError::at(number, "this line stands in no part", line)),
        }
    }
    let blocks = blocks(unit.into_iter())?;
    let [block] = blocks.as_slice() else { return Err(ParseError::new("one unit was expected", output)) };
    let service = systemd::service(block, clock).ok_or_else(|| ParseError::new("a unit without a name", output))?;
    if block.of("LoadState") == b"not-found" && matches!(block.of("ActiveState"), b"inactive" | b"") {
        return Ok(None);
    }
    Ok(Some(details(block, service, &groups)))
}

fn details(block: &Properties<'_>, service: Service, groups: &[&[u8]]) -> ServiceDetails {
    let some = |properties: &[&str]| {
        let mut names: Vec<String> = Vec::new();
        for name in properties.iter().flat_map(|property| block.names(property)) {
            if !names.contains(&name) && names.len() < MOST_NAMES {
                names.push(name);
            }
        }
        names
    };
    let yes = |property: &str| block.of(property) == b"yes";
    let group = block.of("ControlGroup");
    let mut files = vec![block.text("FragmentPath", LONG)];
    files.extend(block.names("DropInPaths"));
    files.push(block.text("SourcePath", LONG));
    files.retain(|path| path.starts_with('/'));
    files.truncate(MOST_FILES);
    let result = block.text("Result", SHORT);
    let runs = ["ExecStartPre", "ExecStart"].into_iter().flat_map(|property| block.all(property)).filter_map(program);
    ServiceDetails {
        aliases: some(&["Names"]).into_iter().filter(|name| *name != service.name).collect(),
        result: if result == "success" { String::new() } else { result },
        exit_status: text::integer32(block.of("ExecMainStatus")).filter(|status| *status != 0),
        restarts: integer(block.of("NRestarts")).filter(|count| *count > 0),
        runs: runs.take(MOST_FILES).collect(),
        files,
        needs: some(&["Requires", "Requisite", "BindsTo", "Wants"]),
        needed_by: some(&["RequiredBy", "RequisiteOf", "BoundBy", "WantedBy", "ConsistsOf"]),
        started_by: some(&["TriggeredBy"]),
        is_stale: yes("NeedDaemonReload"),
        can_reload: yes("CanReload"),
        can_start: yes("CanStart") && !yes("RefuseManualStart"),
        can_stop: yes("CanStop") && !yes("RefuseManualStop"),
        is_ours: !group.is_empty() && groups.iter().any(|ours| is_within(ours, group)),
        service,
    }
}

/// Whether a line of `/proc/PID/cgroup` is of `group`, or of what is below it.
fn is_within(line: &[u8], group: &[u8]) -> bool {
    // `0::/system.slice/ssh.service`, `9:name=systemd:/system.slice/ssh.service`
    let path = line.splitn(3, |byte| *byte == b':').nth(2).unwrap_or_default();
    path.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

fn of_rows(output: &[u8]) -> Result<Option<ServiceDetails>, ParseError> {
    let mut details = ServiceDetails::default();
    let (mut found, mut gone) = (false, false);
    for row in table::rows(output, COLUMNS.len() + 1) {
        let row = row?;
        let alone = |details: bool| {
            if (1..=COLUMNS.len()).any(|at| row.column(at).is_some()) {
                return Err(row.error("nothing was expected behind the first column"));
            }
            Ok(details)
        };
        let one = |name: &str| {
            if row.column(2).is_some() {
                return Err(row.error("one column was expected behind the first"));
            }
            row.text(1, name, LONG)
        };
        match row.column(0) {
            Some(b"service") => (details.service, found) = (service(&row, 1)?, true),
            Some(b"runs") => details.runs.push(one("command line")?),
            Some(b"file") => details.files.push(one("path")?),
            Some(b"needs") => details.needs.push(one("name")?),
            Some(b"needed-by") => details.needed_by.push(one("name")?),
            Some(b"can") => match one("action")?.as_str() {
                "start" => details.can_start = true,
                "stop" => details.can_stop = true,
                "reload" => details.can_reload = true,
                "restart" | "enable" | "disable" => {}
                _ => return Err(row.error("this is no known action")),
            },
            Some(b"ours") => details.is_ours = alone(true)?,
            Some(b"gone") => gone = alone(true)?,
            _ => return Err(row.error("the first column is none of the known words")),
        }
    }
    match (found, gone) {
        (true, false) => {
            details.runs.truncate(MOST_FILES);
            details.files.truncate(MOST_FILES);
            details.needs.truncate(MOST_NAMES);
            details.needed_by.truncate(MOST_NAMES);
            Ok(Some(details))
        }
        (false, true) => Ok(None),
        _ => Err(ParseError::new("one service was expected", output)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hannun_is_signed_in_through_is_known_by_its_control_group() {
        let unit = |group: &str| {
            let answer = format!(
                "@ours\n0::/\n9:name=systemd:/system.slice/ssh.service\n@unit\nId=x.service\nActiveState=active\nControlGroup={group}\n"
            );
            of_systemd(answer.as_bytes()).unwrap().unwrap().is_ours
        };
        assert!(unit("/system.slice/ssh.service") && unit("/system.slice"));
        assert!(!unit("/system.slice/ssh") && !unit("") && !unit("/system.slice/sshd.service"));
    }

    #[test]
    fn a_unit_that_nobody_knows_is_none() {
        assert_eq!(of_systemd(b"@unit\nId=x.service\nLoadState=not-found\nActiveState=inactive\n"), Ok(None));
        assert_eq!(of_rows(b"gone\n"), Ok(None));
    }

    #[test]
    fn sec_x03_another_shape_is_refused() {
        for answer in ["", "@unit\n", "@unit\nId=a\n\nId=b\n", "@unit\nx\n", "hello\n"] {
            assert!(of_systemd(answer.as_bytes()).is_err(), "{answer}");
        }
        for answer in ["", "file\t/x\n", "service\ta\n", "gone\tx\n", "service\ta\t\tactive\ngone\n", "can\tfly\n"] {
            assert!(of_rows(answer.as_bytes()).is_err(), "{answer}");
        }
    }
}
