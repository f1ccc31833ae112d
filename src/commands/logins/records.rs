//! Records of wtmp and btmp, read byte by byte: their texts are cut by nobody, and no name can move a column (facts 5.1).

use std::net::IpAddr;

use chrono::{DateTime, Datelike, Utc};

use super::message::address_of;
use crate::commands::text;

/// What one record says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// The machine was booted, or shut down: every session before it is over.
    Boot,
    /// Somebody came (in btmp: tried to).
    User,
    /// A session ended.
    Dead,
}

/// One record. Its texts are hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What happened.
    pub kind: RecordKind,
    /// When.
    pub at: DateTime<Utc>,
    /// In which process.
    pub pid: Option<u32>,
    /// As whom.
    pub user: String,
    /// On which line: `pts/0`, `tty1`, `ssh:notty`.
    pub terminal: String,
    /// From which address.
    pub address: Option<IpAddr>,
    /// Or from where, in words.
    pub host: String,
}

/// How long a record is, and where its time stands: with 64 bits where the machine's own numbers have as many.
#[derive(Clone, Copy)]
struct Layout {
    size: usize,
    seconds: usize,
    long: bool,
    address: usize,
}

const LAYOUTS: [Layout; 2] = [
    Layout { size: 384, seconds: 340, long: false, address: 348 },
    Layout { size: 400, seconds: 344, long: true, address: 360 },
];

/// The records of a part of a file that begins with a whole one; none where it is no such file.
pub fn records(bytes: &[u8]) -> Option<Vec<Record>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    LAYOUTS.iter().find_map(|layout| {
        let whole = bytes.chunks_exact(layout.size);
        let rest = whole.remainder().len();
        let fits = rest == 0 && whole.clone().all(|record| layout.is_record(record));
        fits.then(|| whole.filter_map(|record| layout.read(record)).collect())
    })
}

impl Layout {
    fn seconds(self, record: &[u8]) -> Option<i64> {
        let bytes = record.get(self.seconds..)?;
        if self.long {
            Some(i64::from_le_bytes(bytes.get(..8)?.try_into().ok()?))
        } else {
            Some(i32::from_le_bytes(bytes.get(..4)?.try_into().ok()?).into())
        }
    }

    fn micros(self, record: &[u8]) -> Option<u32> {
        let at = self.seconds + if self.long { 8 } else { 4 };
        let micros = u32::from_le_bytes(record.get(at..at + 4)?.try_into().ok()?);
        Some(if micros < 1_000_000 { micros } else { 0 })
    }

    fn at(self, record: &[u8]) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.seconds(record)?, self.micros(record)? * 1000)
    }

    /// A kind that is known, and a time of our age; a record of nothing has none.
    fn is_record(self, record: &[u8]) -> bool {
        let kind = record.get(..4).unwrap_or_default();
        let known = matches!(kind, [0..=9, 0, ..]);
        let timed = self.at(record).is_some_and(|at| (1990..=2200).contains(&at.year()));
        known && (timed || self.seconds(record) == Some(0))
    }

    fn read(self, record: &[u8]) -> Option<Record> {
        let terminal = word(record.get(8..40)?);
        let user = word(record.get(44..76)?);
        let kind = match record.first()? {
            2 => RecordKind::Boot,
            1 if user == "shutdown" => RecordKind::Boot,
            7 => RecordKind::User,
            // btmp has those as well.
            6 if terminal.starts_with("ssh:") || !user.is_empty() && user != "LOGIN" => RecordKind::User,
            8 => RecordKind::Dead,
            _ => return None,
        };
        let host = word(record.get(76..332)?);
        let octets: [u8; 16] = record.get(self.address..self.address + 16)?.try_into().ok()?;
        let address = of_octets(octets).or_else(|| address_of(&host));
        let host = if address.is_some() || kind == RecordKind::Boot { String::new() } else { host };
        let pid = text::integer32(i32::from_le_bytes(record.get(4..8)?.try_into().ok()?).to_string().as_bytes());
        Some(Record { kind, at: self.at(record)?, pid: pid.filter(|pid| *pid > 0), user, terminal, address, host })
    }
}

fn word(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    text::shown(field.get(..end).unwrap_or_default(), text::SHORT)
}

fn of_octets(octets: [u8; 16]) -> Option<IpAddr> {
    let (first, rest) = octets.split_at(4);
    if rest.iter().any(|byte| *byte != 0) {
        return Some(IpAddr::from(octets).to_canonical());
    }
    let four: [u8; 4] = first.try_into().ok()?;
    (four != [0; 4]).then(|| IpAddr::from(four))
}

/// The bytes of hexadecimal digits.
pub fn of_hex(digits: &[u8]) -> Option<Vec<u8>> {
    hex::decode(digits).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A record as glibc writes it on most machines.
    pub(in crate::commands::logins) fn record(
        kind: u8,
        pid: i32,
        (line, user, host): (&str, &str, &str),
        seconds: i32,
    ) -> Vec<u8> {
        let mut record = vec![0; 384];
        record[0] = kind;
        record[4..8].copy_from_slice(&pid.to_le_bytes());
        record[8..8 + line.len()].copy_from_slice(line.as_bytes());
        record[44..44 + user.len()].copy_from_slice(user.as_bytes());
        record[76..76 + host.len()].copy_from_slice(host.as_bytes());
        record[340..344].copy_from_slice(&seconds.to_le_bytes());
        if let Some(IpAddr::V4(address)) = address_of(host) {
            record[348..352].copy_from_slice(&address.octets());
        }
        record
    }

    #[test]
    fn records_of_both_lengths_are_read() {
        let short = record(7, 4121, ("pts/0", "alice", "203.0.113.9"), 1_795_345_732);
        let mut long = vec![0; 400];
        long[..340].copy_from_slice(&short[..340]);
        long[344..352].copy_from_slice(&1_795_345_732_i64.to_le_bytes());
        long[360..364].copy_from_slice(&short[348..352]);
        for bytes in [&short, &long] {
            let [read] = &records(bytes).unwrap()[..] else { panic!("one record") };
            assert_eq!((read.user.as_str(), read.terminal.as_str(), read.pid), ("alice", "pts/0", Some(4121)));
            assert_eq!(read.address, Some(IpAddr::from([203, 0, 113, 9])));
            assert_eq!(read.at.timestamp(), 1_795_345_732);
        }
    }

    #[test]
    fn a_name_moves_no_column() {
        let odd = record(6, 7, ("ssh:notty", "x ssh:notty 192.0.2.1  Thu", "203.0.113.9"), 1_795_345_732);
        let [read] = &records(&odd).unwrap()[..] else { panic!("one record") };
        assert_eq!(read.user, "x ssh:notty 192.0.2.1  Thu");
        assert_eq!(read.address, Some(IpAddr::from([203, 0, 113, 9])));
    }

    #[test]
    fn sec_x03_what_is_no_such_file_is_refused() {
        assert_eq!(records(b""), Some(Vec::new()));
        for odd in [vec![1; 384], vec![0xFF; 800], b"SQLite format 3".to_vec(), vec![7; 383]] {
            assert_eq!(records(&odd), None);
        }
        assert_eq!(records(&vec![0; 384]), Some(Vec::new()), "a hole in the file is nothing");
        assert_eq!(of_hex(b"0xzz"), None);
    }
}
