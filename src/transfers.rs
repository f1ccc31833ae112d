//! Content on its way between somebody here and a file on a server: bounded in memory, never half taken for whole.

pub mod tail;

use bytes::Bytes;
use futures_util::stream::{self, Stream};

use crate::commands::files::{FilePath, NewContent, WriteFile};
use crate::commands::{Acting, Read};
use crate::error::{Error, Result};
use crate::remote::host::OperableHost;
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

/// The output of `flow` as the body of an answer: `first`, then what follows. It fails where the flow does, so that half a
/// file is not taken for a whole one. Of a file that grows meanwhile only the first `size` bytes are given.
pub fn body<C: Read + 'static>(
    flow: Flow<C>,
    first: Option<Bytes>,
    size: Option<u64>,
) -> impl Stream<Item = Result<Bytes>> + 'static {
    let state = Body { flow: Some(flow), first, left: size };
    stream::unfold(state, |mut state| async move { state.next().await.map(|piece| (piece, state)) })
}

struct Body<C: Read> {
    flow: Option<Flow<C>>,
    first: Option<Bytes>,
    left: Option<u64>,
}

impl<C: Read> Body<C> {
    async fn next(&mut self) -> Option<Result<Bytes>> {
        if self.left == Some(0) {
            return None;
        }
        let piece = match self.first.take() {
            Some(first) => Ok(Some(first)),
            None => self.flow.as_mut()?.next().await,
        };
        match piece {
            Ok(Some(piece)) => Some(Ok(self.cut(piece))),
            Ok(None) => {
                self.flow = None;
                let is_short = self.left.is_some_and(|left| left > 0);
                is_short.then(|| Err(Error::Conflict("The file became shorter while it was read".into())))
            }
            Err(error) => {
                self.flow = None;
                Some(Err(error))
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
