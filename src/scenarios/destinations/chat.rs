//! What is asked about messages in chats and about their incoming webhooks: of all chats the same, but for what helps to fill it in.

use super::Asked;
use crate::scenarios::fields::{Default, Field, Takes};

/// What a message says, in the marks of the chat that `hint` tells.
pub(super) const fn message(hint: &'static str) -> Field {
    Field { name: "text", label: "Message", hint, takes: Takes::Template { most: 4_000 }, default: Default::Required }
}

/// Where a webhook is, as `hint` writes it.
pub(super) const fn url(hint: &'static str) -> Field {
    Field { name: "url", label: "Webhook URL", hint, takes: Takes::SecretUrl, default: Default::Required }
}

/// A channel of which nothing but the URL of its webhook is asked.
pub(super) const fn webhook(fields: &'static [Field; 1]) -> Asked {
    Asked::about(fields, &[("text", "{{ text }}")])
}
