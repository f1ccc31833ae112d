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
        named(&self.os, &platform.os)
            && named(&self.distro, &platform.distro)
            && named(&self.arch, &platform.arch)
            && (self.like.is_empty() || self.like.iter().any(|wanted| is_like(wanted, platform)))
            && self.version.as_deref().is_none_or(|wanted| is_version(wanted, &platform.version))
            && self.has.iter().all(|wanted| platform.has(wanted))
            && !self.lacks.iter().any(|unwanted| platform.has(unwanted))
    }

    /// Why a command with these conditions is not for `platform`; nothing where it is.
    pub fn misfits(&self, platform: &Platform) -> Vec<Message> {
        let mut misfits = Vec::new();
        let mut named = |wanted: &[String], actual: &str, says: &'static str| {
            if !wanted.is_empty() && wanted.iter().all(|one| one != actual) {
                let actual = if actual.is_empty() { "?" } else { actual };
                misfits.push(Message::new(says).with("wanted", wanted.join(", ")).with("actual", actual));
            }
        };
        named(&self.os, &platform.os, "It is for the system {wanted}; this is {actual}");
        named(&self.distro, &platform.distro, "It is for the distribution {wanted}; this is {actual}");
        named(&self.arch, &platform.arch, "It is for the architecture {wanted}; this is {actual}");
        if !self.like.is_empty() && !self.like.iter().any(|wanted| is_like(wanted, platform)) {
            let actual = if platform.distro.is_empty() { "?" } else { &platform.distro };
            let says = Message::new("It is for distributions like {wanted}; {actual} is none");
            misfits.push(says.with("wanted", self.like.join(", ")).with("actual", actual));
        }
        if let Some(wanted) = self.version.as_deref().filter(|wanted| !is_version(wanted, &platform.version)) {
            let actual = if platform.version.is_empty() { "?" } else { &platform.version };
            let says = Message::new("It is for version {wanted}; this is {actual}");
            misfits.push(says.with("wanted", wanted).with("actual", actual));
        }
        let picked = |tools: &[String], present: bool| -> Option<String> {
            let tools: Vec<&str> =
                tools.iter().map(String::as_str).filter(|tool| platform.has(tool) == present).collect();
            (!tools.is_empty()).then(|| tools.join(", "))
        };
        misfits.extend(
            picked(&self.has, false).map(|tools| Message::new("This server lacks {tools}").with("tools", tools)),
        );
        misfits.extend(
            picked(&self.lacks, true).map(|tools| {
                Message::new("This server has {tools}, and it is for servers without").with("tools", tools)
            }),
        );
        misfits
    }

    /// What is wrong with them, if anything: words that no platform could have.
    pub fn problem(&self) -> Option<Message> {
        let words = [&self.os, &self.distro, &self.like, &self.arch, &self.has, &self.lacks];
        let mut words = words.into_iter().flatten().chain(&self.version);
        words.find(|word| !is_word(word)).map(|word| {
            let word: String = word.chars().take(32).collect();
            Message::new("{word} is no word of a platform: letters, digits, dots, hyphens and underscores, at most 64")
                .with("word", word)
        })
    }

    /// As people write them: YAML, one line for each condition; empty where nothing is asked.
    pub fn text(&self) -> String {
        let list = |words: &[String]| match words {
            [] => None,
            [one] => Some(quoted(one)),
            many => Some(format!("[{}]", many.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", "))),
        };
        let lines = [
            ("os", list(&self.os)),
            ("distro", list(&self.distro)),
            ("like", list(&self.like)),
            ("version", self.version.as_deref().map(quoted)),
            ("arch", list(&self.arch)),
            ("has", list(&self.has)),
            ("lacks", list(&self.lacks)),
        ];
        lines.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}\n", value?))).collect()
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

fn is_like(wanted: &String, platform: &Platform) -> bool {
    *wanted == platform.distro || platform.like.contains(wanted)
}

fn is_word(word: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | ':' | '/');
    !word.is_empty() && word.chars().count() <= 64 && word.chars().all(plain)
}

/// A word that YAML reads as text: in quotes where it could be a number, a truth value or a date.
fn quoted(word: &str) -> String {
    let plain = word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
        && !matches!(word, "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null");
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "''")) }
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
    fn why_it_does_not_fit_is_told_for_each_condition_and_never_where_it_fits() {
        for conditions in ["{}", "{os: linux}", "{like: rhel}", "{has: ss, lacks: lsof}", "{version: '9'}"] {
            assert!(on(conditions).misfits(&rocky()).is_empty(), "{conditions}");
        }
        let all = on(
            "{os: [macos, freebsd], distro: debian, like: suse, version: '8', arch: arm, has: [ss, lsof], lacks: ss}",
        );
        let told: Vec<String> = all.misfits(&rocky()).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "It is for the system macos, freebsd; this is linux",
                "It is for the distribution debian; this is rocky",
                "It is for the architecture arm; this is x86_64",
                "It is for distributions like suse; rocky is none",
                "It is for version 8; this is 9.4",
                "This server lacks lsof",
                "This server has ss, and it is for servers without",
            ]
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        for conditions in [
            "{}",
            "{os: linux}",
            "{os: [linux, 'no'], distro: 'SunOS', like: [a, b], version: '9.4', arch: x86_64, has: [c-utf8, 'on'], lacks: '7zip'}",
        ] {
            let conditions = on(conditions);
            let text = if conditions == Conditions::default() { "{}".to_owned() } else { conditions.text() };
            assert_eq!(on(&text), conditions, "{text}");
        }
        assert_eq!(Conditions::default().text(), "");
    }

    #[test]
    fn a_word_that_no_platform_has_is_told() {
        for bad in ["{os: ''}", "{has: 'a b'}", "{version: \"9\\n\"}", "{lacks: [ss, \"\\0\"]}"] {
            assert!(on(bad).problem().is_some(), "{bad}");
        }
        assert_eq!(on("{os: linux, version: '24.04'}").problem(), None);
    }

    #[test]
    fn an_unknown_condition_is_refused() {
        assert!(serde_yaml::from_str::<Conditions>("{distribution: rocky}").is_err());
    }
}
