//! The `on:` of a catalogue stanza: which platforms a command is for, and how precisely it says so.

use serde::{Deserialize, Deserializer, Serialize};

use super::Platform;
use crate::language::Message;

/// Which platforms a command is for. Everything that is named must be true; what is empty is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// One of these operating systems.
    #[serde(deserialize_with = "one_or_many")]
    pub os: Vec<String>,
    /// One of these distributions.
    #[serde(deserialize_with = "one_or_many")]
    pub distro: Vec<String>,
    /// A distribution that says it is like one of these, or is one of these.
    #[serde(deserialize_with = "one_or_many")]
    pub like: Vec<String>,
    /// The version, or its beginning up to a dot: `9` is for 9.4, not for 90.
    pub version: Option<String>,
    /// One of these processor architectures.
    #[serde(deserialize_with = "one_or_many")]
    pub arch: Vec<String>,
    /// All of these capabilities.
    #[serde(deserialize_with = "one_or_many")]
    pub has: Vec<String>,
    /// None of these capabilities.
    #[serde(deserialize_with = "one_or_many")]
    pub lacks: Vec<String>,
}

/// How precisely conditions name a platform; the greater wins. What it is counts before what it has.
pub(super) type Precision = (bool, bool, bool, usize, bool, bool);

impl Conditions {
    /// Whether a command with these conditions is for `platform`.
    pub fn fit(&self, platform: &Platform) -> bool {
        let named = |wanted: &[String], actual: &str| wanted.is_empty() || wanted.iter().any(|one| one == actual);
        let like = |wanted: &String| *wanted == platform.distro || platform.like.contains(wanted);
        named(&self.os, &platform.os)
            && named(&self.distro, &platform.distro)
            && named(&self.arch, &platform.arch)
            && (self.like.is_empty() || self.like.iter().any(like))
            && self.version.as_deref().is_none_or(|wanted| is_version(wanted, &platform.version))
            && self.has.iter().all(|wanted| platform.has(wanted))
            && !self.lacks.iter().any(|unwanted| platform.has(unwanted))
    }

    pub(super) fn precision(&self) -> Precision {
        (
            self.version.is_some(),
            !self.distro.is_empty(),
            !self.like.is_empty(),
            self.has.len() + self.lacks.len(),
            !self.arch.is_empty(),
            !self.os.is_empty(),
        )
    }

    /// Why a command of this name was chosen for `platform`.
    pub(super) fn reason(&self, name: &str, platform: &Platform) -> Message {
        let runs = self.what_it_is(platform);
        let message = match (runs.is_empty(), self.has.is_empty(), self.lacks.is_empty()) {
            (true, true, true) => Message::new("{command}, which every server understands"),
            (false, true, true) => Message::new("{command}, because this server runs {platform}"),
            (true, false, true) => Message::new("{command}, because this server has {tools}"),
            (true, true, false) => Message::new("{command}, because this server lacks {missing}"),
            (false, false, true) => Message::new("{command}, because this server runs {platform} and has {tools}"),
            (false, true, false) => Message::new("{command}, because this server runs {platform} and lacks {missing}"),
            (true, false, false) => Message::new("{command}, because this server has {tools} and lacks {missing}"),
            (false, false, false) => {
                Message::new("{command}, because this server runs {platform}, has {tools} and lacks {missing}")
            }
        };
        message
            .with("command", name)
            .with("platform", runs)
            .with("tools", self.has.join(", "))
            .with("missing", self.lacks.join(", "))
    }

    /// The facts of `platform` that the conditions asked for, the general one only where there is no closer one.
    fn what_it_is(&self, platform: &Platform) -> String {
        let mut words = Vec::new();
        if !self.distro.is_empty() {
            words.push(platform.distro.clone());
        } else if !self.like.is_empty() {
            words.push(self.like.join("/"));
        } else if !self.os.is_empty() {
            words.push(platform.os.clone());
        }
        words.extend(self.version.clone());
        if !self.arch.is_empty() {
            words.push(platform.arch.clone());
        }
        words.join(" ")
    }
}

fn is_version(wanted: &str, actual: &str) -> bool {
    actual.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `has: ss` and `has: [ss, lsof]` are both fine.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(word) => vec![word],
        OneOrMany::Many(words) => words,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rocky() -> Platform {
        Platform {
            os: "linux".into(),
            distro: "rocky".into(),
            like: vec!["rhel".into(), "centos".into(), "fedora".into()],
            version: "9.4".into(),
            arch: "x86_64".into(),
            capabilities: ["ss", "awk-ticks"].map(String::from).into(),
            ..Platform::default()
        }
    }

    fn on(yaml: &str) -> Conditions {
        serde_yaml::from_str(yaml).unwrap()
    }

    #[test]
    fn everything_that_is_named_must_be_true() {
        for fitting in [
            "{}",
            "{os: linux}",
            "{os: [macos, linux]}",
            "{like: rhel}",
            "{like: rocky, version: '9'}",
            "{has: ss, lacks: lsof}",
        ] {
            assert!(on(fitting).fit(&rocky()), "{fitting}");
        }
        for other in [
            "{os: macos}",
            "{distro: rhel}",
            "{version: '9.40'}",
            "{version: '94'}",
            "{has: [ss, lsof]}",
            "{lacks: ss}",
            "{arch: aarch64}",
        ] {
            assert!(!on(other).fit(&rocky()), "{other}");
        }
    }

    #[test]
    fn what_a_server_is_counts_before_what_it_has() {
        let ladder = [
            "{}",
            "{os: linux}",
            "{os: linux, arch: x86_64}",
            "{has: ss}",
            "{os: linux, has: [ss]}",
            "{has: [a, b]}",
            "{like: rhel}",
            "{distro: rocky}",
            "{distro: rocky, version: '9'}",
        ];
        for pair in ladder.windows(2) {
            assert!(on(pair[0]).precision() < on(pair[1]).precision(), "{pair:?}");
        }
    }

    #[test]
    fn the_reason_names_what_was_asked_for() {
        let conditions = on("{os: linux, has: ss, lacks: lsof}");
        assert_eq!(
            conditions.reason("ss", &rocky()).to_string(),
            "ss, because this server runs linux, has ss and lacks lsof"
        );
        assert_eq!(on("{}").reason("probe", &rocky()).to_string(), "probe, which every server understands");
    }

    #[test]
    fn an_unknown_condition_is_refused() {
        assert!(serde_yaml::from_str::<Conditions>("{distribution: rocky}").is_err());
    }
}
