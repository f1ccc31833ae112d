//! Processes of a server, looked for by name or command line: how many there are, or that there is none.

use futures_util::FutureExt;
use serde_json::json;

use super::{Asked, Source, found};
use crate::commands::{ListProcesses, Process};
use crate::error::{Error, FieldErrors, Result};
use crate::scenarios::condition::expression;
use crate::scenarios::fields::{Default, Field, Takes, text};

/// Characters of a command line that are kept.
const LONGEST: usize = 300;

/// Looks for processes.
pub(super) const SEARCH: Source = Source {
    kind: "process_search",
    label: "Process search",
    icon: "list-tree",
    fields: &[
        Field {
            name: "look_for",
            label: "Look for",
            hint: "nginx",
            takes: Takes::Line { most: 200 },
            default: Default::Required,
        },
        Field {
            name: "look_in",
            label: "Where it stands",
            hint: "",
            takes: Takes::Choice(&[
                ("name", "It is the name of the program"),
                ("command", "It stands in the command line"),
                ("pattern", "The command line matches it, a regular expression"),
            ]),
            default: Default::Text("name"),
        },
        Field {
            name: "user",
            label: "Run by",
            hint: "Empty: by anybody",
            takes: Takes::Line { most: 64 },
            default: Default::Text(""),
        },
    ],
    gives: &[
        ("processes.count", "3"),
        ("processes.memory", "104857600"),
        ("processes.first.pid", "4121"),
        ("processes.first.user", "www-data"),
        ("processes.first.command", "nginx: master process /usr/sbin/nginx"),
        ("command", "ps -ww -eo pid=,ppid=,user:32=,pcpu=,pmem=,rss=,stat=,args="),
    ],
    asks_server: true,
    acts: false,
    problems: |settings| {
        let problems = FieldErrors::default();
        match text(settings, "look_in") {
            "pattern" => match expression(text(settings, "look_for")) {
                Ok(_) => problems,
                Err(why) => problems.and("look_for", why),
            },
            _ => problems,
        }
    },
    read: |asked| {
        async move {
            let answer = asked.host.read(ListProcesses).await?;
            let fits = search(asked)?;
            let hits: Vec<&Process> = answer.value.processes.iter().filter(|one| fits(one)).collect();
            let memory: u64 = hits.iter().filter_map(|one| one.resident_bytes).sum();
            let first = hits.first();
            let command = first.map(|one| one.command.chars().take(LONGEST).collect::<String>());
            // A message may name what is not there.
            let first =
                json!({ "pid": first.map(|one| one.pid), "user": first.map(|one| &one.user), "command": command });
            Ok(found(json!({
                "processes": { "count": hits.len(), "memory": memory, "first": first },
                "command": answer.evidence.line,
            })))
        }
        .boxed()
    },
};

/// Whether a process is looked for.
fn search(asked: Asked<'_>) -> Result<impl Fn(&Process) -> bool> {
    let (wanted, user) = (text(asked.settings, "look_for"), text(asked.settings, "user"));
    let look_in = text(asked.settings, "look_in");
    let pattern = match look_in {
        "pattern" => Some(expression(wanted).map_err(Error::BadRequest)?),
        _ => None,
    };
    Ok(move |one: &Process| {
        let is_it = match (&pattern, look_in) {
            (Some(pattern), _) => pattern.is_match(&one.command),
            (None, "command") => one.command.contains(wanted),
            (None, _) => one.name == wanted,
        };
        is_it && (user.is_empty() || one.user == user)
    })
}
