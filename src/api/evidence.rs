//! Asking a server, and how we know what it answered: the command, its status, how long it took.

use actix_web::{HttpMessage, HttpRequest};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::paging::Page;
use crate::commands::{Change, CommandType, Read};
use crate::error::Result;
use crate::remote::host::{Answer, Evidence, Host, OperableHost};

/// Asks the server. Where that fails, the problem names the type of the command.
pub(super) async fn ask<C: Read>(request: &HttpRequest, host: &Host, command: C) -> Result<Answer<C::Output>> {
    naming(request, C::TYPE, host.read(command).await)
}

/// Has a server change something. Where that fails, the problem names the type of the command.
pub(super) async fn change<C: Change>(
    request: &HttpRequest,
    host: &OperableHost,
    command: C,
) -> Result<Answer<C::Output>> {
    naming(request, C::TYPE, host.change(command).await)
}

/// What came of a command; where that is a failure, its problem names the command's type.
pub(super) fn naming<T>(request: &HttpRequest, command: CommandType, outcome: Result<T>) -> Result<T> {
    if outcome.is_err() {
        request.extensions_mut().insert(command);
    }
    outcome
}

/// How we know.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub struct EvidenceView {
    /// The command that was chosen for the server's platform.
    #[schema(example = "ps-procps")]
    pub command: String,
    /// What it exited with.
    pub exit_status: u32,
    /// From asking to the last byte, in milliseconds.
    pub took_ms: u64,
    /// When it was asked.
    pub at: DateTime<Utc>,
}

impl From<Evidence> for EvidenceView {
    fn from(evidence: Evidence) -> Self {
        Self {
            command: evidence.command,
            exit_status: evidence.status,
            took_ms: u64::try_from(evidence.took.as_millis()).unwrap_or(u64::MAX),
            at: evidence.at,
        }
    }
}

/// One page of what a server answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct LivePage<T> {
    /// The items, in the order that was asked for.
    pub items: Vec<T>,
    /// Give this as `cursor` to get what follows; null at the end. The server is asked anew each time.
    pub next: Option<String>,
    /// How we know.
    pub evidence: EvidenceView,
}

impl<T> LivePage<T> {
    /// `page`, known by `evidence`.
    pub(super) fn new(page: Page<T>, evidence: Evidence) -> Self {
        Self { items: page.items, next: page.next, evidence: evidence.into() }
    }
}
