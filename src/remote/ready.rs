//! Finding the line that says that our script runs; what stands before it is a banner or a start-up file's (P02).

use bytes::{Buf, Bytes};

use super::failure::words;
use crate::commands::script::ready_line;

/// How much chatter before the ready line is borne with, bytes.
const CHATTER: usize = 64 << 10;

/// Both output streams of a shell: what is chatter, what is the script's, and who the shell is.
#[derive(Debug)]
pub(super) struct Ears {
    output: Mark,
    errors: Mark,
    shell: ShellId,
}

impl Ears {
    /// Ears for the script with this token.
    pub(super) fn new(token: &str) -> Self {
        Self { output: Mark::new(token), errors: Mark::new(token), shell: ShellId::default() }
    }

    /// Whether the script runs.
    pub(super) fn are_ready(&self) -> bool {
        self.output.is_found()
    }

    /// The process group of the script, once it is known.
    pub(super) fn group(&self) -> Option<i64> {
        self.shell.get()
    }

    /// What came instead of the ready line.
    pub(super) fn chatter(&self) -> String {
        words(&[self.errors.before(), b"\n", self.output.before()].concat())
    }

    /// The script's part of standard output.
    pub(super) fn output(&mut self, bytes: Bytes) -> Result<Bytes, TooMuchChatter> {
        self.output.pass(bytes)
    }

    /// The script's part of standard error.
    pub(super) fn errors(&mut self, bytes: Bytes) -> Result<Bytes, TooMuchChatter> {
        let bytes = self.errors.pass(bytes)?;
        Ok(if self.errors.is_found() { self.shell.pass(bytes) } else { bytes })
    }
}

/// One output stream of a shell, up to its ready line and beyond.
#[derive(Debug)]
struct Mark {
    line: Vec<u8>,
    before: Vec<u8>,
    found: bool,
}

/// The stream chatters on and the line does not come.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMuchChatter;

impl Mark {
    fn new(token: &str) -> Self {
        Self { line: ready_line(token).into_bytes(), before: Vec::new(), found: false }
    }

    /// Whether the line was seen.
    fn is_found(&self) -> bool {
        self.found
    }

    /// What was said before it.
    fn before(&self) -> &[u8] {
        &self.before
    }

    /// The part of `bytes` that belongs to the script's own output.
    fn pass(&mut self, bytes: Bytes) -> Result<Bytes, TooMuchChatter> {
        if self.found {
            return Ok(bytes);
        }
        // The line may begin in what came before.
        let known = self.before.len();
        let from = known.saturating_sub(self.line.len());
        self.before.extend_from_slice(&bytes);
        let place = self
            .before
            .get(from..)
            .and_then(|tail| tail.windows(self.line.len()).position(|window| window == self.line));
        match place {
            Some(place) => {
                let begin = from + place;
                let rest = (begin + self.line.len()).saturating_sub(known);
                self.found = true;
                self.before.truncate(begin);
                let mut output = bytes;
                output.advance(rest.min(output.len()));
                Ok(output)
            }
            None if self.before.len() > CHATTER => Err(TooMuchChatter),
            None => Ok(Bytes::new()),
        }
    }
}

/// The line behind the ready line on standard error: the shell's process id, which is its process group's too.
#[derive(Debug, Default)]
struct ShellId {
    line: Vec<u8>,
    is_read: bool,
    id: Option<i64>,
}

impl ShellId {
    /// The id, once it was read.
    fn get(&self) -> Option<i64> {
        self.id
    }

    /// The part of `bytes` behind the id's line; what is no id is output.
    fn pass(&mut self, mut bytes: Bytes) -> Bytes {
        while !self.is_read && bytes.has_remaining() {
            let byte = bytes.get_u8();
            self.line.push(byte);
            let is_id = byte.is_ascii_digit() && self.line.len() <= 10;
            if byte == b'\n' && self.line.len() > 1 {
                let digits = std::str::from_utf8(&self.line).unwrap_or_default().trim_end();
                // Nobody's shell is process 0 or 1, and the group of 1 would be everything.
                self.id = digits.parse().ok().filter(|id| *id > 1);
                self.is_read = true;
            } else if !is_id {
                self.is_read = true;
                return [self.line.as_slice(), &bytes].concat().into();
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sec_p02_what_stands_before_the_ready_line_is_dropped_even_without_a_line_end() {
        let mut mark = Mark::new("abcd1234");
        assert_eq!(mark.pass(Bytes::from_static(b"Welcome! READY-")), Ok(Bytes::new()));
        assert_eq!(mark.pass(Bytes::from_static(b"READY-abcd1234\nanswer\n")), Ok(Bytes::from_static(b"answer\n")));
        assert!(mark.is_found());
        assert_eq!(mark.before(), b"Welcome! READY-");
        assert_eq!(mark.pass(Bytes::from_static(b"READY-abcd1234\n")), Ok(Bytes::from_static(b"READY-abcd1234\n")));
    }

    #[test]
    fn endless_chatter_is_not_borne_with() {
        let mut mark = Mark::new("abcd1234");
        let outcome = (0..100).try_for_each(|_| mark.pass(Bytes::from_static(&[b'x'; 1024])).map(drop));
        assert_eq!(outcome, Err(TooMuchChatter));
    }

    #[test]
    fn the_shell_s_id_is_read_in_pieces_and_nothing_else_is_taken_for_one() {
        let mut shell = ShellId::default();
        assert_eq!(shell.pass(Bytes::from_static(b"41")), Bytes::new());
        assert_eq!(shell.pass(Bytes::from_static(b"21\n7\n")), Bytes::from_static(b"7\n"));
        assert_eq!(shell.pass(Bytes::from_static(b"8\n")), Bytes::from_static(b"8\n"));
        assert_eq!(shell.get(), Some(4121));
        for (other, output) in [
            ("1\n", ""),
            ("0\n", ""),
            ("warning\n", "warning\n"),
            ("\n", "\n"),
            ("12345678901\n", "12345678901\n"),
            ("-5\n", "-5\n"),
        ] {
            let mut shell = ShellId::default();
            assert_eq!(shell.pass(Bytes::from_static(other.as_bytes())), output.as_bytes(), "{other:?}");
            assert_eq!(shell.get(), None, "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn the_line_is_found_wherever_the_stream_is_cut(
            before in proptest::collection::vec(any::<u8>(), 0..60),
            after in proptest::collection::vec(any::<u8>(), 0..60),
            size in 1_usize..40,
        ) {
            let stream = [before.as_slice(), b"READY-abcd1234\n", after.as_slice()].concat();
            let mut mark = Mark::new("abcd1234");
            let mut output = Vec::new();
            for chunk in stream.chunks(size) {
                output.extend_from_slice(&mark.pass(Bytes::copy_from_slice(chunk)).unwrap());
            }
            prop_assert_eq!(output, after);
            prop_assert_eq!(mark.before(), before.as_slice());
        }
    }
}
