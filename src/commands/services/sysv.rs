//! Scripts in `/etc/init.d` on a server without another init system: `service --status-all`, and the links of the runlevels.

use std::collections::{BTreeMap, BTreeSet};

use super::openrc::{description, is_service};
use super::{Service, State};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT};

const PARTS: &[&str] = &["scripts", "status", "levels", "descriptions"];

/// What lies there and is no service.
const NO_SERVICES: &[&str] =
    &["README", "skeleton", "functions", "rc", "rcS", "rc.local", "halt", "reboot", "killall", "single", "sendsigs"];

pub(super) fn list(output: &[u8]) -> Result<Vec<Service>, ParseError> {
    let mut names = BTreeSet::new();
    let mut states = BTreeMap::new();
    let mut enabled = BTreeSet::new();
    let mut descriptions = BTreeMap::new();
    for (part, number, line) in text::sections(output, PARTS) {
        match part {
            "scripts" => {
                let name = text::shown(line.trim_ascii(), SHORT);
                if is_service(&name) && !NO_SERVICES.contains(&name.as_str()) {
                    names.insert(name);
                }
            }
            "status" => states.extend(status(line)),
            "levels" => enabled.extend(linked(line)),
            "descriptions" => descriptions.extend(description(line, b"# Short-Description:")),
            _ => return Err(ParseError::at(number, "this line stands in no part", line)),
        }
    }
    let service = |name: String| Service {
        state: states.get(&name).copied().unwrap_or_default(),
        at_boot: if enabled.contains(&name) { "enabled".into() } else { "disabled".into() },
        description: descriptions.get(&name).cloned().unwrap_or_default(),
        name,
        ..Service::default()
    };
    Ok(names.into_iter().map(service).collect())
}

/// ` [ + ]  ssh`
fn status(line: &[u8]) -> Option<(String, State)> {
    let line = line.trim_ascii();
    let (mark, name) = line.split_at_checked(5)?;
    let state = match mark {
        b"[ + ]" => State::Active,
        b"[ - ]" => State::Inactive,
        b"[ ? ]" => State::Unknown,
        _ => return None,
    };
    Some((text::shown(name.trim_ascii(), SHORT), state))
}

/// `S01ssh`
fn linked(line: &[u8]) -> Option<String> {
    let rest = line.trim_ascii().strip_prefix(b"S")?;
    let (number, name) = rest.split_at_checked(2)?;
    number.iter().all(u8::is_ascii_digit).then(|| text::shown(name, SHORT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_states_and_links_start_with_the_server() {
        let answer = b"@scripts\nREADME\nhwclock.sh\nprocps\nssh\n@status\n [ ? ]  hwclock.sh\n [ - ]  procps\n [ + ]  ssh\nnoise\n\
            @levels\nS01ssh\nK01procps\n@descriptions\n/etc/init.d/ssh:# Short-Description:\tOpenBSD Secure Shell server\n";
        let found = list(answer).unwrap();
        let told: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.state, one.at_boot.as_str())).collect();
        assert_eq!(
            told,
            [
                ("hwclock.sh", State::Unknown, "disabled"),
                ("procps", State::Inactive, "disabled"),
                ("ssh", State::Active, "enabled")
            ]
        );
        assert_eq!(found[2].description, "OpenBSD Secure Shell server");
    }
}
