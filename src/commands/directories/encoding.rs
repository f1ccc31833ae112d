//! A path of any bytes as text that survives forms and addresses: what is not plain is `%` and two digits.

/// Percent for everything but letters, digits and `/._-`.
pub fn encode(path: &[u8]) -> String {
    use std::fmt::Write as _;
    path.iter().fold(String::with_capacity(path.len()), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => text.push(char::from(*byte)),
            other => drop(write!(text, "%{other:02X}")),
        }
        text
    })
}

/// The bytes again; a `%` that no two digits follow is one.
pub fn decode(text: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let escaped = digit(after.first()).zip(digit(after.get(1))).filter(|_| *first == b'%');
        rest = if let Some(byte) = escaped.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            bytes.push(byte);
            after.get(2..).unwrap_or_default()
        } else {
            bytes.push(*first);
            after
        };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_ordinary_path_is_itself() {
        assert_eq!(encode(b"/var/log"), "/var/log");
        assert_eq!(decode("/srv/a b%"), b"/srv/a b%");
    }

    proptest! {
        #[test]
        fn sec_f01_any_bytes_come_back(path in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(decode(&encode(&path)), path);
        }

        #[test]
        fn sec_x03_any_text_is_some_path(text in ".*") {
            drop(decode(&text));
        }
    }
}
