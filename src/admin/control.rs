//! One field as the page shows it. What was typed is shown again after a mistake, except secrets.

use chrono::{DateTime, Utc};

use crate::language::Message;

/// A field with its value and what is wrong with it.
#[derive(Debug, Clone)]
pub struct FieldView {
    /// Its name in the form.
    pub name: &'static str,
    /// Its label, in English.
    pub label: &'static str,
    /// What helps to fill it in, in English; empty where nothing does.
    pub hint: &'static str,
    /// Whether it takes the whole width.
    pub wide: bool,
    /// Whether it must be filled in.
    pub required: bool,
    /// The choices that must be made for it to be shown, separated by spaces.
    pub when: String,
    /// What is wrong with it.
    pub problem: Option<Message>,
    /// The control itself.
    pub control: Control,
}

/// What a person fills in.
#[derive(Debug, Clone)]
pub enum Control {
    /// A line of text.
    Line {
        /// What stands in it.
        value: String,
        /// Literal text.
        mono: bool,
        /// A number.
        figures: bool,
        /// Values that the browser offers while typing.
        offers: Vec<String>,
    },
    /// One of several, in a menu.
    Menu(Vec<Offer>),
    /// One of a few, side by side.
    Segments(Vec<Offer>),
    /// One of several, each with a sentence.
    Cards(Vec<Offer>),
    /// Any of several.
    Ticks(Vec<Offer>),
    /// Several lines of text.
    Area(String),
    /// Something that is written and never read back.
    Secret {
        /// Whether one is stored.
        stored: bool,
        /// When it was last changed.
        changed_at: Option<DateTime<Utc>>,
        /// A pasted key.
        lines: bool,
        /// Whether what is stored may be removed.
        removable: bool,
    },
    /// Yes or no.
    Tick(bool),
    /// Nothing to fill in: literal text to look at.
    Shown(String),
    /// Nothing to fill in: what was chosen once.
    Chosen(Vec<Offer>),
}

/// One value to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// As it is sent.
    pub value: String,
    /// As people read it.
    pub label: String,
    /// Whether the label is a word of ours, which has a translation.
    pub is_word: bool,
    /// More about it.
    pub detail: Option<Message>,
    /// The fields that it opens (their `when`); empty for none.
    pub reveals: &'static str,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Offer {
    /// A name that somebody gave, offered as it is.
    pub fn name(name: impl Into<String>) -> Self {
        let value: String = name.into();
        Self { label: value.clone(), value, is_word: false, detail: None, reveals: "", chosen: false }
    }

    /// A word of ours.
    pub fn word(value: &str, label: &'static str) -> Self {
        Self { value: value.to_owned(), label: label.to_owned(), is_word: true, ..Self::name("") }
    }

    /// The same with more about it.
    #[must_use]
    pub fn detail(mut self, detail: Message) -> Self {
        self.detail = Some(detail);
        self
    }

    /// The same, opening the fields that wait for `token`.
    #[must_use]
    pub fn reveals(mut self, token: &'static str) -> Self {
        self.reveals = token;
        self
    }
}

impl Control {
    /// Shows what was typed instead of what is stored. Secrets must be typed again.
    pub fn typed_again(&mut self, typed: &[&str]) {
        let last = typed.last().copied().unwrap_or_default();
        match self {
            Self::Line { value, .. } | Self::Area(value) => last.clone_into(value),
            Self::Menu(offers) | Self::Segments(offers) | Self::Cards(offers) | Self::Ticks(offers) => {
                for offer in offers {
                    offer.chosen = typed.contains(&offer.value.as_str());
                }
            }
            Self::Tick(ticked) => *ticked = !typed.is_empty(),
            Self::Secret { .. } | Self::Shown(_) | Self::Chosen(_) => {}
        }
    }

    /// The values to choose from, where there are any.
    pub fn offers(&self) -> &[Offer] {
        match self {
            Self::Menu(offers) | Self::Segments(offers) | Self::Cards(offers) | Self::Ticks(offers) => offers,
            _ => &[],
        }
    }
}
