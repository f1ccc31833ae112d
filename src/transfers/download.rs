//! Files and directories on their way to somebody here. They fail where the server does: half a file is not a whole one.

use std::ops::Range;
use std::pin::pin;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::time::Interval;

use super::giving::{Terms, given, looks};
use super::part::Wanted;
use crate::commands::files::{ArchiveDirectory, DescribeFile, Details, DownloadFile, FilePath, Look, Stretch};
use crate::commands::{Acting, Read};
use crate::error::{Error, Result};
use crate::remote::Flow;
use crate::remote::host::Host;

/// A file, or a part of it.
pub struct Download<S> {
    /// As it was when it was opened.
    pub look: Look,
    /// Which bytes of it come; all of them where that is none.
    pub part: Option<Range<u64>>,
    /// Its bytes.
    pub content: S,
}

impl<S> Download<S> {
    /// How long the whole file is, bytes; none where nobody knows before its end: files of the kernel say that they hold nothing.
    pub fn whole(&self) -> Option<u64> {
        Some(self.look.seen.size).filter(|size| *size > 0)
    }
}

/// A directory as an archive.
pub struct Archive<S> {
    /// What is known of the directory.
    pub details: Details,
    /// The archive.
    pub content: S,
}

/// A file as it is, or the part that is wanted of it; a link is followed. What is refused is an error here, not an empty content.
///
/// A part is of the file that was looked at, up to its last byte, or it fails. Where it became another, all of that comes.
pub async fn file(
    host: &Host,
    (path, acting): (FilePath, Acting),
    wanted: Option<Wanted>,
    terms: Terms,
) -> Result<Download<impl Stream<Item = Result<Bytes>> + 'static>> {
    let command = |stretch| DownloadFile { path: path.clone(), stretch, acting };
    if let Some(wanted) = wanted {
        let (_, look, _) = open(host, command(Some(Stretch::NOTHING))).await?;
        let (seen, size) = (look.seen, look.seen.size);
        if size > 0 && wanted.is_of(&look) {
            let (first, count) = wanted.part.within(size).ok_or(Error::BeyondEnd { size })?;
            match open(host, command(Some(Stretch { first, count, seen: Some(seen) }))).await {
                Ok((flow, look, rest)) => {
                    let content = content(flow, Some(rest), Length::Exactly(count), terms);
                    return Ok(Download { look, part: Some(first..first + count), content });
                }
                // It is another by now.
                Err(Error::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    let (flow, look, rest) = open(host, command(None)).await?;
    let length = if look.seen.size > 0 { Length::AtLeast(look.seen.size) } else { Length::Unknown };
    Ok(Download { look, part: None, content: content(flow, Some(rest), length, terms) })
}

/// A directory as a tar archive; where it is a link, the one that it leads to, which is named in what is known of it.
pub async fn archive(
    host: &Host,
    (path, acting): (FilePath, Acting),
    terms: Terms,
) -> Result<Archive<impl Stream<Item = Result<Bytes>> + 'static>> {
    let details = host.read(DescribeFile { path, acting }).await?.value;
    let path = details.real.clone().ok_or(Error::NotFound("The directory"))?;
    let mut flow = host.follow(ArchiveDirectory { path, acting }).await?;
    let first = flow.next().await?;
    Ok(Archive { details, content: content(flow, first, Length::Unknown, terms) })
}

/// Starts to read a file: what was opened, and what came of its bytes with that.
async fn open(host: &Host, command: DownloadFile) -> Result<(Flow<DownloadFile>, Look, Bytes)> {
    let mut flow = host.follow(command).await?;
    let mut came = BytesMut::new();
    while !came.contains(&b'\n') && came.len() < DownloadFile::LONGEST_LINE {
        let Some(piece) = flow.next().await? else { break };
        came.extend_from_slice(&piece);
    }
    let end = came.iter().position(|byte| *byte == b'\n').unwrap_or(came.len());
    let look = DownloadFile::look(&came.split_to(end)).map_err(|problem| flow.unparsable(problem))?;
    drop(came.split_to(came.len().min(1)));
    Ok((flow, look, came.freeze()))
}

/// How much comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Nobody knows before the end.
    Unknown,
    /// So many bytes, and more where it grows meanwhile: those are left out.
    AtLeast(u64),
    /// So many bytes; the last are held back until the server has said that they are what was asked for.
    Exactly(u64),
}

/// The output of `flow` as the body of an answer: `first`, then what follows. It fails where the flow does, where nobody takes a
/// piece in time, and where whoever asked may not have it any more.
pub fn content<C: Read + Clone + 'static>(
    flow: Flow<C>,
    first: Option<Bytes>,
    length: Length,
    terms: Terms,
) -> impl Stream<Item = Result<Bytes>> + 'static {
    let patience = terms.patience;
    let first = first.filter(|first| !first.is_empty());
    let left = match length {
        Length::Unknown => None,
        Length::AtLeast(size) | Length::Exactly(size) => Some(size),
    };
    let is_vouched_for = matches!(length, Length::Exactly(_));
    let (command, as_root) = (flow.command().clone(), flow.signs_in_as_root());
    let content = Content { flow, first, left, is_vouched_for, command, as_root, terms, looks: looks() };
    let pieces = stream::unfold(Some(content), |content| async move {
        let mut content = content?;
        match content.next().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(content))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    given(pieces, patience).map(|piece| piece.and_then(|piece| piece))
}

struct Content<C: Read> {
    flow: Flow<C>,
    first: Option<Bytes>,
    left: Option<u64>,
    is_vouched_for: bool,
    command: C,
    as_root: bool,
    terms: Terms,
    looks: Interval,
}

impl<C: Read> Content<C> {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.left == Some(0) {
            return Ok(None);
        }
        let piece = match self.first.take() {
            Some(first) => Some(first),
            None => self.flowing().await?,
        };
        let Some(piece) = piece else { return self.left.map_or(Ok(None), |_| Err(shorter())) };
        let piece = self.cut(piece);
        if self.left == Some(0) && self.is_vouched_for && self.flowing().await?.is_some() {
            return Err(Error::Conflict("The file changed while it was read".into()));
        }
        Ok(Some(piece))
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

    /// What of a piece still belongs to the file.
    fn cut(&mut self, mut piece: Bytes) -> Bytes {
        if let Some(left) = &mut self.left {
            piece.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= piece.len() as u64;
        }
        piece
    }
}

fn shorter() -> Error {
    Error::Conflict("The file became shorter while it was read".into())
}
