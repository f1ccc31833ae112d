//! A letter to a server of mail, by SMTP (RFC 5321): one connection to a checked address, nothing secret without TLS, and nothing sent
//! unless all of its receivers are taken.

mod talk;

use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use url::Host;

use self::talk::{Stop, Talk};
use super::connect::reach;
use super::error::OutboundError;
use super::{Outbound, Way};
use crate::secret::SecretText;

/// A letter and how it gets away. The letter holds what people read: it prints as its host.
pub struct Mail {
    /// Who takes it: a name or an address.
    pub host: String,
    /// On which port.
    pub port: u16,
    /// How TLS begins.
    pub tls: MailTls,
    /// Who signs in, where somebody does.
    pub login: Option<(String, SecretText)>,
    /// Whose it is, for the envelope.
    pub from: MailAddress,
    /// Who gets it.
    pub to: Vec<MailAddress>,
    /// Headers and text (RFC 5322).
    pub letter: Vec<u8>,
}

/// How TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// With the first byte (port 465).
    Implicit,
    /// After the servers have greeted each other (port 587); never without.
    StartTls,
    /// Not at all: only where an administrator listed the address.
    None,
}

/// An address of a person, which holds nothing that means something to a server of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress(String);

/// What was said last: that the letter was taken, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAnswer {
    /// `250`
    pub code: u16,
    /// The words, on one line.
    pub said: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "mail by {}:{}", self.host, self.port)
    }
}

impl MailAddress {
    /// Takes `somebody@example.org`; none where that is no address, or one that could say more than where a letter goes.
    pub fn read(text: &str) -> Option<Self> {
        let (user, domain) = text.rsplit_once('@')?;
        let is_plain = |sign: char| sign.is_ascii_graphic() && !"<>()[]\\,;:\"@".contains(sign);
        let is_right = !user.is_empty() && !domain.is_empty() && user.chars().chain(domain.chars()).all(is_plain);
        (is_right && text.len() <= 254).then(|| Self(text.to_owned()))
    }

    /// `somebody@example.org`
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The host that a text names, however it is written.
pub(super) fn host_named(text: &str) -> Option<Host<String>> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Some(Host::Ipv6(address));
    }
    Host::parse(text).ok()
}

impl Mail {
    /// Whether a text names a host that can be asked.
    pub fn names_a_host(text: &str) -> bool {
        host_named(text).is_some()
    }
}

impl Outbound {
    /// Gives a letter to a server of mail, once. What that said last is the answer, whether it took the letter or not.
    pub async fn mail(&self, mail: &Mail) -> Result<MailAnswer, OutboundError> {
        let until = Instant::now() + self.0.config.mail_timeout;
        let late = || OutboundError::TimedOut { host: mail.host.clone() };
        match timeout_at(until, self.0.mail(mail, until)).await.map_err(|_late| late())? {
            Ok(answer) | Err(Stop::Said(answer)) => Ok(answer),
            Err(Stop::Broken(error)) => Err(error),
        }
    }
}

impl Way {
    async fn mail(&self, mail: &Mail, until: Instant) -> Result<MailAnswer, Stop> {
        let host = host_named(&mail.host).ok_or(OutboundError::NoUrl("it names no host"))?;
        let name = host.to_string();
        let soon = until.min(Instant::now() + self.config.connect_timeout);
        let refused = |why| Stop::from(OutboundError::Unsafe { host: name.clone(), why });
        let addresses = self.checked(&host, mail.port, soon).await?;
        // As with what is not reached at all, one address is enough: any of them may be the one that answers.
        if mail.tls == MailTls::None && !addresses.iter().all(|address| self.policy.lists(*address, mail.port)) {
            return Err(refused("without TLS only addresses in HANNUN_OUTBOUND_ALLOW are written to"));
        }
        let stream = reach(&name, &addresses, mail.port, soon).await?;
        let gone = |why: std::io::Error| OutboundError::Unreachable { host: name.clone(), why: why.to_string() };
        let me = literal(stream.local_addr().map_err(gone)?);
        match mail.tls {
            MailTls::Implicit => {
                let mut talk = Talk::new(self.secure(&name, stream, until).await?, &name);
                talk.greeting().await?;
                give(talk, mail, &me, true).await
            }
            MailTls::StartTls => {
                let mut talk = Talk::new(stream, &name);
                talk.greeting().await?;
                if !talk.hello(&me).await?.iter().any(|word| word == "STARTTLS") {
                    return Err(refused("it offers no STARTTLS"));
                }
                let stream = talk.begin_tls().await?;
                give(Talk::new(self.secure(&name, stream, until).await?, &name), mail, &me, true).await
            }
            MailTls::None => {
                let mut talk = Talk::new(stream, &name);
                talk.greeting().await?;
                give(talk, mail, &me, false).await
            }
        }
    }
}

/// Signs in where somebody does, and gives the letter away.
async fn give<S: AsyncRead + AsyncWrite + Unpin>(
    mut talk: Talk<S>,
    mail: &Mail,
    me: &str,
    is_secret: bool,
) -> Result<MailAnswer, Stop> {
    let offers = talk.hello(me).await?;
    if let Some((user, password)) = &mail.login {
        if !is_secret {
            return Err(talk.refused("a password is sent over TLS only"));
        }
        talk.sign_in(&offers, user, password).await?;
    }
    talk.say(&format!("MAIL FROM:<{}>", mail.from.as_str()), 250..=250).await?;
    for to in &mail.to {
        // Where one is refused nobody gets it: another try would otherwise come twice to the others.
        talk.say(&format!("RCPT TO:<{}>", to.as_str()), 250..=251).await?;
    }
    talk.say("DATA", 354..=354).await?;
    let answer = talk.letter(&mail.letter).await?;
    talk.leave().await;
    Ok(answer)
}

/// How somebody without a name introduces themselves (RFC 5321, 4.1.3).
fn literal(address: SocketAddr) -> String {
    match address.ip().to_canonical() {
        std::net::IpAddr::V4(address) => format!("[{address}]"),
        std::net::IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_x05_an_address_says_where_a_letter_goes_and_nothing_else() {
        assert_eq!(MailAddress::read("ops+web@example.org").unwrap().as_str(), "ops+web@example.org");
        for odd in [
            "",
            "ops",
            "@example.org",
            "ops@",
            "a b@example.org",
            "ops@example.org>\r\nRCPT TO:<evil@example.org",
            "<ops@example.org>",
            "\"a\"@example.org",
            "a@b@example.org",
            "ops@[127.0.0.1]",
            "지원@example.org",
            &format!("{}@example.org", "x".repeat(250)),
        ] {
            assert_eq!(MailAddress::read(odd), None, "{odd}");
        }
    }

    #[test]
    fn sec_o01_a_host_is_known_as_an_address_however_it_is_written() {
        let host = |text: &str| host_named(text).map(|host| host.to_string());
        assert_eq!(host("mail.example.org").as_deref(), Some("mail.example.org"));
        assert_eq!(host("127.1").as_deref(), Some("127.0.0.1"));
        assert_eq!(host("::1").as_deref(), Some("[::1]"));
        for odd in ["", "a b", "mail.example.org:25", "http://x/", "a\r\nb"] {
            assert_eq!(host(odd), None, "{odd}");
        }
    }
}
