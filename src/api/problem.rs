//! What an error looks like in the API document. The answers themselves are written by `web::errors`; a test holds the two together.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong (RFC 9457).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// `urn:hannun:` and a stable word.
    #[serde(rename = "type")]
    #[schema(example = "urn:hannun:host-key-changed")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What happened, as a sentence in the language of `Accept-Language`.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Each field that cannot be accepted (status 422).
    #[serde(default)]
    #[schema(required = false)]
    pub errors: Vec<FieldProblem>,
    /// The type of the command that failed on a server (status 502).
    pub command_type: Option<String>,
    /// The command that was chosen for the server's platform.
    pub command: Option<String>,
    /// What the command exited with.
    pub exit_status: Option<u32>,
    /// What the server itself said, verbatim. Treat it as hostile text.
    pub stderr: Option<String>,
    /// What the log calls this request (status 500).
    pub request_id: Option<String>,
}

/// One field that cannot be accepted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldProblem {
    /// The name of the field or query parameter.
    pub field: String,
    /// Why.
    pub detail: String,
}
