//! A line of a crontab, run now as cron would run it: as its user, in the home directory, with the variables above it.

use super::{Entry, Tab};
use crate::commands::script::{Parameters, Value};
use crate::commands::{Change, Command, CommandType, ParseError, Permission};
use crate::language::Message;

/// Runs one line now. It runs by itself, and what it prints is kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RunCronLine {
    /// As whom.
    pub user: String,
    /// Its variables, one a line: `NAME=value`.
    pub variables: Vec<String>,
    /// What the shell is given.
    pub command: String,
    /// What the command is given on its standard input.
    pub input: String,
    /// Which line of which table, for people and the audit log.
    pub line: String,
}

impl RunCronLine {
    /// The line of this number. None where its texts cannot be handed on as they are: no UTF-8, or a NUL.
    pub fn of(tab: &Tab, entry: &Entry, number: usize) -> Option<Self> {
        let text =
            |bytes: &[u8]| std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).map(str::to_owned);
        let (command, input) = entry.divided(tab.table.layout.flavour.divides_by_percent());
        let variables = tab.table.variables_at(number).filter(|(name, _)| is_variable(name));
        let variables = variables.map(|(name, value)| Some(format!("{name}={}", text(value)?)));
        Some(Self {
            user: tab.user_of(entry).to_owned(),
            variables: variables.collect::<Option<_>>()?,
            command: text(&command)?,
            input: text(&input.unwrap_or_default())?,
            line: format!("{}, line {number}", tab.place.label()),
        })
    }

    /// What it is, for a sentence.
    pub fn told(&self) -> Message {
        Message::heard(&self.line)
    }
}

/// What every shell can export; cron sets who somebody is by itself.
fn is_variable(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(plain);
    is_name && !matches!(name, "LOGNAME" | "USER" | "MAILTO" | "MAILFROM" | "CRON_TZ" | "IFS" | "ENV" | "BASH_ENV")
}

impl Command for RunCronLine {
    const TYPE: CommandType = CommandType::RunCronLine;
    type Output = ();

    fn parameters(&self) -> Parameters {
        let text = |text: &str| Value::Text(text.as_bytes().to_vec());
        Parameters::default()
            .with("user", text(&self.user))
            .with("variables", text(&self.variables.join("\n")))
            .with("command", text(&self.command))
            .with("input", text(&self.input))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<(), ParseError> {
        match (format, output.trim_ascii()) {
            ("nothing", b"") => Ok(()),
            ("nothing", said) => Err(ParseError::new("nothing was expected", said)),
            (other, _) => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Change for RunCronLine {
    const PERMISSION: Permission = Permission::RunCommand;

    fn target(&self) -> String {
        self.line.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::cron::{Crontab, Flavour, Layout, Line, Place};

    #[test]
    fn a_line_runs_with_its_user_its_variables_and_its_input() {
        let layout = Layout { has_user: false, flavour: Flavour::Vixie };
        let text = b"PATH=/opt/bin:/bin\nMAILTO=a@b\nA='x y'\n0 0 * * * cat%one%two\nA=z\n";
        let table = Crontab::read(text, layout);
        let place = Place::User("deploy".to_owned());
        let tab = Tab { place, table, exists: true, is_cut: false, ignored: None, mode: 0o600 };
        let entry = tab.table.line(4).and_then(Line::entry).unwrap();
        let run = RunCronLine::of(&tab, entry, 4).unwrap();
        assert_eq!(run.variables, ["PATH=/opt/bin:/bin", "A=x y"]);
        assert_eq!((run.command.as_str(), run.input.as_str(), run.user.as_str()), ("cat", "one\ntwo\n", "deploy"));
        assert_eq!(run.target(), "crontab of deploy, line 4");
    }
}
