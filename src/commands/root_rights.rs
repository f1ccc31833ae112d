//! What a server lets hannun do as root: where the programs of root lines are, and which of them `sudo` runs without a
//! password, or whether it takes the stored one. Asking runs none of them.

use serde::{Deserialize, Serialize};

use super::ParseError;
use super::root_lines::{RootLine, root_lines};
use super::script::{Parameters, Privilege, Value};
use super::text::{self, LONG};

/// One command as a server has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootCommand {
    /// As scripts have it: `ss -Htulpne`.
    pub line: String,
    /// Its program on the server; empty where it has none.
    pub path: String,
    /// `sudo` runs it as the credential says: without a password, or with the stored one.
    pub allowed: bool,
}

/// What one user may do as root on one server, as the credential says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RootRights {
    /// Every command.
    pub everything: bool,
    /// The commands that were asked about.
    pub commands: Vec<RootCommand>,
}

impl RootRights {
    /// What is known of a command.
    pub fn of(&self, line: &str) -> Option<&RootCommand> {
        self.commands.iter().find(|command| command.line == line)
    }

    /// Whether `sudo` runs all of these without a password.
    pub fn allow(&self, lines: &[RootLine]) -> bool {
        let allowed = |line: &RootLine| match line {
            RootLine::Constant(text) => self.of(text).is_some_and(|command| command.allowed),
            RootLine::Varying(_) => false,
        };
        self.everything || lines.iter().all(allowed)
    }

    /// Whether every constant one of these was asked about.
    pub fn know(&self, lines: &[RootLine]) -> bool {
        lines.iter().all(|line| matches!(line, RootLine::Varying(_)) || self.of(line.text()).is_some())
    }
}

/// How the lines of `script` that ask for root get it. Where `sudo` would ask for a password that we do not have, it is not
/// asked: the line runs as the user, and sees less.
pub fn privilege_for(script: &str, credential: Privilege, rights: &RootRights) -> Privilege {
    let lines = root_lines(script);
    match credential {
        Privilege::AlreadyRoot => Privilege::AlreadyRoot,
        _ if lines.is_empty() => Privilege::None,
        Privilege::Sudo if !rights.allow(&lines) => Privilege::None,
        other => other,
    }
}

/// The most commands that one server is asked about.
pub const MOST_LINES: usize = 64;

/// Asks where each line of `commands` has its program, and whether `sudo` would run it. What it says is read by [`parse`].
///
/// `sudo -l COMMAND` does not tell whether a password is needed. So where the user has entries of both kinds, only a
/// command that stands word for word in one without a password counts. Nothing here is run as root but `true`.
pub const SCRIPT: &str = r#"
entries=
# With a password, sudo lists nothing that could be told apart: it takes the password for every command, or it does not.
if [ "$ask" = password ]; then
  $as_root true && echo everything
fi
if [ "$ask" = yes ]; then
  entries=$(sudo -n -l 2>/dev/null | sed -n -e 's/\\\(.\)/\1/g' -e 's/^  *(\([^)]*\)) */(\1) /p')
  # An exclusion, (ALL) NOPASSWD: ALL, !/usr/bin/ss, is not everything.
  if sudo -n true 2>/dev/null && case $entries in *!*) false ;; esac; then
    echo everything
    entries=
  fi
fi
mixed=no
case $(printf '%s\n' "$entries" | grep -v NOPASSWD:) in ?*) mixed=yes ;; esac
case $entries in *" PASSWD:"*) mixed=yes ;; esac
set -f
printf '%s\n' "$wanted" | while IFS= read -r line; do
  [ -n "$line" ] || continue
  set -- $line
  program=$(command -v "$1" 2>/dev/null)
  case $program in /*) ;; *) program= ;; esac
  allowed=no
  if [ -n "$entries" ] && [ -n "$program" ] && sudo -n -l -- "$@" >/dev/null 2>&1 </dev/null; then
    shift
    [ $# -gt 0 ] || set -- '""'
    words="$program $*"
    if [ "$mixed" = no ]; then
      allowed=yes
    else
      case "$entries
" in *"NOPASSWD: $words,"* | *"NOPASSWD: $words
"*) allowed=yes ;; esac
    fi
  fi
  printf 'command\t%s\t%s\t%s\n' "$allowed" "$program" "$line"
done
"#;

/// What [`SCRIPT`] needs to know: the constant ones of `lines`, and what `sudo` is to be asked.
pub fn parameters(lines: &[RootLine], privilege: Privilege) -> Parameters {
    let ask = match privilege {
        Privilege::None | Privilege::AlreadyRoot => "no",
        Privilege::Sudo => "yes",
        Privilege::SudoPassword => "password",
    };
    let constant = lines.iter().filter(|line| matches!(line, RootLine::Constant(_)));
    let commands: Vec<&str> = constant.map(RootLine::text).take(MOST_LINES).collect();
    Parameters::default().with("wanted", Value::Text(commands.join("\n").into_bytes())).with("ask", Value::OneOf(ask))
}

/// Reads what [`SCRIPT`] printed of `wanted`. Of a line that nobody asked about, nothing is kept: a server may say anything.
pub fn parse(output: &[u8], wanted: &[RootLine]) -> Result<RootRights, ParseError> {
    let mut rights = RootRights::default();
    for (number, line) in text::lines(output) {
        let mut cells = line.split(|byte| *byte == b'\t');
        match (cells.next(), cells.next(), cells.next(), cells.next(), cells.next()) {
            (Some(b"everything"), None, ..) => rights.everything = true,
            (Some(b"command"), Some(allowed), Some(path), Some(asked), None) if !path.contains(&0) => {
                let asked = wanted.iter().find(|wanted| wanted.text().as_bytes() == asked).map(RootLine::text);
                if let Some(asked) = asked.filter(|asked| rights.of(asked).is_none()) {
                    let path = text::shown(path, LONG);
                    rights.commands.push(RootCommand { line: asked.to_owned(), path, allowed: allowed == b"yes" });
                }
            }
            _ => return Err(ParseError::at(number, "a command with its path was expected", line)),
        }
    }
    for command in &mut rights.commands {
        command.allowed |= rights.everything;
    }
    Ok(rights)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT_WITH_ROOT: &str = "$as_root ss -Htulpne\n$as_root lsof -i";

    fn rights(lines: &[(&str, bool)]) -> RootRights {
        let command =
            |(line, allowed): &(&str, bool)| RootCommand { line: (*line).into(), path: "/x".into(), allowed: *allowed };
        RootRights { everything: false, commands: lines.iter().map(command).collect() }
    }

    #[test]
    fn sudo_is_asked_only_where_it_says_yes_to_every_line() {
        let known = |lines| privilege_for(SCRIPT_WITH_ROOT, Privilege::Sudo, &rights(lines));
        assert_eq!(known(&[("ss -Htulpne", true), ("lsof -i", true)]), Privilege::Sudo);
        assert_eq!(known(&[("ss -Htulpne", true), ("lsof -i", false)]), Privilege::None);
        assert_eq!(known(&[("ss -Htulpne", true)]), Privilege::None);
        let all = RootRights { everything: true, ..RootRights::default() };
        assert_eq!(privilege_for("$as_root kill \"$pid\"", Privilege::Sudo, &all), Privilege::Sudo);
        assert_eq!(privilege_for("$as_root kill \"$pid\"", Privilege::Sudo, &RootRights::default()), Privilege::None);
    }

    #[test]
    fn a_script_that_does_not_ask_for_root_does_not_get_it() {
        let all = RootRights { everything: true, ..RootRights::default() };
        for credential in [Privilege::None, Privilege::Sudo, Privilege::SudoPassword] {
            assert_eq!(privilege_for("id", credential, &all), Privilege::None);
        }
        assert_eq!(privilege_for("id", Privilege::AlreadyRoot, &all), Privilege::AlreadyRoot);
        assert_eq!(
            privilege_for(SCRIPT_WITH_ROOT, Privilege::SudoPassword, &RootRights::default()),
            Privilege::SudoPassword
        );
    }

    #[test]
    fn an_answer_is_read_and_another_shape_refused() {
        let asked = root_lines("$as_root ss -Htulpne\n$as_root lsof -i\n$as_root ss");
        let read = parse(b"command\tyes\t/usr/bin/ss\tss -Htulpne\ncommand\tno\t\tlsof -i\n", &asked).unwrap();
        assert!(read.of("ss -Htulpne").unwrap().allowed);
        assert_eq!(read.of("lsof -i").map(|command| (command.path.as_str(), command.allowed)), Some(("", false)));
        assert!(parse(b"everything\ncommand\tno\t/bin/ss\tss\n", &asked).unwrap().commands[0].allowed);
        assert_eq!(parse(b"", &asked).unwrap(), RootRights::default());
        for other in
            ["hello\n", "command\tyes\n", "command\ta\tb\tc\td\n", "everything\tx\n", "command\tno\t/b\0\tss\n"]
        {
            assert!(parse(other.as_bytes(), &asked).is_err(), "{other:?}");
        }
    }

    #[test]
    fn sec_x03_only_what_was_asked_for_is_kept_once_and_bounded() {
        let asked = root_lines("$as_root ss -l");
        let long = "x".repeat(LONG + 1);
        let answer = format!(
            "command\tyes\t/{long}\tss -l\ncommand\tno\t/b\tss -l\ncommand\tyes\t/b\trm -rf /\ncommand\tyes\t/b\tss -l\0\n"
        );
        let read = parse(answer.as_bytes(), &asked).unwrap();
        assert_eq!(read.commands.iter().map(|command| command.line.as_str()).collect::<Vec<_>>(), ["ss -l"]);
        assert_eq!((read.commands[0].path.len(), read.commands[0].allowed), (LONG, true));
    }

    #[test]
    fn varying_lines_are_not_asked_about() {
        let lines = root_lines("$as_root kill \"$pid\"\n$as_root ss -l");
        let sent = format!("{:?}", parameters(&lines, Privilege::None));
        assert!(!sent.contains("kill"), "{sent}");
        assert!(RootRights::default().know(&lines[..1]) && !RootRights::default().know(&lines));
    }
}
