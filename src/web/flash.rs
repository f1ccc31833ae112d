//! A sentence that travels in a cookie to the page after a redirect. Pure.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// As a cookie's value; long sentences are cut.
pub fn pack(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text.chars().take(500).collect::<String>())
}

/// Back to the sentence; nothing where it is none of ours.
pub fn unpack(value: &str) -> Option<String> {
    URL_SAFE_NO_PAD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !text.is_empty())
}
