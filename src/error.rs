//! What can go wrong, in the words of the person it happened to. Pure: says nothing about HTTP pages or SQL.

pub mod remote;
mod sudo;

use std::fmt;

pub use remote::{Advice, RemoteError, Stage, StillRunning};

use crate::commands::Refusal;
use crate::commands::processes::signalled::NotSent;
use crate::language::Message;

/// The result of everything above the infrastructure.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, in the words of the person it happened to.
#[derive(Debug)]
pub enum Error {
    /// The thing does not exist, or is outside what this person may know of (Z05).
    NotFound(&'static str),
    /// Nobody is signed in, or the session has ended.
    SignInNeeded,
    /// The password must be entered again before this (A11).
    ReauthenticationNeeded,
    /// The person may not do this.
    Forbidden(Message),
    /// Fields of a form or of a JSON body that cannot be accepted.
    Invalid(FieldErrors),
    /// The request itself makes no sense: a malformed body, an unknown parameter.
    BadRequest(Message),
    /// The body is larger than this address takes.
    TooLarge,
    /// There is no room for it: a quota is reached, or the disk of the console is nearly full (F06).
    NoRoom(Message),
    /// The body did not come to its end in time (W10).
    TooSlow,
    /// Somebody else changed it first, or it exists already.
    Conflict(Message),
    /// It is no file that this can be done with: a directory, a pipe, no text.
    NoFile(Message),
    /// A part of a file was asked for that lies beyond its end.
    BeyondEnd {
        /// How long the file is, bytes.
        size: u64,
    },
    /// Too many attempts; try again after that many seconds.
    TooMany {
        /// Seconds until another attempt is heard.
        retry_after_seconds: u64,
    },
    /// We cannot answer now: the database is away, or a queue is full. Worth another try soon.
    Unavailable(Message),
    /// What a server did, or did not do.
    Remote(Box<RemoteError>),
    /// A fault of ours; the person sees a number, the log has the rest (W12).
    Internal(anyhow::Error),
}

impl Error {
    /// The sentence for the person.
    pub fn message(&self) -> Message {
        match self {
            Self::NotFound(what) => Message::new("{what} was not found").with_words("what", *what),
            Self::SignInNeeded => Message::new("Sign in to go on"),
            Self::ReauthenticationNeeded => Message::new("Enter your password again to go on"),
            Self::Forbidden(message)
            | Self::BadRequest(message)
            | Self::Conflict(message)
            | Self::NoFile(message)
            | Self::NoRoom(message)
            | Self::Unavailable(message) => message.clone(),
            Self::Invalid(_) => Message::new("Some fields need another value"),
            Self::TooLarge => Message::new("That is more than we take at once"),
            Self::TooSlow => Message::new("The request came too slowly and was given up. Send it again"),
            Self::BeyondEnd { size } => {
                Message::new("The file has {size} bytes, and what was asked for begins behind them").with("size", size)
            }
            Self::TooMany { retry_after_seconds: seconds @ ..60 } => {
                Message::new("Too many requests at once. Try again in {seconds} s").with("seconds", seconds)
            }
            Self::TooMany { retry_after_seconds } => Message::new("Too many attempts. Try again in {minutes} min")
                .with("minutes", retry_after_seconds.div_ceil(60)),
            Self::Remote(error) => error.message(),
            Self::Internal(_) => Message::new("Something went wrong on our side"),
        }
    }

    /// The next step, where there is one.
    pub fn hint(&self) -> Option<Message> {
        match self {
            Self::Remote(error) => Some(error.advice().next_step),
            Self::Unavailable(_) => Some(Message::new("Try again in a few seconds")),
            _ => None,
        }
    }

    /// A fault of ours, from whatever caused it.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(cause.into())
    }

    /// One field that cannot be accepted.
    pub fn field(name: &'static str, problem: impl Into<Message>) -> Self {
        Self::Invalid(FieldErrors::default().and(name, problem))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(out)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Remote(error) => Some(error),
            Self::Internal(cause) => Some(cause.as_ref()),
            _ => None,
        }
    }
}

impl From<RemoteError> for Error {
    fn from(error: RemoteError) -> Self {
        Self::Remote(Box::new(error))
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}

impl From<NotSent> for Error {
    fn from(why: NotSent) -> Self {
        match why {
            NotSent::Gone(why) => Self::Conflict(why),
            NotSent::Refused(why) => Self::Forbidden(why),
        }
    }
}

impl From<Refusal> for Error {
    fn from(why: Refusal) -> Self {
        match why {
            Refusal::Conflict(why) => Self::Conflict(why),
            Refusal::NoFile(why) => Self::NoFile(why),
        }
    }
}

impl From<FieldErrors> for Error {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

/// What is wrong with which field, in the order in which it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(String, Message)>);

impl FieldErrors {
    /// Adds a problem of one field.
    pub fn add(&mut self, field: impl Into<String>, problem: impl Into<Message>) {
        self.0.push((field.into(), problem.into()));
    }

    /// The same with one more problem.
    #[must_use]
    pub fn and(mut self, field: impl Into<String>, problem: impl Into<Message>) -> Self {
        self.add(field, problem);
        self
    }

    /// The first problem of `field`.
    pub fn of(&self, field: &str) -> Option<&Message> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, problem)| problem)
    }

    /// Every field with its problem.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Message)> {
        self.0.iter().map(|(field, problem)| (field.as_str(), problem))
    }

    /// Whether there is no problem.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` if there is no problem, all of them otherwise.
    pub fn or<T>(self, value: T) -> Result<T> {
        if self.is_empty() { Ok(value) } else { Err(Error::Invalid(self)) }
    }
}
