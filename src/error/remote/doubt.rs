//! What is not known after a failure.

use super::RemoteError;

impl RemoteError {
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
