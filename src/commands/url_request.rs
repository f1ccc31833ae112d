//! What a URL answers to a server.

use std::fmt;
use std::time::Duration;

use super::text::{LONG, decimal, lines, shown};
use super::{Command, CommandType, Parameters, ParseError, Read, Value};

pub(super) const FORMATS: &[&str] = &["http"];

/// How much of an answer is read, bytes, with its headers.
pub const ANSWER_LIMIT: usize = 64 << 10;
/// Characters of a URL.
pub const LONGEST_URL: usize = 2_000;
/// Heads of one answer that are looked at.
const MOST_HEADS: usize = 8;
/// What stands before the last line of our own.
const SAID: &[u8] = b"\n@said ";

/// A URL of the web, without a user and a password: it stands in the server's list of processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebUrl(String);

impl WebUrl {
    /// The URL that `text` is, if it can be one.
    pub fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let fits = text.len() <= LONGEST_URL && text.chars().all(|c| c.is_ascii_graphic());
        let is_host = !authority.is_empty() && !authority.contains(['@', '\\', '\'', '\u{22}']);
        (fits && is_host).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What came of it. Every text is the other end's own, and hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It was answered.
    Status {
        /// 200.
        status: u16,
        /// Where it leads, where it says that; it was not followed.
        location: String,
        /// The beginning of the content.
        body: Vec<u8>,
        /// From asking to the last byte that was read.
        took: Duration,
        /// Why it did not come to its end, where it did not.
        said: String,
    },
    /// It was not.
    Nothing {
        /// What the program said.
        said: String,
        /// How long that took.
        took: Duration,
    },
    /// There is nothing on the server to ask with.
    NoTool,
}

/// Asks a URL, within ten seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestUrl {
    /// Which.
    pub url: WebUrl,
}

impl Command for RequestUrl {
    const TYPE: CommandType = CommandType::RequestUrl;
    type Output = Answered;

    fn parameters(&self) -> Parameters {
        Parameters::default().with("url", Value::Text(self.url.0.clone().into_bytes()))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Answered, ParseError> {
        match format {
            "http" => read(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for RequestUrl {
    fn target(&self) -> String {
        self.url.to_string()
    }
}

/// What came, then `@said TOOL BEGAN ENDED`, then what the tool said: headers too, where it is `wget`. Whoever answers with such a line
/// lies about the own answer and nothing else.
pub(super) fn read(output: &[u8]) -> Result<Answered, ParseError> {
    let wrong = |why: &str| ParseError::new(why, output);
    let at = output.windows(SAID.len()).rposition(|window| window == SAID);
    let (came, rest) = at.and_then(|at| output.split_at_checked(at)).ok_or_else(|| wrong("its end is missing"))?;
    let rest = rest.get(SAID.len()..).unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (head, said) = rest.split_at_checked(end).ok_or_else(|| wrong("its end is missing"))?;
    let words: Vec<&[u8]> = head.split(|byte| *byte == b' ').collect();
    let [program, began, ended] = words.as_slice() else { return Err(wrong("the tool and two times were expected")) };
    let took = decimal(ended).zip(decimal(began)).map(|(ended, began)| (ended - began).max(0.0));
    let took = took.and_then(|took| Duration::try_from_secs_f64(took).ok()).ok_or_else(|| wrong("this is no time"))?;
    if came.len() > ANSWER_LIMIT {
        return Err(wrong("more came than was asked for"));
    }
    // Whoever sends more is hung up on, and then the tool complains.
    let complaint = if came.len() == ANSWER_LIMIT { String::new() } else { last_line(said) };
    match *program {
        b"none" => Ok(Answered::NoTool),
        b"curl" => Ok(of_curl(came, complaint, took)),
        b"wget" => Ok(of_wget(came, said, complaint, took)),
        _ => Err(wrong("the tool is not known")),
    }
}

fn last_line(said: &[u8]) -> String {
    let line = lines(said).map(|(_, line)| line.trim_ascii()).filter(|line| line.starts_with(b"curl: ")).last();
    let last = || lines(said).map(|(_, line)| line.trim_ascii()).filter(|line| !line.is_empty()).last();
    line.or_else(last).map(|line| shown(line, LONG)).unwrap_or_default()
}

/// Heads stand before the content; those that only announce another one, of a proxy or of a server that takes its time, are passed over.
fn of_curl(came: &[u8], said: String, took: Duration) -> Answered {
    let mut rest = came;
    let mut found: Option<(u16, String)> = None;
    for _ in 0..MOST_HEADS {
        let Some((status, is_last)) = status_of(rest) else { break };
        let (head, body) = split_head(rest);
        found = Some((status, location_of(head)));
        rest = body;
        if is_last {
            break;
        }
    }
    match found {
        Some((status, location)) => Answered::Status { status, location, body: rest.to_vec(), took, said },
        None => Answered::Nothing { said, took },
    }
}

/// The head of the last answer stands among what was said.
fn of_wget(came: &[u8], said: &[u8], complaint: String, took: Duration) -> Answered {
    let mut found: Option<(u16, String)> = None;
    for (_, line) in lines(said) {
        let line = line.trim_ascii();
        let line = line.strip_prefix(b"wget: server returned error: ").unwrap_or(line);
        if let Some((status, _)) = status_of(line) {
            found = Some((status, String::new()));
        } else if let (Some((_, location)), Some(to)) = (&mut found, location(line)) {
            *location = to;
        }
    }
    match found {
        // Its last word is about the answer; that it did not come to its end it does not say in a way that could be told apart.
        Some((status, location)) => {
            Answered::Status { status, location, body: came.to_vec(), took, said: String::new() }
        }
        None => Answered::Nothing { said: complaint, took },
    }
}

/// The status of a line like `HTTP/1.1 200 OK`, and whether what follows is the answer.
fn status_of(text: &[u8]) -> Option<(u16, bool)> {
    let line = text.split(|byte| *byte == b'\n').next()?.strip_prefix(b"HTTP/")?;
    let mut words = line.trim_ascii().splitn(3, |byte| *byte == b' ');
    let (_version, status, reason) = (words.next()?, words.next()?, words.next().unwrap_or_default());
    let status = std::str::from_utf8(status).ok().filter(|status| status.len() == 3)?.parse().ok()?;
    let is_announced = reason.eq_ignore_ascii_case(b"connection established");
    (100..=999).contains(&status).then_some((status, status >= 200 && !is_announced))
}

/// A head, and what follows the empty line behind it.
fn split_head(text: &[u8]) -> (&[u8], &[u8]) {
    let ends = [&b"\r\n\r\n"[..], b"\n\n"];
    let found = ends.iter().filter_map(|end| Some((text.windows(end.len()).position(|window| window == *end)?, end)));
    match found.min_by_key(|(at, _)| *at) {
        Some((at, end)) => (text.get(..at).unwrap_or(text), text.get(at + end.len()..).unwrap_or_default()),
        None => (text, &[]),
    }
}

fn location_of(head: &[u8]) -> String {
    lines(head).find_map(|(_, line)| location(line.trim_ascii())).unwrap_or_default()
}

fn location(line: &[u8]) -> Option<String> {
    let (name, to) = line.split_at_checked("location:".len())?;
    name.eq_ignore_ascii_case(b"location:").then(|| shown(to.trim_ascii(), LONGEST_URL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(output: &str) -> (u16, String, String, u128) {
        match read(output.as_bytes()).unwrap() {
            Answered::Status { status, location, body, took, .. } => {
                (status, location, String::from_utf8(body).unwrap(), took.as_millis())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn sec_p03_a_url_is_matched_as_a_whole() {
        for url in ["http://a/", "https://example.org:8443/x?y=[1]#z", "http://[::1]:80/a@b"] {
            assert_eq!(WebUrl::read(url).unwrap().to_string(), url);
        }
        let long = format!("http://a/{}", "x".repeat(LONGEST_URL));
        for url in [
            "",
            "a",
            "ftp://a/",
            "file:///etc/passwd",
            "http://",
            "http:///x",
            "http://u:p@a/",
            "http://a b/",
            "http://a/\n",
            "http://é/",
            "--url",
            " http://a/",
            "http://'a/",
            &long,
        ] {
            assert_eq!(WebUrl::read(url), None, "{url:?}");
        }
    }

    #[test]
    fn heads_that_only_announce_another_one_are_passed_over() {
        let output = "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/2 302 \r\nlocation: /there\r\n\r\nHTTP/1.1 200 OK\n@said curl 10.50 10.75\n\n";
        assert_eq!(status(output), (302, "/there".to_owned(), "HTTP/1.1 200 OK".to_owned(), 250));
    }

    #[test]
    fn the_last_head_that_wget_tells_is_the_answer_s() {
        let output = "body\n@said wget 1.00 1.05\n  HTTP/1.0 302 Found\n  Location: http://b/\n  HTTP/1.0 404 Not Found\nwget: server returned error: HTTP/1.0 404 Not Found\n";
        assert_eq!(status(output), (404, String::new(), "body".to_owned(), 50));
        let nothing =
            read(b"\n@said wget 1.00 0.50\nwget: can't connect to remote host (127.0.0.1): Connection refused\n");
        let Ok(Answered::Nothing { said, took }) = nothing else { panic!("{nothing:?}") };
        assert!(said.ends_with("Connection refused") && took.is_zero());
    }

    #[test]
    fn what_is_cut_off_by_us_is_no_fault_of_theirs() {
        let head = "HTTP/1.1 200 OK\r\n\r\n";
        let body = "x".repeat(ANSWER_LIMIT - head.len());
        let output = format!("{head}{body}\n@said curl 1.00 2.00\ncurl: (23) Failure writing output\n");
        let Ok(Answered::Status { said, .. }) = read(output.as_bytes()) else { panic!() };
        assert_eq!(said, "");
        let short = read(b"HTTP/1.1 200 OK\r\n\r\nabc\n@said curl 1.00 11.00\ncurl: (28) Operation timed out\n");
        let Ok(Answered::Status { said, .. }) = short else { panic!() };
        assert_eq!(said, "curl: (28) Operation timed out");
        assert!(read(&[vec![b'x'; ANSWER_LIMIT + 1], b"\n@said curl 1 2\n".to_vec()].concat()).is_err());
    }

    proptest::proptest! {
        #[test]
        fn sec_x03_any_answer_is_read_or_refused(
            came in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400),
            said in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        ) {
            let _ = read(&came);
            for tool in ["curl", "wget"] {
                let _ = read(&[came.as_slice(), format!("\n@said {tool} 1.0 2.0\n").as_bytes(), &said].concat());
                let head = format!("\n@said {tool} 1.0 2.0\n  HTTP/1.1 ");
                let _ = read(&[b"HTTP/1.1 ", came.as_slice(), head.as_bytes(), &said].concat());
            }
        }
    }
}
