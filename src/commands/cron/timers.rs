//! Timers of systemd, as `systemctl show` tells them. Pure.

use chrono::{DateTime, Utc};

use crate::commands::services::times::moment;
use crate::commands::text::{self, SHORT, shown};

/// One timer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timer {
    /// `apt-daily.timer`
    pub name: String,
    /// What it starts.
    pub unit: String,
    /// What it says about itself.
    pub description: String,
    /// What its file says about when: `*-*-* 06:00:00`, `1d` after it was started.
    pub when: Vec<String>,
    /// Whether it is waiting for its time.
    pub is_active: bool,
    /// When it comes next.
    pub next: Option<DateTime<Utc>>,
    /// When it came last.
    pub last: Option<DateTime<Utc>>,
}

/// Blocks of `name=value`, with a blank line between.
pub(super) fn read(output: &[u8]) -> Vec<Timer> {
    let mut timers = Vec::new();
    let mut timer = Timer::default();
    for (_, line) in text::lines(output) {
        if line.is_empty() {
            timers.push(std::mem::take(&mut timer));
            continue;
        }
        let line = shown(line, 4 * SHORT);
        let Some((name, value)) = line.split_once('=') else { continue };
        match name {
            "Id" => value.clone_into(&mut timer.name),
            "Unit" => value.clone_into(&mut timer.unit),
            "Description" => value.clone_into(&mut timer.description),
            "ActiveState" => timer.is_active = value == "active",
            "NextElapseUSecRealtime" => timer.next = moment(value.as_bytes()),
            "LastTriggerUSec" => timer.last = moment(value.as_bytes()),
            "TimersCalendar" | "TimersMonotonic" => timer.when.extend(spec(value)),
            _ => {}
        }
    }
    timers.push(timer);
    timers.retain(|timer| timer.name.rsplit_once('.').is_some_and(|(_, kind)| kind == "timer"));
    timers
}

/// `{ OnCalendar=*-*-* 06:00:00 ; next_elapse=… }`
fn spec(value: &str) -> Option<String> {
    let inside = value.trim_start_matches('{').split(" ; ").next()?.trim();
    let (name, when) = inside.split_once('=')?;
    match name {
        "OnCalendar" => Some(when.to_owned()),
        _ => Some(format!("{name}={when}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_are_read_from_what_systemctl_shows() {
        let output = b"Unit=apt-daily.service\nNextElapseUSecRealtime=Mon 2026-11-30 06:12:09 UTC\nNextElapseUSecMonotonic=0\n\
            LastTriggerUSec=Sun 2026-11-29 03:00:01 UTC\nTimersCalendar={ OnCalendar=*-*-* 06,18:00:00 ; next_elapse=Mon 2026-11-30 06:12:09 UTC }\n\
            Id=apt-daily.timer\nDescription=Daily apt download activities\nActiveState=active\n\n\
            Unit=x.service\nNextElapseUSecRealtime=\nLastTriggerUSec=n/a\nTimersMonotonic={ OnBootUSec=15min ; next_elapse=15min }\nId=x.timer\nActiveState=inactive\n";
        let timers = read(output);
        assert_eq!(timers.len(), 2);
        assert_eq!(
            (timers[0].name.as_str(), timers[0].when.join("|").as_str()),
            ("apt-daily.timer", "*-*-* 06,18:00:00")
        );
        assert_eq!(timers[0].next, Some("2026-11-30T06:12:09Z".parse().unwrap()));
        assert_eq!((timers[1].is_active, timers[1].next, timers[1].last), (false, None, None));
        assert_eq!(timers[1].when, ["OnBootUSec=15min"]);
        assert!(read(b"").is_empty() && read(b"hello\n\n").is_empty());
    }
}
