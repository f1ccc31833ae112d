//! Where hannun listens, and what it says when it does.

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};

use super::ProcessRole;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::language::Message;

/// Refuses plain HTTP where others could read it, unless somebody said so (W09).
pub(super) fn check(config: &Config, role: ProcessRole) -> Result<()> {
    let shielded = config.bind.ip().is_loopback() || config.https() || config.insecure_http;
    if shielded || role == ProcessRole::Work {
        return Ok(());
    }
    Err(Error::BadRequest(
        Message::new(
            "{address} can be reached by others, and hannun speaks plain HTTP. Put a TLS proxy in front and set HANNUN_PUBLIC_URL to its https address, or say --insecure-http",
        )
        .with("address", config.bind),
    ))
}

/// Looks whether the address is free before anything else is started.
pub(super) fn try_address(address: SocketAddr) -> Result<()> {
    TcpListener::bind(address).map(drop).map_err(|cause| taken(address, &cause))
}

/// Why `address` cannot be listened on, and what to do about it.
pub(super) fn taken(address: SocketAddr, cause: &io::Error) -> Error {
    let message = match cause.kind() {
        ErrorKind::AddrInUse => Message::new(
            "Another program listens on {address} already. Stop it, or give hannun another address: --bind 127.0.0.1:8081, or HANNUN_BIND",
        ),
        ErrorKind::AddrNotAvailable => Message::new(
            "This machine has no address {address}. Give hannun one that it has, with --bind or HANNUN_BIND",
        ),
        ErrorKind::PermissionDenied => Message::new(
            "This account may not listen on {address}: ports below 1024 are root's. Give hannun a higher one with --bind or HANNUN_BIND",
        ),
        _ => Message::new("{address} cannot be listened on: {cause}. Give another one with --bind or HANNUN_BIND"),
    };
    Error::Unavailable(message.with("address", address).with("cause", cause))
}

/// One line for the person at the terminal. Nobody may be reading any more; hannun runs on.
pub(super) fn say(line: &str) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(bind: &str, public_url: bool, insecure: bool) -> Config {
        let mut config = Config::new("/nowhere".into());
        config.bind = bind.parse().unwrap();
        config.public_url =
            public_url.then(|| crate::config::PublicUrl { https: true, authority: "hannun.example".into() });
        config.insecure_http = insecure;
        config
    }

    #[test]
    fn sec_w09_an_open_address_without_tls_is_refused_unless_somebody_says_so() {
        let refused = check(&config("0.0.0.0:8080", false, false), ProcessRole::All).unwrap_err().to_string();
        assert!(refused.contains("0.0.0.0:8080") && refused.contains("--insecure-http"), "{refused}");
        for allowed in [config("127.0.0.1:8080", false, false), config("[::1]:8080", false, false)] {
            assert!(check(&allowed, ProcessRole::All).is_ok());
        }
        assert!(check(&config("0.0.0.0:8080", true, false), ProcessRole::Web).is_ok());
        assert!(check(&config("0.0.0.0:8080", false, true), ProcessRole::Web).is_ok());
        assert!(check(&config("0.0.0.0:8080", false, false), ProcessRole::Work).is_ok());
    }

    #[test]
    fn an_address_that_cannot_be_had_is_told_with_what_to_do() {
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        let refused = try_address(holder.local_addr().unwrap()).unwrap_err().to_string();
        assert!(
            refused.starts_with("Another program listens on 127.0.0.1:") && refused.contains("--bind"),
            "{refused}"
        );
        let elsewhere = try_address("192.0.2.1:8080".parse().unwrap()).unwrap_err().to_string();
        assert!(elsewhere.starts_with("This machine has no address 192.0.2.1:8080"), "{elsewhere}");
    }
}
