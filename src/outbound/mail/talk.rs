//! The conversation with a server of mail: one line asked, one answer read, which is bounded.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::MailAnswer;
use crate::outbound::error::OutboundError;
use crate::secret::SecretText;

/// Bytes of one line of an answer: more than any server may send (RFC 5321, 4.5.3.1.5).
const LONGEST_LINE: usize = 2_048;
/// Lines of one answer.
const MOST_LINES: usize = 100;
/// Characters of an answer that are told.
const SAID: usize = 1_024;

/// Why it went no further.
#[derive(Debug)]
pub(super) enum Stop {
    /// The server said something else than what would let it go on.
    Said(MailAnswer),
    /// It is no server of mail, or not a safe one, or it is gone.
    Broken(OutboundError),
}

impl From<OutboundError> for Stop {
    fn from(error: OutboundError) -> Self {
        Self::Broken(error)
    }
}

/// A conversation.
pub(super) struct Talk<S> {
    stream: S,
    /// What came and was not read yet.
    came: Vec<u8>,
    host: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    pub(super) fn new(stream: S, host: &str) -> Self {
        Self { stream, came: Vec::new(), host: host.to_owned() }
    }

    /// It does not go on like this.
    pub(super) fn refused(&self, why: &'static str) -> Stop {
        OutboundError::Unsafe { host: self.host.clone(), why }.into()
    }

    fn wrong(&self, why: impl Into<String>) -> Stop {
        OutboundError::NoAnswer { host: self.host.clone(), why: why.into() }.into()
    }

    /// Waits to be greeted.
    pub(super) async fn greeting(&mut self) -> Result<(), Stop> {
        self.expect(220..=220).await.map(drop)
    }

    /// Says who is there; what the server can, in capital letters: `AUTH PLAIN LOGIN` is three words there.
    pub(super) async fn hello(&mut self, me: &str) -> Result<Vec<String>, Stop> {
        self.send(format!("EHLO {me}\r\n").as_bytes()).await?;
        let lines = self.answer().await?;
        let answer = self.judged(&lines, &(250..=250));
        answer?;
        // The first line is a greeting.
        let offers = lines.iter().skip(1).flat_map(|(_, line)| {
            let line = line.to_ascii_uppercase();
            // `AUTH=PLAIN` is how very old ones write it.
            let line = line.replacen("AUTH=", "AUTH ", 1);
            let is_auth = line.starts_with("AUTH ");
            let words =
                line.split_whitespace().map(|word| if is_auth { format!("AUTH {word}") } else { word.to_owned() });
            words.collect::<Vec<_>>()
        });
        Ok(offers.collect())
    }

    /// Asks one thing.
    pub(super) async fn say(&mut self, line: &str, good: RangeInclusive<u16>) -> Result<MailAnswer, Stop> {
        if line.chars().any(char::is_control) {
            return Err(self.refused("what was to be said holds control characters"));
        }
        self.send(format!("{line}\r\n").as_bytes()).await?;
        self.expect(good).await
    }

    /// Asks for TLS. What came before it began, and was not asked for, is nobody's word.
    pub(super) async fn begin_tls(mut self) -> Result<S, Stop> {
        self.say("STARTTLS", 220..=220).await?;
        if self.came.is_empty() { Ok(self.stream) } else { Err(self.wrong("it said more before TLS began")) }
    }

    /// Signs in. Called over TLS only.
    pub(super) async fn sign_in(&mut self, offers: &[String], user: &str, password: &SecretText) -> Result<(), Stop> {
        let (plain, login) = ("PLAIN", "LOGIN");
        let offers = |way: &str| offers.iter().any(|word| word.strip_prefix("AUTH ") == Some(way));
        let word = Zeroizing::new(BASE64_STANDARD.encode(password.expose()));
        let both = Zeroizing::new(BASE64_STANDARD.encode(Zeroizing::new(format!("\0{user}\0{}", password.expose()))));
        let signed_in = if offers(plain) {
            self.send(Zeroizing::new(format!("AUTH {plain} {}\r\n", both.as_str())).as_bytes()).await?;
            self.expect(235..=235).await
        } else if offers(login) {
            self.say(&format!("AUTH {login}"), 334..=334).await?;
            self.say(&BASE64_STANDARD.encode(user), 334..=334).await?;
            self.send(Zeroizing::new(format!("{}\r\n", word.as_str())).as_bytes()).await?;
            self.expect(235..=235).await
        } else {
            return Err(self.refused("it offers to sign in neither by PLAIN nor by LOGIN"));
        };
        // A server that repeats what it was told tells no secret on (S06).
        let hidden = |text: String| {
            let secrets = [both.as_str(), word.as_str(), password.expose().as_str()];
            let known = secrets.into_iter().filter(|secret| !secret.is_empty());
            known.fold(text, |text, secret| text.replace(secret, "***"))
        };
        signed_in.map(drop).map_err(|stop| match stop {
            Stop::Said(answer) => Stop::Said(MailAnswer { said: hidden(answer.said), ..answer }),
            Stop::Broken(error) => Stop::Broken(error),
        })
    }

    /// Gives the letter; the answer is that it was taken.
    pub(super) async fn letter(&mut self, letter: &[u8]) -> Result<MailAnswer, Stop> {
        self.send(&on_the_wire(letter)).await?;
        self.expect(250..=250).await
    }

    /// Says goodbye. The letter was taken: what is said to that changes nothing.
    pub(super) async fn leave(mut self) {
        drop(self.send(b"QUIT\r\n").await);
        drop(self.stream.shutdown().await);
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|why| self.wrong(why.to_string()))
    }

    async fn expect(&mut self, good: RangeInclusive<u16>) -> Result<MailAnswer, Stop> {
        let lines = self.answer().await?;
        self.judged(&lines, &good)
    }

    fn judged(&self, lines: &[(u16, String)], good: &RangeInclusive<u16>) -> Result<MailAnswer, Stop> {
        let code = lines.last().map_or(0, |(code, _)| *code);
        let words: Vec<&str> = lines.iter().map(|(_, line)| line.trim()).collect();
        let said: String = format!("{code} {}", words.join(" ")).chars().take(SAID).collect();
        let answer = MailAnswer { code, said };
        match code {
            _ if good.contains(&code) => Ok(answer),
            400..=599 => Err(Stop::Said(answer)),
            _ => Err(self.wrong(format!("it answered {code} where that means nothing"))),
        }
    }

    /// All lines of one answer: `250-one`, `250 two`.
    async fn answer(&mut self) -> Result<Vec<(u16, String)>, Stop> {
        let mut lines = Vec::new();
        while lines.len() < MOST_LINES {
            let line = self.line().await?;
            let (code, rest) = line.split_at_checked(3).ok_or_else(|| self.wrong("it is no server of mail"))?;
            let is_code = code.bytes().all(|sign| sign.is_ascii_digit());
            let code: u16 =
                code.parse().ok().filter(|_| is_code).ok_or_else(|| self.wrong("it is no server of mail"))?;
            let goes_on = rest.starts_with('-');
            let words = rest.strip_prefix(['-', ' ']).unwrap_or(rest);
            lines.push((code, words.to_owned()));
            if !goes_on {
                return Ok(lines);
            }
        }
        Err(self.wrong("its answer has no end"))
    }

    async fn line(&mut self) -> Result<String, Stop> {
        loop {
            if let Some(end) = self.came.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.came.drain(..=end).collect();
                let text = String::from_utf8_lossy(&line);
                let calm = |sign: char| if sign.is_control() { ' ' } else { sign };
                return Ok(text.trim_end_matches(['\r', '\n']).chars().map(calm).collect());
            }
            if self.came.len() >= LONGEST_LINE {
                return Err(self.wrong("a line of its answer has no end"));
            }
            let mut piece = [0; 1_024];
            match self.stream.read(&mut piece).await {
                Ok(0) => return Err(self.wrong("it closed the connection")),
                Ok(count) => self.came.extend_from_slice(piece.get(..count).unwrap_or_default()),
                Err(why) => return Err(self.wrong(why.to_string())),
            }
        }
    }
}

/// A letter as it is sent: lines end as SMTP wants it and in no other way, a dot at the beginning of one is doubled, and one alone
/// ends it all (RFC 5321, 4.5.2).
fn on_the_wire(letter: &[u8]) -> Vec<u8> {
    let letter = letter.strip_suffix(b"\n").unwrap_or(letter);
    let mut sent = Vec::with_capacity(letter.len() + 64);
    for line in letter.split(|byte| *byte == b'\n') {
        // A lone carriage return is read as an end of a line by some: there is none.
        let mut signs = line.iter().filter(|byte| **byte != b'\r').peekable();
        if signs.peek() == Some(&&b'.') {
            sent.push(b'.');
        }
        sent.extend(signs);
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(b".\r\n");
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_x05_no_line_of_a_letter_ends_it() {
        let wire = |letter: &str| String::from_utf8(on_the_wire(letter.as_bytes())).unwrap();
        assert_eq!(wire("a\r\n.\r\nMAIL FROM:<x>\r\n"), "a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n");
        assert_eq!(wire("a\n.\nb"), "a\r\n..\r\nb\r\n.\r\n");
        assert_eq!(wire(".a\r..b"), "..a..b\r\n.\r\n");
        assert_eq!(wire("\r\r\n\r.\r\n"), "\r\n..\r\n.\r\n");
        assert_eq!(wire(""), "\r\n.\r\n");
    }

    async fn said(answer: &'static [u8]) -> Result<MailAnswer, Stop> {
        let (here, mut there) = tokio::io::duplex(64 << 10);
        there.write_all(answer).await.unwrap();
        drop(there);
        Talk::new(here, "mail.example").expect(250..=250).await
    }

    #[tokio::test]
    async fn an_answer_has_one_code_and_many_lines_and_an_end() {
        let answer = said(b"250-first\r\n250 sec\x1bond\r\n").await.unwrap();
        assert_eq!((answer.code, answer.said.as_str()), (250, "250 first sec ond"));
        assert!(matches!(said(b"450 later\r\n").await, Err(Stop::Said(MailAnswer { code: 450, .. }))));
        for odd in [&b"HTTP/1.1 200 OK\r\n"[..], b"", b"25", b"+50 x\r\n", b"354 go\r\n", b"\xff\xfe\xfd\r\n"] {
            assert!(matches!(said(odd).await, Err(Stop::Broken(OutboundError::NoAnswer { .. }))), "{odd:?}");
        }
        let endless: &'static [u8] = Box::leak("250-x\r\n".repeat(1_000).into_bytes().into_boxed_slice());
        let long: &'static [u8] = Box::leak(vec![b'2'; 60_000].into_boxed_slice());
        for odd in [endless, long] {
            assert!(matches!(said(odd).await, Err(Stop::Broken(OutboundError::NoAnswer { .. }))));
        }
    }
}
