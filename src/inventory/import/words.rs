//! A line as words: by the rules of a shell, and by those of `ssh_config`, which differ.

use crate::language::Message;

/// What `#` means where it is not quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    /// Itself.
    Plain,
    /// It ends the line where a word would begin, as in a shell.
    Comment,
    /// It ends the line everywhere, within a word too, as in the INI inventories of Ansible.
    CommentAnywhere,
}

/// The words of a line as a POSIX shell would quote them.
pub(super) fn shell(line: &str, hash: Hash) -> Result<Vec<String>, Message> {
    let mut words = Words::default();
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (words.quote, character) {
            (Some(quote), _) if character == quote => words.quote = None,
            (Some('"'), '\\') => {
                // Within double quotes a backslash stays, unless it stands before a quote or another one.
                let next = characters.next().ok_or_else(open_quote)?;
                if next != '"' && next != '\\' {
                    words.push('\\');
                }
                words.push(next);
            }
            (None, '\'' | '"') => words.open(character),
            (None, '\\') => words.push(characters.next().ok_or_else(open_quote)?),
            (None, '#') if hash == Hash::CommentAnywhere => break,
            (None, '#') if hash == Hash::Comment && words.word.is_none() => break,
            (None, ' ' | '\t' | '\r' | '\n') => words.end(),
            _ => words.push(character),
        }
    }
    words.finish()
}

/// The arguments of a line of `ssh_config` (`argv_split` of OpenSSH): `#` begins a comment only where a word would begin,
/// and a backslash escapes quotes, itself, and a blank outside of quotes.
pub(super) fn openssh(line: &str) -> Result<Vec<String>, Message> {
    let mut words = Words::default();
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (words.quote, character) {
            (_, '\\') => {
                let escaped = |next: &char| matches!(next, '\'' | '"' | '\\') || words.quote.is_none() && *next == ' ';
                let next = characters.next_if(escaped);
                words.push(next.unwrap_or('\\'));
            }
            (Some(quote), _) if character == quote => words.quote = None,
            (None, '\'' | '"') => words.open(character),
            (None, '#') if words.word.is_none() => break,
            (None, ' ' | '\t') => words.end(),
            _ => words.push(character),
        }
    }
    words.finish()
}

/// Words as they are put together.
#[derive(Default)]
struct Words {
    done: Vec<String>,
    /// The word that goes on; an empty one was quoted.
    word: Option<String>,
    quote: Option<char>,
}

impl Words {
    fn push(&mut self, character: char) {
        self.word.get_or_insert_default().push(character);
    }

    fn open(&mut self, quote: char) {
        self.word.get_or_insert_default();
        self.quote = Some(quote);
    }

    fn end(&mut self) {
        self.done.extend(self.word.take());
    }

    fn finish(mut self) -> Result<Vec<String>, Message> {
        if self.quote.is_some() {
            return Err(open_quote());
        }
        self.end();
        Ok(self.done)
    }
}

fn open_quote() -> Message {
    Message::new("A quotation mark is never closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_s_quotes_make_one_word() {
        let words = |line| shell(line, Hash::CommentAnywhere).unwrap();
        assert_eq!(words(r#"web-1 a="b c" d='e "f"' g=h\ i"#), ["web-1", "a=b c", "d=e \"f\"", "g=h i"]);
        assert_eq!(words(r#"a "" b=""  # nothing"#), ["a", "", "b="]);
        assert_eq!(words("a b#c d"), ["a", "b"]);
        assert_eq!(words(r#""a\"b\\c\d" '\'"#), ["a\"b\\c\\d", "\\"]);
        assert_eq!(shell("a b#c #d", Hash::Plain).unwrap(), ["a", "b#c", "#d"]);
        assert_eq!(shell("a b#c #d", Hash::Comment).unwrap(), ["a", "b#c"]);
        assert!(shell("a 'b", Hash::Plain).is_err() && shell("a\\", Hash::Plain).is_err());
    }

    #[test]
    fn openssh_s_quotes_make_one_word() {
        let words = |line| openssh(line).unwrap();
        assert_eq!(words(r#"a "b c" d#e f # g"#), ["a", "b c", "d#e", "f"]);
        assert_eq!(words(r#""x"y 'quo ted' a\ b c\d"#), ["xy", "quo ted", "a b", "c\\d"]);
        assert_eq!(words(r#""a\"b" "#), ["a\"b"]);
        assert!(openssh("\"a").is_err());
    }
}
