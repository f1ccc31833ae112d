//! Private keys: opening them, describing them, saying in plain words why one cannot be used. Sends nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use russh::keys::ssh_key::HashAlg;
use russh::keys::{PrivateKey, decode_secret_key};
use sha2::{Digest, Sha256};

use crate::language::Message;
use crate::secret::SecretText;

/// What a private key is, without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDescription {
    /// `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`.
    pub algorithm: String,
    /// The public key's fingerprint, `SHA256:…`.
    pub fingerprint: String,
    /// Whether the text needs a passphrase.
    pub encrypted: bool,
}

/// Why a private key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyProblem {
    /// In plain words.
    pub message: Message,
    /// Beside which field it is told: `private_key` or `passphrase`.
    pub field: &'static str,
}

impl KeyProblem {
    fn of_key(words: &'static str) -> Self {
        Self { message: Message::new(words), field: "private_key" }
    }

    fn of_passphrase(words: &'static str) -> Self {
        Self { message: Message::new(words), field: "passphrase" }
    }
}

/// Says what a private key is, or in plain words why it cannot be used.
///
/// Takes up to a second for a key with a passphrase: call it where blocking is allowed.
pub fn describe_private_key(text: &SecretText, passphrase: Option<&SecretText>) -> Result<KeyDescription, KeyProblem> {
    let key = open(text, passphrase)?;
    Ok(KeyDescription {
        algorithm: key.algorithm().as_str().to_owned(),
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        encrypted: is_encrypted(text.expose()),
    })
}

/// The key in `text`.
pub(super) fn open(text: &SecretText, passphrase: Option<&SecretText>) -> Result<PrivateKey, KeyProblem> {
    let pem = text.expose();
    check_form(pem)?;
    let encrypted = is_encrypted(pem);
    let passphrase = passphrase.map(SecretText::expose).map(String::as_str).filter(|words| !words.is_empty());
    if encrypted && passphrase.is_none() {
        return Err(KeyProblem::of_passphrase("The key is encrypted: enter its passphrase"));
    }
    // A passphrase that is not needed must not be tried: PKCS#8 would take the key for an encrypted one.
    let key = decode_secret_key(pem, passphrase.filter(|_| encrypted)).map_err(|_why| {
        // The library's words are about ASN.1 and padding, and may hold parts of what it read.
        if encrypted {
            KeyProblem::of_passphrase("The passphrase is wrong, or the key is damaged")
        } else {
            KeyProblem::of_key("The key is damaged or of a kind that hannun does not know")
        }
    })?;
    if key.is_encrypted() {
        return Err(KeyProblem::of_passphrase("The passphrase is wrong, or the key is damaged"));
    }
    Ok(key)
}

/// What people paste by mistake, each told apart.
fn check_form(pem: &str) -> Result<(), KeyProblem> {
    let text = pem.trim_start();
    if text.starts_with("ssh-") || text.starts_with("ecdsa-") || text.contains("BEGIN SSH2 PUBLIC KEY") {
        return Err(KeyProblem::of_key("This is a public key: paste the private one, the file without .pub"));
    }
    if text.contains("-----BEGIN CERTIFICATE") {
        return Err(KeyProblem::of_key("This is a certificate, not a private key"));
    }
    let is_key = text.lines().any(|line| line.starts_with("-----BEGIN ") && line.contains("PRIVATE KEY-----"));
    if !is_key && !text.starts_with("PuTTY-User-Key-File-") {
        return Err(KeyProblem::of_key("This is not a private key: it begins with -----BEGIN and holds PRIVATE KEY"));
    }
    if is_key && !text.lines().any(|line| line.starts_with("-----END ")) {
        return Err(KeyProblem::of_key("The end of the key is missing: copy the whole file"));
    }
    if text.lines().any(|line| line.starts_with("DEK-Info: ") && !line.starts_with("DEK-Info: AES-128-CBC")) {
        return Err(KeyProblem::of_key("The key is encrypted in an old way: encrypt it anew with ssh-keygen -p"));
    }
    if text.contains("BEGIN DSA PRIVATE KEY") {
        return Err(KeyProblem::of_key("DSA keys are too weak to be used"));
    }
    Ok(())
}

fn is_encrypted(pem: &str) -> bool {
    if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED") {
        return true;
    }
    if let Some(first) = pem.lines().find(|line| line.starts_with("Encryption: ")) {
        return first.trim() != "Encryption: none";
    }
    pem.contains("BEGIN OPENSSH PRIVATE KEY") && PrivateKey::from_openssh(pem).is_ok_and(|key| key.is_encrypted())
}

/// How long an opened key is remembered.
const LONG_ENOUGH: Duration = Duration::from_mins(1);

/// Opened keys of the last minute: one credential of a fleet is opened once and not once per server, because opening a
/// key that has a passphrase costs a tenth of a second on purpose.
#[derive(Default)]
pub(super) struct OpenKeys(Mutex<Remembered>);

/// By a digest of text and passphrase: when it was opened, and the key.
type Remembered = HashMap<[u8; 32], (Instant, Arc<PrivateKey>)>;

impl OpenKeys {
    /// The key in `text`, opened now or lately.
    pub(super) async fn open(
        &self,
        text: &SecretText,
        passphrase: Option<&SecretText>,
    ) -> Result<Arc<PrivateKey>, Message> {
        let name = Self::name(text, passphrase);
        if let Some((_, key)) = self.lock().get(&name) {
            return Ok(Arc::clone(key));
        }
        let (text, passphrase) = (text.clone(), passphrase.cloned());
        let opened =
            tokio::task::spawn_blocking(move || open(&text, passphrase.as_ref()).map_err(|problem| problem.message));
        // The task ends without an answer only if the key made the library panic.
        let key = opened
            .await
            .unwrap_or_else(|_panic| Err(Message::new("The key is damaged or of a kind that hannun does not know")))?;
        let key = Arc::new(key);
        self.lock().insert(name, (Instant::now(), Arc::clone(&key)));
        Ok(key)
    }

    /// Forgets what was opened more than a minute ago.
    pub(super) fn tidy(&self) {
        self.lock().retain(|_, (opened, _)| opened.elapsed() < LONG_ENOUGH);
    }

    fn name(text: &SecretText, passphrase: Option<&SecretText>) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(text.expose().as_bytes());
        digest.update([0]);
        digest.update(passphrase.map_or("", |words| words.expose().as_str()).as_bytes());
        digest.finalize().into()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
