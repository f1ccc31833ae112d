//! What Diesel reports → what a person is told. The only place that reads Diesel's errors, but for named constraints.

use diesel::result::{DatabaseErrorKind as Kind, Error as DieselError};

use crate::error::Error;
use crate::language::Message;

/// The database is not there.
pub(super) fn away() -> Message {
    Message::new("The database cannot be reached")
}

/// It is there, but does not answer; nobody knows whether it will do what it was asked for.
pub(super) fn too_slow() -> Message {
    Message::new(
        "The database did not answer in time. A change may have been made all the same: look before you repeat it",
    )
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::NotFound => Self::NotFound("What you asked for"),
            DieselError::DatabaseError(Kind::UniqueViolation, _) => Self::Conflict(Message::new("That exists already")),
            DieselError::DatabaseError(Kind::ForeignKeyViolation | Kind::RestrictViolation, _) => {
                Self::Conflict(Message::new("Something else still uses it"))
            }
            DieselError::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _)
            | DieselError::BrokenTransactionManager => Self::Unavailable(away()),
            DieselError::DatabaseError(Kind::ReadOnlyTransaction, _) => {
                Self::Unavailable(Message::new("The database takes no changes now"))
            }
            DieselError::DatabaseError(Kind::SerializationFailure, _) => Self::Unavailable(collided()),
            // The failed commit tells the cause; the rollback after it only that the connection is gone too.
            DieselError::RollbackErrorOnCommit { commit_error, .. } => Self::from(*commit_error),
            DieselError::DatabaseError(Kind::Unknown, ref information) => match by_its_words(information.message()) {
                Some(message) => Self::Unavailable(message),
                None => Self::internal(error),
            },
            _ => Self::internal(error),
        }
    }
}

/// Diesel keeps no SQLSTATE, so some states are known by PostgreSQL's own words only.
fn by_its_words(words: &str) -> Option<Message> {
    let says = |part: &str| words.contains(part);
    if says("statement timeout") || says("lock timeout") || says("canceling statement") {
        Some(Message::new("The database did not answer in time"))
    } else if says("No space left on device") || says("could not extend file") {
        Some(Message::new("The disk of the database is full. Nothing was changed; free some space, then try again"))
    } else if says("deadlock detected") {
        Some(collided())
    } else if says("terminating connection") || says("the database system is") || says("server closed the connection") {
        Some(away())
    } else {
        None
    }
}

fn collided() -> Message {
    Message::new("Somebody else was changing the same thing")
}

/// Whether `error` is a violation of `constraint`: how a model tells its own conflicts apart.
pub fn violates(error: &DieselError, constraint: &str) -> bool {
    match error {
        DieselError::DatabaseError(_, information) => information.constraint_name() == Some(constraint),
        _ => false,
    }
}

/// `message` as a conflict if `error` is a violation of `constraint`, what the error says otherwise.
pub fn conflict(error: DieselError, constraint: &str, message: impl Into<Message>) -> Error {
    if_violates(error, constraint, || Error::Conflict(message.into()))
}

/// Another error if `error` is a violation of `constraint`, what it says itself otherwise.
pub fn if_violates(error: DieselError, constraint: &str, instead: impl FnOnce() -> Error) -> Error {
    if violates(&error, constraint) { instead() } else { error.into() }
}
