//! A letter, through a server of mail that a channel knows.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message as Letter;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{Asked, Kind, Sent, Told, Way, as_it_is, cut, link, one_line, texts};
use crate::error::FieldErrors;
use crate::language::Message;
use crate::outbound::{Mail, MailAddress, MailTls};
use crate::scenarios::fields::{Default, Field, Takes, number, text};
use crate::scenarios::template::{Into, render};
use crate::secret::SecretText;

/// Who gets one letter.
const MOST: usize = 20;
/// Characters of a subject.
const LONGEST_SUBJECT: usize = 200;
/// Characters of a text.
const LONGEST: usize = 60_000;

/// A letter.
pub(super) const EMAIL: Kind = Kind {
    kind: "email",
    label: "E-mail",
    icon: "mail",
    fields: &[
        Field {
            name: "to",
            label: "To",
            hint: "ops@example.org, with commas between several",
            takes: Takes::Line { most: 2_000 },
            default: Default::Required,
        },
        Field {
            name: "subject",
            label: "Subject",
            hint: "Values may stand in it: {{ server.name }} is busy",
            takes: Takes::Line { most: 500 },
            default: Default::Required,
        },
        Field {
            name: "text",
            label: "Message",
            hint: "Plain text; values stand in it like this: {{ server.name }}",
            takes: Takes::Template { most: 8_000 },
            default: Default::Required,
        },
    ],
    channel: Some(Asked { fields: CHANNEL, check, test: &[("to", ""), ("subject", "hannun"), ("text", "{{ text }}")] }),
    make: |told| {
        let to = text(told.settings, "to");
        addresses(to)?;
        let whole = texts(told, text(told.settings, "text"), Into::Text, "\n")?;
        Ok(json!({ "to": to, "subject": subject(told)?, "text": cut(&whole, LONGEST, link(&told)) }))
    },
    reads: as_it_is,
    way: Way::Mail { letter },
    pace_ms: 200,
};

const CHANNEL: &[Field] = &[
    Field {
        name: "host",
        label: "Server of mail",
        hint: "smtp.example.org",
        takes: Takes::Line { most: 253 },
        default: Default::Required,
    },
    Field {
        name: "port",
        label: "Port",
        hint: "587 with STARTTLS, 465 with TLS at once",
        takes: Takes::Number { least: 1, most: 65_535 },
        default: Default::Number(587),
    },
    Field {
        name: "tls",
        label: "Encryption",
        hint: "",
        takes: Takes::Choice(&[
            ("starttls", "STARTTLS"),
            ("implicit", "TLS at once"),
            ("none", "None: only for addresses in HANNUN_OUTBOUND_ALLOW"),
        ]),
        default: Default::Text("starttls"),
    },
    Field {
        name: "user",
        label: "User",
        hint: "Empty: nobody signs in",
        takes: Takes::Line { most: 200 },
        default: Default::Text(""),
    },
    Field {
        name: "password",
        label: "Password",
        hint: "",
        takes: Takes::Secret { most: 500 },
        default: Default::Text(""),
    },
    Field {
        name: "from",
        label: "From",
        hint: "hannun <hannun@example.org>. A test goes to this address too",
        takes: Takes::Line { most: 300 },
        default: Default::Required,
    },
];

fn check(channel: &Value) -> FieldErrors {
    let mut problems = FieldErrors::default();
    if !Mail::names_a_host(text(channel, "host")) {
        problems.add("host", "This names no host");
    }
    if mailbox(text(channel, "from")).is_none() {
        problems.add("from", "This is no address of mail");
    }
    match (text(channel, "user").is_empty(), text(channel, "password").is_empty()) {
        (true, false) => problems.add("user", "This is needed"),
        (false, true) => problems.add("password", "This is needed"),
        (false, false) if text(channel, "tls") == "none" => {
            problems.add("tls", "A password is sent over TLS only");
        }
        _ => {}
    }
    problems
}

/// `Somebody <somebody@example.org>`, or only the address.
fn mailbox(text: &str) -> Option<(Mailbox, MailAddress)> {
    let mailbox: Mailbox = text.trim().parse().ok()?;
    let address = MailAddress::read(mailbox.email.as_ref())?;
    Some((mailbox, address))
}

/// Those who get it.
fn addresses(to: &str) -> Result<Vec<(Mailbox, MailAddress)>, Message> {
    let known =
        to.split(',').map(str::trim).filter(|one| !one.is_empty()).map(|one| {
            mailbox(one).ok_or_else(|| Message::new("{address} is no address of mail").with("address", one))
        });
    let known = known.collect::<Result<Vec<_>, _>>()?;
    if known.len() > MOST {
        return Err(Message::new("A letter goes to {most} addresses at most").with("most", MOST));
    }
    Ok(known)
}

/// One line, whatever a server said, with the values of the first reading.
fn subject(told: Told<'_>) -> Result<String, Message> {
    let first = told.about.first().cloned().unwrap_or_default();
    let made = render(text(told.settings, "subject"), &first, Into::Text, told.zone)?;
    Ok(one_line(made.trim(), LONGEST_SUBJECT))
}

/// The letter of a try: the same in every one, but for its date (O05).
fn letter(sent: Sent<'_>) -> Result<Mail, Message> {
    let no_address = || Message::new("{address} is no address of mail");
    let from = text(sent.channel, "from");
    let (from, sender) = mailbox(from).ok_or_else(|| no_address().with("address", from))?;
    let mut to = addresses(text(sent.message, "to"))?;
    if to.is_empty() {
        to.push((from.clone(), sender.clone()));
    }
    let domain = sender.as_str().rsplit('@').next().unwrap_or_default().to_owned();
    let at = UNIX_EPOCH + Duration::from_secs(sent.at.unsigned_abs());
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    let mut builder = Letter::builder()
        .from(from)
        .subject(text(sent.message, "subject"))
        .date(at)
        .message_id(Some(format!("<{}@{domain}>", sent.key)))
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN);
    for (mailbox, _) in &to {
        builder = builder.to(mailbox.clone());
    }
    let calm = |sign: &char| !sign.is_control() || matches!(sign, '\n' | '\t');
    let body: String = text(sent.message, "text").chars().filter(calm).collect();
    let letter = builder.body(body).map_err(|why| Message::new("This makes no letter: {why}").with("why", why))?;
    let password = text(sent.channel, "password");
    Ok(Mail {
        host: text(sent.channel, "host").to_owned(),
        port: number(sent.channel, "port").try_into().unwrap_or_default(),
        tls: match text(sent.channel, "tls") {
            "implicit" => MailTls::Implicit,
            "none" => MailTls::None,
            _ => MailTls::StartTls,
        },
        login: (!password.is_empty())
            .then(|| (text(sent.channel, "user").to_owned(), SecretText::new(password.to_owned()))),
        from: sender,
        to: to.into_iter().map(|(_, address)| address).collect(),
        letter: letter.formatted(),
    })
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::Map;

    use super::*;

    fn made(subject: &str, words: &str, name: &str) -> Value {
        let about: [Map<String, Value>; 1] = [json!({"server": {"name": name}}).as_object().unwrap().clone()];
        let settings = json!({"to": "Ops <ops@example.org>, b@example.org", "subject": subject, "text": words});
        (EMAIL.make)(Told { settings: &settings, about: &about, zone: Tz::UTC }).unwrap()
    }

    fn sent(message: &Value) -> (Mail, String) {
        let channel = json!({"host": "mail.example.org", "port": 465, "tls": "implicit", "user": "u", "password": "canary",
            "from": "한눈 <hannun@example.org>"});
        let mail = letter(Sent { message, channel: &channel, key: "k-1", at: 1_700_000_000 }).unwrap();
        let text = String::from_utf8(mail.letter.clone()).unwrap();
        (mail, text)
    }

    #[test]
    fn a_letter_says_whose_it_is_and_is_the_same_in_every_try() {
        let (mail, text) = sent(&made("{{ server.name }} is busy", "CPU\n바쁨", "web-1"));
        assert_eq!(mail.to.iter().map(MailAddress::as_str).collect::<Vec<_>>(), ["ops@example.org", "b@example.org"]);
        assert_eq!((mail.port, mail.tls, mail.from.as_str()), (465, MailTls::Implicit, "hannun@example.org"));
        for line in [
            "Message-ID: <k-1@example.org>",
            "Subject: web-1 is busy",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(text.contains(&format!("{line}\r\n")), "{line}: {text}");
        }
        assert!(text.is_ascii() && !text.contains("canary") && !format!("{mail:?}").contains("canary"), "{text}");
    }

    #[test]
    fn sec_x05_a_server_makes_no_header_and_no_second_letter() {
        let hostile = "a\r\nBcc: evil@example.org\r\n\r\n.\r\nMAIL FROM:<x>";
        let (mail, text) = sent(&made("{{ server.name }}", "{{ server.name }}", hostile));
        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
        assert_eq!(mail.to.len(), 2);
        assert!(made("{{ server.name }}", "x", &"x".repeat(100_000))["subject"].as_str().unwrap().len() <= 200);
    }

    #[test]
    fn what_is_wrong_with_a_server_of_mail_is_told_by_field() {
        let problems = |change: &[(&str, &str)]| {
            let mut channel = json!({"host": "mail.example.org", "port": 587, "tls": "starttls", "user": "", "password": "",
                "from": "a@example.org"});
            for (name, value) in change {
                channel[*name] = (*value).into();
            }
            check(&channel).iter().map(|(field, _)| field.to_owned()).collect::<Vec<_>>()
        };
        assert!(problems(&[]).is_empty());
        assert_eq!(
            problems(&[("host", "a b"), ("from", "nobody")]),
            ["from", "host"].map(str::to_owned).into_iter().rev().collect::<Vec<_>>()
        );
        assert_eq!(problems(&[("user", "u")]), ["password"]);
        assert_eq!(problems(&[("password", "p")]), ["user"]);
        assert_eq!(problems(&[("user", "u"), ("password", "p"), ("tls", "none")]), ["tls"]);
        assert!(addresses("a@example.org, b").is_err() && addresses(&"a@example.org,".repeat(21)).is_err());
    }
}
