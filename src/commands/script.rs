//! The only maker of what is sent to a shell: a constant script, its values as single-quoted assignments, and the
//! envelope around both (architecture, decision 3). Knows no script and no server.

mod job;
mod shown;

use std::fmt;

pub use job::detached;

/// What the exec request asks of the login shell: one constant without special characters (P02).
pub const SHELL: &str = "exec /bin/sh";

/// Where programs are looked for; `PATH` of the server's user is not asked.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The value of one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Integer(i64),
    /// Bytes of any kind but NUL.
    Text(Vec<u8>),
    /// One word of a fixed list.
    OneOf(&'static str),
}

/// Named values of a script, each sent as one single-quoted assignment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(&'static str, Value)>);

impl Parameters {
    /// The same with one more value; `name` is how the script calls it.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.0.push((name, value));
        self
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    fn assign(&self, out: &mut Vec<u8>) -> Result<(), ScriptError> {
        for (name, value) in &self.0 {
            if !is_variable_name(name) {
                return Err(ScriptError::Name((*name).to_owned()));
            }
            out.extend_from_slice(name.as_bytes());
            out.push(b'=');
            match value {
                Value::Integer(number) => quote(number.to_string().as_bytes(), out),
                Value::OneOf(word) => quote(word.as_bytes(), out),
                Value::Text(bytes) if bytes.contains(&0) => return Err(ScriptError::Nul((*name).to_owned())),
                Value::Text(bytes) => quote(bytes, out),
            }
            out.push(b'\n');
        }
        Ok(())
    }
}

/// In which words a server answers (facts 5.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// `C.UTF-8`, where the probe found it.
    Utf8,
    /// `C`, which every system has.
    #[default]
    Plain,
}

/// How a line of a script that says `$as_root` gets root's rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Privilege {
    /// Not at all: the line runs as the user who signed in, and sees less.
    #[default]
    None,
    /// The user who signed in is root.
    AlreadyRoot,
    /// `sudo` without a password.
    Sudo,
    /// `sudo` with a password, which is asked for on standard error by a prompt of its own (P04).
    SudoPassword,
}

impl Privilege {
    /// The word in the database and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AlreadyRoot => "already",
            Self::Sudo => "sudo",
            Self::SudoPassword => "sudo_password",
        }
    }
}

/// One run of one script.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The constant script.
    pub script: &'a str,
    /// Its values.
    pub parameters: &'a Parameters,
    /// A random word, new for each run, of letters and digits.
    pub token: &'a str,
    /// The language of the answers.
    pub locale: Locale,
    /// What `$as_root` means.
    pub privilege: Privilege,
}

impl Envelope<'_> {
    /// The bytes for the standard input of [`SHELL`].
    ///
    /// One compound command: the shell has read all of it before it runs any of it, so that no program in it can eat the
    /// rest. Its own standard input becomes descriptor 3; programs get `/dev/null`. Nothing may be written after it
    /// before [`ready_line`] was seen on both outputs. Its exit status is the script's.
    pub fn compose(&self) -> Result<Vec<u8>, ScriptError> {
        if !is_token(self.token) {
            return Err(ScriptError::Token);
        }
        if self.script.contains('\0') || self.script.trim_end().ends_with('\\') {
            return Err(ScriptError::Script);
        }
        let mut out = self.opening()?;
        out.extend_from_slice(self.script.trim_end().as_bytes());
        out.extend_from_slice(b"\nexit\n} 3<&0 </dev/null\n");
        Ok(out)
    }

    /// How many lines stand before the script: a shell that cannot read it counts them too.
    pub fn lines_before(&self) -> Result<usize, ScriptError> {
        Ok(self.opening()?.split(|byte| *byte == b'\n').count() - 1)
    }

    /// Everything before the script.
    fn opening(&self) -> Result<Vec<u8>, ScriptError> {
        let mut out = Vec::with_capacity(self.script.len() + 1024);
        // The ready line is never whole in what we send, so that a shell which repeats its input cannot fake it.
        out.extend_from_slice(
            format!("{{ printf 'READY-%s\\n' '{0}'\nprintf 'READY-%s\\n%s\\n' '{0}' \"$$\" >&2\n", self.token)
                .as_bytes(),
        );
        let locale = match self.locale {
            Locale::Utf8 => "C.UTF-8",
            Locale::Plain => "C",
        };
        out.extend_from_slice(format!("LC_ALL={locale} LANG={locale} PATH={PATH}\n").as_bytes());
        out.extend_from_slice(b"export LC_ALL LANG PATH\nunset LANGUAGE CDPATH ENV BASH_ENV POSIXLY_CORRECT\n");
        self.parameters.assign(&mut out)?;
        out.extend_from_slice(self.as_root().as_bytes());
        if self.script.contains("$as_chosen ") {
            out.extend_from_slice(b"as_chosen=$as_root\n");
        }
        if takes_input(self.script) {
            out.extend_from_slice(self.as_root_fed().as_bytes());
        }
        Ok(out)
    }

    /// Sets `as_root`, which stands before a command that needs root; `as_chosen`, which is the same, stands before one for
    /// which a person chose whether it is root, so that it is no line that `sudoers` could list.
    ///
    /// With a password, `sudo` reads it from descriptor 3 and nothing else may: the command behind it gets `/dev/null` by
    /// way of one more shell, because what it would read is the next password or tick. The shell before it gives each
    /// `sudo` a number of its own, also in a pipeline: its process id.
    fn as_root(&self) -> String {
        match self.privilege {
            Privilege::None | Privilege::AlreadyRoot => "as_root=\n".to_owned(),
            Privilege::Sudo => "hannun_as_root() { sudo -n -- \"$@\" 3<&-; }\nas_root=hannun_as_root\n".to_owned(),
            Privilege::SudoPassword => format!(
                "hannun_as_root() {{ /bin/sh -c '\
                 exec sudo -S -k -p \"PROMPT-{}-$$:\" -- /bin/sh -c \"exec \\\"\\$@\\\" </dev/null\" sh \"$@\"\
                 ' sh \"$@\" <&3 3<&-; }}\nas_root=hannun_as_root\n",
                self.token
            ),
        }
    }

    /// Sets `as_root_fed`, which stands before the one command that reads what is given to the script, as root or not.
    ///
    /// It says so by [`feed_line`] when `sudo` has done its part: what came earlier would be taken for a password. Where a script says by
    /// `fed_last=yes` that nothing follows it, it takes the place of the shell, unless it runs as another user: whoever ends the
    /// group must find one there that it may end.
    fn as_root_fed(&self) -> String {
        let token = self.token;
        match self.privilege {
            Privilege::None | Privilege::AlreadyRoot => {
                format!(
                    "hannun_fed() {{ printf 'FEED-%s\\n' '{token}' >&2; ${{fed_last:+exec}} \"$@\" <&3 3<&-; }}\n\
                     fed_last= as_root_fed=hannun_fed\n"
                )
            }
            Privilege::Sudo => format!(
                "hannun_fed() {{ sudo -n -- /bin/sh -c 'printf \"FEED-%s\\n\" \"$0\" >&2; exec \"$@\"' '{token}' \"$@\" <&3 3<&-; }}\n\
                 as_root_fed=hannun_fed\n"
            ),
            Privilege::SudoPassword => format!(
                "hannun_fed() {{ /bin/sh -c '\
                 exec sudo -S -k -p \"PROMPT-{token}-$$:\" -- /bin/sh -c \"printf \\\"FEED-%s\\\\n\\\" \\\"\\$0\\\" >&2; exec \\\"\\$@\\\"\" {token} \"$@\"\
                 ' sh \"$@\" <&3 3<&-; }}\nas_root_fed=hannun_fed\n"
            ),
        }
    }
}

/// Whether one of the commands of `script` reads what is given to it.
pub fn takes_input(script: &str) -> bool {
    script.contains("$as_root_fed ")
}

/// The line on standard error that says that a command reads what is given from now on; a password comes before it.
pub fn feed_line(token: &str) -> String {
    format!("FEED-{token}\n")
}

/// What a shell says of a script that it cannot read: the script's line, where it names one, and its words.
///
/// `lines_before` are ours ([`Envelope::lines_before`]). None where it speaks of something else.
pub fn syntax_error(said: &str, lines_before: usize) -> Option<(Option<usize>, String)> {
    let line = said.lines().find(|line| {
        let small = line.to_ascii_lowercase();
        small.contains("syntax error") || small.contains("unexpected eof") || small.contains("unmatched")
    })?;
    // `/bin/sh: 12: Syntax error: …`, `sh: line 12: syntax error …`
    let mut parts = line.splitn(3, ": ").map(str::trim);
    let (_shell, place, words) = (parts.next(), parts.next(), parts.next());
    let number = place.and_then(|place| place.trim_start_matches("line ").parse::<usize>().ok());
    match (number, words) {
        (Some(number), Some(words)) => {
            Some((number.checked_sub(lines_before).filter(|line| *line > 0), words.to_owned()))
        }
        _ => Some((None, line.to_owned())),
    }
}

/// The line that both outputs carry before the script runs; what stands before it is a banner or a start-up file's.
///
/// On standard error the shell's process id follows on a line of its own: what is ended when a run is given up (P07).
pub fn ready_line(token: &str) -> String {
    format!("READY-{token}\n")
}

/// The number of the first prompt of `sudo` in `said`, and how many bytes it ends at.
///
/// Each `sudo` of a run asks with another number, without a line end behind it: a number that comes twice means that the
/// password was wrong, and is not answered again (P04).
pub fn find_sudo_prompt(token: &str, said: &[u8]) -> Option<(u32, usize)> {
    let prefix = format!("PROMPT-{token}-");
    let mut from = 0;
    loop {
        let found = said.get(from..)?.windows(prefix.len()).position(|window| window == prefix.as_bytes())?;
        let start = from + found + prefix.len();
        let digits = said.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = start + digits;
        let number = said.get(start..end).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        if let (Some(number), Some(b':')) = (number, said.get(end)) {
            return Some((number, end + 1));
        }
        from = start;
    }
}

/// Why a script cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptError {
    /// A value holds a NUL, which no shell can carry.
    Nul(String),
    /// A parameter's name is no variable name, or one of ours.
    Name(String),
    /// The token is not made of letters and digits.
    Token,
    /// The script holds a NUL or ends in a backslash.
    Script,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nul(name) => write!(out, "the value of {name} holds a NUL byte"),
            Self::Name(name) => write!(out, "{name} cannot be the name of a parameter"),
            Self::Token => out.write_str("the token must be 8 to 64 letters and digits"),
            Self::Script => out.write_str("the script holds a NUL byte or ends in a backslash"),
        }
    }
}

impl std::error::Error for ScriptError {}

/// Lower case only, so that no parameter replaces `PATH`, `IFS` or another variable that a shell obeys.
fn is_variable_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name != "as_root"
        && !name.starts_with("hannun_")
}

fn is_token(token: &str) -> bool {
    (8..=64).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn quote(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'\'');
    for &byte in bytes {
        if byte == b'\'' {
            out.extend_from_slice(b"'\\''");
        } else {
            out.push(byte);
        }
    }
    out.push(b'\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compose(script: &str, parameters: &Parameters, privilege: Privilege) -> Result<String, ScriptError> {
        let envelope = Envelope { script, parameters, token: "abcd1234", locale: Locale::Plain, privilege };
        envelope.compose().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_ready_line_is_not_part_of_what_is_sent() {
        let text = compose("true", &Parameters::default(), Privilege::None).unwrap();
        assert!(!text.contains(ready_line("abcd1234").trim_end()));
    }

    #[test]
    fn sec_p01_a_nul_is_refused() {
        let parameters = Parameters::default().with("name", Value::Text(b"a\0b".to_vec()));
        assert_eq!(compose("true", &parameters, Privilege::None), Err(ScriptError::Nul("name".to_owned())));
    }

    #[test]
    fn sec_p01_a_parameter_cannot_replace_a_variable_that_the_shell_obeys() {
        for name in ["PATH", "as_root", "hannun_prompts", "a b", "a;b", "", "1a"] {
            let parameters = Parameters::default().with(name, Value::Integer(1));
            assert_eq!(compose("true", &parameters, Privilege::None), Err(ScriptError::Name(name.to_owned())));
        }
    }

    #[test]
    fn a_script_that_would_swallow_the_end_of_the_envelope_is_refused() {
        assert_eq!(compose("echo a \\\n", &Parameters::default(), Privilege::None), Err(ScriptError::Script));
        assert_eq!(compose("echo \0", &Parameters::default(), Privilege::None), Err(ScriptError::Script));
    }

    #[test]
    fn a_shell_s_complaint_names_the_line_of_the_script() {
        let dash = "/bin/sh: 9: Syntax error: \"fi\" unexpected";
        assert_eq!(syntax_error(dash, 6), Some((Some(3), "Syntax error: \"fi\" unexpected".to_owned())));
        let bash = "banner\n/bin/sh: line 8: syntax error near unexpected token `fi'";
        assert_eq!(syntax_error(bash, 6), Some((Some(2), "syntax error near unexpected token `fi'".to_owned())));
        let busybox = "sh: syntax error: unexpected \"fi\"";
        assert_eq!(syntax_error(busybox, 6), Some((None, busybox.to_owned())));
        assert_eq!(syntax_error("This account is currently not available.", 6), None);
    }

    #[test]
    fn each_value_is_one_quoted_word() {
        let parameters = Parameters::default()
            .with("pid", Value::Integer(-4))
            .with("signal", Value::OneOf("TERM"))
            .with("name", Value::Text(b"it's; $(id)".to_vec()));
        let text = compose("true", &parameters, Privilege::None).unwrap();
        assert!(text.contains("\npid='-4'\nsignal='TERM'\nname='it'\\''s; $(id)'\n"), "{text}");
    }

    #[test]
    fn sec_p04_the_password_goes_to_sudo_only() {
        let text = compose("$as_root id", &Parameters::default(), Privilege::SudoPassword).unwrap();
        assert!(text.contains("sudo -S -k -p \"PROMPT-abcd1234-$$:\" --"), "{text}");
        assert!(text.contains("<&3 3<&-"), "{text}");
        assert!(!compose("$as_root id", &Parameters::default(), Privilege::Sudo).unwrap().contains("<&3 "));
    }

    #[test]
    fn sec_p04_only_a_whole_prompt_of_this_run_is_answered() {
        assert_eq!(find_sudo_prompt("abcd1234", b"lecture\nPROMPT-abcd1234-812:x"), Some((812, 28)));
        assert_eq!(find_sudo_prompt("abcd1234", b"PROMPT-abcd1234-81"), None);
        assert_eq!(find_sudo_prompt("abcd1234", b"PROMPT-zzzz1234-81:"), None);
        assert_eq!(find_sudo_prompt("abcd1234", b"PROMPT-abcd1234-x PROMPT-abcd1234-7:"), Some((7, 36)));
    }
}
