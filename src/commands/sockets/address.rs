//! An address and a port, as the tools write them: `127.0.0.1:22`, `[::]:22`, `:::22`, `*:80`, `127.0.0.53%lo:53`.

use super::Peer;
use crate::commands::text::{self, SHORT, integer};

/// Splits at the last colon and takes the brackets away.
pub(super) fn split(word: &[u8]) -> Option<(String, u16)> {
    let colon = word.iter().rposition(|byte| *byte == b':')?;
    let (address, port) = (word.get(..colon)?, word.get(colon + 1..)?);
    let port = u16::try_from(integer(port)?).ok()?;
    // `[fe80::1]%eth0` of ss keeps its zone.
    let address = text::shown(address, SHORT).replace(['[', ']'], "");
    (!address.is_empty()).then_some((address, port))
}

/// The other end; none where it is `*:*` or `0.0.0.0:*`. The outer `None` is a word of another shape.
#[expect(clippy::option_option, reason = "a word of another shape, and nobody at the other end, are two things")]
pub(super) fn peer(word: &[u8]) -> Option<Option<Peer>> {
    if word.ends_with(b":*") {
        return Some(None);
    }
    split(word).map(|(address, port)| Some(Peer { address, port }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_an_address_is_read() {
        for (word, address) in [
            ("0.0.0.0:22", "0.0.0.0"),
            ("[::]:22", "::"),
            (":::22", "::"),
            ("*:22", "*"),
            ("127.0.0.53%lo:22", "127.0.0.53%lo"),
            ("[fe80::1]%eth0:22", "fe80::1%eth0"),
        ] {
            assert_eq!(split(word.as_bytes()), Some((address.to_owned(), 22)), "{word}");
        }
        for word in ["", ":22", "a:", "a:65536", "a:*", "a:-1", "22"] {
            assert_eq!(split(word.as_bytes()), None, "{word}");
        }
    }
}
