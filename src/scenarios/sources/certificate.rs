//! How long the certificate of a port is good for, as a server sees it: the port may be its own, or one that only it reaches.

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use serde_json::json;

use super::{Asked, Found, Source, found};
use crate::commands::CommandType;
use crate::commands::certificate::{ReadCertificate, Shown};
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::permission::Permission;
use crate::scenarios::fields::{Default, Field, Takes, number, text};

const NO_HOST: &str = "Write a host name or an IP address, without scheme and port";

/// When a certificate ends.
pub(super) const EXPIRY: Source = Source {
    kind: "certificate_expiry",
    label: "Certificate expiry",
    icon: "lock",
    fields: &[
        Field {
            name: "host",
            label: "Host",
            hint: "As the server reaches it: localhost, example.org",
            takes: Takes::Line { most: 255 },
            default: Default::Required,
        },
        Field {
            name: "port",
            label: "Port",
            hint: "",
            takes: Takes::Number { least: 1, most: 65_535 },
            default: Default::Number(443),
        },
        Field {
            name: "starttls",
            label: "Begins in the clear",
            hint: "",
            takes: Takes::Choice(&[
                ("none", "No"),
                ("smtp", "As mail does (SMTP)"),
                ("imap", "As mailboxes do (IMAP)"),
                ("pop3", "As mailboxes do (POP3)"),
                ("ftp", "As file servers do (FTP)"),
            ]),
            default: Default::Text("none"),
        },
    ],
    gives: &[
        ("certificate.days_left", "27"),
        ("certificate.until", "2026-12-25T12:00:00Z"),
        ("certificate.subject", "CN = example.org"),
        ("certificate.issuer", "CN = R11"),
        ("certificate.verdict", "0 (ok)"),
        ("certificate.at", "example.org:443"),
        ("command", "openssl s_client -connect example.org:443"),
    ],
    asks_server: true,
    acts: false,
    problems: |settings| match asked_of(settings) {
        Some(_) => FieldErrors::default(),
        None => FieldErrors::default().and("host", NO_HOST),
    },
    read: |asked| read(asked).boxed(),
};

fn asked_of(settings: &serde_json::Value) -> Option<ReadCertificate> {
    let port = u16::try_from(number(settings, "port")).ok()?;
    let starttls = Some(text(settings, "starttls")).filter(|word| *word != "none").unwrap_or_default();
    ReadCertificate::of(text(settings, "host"), port, starttls)
}

async fn read(asked: Asked<'_>) -> Result<Found> {
    let command = asked_of(asked.settings).ok_or_else(|| Error::field("host", NO_HOST))?;
    let at = format!("{}:{}", text(asked.settings, "host"), number(asked.settings, "port"));
    // The server speaks to others for it: who may run nothing there may not have that either.
    asked.host.permits(Permission::RunCommand, CommandType::ReadCertificate.name(), &at).await?;
    let answer = asked.host.read(command).await?;
    let not = |sentence: &'static str, said: &str| {
        let why = Message::new(sentence).with("at", &at).with("server", asked.host.name()).with("said", said);
        Err(Error::Unavailable(why))
    };
    let certificate = match answer.value {
        Shown::Read(certificate) => certificate,
        Shown::TimedOut => return not("{at} did not shake hands with {server} within 10 s", ""),
        Shown::NoTool => return not("{server} has no openssl to look at {at} with", ""),
        Shown::Failed(said) => return not("{at} showed {server} no certificate: {said}", &said),
    };
    let Some(until) = certificate.until else { return not("The certificate of {at} does not say when it ends", "") };
    Ok(found(json!({
        "certificate": {
            "days_left": days(until, asked.clock.now()),
            "until": until,
            "from": certificate.from,
            "subject": certificate.subject,
            "issuer": certificate.issuer,
            "verdict": certificate.verdict,
            "at": at,
        },
        "command": answer.evidence.line.replace("\"$at\"", &at),
    })))
}

/// Whole days; below zero where it has ended.
fn days(until: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    (until - now).num_seconds().div_euclid(86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_has_less_than_no_days_left() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-11-29T12:00:00Z");
        assert_eq!(days(at("2026-11-30T11:59:59Z"), now), 0);
        assert_eq!(days(at("2026-11-30T12:00:00Z"), now), 1);
        assert_eq!(days(at("2026-11-29T11:59:59Z"), now), -1);
    }
}
