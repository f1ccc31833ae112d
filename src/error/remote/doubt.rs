//! What is known, and what is not, after a failure.

use super::{RemoteError, Stage};

impl RemoteError {
    /// Whether nothing answered there: the server may be off.
    pub fn is_silence(&self) -> bool {
        match self {
            Self::NameNotFound { .. } | Self::Unreachable { .. } => true,
            Self::TimedOut { stage, .. } => *stage <= Stage::Connect,
            Self::Resting { last, .. } => last.is_silence(),
            _ => false,
        }
    }

    /// Whether the server may have done what it was asked for, although nobody heard how that ended (P08): a change is not
    /// repeated then, but looked for.
    pub fn may_have_run(&self) -> bool {
        matches!(
            self,
            Self::CutOff { .. }
                | Self::DeadlinePassed { .. }
                | Self::NoStatus { .. }
                | Self::Killed { .. }
                | Self::OutputLimit { .. }
                | Self::Unparsable { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_server_that_answers_anything_is_not_silent() {
        let server = || "web-1".to_owned();
        let timed_out = |stage| RemoteError::TimedOut { server: server(), stage, after: Duration::ZERO };
        let resting = |last| RemoteError::Resting { server: server(), seconds: 5, last: Box::new(last) };
        assert!(timed_out(Stage::Connect).is_silence() && resting(timed_out(Stage::Connect)).is_silence());
        assert!(!timed_out(Stage::SignIn).is_silence() && !resting(timed_out(Stage::Command)).is_silence());
        assert!(!RemoteError::NoCredential { server: server() }.is_silence());
    }
}
