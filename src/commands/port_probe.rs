//! Whether a TCP port of one server can be reached from another one.

use std::net::IpAddr;

use super::shape::{Shape, needed, optional};
use super::text::{LONG, shown};
use super::{Command, CommandType, Parameters, ParseError, Read, Value, table};

pub(super) const FORMATS: &[&str] = &["table"];

pub(super) const SHAPES: &[Shape] = &[Shape::word(
    "port",
    &[
        needed("result", "open, refused, timed_out, unreachable or no_tool", "open"),
        optional("said", "What the program said", "No route to host"),
    ],
)];

/// What came of an attempt to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// It was taken.
    Open,
    /// Refused with an answer.
    Refused,
    /// No answer in time.
    TimedOut,
    /// There is no way; what was said about it.
    Unreachable(String),
    /// There is nothing on the server to try it with.
    NoTool,
}

/// Tries to connect to a port of another machine, within three seconds.
#[derive(Debug, Clone, Copy)]
pub struct ProbePort {
    /// Where.
    pub address: IpAddr,
    /// To which port.
    pub port: u16,
}

impl Command for ProbePort {
    const TYPE: CommandType = CommandType::ProbePort;
    type Output = Reached;

    fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("address", Value::Text(self.address.to_string().into_bytes()))
            .with("port", Value::Integer(i64::from(self.port)))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Reached, ParseError> {
        if format != "table" {
            return Err(ParseError::unknown_format(format));
        }
        let mut found = None;
        for row in table::rows(output, 3) {
            let row = row?;
            if row.column(0) != Some(b"port") || found.is_some() {
                return Err(row.error("one row that begins with port was expected"));
            }
            found = Some(match row.column(1) {
                Some(b"open") => Reached::Open,
                Some(b"refused") => Reached::Refused,
                Some(b"timed_out") => Reached::TimedOut,
                Some(b"unreachable") => {
                    Reached::Unreachable(row.column(2).map(|said| shown(said, LONG)).unwrap_or_default())
                }
                Some(b"no_tool") => Reached::NoTool,
                _ => return Err(row.error("the result is not known")),
            });
        }
        found.ok_or_else(|| ParseError::new("nothing was said", output))
    }
}

impl Read for ProbePort {}
