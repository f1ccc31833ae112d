//! What a fake host does with a script that it was given.

use std::time::Duration;

use bytes::Bytes;
use russh::server::Handle;
use russh::{ChannelId, Disconnect, Sig};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

/// What a fake host does with a script.
#[derive(Clone)]
pub(crate) enum Act {
    /// Prints and exits.
    Answer { stdout: Vec<u8>, stderr: Vec<u8>, status: u32 },
    /// Answers each tick with this frame, until its input ends.
    Frames(Vec<u8>),
    /// Is ended by a signal.
    Signal(Sig),
    /// Prints, and ends without saying how.
    NoStatus(Vec<u8>),
    /// Prints, and the connection is gone.
    Cut(Vec<u8>),
    /// Prints without end, until it is told to stop.
    Endless,
    /// One byte, now and then, until it is told to stop.
    Drip(Duration),
    /// Runs on and says nothing, until it is told to stop.
    Silent,
    /// Runs on, whatever it is told.
    Stubborn,
    /// Never gets to the script: says this, and closes.
    NoShell(&'static str),
    /// Never gets to the script: says this, and waits.
    Stuck(&'static str),
    /// Asks for the password of `sudo` as often as given, each time with this number, and exits with 0 if it was right.
    Sudo { numbers: &'static [u32], right: &'static str },
}

impl Act {
    /// Prints and exits.
    pub(crate) fn answer(stdout: &str, stderr: &str, status: u32) -> Self {
        Self::Answer { stdout: stdout.into(), stderr: stderr.into(), status }
    }
}

/// Where an act is played.
pub(super) struct Stage {
    pub(super) handle: Handle,
    pub(super) channel: ChannelId,
    pub(super) token: String,
    pub(super) input: mpsc::UnboundedReceiver<Vec<u8>>,
    pub(super) signal: watch::Receiver<Option<String>>,
}

impl Stage {
    async fn out(&self, bytes: impl Into<Bytes>) -> bool {
        self.handle.data(self.channel, bytes).await.is_ok()
    }

    async fn err(&self, bytes: impl Into<Bytes>) {
        drop(self.handle.extended_data(self.channel, 1, bytes).await);
    }

    async fn ready(&self) {
        let line = format!("READY-{}\n", self.token);
        self.out(line.clone()).await;
        self.err(line + "4121\n").await;
    }

    async fn exit(&self, status: u32) {
        let _ = self.handle.exit_status_request(self.channel, status).await;
        self.close().await;
    }

    async fn close(&self) {
        let _ = self.handle.eof(self.channel).await;
        let _ = self.handle.close(self.channel).await;
    }

    async fn killed(&self, signal: Sig) {
        let _ = self.handle.exit_signal_request(self.channel, signal, false, String::new(), String::new()).await;
        self.close().await;
    }

    /// Waits until it is told to stop, and stops.
    async fn until_told(&mut self) {
        if self.signal.wait_for(Option::is_some).await.is_ok() {
            self.killed(Sig::TERM).await;
        }
    }
}

/// Plays `act` on `stage`; calls `ended` before it says that an answer is complete.
pub(super) async fn play(act: Act, mut stage: Stage, ended: impl Fn()) {
    if let Act::NoShell(said) | Act::Stuck(said) = act {
        stage.out(said).await;
        if let Act::NoShell(_) = act {
            stage.exit(1).await;
        }
        return stage.until_told().await;
    }
    stage.ready().await;
    match act {
        Act::NoShell(_) | Act::Stuck(_) => {}
        Act::Answer { stdout, stderr, status } => {
            stage.out(stdout).await;
            stage.err(stderr).await;
            ended();
            stage.exit(status).await;
        }
        Act::Frames(frame) => {
            while let Some(ticks) = stage.input.recv().await {
                for _ in ticks {
                    stage.out(frame.clone()).await;
                }
            }
            stage.exit(0).await;
        }
        Act::Signal(signal) => stage.killed(signal).await,
        Act::NoStatus(stdout) => {
            stage.out(stdout).await;
            stage.close().await;
        }
        Act::Cut(stdout) => {
            stage.out(stdout).await;
            drop(stage.handle.disconnect(Disconnect::ByApplication, "bye".into(), String::new()).await);
        }
        Act::Endless => {
            let block = Bytes::from(vec![b'y'; 32 << 10]);
            while stage.signal.borrow().is_none() && stage.out(block.clone()).await {}
            stage.killed(Sig::TERM).await;
        }
        Act::Drip(pause) => {
            while stage.signal.borrow().is_none() && stage.out(&b"x"[..]).await {
                sleep(pause).await;
            }
            stage.killed(Sig::TERM).await;
        }
        Act::Silent => stage.until_told().await,
        Act::Stubborn => sleep(Duration::from_mins(1)).await,
        Act::Sudo { numbers, right } => {
            let mut all_right = true;
            for number in numbers {
                stage.err(format!("PROMPT-{}-{number}:", stage.token)).await;
                let line = tokio::select! {
                    line = stage.input.recv() => line,
                    _ = stage.signal.wait_for(Option::is_some) => None,
                };
                let Some(line) = line else { return stage.killed(Sig::TERM).await };
                all_right &= line == format!("{right}\n").into_bytes();
            }
            stage.out(&b"done\n"[..]).await;
            stage.exit(u32::from(!all_right)).await;
        }
    }
}
