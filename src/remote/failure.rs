//! From what `russh` and the operating system say to sentences for people. Knows no connection.

use std::io;

use russh::AlgorithmKind;

use super::endpoint::Endpoint;
use super::gate::Seen;
use super::host_keys::{PresentedKey, is_rsa, knows_types, pinned_types, trusted};
use super::leash::FirstWords;
use crate::error::RemoteError;

/// How much of a server's words goes into an error, bytes.
const WORDS: usize = 1024;

/// A server's words, bounded and as text; still hostile.
pub(super) fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..WORDS).unwrap_or(bytes)).trim().to_owned()
}

/// An operating system's reason, without its number: `connection refused`.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// Why no encrypted connection came about.
pub(super) fn of_handshake(endpoint: &Endpoint, error: russh::Error, seen: &Seen, heard: &FirstWords) -> RemoteError {
    let server = endpoint.name.clone();
    match error {
        russh::Error::UnknownKey => match seen.presented() {
            Some(presented) => of_host_key(endpoint, &presented),
            None => RemoteError::Unreachable { server, why: "it presented no host key".to_owned() },
        },
        russh::Error::NoCommonAlgo { kind: AlgorithmKind::Key, theirs, .. }
            if has_other_key_types(endpoint, &theirs) =>
        {
            RemoteError::HostKeyChanged { server, trusted: trusted(&endpoint.pins), presented: offered(&theirs) }
        }
        russh::Error::NoCommonAlgo { kind, theirs, .. } => {
            let what = match kind {
                AlgorithmKind::Kex => "key exchange",
                AlgorithmKind::Key => "host key type",
                AlgorithmKind::Cipher => "cipher",
                AlgorithmKind::Compression => "compression",
                AlgorithmKind::Mac => "integrity check",
            };
            RemoteError::NotNegotiable { server, why: format!("no common {what}; it offers {}", offered(&theirs)) }
        }
        russh::Error::Version => {
            let said = heard.instead_of_ssh().unwrap_or_default();
            RemoteError::NotNegotiable { server, why: format!("what answers there is not an SSH server: {said}") }
        }
        russh::Error::IO(_) | russh::Error::Disconnect | russh::Error::HUP => {
            let why = match heard.instead_of_ssh() {
                Some(said) => format!("it closed the connection and said: {said}"),
                None if heard.any() => "it closed the connection during the key exchange".to_owned(),
                None => "it closed the connection without a word".to_owned(),
            };
            RemoteError::Unreachable { server, why }
        }
        other => RemoteError::NotNegotiable { server, why: other.to_string() },
    }
}

/// The server's key is not one that somebody approved.
pub(super) fn of_host_key(endpoint: &Endpoint, presented: &PresentedKey) -> RemoteError {
    let server = endpoint.name.clone();
    if endpoint.pins.is_empty() {
        return RemoteError::HostKeyUnknown {
            server,
            algorithm: presented.algorithm.clone(),
            fingerprint: presented.fingerprint.clone(),
        };
    }
    RemoteError::HostKeyChanged {
        server,
        trusted: trusted(&endpoint.pins),
        presented: format!("{} {}", presented.algorithm, presented.fingerprint),
    }
}

/// A server that has keys, but none of a type that we trust, is another server (H04); one that has the right key and
/// only old ways to prove it is merely old.
fn has_other_key_types(endpoint: &Endpoint, theirs: &[String]) -> bool {
    let pinned = pinned_types(&endpoint.pins);
    let same_type = |name: &String| {
        pinned.iter().any(|pinned| {
            if is_rsa(pinned) { name == "ssh-rsa" || name.starts_with("rsa-sha2-") } else { name == pinned.as_str() }
        })
    };
    knows_types(&endpoint.pins) && !pinned.is_empty() && !theirs.iter().any(same_type)
}

fn offered(theirs: &[String]) -> String {
    words(theirs.join(", ").as_bytes())
}

/// The server did not let us in.
pub(super) fn refused(endpoint: &Endpoint) -> RemoteError {
    RemoteError::SignInRefused {
        server: endpoint.name.clone(),
        user: endpoint.user.clone(),
        method: endpoint.credential.label().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_s_words_are_bounded_and_survive_bytes_that_are_no_text() {
        assert_eq!(words(&[b'x'; 5000]).len(), WORDS);
        assert_eq!(words(b" \xff\xfehello\n"), "\u{fffd}\u{fffd}hello");
    }

    #[test]
    fn an_operating_system_s_reason_has_no_number() {
        let error = io::Error::from_raw_os_error(111);
        assert_eq!(reason(&error), "connection refused");
    }
}
