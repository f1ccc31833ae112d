//! Another text for a file of keys, armed to undo itself until it is kept over a new connection.

use crate::commands::files::Acting;
use crate::commands::guarded_change::{ChangeReport, Ending, rows};
use crate::commands::script::{Parameters, Value};
use crate::commands::{Change, Command, CommandType, ParseError, Permission, Read, Refusal};
use crate::language::Message;

/// Whose keys in which file, and as whom that is done: everything happens with the rights of the keys' own user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPlace {
    /// Whose keys.
    pub user: String,
    /// In which file.
    pub path: String,
    /// Root becomes that user; or it is the user who signs in.
    pub acting: Acting,
}

impl KeyPlace {
    fn parameters(&self) -> Parameters {
        let text = |text: &str| Value::Text(text.as_bytes().to_vec());
        let whose = Value::OneOf(if self.acting == Acting::Root { "other" } else { "own" });
        Parameters::default().with("user", text(&self.user)).with("path", text(&self.path)).with("whose", whose)
    }
}

/// Puts another text there. What follows is the text and then the mark; without the mark it was not whole, and nothing happens.
#[derive(Debug, Clone)]
pub struct ChangeKeys {
    /// By which it is kept or undone: letters and digits.
    pub id: String,
    /// After how many seconds it undoes itself.
    pub seconds: u16,
    /// Where.
    pub place: KeyPlace,
    /// The SHA-256 of what was seen there, in hexadecimal digits; none where nothing was.
    pub seen: Option<String>,
    /// A random word of 32 letters and digits.
    pub mark: String,
    /// What is done, for the audit log.
    pub line: String,
}

impl Command for ChangeKeys {
    const TYPE: CommandType = CommandType::ChangeKeys;
    type Output = ChangeReport;

    fn parameters(&self) -> Parameters {
        let text = |text: &str| Value::Text(text.as_bytes().to_vec());
        self.place
            .parameters()
            .with("id", text(&self.id))
            .with("seconds", Value::Integer(i64::from(self.seconds)))
            .with("digest", text(self.seen.as_deref().unwrap_or_default()))
            .with("mark", text(&self.mark))
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.place.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<ChangeReport, ParseError> {
        rows::parse(format, output)
    }

    fn refusal(&self, status: u32) -> Option<Refusal> {
        Some(Refusal::Conflict(Message::new(match status {
            75 => "Another change of these keys waits to be kept or undone. One at a time is made",
            84 => "The keys were changed since you looked at them. Nothing was done. Look again, then repeat",
            85 => "The text did not arrive whole. Nothing was done",
            87 => "This is a link, not a file. Nothing was done",
            _ => return None,
        })))
    }
}

impl Change for ChangeKeys {
    const PERMISSION: Permission = Permission::WriteFiles;

    fn target(&self) -> String {
        self.line.clone()
    }
}

/// Keeps a change that waits, or undoes it.
#[derive(Debug, Clone)]
pub struct EndKeyChange {
    /// Which one.
    pub id: String,
    /// How.
    pub ending: Ending,
    /// Where.
    pub place: KeyPlace,
    /// The change in one line, for the audit log.
    pub line: String,
}

impl Command for EndKeyChange {
    const TYPE: CommandType = CommandType::EndKeyChange;
    type Output = ChangeReport;

    fn parameters(&self) -> Parameters {
        self.place.parameters().with("id", Value::Text(self.id.as_bytes().to_vec())).with("how", self.ending.value())
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.place.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<ChangeReport, ParseError> {
        rows::parse(format, output)
    }
}

impl Change for EndKeyChange {
    const PERMISSION: Permission = Permission::WriteFiles;

    fn target(&self) -> String {
        format!("{}: {}", self.ending, self.line)
    }
}

/// Asks what became of the last change of a file of keys.
#[derive(Debug, Clone)]
pub struct ReadKeyChange {
    /// Where.
    pub place: KeyPlace,
}

impl Command for ReadKeyChange {
    const TYPE: CommandType = CommandType::ReadKeyChange;
    type Output = ChangeReport;

    fn parameters(&self) -> Parameters {
        self.place.parameters()
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.place.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<ChangeReport, ParseError> {
        rows::parse(format, output)
    }
}

impl Read for ReadKeyChange {}
