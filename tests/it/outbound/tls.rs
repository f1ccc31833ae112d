//! Whom hannun believes.

use std::path::Path;
use std::sync::Arc;

use hannun::config::OutboundConfig;
use hannun::outbound::{Answer, OutboundError, Request};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::receiver::{Receiver, ok};
use super::{Liar, addresses, entries, with};

const NAME: &str = "hooks.example";

pub(crate) fn params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

pub(crate) fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Serves with this certificate.
pub(crate) fn acceptor(certificate: CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Asks a server with this certificate by its name, believing the certificates of `ca_file` too.
async fn ask(tls: TlsAcceptor, ca_file: Option<&Path>) -> (Result<Answer, OutboundError>, Vec<String>) {
    let receiver = Receiver::secure(tls, |_| ok("yes")).await;
    let liar = Arc::new(Liar::default().with(NAME, &[addresses(&["127.0.0.1"])]));
    let config = OutboundConfig {
        allowed: entries(&[receiver.entry()]),
        ca_file: ca_file.map(Path::to_owned),
        ..OutboundConfig::default()
    };
    let request = Request::get(&format!("https://{NAME}:{}/", receiver.port)).unwrap();
    (with(config, &liar).send(&request).await, receiver.asked())
}

#[tokio::test]
async fn sec_o07_a_certificate_of_an_authority_that_was_added_is_believed() {
    let (authority, key) = (authority(), KeyPair::generate().unwrap());
    let certificate = params(NAME).signed_by(&key, &authority).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let (answer, _) = ask(acceptor(certificate.der().clone(), &key), Some(&file)).await;
    assert_eq!(&*answer.unwrap().body, b"yes");
    let (answer, asked) = ask(acceptor(certificate.der().clone(), &key), None).await;
    assert!(matches!(answer, Err(OutboundError::Untrusted { .. })) && asked.is_empty(), "{answer:?}");
}

#[tokio::test]
async fn sec_o07_a_certificate_that_is_old_of_another_or_of_its_own_is_not_believed() {
    let (authority, key) = (authority(), KeyPair::generate().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let mut old = params(NAME);
    old.not_before = rcgen::date_time_ymd(2019, 1, 1);
    old.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let mut early = params(NAME);
    early.not_before = rcgen::date_time_ymd(4000, 1, 1);
    for (why, certificate) in [
        ("expired", old.signed_by(&key, &authority).unwrap()),
        ("not valid yet", early.signed_by(&key, &authority).unwrap()),
        ("another name", params("other.example").signed_by(&key, &authority).unwrap()),
        ("self-signed", params(NAME).self_signed(&key).unwrap()),
    ] {
        let (answer, asked) = ask(acceptor(certificate.der().clone(), &key), Some(&file)).await;
        let Err(OutboundError::Untrusted { host, .. }) = answer else { panic!("{why}: {answer:?}") };
        assert_eq!((host.as_str(), asked.len()), (NAME, 0), "{why}: nothing was said to them");
    }
}
