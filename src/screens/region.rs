//! One region of a page that shows what a server answered: the answer with its evidence, a failure, or a wait.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::error::RemoteError;
use crate::models::actor::Role;
use crate::web::errors::Fail;

/// Where the numbers of a region came from; closes the region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceLine {
    /// What was run, as people read it.
    pub line: String,
    /// Its exit status.
    pub status: u32,
    /// How long it took.
    pub took: Duration,
    /// When.
    pub at: DateTime<Utc>,
}

/// What a region shows.
#[derive(Debug, Clone)]
pub enum Region<T> {
    /// The answer, and where it came from.
    Ready(T, EvidenceLine),
    /// A server did not do what was asked.
    Failed(Fail),
    /// The answer takes longer than a page waits; the region asks again by itself.
    Waiting,
}

impl<T> Region<T> {
    /// The region of an answer that came within the page's patience, or did not.
    pub fn of<A>(answer: Option<Result<(A, EvidenceLine), RemoteError>>, role: Role, shape: impl FnOnce(A) -> T) -> Self {
        match answer {
            Some(Ok((value, evidence))) => Self::Ready(shape(value), evidence),
            Some(Err(error)) => Self::Failed(Fail::new(&error, role)),
            None => Self::Waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_late_is_a_wait_not_a_failure() {
        let late: Region<()> = Region::of(None::<Result<((), EvidenceLine), RemoteError>>, Role::Viewer, |()| ());
        assert!(matches!(late, Region::Waiting));
    }

    #[test]
    fn a_failure_keeps_its_sentence_and_its_advice() {
        let error = RemoteError::Unsupported { server: "a".into(), command: "list_processes".into(), platform: "Plan 9".into() };
        let failed: Region<()> = Region::of(Some(Err::<((), EvidenceLine), _>(error.clone())), Role::Viewer, |()| ());
        let Region::Failed(fail) = failed else { panic!("a failure was expected") };
        assert_eq!((fail.message, fail.next_step), (error.message(), error.advice().next_step));
    }
}
