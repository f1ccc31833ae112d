//! Host keys: what a server presents, compared with what somebody approved. Knows no connection.

use russh::keys::ssh_key::HashAlg;
use russh::keys::{Algorithm, PublicKey, PublicKeyBase64, parse_public_key_base64};

use super::endpoint::PinnedKey;
use crate::language::Message;

/// The host key that a server presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedKey {
    /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`.
    pub algorithm: String,
    /// As in `known_hosts`, without a comment: `ssh-ed25519 AAAA…`.
    pub public_key: String,
    /// As `ssh-keygen -lf` prints it: `SHA256:…`.
    pub fingerprint: String,
}

impl PresentedKey {
    /// Describes `key`.
    pub(super) fn of(key: &PublicKey) -> Self {
        let algorithm = type_of(&key.algorithm());
        Self {
            public_key: format!("{algorithm} {}", key.public_key_base64()),
            fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
            algorithm,
        }
    }

    /// The same key as it is approved.
    pub fn pinned(&self) -> PinnedKey {
        PinnedKey { algorithm: self.algorithm.clone(), public_key: self.public_key.clone() }
    }
}

/// What a public host key is, as it lies in a `.pub` file or in `known_hosts` (without the names).
pub fn describe_host_key(line: &str) -> Result<PresentedKey, Message> {
    let pin = PinnedKey { algorithm: String::new(), public_key: line.to_owned() };
    key_of(&pin).map(|key| PresentedKey::of(&key)).ok_or_else(|| Message::new("This is not a public host key"))
}

/// The key's type as it stands in `known_hosts`: every RSA key is an `ssh-rsa` there, whatever it signs with.
fn type_of(algorithm: &Algorithm) -> String {
    if is_rsa(algorithm) { "ssh-rsa".to_owned() } else { algorithm.as_str().to_owned() }
}

/// Whether it is RSA, whatever it signs with.
pub(super) fn is_rsa(algorithm: &Algorithm) -> bool {
    matches!(algorithm, Algorithm::Rsa { .. })
}

/// The key inside a pin; a comment and the written type are not looked at (H04).
fn key_of(pin: &PinnedKey) -> Option<PublicKey> {
    let text = pin.public_key.trim();
    let base64 = text.split_whitespace().find(|word| word.starts_with("AAAA"))?;
    parse_public_key_base64(base64).ok()
}

/// Whether a pin is a fingerprint alone: a file vouches for a key that nobody saw yet.
fn is_fingerprint(pin: &PinnedKey) -> bool {
    pin.public_key.trim().starts_with("SHA256:")
}

/// Whether `key` is one of the approved ones.
pub(super) fn is_pinned(pins: &[PinnedKey], key: &PublicKey) -> bool {
    let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
    pins.iter().any(|pin| {
        if is_fingerprint(pin) {
            pin.public_key.trim() == fingerprint
        } else {
            key_of(pin).is_some_and(|pinned| pinned.key_data() == key.key_data())
        }
    })
}

/// Whether the types of all approved keys are known: of a fingerprint alone, the type is not.
pub(super) fn knows_types(pins: &[PinnedKey]) -> bool {
    !pins.is_empty() && !pins.iter().any(is_fingerprint)
}

/// The types of the approved keys, so that no other type is asked for (H04).
pub(super) fn pinned_types(pins: &[PinnedKey]) -> Vec<Algorithm> {
    let mut types = Vec::new();
    for algorithm in pins.iter().filter_map(key_of).map(|key| key.algorithm()) {
        if !types.contains(&algorithm) {
            types.push(algorithm);
        }
    }
    types
}

/// The approved keys as one text: `ssh-ed25519 SHA256:…`.
pub(super) fn trusted(pins: &[PinnedKey]) -> String {
    let whole = pins
        .iter()
        .filter_map(key_of)
        .map(|key| PresentedKey::of(&key))
        .map(|key| format!("{} {}", key.algorithm, key.fingerprint));
    let bare = pins.iter().filter(|pin| is_fingerprint(pin)).map(|pin| pin.public_key.trim().to_owned());
    whole.chain(bare).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    const OTHER: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIN+Wjn4+4Fcvl2JlKpggT+wCRxpSvtqqpVrQrKN1/A22";

    fn pin(public_key: &str) -> PinnedKey {
        PinnedKey { algorithm: "ssh-ed25519".to_owned(), public_key: public_key.to_owned() }
    }

    #[test]
    fn sec_h04_a_pin_is_the_key_alone_whatever_stands_beside_it() {
        let key = parse_public_key_base64(KEY).unwrap();
        for written in [KEY.to_owned(), format!("ssh-ed25519 {KEY}"), format!("ssh-ed25519 {KEY} root@web-1\n")] {
            assert!(is_pinned(&[pin(&written)], &key), "{written}");
        }
        assert!(!is_pinned(&[pin(OTHER)], &key));
        assert!(!is_pinned(&[pin(""), pin("ssh-ed25519"), pin("ssh-ed25519 AAAA!")], &key));
        assert!(!is_pinned(&[], &key));
    }

    #[test]
    fn sec_h01_a_fingerprint_pins_its_key_and_no_other() {
        let (key, other) = (parse_public_key_base64(KEY).unwrap(), parse_public_key_base64(OTHER).unwrap());
        let bare = pin(&PresentedKey::of(&key).fingerprint);
        assert!(is_pinned(std::slice::from_ref(&bare), &key));
        assert!(!is_pinned(std::slice::from_ref(&bare), &other));
        assert!(!knows_types(&[bare.clone(), pin(KEY)]) && knows_types(&[pin(KEY)]) && !knows_types(&[]));
        assert_eq!(trusted(std::slice::from_ref(&bare)), bare.public_key);
    }

    #[test]
    fn a_key_is_described_as_ssh_keygen_does() {
        let described = PresentedKey::of(&parse_public_key_base64(KEY).unwrap());
        assert_eq!(described.algorithm, "ssh-ed25519");
        assert_eq!(described.public_key, format!("ssh-ed25519 {KEY}"));
        assert!(described.fingerprint.starts_with("SHA256:"), "{}", described.fingerprint);
        assert_eq!(trusted(&[described.pinned()]), format!("ssh-ed25519 {}", described.fingerprint));
        assert_eq!(pinned_types(&[described.pinned(), described.pinned()]), [Algorithm::Ed25519]);
    }
}
