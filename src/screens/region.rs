//! One region of a page that shows what a server answered: the answer with its evidence, a failure, or a wait.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::error::{Error, Result};
use crate::models::actor::Role;
use crate::remote::host::{Answer, Evidence};
use crate::web::errors::Fail;

/// Where the numbers of a region came from; closes the region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceLine {
    /// What was run, as people read it.
    pub line: String,
    /// Its exit status; none for a loop that goes on.
    pub status: Option<u32>,
    /// How long it took.
    pub took: Duration,
    /// When.
    pub at: DateTime<Utc>,
    /// How often it is asked, where that goes on by itself.
    pub every: Option<Duration>,
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
    /// Whether the answer is still to come.
    pub fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting)
    }

    /// The region of an answer that came within the page's patience, or did not.
    ///
    /// What a server did not do is shown in its region; a fault of ours is the whole page's.
    pub fn of<A>(answer: Option<Result<Answer<A>>>, role: Role, shape: impl FnOnce(A) -> T) -> Result<Self> {
        match answer {
            Some(Ok(answer)) => Ok(Self::Ready(shape(answer.value), answer.evidence.into())),
            Some(Err(Error::Remote(error))) => Ok(Self::Failed(Fail::new(&error, role))),
            Some(Err(error)) => Err(error),
            None => Ok(Self::Waiting),
        }
    }
}

impl From<Evidence> for EvidenceLine {
    fn from(evidence: Evidence) -> Self {
        Self { line: evidence.line, status: Some(evidence.status), took: evidence.took, at: evidence.at, every: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::RemoteError;

    #[test]
    fn an_answer_that_is_late_is_a_wait_not_a_failure() {
        let late: Region<()> = Region::of(None, Role::Viewer, |()| ()).unwrap();
        assert!(matches!(late, Region::Waiting));
    }

    #[test]
    fn a_failure_keeps_its_sentence_and_its_advice() {
        let error = RemoteError::Unsupported {
            server: "a".into(),
            command: "list_processes".into(),
            platform: "Plan 9".into(),
        };
        let failed: Region<()> = Region::of(Some(Err(error.clone().into())), Role::Viewer, |()| ()).unwrap();
        let Region::Failed(fail) = failed else { panic!("a failure was expected") };
        assert_eq!((fail.message, fail.next_step), (error.message(), error.advice().next_step));
    }

    #[test]
    fn a_fault_of_ours_is_not_dressed_as_the_server_s() {
        let ours = Err(Error::Unavailable("The database is away".into()));
        assert!(Region::<()>::of(Some(ours), Role::Viewer, |()| ()).is_err());
    }
}
