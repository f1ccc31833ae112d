//! Passwords of people: what is accepted, Argon2id, and comparing (A01, A03, A13). Pure and slow: call it off the async
//! threads.

use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;

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
const SALT_BYTES: usize = 16;

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

/// The memory that hashes are made in: 19 MiB, kept by whoever makes many. Given back after each, it would be torn up by
/// what else is allocated, and soon there would be ten times as much.
#[derive(Default)]
pub struct Workspace(Vec<Block>);

impl Workspace {
    fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0.resize(count, Block::default());
        }
        self.0.get_mut(..count).unwrap_or_default()
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
pub fn hash(password: &SecretText, workspace: &mut Workspace) -> Result<PasswordHash> {
    let (mut salt, mut output) = ([0; SALT_BYTES], [0; Params::DEFAULT_OUTPUT_LEN]);
    getrandom::fill(&mut salt).map_err(Error::internal)?;
    let argon2 = argon2()?;
    let blocks = workspace.blocks(argon2.params().block_count());
    argon2
        .hash_password_into_with_memory(password.expose().as_bytes(), &salt, &mut output, blocks)
        .map_err(|error| hashing(&error))?;
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: phc::ParamsString::try_from(argon2.params()).map_err(|error| hashing(&error))?,
        salt: Some(phc::Salt::new(&salt).map_err(|error| hashing(&error))?),
        hash: Some(phc::Output::new(&output).map_err(|error| hashing(&error))?),
    };
    Ok(PasswordHash(hash.to_string()))
}

/// Whether `password` is the one of `stored`. Without one, and with one too weak or unreadable, the work is the same.
pub fn verify(password: &SecretText, stored: Option<&PasswordHash>, workspace: &mut Workspace) -> Result<Verdict> {
    let bytes = password.expose().as_bytes();
    let too_long = bytes.len() > MAXIMUM_BYTES;
    let stored = stored.and_then(|stored| phc::PasswordHash::new(stored.as_str()).ok()).filter(|_| !too_long);
    let compared = stored.as_ref().and_then(|stored| is_of(bytes, stored, workspace));
    let (Some(stored), Some(right)) = (stored, compared) else {
        hash(&SecretText::new(String::new()), workspace)?;
        return Ok(Verdict { right: false, stronger: None });
    };
    let stronger = if is_weak(&stored) { Some(hash(password, workspace)?) } else { None };
    Ok(Verdict { right, stronger: stronger.filter(|_| right) })
}

/// Whether `stored` is the hash of `password`; none where it is not one that can be made again.
fn is_of(password: &[u8], stored: &phc::PasswordHash, workspace: &mut Workspace) -> Option<bool> {
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = stored.version.map_or(Some(Version::default()), |version| Version::try_from(version).ok())?;
    let (salt, expected) = (stored.salt.as_ref()?, stored.hash.as_ref()?);
    let argon2 = Argon2::new(algorithm, version, Params::try_from(stored).ok()?);
    let blocks = workspace.blocks(argon2.params().block_count());
    let mut found = vec![0; expected.as_bytes().len()];
    argon2.hash_password_into_with_memory(password, salt, &mut found, blocks).ok()?;
    Some(found.ct_eq(expected.as_bytes()).into())
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| hashing(&error))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hashing(error: &dyn fmt::Display) -> Error {
    Error::internal(anyhow::anyhow!("hashing a password: {error}"))
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
    use argon2::PasswordHasher as _;

    use super::*;

    fn secret(text: &str) -> SecretText {
        SecretText::new(text.to_owned())
    }

    fn hash(password: &SecretText) -> Result<PasswordHash> {
        super::hash(password, &mut Workspace::default())
    }

    fn verify(password: &SecretText, stored: Option<&PasswordHash>) -> Result<Verdict> {
        super::verify(password, stored, &mut Workspace::default())
    }

    #[test]
    fn what_was_in_the_memory_before_changes_no_hash() {
        let (mut workspace, password) = (Workspace::default(), secret("correct horse battery"));
        let first = super::hash(&password, &mut workspace).unwrap();
        let second = super::hash(&secret("another horse battery"), &mut workspace).unwrap();
        for workspace in [&mut workspace, &mut Workspace::default()] {
            assert!(super::verify(&password, Some(&first), workspace).unwrap().right);
            assert!(!super::verify(&password, Some(&second), workspace).unwrap().right);
        }
        // Made by others, with the same and with more memory.
        let theirs = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$";
        assert!(!super::verify(&password, Some(&theirs.to_owned().into()), &mut workspace).unwrap().right);
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
