//! What installing or removing a package would bring along: asked of the tool itself, which changes nothing.

use sha2::{Digest, Sha256};

use super::{PackageName, Sizes, apk, brew, bsd, dpkg, pacman, rpm};
use crate::commands::script::Parameters;
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table;
use crate::commands::text::{self, SHORT};
use crate::commands::{Command, CommandType, ParseError, Read};

pub(in crate::commands) const FORMATS: &[&str] =
    &["apt-plan", "dnf-plan", "rpm-test", "zypper-plan", "apk-plan", "pacman-plan", "pkg-plan", "brew-plan", "table"];

const ITEM: &[crate::commands::shape::Column] = &[
    needed("name", "As its tool takes it", "nginx"),
    optional("version", "The version that comes or goes", "1.26.2-1"),
    optional("before", "The version that it replaces", "1.24.0-1"),
    optional("from", "Where it comes from", "nginx-stable"),
];

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word("add", ITEM),
    Shape::word("renew", ITEM),
    Shape::word("remove", ITEM),
    Shape::word("obstacle", &[needed("why", "What stands in the way", "nginx is needed by nginx-mod-stream")]),
];

/// What would happen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackagePlan {
    /// What is not there yet and would come.
    pub added: Vec<PlanItem>,
    /// What is there and would come in another version.
    pub renewed: Vec<PlanItem>,
    /// What would go.
    pub removed: Vec<PlanItem>,
    /// Why the tool would refuse; the server's own words.
    pub obstacles: Vec<String>,
    /// How much it moves, as far as the tool tells.
    pub sizes: Sizes,
}

impl PackagePlan {
    /// Whether nothing would happen.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.renewed.is_empty() && self.removed.is_empty()
    }

    /// The same word for the same plan: whoever says yes to one says to which (X06).
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for (kind, items) in [("+", &self.added), ("~", &self.renewed), ("-", &self.removed)] {
            for PlanItem { name, version, .. } in items {
                hash.update(format!("{kind}{}:{name}{}:{version}", name.len(), version.len()));
            }
        }
        hex::encode(hash.finalize())
    }
}

/// One package of a plan. Every text is the server's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanItem {
    /// Its name.
    pub name: String,
    /// The version that comes or goes; empty where the tool does not tell.
    pub version: String,
    /// The version that it replaces.
    pub before: Option<String>,
    /// Where it comes from.
    pub origin: String,
}

/// Asks what installing a package would bring along.
#[derive(Debug, Clone)]
pub struct PreviewInstall(pub PackageName);

/// Asks what removing a package would take along.
#[derive(Debug, Clone)]
pub struct PreviewRemoval(pub PackageName);

/// Asks what installing every update would bring along.
#[derive(Debug, Clone, Copy)]
pub struct PreviewUpdates;

/// Asks what installing the updates that mend holes would bring along.
#[derive(Debug, Clone, Copy)]
pub struct PreviewSecurityUpdates;

/// Reads a plan.
pub(in crate::commands) fn read(format: &str, output: &[u8]) -> Result<PackagePlan, ParseError> {
    let mut plan = match format {
        "apt-plan" => dpkg::plan(output),
        "dnf-plan" => rpm::dnf_plan(output),
        "rpm-test" => rpm::test_plan(output),
        "zypper-plan" => rpm::zypper_plan(output),
        "apk-plan" => apk::plan(output),
        "pacman-plan" => pacman::plan(output),
        "pkg-plan" => bsd::plan(output),
        "brew-plan" => brew::plan(output),
        "table" => rows(output),
        other => Err(ParseError::unknown_format(other)),
    }?;
    if format != "table" {
        plan.sizes = plan.sizes.or(Sizes::told(output));
    }
    Ok(plan)
}

macro_rules! preview {
    ($($command:ident: $parameters:expr;)*) => {$(
        impl Command for $command {
            const TYPE: CommandType = CommandType::$command;
            type Output = PackagePlan;

            fn parameters(&self) -> Parameters {
                ($parameters)(self)
            }

            fn parse(&self, format: &str, output: &[u8]) -> Result<PackagePlan, ParseError> {
                read(format, output)
            }
        }

        impl Read for $command {}
    )*};
}

preview! {
    PreviewInstall: |this: &Self| Parameters::default().with("package", this.0.value());
    PreviewRemoval: |this: &Self| Parameters::default().with("package", this.0.value());
    PreviewUpdates: |_: &Self| Parameters::default();
    PreviewSecurityUpdates: |_: &Self| Parameters::default();
}

fn rows(output: &[u8]) -> Result<PackagePlan, ParseError> {
    let mut plan = PackagePlan::default();
    for row in table::rows(output, 5) {
        let row = row?;
        let text = |at: usize| row.column(at).map(|value| text::shown(value, SHORT));
        let name = row.text(1, "name", SHORT)?;
        let item = || PlanItem {
            name: name.clone(),
            version: text(2).unwrap_or_default(),
            before: text(3),
            origin: text(4).unwrap_or_default(),
        };
        match row.column(0) {
            Some(b"add") => plan.added.push(item()),
            Some(b"renew") => plan.renewed.push(item()),
            Some(b"remove") => plan.removed.push(item()),
            Some(b"obstacle") => plan.obstacles.push(name),
            _ => return Err(row.error("add, renew, remove or obstacle was expected")),
        }
    }
    Ok(plan)
}
