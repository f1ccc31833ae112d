//! Letters: to whom, with which secrets, and what is made of what a server of mail says.

use std::path::Path;
use std::sync::Arc;

use hannun::config::OutboundConfig;
use hannun::outbound::{Mail, MailAddress, MailAnswer, MailTls, OutboundError};
use hannun::secret::SecretText;
use rcgen::KeyPair;
use tokio_rustls::TlsAcceptor;

use super::receiver::Receiver;
use super::tls::{acceptor, authority, params};
use super::{Liar, addresses, entries, with};
use crate::harness::smtp::{Begins, Post};

const NAME: &str = "mail.example";

fn usual(_: &str) -> Option<String> {
    None
}

/// Answers one line, which begins so, with this.
fn once(begin: &'static str, with: &'static str) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
    move |line: &str| line.starts_with(begin).then(|| with.to_owned())
}

/// An authority in a file, and a server of its own with its certificate.
fn believed(folder: &Path) -> (std::path::PathBuf, TlsAcceptor) {
    let (authority, key) = (authority(), KeyPair::generate().unwrap());
    let file = folder.join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let certificate = params(NAME).signed_by(&key, &authority).unwrap();
    (file, acceptor(certificate.der().clone(), &key))
}

fn mail(port: u16, tls: MailTls, with_password: bool) -> Mail {
    let address = |text: &str| MailAddress::read(text).unwrap();
    Mail {
        host: NAME.to_owned(),
        port,
        tls,
        login: with_password.then(|| ("hannun".to_owned(), SecretText::new("canary-password".to_owned()))),
        from: address("hannun@example.org"),
        to: vec![address("ops@example.org"), address("night@example.org")],
        letter: b"Subject: x\r\n\r\nfirst\r\n.\r\n..second\r\n".to_vec(),
    }
}

async fn send(post: &Post, mail: &Mail, ca_file: Option<&Path>) -> Result<MailAnswer, OutboundError> {
    let liar = Arc::new(Liar::default().with(NAME, &[addresses(&["127.0.0.1"])]));
    let config = OutboundConfig {
        allowed: entries(&[post.entry()]),
        ca_file: ca_file.map(Path::to_owned),
        ..OutboundConfig::default()
    };
    with(config, &liar).mail(mail).await
}

#[tokio::test]
async fn a_letter_is_given_away_over_tls_whichever_way_that_begins() {
    let folder = tempfile::tempdir().unwrap();
    let (file, tls) = believed(folder.path());
    for (begins, way) in
        [(Begins::Tls(tls.clone()), MailTls::Implicit), (Begins::StartTls(tls.clone()), MailTls::StartTls)]
    {
        let post = Post::open(begins, usual).await;
        let answer = send(&post, &mail(post.port, way, true), Some(&file)).await.unwrap();
        assert_eq!((answer.code, answer.said.as_str()), (250, "250 2.0.0 taken"), "{way:?}");
        let letter = post.letters().remove(0);
        assert_eq!((letter.from.as_str(), letter.to.len(), letter.is_secret), ("hannun@example.org", 2, true));
        assert_eq!(letter.by.as_deref(), Some("hannun:canary-password"));
        assert_eq!(letter.text, "Subject: x\n\nfirst\n.\n..second\n", "a dot ends nothing");
        assert!(post.said().iter().any(|line| line == "EHLO [127.0.0.1]"), "{:?}", post.said());
    }
}

#[tokio::test]
async fn a_server_that_signs_in_by_two_questions_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (file, tls) = believed(folder.path());
    let post = Post::open(Begins::Tls(tls), once("EHLO", "250-mail.example\r\n250 AUTH LOGIN")).await;
    send(&post, &mail(post.port, MailTls::Implicit, true), Some(&file)).await.unwrap();
    assert_eq!(post.letters()[0].by.as_deref(), Some("hannun:canary-password"));
    let odd = Post::open(Begins::Tls(believed(folder.path()).1), once("EHLO", "250-mail.example\r\n250 AUTH GSSAPI"));
    let odd = odd.await;
    let file = folder.path().join("ca.pem");
    let refused = send(&odd, &mail(odd.port, MailTls::Implicit, true), Some(&file)).await;
    assert!(matches!(refused, Err(OutboundError::Unsafe { .. })), "{refused:?}");
}

#[tokio::test]
async fn sec_o07_nobody_is_told_anything_who_cannot_prove_who_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (_, tls) = believed(folder.path());
    for (begins, way) in
        [(Begins::Tls(tls.clone()), MailTls::Implicit), (Begins::StartTls(tls.clone()), MailTls::StartTls)]
    {
        let post = Post::open(begins, usual).await;
        let answer = send(&post, &mail(post.port, way, true), None).await;
        assert!(matches!(answer, Err(OutboundError::Untrusted { .. })), "{answer:?}");
        let said = post.said().join("\n");
        assert!(!said.contains("AUTH") && !said.contains("MAIL"), "{said}");
    }
}

#[tokio::test]
async fn sec_o07_no_letter_goes_without_tls_where_it_was_to_begin() {
    let folder = tempfile::tempdir().unwrap();
    let (file, tls) = believed(folder.path());
    // Somebody in between takes the offer away.
    let post = Post::open(Begins::StartTls(tls.clone()), once("EHLO", "250 mail.example")).await;
    let answer = send(&post, &mail(post.port, MailTls::StartTls, true), Some(&file)).await;
    assert!(matches!(answer, Err(OutboundError::Unsafe { .. })), "{answer:?}");
    assert_eq!(post.said().len(), 1, "{:?}", post.said());
    // Somebody in between says more before it begins.
    let post = Post::open(Begins::StartTls(tls), once("STARTTLS", "220 go on\r\n250 injected")).await;
    let answer = send(&post, &mail(post.port, MailTls::StartTls, true), Some(&file)).await;
    assert!(matches!(answer, Err(OutboundError::NoAnswer { .. })), "{answer:?}");
    assert!(post.letters().is_empty());
}

#[tokio::test]
async fn without_tls_a_letter_goes_to_listed_addresses_only_and_no_password_does() {
    let post = Post::open(Begins::Plain, usual).await;
    let answer = send(&post, &mail(post.port, MailTls::None, false), None).await.unwrap();
    assert_eq!((answer.code, post.letters()[0].is_secret), (250, false));
    let answer = send(&post, &mail(post.port, MailTls::None, true), None).await;
    assert!(matches!(answer, Err(OutboundError::Unsafe { .. })), "{answer:?}");
    assert_eq!(post.letters().len(), 1);
}

#[tokio::test]
async fn sec_o01_a_letter_reaches_nobody_inside() {
    let canary = Receiver::canary("127.0.0.1", 0).await;
    let liar = Arc::new(Liar::default().with(NAME, &[addresses(&["203.0.113.5", "127.0.0.1"])]));
    let out = with(OutboundConfig::default(), &liar);
    for host in [NAME, "127.1", "localhost.", "::ffff:127.0.0.1", "169.254.169.254"] {
        let wanted = Mail { host: host.to_owned(), ..mail(canary.port, MailTls::None, false) };
        let answer = out.mail(&wanted).await;
        assert!(
            matches!(answer, Err(OutboundError::Refused { .. } | OutboundError::NoAddress { .. })),
            "{host}: {answer:?}"
        );
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn what_is_refused_at_any_step_is_told_and_nobody_gets_it_where_one_does_not() {
    for (step, says, code) in [
        ("GREETING", "421 too many of you", 421),
        ("EHLO", "550 not you", 550),
        ("MAIL", "452 full", 452),
        ("RCPT TO:<night", "550 5.1.1 nobody of that name", 550),
        ("DATA", "451 later", 451),
        ("LETTER", "554 no such letters", 554),
    ] {
        let post = Post::open(Begins::Plain, once(step, says)).await;
        let answer = send(&post, &mail(post.port, MailTls::None, false), None).await.unwrap();
        assert_eq!((answer.code, answer.said.as_str()), (code, says), "{step}");
        assert!(post.letters().is_empty(), "{step}");
    }
}

#[tokio::test]
async fn sec_s06_a_password_that_a_server_repeats_is_not_told_on() {
    let folder = tempfile::tempdir().unwrap();
    let (file, tls) = believed(folder.path());
    let echo = |line: &str| line.strip_prefix("AUTH PLAIN ").map(|word| format!("535 no: {word} canary-password"));
    let post = Post::open(Begins::Tls(tls), echo).await;
    let answer = send(&post, &mail(post.port, MailTls::Implicit, true), Some(&file)).await.unwrap();
    assert_eq!((answer.code, answer.said.as_str()), (535, "535 no: *** ***"));
}

#[tokio::test]
async fn what_is_no_server_of_mail_is_left() {
    for says in ["HTTP/1.1 400 Bad Request", "", "22", "220-a"] {
        let post = Post::open(Begins::Plain, once("GREETING", says)).await;
        let liar = Arc::new(Liar::default().with(NAME, &[addresses(&["127.0.0.1"])]));
        let config = OutboundConfig { allowed: entries(&[post.entry()]), ..OutboundConfig::default() };
        let out = with(config, &liar);
        let wanted = mail(post.port, MailTls::None, false);
        // The last one only waits for more: that this ends is the business of its time limit.
        let asked = tokio::time::timeout(std::time::Duration::from_secs(3), out.mail(&wanted)).await;
        match asked {
            Ok(answer) => assert!(matches!(answer, Err(OutboundError::NoAnswer { .. })), "{says}: {answer:?}"),
            Err(_) => assert_eq!(says, "220-a"),
        }
        assert!(post.letters().is_empty() && post.connections() == 1);
    }
}
