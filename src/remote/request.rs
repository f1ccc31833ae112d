//! What is asked of a server in one go, and what came back. Knows nothing of how it travels.

use std::time::Duration;

use crate::error::RemoteError;
use crate::language::Message;

/// One script, to be run once.
#[derive(Debug, Clone)]
pub struct Request {
    /// What the command is called, for sentences.
    pub command: String,
    /// What the shell is given: an envelope of [`crate::commands::script`].
    pub stdin: Vec<u8>,
    /// The envelope's token.
    pub token: String,
    /// What follows when the script has said that it is ready: ticks, or nothing.
    pub feed: Vec<u8>,
    /// The endpoint's sudo password may be told, if the envelope's prompt asks for it (P04).
    pub may_ask_password: bool,
    /// Time for everything, connecting included (X02).
    pub deadline: Duration,
    /// It flows over the connection that is kept, and makes none of its own: whoever takes what comes never lets it wait.
    pub shares_connection: bool,
}

impl Request {
    /// A request with nothing to feed and no password to tell.
    pub fn new(command: impl Into<String>, stdin: Vec<u8>, token: impl Into<String>, deadline: Duration) -> Self {
        let (command, token) = (command.into(), token.into());
        Self { command, stdin, token, feed: Vec::new(), may_ask_password: false, deadline, shares_connection: false }
    }
}

/// What a script printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Standard output after the ready line.
    pub stdout: Vec<u8>,
    /// Standard error after the ready line, without password prompts.
    pub stderr: Vec<u8>,
    /// The exit status, whatever it is.
    pub status: u32,
    /// From asking to the end, connecting included.
    pub took: Duration,
}

impl Answer {
    /// The same if the status is 0, what the command said otherwise.
    pub fn success(self, server: &str, command: &str) -> Result<Self, RemoteError> {
        if self.status == 0 {
            return Ok(self);
        }
        Err(RemoteError::Failed {
            server: server.to_owned(),
            command: command.to_owned(),
            status: self.status,
            stderr: super::failure::words(&self.stderr),
        })
    }
}

/// A word that nobody can guess, new for each request: the mark between a server's chatter and an answer.
pub fn new_token() -> Result<String, RemoteError> {
    let mut bytes = [0_u8; 16];
    // Without randomness from the kernel nothing in this process is safe to go on with.
    getrandom::fill(&mut bytes).map_err(|error| RemoteError::Unreachable {
        server: "this console".to_owned(),
        why: Message::new("the kernel gives no random numbers: {said}").with("said", error),
    })?;
    Ok(hex::encode(bytes))
}
