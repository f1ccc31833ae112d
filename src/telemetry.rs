//! Logs: one line per event, never a secret, never a control character.
