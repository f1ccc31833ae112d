//! What strains a server, and what its checks found, in words. Pure.

use crate::language::Message;
use crate::metrics::catalogue;
use crate::metrics::health::{Health, Level, Resource, Strain};
use crate::models::alarms::Alarm;
use crate::models::check_results::CheckState;
use crate::web::chart::axis::Unit;
use crate::web::format;

/// Why a server deserves attention although it answers.
pub fn reason(health: &Health) -> Option<Message> {
    health.alarm.as_ref().map(found).or_else(|| health.strain.as_ref().map(why))
}

/// What a check found: `queue 120 jobs`.
fn found(alarm: &Alarm) -> Message {
    match alarm.value.filter(|_| alarm.state != CheckState::Failed) {
        Some(value) => {
            let value = value_of(&alarm.unit, &alarm.unit_word, value);
            Message::new("{check} {value}").with("check", &alarm.check).with("value", value)
        }
        None => Message::new("{check} could not be read").with("check", &alarm.check),
    }
}

/// How people read the values of a check with this unit.
pub fn unit_of(unit: &str) -> Unit {
    match catalogue::Unit::from_name(unit) {
        None | Some(catalogue::Unit::Count) => Unit::Plain,
        Some(other) => other.into(),
    }
}

/// A value of a check with its unit: `120 jobs`, `42 %`, `3.6 GiB`.
pub fn value_of(unit: &str, word: &str, value: f64) -> String {
    let unit = unit_of(unit);
    let whole = value.fract() == 0.0 && value.abs() < 1e15 && unit == Unit::Plain;
    let number = if whole { format!("{value:.0}") } else { unit.say(value) };
    if word.is_empty() { number } else { format!("{number} {word}") }
}

/// As a sentence: `Disk /var/log 82 %`.
pub fn why(strain: &Strain) -> Message {
    let percent = format::percent(strain.percent);
    match &strain.of {
        Resource::Cpu => Message::new("CPU {n} for some minutes").with("n", percent),
        Resource::Memory => Message::new("Memory {n}").with("n", percent),
        Resource::Disk(mount) => {
            Message::new("Disk {mount} {n}").with("mount", format::visible(mount)).with("n", percent)
        }
    }
}

/// In two words, beside a server's name: `disk 82 %`; `CPU 31 %` where nothing strains it, its level where it has no numbers.
pub fn brief(health: &Health) -> Message {
    let number = |template, percent: f64| Message::new(template).with("n", format!("{percent:.0} %"));
    if let Some(alarm) = &health.alarm {
        return found(alarm);
    }
    if let Some(strain) = &health.strain {
        let template = match strain.of {
            Resource::Cpu => "CPU {n}",
            Resource::Memory => "memory {n}",
            Resource::Disk(_) => "disk {n}",
        };
        return number(template, strain.percent);
    }
    let cpu = health.vitals.as_ref().and_then(|vitals| vitals.cpu).filter(|_| health.level == Level::Up);
    cpu.map_or_else(|| Message::new(health.level.label()), |percent| number("CPU {n}", percent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::health::Vitals;

    fn health(level: Level, vitals: Vitals) -> Health {
        let (_, strain) = vitals.judge();
        Health { level, strain, alarm: None, problem: None, vitals: Some(vitals) }
    }

    #[test]
    fn beside_a_name_stand_two_words() {
        let full = Vitals { cpu: Some(9.0), disk: Some(("/var/log".into(), 82.4)), ..Vitals::default() };
        assert_eq!(why(&full.judge().1.unwrap()).to_string(), "Disk /var/log 82.4 %");
        assert_eq!(brief(&health(Level::Warning, full)).to_string(), "disk 82 %");
        let idle = Vitals { cpu: Some(31.2), ..Vitals::default() };
        assert_eq!(brief(&health(Level::Up, idle.clone())).to_string(), "CPU 31 %");
        assert_eq!(brief(&health(Level::Unreachable, idle)).to_string(), "Unreachable");
    }

    #[test]
    fn what_a_check_found_is_said_with_its_unit() {
        let alarm = |state, value, unit: &str, word: &str| Alarm {
            server_id: crate::models::ids::ServerId(1),
            check: "queue".into(),
            state,
            ran_at: None,
            value,
            unit: unit.into(),
            unit_word: word.into(),
            interval_seconds: 60,
        };
        let say = |state, value, unit, word| found(&alarm(state, value, unit, word)).to_string();
        assert_eq!(say(CheckState::Warning, Some(12.0), "count", "jobs"), "queue 12 jobs");
        assert_eq!(say(CheckState::Critical, Some(99.5), "percent", ""), "queue 99.5 %");
        assert_eq!(say(CheckState::Failed, Some(12.0), "count", "jobs"), "queue could not be read");
        let critical = Health { level: Level::Up, strain: None, alarm: None, problem: None, vitals: None };
        let critical = critical.with(Some(&alarm(CheckState::Critical, Some(3.5), "count", "")));
        assert_eq!(reason(&critical).unwrap().to_string(), "queue 3.5");
        assert_eq!(brief(&critical).to_string(), "queue 3.5");
    }

    #[test]
    fn sec_x04_a_hostile_mount_point_is_seen_not_obeyed() {
        let strain = Strain { of: Resource::Disk("/\u{1b}[2J".into()), percent: 99.0 };
        assert!(why(&strain).to_string().contains("␛[2J"));
    }
}
