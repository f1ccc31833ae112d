//! How each command is said on each platform: built-in stanzas (`catalog/*.yml`) and what administrators added.

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::conditions::Conditions;
use super::{CommandType, Platform};
use crate::language::Message;
use crate::yaml;

/// Every spelling of every command.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    variants: Vec<Variant>,
}

/// One spelling of a command.
#[derive(Debug, Clone)]
pub struct Variant {
    /// What it says in the abstract.
    pub command_type: CommandType,
    /// Its name within the command type.
    pub name: String,
    /// The platforms that it is for.
    pub on: Conditions,
    /// The constant script.
    pub script: Arc<str>,
    /// Which reader reads its answer.
    pub format: Arc<str>,
    /// Whether it came with hannun.
    pub built_in: bool,
    /// Written from documents: no real system of this kind has been seen yet.
    pub unverified: bool,
}

/// A spelling that an administrator added.
#[derive(Debug, Clone)]
pub struct AddedCommand {
    /// What it says in the abstract.
    pub command_type: CommandType,
    /// Its name within the command type.
    pub name: String,
    /// The platforms that it is for.
    pub on: Conditions,
    /// The script.
    pub script: String,
    /// Which reader reads its answer.
    pub format: String,
}

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

/// A stanza that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogError {
    /// Which one.
    pub name: String,
    /// What is wrong with it.
    pub why: Message,
}

impl fmt::Display for CatalogError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name, self.why)
    }
}

impl std::error::Error for CatalogError {}

/// The files that came with hannun.
const BUILT_IN: &[(CommandType, &str)] = &[];

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::read(BUILT_IN).unwrap_or_default());

impl Catalog {
    /// What came with hannun.
    pub fn built_in() -> &'static Self {
        &CATALOG
    }

    /// The same with what administrators added.
    pub fn with_added(&self, added: Vec<AddedCommand>) -> Result<Self, CatalogError> {
        let mut catalog = self.clone();
        for command in added {
            let AddedCommand { command_type, name, on, script, format } = command;
            let (script, format) = (script.into(), format.into());
            catalog.add(Variant { command_type, name, on, script, format, built_in: false, unverified: false })?;
        }
        Ok(catalog)
    }

    /// The command to use: the most precise one that fits; among equals an administrator's, then the first.
    pub fn choose(&self, command_type: CommandType, platform: &Platform) -> Result<Chosen, NoCommand> {
        self.candidates(command_type, platform).into_iter().next().ok_or_else(|| NoCommand {
            command_type,
            platform: if platform.pretty_name.is_empty() { &platform.os } else { &platform.pretty_name }.clone(),
        })
    }

    /// Every command that fits, best first, for those who want to try the next when one fails.
    pub fn candidates(&self, command_type: CommandType, platform: &Platform) -> Vec<Chosen> {
        let mut fitting: Vec<&Variant> =
            self.variants(command_type).filter(|variant| variant.on.fit(platform)).collect();
        fitting.sort_by_key(|variant| std::cmp::Reverse((variant.on.precision(), !variant.built_in)));
        fitting.into_iter().map(|variant| variant.chosen_for(platform)).collect()
    }

    /// The spellings of one command type, in the order of its file, what administrators added last.
    pub fn variants(&self, command_type: CommandType) -> impl Iterator<Item = &Variant> {
        self.variants.iter().filter(move |variant| variant.command_type == command_type)
    }

    fn read(files: &[(CommandType, &str)]) -> Result<Self, CatalogError> {
        let mut catalog = Self::default();
        for (command_type, text) in files {
            let sheet: Sheet = yaml::read(text)
                .map_err(|error| CatalogError { name: command_type.name().to_owned(), why: error.message() })?;
            for stanza in sheet.variants {
                catalog.add(stanza.variant_of(*command_type))?;
            }
        }
        Ok(catalog)
    }

    fn add(&mut self, variant: Variant) -> Result<(), CatalogError> {
        match variant.problem() {
            Some(why) => return Err(CatalogError { name: variant.name, why }),
            None if self.variants(variant.command_type).any(|known| known.name == variant.name) => {
                return Err(CatalogError { name: variant.name, why: Message::new("This name is taken already") });
            }
            None => self.variants.push(variant),
        }
        Ok(())
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

    /// What is wrong with it, if anything.
    fn problem(&self) -> Option<Message> {
        if self.name.is_empty() || !self.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            Some(Message::new("A command's name is made of small letters, digits and hyphens"))
        } else if self.script.trim().is_empty() {
            Some(Message::new("The script is empty"))
        } else if self.script.contains('\0') || self.script.trim_end().ends_with('\\') {
            Some(Message::new("The script holds a NUL byte or ends in a backslash"))
        } else if !self.command_type.formats().contains(&&*self.format) {
            Some(Message::new("No reader is known for the format {format}").with("format", &self.format))
        } else {
            None
        }
    }
}

/// One file of the catalogue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    /// For people who read the file.
    #[serde(rename = "does")]
    _does: String,
    variants: Vec<Stanza>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stanza {
    name: String,
    #[serde(default)]
    on: Conditions,
    run: String,
    format: String,
    #[serde(default)]
    unverified: bool,
}

impl Stanza {
    fn variant_of(self, command_type: CommandType) -> Variant {
        Variant {
            command_type,
            name: self.name,
            on: self.on,
            script: self.run.into(),
            format: self.format.into(),
            built_in: true,
            unverified: self.unverified,
        }
    }
}
