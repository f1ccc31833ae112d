//! The environment of one process. Programs get their secrets through it: what looks like one is told apart by its name.

use super::started::Started;
use crate::commands::script::{Parameters, Value};
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table;
use crate::commands::text::{self, LONG, SHORT};
use crate::commands::{Command, CommandType, ParseError, Read};

pub(in crate::commands) const FORMATS: &[&str] = &["environ", "table"];

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word("gone", &[]),
    Shape::word(
        "process",
        &[
            needed("started", "When it was started, as the list of processes says it", "812345"),
            optional("boot", "Which boot of the server, as the list of processes says it", "0b8f0d3c"),
        ],
    ),
    Shape::word(
        "variable",
        &[needed("name", "A variable, one row each", "LANG"), optional("value", "Its value", "C.UTF-8")],
    ),
];

/// The most variables that are kept.
const MOST_VARIABLES: usize = 5000;

/// Parts of names that secrets have.
const SECRET_WORDS: [&str; 14] = [
    "PASS",
    "PWD",
    "SECRET",
    "TOKEN",
    "KEY",
    "CREDENTIAL",
    "AUTH",
    "PRIVATE",
    "DSN",
    "COOKIE",
    "SESSION",
    "SALT",
    "SIGNATURE",
    "WEBHOOK",
];

/// What a process was given. Every text is the server's own, and hostile.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// Which process of that number it is.
    pub started: Started,
    /// Its variables, in its order.
    pub variables: Vec<Variable>,
}

/// One variable.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Environment({} started {}, ", self.variables.len(), self.started)?;
        out.debug_list().entries(self.variables.iter().map(|variable| &variable.name)).finish()?;
        out.write_str(")")
    }
}

impl Variable {
    /// Whether its value looks like a secret, by its name, or because it is an address with a password in it.
    pub fn looks_secret(&self) -> bool {
        let name = self.name.to_ascii_uppercase();
        // The working directory is none.
        let by_name = !matches!(name.as_str(), "PWD" | "OLDPWD") && SECRET_WORDS.iter().any(|word| name.contains(word));
        by_name || has_password(&self.value)
    }
}

/// `postgres://user:password@host/…`
fn has_password(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

/// Reads the environment of one process. The answer is none where it has ended.
#[derive(Debug, Clone, Copy)]
pub struct ReadEnvironment {
    /// Its number.
    pub pid: u32,
}

impl Command for ReadEnvironment {
    const TYPE: CommandType = CommandType::ReadEnvironment;
    type Output = Option<Environment>;

    fn parameters(&self) -> Parameters {
        Parameters::default().with("pid", Value::Integer(self.pid.into()))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Option<Environment>, ParseError> {
        match format {
            "environ" => environ(output),
            "table" => rows(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ReadEnvironment {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        self.pid.to_string()
    }
}

/// `@boot`, `@started`, then `@environment` with what `/proc/PID/environ` holds: words that NUL divides.
fn environ(output: &[u8]) -> Result<Option<Environment>, ParseError> {
    const MARKER: &[u8] = b"\n@environment\n";
    let Some(at) = output.windows(MARKER.len()).position(|window| window == MARKER) else {
        let lines: Vec<&[u8]> = text::lines(output).map(|(_, line)| line).collect();
        return match lines.as_slice() {
            [b"@boot", _, b"@gone"] => Ok(None),
            _ => Err(ParseError::new("the answer breaks off", unsaid(output))),
        };
    };
    let (before, rest) = output.split_at_checked(at).unwrap_or_default();
    let lines: Vec<&[u8]> = text::lines(before).map(|(_, line)| line).collect();
    let [b"@boot", boot, b"@started", started] = lines.as_slice() else {
        return Err(ParseError::new("the answer does not say which process it is about", before));
    };
    let shown = |word: &[u8]| text::shown(word.trim_ascii(), SHORT);
    let started = Started { at: shown(started), boot: shown(boot) };
    if started.at.is_empty() {
        return Err(ParseError::new("the answer does not say which process it is about", before));
    }
    let words = rest.get(MARKER.len()..).unwrap_or_default().split(|byte| *byte == 0);
    let variables = words.filter(|word| !word.is_empty()).take(MOST_VARIABLES).map(variable).collect();
    Ok(Some(Environment { started, variables }))
}

/// A program may have written something else there: what has no `=` is a name without a value.
fn variable(word: &[u8]) -> Variable {
    let at = word.iter().position(|byte| *byte == b'=');
    let (name, value) = at.and_then(|at| word.split_at_checked(at)).unwrap_or((word, b""));
    Variable { name: text::shown(name, SHORT), value: text::shown(value.get(1..).unwrap_or_default(), LONG) }
}

/// Of an answer that may hold secrets, nothing goes into an error.
fn unsaid(_: &[u8]) -> &'static [u8] {
    b""
}

fn rows(output: &[u8]) -> Result<Option<Environment>, ParseError> {
    let mut environment = Environment::default();
    let mut is_gone = false;
    for row in table::rows(output, 3) {
        let row = row.map_err(without_sample)?;
        match row.column(0) {
            Some(b"gone") => is_gone = true,
            Some(b"process") => {
                environment.started.at = row.text(1, "started", SHORT)?;
                environment.started.boot = row.column(2).map(|boot| text::shown(boot, SHORT)).unwrap_or_default();
            }
            Some(b"variable") => environment.variables.push(Variable {
                name: row.text(1, "name", SHORT).map_err(without_sample)?,
                value: row.column(2).map(|value| text::shown(value, LONG)).unwrap_or_default(),
            }),
            _ => return Err(without_sample(row.error("the first column is none of the known words"))),
        }
    }
    match (is_gone, environment.started.at.is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some(environment)),
        _ => Err(ParseError::new("one row process was expected, or one row gone", b"")),
    }
}

fn without_sample(error: ParseError) -> ParseError {
    ParseError { sample: String::new(), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> Result<Option<Environment>, ParseError> {
        ReadEnvironment { pid: 7 }.parse("environ", answer.as_bytes())
    }

    #[test]
    fn an_environment_is_read_as_it_is() {
        let answer = "@boot\nb-1\n@started\n42\n@environment\nA=1\0B=x=\n@environment\ny\0C=\0D\0";
        let read = read(answer).unwrap().unwrap();
        let told: Vec<_> = read.variables.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect();
        assert_eq!(told, [("A", "1"), ("B", "x=\n@environment\ny"), ("C", ""), ("D", "")]);
        assert_eq!(read.started.to_string(), "42@b-1");
    }

    #[test]
    fn what_has_ended_is_none_and_what_breaks_off_is_no_answer() {
        assert_eq!(read("@boot\nb\n@gone\n"), Ok(None));
        for broken in ["", "@boot\nb\n", "@boot\nb\n@started\n\n@environment\nA=1\0", "x\n@environment\n"] {
            assert!(read(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn sec_s05_names_and_addresses_that_look_secret_are_known() {
        let variable = |name: &str, value: &str| Variable { name: name.into(), value: value.into() };
        for (name, value) in [
            ("DB_PASSWORD", ""),
            ("aws_secret_access_key", ""),
            ("GITHUB_TOKEN", ""),
            ("API_KEY", ""),
            ("DATABASE_URL", "postgres://app:hunter2@db/app"),
            ("SENTRY_DSN", ""),
            ("BASIC_AUTH", ""),
        ] {
            assert!(variable(name, value).looks_secret(), "{name}");
        }
        for (name, value) in
            [("PATH", "/bin"), ("PWD", "/srv"), ("HOME", "/root"), ("URL", "https://example.com/a@b:c")]
        {
            assert!(!variable(name, value).looks_secret(), "{name}");
        }
    }

    #[test]
    fn sec_s05_a_value_is_in_no_debug_text_and_in_no_error() {
        let answer = "@boot\nb\n@started\n42\n@environment\nTOKEN=hunter2\0";
        assert!(!format!("{:?}", read(answer).unwrap()).contains("hunter2"));
        let broken = "@boot\nTOKEN=hunter2\n";
        assert!(!format!("{:?}", read(broken).unwrap_err()).contains("hunter2"));
        let rows = "process\t1\nvariable\tTOKEN\thunter2\tmore\n";
        assert!(!format!("{:?}", ReadEnvironment { pid: 7 }.parse("table", rows.as_bytes())).contains("hunter2"));
    }
}
