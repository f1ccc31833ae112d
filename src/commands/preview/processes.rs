//! Processes and sockets as tables of text.

use super::{Preview, known};
use crate::commands::processes::ProcessList;
use crate::commands::processes::environment::Environment;
use crate::commands::processes::one::ProcessDetails;
use crate::commands::processes::signals::Signalled;
use crate::commands::sockets::Socket;

pub(super) fn list(found: &ProcessList) -> Preview {
    let head = ["PID", "Parent", "User", "CPU", "Memory", "Bytes", "Started", "State", "Command"];
    Preview::of(&head, &found.processes, |one| {
        vec![
            one.pid.to_string(),
            one.parent.to_string(),
            one.user.clone(),
            known(one.average_cpu_percent),
            known(one.memory_percent),
            known(one.resident_bytes),
            one.started_at.clone().unwrap_or_default(),
            one.state.clone(),
            one.command.clone(),
        ]
    })
}

const FACTS: [&str; 2] = ["Fact", "Value"];

pub(super) fn one(found: Option<&ProcessDetails>) -> Preview {
    let Some(found) = found else {
        return Preview::of(&FACTS, &[()], |()| vec!["gone".to_owned(), String::new()]);
    };
    let fact = |name: &str, value: String| vec![name.to_owned(), value];
    let mut rows = vec![
        fact("pid", found.pid.to_string()),
        fact("started", found.started.to_string()),
        fact("name", found.name.clone()),
        fact("state", found.state.clone()),
        fact("user", found.user.clone()),
        fact("threads", known(found.threads)),
        fact("bytes", known(found.resident_bytes)),
        fact("command", found.command()),
        fact("cgroup", known(found.cgroup.clone())),
        fact("executable", known(found.executable.clone())),
        fact("directory", known(found.directory.clone())),
    ];
    rows.extend(found.parents.iter().map(|parent| fact("parent", format!("{} {}", parent.pid, parent.name))));
    rows.extend(found.limits.iter().map(|limit| fact(&limit.name, format!("{} {}", limit.soft, limit.hard))));
    let files = found.files.iter().flatten();
    rows.extend(files.map(|file| fact(&format!("{}{}", file.descriptor, file.access.letter()), file.target.clone())));
    Preview::of(&FACTS, &rows, Clone::clone)
}

pub(super) fn environment(found: Option<&Environment>) -> Preview {
    let variables = found.map(|found| found.variables.as_slice()).unwrap_or_default();
    Preview::of(&["Name", "Value"], variables, |one| {
        let value = if one.looks_secret() { "…".to_owned() } else { one.value.clone() };
        vec![one.name.clone(), value]
    })
}

pub(super) fn signalled(found: &Signalled) -> Preview {
    let outcome = match found {
        Signalled::Ended(after) => format!("ended after {after:?}"),
        Signalled::Zombie(after) => format!("ended, not fetched by its parent after {after:?}"),
        Signalled::There(after, state) => format!("still there after {after:?}, state {state}"),
        other => other.why_not().unwrap_or_default().to_owned(),
    };
    Preview::of(&["Outcome"], &[outcome], |outcome| vec![outcome.clone()])
}

pub(super) fn sockets(found: &[Socket]) -> Preview {
    let head = ["Protocol", "Address", "Port", "Peer", "State", "Owner", "User"];
    Preview::of(&head, found, |one| {
        let owners = one.owners.iter().map(|owner| format!("{} ({})", owner.name, owner.pid));
        vec![
            one.protocol.name().to_owned(),
            one.address.clone(),
            one.port.to_string(),
            one.peer.as_ref().map(|peer| format!("{} {}", peer.address, peer.port)).unwrap_or_default(),
            one.state.clone(),
            owners.collect::<Vec<_>>().join(", "),
            one.user.clone().or_else(|| one.uid.map(|uid| uid.to_string())).unwrap_or_default(),
        ]
    })
}
