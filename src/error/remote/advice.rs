//! What a person does after a failure.

use super::{RemoteError, Stage};
use crate::error::sudo;
use crate::language::Message;

/// What a person does next, and whether trying again by ourselves makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The next step, as a sentence.
    pub next_step: Message,
    /// Whether the same request may work later without anybody changing anything.
    pub retry: bool,
}

impl RemoteError {
    /// What to do about it.
    pub fn advice(&self) -> Advice {
        let (next_step, retry) = match self {
            Self::NameNotFound { .. } => {
                ("Check the address in the admin area, or the name server of this console", true)
            }
            Self::Unreachable { .. } => {
                ("Check that the server is on, that sshd listens on this port, and that no firewall is between", true)
            }
            Self::TimedOut { stage: Stage::Name, .. } => {
                ("Check the name server of this console, or enter an IP address in the admin area", true)
            }
            Self::TimedOut { .. } => {
                ("Check that the server is on and not overloaded, and that no firewall drops our packets", true)
            }
            Self::NotNegotiable { .. } => (
                "Check that this port is an SSH server; old algorithms can be allowed for this server in the admin area",
                false,
            ),
            Self::HostKeyUnknown { .. } => {
                ("Compare the fingerprint on the server itself, then approve it in the admin area", false)
            }
            Self::HostKeyChanged { .. } => (
                "Find out why the key changed. If the server was reinstalled, approve the new key in the admin area",
                false,
            ),
            Self::SignInRefused { .. } => (
                "Check the user name and the credential in the admin area; hannun does not try again until it is changed",
                false,
            ),
            Self::CredentialUnusable { .. } => {
                ("Enter the key, passphrase or password of this credential again in the admin area", false)
            }
            Self::PromptRefused { .. } => {
                ("Use a key for this server, or a password that is asked for in the usual words", false)
            }
            Self::ShellUnusable { .. } => (
                "Give this user a login shell that runs /bin/sh, and keep its start-up files from ending or holding it up",
                false,
            ),
            Self::Failed { stderr, .. } if sudo::refused(stderr) => {
                ("Let this user run it by sudo without a terminal, or store a sudo password with the credential", false)
            }
            Self::Failed { .. } => ("Read what the command said", false),
            Self::Killed { .. } => ("Look at the server's memory and logs, then try again", true),
            Self::NoStatus { .. } | Self::CutOff { .. } => {
                ("Look at the server before you repeat a change: it may have been made", true)
            }
            Self::DeadlinePassed { .. } => ("Look at the server's load, or raise the time limit", true),
            Self::OutputLimit { .. } => (
                "Look at the server: the command should have ended by itself. Where it can, ask for less at once",
                false,
            ),
            Self::Unparsable { .. } => {
                ("Look at the raw answer: the program on the server may be another one than hannun knows", false)
            }
            Self::Unsupported { .. } => {
                ("hannun has no command for this platform yet: add one in the admin area, under Commands", false)
            }
            Self::PrivilegeRefused { .. } => {
                ("Allow this command in sudoers for this user, or store a sudo password with the credential", false)
            }
            Self::Resting { .. } => ("Wait, or press Test connection in the admin area to try at once", true),
            Self::Busy { .. } => ("Wait until one of them has ended, or end one", true),
            Self::Disabled { .. } => ("Resume it in the admin area", false),
            Self::NoCredential { .. } => ("Choose a credential for it in the admin area", false),
        };
        Advice { next_step: Message::new(next_step), retry }
    }
}
