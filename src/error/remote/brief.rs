//! The same in few words, for a line that names the server already: a row of a list, a step of a ladder.

use super::RemoteError;
use crate::language::Message;

impl RemoteError {
    /// What happened, without the server's name and without what only a comparison needs (keys).
    pub fn brief(&self) -> Message {
        match self {
            Self::NameNotFound { address, .. } => {
                Message::new("The address {address} has no IP address").with("address", address)
            }
            Self::Unreachable { why, .. } => Message::new("Connecting failed: {why}").with_words("why", why.clone()),
            Self::TimedOut { stage, after, .. } => Message::new("No answer within {seconds} s ({stage})")
                .with("seconds", after.as_secs())
                .with_words("stage", stage.label()),
            Self::NotNegotiable { why, .. } => {
                Message::new("No SSH connection could be agreed on: {why}").with_words("why", why.clone())
            }
            Self::HostKeyUnknown { .. } => Message::new("Host key not known yet. Not connecting until it is approved"),
            Self::HostKeyChanged { .. } => Message::new("Host key changed. Not connecting until it is approved"),
            Self::SignInRefused { user, method, .. } => Message::new("{user} was not let in by {method}")
                .with("user", user)
                .with_words("method", method.clone()),
            Self::PromptRefused { prompt, .. } => {
                Message::new("Asked a question that hannun does not answer: {prompt}").with("prompt", prompt)
            }
            Self::ShellUnusable { said, .. } => {
                Message::new("Let us in but gave no POSIX shell: {said}").with("said", said)
            }
            Self::NoStatus { .. } | Self::CutOff { .. } => Message::new("The connection was cut"),
            Self::Resting { last, .. } => last.brief(),
            Self::NoCredential { .. } => Message::new("No credential yet"),
            other => other.message(),
        }
    }

    /// The keys that a person compares, each with what it is: none where nothing has to be compared.
    pub fn keys(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::HostKeyUnknown { fingerprint, .. } => vec![("Presented", fingerprint)],
            Self::HostKeyChanged { trusted, presented, .. } => vec![("Trusted", trusted), ("Presented", presented)],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_names_its_server_says_the_rest() {
        let refused = RemoteError::Unreachable { server: "web-1".into(), why: Message::new("connection refused") };
        assert_eq!(refused.brief().to_string(), "Connecting failed: connection refused");
        let resting = RemoteError::Resting { server: "web-1".into(), seconds: 30, last: Box::new(refused.clone()) };
        assert_eq!(resting.brief(), refused.brief());
        let [trusted, presented] = ["ssh-ed25519 SHA256:a", "ssh-ed25519 SHA256:b"].map(str::to_owned);
        let changed = RemoteError::HostKeyChanged { server: "web-1".into(), trusted, presented };
        assert!(!changed.brief().to_string().contains("SHA256"));
        assert_eq!(changed.keys()[1], ("Presented", "ssh-ed25519 SHA256:b"));
    }
}
