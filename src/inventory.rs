//! Servers as text: what other programs' files hold of them. Knows no web page and no request.

pub mod import;
