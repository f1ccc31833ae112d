//! Which algorithms we offer (H04, H05). Knows no connection.

use std::borrow::Cow;
use std::sync::Arc;

use russh::client::Config;
use russh::keys::ssh_key::HashAlg;
use russh::keys::{Algorithm, EcdsaCurve};
use russh::{Preferred, SshId, cipher, compression, kex, mac};

use super::endpoint::Endpoint;
use super::host_keys::{is_rsa, knows_types, pinned_types};
use crate::config::RemoteConfig;

/// Key exchanges without SHA-1, and the marks for strict key exchange (Terrapin) and for `server-sig-algs`.
const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_GEX_SHA256,
    kex::DH_G16_SHA512,
    kex::DH_G18_SHA512,
    kex::DH_G14_SHA256,
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
];
const OLD_KEX: &[kex::Name] = &[kex::DH_GEX_SHA1, kex::DH_G14_SHA1, kex::DH_G1_SHA1];

const CIPHERS: &[cipher::Name] = &[
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_GCM,
    cipher::AES_128_GCM,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];
const OLD_CIPHERS: &[cipher::Name] = &[cipher::AES_256_CBC, cipher::AES_192_CBC, cipher::AES_128_CBC];

const MACS: &[mac::Name] = &[mac::HMAC_SHA512_ETM, mac::HMAC_SHA256_ETM, mac::HMAC_SHA512, mac::HMAC_SHA256];
const OLD_MACS: &[mac::Name] = &[mac::HMAC_SHA1_ETM, mac::HMAC_SHA1];

const KEYS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];
const OLD_KEYS: &[Algorithm] = &[Algorithm::Rsa { hash: None }];

/// Which host keys a connection asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostKeys {
    /// Only the types that are pinned (H04).
    Pinned,
    /// Any, the pinned types first: to show a person what is there now.
    Any,
}

/// Messages of one channel that may wait for us; what comes after them holds up the connection's other channels.
const WAITING_MESSAGES: usize = 32;

/// What `russh` is told about a connection to `endpoint`.
pub(super) fn settings(endpoint: &Endpoint, config: &RemoteConfig, host_keys: HostKeys) -> Arc<Config> {
    Arc::new(Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!("SSH-2.0-hannun_", env!("CARGO_PKG_VERSION")))),
        preferred: preferred(endpoint, host_keys),
        keepalive_interval: Some(config.keepalive),
        keepalive_max: 3,
        nodelay: true,
        channel_buffer_size: WAITING_MESSAGES,
        ..Config::default()
    })
}

fn preferred(endpoint: &Endpoint, host_keys: HostKeys) -> Preferred {
    let old = endpoint.legacy_algorithms;
    Preferred {
        kex: list(KEX, OLD_KEX, old),
        key: Cow::Owned(key_types(endpoint, host_keys)),
        cipher: list(CIPHERS, OLD_CIPHERS, old),
        mac: list(MACS, OLD_MACS, old),
        compression: Cow::Borrowed(&[compression::NONE]),
    }
}

fn list<T: Clone>(usual: &'static [T], old: &'static [T], with_old: bool) -> Cow<'static, [T]> {
    if with_old { Cow::Owned([usual, old].concat()) } else { Cow::Borrowed(usual) }
}

fn key_types(endpoint: &Endpoint, host_keys: HostKeys) -> Vec<Algorithm> {
    let pinned = pinned_types(&endpoint.pins);
    let is_pinned =
        |offered: &Algorithm| pinned.iter().any(|pinned| pinned == offered || (is_rsa(pinned) && is_rsa(offered)));
    let offered = list(KEYS, OLD_KEYS, endpoint.legacy_algorithms);
    let (mut types, others): (Vec<_>, Vec<_>) = offered.iter().cloned().partition(|offered| is_pinned(offered));
    // With no pin at all, any key is "unknown" and the person is shown the best one; a fingerprint may be of any type.
    if host_keys == HostKeys::Any || !knows_types(&endpoint.pins) {
        types.extend(others);
    }
    types
}
