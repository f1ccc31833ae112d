//! Installing, removing, updating, and fetching the lists of what there is. Their scripts run detached: what they print is for people, what they leave in the file
//! `"$after"` is the state of the packages afterwards, for [`PackageStates`].

use super::{PackageName, PackageState};
use crate::commands::script::{Parameters, Value};
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table;
use crate::commands::text::{self, SHORT};
use crate::commands::{Change, Command, CommandType, ParseError, Permission};

pub(in crate::commands) const FORMATS: &[&str] = &["table"];

pub(in crate::commands) const SHAPES: &[Shape] = &[Shape::rows(&[
    needed("name", "A package that was acted on", "nginx"),
    optional("version", "The version that is there now", "1.26.2-1"),
    needed("state", "installed, unpacked, half-configured, half-installed or absent", "installed"),
])];

/// How packages are after a change, as their tool tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackageStates(pub Vec<StateAfter>);

/// One package after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateAfter {
    /// Its name.
    pub name: String,
    /// The version that is there; empty where it is not.
    pub version: String,
    /// How far it is installed.
    pub state: PackageState,
}

/// Installs a package from the server's repositories.
#[derive(Debug, Clone)]
pub struct InstallPackage(pub PackageName);

/// Removes a package, and what cannot be without it.
#[derive(Debug, Clone)]
pub struct RemovePackage(pub PackageName);

/// Installs every update that the server knows of, with what they need.
#[derive(Debug, Clone, Copy)]
pub struct InstallUpdates;

/// Installs the updates that are known to mend a hole, with what they need, and no others.
#[derive(Debug, Clone, Copy)]
pub struct InstallSecurityUpdates;

/// Has the server fetch anew what its repositories offer. Installs nothing.
#[derive(Debug, Clone, Copy)]
pub struct RefreshLists;

/// Installs a package file, which lies beside the script and whose digest was compared there.
#[derive(Debug, Clone)]
pub struct InstallFile {
    /// The file as people know it.
    pub file: String,
    /// Somebody said yes to a package that nobody vouches for.
    pub unsigned: bool,
}

/// Reads the states.
pub(in crate::commands) fn read(format: &str, output: &[u8]) -> Result<PackageStates, ParseError> {
    if format != "table" {
        return Err(ParseError::unknown_format(format));
    }
    let rows = table::rows(output, 3).map(|row| {
        let row = row?;
        let state = row.read(2, "state", |word| PackageState::of_word(word).or_else(|| of_abbreviation(word)))?;
        Ok(StateAfter {
            name: row.text(0, "name", SHORT)?,
            version: row.column(1).map(|value| text::shown(value, SHORT)).unwrap_or_default(),
            state: state.ok_or_else(|| row.error("the column state is missing"))?,
        })
    });
    rows.collect::<Result<_, _>>().map(PackageStates)
}

/// `ii `, `iF `: as `dpkg-query` abbreviates.
fn of_abbreviation(word: &[u8]) -> Option<PackageState> {
    let [b'i' | b'r' | b'p' | b'h' | b'u', status, rest @ ..] = word else { return None };
    (rest.trim_ascii().is_empty() && word.len() <= 3).then(|| PackageState::of_dpkg(*status))?
}

macro_rules! change {
    ($($command:ident: $target:expr, $parameters:expr;)*) => {$(
        impl Command for $command {
            const TYPE: CommandType = CommandType::$command;
            type Output = PackageStates;

            fn parameters(&self) -> Parameters {
                ($parameters)(self)
            }

            fn parse(&self, format: &str, output: &[u8]) -> Result<PackageStates, ParseError> {
                read(format, output)
            }
        }

        impl Change for $command {
            const PERMISSION: Permission = Permission::Install;

            fn target(&self) -> String {
                ($target)(self)
            }
        }
    )*};
}

change! {
    InstallPackage: |this: &Self| this.0.to_string(), |this: &Self| Parameters::default().with("package", this.0.value());
    RemovePackage: |this: &Self| this.0.to_string(), |this: &Self| Parameters::default().with("package", this.0.value());
    InstallUpdates: |_: &Self| "all updates".to_owned(), |_: &Self| Parameters::default();
    InstallSecurityUpdates: |_: &Self| "security updates".to_owned(), |_: &Self| Parameters::default();
    RefreshLists: |_: &Self| "package lists".to_owned(), |_: &Self| Parameters::default();
    InstallFile: |this: &Self| this.file.clone(), |this: &Self| Parameters::default()
        .with("unsigned", Value::OneOf(if this.unsigned { "yes" } else { "no" }));
}
