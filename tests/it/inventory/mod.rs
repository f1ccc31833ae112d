//! Servers as text.

mod import;
