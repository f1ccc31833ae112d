//! Which of the commands of a type a platform gets, and why not the others.

use std::fmt;
use std::sync::Arc;

use super::{Catalog, Variant};
use crate::commands::{CommandType, Platform};
use crate::language::Message;

/// The command that is used on one platform.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The variant's name.
    pub name: String,
    /// The constant script.
    pub script: Arc<str>,
    /// Which reader reads its answer.
    pub format: Arc<str>,
    /// Why this one: "ps-busybox, because this server has busybox-ps".
    pub why: Message,
    /// Whether it came with hannun.
    pub built_in: bool,
    /// Written from documents: no real system of this kind has been seen yet.
    pub unverified: bool,
}

/// No spelling of this command type is for this platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoCommand {
    /// What was asked.
    pub command_type: CommandType,
    /// What the server runs.
    pub platform: String,
}

impl fmt::Display for NoCommand {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} is not known for {}", self.command_type, self.platform)
    }
}

impl std::error::Error for NoCommand {}

/// One command of a type, weighed for one platform.
#[derive(Debug, Clone)]
pub struct Considered {
    /// The command, as it would be used.
    pub command: Chosen,
    /// Whether it is used, and why not.
    pub verdict: Verdict,
}

/// What weighing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is used.
    Used,
    /// It fits too, and comes after another, for this reason.
    After(Message),
    /// It does not fit, for these reasons.
    Misfit(Vec<Message>),
}

impl Catalog {
    /// The command to use: the most precise one that fits; among equals an administrator's, then the first.
    pub fn choose(&self, command_type: CommandType, platform: &Platform) -> Result<Chosen, NoCommand> {
        self.candidates(command_type, platform).into_iter().next().ok_or_else(|| NoCommand {
            command_type,
            platform: if platform.pretty_name.is_empty() { &platform.os } else { &platform.pretty_name }.clone(),
        })
    }

    /// Every command that fits, best first, for those who want to try the next when one fails.
    pub fn candidates(&self, command_type: CommandType, platform: &Platform) -> Vec<Chosen> {
        self.fitting(command_type, platform).into_iter().map(|variant| variant.chosen_for(platform)).collect()
    }

    /// Every command of a type: the used one, the others that fit in their order, then those that do not; all with reasons.
    pub fn weigh(&self, command_type: CommandType, platform: &Platform) -> Vec<Considered> {
        let fitting = self.fitting(command_type, platform);
        let mut before: Option<&Variant> = None;
        let mut considered = Vec::new();
        for variant in fitting {
            let verdict = before.map_or(Verdict::Used, |first| Verdict::After(variant.why_after(first)));
            before = before.or(Some(variant));
            considered.push(Considered { command: variant.chosen_for(platform), verdict });
        }
        for variant in self.variants(command_type) {
            let misfits = variant.on.misfits(platform);
            if !misfits.is_empty() {
                let verdict = Verdict::Misfit(misfits);
                considered.push(Considered { command: variant.chosen_for(platform), verdict });
            }
        }
        considered
    }

    fn fitting(&self, command_type: CommandType, platform: &Platform) -> Vec<&Variant> {
        let mut fitting: Vec<&Variant> =
            self.variants(command_type).filter(|variant| variant.on.fit(platform)).collect();
        fitting.sort_by_key(|variant| std::cmp::Reverse((variant.on.precision(), !variant.built_in)));
        fitting
    }
}

impl Variant {
    fn chosen_for(&self, platform: &Platform) -> Chosen {
        Chosen {
            name: self.name.clone(),
            script: Arc::clone(&self.script),
            format: Arc::clone(&self.format),
            why: self.on.reason(&self.name, platform),
            built_in: self.built_in,
            unverified: self.unverified,
        }
    }

    /// Why this one comes after `first`, which fits too.
    fn why_after(&self, first: &Self) -> Message {
        let message = if first.on.precision() != self.on.precision() {
            Message::new("It fits too, but {first} says more precisely which servers it is for")
        } else if first.built_in != self.built_in {
            Message::new("It fits too, but of two equally precise ones the one that was added here is used: {first}")
        } else {
            Message::new("It fits as precisely as {first}, which comes first")
        };
        message.with("first", &first.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::AddedCommand;

    fn added(name: &str, on: &str) -> AddedCommand {
        AddedCommand {
            command_type: CommandType::ListSockets,
            name: name.into(),
            on: serde_yaml::from_str(on).unwrap(),
            script: "echo".into(),
            format: "table".into(),
        }
    }

    #[test]
    fn every_command_of_a_type_is_weighed_once_with_its_reason() {
        let platform = Platform { os: "linux".into(), capabilities: ["ss".to_owned()].into(), ..Platform::default() };
        let catalog = Catalog::built_in()
            .with_added(vec![added("ours", "{os: linux}"), added("ours-too", "{os: linux}")])
            .unwrap();
        let weighed = catalog.weigh(CommandType::ListSockets, &platform);
        let said: Vec<String> = weighed
            .iter()
            .map(|one| match &one.verdict {
                Verdict::Used => format!("{} used", one.command.name),
                Verdict::After(why) => format!("{} after: {why}", one.command.name),
                Verdict::Misfit(why) => format!("{} not: {}", one.command.name, why[0]),
            })
            .collect();
        assert_eq!(
            said,
            [
                "ss used",
                "ours after: It fits too, but ss says more precisely which servers it is for",
                "ours-too after: It fits too, but ss says more precisely which servers it is for",
                "proc-net after: It fits too, but ss says more precisely which servers it is for",
                "netstat not: This server lacks net-tools-netstat",
                "netstat-busybox not: This server lacks busybox-netstat-p",
                "sockstat not: It is for the system freebsd; this is linux",
                "lsof not: It is for the system macos; this is linux",
            ]
        );
        assert_eq!(weighed.len(), catalog.variants(CommandType::ListSockets).count());
        let ours = added("ours", "{os: linux, has: ss}");
        let weighed = Catalog::built_in().with_added(vec![ours]).unwrap().weigh(CommandType::ListSockets, &platform);
        assert_eq!((weighed[0].command.name.as_str(), weighed[1].command.name.as_str()), ("ours", "ss"));
        let Verdict::After(why) = &weighed[1].verdict else { panic!("ss comes after") };
        assert!(why.to_string().contains("added here"), "{why}");
    }
}
