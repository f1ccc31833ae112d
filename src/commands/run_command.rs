//! A command of somebody's own: what a person or a program wrote, as it is.
//!
//! It is no script of ours, and no shell text is made of it: it is given to a shell on its standard input, so that it is in no
//! list of processes on either side (S07).

use super::Acting;
use super::script::Parameters;
use super::variables::Variables;
use super::{Change, Command, CommandType, ParseError, Permission};
use crate::language::Message;

/// The longest text, bytes.
pub const LONGEST: usize = 64 << 10;
/// How many are taken at once, to be run one after another.
pub const MOST: usize = 50;
/// Characters of a text that the audit log names.
const NAMED: usize = 1_000;

/// What somebody wrote, and as whom it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunCommand {
    /// The text, which a POSIX shell reads; checked by [`checked`].
    pub words: String,
    /// What it is given by its environment.
    pub variables: Variables,
    /// As whom.
    pub acting: Acting,
}

/// The text as it is kept: with the line ends of the server, or why it cannot be run.
pub fn checked(words: &str) -> Result<String, Message> {
    let words = words.replace("\r\n", "\n").replace('\r', "\n");
    let words = words.trim_end_matches('\n');
    if words.trim().is_empty() {
        Err(Message::new("Write a command first"))
    } else if words.len() > LONGEST {
        Err(Message::new("The command is longer than {limit} KiB").with("limit", LONGEST / 1024))
    } else if words.contains('\0') {
        Err(Message::new("The command holds a NUL byte"))
    } else {
        Ok(words.to_owned())
    }
}

/// The commands of a text, one a line; empty lines and lines that only hold a comment are none. A line that ends in a backslash
/// goes on in the next one.
pub fn one_a_line(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match found.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.push('\n');
                last.push_str(line);
            }
            None if line.trim().is_empty() || line.trim_start().starts_with('#') => continue,
            None => found.push(line.trim().to_owned()),
        }
        // A backslash that another one takes back ends nothing.
        goes_on = line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
    }
    found
}

impl RunCommand {
    /// Whether an execution of this type is one of somebody's own.
    pub fn is(command_type: &str) -> bool {
        command_type == Self::TYPE.name()
    }

    /// What a server is given: the variables, one a line, an empty line, and the text. No variable can be that empty line, or begin
    /// the text (X05).
    pub fn fed(&self) -> String {
        let mut fed = String::with_capacity(self.words.len() + 1);
        for variable in self.variables.iter() {
            fed.extend([variable.name(), "=", variable.value(), "\n"]);
        }
        fed.push('\n');
        fed.push_str(&self.words);
        fed
    }
}

impl Command for RunCommand {
    const TYPE: CommandType = CommandType::RunCommand;
    type Output = Vec<u8>;

    fn parameters(&self) -> Parameters {
        Parameters::default()
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, _format: &str, output: &[u8]) -> Result<Vec<u8>, ParseError> {
        Ok(output.to_vec())
    }
}

impl Change for RunCommand {
    const PERMISSION: Permission = Permission::RunCommand;

    fn target(&self) -> String {
        match self.words.char_indices().nth(NAMED) {
            None => self.words.clone(),
            Some((end, _)) => format!("{}…", self.words.get(..end).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::variables::Variable;

    #[test]
    fn sec_x05_variables_stand_before_an_empty_line_and_the_text_stays_as_it_is() {
        let two = [("UNIT", "a=b '$(id)'"), ("A1", "")].map(|(name, value)| Variable::new(name, value).unwrap());
        let two: Variables = two.into_iter().collect();
        let fed =
            |variables, words: &str| RunCommand { words: words.to_owned(), variables, acting: Acting::User }.fed();
        assert_eq!(fed(two, "echo \"$UNIT\""), "UNIT=a=b '$(id)'\nA1=\n\necho \"$UNIT\"");
        assert_eq!(fed(Variables::default(), "\nid"), "\n\nid");
    }

    #[test]
    fn each_line_is_a_command_and_a_backslash_joins_two() {
        let text = "uptime\r\n\n  # look\ndf -h \\\n  /var\necho \\\\\nid\n";
        assert_eq!(one_a_line(text), ["uptime", "df -h \\\n  /var", "echo \\\\", "id"]);
        assert!(one_a_line(" \n#\n").is_empty());
    }

    #[test]
    fn a_text_that_no_shell_can_be_given_is_refused() {
        assert_eq!(checked("a\r\nb\r\n\n"), Ok("a\nb".to_owned()));
        for refused in ["", " \n", "a\0b", &"x".repeat(LONGEST + 1)] {
            assert!(checked(refused).is_err());
        }
    }

    #[test]
    fn the_audit_log_names_the_beginning_of_a_long_text() {
        let long = RunCommand { words: "é".repeat(5_000), ..RunCommand::default() };
        assert_eq!(long.target().chars().count(), NAMED + 1);
    }
}
