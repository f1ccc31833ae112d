//! TLS as hannun speaks it to others: certificates are always checked (O07).

use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Believes what browsers believe, and the certificates of `ca_file` besides.
pub(super) fn connector(ca_file: Option<&Path>) -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        add(&mut roots, path)
            .map_err(|why| anyhow!("HANNUN_CA_FILE names {}, which cannot be used: {why}", path.display()))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let certificates = CertificateDer::pem_file_iter(path).map_err(|why| why.to_string())?;
    let mut count = 0;
    for certificate in certificates {
        roots.add(certificate.map_err(|why| why.to_string())?).map_err(|why| why.to_string())?;
        count += 1;
    }
    if count == 0 { Err("there is no certificate in it".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_told_of_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        assert!(connector(Some(&path)).is_err());
        std::fs::write(&path, "nothing\n").unwrap();
        let Err(why) = connector(Some(&path)) else { panic!("it was taken") };
        assert!(why.to_string().contains("HANNUN_CA_FILE") && why.to_string().contains("no certificate"), "{why}");
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\naGFubnVu\n-----END CERTIFICATE-----\n").unwrap();
        assert!(connector(Some(&path)).is_err());
        assert!(connector(None).is_ok());
    }
}
