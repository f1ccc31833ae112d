//! `authorized_keys` line by line, every byte kept; each key with its fingerprint, options and comment. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

use crate::language::Message;

/// A file of keys. Its lines put together are what was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyTable {
    lines: Vec<KeyLine>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLine {
    /// Every byte of it, its end included.
    pub bytes: Vec<u8>,
    /// What it is.
    pub meaning: KeyMeaning,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyMeaning {
    /// Blank, or a comment.
    Nothing,
    /// A key.
    Key(Key),
    /// No key that `sshd` would take.
    Unreadable,
}

/// One public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `ssh-ed25519`
    pub kind: String,
    /// `SHA256:…`, as `ssh-keygen -l` tells it.
    pub fingerprint: String,
    /// What limits it: `from="10.0.0.0/8",command="/bin/x"`; hostile.
    pub options: String,
    /// What is written about it; hostile.
    pub comment: String,
    /// How long it is, where its length says something.
    pub bits: Option<u32>,
}

const KINDS: &[&str] = &[
    "ssh-ed25519",
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-ed25519-cert-v01@openssh.com",
    "ssh-rsa-cert-v01@openssh.com",
];

impl KeyTable {
    /// Reads all of `bytes`.
    pub fn read(bytes: &[u8]) -> Self {
        let line = |line: &[u8]| {
            let text = String::from_utf8_lossy(line);
            let text = text.trim();
            let meaning = if text.is_empty() || text.starts_with('#') {
                KeyMeaning::Nothing
            } else {
                Key::read(text).map_or(KeyMeaning::Unreadable, KeyMeaning::Key)
            };
            KeyLine { bytes: line.to_vec(), meaning }
        };
        Self { lines: bytes.split_inclusive(|byte| *byte == b'\n').map(line).collect() }
    }

    /// What was read.
    pub fn bytes(&self) -> Vec<u8> {
        self.lines.iter().flat_map(|line| line.bytes.iter().copied()).collect()
    }

    /// Its lines.
    pub fn lines(&self) -> &[KeyLine] {
        &self.lines
    }

    /// Its keys with their lines, counted from 1.
    pub fn keys(&self) -> impl Iterator<Item = (usize, &Key)> {
        self.lines.iter().enumerate().filter_map(|(at, line)| match &line.meaning {
            KeyMeaning::Key(key) => Some((at + 1, key)),
            _ => None,
        })
    }

    /// With one more key at the end; why not, where it is none or is there already.
    pub fn with(&self, entered: &str) -> Result<Vec<u8>, Message> {
        let entered = entered.trim();
        if entered.contains(['\n', '\r', '\0']) {
            return Err(Message::new("This must be one line"));
        }
        if entered.contains("PRIVATE KEY") {
            return Err(Message::new("This is a private key: enter the public one, the file that ends in .pub"));
        }
        let key = Key::read(entered).ok_or_else(|| {
            Message::new(
                "This is no public key: it begins with its kind, as in ssh-ed25519 AAAA…, or with options before that",
            )
        })?;
        if self.keys().any(|(_, known)| known.fingerprint == key.fingerprint) {
            return Err(Message::new("This key is there already"));
        }
        let mut bytes = self.bytes();
        if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(entered.as_bytes());
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Without the keys of a fingerprint; none where there is none.
    pub fn without(&self, fingerprint: &str) -> Option<Vec<u8>> {
        let is_it = |line: &KeyLine| matches!(&line.meaning, KeyMeaning::Key(key) if key.fingerprint == fingerprint);
        let kept = self.lines.iter().filter(|line| !is_it(line));
        self.lines.iter().any(is_it).then(|| kept.flat_map(|line| line.bytes.iter().copied()).collect())
    }
}

impl Key {
    /// `[options] kind base64 [comment]`; none where it is no such line.
    pub fn read(text: &str) -> Option<Self> {
        let (first, rest) = word(text);
        let (options, kind, rest) = if KINDS.contains(&first) {
            ("", first, rest)
        } else {
            let (kind, rest) = word(rest);
            (first, KINDS.contains(&kind).then_some(kind)?, rest)
        };
        let (blob, comment) = word(rest);
        let blob = STANDARD.decode(blob).or_else(|_| STANDARD_NO_PAD.decode(blob)).ok()?;
        let mut fields = Fields(&blob);
        // What it says it is must be what it is.
        if fields.next()? != kind.as_bytes() {
            return None;
        }
        let bits = (kind == "ssh-rsa").then(|| {
            let modulus = fields.nth(1)?;
            let modulus: Vec<u8> = modulus.iter().copied().skip_while(|byte| *byte == 0).collect();
            let first = modulus.first()?.leading_zeros();
            u32::try_from(modulus.len() * 8).ok()?.checked_sub(first)
        });
        Some(Self {
            kind: kind.to_owned(),
            fingerprint: format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&blob))),
            options: options.to_owned(),
            comment: comment.trim().to_owned(),
            bits: bits.flatten(),
        })
    }
}

/// The first word, of which blanks in double quotes are a part, and what stands behind it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => return text.split_at_checked(at).unwrap_or((text, "")),
            _ => {}
        }
    }
    (text, "")
}

/// Texts with their lengths before them, as SSH has them.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_at_checked(4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?);
        let (field, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINn8kFdhPkibHm6jkyIbkFHhHJmQAResd6ZmqBDFbDyv a b@c";

    #[test]
    fn a_key_has_its_fingerprint_its_options_and_its_comment() {
        let key = Key::read(KEY).unwrap();
        assert_eq!((key.kind.as_str(), key.comment.as_str(), key.options.as_str()), ("ssh-ed25519", "a b@c", ""));
        assert!(key.fingerprint.starts_with("SHA256:") && key.fingerprint.len() == 50, "{}", key.fingerprint);
        let limited = Key::read(&format!("from=\"10.0.0.0/8\",command=\"/bin/x \\\"a b\\\"\" {KEY}")).unwrap();
        assert_eq!(limited.options, "from=\"10.0.0.0/8\",command=\"/bin/x \\\"a b\\\"\"");
        assert_eq!(limited.fingerprint, key.fingerprint);
        for text in [
            "ssh-ed25519",
            "ssh-ed25519 AAAA",
            "ssh-ed25519 !!!!",
            // It says that it is another kind.
            "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAINn8kFdhPkibHm6jkyIbkFHhHJmQAResd6ZmqBDFbDyv",
            "hello world",
            "a b ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINn8kFdhPkibHm6jkyIbkFHhHJmQAResd6ZmqBDFbDyv",
        ] {
            assert_eq!(Key::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_comes_and_goes_and_no_other_byte_with_it() {
        let text = format!("# mine\n\nno key\n{KEY}");
        let table = KeyTable::read(text.as_bytes());
        assert_eq!(table.keys().map(|(line, _)| line).collect::<Vec<_>>(), [4]);
        let fingerprint = Key::read(KEY).unwrap().fingerprint;
        assert_eq!(table.without(&fingerprint).unwrap(), b"# mine\n\nno key\n");
        assert_eq!(table.without("SHA256:other"), None);
        let rest = KeyTable::read(b"# mine\n\nno key");
        assert_eq!(rest.with(KEY).unwrap(), format!("# mine\n\nno key\n{KEY}\n").into_bytes());
        for entered in ["", "ssh-rsa AAAA", &format!("{KEY}\nssh-rsa x"), "-----BEGIN OPENSSH PRIVATE KEY-----"] {
            assert!(rest.with(entered).is_err(), "{entered}");
        }
        assert!(table.with(KEY).is_err(), "it is there already");
    }

    proptest! {
        #[test]
        fn any_bytes_come_back_as_they_were(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(KeyTable::read(&bytes).bytes(), bytes);
        }
    }
}
