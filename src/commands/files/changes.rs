//! Changes that need no content: a new directory, another name, another mode or owner, the end of a file.

use super::{Acting, FilePath, Seen, nothing, on, refusals, seen};
use crate::commands::script::{Parameters, Value};
use crate::commands::{Change, Command, CommandType, ParseError, Permission, Refusal};

/// A new, empty directory.
#[derive(Debug, Clone)]
pub struct MakeDirectory {
    /// Where.
    pub path: FilePath,
    /// As whom.
    pub acting: Acting,
}

/// Another name for a file, in the same directory or elsewhere.
#[derive(Debug, Clone)]
pub struct MoveFile {
    /// What.
    pub path: FilePath,
    /// As it was seen.
    pub seen: Seen,
    /// Its new path, where nothing is yet.
    pub to: FilePath,
    /// As whom.
    pub acting: Acting,
}

/// The end of a file, a link itself or a directory; never through a link, never into another filesystem (F02).
#[derive(Debug, Clone)]
pub struct DeleteFile {
    /// What.
    pub path: FilePath,
    /// As it was seen.
    pub seen: Seen,
    /// Of a directory: with all that is in it.
    pub with_content: bool,
    /// As whom.
    pub acting: Acting,
}

/// Other permission bits.
#[derive(Debug, Clone)]
pub struct SetFileMode {
    /// Of what; not of a link.
    pub path: FilePath,
    /// As it was seen.
    pub seen: Seen,
    /// The new bits.
    pub mode: u32,
    /// As whom.
    pub acting: Acting,
}

/// Another owner and group.
#[derive(Debug, Clone)]
pub struct SetFileOwner {
    /// Of what; of a link itself.
    pub path: FilePath,
    /// As it was seen.
    pub seen: Seen,
    /// The new owner.
    pub owner: Account,
    /// The new group.
    pub group: Account,
    /// As whom.
    pub acting: Acting,
}

/// The name or number of a user or group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(String);

impl Account {
    /// A name that is one: letters, digits and a few signs, not beginning with a hyphen.
    pub fn new(name: &str) -> Option<Self> {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '$' | '\\');
        let fits = !name.is_empty() && name.len() <= 64 && !name.starts_with('-') && name.chars().all(plain);
        fits.then(|| Self(name.to_owned()))
    }
}

macro_rules! silent_change {
    ($($command:ident: $target:expr, $parameters:expr;)*) => {$(
        impl Command for $command {
            const TYPE: CommandType = CommandType::$command;
            type Output = ();

            fn parameters(&self) -> Parameters {
                let parameters: fn(&Self) -> Parameters = $parameters;
                parameters(self)
            }

            fn acting(&self) -> Option<Acting> {
                Some(self.acting)
            }

            fn parse(&self, format: &str, output: &[u8]) -> Result<(), ParseError> {
                nothing(format, output)
            }

            fn refusal(&self, status: u32) -> Option<Refusal> {
                refusals::refusal(status)
            }
        }

        impl Change for $command {
            const PERMISSION: Permission = Permission::WriteFiles;

            fn target(&self) -> String {
                let target: fn(&Self) -> String = $target;
                target(self)
            }
        }
    )*};
}

silent_change! {
    MakeDirectory: |this| this.path.shown(), |this| on(&this.path);
    MoveFile: |this| format!("{} → {}", this.path.shown(), this.to.shown()), |this| {
        seen(on(&this.path), this.seen).with("to", Value::Text(this.to.bytes().to_vec()))
    };
    DeleteFile: |this| this.path.shown(), |this| {
        seen(on(&this.path), this.seen).with("with_content", Value::OneOf(if this.with_content { "yes" } else { "no" }))
    };
    SetFileMode: |this| format!("{} {:04o}", this.path.shown(), this.mode), |this| {
        seen(on(&this.path), this.seen).with("mode", Value::Text(format!("{:04o}", this.mode).into_bytes()))
    };
    SetFileOwner: |this| format!("{} {}:{}", this.path.shown(), this.owner.0, this.group.0), |this| {
        let owner = format!("{}:{}", this.owner.0, this.group.0);
        seen(on(&this.path), this.seen).with("owner", Value::Text(owner.into_bytes()))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_a_name_and_nothing_that_a_program_would_understand_otherwise() {
        for name in ["root", "1000", "www-data", "corp\\user", "user@example", "홍길동"] {
            assert!(Account::new(name).is_some(), "{name}");
        }
        for name in ["", "-R", "a:b", "a b", "a\n", "$(id)", "--reference=/etc/shadow"] {
            assert!(Account::new(name).is_none(), "{name}");
        }
    }
}
