//! Errors as programs see them: RFC 9457 `application/problem+json`, as `docs/api.md` says.

use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Serialize;

use super::code;
use crate::commands::CommandType;
use crate::error::{Error, RemoteError};
use crate::language::Language;
use crate::web::visitor::Visitor;

/// The document.
#[derive(Serialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_status: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stderr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

#[derive(Serialize)]
struct FieldProblem {
    field: String,
    detail: String,
}

/// The answer for a program.
pub(super) fn document(request: &HttpRequest, error: &Error, status: StatusCode, request_id: &str) -> HttpResponse {
    let language = Visitor::of(request).map_or(Language::En, |visitor| visitor.language);
    let errors = match error {
        Error::Invalid(problems) => problems
            .iter()
            .map(|(field, problem)| FieldProblem { field: field.to_owned(), detail: problem.in_language(language) })
            .collect(),
        _ => Vec::new(),
    };
    let (command, exit_status, stderr) = match error {
        Error::Remote(remote) => evidence(remote),
        _ => (None, None, None),
    };
    let problem = Problem {
        kind: format!("urn:hannun:{}", code(error)),
        title: status.canonical_reason().unwrap_or_default().to_owned(),
        status: status.as_u16(),
        detail: error.message().in_language(language),
        hint: error.hint().map(|hint| hint.in_language(language)),
        errors,
        // Left there by whoever asked the server.
        command_type: request.extensions().get::<CommandType>().map(|command_type| command_type.name()),
        command,
        exit_status,
        stderr,
        request_id: matches!(error, Error::Internal(_)).then(|| request_id.to_owned()),
    };
    HttpResponse::build(status)
        .content_type("application/problem+json")
        .body(serde_json::to_string(&problem).unwrap_or_default())
}

fn evidence(error: &RemoteError) -> (Option<String>, Option<u32>, Option<String>) {
    match error {
        RemoteError::Failed { command, status, stderr, .. } => {
            (Some(command.clone()), Some(*status), Some(stderr.clone()))
        }
        other => (None, None, Some(other.evidence().to_owned()).filter(|text| !text.is_empty())),
    }
}
