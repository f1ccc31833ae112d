//! Content on its way between somebody here and a file on a server: bounded in memory, never half taken for whole.

pub mod tail;

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::commands::files::{
    ArchiveDirectory, DescribeFile, Details, DownloadFile, FilePath, Kind, NewContent, WriteFile,
};
use crate::commands::{Acting, Read};
use crate::error::{Error, Result};
use crate::remote::host::{Host, OperableHost};
use crate::remote::{Flow, new_token};

/// Writes what `pieces` gives into a file, up to its end: how many bytes. Where it fails, the file is as it was.
pub async fn write(
    host: &OperableHost,
    (path, acting): (FilePath, Acting),
    content: NewContent,
    mut pieces: impl AsyncFnMut() -> Result<Option<Bytes>>,
) -> Result<u64> {
    let mark = new_token()?;
    let mut flow = host.feed(WriteFile { path, content, mark: mark.clone(), acting }).await?;
    let mut size = 0;
    loop {
        match pieces().await {
            Ok(Some(piece)) => {
                size += piece.len() as u64;
                flow.give(piece).await?;
            }
            Ok(None) => break,
            Err(error) => {
                // Without the mark the server throws away what it has; what it says of that is known.
                drop(flow.finish().await);
                return Err(error);
            }
        }
    }
    flow.give(Bytes::from(mark)).await?;
    flow.finish().await?;
    Ok(size)
}

/// A file, or a directory as an archive, on its way to somebody here.
pub struct Download<S> {
    /// What is known of it.
    pub details: Details,
    /// How long it is, bytes; none where nobody knows before its end.
    pub size: Option<u64>,
    /// Its content. It fails where the server does, so that half a file is not taken for a whole one.
    pub content: S,
}

/// A file as it is; a link is followed. What is refused is an error here, not an empty content.
pub async fn file(
    host: &Host,
    (path, acting): (FilePath, Acting),
) -> Result<Download<impl Stream<Item = Result<Bytes>> + 'static>> {
    let details = host.read(DescribeFile { path: path.clone(), acting }).await?.value;
    // Of a link the size is that of its own; files of the kernel say that they hold nothing.
    let size = Some(details.seen.size).filter(|size| details.kind == Kind::File && *size > 0);
    let mut flow = host.follow(DownloadFile { path, acting }).await?;
    let first = flow.next().await?;
    Ok(Download { details, size, content: content(flow, first, size, PATIENCE) })
}

/// A directory as a tar archive; where it is a link, the one that it leads to, which is named in what is known of it.
pub async fn archive(
    host: &Host,
    (path, acting): (FilePath, Acting),
) -> Result<Download<impl Stream<Item = Result<Bytes>> + 'static>> {
    let details = host.read(DescribeFile { path, acting }).await?.value;
    let path = details.real.clone().ok_or(Error::NotFound("The directory"))?;
    let mut flow = host.follow(ArchiveDirectory { path, acting }).await?;
    let first = flow.next().await?;
    Ok(Download { details, size: None, content: content(flow, first, None, PATIENCE) })
}

/// How long somebody who is given content may take none of it. Meanwhile it holds up others of the same server.
const PATIENCE: Duration = Duration::from_mins(2);
/// Pieces that wait to be taken.
const WAITING: usize = 4;

/// The output of `flow` as the body of an answer: `first`, then what follows. It fails where the flow does, and where nobody
/// takes a piece within `patience`. Of a file that grows meanwhile only the first `size` bytes are given.
pub fn content<C: Read + 'static>(
    flow: Flow<C>,
    first: Option<Bytes>,
    size: Option<u64>,
    patience: Duration,
) -> impl Stream<Item = Result<Bytes>> + 'static {
    let (pieces, taken) = mpsc::channel(WAITING);
    // By a task of its own: whoever is not asked for more cannot know how long ago that was.
    tokio::spawn(pump(Content { flow, first, left: size }, pieces, patience));
    stream::unfold(Some(taken), |taken| async move {
        let mut taken = taken?;
        match taken.recv().await {
            Some(Ok(Some(piece))) => Some((Ok(piece), Some(taken))),
            Some(Ok(None)) => None,
            Some(Err(error)) => Some((Err(error), None)),
            None => Some((Err(Error::TooSlow), None)),
        }
    })
}

/// Gives piece after piece, and the end as none; goes away where nobody takes them.
async fn pump<C: Read>(mut content: Content<C>, pieces: mpsc::Sender<Result<Option<Bytes>>>, patience: Duration) {
    loop {
        let piece = tokio::select! {
            () = pieces.closed() => return,
            piece = content.next() => piece,
        };
        let goes_on = matches!(piece, Ok(Some(_)));
        let given = timeout(patience, pieces.send(piece)).await;
        if !goes_on || !matches!(given, Ok(Ok(()))) {
            return;
        }
    }
}

struct Content<C: Read> {
    flow: Flow<C>,
    first: Option<Bytes>,
    left: Option<u64>,
}

impl<C: Read> Content<C> {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.left == Some(0) {
            return Ok(None);
        }
        let piece = match self.first.take() {
            Some(first) => Some(first),
            None => self.flow.next().await?,
        };
        match piece {
            Some(piece) => Ok(Some(self.cut(piece))),
            None if self.left.is_some() => Err(Error::Conflict("The file became shorter while it was read".into())),
            None => Ok(None),
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
