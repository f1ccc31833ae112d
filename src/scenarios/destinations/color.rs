//! The colour beside a message, for all receivers that show one.

use serde_json::Value;

use crate::scenarios::fields::{Default, Field, Takes, text};

/// Which colour a message has.
pub(super) const FIELD: Field = Field {
    name: "color",
    label: "Colour",
    hint: "",
    takes: Takes::Choice(&[("none", "None"), ("good", "Green"), ("warning", "Amber"), ("danger", "Red")]),
    default: Default::Text("none"),
};

/// A colour that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Color {
    /// All is well.
    Good,
    /// Somebody should look.
    Warning,
    /// Somebody must look.
    Danger,
}

impl Color {
    /// What was chosen; none where no colour was.
    pub(super) fn of(settings: &Value) -> Option<Self> {
        match text(settings, FIELD.name) {
            "good" => Some(Self::Good),
            "warning" => Some(Self::Warning),
            "danger" => Some(Self::Danger),
            _ => None,
        }
    }

    /// As Slack calls it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }

    /// As a number of red, green and blue: the colours that Slack shows for its words.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Good => 0x2E_B8_86,
            Self::Warning => 0xDA_A0_38,
            Self::Danger => 0xA3_02_00,
        }
    }

    /// The style of a container in an Adaptive Card.
    pub(super) fn style(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Danger => "attention",
        }
    }
}
