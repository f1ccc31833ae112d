//! What strains a server, in words. Pure.

use crate::language::Message;
use crate::metrics::health::{Health, Level, Resource, Strain};
use crate::web::format;

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
        Health { level, strain, problem: None, vitals: Some(vitals) }
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
    fn sec_x04_a_hostile_mount_point_is_seen_not_obeyed() {
        let strain = Strain { of: Resource::Disk("/\u{1b}[2J".into()), percent: 99.0 };
        assert!(why(&strain).to_string().contains("␛[2J"));
    }
}
