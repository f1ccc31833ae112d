//! Linux: what `/proc/PID` holds.
//!
//! Parts: `@clock` · `@uptime` · `@boot` · `@stat` what follows the name · `@gone` · `@status` · `@limits` · `@cgroup` ·
//! `@parents` each a number and its `Name:` line · `@links` · `@tcp` … `@udp6` lines of `/proc/PID/net` · `@users` ·
//! `@command`, the last one, because it may hold anything.

use std::collections::HashMap;
use std::time::Duration;

use super::{Limit, Parent, ProcessDetails, files};
use crate::commands::processes::stat;
use crate::commands::sockets::{Protocol, proc_net};
use crate::commands::text::{self, LONG, SHORT, decimal, integer, integer32};
use crate::commands::{ParseError, users};

const PARTS: &[&str] = &[
    "clock", "uptime", "boot", "stat", "gone", "status", "limits", "cgroup", "parents", "links", "tcp", "tcp6", "udp",
    "udp6", "users",
];

/// The most words of a command line that are kept.
const MOST_ARGUMENTS: usize = 1000;

pub(super) fn parse(output: &[u8]) -> Result<Option<ProcessDetails>, ParseError> {
    const MARKER: &[u8] = b"\n@command\n";
    let end = output.windows(MARKER.len()).position(|window| window == MARKER);
    let (before, command) = match end.and_then(|at| output.split_at_checked(at)) {
        Some((before, rest)) => (before, rest.get(MARKER.len()..)),
        None => (output, None),
    };
    let mut details = ProcessDetails::default();
    let (mut ticks, mut uptime, mut stat, mut names) = (None, None, None, HashMap::new());
    let mut links = Vec::new();
    let mut is_gone = before == b"@gone" || before.ends_with(b"\n@gone\n") || before.ends_with(b"\n@gone");
    for (part, number, line) in text::sections(before, PARTS) {
        let unreadable = |what: &str| ParseError::at(number, format!("this is no {what}"), line);
        match part {
            "clock" => ticks = integer32(line),
            "uptime" => uptime = decimal(line),
            "boot" => details.started.boot = text::shown(line.trim_ascii(), SHORT),
            "stat" => stat = Some(stat::behind_name(line).ok_or_else(|| unreadable("/proc/PID/stat"))?),
            "status" => status(line, &mut details).ok_or_else(|| unreadable("/proc/PID/status"))?,
            "limits" => details.limits.extend(limit(line)),
            "cgroup" => cgroup(line, &mut details),
            "parents" => parent(line, &mut details).ok_or_else(|| unreadable("parent"))?,
            "links" => links.push(line),
            "tcp" | "tcp6" | "udp" | "udp6" => {
                let protocol = if part.starts_with("tcp") { Protocol::Tcp } else { Protocol::Udp };
                let socket = proc_net::socket(line, protocol).ok_or_else(|| unreadable("line of /proc/net"))?;
                details.sockets.push(socket);
            }
            "users" => names.extend(users::account(line)),
            "gone" => is_gone = false,
            _ => return Err(unreadable("part of the answer")),
        }
    }
    if is_gone && command.is_none() {
        return Ok(None);
    }
    let (Some(stat), Some(command)) = (stat, command) else {
        return Err(ParseError::new("the answer breaks off", output));
    };
    files::note(links.into_iter(), &mut details);
    details.arguments = arguments(command);
    details.is_kernel = stat.is_kernel;
    details.started.at = stat.started.to_string();
    if let Some(uid) = details.uid {
        details.user = names.get(&uid).cloned().unwrap_or_else(|| uid.to_string());
    }
    for socket in &mut details.sockets {
        socket.user = socket.uid.and_then(|uid| names.get(&uid).cloned());
    }
    if let Some(ticks) = ticks.filter(|ticks| *ticks > 0) {
        let seconds = |count: u64| Duration::from_millis(count.saturating_mul(1000) / u64::from(ticks));
        details.processor = Some(seconds(stat.cpu_ticks));
        let uptime = uptime.and_then(|uptime| Duration::try_from_secs_f64(uptime).ok());
        details.running = uptime.map(|uptime| uptime.saturating_sub(seconds(stat.started)));
    }
    Ok(Some(details))
}

/// `Uid:	0	0	0	0`: the second number is who it acts as.
fn status(line: &[u8], details: &mut ProcessDetails) -> Option<()> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (key, value) = (line.get(..colon)?, line.get(colon + 1..)?.trim_ascii());
    let kib = || integer(text::words(value).next()?)?.checked_mul(1024);
    match key {
        b"Name" => details.name = text::shown(value, SHORT),
        b"State" => details.state = text::shown(value, SHORT),
        b"Pid" => details.pid = integer32(value)?,
        b"Uid" => details.uid = Some(integer32(text::words(value).nth(1)?)?),
        b"Threads" => details.threads = Some(integer32(value)?),
        b"VmRSS" => details.resident_bytes = Some(kib()?),
        b"VmSwap" => details.swapped_bytes = Some(kib()?),
        _ => {}
    }
    Some(())
}

/// `Max open files            1024                 524288               files     `: columns of fixed width.
fn limit(line: &[u8]) -> Option<Limit> {
    let cell = |from: usize, to: usize| {
        let cell = line.get(from..to.min(line.len())).unwrap_or_default();
        text::shown(cell.trim_ascii(), SHORT)
    };
    let limit = Limit { name: cell(0, 26), soft: cell(26, 47), hard: cell(47, 68), unit: cell(68, 80) };
    let is_value = |value: &str| value == "unlimited" || value.bytes().all(|byte| byte.is_ascii_digit());
    let is_limit = !limit.soft.is_empty() && is_value(&limit.soft) && is_value(&limit.hard);
    is_limit.then_some(limit)
}

/// `0::/system.slice/nginx.service` of version 2, or `1:name=systemd:/…` of version 1; other lines of that say the same.
fn cgroup(line: &[u8], details: &mut ProcessDetails) {
    let mut fields = line.splitn(3, |byte| *byte == b':');
    let (Some(number), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else { return };
    let is_systemd = controllers == b"name=systemd";
    if is_systemd || (number == b"0" && controllers.is_empty() && details.cgroup.is_none()) {
        details.cgroup = Some(text::shown(path, LONG));
    }
}

fn parent(line: &[u8], details: &mut ProcessDetails) -> Option<()> {
    if let Some(name) = line.strip_prefix(b"Name:") {
        details.parents.last_mut()?.name = text::shown(name.trim_ascii(), SHORT);
    } else {
        details.parents.push(Parent { pid: integer32(line)?, name: String::new() });
    }
    Some(())
}

/// Words that NUL divides. A program may have written over them with what it wants to be called.
fn arguments(command: &[u8]) -> Vec<String> {
    let command = command.strip_suffix(b"\0").unwrap_or(command);
    if command.is_empty() {
        return Vec::new();
    }
    let words = command.split(|byte| *byte == 0).take(MOST_ARGUMENTS);
    words.map(|word| text::shown(word, LONG)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "S 1 7 7 0 -1 4194560 100 0 0 0 30 12 0 0 20 0 3 0 8060512 9000000 250 18446744073709551615 1 1";

    fn answer(middle: &str, command: &str) -> String {
        format!(
            "@clock\n100\n@uptime\n80615.12\n@boot\nb-1\n@stat\n{STAT}\n@status\nName:\ta\\nb\nState:\tS (sleeping)\nPid:\t7\n\
             Uid:\t33\t33\t33\t33\n{middle}@users\nwww-data:x:33:33::/:\n@command\n{command}"
        )
    }

    fn details(middle: &str, command: &str) -> ProcessDetails {
        parse(answer(middle, command).as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn a_process_is_read_with_its_owner_and_its_time() {
        let read =
            details("@cgroup\n0::/system.slice/nginx.service\n@parents\n1\nName:\tsystemd\n", "nginx\0-g\0x y\0");
        assert_eq!((read.pid, &*read.user, read.threads, &*read.command()), (7, "www-data", None, "nginx -g x y"));
        assert_eq!((read.started.to_string().as_str(), read.unit()), ("8060512@b-1", Some("nginx.service")));
        assert_eq!((read.running, read.processor), (Some(Duration::from_secs(10)), Some(Duration::from_millis(420))));
        assert_eq!(read.parents, [Parent { pid: 1, name: "systemd".into() }]);
    }

    #[test]
    fn sec_x06_a_command_line_cannot_draw_parts_of_its_own() {
        let read = details("", "sh\0-c\0\n@parents\n1\n@command\nx\0\0");
        assert_eq!(read.arguments, ["sh", "-c", "\n@parents\n1\n@command\nx", ""]);
        assert!(read.parents.is_empty());
    }

    #[test]
    fn limits_have_columns_of_fixed_width() {
        let lines = "@limits\nLimit                     Soft Limit           Hard Limit           Units     \n\
                     Max open files            1024                 524288               files     \n\
                     Max nice priority         0                    0                    \n";
        let read = details(lines, "x\0");
        let told: Vec<_> = read.limits.iter().map(|limit| (&*limit.name, &*limit.soft, &*limit.unit)).collect();
        assert_eq!(told, [("Max open files", "1024", "files"), ("Max nice priority", "0", "")]);
    }

    #[test]
    fn a_process_that_has_ended_is_none_and_an_answer_that_breaks_off_is_no_answer() {
        assert_eq!(parse(b"@clock\n100\n@uptime\n1.5\n@boot\nb\n@stat\n@gone\n"), Ok(None));
        for broken in ["", "@gone\nx\n", "@stat\nS 1\n@command\n", "@clock\n100\n@stat\n", "x\n@command\n"] {
            assert!(parse(broken.as_bytes()).is_err(), "{broken:?}");
        }
        assert!(parse(answer("@tcp\nx\n", "x").as_bytes()).is_err());
        assert!(parse(answer("@parents\nName:\tx\n", "x").as_bytes()).is_err());
    }
}
