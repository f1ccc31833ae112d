//! Reading what was typed: text, numbers, names, labels, secrets. Pure; each problem is a sentence for beside the field.

use std::collections::BTreeMap;

use super::control::{Control, Offer};
use crate::language::Message;
use crate::secret::SecretText;

/// Longest line that is taken, in characters.
const LINE: usize = 255;
/// Longest note, in characters.
const NOTE: usize = 10_000;
/// Longest script, in bytes.
const CODE: usize = 64 << 10;
/// Longest secret, in bytes: an RSA key of 16,384 bits has about 13,000.
const SECRET: usize = 65_536;
/// Labels of one row.
const LABELS: usize = 64;

/// A line without control characters, trimmed.
pub fn line(text: &str, check: Option<fn(&str) -> Option<Message>>) -> Result<String, Message> {
    let text = text.trim();
    if text.chars().count() > LINE {
        return Err(Message::new("At most {most} characters fit here").with("most", LINE));
    }
    if text.chars().any(char::is_control) {
        return Err(Message::new("This cannot hold control characters or line breaks"));
    }
    match check.filter(|_| !text.is_empty()).and_then(|check| check(text)) {
        Some(problem) => Err(problem),
        None => Ok(text.to_owned()),
    }
}

/// A whole number between two others.
pub fn number(text: &str, least: i64, most: i64) -> Result<i64, Message> {
    let digits = text.trim();
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| plain && (least..=most).contains(number)).ok_or_else(|| {
        Message::new("This must be a whole number from {least} to {most}").with("least", least).with("most", most)
    })
}

/// One of the offered values.
pub fn offered(text: &str, offers: &[Offer]) -> Result<String, Message> {
    match offers.iter().find(|offer| offer.value == text) {
        Some(offer) => Ok(offer.value.clone()),
        None if text.is_empty() => Ok(String::new()),
        None => Err(unknown(text)),
    }
}

/// The name of a row that exists; empty for none.
pub fn related(text: &str, control: &Control) -> Result<String, Message> {
    let text = text.trim();
    match control {
        Control::Line { offers, .. } if text.is_empty() || offers.iter().any(|offer| offer == text) => {
            Ok(text.to_owned())
        }
        Control::Line { .. } => Err(unknown(text)),
        _ => offered(text, control.offers()),
    }
}

/// Any of the offered values, each once, in the order of the offers.
pub fn all_offered(texts: &[&str], offers: &[Offer]) -> Result<Vec<String>, Message> {
    if let Some(strange) = texts.iter().find(|text| offers.iter().all(|offer| offer.value != **text)) {
        return Err(unknown(strange));
    }
    Ok(offers.iter().filter(|offer| texts.contains(&offer.value.as_str())).map(|offer| offer.value.clone()).collect())
}

fn unknown(name: &str) -> Message {
    Message::new("There is no {name} to choose").with("name", name.chars().take(64).collect::<String>())
}

/// Text of several lines; line ends become `\n`.
pub fn note(text: &str) -> Result<String, Message> {
    let text = text.replace("\r\n", "\n").trim_end().to_owned();
    if text.chars().count() > NOTE {
        return Err(Message::new("At most {most} characters fit here").with("most", NOTE));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Message::new("This cannot hold control characters"));
    }
    Ok(text)
}

/// Literal text of several lines; line ends become `\n`, and one ends it.
pub fn code(text: &str) -> Result<String, Message> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim_end();
    if text.len() > CODE {
        return Err(Message::new("At most {most} bytes fit here").with("most", CODE));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Message::new("This cannot hold control characters"));
    }
    Ok(if text.is_empty() { String::new() } else { format!("{text}\n") })
}

/// A secret as it was typed; a pasted key gets plain line ends and ends with one.
pub fn secret(text: &str, lines: bool) -> Result<Option<SecretText>, Message> {
    if text.len() > SECRET {
        return Err(Message::new("At most {most} bytes fit here").with("most", SECRET));
    }
    if text.contains('\0') || (!lines && text.contains(['\r', '\n'])) {
        return Err(Message::new("This cannot hold control characters or line breaks"));
    }
    if !lines {
        return Ok((!text.is_empty()).then(|| SecretText::new(text.to_owned())));
    }
    let key = SecretText::new(format!("{}\n", text.replace("\r\n", "\n").trim()));
    Ok((key.expose() != "\n").then_some(key))
}

/// `role=cdn, on-call` → labels.
pub fn labels(text: &str) -> Result<BTreeMap<String, String>, Message> {
    let mut labels = BTreeMap::new();
    for part in line(text, None)?.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (name.trim(), value.trim());
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        if name.is_empty() || name.chars().count() > 63 || !name.chars().all(plain) {
            return Err(Message::new("{name} is no name for a label: letters, digits, - _ . and / only")
                .with("name", name.chars().take(64).collect::<String>()));
        }
        if labels.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Message::new("The label {name} is there twice").with("name", name));
        }
    }
    if labels.len() > LABELS {
        return Err(Message::new("At most {most} labels fit here").with("most", LABELS));
    }
    Ok(labels)
}

/// Labels as they are typed.
pub fn labels_text(labels: &BTreeMap<String, String>) -> String {
    let text =
        |(name, value): (&String, &String)| if value.is_empty() { name.clone() } else { format!("{name}={value}") };
    labels.iter().map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_outside_its_bounds_or_with_a_sign_is_refused() {
        assert_eq!(number(" 22 ", 1, 65_535), Ok(22));
        for bad in ["", "0", "65536", "-1", "+22", "2 2", "22.0", "0x16", "९", "99999999999999999999"] {
            assert!(number(bad, 1, 65_535).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn labels_are_typed_as_they_are_shown() {
        let read = labels("role=cdn, on-call,  결제=yes ,").unwrap();
        assert_eq!(labels_text(&read), "on-call, role=cdn, 결제=yes");
        for bad in ["a=1, a=2", "=x", "two words", "a\nb"] {
            assert!(labels(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_line_holds_no_line_break_and_a_password_keeps_its_spaces() {
        assert!(line("a\nb", None).is_err());
        assert!(secret("a\nb", false).is_err());
        assert_eq!(secret(" two  words ", false).unwrap().unwrap().expose(), " two  words ");
        assert!(secret("", false).unwrap().is_none());
    }

    #[test]
    fn a_pasted_key_gets_plain_line_ends() {
        let key = secret("  -----BEGIN\r\nabc\r\n-----END  \r\n", true).unwrap().unwrap();
        assert_eq!(key.expose(), "-----BEGIN\nabc\n-----END\n");
        assert!(secret(" \r\n ", true).unwrap().is_none());
    }

    #[test]
    fn only_what_is_offered_can_be_chosen() {
        let offers = [Offer::name("a"), Offer::name("b")];
        assert_eq!(all_offered(&["b", "a", "b"], &offers).unwrap(), ["a", "b"]);
        assert!(all_offered(&["a", "c"], &offers).is_err());
        assert!(offered("c", &offers).is_err());
    }
}
