//! The files that an `Include` line means: paths with `*`, `?` and `[a-z]`, relative ones within `~/.ssh`.

use crate::inventory::import::files::Files;
use crate::language::Message;

/// More files than one line includes.
const MOST_PATHS: usize = 256;

/// The paths of `pattern`, in the order in which they are read. A path without a pattern is given as it is.
pub(super) fn paths(pattern: &str, files: &dyn Files) -> Result<Vec<String>, Message> {
    if pattern.contains(['%', '$']) || pattern.starts_with('~') && !pattern.starts_with("~/") {
        return Err(Message::new("Only a path that is written out, or one that begins with ~/, can be read"));
    }
    let absolute = if pattern.starts_with(['/', '~']) { pattern.to_owned() } else { format!("~/.ssh/{pattern}") };
    let mut found = vec![String::new()];
    for (number, part) in absolute.split('/').enumerate() {
        let mut deeper = Vec::new();
        for folder in &found {
            let before = if number == 0 { String::new() } else { format!("{folder}/") };
            if is_pattern(part) {
                let names = files.list(folder)?.into_iter().map(|entry| entry.name);
                deeper.extend(names.filter(|name| glob(part, name)).map(|name| before.clone() + &name));
            } else {
                deeper.push(before + part);
            }
        }
        deeper.truncate(MOST_PATHS);
        found = deeper;
    }
    Ok(found)
}

fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?', '['])
}

/// Whether a file's name matches one part of a path, as a shell would say: a leading dot must be written.
fn glob(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern = tokens(pattern);
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = name.get(read) {
        match (pattern.get(at), star) {
            (Some(Token::Any), _) => {
                star = Some((at, read));
                at += 1;
            }
            (Some(token), _) if token.takes(*character) => (at, read) = (at + 1, read + 1),
            (_, Some((place, taken))) => {
                star = Some((place, taken + 1));
                (at, read) = (place + 1, taken + 1);
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(at).all(|token| matches!(token, Token::Any))
}

enum Token {
    /// `*`
    Any,
    /// `?`
    One,
    /// `[a-z]`, `[!a-z]`
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    Plain(char),
}

impl Token {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&character)) != *negated
            }
            Self::Plain(plain) => *plain == character,
        }
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        tokens.push(match character {
            '*' => Token::Any,
            '?' => Token::One,
            '[' => match set(rest.as_str()) {
                Some((token, after)) => {
                    rest = after.chars();
                    token
                }
                None => Token::Plain('['),
            },
            '\\' => Token::Plain(rest.next().unwrap_or('\\')),
            plain => Token::Plain(plain),
        });
    }
    tokens
}

/// `a-z]` after its bracket; and what follows.
fn set(text: &str) -> Option<(Token, &str)> {
    let (inside, after) = text.split_once(']')?;
    let (negated, inside) = match inside.strip_prefix(['!', '^']) {
        Some(rest) => (true, rest),
        None => (false, inside),
    };
    let characters: Vec<char> = inside.chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(from) = characters.get(at) {
        if let (Some('-'), Some(to)) = (characters.get(at + 1), characters.get(at + 2)) {
            ranges.push((*from, *to));
            at += 3;
        } else {
            ranges.push((*from, *from));
            at += 1;
        }
    }
    (!ranges.is_empty()).then_some((Token::Set { negated, ranges }, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_name_matches_as_a_shell_says() {
        for (pattern, name) in
            [("*", "work"), ("*.conf", "a.conf"), ("[0-9]*", "10-work"), ("[!a]?", "b1"), (".*", ".x"), ("a[b", "a[b")]
        {
            assert!(glob(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*", ".hidden"), ("*.conf", "a.conf.bak"), ("[0-9]*", "work"), ("?", "ab")] {
            assert!(!glob(pattern, name), "{pattern} {name}");
        }
    }
}
