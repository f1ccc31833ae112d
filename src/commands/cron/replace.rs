//! A crontab in place of another: the whole text is given, and taken only if what is there is still what was seen.

use super::Place;
use crate::commands::files::Acting;
use crate::commands::script::{Parameters, Value};
use crate::commands::{Change, Command, CommandType, ParseError, Permission, Refusal};
use crate::language::Message;

/// A new text for a table. What follows is the text and then the mark; without the mark it was not whole, and nothing happens.
///
/// A user's table goes through `crontab`, which has the last word; a file keeps its mode and owner.
#[derive(Debug, Clone)]
pub struct ReplaceCrontab {
    /// Which table.
    pub place: Place,
    /// The SHA-256 of what was seen there, in hexadecimal digits; none where nothing was.
    pub seen: Option<String>,
    /// A random word of 32 letters and digits.
    pub mark: String,
    /// As whom.
    pub acting: Acting,
    /// What is done, for the audit log.
    pub what: String,
}

impl Command for ReplaceCrontab {
    const TYPE: CommandType = CommandType::ReplaceCrontab;
    type Output = ();

    fn parameters(&self) -> Parameters {
        let (kind, name) = match &self.place {
            Place::User(name) => ("user", name.clone()),
            Place::File(_) | Place::Anacron => ("file", self.place.key()),
        };
        let text = |text: &str| Value::Text(text.as_bytes().to_vec());
        Parameters::default()
            .with("kind", Value::OneOf(kind))
            .with("name", text(&name))
            .with("digest", text(self.seen.as_deref().unwrap_or_default()))
            .with("mark", text(&self.mark))
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<(), ParseError> {
        match (format, output.trim_ascii()) {
            ("nothing", b"") => Ok(()),
            ("nothing", said) => Err(ParseError::new("nothing was expected", said)),
            (other, _) => Err(ParseError::unknown_format(other)),
        }
    }

    fn refusal(&self, status: u32) -> Option<Refusal> {
        Some(Refusal::Conflict(Message::new(match status {
            84 => "The table was changed since you looked at it. Nothing was done. Look again, then repeat",
            85 => "The text did not arrive whole. Nothing was done",
            87 => "This is a link, not a file. Nothing was done",
            88 => "cron.allow or cron.deny of the server does not let this user have a crontab. Nothing was done",
            _ => return None,
        })))
    }
}

impl Change for ReplaceCrontab {
    const PERMISSION: Permission = Permission::WriteFiles;

    fn target(&self) -> String {
        format!("{}: {}", self.place.label(), self.what)
    }
}
