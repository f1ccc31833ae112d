//! What servers tell of changes that undo themselves unless they are kept over a new connection, and how one is ended.

pub(super) mod rows;

use std::fmt;

use super::script::Value;

pub(super) const FORMATS: &[&str] = &["table"];

/// What became of a change, as the server tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// It is made, and undoes itself unless it is kept.
    Armed,
    /// It stays.
    Kept,
    /// It was undone.
    Undone,
    /// It was to be undone, and that failed.
    UndoFailed,
    /// The server does not know.
    Unknown,
}

impl ChangeState {
    /// The word in the table and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Armed => "armed",
            Self::Kept => "kept",
            Self::Undone => "undone",
            Self::UndoFailed => "undo_failed",
            Self::Unknown => "unknown",
        }
    }

    fn from_name(name: &[u8]) -> Option<Self> {
        let all = [Self::Armed, Self::Kept, Self::Undone, Self::UndoFailed, Self::Unknown];
        all.into_iter().find(|state| state.name().as_bytes() == name)
    }
}

/// What a server tells of its last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeReport {
    /// Which one; empty where the server knows of none.
    pub id: String,
    /// What became of it.
    pub state: ChangeState,
}

/// How a change that waits is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It stays, now and after a restart.
    Keep,
    /// It is undone now.
    Undo,
}

impl Ending {
    /// As scripts are told.
    pub(super) fn value(self) -> Value {
        Value::OneOf(match self {
            Self::Keep => "keep",
            Self::Undo => "undo",
        })
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Keep => "keep",
            Self::Undo => "undo",
        })
    }
}
