//! Requests for another name than ours are refused with 421, so that no foreign name can be bound to us (W03).

use actix_web::Error as ActixError;
use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::HOST;
use actix_web::middleware::Next;

use super::{app, refuse};
use crate::config::Config;

/// Middleware: lets only known names through.
pub async fn hosts(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let app = match app(&request) {
        Ok(app) => app,
        Err(error) => return Ok(refuse(request, error)),
    };
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_ours(&app.config, host) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    Ok(request.into_response(HttpResponse::new(StatusCode::MISDIRECTED_REQUEST)))
}

/// Whether `host` (with or without a port) is a name that we answer to.
fn is_ours(config: &Config, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let name = without_port(&host);
    let matches = |known: &str| {
        let known = known.to_ascii_lowercase();
        known == host || (without_port(&known) == known && known == name)
    };
    let loopback = config.bind.ip().is_loopback() && ["localhost", "127.0.0.1", "[::1]"].contains(&name);
    loopback
        || host == config.bind.to_string()
        || config.public_url.as_ref().is_some_and(|url| url.authority == host)
        || config.hosts.iter().any(|known| matches(known))
}

/// `[::1]:8080` → `[::1]`, `hannun.lan:8080` → `hannun.lan`.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn sec_w03_only_configured_names_are_ours() {
        let mut config = Config::new(PathBuf::from("/nowhere"));
        for name in ["localhost", "localhost:8080", "127.0.0.1:9", "[::1]:8080", "[::1]", "LOCALHOST"] {
            assert!(is_ours(&config, name), "{name}");
        }
        for name in ["", "evil.test", "evil.test:8080", "127.0.0.1.evil.test", "localhost.evil.test", "[::1].evil.test"]
        {
            assert!(!is_ours(&config, name), "{name}");
        }
        config.bind = "0.0.0.0:8080".parse().unwrap();
        config.hosts = vec!["hannun.lan".to_owned(), "10.0.0.5:8080".to_owned()];
        assert!(is_ours(&config, "hannun.lan:1234") && is_ours(&config, "10.0.0.5:8080"));
        assert!(!is_ours(&config, "localhost") && !is_ours(&config, "10.0.0.5:81"));
    }
}
