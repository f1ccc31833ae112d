//! The lines of a script that ask for root (`$as_root`), and the `sudoers` text that allows exactly them.
//!
//! Decision 3: privilege is asked for by the line that needs it, never for the whole script, so that `sudoers` can list
//! constant commands.

use super::CommandType;

/// How a line asks.
const AS_ROOT: &str = "$as_root";
/// What follows where the command reads what is given to the script; a shell stands between it and `sudo`.
const FED: &str = "_fed";

/// One command that a script runs as root.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RootLine {
    /// The same words each time: `ss -Htulpne`.
    Constant(String),
    /// Words that differ from run to run; `sudoers` cannot list them.
    Varying(String),
}

impl RootLine {
    /// The command as the script has it.
    pub fn text(&self) -> &str {
        match self {
            Self::Constant(text) | Self::Varying(text) => text,
        }
    }
}

/// The commands that `script` runs as root, each once, in their order. Comments are no commands.
pub fn root_lines(script: &str) -> Vec<RootLine> {
    let mut found: Vec<RootLine> = Vec::new();
    for line in script.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        for after in line.split(AS_ROOT).skip(1) {
            let fed = after.strip_prefix(FED);
            if !fed.unwrap_or(after).starts_with([' ', '\t']) {
                continue;
            }
            let root_line = match fed {
                Some(fed) => RootLine::Varying(root_line(fed).text().to_owned()),
                None => root_line(after),
            };
            if !root_line.text().is_empty() && !found.contains(&root_line) {
                found.push(root_line);
            }
        }
    }
    found
}

/// The same of a command of a type. What runs by itself becomes root once, for all of it, by a shell of ours: `sudoers` can
/// list none of its lines.
pub fn root_lines_of(command_type: CommandType, script: &str) -> Vec<RootLine> {
    let lines = root_lines(script);
    if !command_type.runs_detached() {
        return lines;
    }
    lines.into_iter().map(|line| RootLine::Varying(line.text().to_owned())).collect()
}

fn root_line(after: &str) -> RootLine {
    let end = after.find([';', '|', '&', '<', '>', ')']).unwrap_or(after.len());
    let (command, operator) = after.split_at_checked(end).unwrap_or((after, ""));
    let mut words: Vec<&str> = command.split_whitespace().collect();
    // `2>/dev/null`: the number belongs to the redirection.
    let glued = !command.ends_with(char::is_whitespace);
    if operator.starts_with(['<', '>']) && glued && words.last().is_some_and(|word| is_number(word)) {
        words.pop();
    }
    let text = words.join(" ");
    if text.contains(['$', '`', '\'', '"', '\\', '*', '?', '[', '{', '~', '(']) {
        RootLine::Varying(text)
    } else {
        RootLine::Constant(text)
    }
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// A command where one server has it: `/usr/bin/ss` and `ss -Htulpne`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<'a> {
    /// The program's path on the server.
    pub path: &'a str,
    /// The command as the script has it; its first word is the program.
    pub line: &'a str,
}

/// The file below `/etc/sudoers.d` that lets `user` run exactly these commands as root, without a password.
///
/// None where nothing is to be allowed, or where a name cannot be written there without meaning something else.
pub fn sudoers(user: &str, commands: &[Located<'_>]) -> Option<String> {
    let user = user_of(user)?;
    let mut lines = Vec::new();
    for command in commands {
        let path = Some(command.path).filter(|path| path.starts_with('/') && path.chars().all(is_plain))?;
        let arguments = command.line.split_whitespace().skip(1).map(escaped).collect::<Option<Vec<_>>>()?;
        // Without arguments, sudoers would allow any; two quotes allow none.
        let arguments = if arguments.is_empty() { "\"\"".to_owned() } else { arguments.join(" ") };
        lines.push(format!("{user} ALL=(root) NOPASSWD: {path} {arguments}\n"));
    }
    (!lines.is_empty()).then(|| lines.concat())
}

/// A user's name as `sudoers` has it; in quotes where it holds what would divide words.
fn user_of(user: &str) -> Option<String> {
    let simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    // ALL is everybody, and % + # ! stand for groups and numbers.
    if user.is_empty() || user.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
        return None;
    }
    if user.chars().all(simple) && user.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        return Some(user.to_owned());
    }
    let quotable = |c: char| simple(c) || matches!(c, '@' | '$' | ' ');
    (user.chars().all(quotable) && user.starts_with(|c: char| c.is_ascii_alphanumeric())).then(|| format!("\"{user}\""))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | '@')
}

/// One argument: what `sudoers` gives a meaning is marked with a backslash; none where that is not enough.
fn escaped(word: &str) -> Option<String> {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            ',' | ':' | '=' => out.extend(['\\', c]),
            c if is_plain(c) => out.push(c),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Catalog;

    fn constant(text: &str) -> RootLine {
        RootLine::Constant(text.to_owned())
    }

    #[test]
    fn a_line_that_asks_for_root_is_found_up_to_its_end() {
        let script = "if [ -n \"$as_root\" ]; then echo @root; fi\n\
            # $as_root rm -rf /\n\
            $as_root ss -Htulpne || exit\n\
            x=$($as_root  cat   /proc/1/comm 2>/dev/null)\n\
            $as_root ss -Htulpne | $as_root wc -l; echo\n\
            $as_root kill -s \"$signal\" \"$pid\"\n\
            $as_root nft list ruleset>/tmp/x\n\
            $as_root_fed dd of=/etc/motd";
        assert_eq!(
            root_lines(script),
            [
                constant("ss -Htulpne"),
                constant("cat /proc/1/comm"),
                constant("wc -l"),
                RootLine::Varying("kill -s \"$signal\" \"$pid\"".to_owned()),
                constant("nft list ruleset"),
                RootLine::Varying("dd of=/etc/motd".to_owned()),
            ]
        );
        assert!(root_lines("echo \"$as_root\"; as_root=; $as_rooted x").is_empty());
    }

    #[test]
    fn sec_p01_no_line_of_what_runs_by_itself_is_offered_to_sudoers() {
        for command_type in CommandType::ALL.iter().filter(|command_type| command_type.runs_detached()) {
            for variant in Catalog::built_in().variants(*command_type) {
                let lines = root_lines_of(*command_type, &variant.script);
                let varying = lines.iter().all(|line| matches!(line, RootLine::Varying(_)));
                assert!(varying, "{command_type:?} {}: {lines:?}", variant.name);
            }
        }
        assert_eq!(root_lines_of(CommandType::ListSockets, "$as_root ss -l"), [constant("ss -l")]);
    }

    #[test]
    fn the_lines_of_root_s_that_read_are_constant_but_for_these() {
        let mut varying = Vec::new();
        for command_type in CommandType::ALL.iter().filter(|command_type| !command_type.takes_values()) {
            for variant in Catalog::built_in().variants(*command_type) {
                // What is given to it varies in any case.
                if !super::super::script::takes_input(&variant.script) {
                    let lines = root_lines(&variant.script).into_iter();
                    let found = lines.filter(|line| matches!(line, RootLine::Varying(_)));
                    varying.extend(found.map(|line| format!("{}: {}", variant.name, line.text())));
                }
            }
        }
        // What is to be restarted is found by what maps deleted files; runit's tool knows no way to ask for all services.
        assert_eq!(varying, ["linux: grep -l -s -E ' /(usr/", "runit: sv status \"$folder\"/*"]);
    }

    #[test]
    fn sec_p01_what_sudoers_would_understand_otherwise_is_marked_or_refused() {
        let located = |path, line| [Located { path, line }];
        assert_eq!(
            sudoers("deploy", &located("/usr/bin/lsof", "lsof -nP -sTCP:LISTEN -F a=b,c")).unwrap(),
            "deploy ALL=(root) NOPASSWD: /usr/bin/lsof -nP -sTCP\\:LISTEN -F a\\=b\\,c\n"
        );
        assert_eq!(
            sudoers("corp user@example", &located("/sbin/pfctl", "pfctl")).unwrap(),
            "\"corp user@example\" ALL=(root) NOPASSWD: /sbin/pfctl \"\"\n"
        );
        for user in ["ALL", "%wheel", "#0", "a,b", "a\nb", "", "MY_ALIAS", "a=b", "-x"] {
            assert_eq!(sudoers(user, &located("/bin/a", "a")), None, "{user}");
        }
        for line in ["a *", "a !b", "a \\c", "a 'b'", "a #c", "a \"\""] {
            assert_eq!(sudoers("deploy", &located("/bin/a", line)), None, "{line}");
        }
        for path in ["a", "/bin/a b", "/bin/*", "/bin/a,/bin/b", "/bin/a\n"] {
            assert_eq!(sudoers("deploy", &located(path, "a")), None, "{path}");
        }
        assert_eq!(sudoers("deploy", &[]), None);
    }
}
