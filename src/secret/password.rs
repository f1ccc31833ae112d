//! Passwords of people: what is accepted, Argon2id, and comparing (A01, A03, A13). Pure and slow: call it off the async
//! threads.

use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use super::SecretText;
use crate::error::{Error, Result};
use crate::language::Message;

/// Fewest characters of a password.
pub const MINIMUM_CHARACTERS: usize = 12;
/// Most bytes of a password.
pub const MAXIMUM_BYTES: usize = 1_024;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Passwords and their beginnings that everybody tries first, one a line, lower case.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// A password's hash in PHC form; prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The PHC text, for the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for PasswordHash {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

/// What comparing a password found.
#[derive(Debug)]
pub struct Verdict {
    /// It is the one.
    pub right: bool,
    /// The same password's hash with today's cost, where the stored one is weaker: store it (A01).
    pub stronger: Option<PasswordHash>,
}

/// Why a new password cannot be accepted: too short, too long, or among the first that anybody tries.
pub fn problem(password: &SecretText, user_name: &str) -> Option<Message> {
    let password = password.expose();
    if password.chars().count() < MINIMUM_CHARACTERS {
        return Some(Message::new("Use at least {count} characters").with("count", MINIMUM_CHARACTERS));
    }
    if password.len() > MAXIMUM_BYTES {
        return Some(Message::new("Use at most {count} bytes").with("count", MAXIMUM_BYTES));
    }
    is_common(&password.to_lowercase(), user_name)
        .then(|| Message::new("Too many people use this password, or it follows from your name; choose another one"))
}

/// The hash to store.
pub fn hash(password: &SecretText) -> Result<PasswordHash> {
    let hash: phc::PasswordHash = argon2()?
        .hash_password(password.expose().as_bytes())
        .map_err(|error| Error::internal(anyhow::anyhow!("hashing a password: {error}")))?;
    Ok(PasswordHash(hash.to_string()))
}

/// Whether `password` is the one of `stored`. Without one, and with one too weak or unreadable, the work is the same.
pub fn verify(password: &SecretText, stored: Option<&PasswordHash>) -> Result<Verdict> {
    let bytes = password.expose().as_bytes();
    let too_long = bytes.len() > MAXIMUM_BYTES;
    let stored = stored.and_then(|stored| phc::PasswordHash::new(stored.as_str()).ok()).filter(|_| !too_long);
    let Some(stored) = stored else {
        hash(&SecretText::new(String::new()))?;
        return Ok(Verdict { right: false, stronger: None });
    };
    let right = argon2()?.verify_password(bytes, &stored).is_ok();
    let stronger = if is_weak(&stored) { Some(hash(password)?) } else { None };
    Ok(Verdict { right, stronger: stronger.filter(|_| right) })
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| Error::internal(anyhow::anyhow!("Argon2 parameters: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn is_weak(hash: &phc::PasswordHash) -> bool {
    let Ok(params) = Params::try_from(hash) else { return true };
    hash.algorithm != Algorithm::Argon2id.ident()
        || hash.version != Some(Version::V0x13.into())
        || params.m_cost() < MEMORY_KIB
        || params.t_cost() < PASSES
}

/// Whether `password` (lower case) is in the list, is an entry or the person's name with digits and signs around it, or
/// is a few characters over and over, or a run along the alphabet or the digits.
fn is_common(password: &str, user_name: &str) -> bool {
    let stem = password.trim_matches(|c: char| !c.is_alphabetic());
    let listed = |text: &str| COMMON.contains(text) || (!text.is_empty() && text == user_name);
    listed(password) || listed(stem) || repeats(password) || repeats(stem) || runs(password)
}

/// `abcabcabcabc`: a unit of at most six characters, or a listed word, over and over (the last one may be cut).
fn repeats(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    (1..=characters.len() / 2).any(|unit| {
        let again = characters.iter().zip(characters.iter().skip(unit)).all(|(one, next)| one == next);
        again && (unit <= 6 || COMMON.contains(characters.iter().take(unit).collect::<String>().as_str()))
    })
}

/// `abcdefghijkl`, `987654321098`: each character is the neighbour of the one before.
fn runs(text: &str) -> bool {
    let steps = |by: u32| {
        text.chars().zip(text.chars().skip(1)).all(|(one, next)| {
            u32::from(one).wrapping_add(by) == u32::from(next) || matches!((one, next), ('9', '0') | ('0', '9'))
        })
    };
    steps(1) || steps(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretText {
        SecretText::new(text.to_owned())
    }

    #[test]
    fn sec_a01_a_new_hash_is_argon2id_with_the_promised_cost_and_a_16_byte_salt() {
        let hash = hash(&secret("correct horse battery")).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        let salt = hash.as_str().split('$').nth(4).unwrap();
        assert_eq!(salt.len(), 22, "16 bytes are 22 digits of base 64");
        assert_eq!(format!("{hash:?}"), "***");
    }

    #[test]
    fn sec_a01_passwords_equal_in_their_first_72_bytes_are_different() {
        let (one, two) = (secret(&format!("{}1", "a b".repeat(24))), secret(&format!("{}2", "a b".repeat(24))));
        let stored = hash(&one).unwrap();
        assert!(verify(&one, Some(&stored)).unwrap().right);
        assert!(!verify(&two, Some(&stored)).unwrap().right);
    }

    #[test]
    fn sec_a01_a_weaker_hash_is_replaced_when_the_password_is_right_and_only_then() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
        let weak: phc::PasswordHash = weak.hash_password(b"correct horse battery").unwrap();
        let weak = PasswordHash(weak.to_string());
        let verdict = verify(&secret("correct horse battery"), Some(&weak)).unwrap();
        let stronger = verdict.stronger.expect("a stronger hash");
        assert!(verdict.right && stronger.as_str().contains("m=19456"));
        assert!(verify(&secret("correct horse battery"), Some(&stronger)).unwrap().stronger.is_none());
        assert!(verify(&secret("wrong horse battery"), Some(&weak)).unwrap().stronger.is_none());
    }

    #[test]
    fn sec_a13_twelve_characters_and_nothing_that_everybody_tries() {
        for good in ["correct horse battery", "열두글자가넘는비밀번호예요", "x8#kPq2!mZ0w", "tuesday rain in april"]
        {
            assert_eq!(problem(&secret(good), "anna"), None, "{good}");
        }
        for bad in [
            "short",
            "elevenchars",
            "password1234",
            "Password2026!!",
            "123456789012",
            "qwertyuiop12",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "abcdefghijklm",
            "987654321098",
            "administrator1!",
            "passwordpassword",
            "!!!anna!!!!!!!!",
        ] {
            assert!(problem(&secret(bad), "anna").is_some(), "{bad}");
        }
        assert!(problem(&secret(&"x y".repeat(400)), "anna").is_some());
    }

    #[test]
    fn every_common_password_is_written_the_way_it_is_looked_up() {
        for line in COMMON.iter() {
            assert_eq!(*line, line.trim().to_lowercase(), "{line}");
        }
        assert!(COMMON.len() > 300, "{}", COMMON.len());
    }
}
