//! What a server did, or did not do. Declared here, filled by `remote`; each variant has its own advice.

mod advice;
mod brief;
mod doubt;
mod made;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::advice::Advice;
use crate::language::Message;

/// A step of reaching a server and asking it something; errors and connection tests name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Name → address.
    Name,
    /// TCP connect.
    Connect,
    /// SSH banner and key exchange, up to the host key.
    HostKey,
    /// Authentication.
    SignIn,
    /// Opening a channel and getting a POSIX shell.
    Shell,
    /// The platform and capability probe.
    Platform,
    /// The command itself.
    Command,
}

impl Stage {
    /// The stage's name as people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Connect => "Connect",
            Self::HostKey => "Host key",
            Self::SignIn => "Sign-in",
            Self::Shell => "Shell",
            Self::Platform => "Platform",
            Self::Command => "Command",
        }
    }
}

/// Whether what we started is still running on the server (P07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StillRunning {
    /// It was seen to be alive after we gave up.
    Yes,
    /// It ended after we stopped it.
    No,
    /// The connection was gone before we could see.
    Unknown,
}

/// What a server did, or did not do.
///
/// Every text field that came from a server is hostile: pages escape it, logs show its control characters.
/// Stored as its [`code`](Self::code) with its values, so that it is said in the language of whoever reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the fields are named for what they hold; all are values of the sentence")]
pub enum RemoteError {
    /// The name has no address.
    NameNotFound { server: String, address: String },
    /// Refused, no route, reset; or it hung up before we were in.
    Unreachable { server: String, why: Message },
    /// No answer in time.
    TimedOut { server: String, stage: Stage, after: Duration },
    /// The peer does not speak SSH, or shares no algorithm with us.
    NotNegotiable { server: String, why: Message },
    /// Nobody has approved this server's key yet.
    HostKeyUnknown { server: String, algorithm: String, fingerprint: String },
    /// The server presents another key than the approved one.
    HostKeyChanged { server: String, trusted: String, presented: String },
    /// The server refused our credential.
    SignInRefused { server: String, user: String, method: Message },
    /// The credential cannot be used at all: not a key, wrong passphrase, cannot be decrypted.
    CredentialUnusable { credential: String, why: Message },
    /// The server asked a question that we do not answer (H08).
    PromptRefused { server: String, prompt: String },
    /// Signed in, but no POSIX shell answered.
    ShellUnusable { server: String, said: String },
    /// The command ended with another status than 0.
    #[serde(rename = "command-failed")]
    Failed { server: String, command: String, status: u32, stderr: String },
    /// The command was ended by a signal.
    #[serde(rename = "command-killed")]
    Killed { server: String, command: String, signal: String },
    /// The server closed the command's channel without saying how it ended (P08).
    NoStatus { server: String, command: String },
    /// The connection went away before the command's end was known.
    CutOff { server: String, command: String },
    /// The command ran past its deadline.
    DeadlinePassed { server: String, command: String, after: Duration, still_running: StillRunning },
    /// The command printed more than we keep (X01).
    OutputLimit { server: String, command: String, limit_bytes: usize },
    /// The answer has another shape than its format says (X03).
    Unparsable { server: String, command: String, why: String, sample: String },
    /// No command of this type is known for the platform.
    Unsupported { server: String, command: String, platform: String },
    /// `sudo` does not let us, or does not take the password.
    PrivilegeRefused { server: String, command: String, said: String },
    /// Too many failures lately; we wait before the next try.
    Resting { server: String, seconds: u64, last: Box<Self> },
    /// As much is transferred from and to this server at once as may be.
    Busy { server: String, transfers: usize },
    /// The server is switched off in hannun: not a packet is sent.
    Disabled { server: String },
    /// The server has no credential yet.
    NoCredential { server: String },
}

impl RemoteError {
    /// A stable word for programs: `host-key-changed`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NameNotFound { .. } => "name-not-found",
            Self::Unreachable { .. } => "unreachable",
            Self::TimedOut { stage: Stage::Name, .. } => "name-timed-out",
            Self::TimedOut { .. } => "timed-out",
            Self::NotNegotiable { .. } => "not-negotiable",
            Self::HostKeyUnknown { .. } => "host-key-unknown",
            Self::HostKeyChanged { .. } => "host-key-changed",
            Self::SignInRefused { .. } => "sign-in-refused",
            Self::CredentialUnusable { .. } => "credential-unusable",
            Self::PromptRefused { .. } => "prompt-refused",
            Self::ShellUnusable { .. } => "shell-unusable",
            Self::Failed { .. } => "command-failed",
            Self::Killed { .. } => "command-killed",
            Self::NoStatus { .. } => "no-status",
            Self::CutOff { .. } => "cut-off",
            Self::DeadlinePassed { .. } => "deadline-passed",
            Self::OutputLimit { .. } => "output-limit",
            Self::Unparsable { .. } => "unparsable",
            Self::Unsupported { .. } => "unsupported",
            Self::PrivilegeRefused { .. } => "privilege-refused",
            Self::Resting { .. } => "resting",
            Self::Busy { .. } => "busy",
            Self::Disabled { .. } => "disabled",
            Self::NoCredential { .. } => "no-credential",
        }
    }

    /// What happened, as a sentence.
    #[expect(clippy::too_many_lines, reason = "one sentence per variant, read as a list")]
    pub fn message(&self) -> Message {
        match self {
            Self::NameNotFound { server, address } => {
                Message::new("The address {address} of {server} has no IP address")
                    .with("address", address)
                    .with("server", server)
            }
            Self::Unreachable { server, why } => {
                Message::new("{server} cannot be reached: {why}").with("server", server).with_words("why", why.clone())
            }
            Self::TimedOut { server, stage: Stage::Name, after } => {
                Message::new("The address of {server} could not be looked up within {seconds} s")
                    .with("server", server)
                    .with("seconds", after.as_secs())
            }
            Self::TimedOut { server, stage, after } => {
                Message::new("{server} did not answer within {seconds} s ({stage})")
                    .with("server", server)
                    .with("seconds", after.as_secs())
                    .with_words("stage", stage.label())
            }
            Self::NotNegotiable { server, why } => {
                Message::new("No SSH connection could be agreed on with {server}: {why}")
                    .with("server", server)
                    .with_words("why", why.clone())
            }
            Self::HostKeyUnknown { server, algorithm, fingerprint } => {
                Message::new("The host key of {server} is not known yet: {algorithm} {fingerprint}")
                    .with("server", server)
                    .with("algorithm", algorithm)
                    .with("fingerprint", fingerprint)
            }
            Self::HostKeyChanged { server, trusted, presented } => {
                Message::new("{server} presented another host key ({presented}) than the one we trust ({trusted})")
                    .with("server", server)
                    .with("presented", presented)
                    .with("trusted", trusted)
            }
            Self::SignInRefused { server, user, method } => Message::new("{server} did not let {user} in by {method}")
                .with("server", server)
                .with("user", user)
                .with_words("method", method.clone()),
            Self::CredentialUnusable { credential, why } => {
                Message::new("The credential {credential} cannot be used: {why}")
                    .with("credential", credential)
                    .with_words("why", why.clone())
            }
            Self::PromptRefused { server, prompt } => {
                Message::new("{server} asked a question that hannun does not answer: {prompt}")
                    .with("server", server)
                    .with("prompt", prompt)
            }
            Self::ShellUnusable { server, said } => Message::new("{server} let us in but gave no POSIX shell: {said}")
                .with("server", server)
                .with("said", said),
            Self::Failed { server, command, status, .. } => Message::new("{command} exited with {status} on {server}")
                .with("command", command)
                .with("status", status)
                .with("server", server),
            Self::Killed { server, command, signal } => {
                Message::new("{command} was ended by signal {signal} on {server}")
                    .with("command", command)
                    .with("signal", signal)
                    .with("server", server)
            }
            Self::NoStatus { server, command } => Message::new("{command} ended on {server}, which did not say how")
                .with("command", command)
                .with("server", server),
            Self::CutOff { server, command } => Message::new("The connection to {server} was cut while {command} ran")
                .with("server", server)
                .with("command", command),
            Self::DeadlinePassed { server, command, after, .. } => {
                Message::new("{command} did not finish within {seconds} s on {server}")
                    .with("command", command)
                    .with("seconds", after.as_secs())
                    .with("server", server)
            }
            Self::OutputLimit { server, command, limit_bytes } => {
                Message::new("{command} on {server} printed more than {limit} KiB and was stopped")
                    .with("command", command)
                    .with("server", server)
                    .with("limit", limit_bytes / 1024)
            }
            Self::Unparsable { server, command, why, .. } => {
                Message::new("The answer of {command} from {server} could not be read: {why}")
                    .with("command", command)
                    .with("server", server)
                    .with("why", why)
            }
            Self::Unsupported { server, command, platform } => {
                Message::new("{command} is not known for {platform} ({server})")
                    .with("command", command)
                    .with("platform", platform)
                    .with("server", server)
            }
            Self::PrivilegeRefused { server, command, .. } => {
                Message::new("{command} needs root on {server}, and sudo did not allow it")
                    .with("command", command)
                    .with("server", server)
            }
            Self::Resting { server, seconds, last } => {
                Message::new("{server} failed several times; the next try is in {seconds} s. Last reason: {last}")
                    .with("server", server)
                    .with("seconds", seconds)
                    .with_words("last", last.message())
            }
            Self::Busy { server, transfers } => {
                Message::new("{count} files are being transferred or followed on {server} already, and no more at once")
                    .with("count", transfers)
                    .with("server", server)
            }
            Self::Disabled { server } => {
                Message::new("{server} is paused: hannun does not connect to it").with("server", server)
            }
            Self::NoCredential { server } => Message::new("{server} has no credential yet").with("server", server),
        }
    }

    /// What the server itself said, to be shown verbatim and escaped; empty where it said nothing.
    pub fn evidence(&self) -> &str {
        match self {
            Self::Failed { stderr, .. } => stderr,
            Self::ShellUnusable { said, .. } | Self::PrivilegeRefused { said, .. } => said,
            Self::Unparsable { sample, .. } => sample,
            _ => "",
        }
    }

    /// The same with at most `limit` characters of evidence: a command may have said a lot.
    #[must_use]
    pub fn with_evidence_up_to(mut self, limit: usize) -> Self {
        if let Self::Failed { stderr: said, .. }
        | Self::ShellUnusable { said, .. }
        | Self::PrivilegeRefused { said, .. }
        | Self::Unparsable { sample: said, .. } = &mut self
            && let Some((end, _)) = said.char_indices().nth(limit)
        {
            said.truncate(end);
        }
        self
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(out)
    }
}

impl std::error::Error for RemoteError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn a_stored_error_has_its_code_and_is_said_in_the_reader_s_language() {
        let (server, command) = ("web-1".to_owned(), "df".to_owned());
        let refused = RemoteError::Unreachable { server: server.clone(), why: Message::new("connection refused") };
        let errors = [
            RemoteError::Resting { server: server.clone(), seconds: 30, last: Box::new(refused.clone()) },
            refused,
            RemoteError::TimedOut { server: server.clone(), stage: Stage::Shell, after: Duration::from_secs(10) },
            RemoteError::Failed { server: server.clone(), command: command.clone(), status: 1, stderr: String::new() },
            RemoteError::Killed { server: server.clone(), command: command.clone(), signal: "KILL".to_owned() },
            RemoteError::NoStatus { server, command },
        ];
        for error in errors {
            let stored = serde_json::to_value(&error).unwrap();
            assert_eq!(stored["code"], error.code());
            let read: RemoteError = serde_json::from_value(stored).unwrap();
            assert_eq!(read, error);
            assert_ne!(read.message().in_language(Language::Ko), read.to_string());
        }
    }
}
