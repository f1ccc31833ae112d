//! `ssh_config` as blocks: what is set, and for which hosts. Included files stand where they are included.

use std::sync::Arc;

use crate::inventory::import::files::{Files, too_long};
use crate::inventory::import::found::{LONGEST_VALUE, Place, Skipped};
use crate::inventory::import::{Source, words};
use crate::language::Message;

use super::criteria::Criterion;
use super::include;

/// How deep files include each other (`READCONF_MAX_DEPTH` of OpenSSH).
const DEEPEST: usize = 16;
/// How many files are read.
const MOST_FILES: usize = 256;
/// How many bytes are read from all files together.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Keywords whose argument is the rest of the line, quotes and all.
const WHOLE_LINE: [&str; 4] = ["proxycommand", "proxyjump", "remotecommand", "localcommand"];

/// Settings that hold together, and for whom.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) criterion: Criterion,
    /// The block in which the file of this one is included: both must hold.
    pub(super) parent: Option<usize>,
    pub(super) settings: Vec<Setting>,
    pub(super) place: Place,
}

/// One line that sets something.
#[derive(Debug)]
pub(super) struct Setting {
    /// In lower case.
    pub(super) keyword: String,
    /// Its first argument, or the rest of the line where the keyword takes that.
    pub(super) value: String,
    pub(super) place: Place,
}

/// A configuration that was read, with everything that it includes.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) blocks: Vec<Block>,
    pub(super) skipped: Vec<Skipped>,
}

impl Config {
    /// Reads a configuration and the files that it includes.
    pub(super) fn read(source: Source<'_>, files: &dyn Files) -> Self {
        let mut reader = Reader { config: Self::default(), files, files_left: MOST_FILES, bytes_left: MOST_BYTES };
        reader.file(source, None, 0);
        reader.config
    }
}

struct Reader<'f> {
    config: Config,
    files: &'f dyn Files,
    files_left: usize,
    bytes_left: usize,
}

impl Reader<'_> {
    /// Reads one file. What stands in it before its first `Host` belongs to the block that includes it.
    fn file(&mut self, source: Source<'_>, parent: Option<usize>, depth: usize) {
        let file = Place::new(source.name, 0);
        let length = source.text.len();
        let too_much =
            || Message::new("Together the files are longer than {limit} KiB").with("limit", MOST_BYTES / 1024);
        if let Some(why) = too_long(source.text).or_else(|| (length > self.bytes_left).then(too_much)) {
            return self.skip("", &file, why);
        }
        self.bytes_left -= length;
        self.open(Criterion::Always, parent, &file.at(1));
        let text = source.text.strip_prefix('\u{feff}').unwrap_or(source.text);
        for (number, line) in text.lines().enumerate() {
            if let Some((keyword, rest)) = keyword_and_rest(line) {
                self.line(keyword, rest, parent, &file.at(number + 1), depth);
            }
        }
    }

    fn line(&mut self, keyword: String, rest: &str, parent: Option<usize>, place: &Place, depth: usize) {
        if rest.is_empty() {
            return self.skip(keyword, place, "It says nothing after this word");
        }
        let too_long = || Message::new("It is longer than {limit} KiB").with("limit", LONGEST_VALUE / 1024);
        if WHOLE_LINE.contains(&keyword.as_str()) {
            if rest.len() > LONGEST_VALUE {
                return self.skip(keyword, place, too_long());
            }
            return self.set(Setting { keyword, value: rest.to_owned(), place: place.clone() });
        }
        let arguments = match words::openssh(rest) {
            Ok(arguments) => arguments,
            Err(why) => return self.skip(keyword, place, why),
        };
        // A pattern may be of any length: it is compared and never kept.
        if !["host", "match"].contains(&keyword.as_str()) && arguments.iter().any(|word| word.len() > LONGEST_VALUE) {
            return self.skip(keyword, place, too_long());
        }
        match keyword.as_str() {
            "host" => self.open(Criterion::of_host(&arguments), parent, place),
            "match" => match Criterion::of_match(&arguments) {
                Ok(criterion) => self.open(criterion, parent, place),
                Err(why) => {
                    self.skip("match", place, why);
                    self.open(Criterion::Never, parent, place);
                }
            },
            "include" => self.include(&arguments, parent, place, depth),
            _ => {
                if let Some(value) = arguments.into_iter().next() {
                    self.set(Setting { keyword, value, place: place.clone() });
                }
            }
        }
    }

    fn include(&mut self, patterns: &[String], parent: Option<usize>, place: &Place, depth: usize) {
        let Some(current) = self.config.blocks.len().checked_sub(1) else { return };
        if depth >= DEEPEST {
            return self.skip("include", place, "Files include each other too deeply");
        }
        for pattern in patterns {
            let paths = match include::paths(pattern, self.files) {
                Ok(paths) => paths,
                Err(why) => {
                    self.skip(format!("include {pattern}"), place, why);
                    continue;
                }
            };
            for path in paths {
                let Some(left) = self.files_left.checked_sub(1) else {
                    let why = Message::new("More than {most} files are included").with("most", MOST_FILES);
                    return self.skip("include", place, why);
                };
                self.files_left = left;
                match self.files.read(&path) {
                    Ok(Some(text)) => self.file(Source { name: &path, text: &text }, Some(current), depth + 1),
                    Ok(None) => {}
                    Err(why) => self.skip(format!("include {path}"), place, why),
                }
            }
        }
        // What follows the line belongs to the block that was open before it.
        self.open(Criterion::As(current), parent, place);
    }

    fn open(&mut self, criterion: Criterion, parent: Option<usize>, place: &Place) {
        self.config.blocks.push(Block { criterion, parent, settings: Vec::new(), place: place.clone() });
    }

    fn set(&mut self, setting: Setting) {
        if let Some(block) = self.config.blocks.last_mut() {
            block.settings.push(setting);
        }
    }

    fn skip(&mut self, what: impl Into<String>, place: &Place, why: impl Into<Message>) {
        let place = Place { file: Arc::clone(&place.file), line: place.line };
        Skipped::new(what, &place, why).add_to(&mut self.config.skipped);
    }
}

/// `Keyword arguments` or `Keyword = arguments`; nothing for an empty line or a comment.
fn keyword_and_rest(line: &str) -> Option<(String, &str)> {
    let line = line.trim_end_matches([' ', '\t', '\r', '\n', '\u{c}']).trim_start_matches([' ', '\t', '\r']);
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (keyword, rest) = match line.find([' ', '\t', '\r', '=']) {
        Some(end) => line.split_at(end),
        None => (line, ""),
    };
    let rest = rest.trim_start_matches([' ', '\t', '\r']);
    let rest = rest.strip_prefix('=').unwrap_or(rest).trim_start_matches([' ', '\t', '\r']);
    Some((keyword.trim_matches('"').to_ascii_lowercase(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_may_be_followed_by_an_equals_sign() {
        let read = |line| keyword_and_rest(line).map(|(keyword, rest)| format!("{keyword}|{rest}"));
        for (line, expected) in [
            ("  HostName web-1 ", "hostname|web-1"),
            ("Port=2222", "port|2222"),
            ("\tUser = ops\r", "user|ops"),
            ("ProxyCommand=ssh -W %h:%p a=b", "proxycommand|ssh -W %h:%p a=b"),
            ("Port", "port|"),
        ] {
            assert_eq!(read(line).as_deref(), Some(expected), "{line}");
        }
        assert_eq!(read("  # Host x"), None);
        assert_eq!(read(" \t"), None);
    }
}
