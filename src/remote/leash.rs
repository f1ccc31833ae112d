//! A stream that can be cut from outside, and that remembers how the other side began to speak. Knows no SSH.
//!
//! `russh` runs each connection in a task of its own that ends only when its stream does, so a peer that stalls in the
//! middle of a key exchange would be kept for ever after we gave up on it. Cutting the stream ends the task at once.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// How much of a peer's first words is kept, bytes.
const FIRST_WORDS: usize = 200;

/// The first bytes of a peer, for the sentence about one that does not speak SSH or sends us away.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstWords(Arc<Mutex<Vec<u8>>>);

impl FirstWords {
    /// What the peer said instead of SSH; nothing, if it did speak SSH or was silent.
    pub(super) fn instead_of_ssh(&self) -> Option<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!bytes.is_empty() && !bytes.starts_with(b"SSH-")).then(|| super::failure::words(&bytes))
    }

    /// Whether the peer said anything at all.
    pub(super) fn any(&self) -> bool {
        !self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn hear(&self, bytes: &[u8]) -> usize {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = FIRST_WORDS.saturating_sub(kept.len());
        kept.extend(bytes.iter().take(room));
        kept.len()
    }
}

/// `stream` until `cut` is cancelled; after that, every read and write fails.
pub(super) struct Leashed<S> {
    stream: S,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    is_cut: bool,
    first_words: Option<FirstWords>,
}

impl<S> Leashed<S> {
    pub(super) fn new(stream: S, cut: &CancellationToken, first_words: FirstWords) -> Self {
        let cut = Box::pin(cut.clone().cancelled_owned());
        Self { stream, cut, is_cut: false, first_words: Some(first_words) }
    }

    fn poll_cut(&mut self, context: &mut Context<'_>) -> bool {
        // A finished future must not be polled again.
        self.is_cut = self.is_cut || self.cut.as_mut().poll(context).is_ready();
        self.is_cut
    }

    fn listen(&mut self, bytes: &[u8]) {
        if let Some(first_words) = &self.first_words
            && first_words.hear(bytes) >= FIRST_WORDS
        {
            self.first_words = None;
        }
    }
}

fn was_cut<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the connection was given up")))
}

impl<S: AsyncRead + Unpin> AsyncRead for Leashed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.poll_cut(context) {
            return was_cut();
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.first_words.is_some()
            && let Some(heard) = buffer.filled().get(before..)
        {
            self.listen(heard);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Leashed<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.poll_cut(context) {
            return was_cut();
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.poll_cut(context) {
            return was_cut();
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.poll_cut(context) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
