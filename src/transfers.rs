//! Content on its way between somebody here and a file on a server: bounded in memory, never half taken for whole.

pub mod download;
pub mod giving;
pub mod part;
pub mod tail;

use bytes::Bytes;

use crate::commands::Acting;
use crate::commands::files::{FilePath, NewContent, WriteFile};
use crate::error::Result;
use crate::remote::host::OperableHost;
use crate::remote::new_token;

pub use download::{archive, content, file};
pub use giving::{Terms, given};
pub use part::{Part, Wanted};

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
