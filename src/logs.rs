//! Logs of servers on their way to somebody here: what is asked for, and a text of all of it that is made as it comes.

mod following;

use std::collections::VecDeque;
use std::pin::{Pin, pin};

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use tokio::time::Interval;

use crate::commands::logs::{Entry, ReadJournal, SearchLog, entry};
use crate::commands::{ParseError, Read};
use crate::error::Result;
use crate::remote::Flow;
use crate::remote::host::Host;
use crate::transfers::giving::{Terms, given, looks};

pub use following::{Following, Happening};

/// Lines that one text holds at most.
pub const MOST_LINES: usize = 100_000;
/// The longest line that is kept while it comes, bytes.
const LONGEST: usize = 256 << 10;
/// The line of a text behind which there may be more.
const CUT: &[u8] = b"(more was not searched)\n";

/// Lines of a log that are wanted.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Of the journal.
    Journal(ReadJournal),
    /// Of a file.
    File(SearchLog),
}

/// All that is wanted as a text, a line each, made as it comes. What is refused is an error here.
pub async fn text(host: &Host, wanted: Wanted, terms: Terms) -> Result<Pin<Box<dyn Stream<Item = Result<Bytes>>>>> {
    Ok(match wanted {
        Wanted::Journal(read) => Box::pin(lines(host.follow(read).await?, journal_line, terms)),
        Wanted::File(search) => Box::pin(lines(host.follow(search).await?, file_line, terms)),
    })
}

/// What a line of the answer is in the text; nothing where it is not part of the log.
type Line = fn(&[u8]) -> Result<Option<Vec<u8>>, ParseError>;

fn journal_line(line: &[u8]) -> Result<Option<Vec<u8>>, ParseError> {
    if line.starts_with(b"@") {
        return Ok((line == b"@cut").then(|| CUT.to_vec()));
    }
    let entry: Entry = entry(1, line)?;
    Ok(Some(format!("{}\n", entry.line()).into_bytes()))
}

#[expect(clippy::unnecessary_wraps, reason = "a line of the journal can be wrong, and both are read in one way")]
fn file_line(line: &[u8]) -> Result<Option<Vec<u8>>, ParseError> {
    if line == b"@cut" {
        return Ok(Some(CUT.to_vec()));
    }
    if line.starts_with(b"@") || line == b"--" {
        return Ok(line.strip_prefix(b"@file ").map(|path| [b"# ", path, b"\n"].concat()));
    }
    let digits = line.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(line.len());
    let text = line.get(digits + 1..).unwrap_or_default();
    Ok(Some([text, b"\n"].concat()))
}

fn lines<C: Read + Clone + 'static>(
    flow: Flow<C>,
    line: Line,
    terms: Terms,
) -> impl Stream<Item = Result<Bytes>> + 'static {
    let patience = terms.patience;
    let (command, as_root) = (flow.command().clone(), flow.signs_in_as_root());
    let text = Text { flow, line, partial: Vec::new(), made: VecDeque::new(), command, as_root, terms, looks: looks() };
    let pieces = stream::unfold(Some(text), |text| async move {
        let mut text = text?;
        match text.next().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(text))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    given(pieces, patience).map(|piece| piece.and_then(|piece| piece))
}

struct Text<C: Read> {
    flow: Flow<C>,
    line: Line,
    partial: Vec<u8>,
    made: VecDeque<Bytes>,
    command: C,
    as_root: bool,
    terms: Terms,
    looks: Interval,
}

impl<C: Read> Text<C> {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            if let Some(made) = self.made.pop_front() {
                return Ok(Some(made));
            }
            let Some(piece) = self.flowing().await? else { return Ok(None) };
            self.take_in(&piece)?;
        }
    }

    /// The next piece; while it does not come it is looked whether whoever asked may go on.
    async fn flowing(&mut self) -> Result<Option<Bytes>> {
        // Not asked for anew at each look: how long nothing came is counted by the flow.
        let mut next = pin!(self.flow.next());
        loop {
            tokio::select! {
                biased;
                _ = self.looks.tick() => self.terms.allow(&self.command, self.as_root).await?,
                piece = &mut next => return piece,
            }
        }
    }

    fn take_in(&mut self, piece: &[u8]) -> Result<()> {
        let mut text = Vec::with_capacity(piece.len());
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let (rest, is_whole) = part.strip_suffix(b"\n").map_or((part, false), |rest| (rest, true));
            let room = LONGEST.saturating_sub(self.partial.len());
            self.partial.extend_from_slice(rest.get(..room).unwrap_or(rest));
            if is_whole {
                let whole = std::mem::take(&mut self.partial);
                let made = (self.line)(&whole).map_err(|problem| self.flow.unparsable(problem))?;
                text.extend(made.into_iter().flatten());
            }
        }
        if !text.is_empty() {
            self.made.push_back(Bytes::from(text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_text_is_what_the_log_says_and_marks_are_none() {
        let of_file = |line: &[u8]| file_line(line).unwrap().map(|text| String::from_utf8(text).unwrap());
        assert_eq!(of_file(b"12:a:b").as_deref(), Some("a:b\n"));
        assert_eq!(of_file(b"13-").as_deref(), Some("\n"));
        assert_eq!(of_file(b"@file /var/log/x").as_deref(), Some("# /var/log/x\n"));
        assert_eq!((of_file(b"@binary"), of_file(b"--")), (None, None));
        assert_eq!(journal_line(b"@newest-first").unwrap(), None);
        assert!(journal_line(b"hello").is_err());
    }

    #[test]
    fn a_text_of_which_the_search_was_given_up_says_so() {
        for line in [journal_line as Line, file_line] {
            assert_eq!(line(b"@cut").unwrap().as_deref(), Some(CUT));
        }
    }
}
