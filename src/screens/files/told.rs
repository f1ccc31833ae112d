//! What a server told, or why it did not: one region of the page about files.

use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Role;
use crate::remote::host::Answer;
use crate::screens::region::EvidenceLine;
use crate::web::errors::Fail;

/// What a region shows.
#[derive(Debug, Clone)]
pub(in crate::screens) enum Told<T> {
    /// The answer, and where it came from.
    Ready(T, EvidenceLine),
    /// The server did not do what was asked.
    Failed(Fail),
    /// It must not be done, or makes no sense of this file.
    Refused(Message),
}

impl<T> Told<T> {
    pub(in crate::screens) fn map<U>(self, shape: impl FnOnce(T) -> U) -> Told<U> {
        match self {
            Self::Ready(value, evidence) => Told::Ready(shape(value), evidence),
            Self::Failed(fail) => Told::Failed(fail),
            Self::Refused(why) => Told::Refused(why),
        }
    }
}

/// The region of an answer; a fault of ours is the whole page's.
pub(in crate::screens) fn tell<A, T>(
    answer: Result<Answer<A>>,
    role: Role,
    shape: impl FnOnce(A) -> T,
) -> Result<Told<T>> {
    match answer {
        Ok(answer) => Ok(Told::Ready(shape(answer.value), answer.evidence.into())),
        Err(Error::Remote(error)) => Ok(Told::Failed(Fail::new(&error, role))),
        Err(Error::Conflict(why) | Error::NoFile(why) | Error::Forbidden(why)) => Ok(Told::Refused(why)),
        Err(error) => Err(error),
    }
}
