//! From what `russh` and the operating system say to sentences for people. Knows no connection.

use std::io;

use russh::AlgorithmKind;

use super::endpoint::Endpoint;
use super::gate::Seen;
use super::host_keys::{PresentedKey, is_rsa, knows_types, pinned_types, trusted};
use super::leash::FirstWords;
use crate::error::RemoteError;
use crate::language::Message;

/// How much of a server's words goes into an error, bytes.
const WORDS: usize = 1024;

/// A server's words, bounded and as text; still hostile.
pub(super) fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..WORDS).unwrap_or(bytes)).trim().to_owned()
}

/// An operating system's reason, without its number: `connection refused`. Those that people meet have a translation.
pub(super) fn reason(error: &io::Error) -> Message {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Message::new("connection refused"),
        io::ErrorKind::ConnectionReset => Message::new("the connection was reset"),
        io::ErrorKind::HostUnreachable => Message::new("no route to host"),
        io::ErrorKind::NetworkUnreachable => Message::new("network is unreachable"),
        _ => Message::heard(error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase()),
    }
}

/// Why no encrypted connection came about.
pub(super) fn of_handshake(endpoint: &Endpoint, error: russh::Error, seen: &Seen, heard: &FirstWords) -> RemoteError {
    let server = endpoint.name.clone();
    match error {
        russh::Error::UnknownKey => match seen.presented() {
            Some(presented) => of_host_key(endpoint, &presented),
            None => RemoteError::Unreachable { server, why: Message::new("it presented no host key") },
        },
        russh::Error::NoCommonAlgo { kind: AlgorithmKind::Key, theirs, .. }
            if has_other_key_types(endpoint, &theirs) =>
        {
            RemoteError::HostKeyChanged { server, trusted: trusted(&endpoint.pins), presented: offered(&theirs) }
        }
        russh::Error::NoCommonAlgo { kind, theirs, .. } => {
            let what = match kind {
                AlgorithmKind::Kex => Message::new("key exchange"),
                AlgorithmKind::Key => Message::new("host key type"),
                AlgorithmKind::Cipher => Message::new("cipher"),
                AlgorithmKind::Compression => Message::new("compression"),
                AlgorithmKind::Mac => Message::new("integrity check"),
            };
            let why = Message::new("no common {what}; it offers {offered}");
            RemoteError::NotNegotiable { server, why: why.with_words("what", what).with("offered", offered(&theirs)) }
        }
        russh::Error::Version => {
            let said = heard.instead_of_ssh().unwrap_or_default();
            let why = Message::new("what answers there is not an SSH server: {said}");
            RemoteError::NotNegotiable { server, why: why.with("said", said) }
        }
        russh::Error::IO(_) | russh::Error::Disconnect | russh::Error::HUP => {
            let why = match heard.instead_of_ssh() {
                Some(said) => Message::new("it closed the connection and said: {said}").with("said", said),
                None if heard.any() => Message::new("it closed the connection during the key exchange"),
                None => Message::new("it closed the connection without a word"),
            };
            RemoteError::Unreachable { server, why }
        }
        other => RemoteError::NotNegotiable { server, why: Message::heard(other) },
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
        method: endpoint.credential.label().into(),
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
        assert_eq!(reason(&error).to_string(), "connection refused");
        assert_eq!(reason(&io::Error::from_raw_os_error(22)).to_string(), "invalid argument");
    }
}
