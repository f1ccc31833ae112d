//! The words people read: English where they stand, Korean beside them. Pure: knows no request and no page.
//!
//! A visible string is written in English and is its own key. Korean is in `locales/ko.yml`; a test finds what is missing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A language that hannun speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English, the language of the templates.
    #[default]
    En,
    /// Korean.
    Ko,
}

/// English text → Korean text.
static KOREAN: LazyLock<HashMap<String, String>> =
    LazyLock::new(|| serde_yaml::from_str(include_str!("locales/ko.yml")).unwrap_or_default());

impl Language {
    /// The tag of RFC 5646, as in `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The language of a tag, if we speak it: `ko`, `ko-KR`, `en-GB`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.trim().split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "ko" => Some(Self::Ko),
            _ => None,
        }
    }

    /// The first language of an `Accept-Language` header (RFC 9110, 12.5.4) that we speak.
    pub fn from_accept_language(header: &str) -> Self {
        header.split(',').filter_map(|item| item.split(';').next()).find_map(Self::from_tag).unwrap_or_default()
    }

    /// `english` in this language; English where no translation is known.
    pub fn translate(self, english: &str) -> &str {
        match self {
            Self::En => english,
            Self::Ko => KOREAN.get(english).map_or(english, String::as_str),
        }
    }

    /// Whether `english` has a translation in this language.
    pub fn knows(self, english: &str) -> bool {
        match self {
            Self::En => true,
            Self::Ko => KOREAN.contains_key(english),
        }
    }
}

/// A sentence with named values, said in the reader's language: `{server} did not answer`.
///
/// The English template is the key of its translations, so `Message::new` takes a literal. What is stored is the
/// template with its values, so that whoever reads it later reads their own language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    template: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<(Cow<'static, str>, Value)>,
}

/// What fills a placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Value {
    /// The same in every language: a name, a number, what a server said.
    Text(String),
    /// Words of ours, said in the reader's language.
    Words(Message),
}

impl Message {
    /// A sentence; `{name}` in it is filled by [`Message::with`].
    pub fn new(template: &'static str) -> Self {
        Self { template: Cow::Borrowed(template), values: Vec::new() }
    }

    /// What somebody else said: the same in every language.
    pub fn heard(text: impl fmt::Display) -> Self {
        Self::new("{said}").with("said", text)
    }

    /// Fills `{name}` with `value`, which is shown as it is (the page escapes it).
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.values.push((Cow::Borrowed(name), Value::Text(value.to_string())));
        self
    }

    /// Fills `{name}` with words that are translated too.
    #[must_use]
    pub fn with_words(mut self, name: &'static str, words: impl Into<Self>) -> Self {
        self.values.push((Cow::Borrowed(name), Value::Words(words.into())));
        self
    }

    /// Whether it is this sentence, whatever fills it.
    pub fn is(&self, template: &str) -> bool {
        self.template == template
    }

    /// The sentence in `language`.
    pub fn in_language(&self, language: Language) -> String {
        fill(language.translate(&self.template), &self.values, language)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.in_language(Language::En))
    }
}

impl From<&'static str> for Message {
    fn from(template: &'static str) -> Self {
        Self::new(template)
    }
}

/// Fills `{name}` in one pass, so that a value which looks like a placeholder stays text.
fn fill(template: &str, values: &[(Cow<'static, str>, Value)], language: Language) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, Value::Text(value))) => text.push_str(value),
            Some((_, Value::Words(words))) => text.push_str(&words.in_language(language)),
            None => {
                text.push('{');
                text.push_str(name);
                text.push('}');
            }
        }
        rest = tail;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_looks_like_a_placeholder_stays_text() {
        let message = Message::new("{server} said {words}").with("server", "{words}").with("words", "no");
        assert_eq!(message.to_string(), "{words} said no");
    }

    #[test]
    fn words_inside_a_sentence_are_translated_too() {
        let message = Message::new("{what} was not found").with_words("what", "This page");
        assert_eq!(message.to_string(), "This page was not found");
        assert_eq!(message.in_language(Language::Ko), "이 페이지을(를) 찾을 수 없습니다");
    }

    #[test]
    fn a_stored_message_is_said_in_the_language_of_whoever_reads_it() {
        let stored = serde_json::to_string(
            &Message::new("{what} was not found").with_words("what", "This page").with("more", "{what}"),
        );
        let read: Message = serde_json::from_str(&stored.unwrap()).unwrap();
        assert_eq!(read.in_language(Language::Ko), "이 페이지을(를) 찾을 수 없습니다");
        assert_eq!(Message::heard("{said} \u{1b}").to_string(), "{said} \u{1b}");
    }

    #[test]
    fn the_browser_s_first_language_that_we_speak_wins() {
        assert_eq!(Language::from_accept_language("fr-FR,ko-KR;q=0.9,en;q=0.8"), Language::Ko);
        assert_eq!(Language::from_accept_language("fr"), Language::En);
    }

    #[test]
    fn korean_is_well_formed() {
        let korean: Result<HashMap<String, String>, _> = serde_yaml::from_str(include_str!("locales/ko.yml"));
        assert!(korean.is_ok(), "{korean:?}");
    }
}
