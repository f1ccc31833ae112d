//! The metrics channel: one tick in, one frame out, for as long as somebody wants numbers (decision 2).

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout, timeout_at};

use super::budget::{Budget, Kept};
use super::channel::{Event, ShellChannel};
use super::failure::words;
use super::ready::Ears;
use super::request::Request;
use super::stop::stop;
use crate::commands::metrics::FRAME_END;
use crate::error::{RemoteError, Stage, StillRunning};

/// The longest frame, bytes.
const FRAME_LIMIT: usize = 256 << 10;
/// How much of standard error is kept for the sentence about the end, bytes.
const ERROR_LIMIT: usize = 4 << 10;
/// How long the loop may take to end after its input did.
const FAREWELL: Duration = Duration::from_secs(1);

/// A running sampler loop; dropping it ends the loop's input, and so the loop.
pub struct Ticker {
    channel: Option<ShellChannel>,
    runtime: Handle,
    server: String,
    command: String,
    ears: Ears,
    stderr: Kept,
    frame: BytesMut,
}

impl Ticker {
    pub(super) async fn start(
        channel: ShellChannel,
        request: Request,
        until: Instant,
        budget: &Budget,
        runtime: Handle,
    ) -> Result<Self, RemoteError> {
        let mut ticker = Self {
            server: channel.lease().server().to_owned(),
            channel: Some(channel),
            runtime,
            command: request.command,
            ears: Ears::new(&request.token),
            stderr: budget.buffer(ERROR_LIMIT),
            frame: BytesMut::new(),
        };
        while !ticker.ears.are_ready() {
            let early = ticker.read(until, request.deadline).await?;
            if !early.is_empty() {
                return Err(ticker.unparsable("it printed numbers before it was asked", &early));
            }
        }
        Ok(ticker)
    }

    /// Asks for one frame and waits at most `deadline` for it. After an error the ticker is of no more use.
    pub async fn tick(&mut self, deadline: Duration) -> Result<Bytes, RemoteError> {
        let until = Instant::now() + deadline;
        self.frame.clear();
        if let Some(channel) = &mut self.channel {
            channel.tell(Bytes::from_static(b"\n"));
        }
        loop {
            let bytes = self.read(until, deadline).await?;
            // The usual case, a frame in one piece, is not copied.
            if self.frame.is_empty()
                && let Some(length) = frame_length(&bytes)
            {
                return Ok(bytes.slice(..length));
            }
            self.frame.extend_from_slice(&bytes);
            if let Some(length) = frame_length(&self.frame) {
                self.frame.truncate(length);
                return Ok(self.frame.split().freeze());
            }
            if self.frame.len() > FRAME_LIMIT {
                let (server, command) = (self.server.clone(), self.command.clone());
                return Err(self.over(RemoteError::OutputLimit { server, command, limit_bytes: FRAME_LIMIT }));
            }
        }
    }

    /// Returns when the loop ended or the connection went away, without being asked: nobody waits for an answer meanwhile.
    pub async fn closed(&mut self) -> RemoteError {
        let never = Instant::now() + Duration::from_hours(24 * 365);
        match self.read(never, Duration::MAX).await {
            Ok(early) => self.unparsable("it printed numbers before it was asked", &early),
            Err(error) => error,
        }
    }

    /// The next piece of output; every end of the loop is an error, because it ends only when its input does.
    async fn read(&mut self, until: Instant, deadline: Duration) -> Result<Bytes, RemoteError> {
        let mut ended = None;
        loop {
            let Some(channel) = &mut self.channel else {
                return Err(self.cut_off());
            };
            let event = timeout_at(until, channel.next()).await;
            match event {
                Ok(Event::Out(bytes)) => match self.ears.output(bytes) {
                    Ok(bytes) => return Ok(bytes),
                    Err(_endless) => return Err(self.unusable()),
                },
                Ok(Event::Err(bytes)) => {
                    if let Ok(bytes) = self.ears.errors(bytes) {
                        // The beginning is enough.
                        drop(self.stderr.push(&bytes));
                    }
                }
                Ok(Event::Status(status)) => ended = Some(Ok(status)),
                Ok(Event::Signal(signal)) => ended = Some(Err(signal)),
                Ok(Event::Refused) => return Err(self.unusable()),
                Ok(Event::Closed) => return Err(self.ended(ended)),
                Ok(Event::Gone) => return Err(self.cut_off()),
                Err(_) => return Err(self.too_late(deadline)),
            }
        }
    }

    fn ended(&mut self, end: Option<Result<u32, String>>) -> RemoteError {
        if !self.ears.are_ready() {
            return self.unusable();
        }
        let (server, command) = (self.server.clone(), self.command.clone());
        self.over(match end {
            Some(Ok(status)) => RemoteError::Failed { server, command, status, stderr: words(self.stderr.bytes()) },
            Some(Err(signal)) => RemoteError::Killed { server, command, signal },
            None => RemoteError::NoStatus { server, command },
        })
    }

    fn cut_off(&mut self) -> RemoteError {
        let (server, command) = (self.server.clone(), self.command.clone());
        self.over(RemoteError::CutOff { server, command })
    }

    fn too_late(&mut self, after: Duration) -> RemoteError {
        let (server, command) = (self.server.clone(), self.command.clone());
        self.over(if self.ears.are_ready() {
            RemoteError::DeadlinePassed { server, command, after, still_running: StillRunning::Unknown }
        } else {
            RemoteError::TimedOut { server, stage: Stage::Shell, after }
        })
    }

    fn unusable(&mut self) -> RemoteError {
        let (server, said) = (self.server.clone(), self.ears.chatter());
        self.over(RemoteError::ShellUnusable { server, said })
    }

    fn unparsable(&mut self, why: &str, sample: &[u8]) -> RemoteError {
        let (server, command) = (self.server.clone(), self.command.clone());
        self.over(RemoteError::Unparsable { server, command, why: why.to_owned(), sample: words(sample) })
    }

    /// Lets the loop go because of `error`.
    fn over(&mut self, error: RemoteError) -> RemoteError {
        self.let_go();
        error
    }

    /// Ends the loop's input, and the channel a little later.
    fn let_go(&mut self) {
        if let Some(mut channel) = self.channel.take() {
            let mut ears = std::mem::replace(&mut self.ears, Ears::new(""));
            self.runtime.spawn(async move {
                channel.end_input();
                let end = async { while !matches!(channel.next().await, Event::Closed | Event::Gone) {} };
                if timeout(FAREWELL, end).await.is_err() {
                    // It hangs somewhere, and would be there for ever.
                    stop(&mut channel, &mut ears).await;
                }
            });
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// The length of the frame in `bytes`, if they end in the line that ends one.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    let frame = bytes.strip_suffix(b"\n")?.strip_suffix(FRAME_END)?;
    (frame.is_empty() || frame.ends_with(b"\n")).then_some(frame.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_ends_with_a_line_of_its_own() {
        let whole = [b"cpu 1\n", FRAME_END, b"\n"].concat();
        assert_eq!(frame_length(&whole), Some(6));
        assert_eq!(frame_length(&[FRAME_END, b"\n"].concat()), Some(0));
        assert_eq!(frame_length(&[b"x", FRAME_END, b"\n"].concat()), None);
        assert_eq!(frame_length(FRAME_END), None);
        assert_eq!(frame_length(b""), None);
    }
}
