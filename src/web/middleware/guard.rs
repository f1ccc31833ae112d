//! The permission that the route table declares, checked before any handler runs. What is not declared is refused (Z01), and
//! whoever is refused a change is in the audit log (L01).

use actix_web::Error as ActixError;
use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web;

use super::{app, refuse};
use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{Actor, Role};
use crate::models::audit::{AuditEntry, Outcome};
use crate::web::router::{Permission, Permissions};
use crate::web::visitor::Visitor;

/// Middleware: lets through who may.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let Some(pattern) = request.match_pattern() else {
        return Ok(next.call(request).await?.map_into_boxed_body()); // no such page: 404
    };
    let permissions = request.app_data::<web::Data<Permissions>>().cloned();
    let Some(declared) = permissions.as_ref().and_then(|permissions| permissions.of_pattern(&pattern)) else {
        return Ok(refuse(request, Error::Forbidden(Message::new("Nobody may use this address"))));
    };
    let Some(permission) = declared.permission(request.method()) else {
        return Ok(request.into_response(HttpResponse::new(StatusCode::METHOD_NOT_ALLOWED)));
    };
    match allow(&request, permission) {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(error) => {
            if matches!(error, Error::Forbidden(_)) && !request.method().is_safe() {
                note_refused_request(&request).await;
            }
            Ok(refuse(request, error))
        }
    }
}

async fn note_refused_request(request: &ServiceRequest) {
    let visitor = Visitor::of(request.request());
    if let (Some(actor), Ok(app)) = (visitor.as_ref().and_then(Visitor::actor), app(request)) {
        note_refusal(&app, actor, &format!("{} {}", request.method(), request.path())).await;
    }
}

/// Who tried to change what they may not. Where it cannot be written the change is refused all the same.
pub async fn note_refusal(app: &App, actor: &Actor, target: &str) {
    let (entry, now) = (AuditEntry::by(actor, "request").target(target), app.clock.now());
    let written = app.db.run(move |connection| entry.record(connection, Outcome::Refused, now)).await;
    if let Err(problem) = written {
        tracing::error!(%problem, "a refusal could not be written to the audit log");
    }
}

fn allow(request: &ServiceRequest, permission: Permission) -> Result<()> {
    let role = match permission {
        Permission::Anyone => return Ok(()),
        Permission::Role(role) => role,
        Permission::EveryServer => Role::Administrator,
    };
    let visitor = Visitor::of(request.request());
    let actor = visitor.as_ref().and_then(Visitor::actor).ok_or(Error::SignInNeeded)?;
    if !actor.may(role) {
        return Err(Error::Forbidden(too_weak(role)));
    }
    if permission == Permission::EveryServer { actor.scope().needs_all() } else { Ok(()) }
}

/// The sentence for somebody whose role does not reach.
pub fn too_weak(needed: Role) -> Message {
    Message::new(match needed {
        Role::Viewer => "Your account may not look at this",
        Role::Operator => "This needs the role operator. An administrator can give it to you",
        Role::Administrator => "This needs the role administrator",
    })
}
