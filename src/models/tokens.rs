//! Random texts that open something: sessions, API tokens, setup links. Only their SHA-256 is ever stored (A05).

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::secret::SecretText;

/// Digits of base 62, in the order of their value.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// 43 digits of base 62 hold 256 random bits.
const LENGTH: usize = 43;

/// `prefix` and 256 random bits, as letters and digits.
pub fn random(prefix: &str) -> Result<SecretText> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(anyhow::anyhow!("no random bytes: {error}")))?;
    let token = SecretText::new(format!("{prefix}{}", base62(&mut bytes)));
    zeroize::Zeroize::zeroize(&mut bytes);
    Ok(token)
}

/// What is stored of a token.
pub fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// The number that `bytes` are, most significant first, in base 62 with leading zeros. Uses `bytes` up.
fn base62(bytes: &mut [u8]) -> String {
    let mut digits: Vec<u8> = (0..LENGTH)
        .map(|_| {
            let mut remainder = 0_u32;
            for byte in bytes.iter_mut() {
                let value = (remainder << 8) | u32::from(*byte);
                *byte = u8::try_from(value / 62).unwrap_or_default();
                remainder = value % 62;
            }
            DIGITS.get(remainder as usize).copied().unwrap_or(b'0')
        })
        .collect();
    digits.reverse();
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_62_writes_256_bits_whole() {
        assert_eq!(base62(&mut [0; 32]), "0".repeat(43));
        assert_eq!(
            base62(&mut {
                let mut n = [0; 32];
                n[31] = 62;
                n
            }),
            format!("{}10", "0".repeat(41))
        );
        // 2^256 - 1
        assert_eq!(base62(&mut [0xff; 32]), "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
    }

    #[test]
    fn sec_a05_two_tokens_differ_and_carry_their_prefix() {
        let (one, two) = (random("hnn_").unwrap(), random("hnn_").unwrap());
        assert!(one.expose().starts_with("hnn_") && one.expose().len() == 47);
        assert_ne!(one.expose(), two.expose());
        assert_ne!(hash(one.expose()), one.expose().as_bytes());
    }
}
