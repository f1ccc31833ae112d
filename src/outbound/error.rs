//! Why somebody outside was not asked, or did not answer.

use std::fmt;
use std::net::IpAddr;

use crate::language::Message;

/// Why somebody outside was not asked, or did not answer. URLs may hold tokens: only hosts are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboundError {
    /// It is no URL that is asked: why, in English.
    NoUrl(&'static str),
    /// The name has no address.
    NoAddress {
        /// Which name.
        host: String,
    },
    /// An address of the name is not reached (O01).
    Refused {
        /// Which name.
        host: String,
        /// Which address of it.
        address: IpAddr,
        /// What that is, in English.
        what: &'static str,
    },
    /// Nobody could be reached there.
    Unreachable {
        /// Which name.
        host: String,
        /// The system's words.
        why: String,
    },
    /// The certificate is not to be believed, or there is no TLS (O07).
    Untrusted {
        /// Which name.
        host: String,
        /// The words of whoever checked it.
        why: String,
    },
    /// It did not answer in time.
    TimedOut {
        /// Which name.
        host: String,
    },
    /// What came is no HTTP.
    NoAnswer {
        /// Which name.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// It points elsewhere, and that is not followed: why, in English.
    Redirected {
        /// Which name.
        host: String,
        /// Why.
        why: &'static str,
    },
    /// It takes letters in no way that is safe: why, in English.
    Unsafe {
        /// Which name.
        host: String,
        /// Why.
        why: &'static str,
    },
}

impl OutboundError {
    /// The sentence for the person.
    pub fn message(&self) -> Message {
        match self {
            Self::NoUrl(why) => Message::new("This URL is not asked: {why}").with_words("why", *why),
            Self::NoAddress { host } => {
                Message::new("{host} was not asked: the name has no address").with("host", host)
            }
            Self::Refused { host, address, what } => {
                Message::new("{host} was not asked: {address} is not public ({what}), and not in HANNUN_OUTBOUND_ALLOW")
                    .with("host", host)
                    .with("address", address)
                    .with_words("what", *what)
            }
            Self::Unreachable { host, why } => {
                Message::new("{host} could not be reached: {why}").with("host", host).with("why", why)
            }
            Self::Untrusted { host, why } => {
                Message::new("{host} is not believed to be itself: {why}").with("host", host).with("why", why)
            }
            Self::TimedOut { host } => Message::new("{host} did not answer in time").with("host", host),
            Self::NoAnswer { host, why } => {
                Message::new("{host} did not answer as it should: {why}").with("host", host).with("why", why)
            }
            Self::Redirected { host, why } => Message::new("{host} points elsewhere, which was not followed: {why}")
                .with("host", host)
                .with_words("why", *why),
            Self::Unsafe { host, why } => {
                Message::new("{host} was given nothing: {why}").with("host", host).with_words("why", *why)
            }
        }
    }
}

impl fmt::Display for OutboundError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(out)
    }
}

impl std::error::Error for OutboundError {}
