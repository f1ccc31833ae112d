//! Finds out who sent the request: address, language, session or token. Everything after it reads [`Visitor`].

use std::net::{IpAddr, Ipv4Addr};

use actix_web::Error as ActixError;
use actix_web::HttpMessage;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, HeaderMap};
use actix_web::middleware::Next;

use super::csrf::pre_session_token;
use super::{app, refuse};
use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::language::Language;
use crate::models::api_tokens::ApiToken;
use crate::models::sessions::Session;
use crate::models::tokens;
use crate::models::users::Theme;
use crate::web::cookies::Purpose;
use crate::web::hx;
use crate::web::visitor::{Identity, Person, Visitor};

/// Middleware: leaves a [`Visitor`] in the request.
pub async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let app = match app(&request) {
        Ok(app) => app,
        Err(error) => return Ok(refuse(request, error)),
    };
    let mut visitor = match stranger(&request, &app) {
        Ok(visitor) => visitor,
        Err(error) => return Ok(refuse(request, error)),
    };
    request.extensions_mut().insert(visitor.clone());
    if needs_no_name(request.path()) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    if let Err(error) = recognise(&request, &app, &mut visitor).await {
        return Ok(refuse(request, error));
    }
    request.extensions_mut().insert(visitor);
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Files and health checks are the same for everybody, also while the database is away.
fn needs_no_name(path: &str) -> bool {
    path.starts_with("/static/") || matches!(path, "/healthz" | "/readyz")
}

/// What is known without the database.
fn stranger(request: &ServiceRequest, app: &App) -> Result<Visitor> {
    let (pre_session, new_pre_session) = if let Some(value) = Purpose::PreSession.read(request.request(), &app.config) {
        (value, None)
    } else {
        let value = tokens::random("")?.expose().clone();
        (value.clone(), Some(value))
    };
    let read = |purpose: Purpose| purpose.read(request.request(), &app.config);
    let chosen = read(Purpose::Language).and_then(|tag| Language::from_tag(&tag));
    let accepted = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Ok(Visitor {
        address: address(request, &app.config),
        request_id: tokens::random("")?.expose().chars().take(12).collect(),
        language: chosen.unwrap_or_else(|| accepted.map_or_else(Language::default, Language::from_accept_language)),
        theme: read(Purpose::Theme).and_then(|name| Theme::from_name(&name)).unwrap_or(Theme::System),
        csrf_token: pre_session_token(&pre_session),
        new_pre_session,
        identity: Identity::Nobody,
    })
}

/// Who it is, by the session's cookie; on the API, where there is no cookie, by a bearer token.
async fn recognise(request: &ServiceRequest, app: &App, visitor: &mut Visitor) -> Result<()> {
    let (now, address) = (app.clock.now(), visitor.address);
    if let Some(id) = Purpose::Session.read(request.request(), &app.config) {
        let lengths = app.config.sessions;
        let touches = !hx::is_background(request.headers());
        let person = app
            .db
            .run(move |connection| {
                let Some((session, user)) = Session::find(connection, &id, &lengths, now)? else { return Ok(None) };
                // What a page asks by itself keeps no session alive (A07). Where nothing can be written people read on (R05).
                if touches && let Err(problem) = session.touch(connection, now) {
                    tracing::debug!(%problem, "a session's last use could not be written");
                }
                let actor = user.actor(connection, Some(address))?;
                Ok::<_, Error>(Some(Person { actor, user, session }))
            })
            .await?;
        if let Some(person) = person {
            visitor.language = person.user.language().unwrap_or(visitor.language);
            visitor.theme = person.user.theme;
            visitor.csrf_token.clone_from(&person.session.csrf_token);
            visitor.new_pre_session = None;
            visitor.identity = Identity::Person(Box::new(person));
        }
    } else if let Some(token) = bearer(request) {
        let found = app.db.run(move |connection| ApiToken::find(connection, &token, Some(address), now)).await?;
        if let Some((_, actor)) = found {
            visitor.identity = Identity::Program(actor);
        }
    }
    Ok(())
}

fn bearer(request: &ServiceRequest) -> Option<String> {
    if !request.path().starts_with("/api/") && request.path() != "/metrics" {
        return None; // pages are for people
    }
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(|token| token.trim().to_owned())
}

/// The sender's address (A04): the TCP peer, or, behind a proxy that the settings name, the right-most address that no
/// such proxy has.
fn address(request: &ServiceRequest, config: &Config) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    behind_proxies(peer, request.headers(), config)
}

fn behind_proxies(peer: IpAddr, headers: &HeaderMap, config: &Config) -> IpAddr {
    let is_proxy = |address: IpAddr| config.trusted_proxies.iter().any(|network| network.contains(&address));
    if !is_proxy(peer) {
        return peer;
    }
    let hops: Vec<&str> = headers
        .get_all("X-Forwarded-For")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let mut nearest = peer;
    for hop in hops.iter().rev() {
        let Ok(address) = hop.trim().parse::<IpAddr>().map(|address| address.to_canonical()) else { break };
        nearest = address;
        if !is_proxy(address) {
            break;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let mut config = Config::new(PathBuf::from("/nowhere"));
        config.trusted_proxies = vec!["10.0.0.0/24".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(value).unwrap());
        }
        behind_proxies(peer.parse().unwrap(), &headers, &config).to_string()
    }

    #[test]
    fn sec_a04_only_a_configured_proxy_is_believed_and_only_the_right_most_stranger_counts() {
        assert_eq!(seen("192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(seen("10.0.0.1", &["127.0.0.1, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1, 203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1, nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }
}
