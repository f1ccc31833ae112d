//! The certificate that a port shows to a server.

use std::net::IpAddr;

use chrono::{DateTime, NaiveDateTime, Utc};

use super::shape::{Shape, needed, optional};
use super::text::{LONG, SHORT, moment, shown};
use super::{Command, CommandType, Parameters, ParseError, Read, Value, table};

pub(super) const FORMATS: &[&str] = &["table"];

pub(super) const SHAPES: &[Shape] = &[Shape::word(
    "certificate",
    &[
        needed("result", "read, failed, timed_out or no_tool", "read"),
        optional("until", "When it ends: Dec 12 09:43:43 2026 GMT, or seconds since 1970", "1797068623"),
        optional("from", "When it begins, in the same way", "1795345732"),
        optional("subject", "Whose it is", "CN = example.org"),
        optional("issuer", "Who has signed it", "CN = R11"),
        optional("verdict", "What the program says of its signature, 0 (ok) where it trusts it", "0 (ok)"),
        optional("said", "What the program said where it failed", "Connection refused"),
    ],
)];

/// Ways to begin in the clear, with what each is for: the words of `openssl s_client -starttls`.
pub const STARTTLS: [&str; 5] = ["", "smtp", "imap", "pop3", "ftp"];

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// It was shown.
    Read(Certificate),
    /// Nobody shook hands in time.
    TimedOut,
    /// There was nobody, or nothing was shown; what was said about it.
    Failed(String),
    /// There is nothing on the server to look at it with.
    NoTool,
}

/// A certificate. Every text is the other end's own, and hostile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate {
    /// When it ends.
    pub until: Option<DateTime<Utc>>,
    /// When it begins.
    pub from: Option<DateTime<Utc>>,
    /// Whose it is.
    pub subject: String,
    /// Who has signed it.
    pub issuer: String,
    /// What the program says of its signature: `0 (ok)`.
    pub verdict: String,
}

/// Looks at the certificate that a port shows, within ten seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadCertificate {
    at: String,
    name: String,
    starttls: &'static str,
}

impl ReadCertificate {
    /// Of a port of a host, which is a name or an address; none where it cannot be one, or there is no such way to begin.
    pub fn of(host: &str, port: u16, starttls: &str) -> Option<Self> {
        let starttls = STARTTLS.into_iter().find(|known| *known == starttls)?;
        let address: Option<IpAddr> = host.parse().ok();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_name = host.starts_with(|c: char| c.is_ascii_alphanumeric()) && host.chars().all(plain);
        let (at, name) = match address {
            Some(IpAddr::V6(six)) => (format!("[{six}]:{port}"), String::new()),
            Some(four) => (format!("{four}:{port}"), String::new()),
            None if is_name && host.len() <= 255 => (format!("{host}:{port}"), host.to_owned()),
            None => return None,
        };
        Some(Self { at, name, starttls })
    }
}

impl Command for ReadCertificate {
    const TYPE: CommandType = CommandType::ReadCertificate;
    type Output = Shown;

    fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("at", Value::Text(self.at.clone().into_bytes()))
            .with("name", Value::Text(self.name.clone().into_bytes()))
            .with("starttls", Value::OneOf(self.starttls))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Shown, ParseError> {
        match format {
            "table" => read(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ReadCertificate {
    fn target(&self) -> String {
        self.at.clone()
    }
}

pub(super) fn read(output: &[u8]) -> Result<Shown, ParseError> {
    let mut found = None;
    for row in table::rows(output, 8) {
        let row = row?;
        if row.column(0) != Some(b"certificate") || found.is_some() {
            return Err(row.error("one row that begins with certificate was expected"));
        }
        let text = |at: usize, limit: usize| row.column(at).map(|value| shown(value, limit)).unwrap_or_default();
        found = Some(match row.column(1) {
            Some(b"read") => Shown::Read(Certificate {
                until: row.read(2, "moment", time)?,
                from: row.read(3, "moment", time)?,
                subject: text(4, SHORT),
                issuer: text(5, SHORT),
                verdict: text(6, SHORT),
            }),
            Some(b"timed_out") => Shown::TimedOut,
            Some(b"failed") => Shown::Failed(text(7, LONG)),
            Some(b"no_tool") => Shown::NoTool,
            _ => return Err(row.error("the result is not known")),
        });
    }
    found.ok_or_else(|| ParseError::new("nothing was said", output))
}

/// `Dec  5 09:43:43 2026 GMT`, or seconds since 1970.
fn time(word: &[u8]) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(word).ok()?;
    let by_words = NaiveDateTime::parse_from_str(text, "%b %e %H:%M:%S %Y GMT").ok().map(|at| at.and_utc());
    by_words.or_else(|| moment(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_p03_a_host_is_matched_as_a_whole() {
        let at = |host: &str| ReadCertificate::of(host, 443, "").map(|asked| (asked.at, asked.name));
        let own = |at: &str, name: &str| Some((at.to_owned(), name.to_owned()));
        assert_eq!(at("example.org"), own("example.org:443", "example.org"));
        assert_eq!(at("192.0.2.1"), own("192.0.2.1:443", ""), "an address is no name to be asked for");
        assert_eq!(at("2001:db8::1"), own("[2001:db8::1]:443", ""));
        for host in ["", "-connect", "a b", "a\nb", "a/b", "a:1", "$(id)", "é.org", &"a".repeat(256)] {
            assert_eq!(at(host), None, "{host:?}");
        }
        assert_eq!(ReadCertificate::of("example.org", 25, "xmpp"), None);
    }

    #[test]
    fn a_day_has_one_figure_or_two() {
        let until = |row: &str| match read(row.as_bytes()) {
            Ok(Shown::Read(found)) => found.until.map(|at| at.to_rfc3339()),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            until("certificate\tread\tDec  5 09:43:43 2026 GMT\n").as_deref(),
            Some("2026-12-05T09:43:43+00:00")
        );
        assert_eq!(
            until("certificate\tread\tDec 15 09:43:43 2026 GMT\n").as_deref(),
            Some("2026-12-15T09:43:43+00:00")
        );
        assert_eq!(until("certificate\tread\t1795345732\n").as_deref(), Some("2026-11-22T11:08:52+00:00"));
        assert!(read(b"certificate\tread\tsoon\n").is_err());
    }

    proptest::proptest! {
        #[test]
        fn sec_x03_any_answer_is_read_or_refused(output in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = read(&output);
            let _ = read(&[b"certificate\tread\t", output.as_slice()].concat());
        }
    }
}
