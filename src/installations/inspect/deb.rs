//! A Debian package as far as it lies open: an `ar` archive whose first member is `debian-binary`. Its fields lie in a
//! compressed member and are not read here.

use std::io::{self, Read};

use super::{Found, Header, Refusal, Signature, wrong};

/// Members that are looked at.
const MOST_MEMBERS: usize = 32;

/// Reads the members behind the magic.
pub(super) fn read(file: &mut impl Read) -> Result<Found, Refusal> {
    let mut names = Vec::new();
    while names.len() < MOST_MEMBERS {
        let mut head = [0; 60];
        match file.read(&mut head)? {
            0 => break,
            read => file.read_exact(head.get_mut(read..).unwrap_or_default())?,
        }
        if !head.ends_with(b"`\n") {
            return Err(wrong("It is no Debian package: a member has another head than it should have"));
        }
        let size = number(head.get(48..58).unwrap_or_default());
        let size = size.ok_or_else(|| wrong("It is no Debian package: a member has no size"))?;
        let name =
            String::from_utf8_lossy(head.get(..16).unwrap_or_default()).trim_end().trim_end_matches('/').to_owned();
        if names.is_empty() {
            let mut version = vec![0; usize::try_from(size.min(16)).unwrap_or_default()];
            file.read_exact(&mut version)?;
            if name != "debian-binary" || !version.starts_with(b"2.") || size > 16 {
                return Err(wrong("It is no Debian package: its first member is not debian-binary 2"));
            }
            skip(file, size % 2)?;
        } else {
            skip(file, size + size % 2)?;
        }
        names.push(name);
    }
    let has = |start: &str| names.iter().any(|name| name.starts_with(start));
    if !has("control.tar") || !has("data.tar") {
        return Err(wrong("It ends too early: it is not whole"));
    }
    let signature = if has("_gpg") { Signature::Present } else { Signature::Absent };
    let header = Header { signature, ..Header::default() };
    Ok(Found { name: String::new(), version: String::new(), architecture: String::new(), header })
}

/// Reads over this many bytes, which must be there; the padding behind the last member may be missing.
fn skip(file: &mut impl Read, bytes: u64) -> io::Result<()> {
    let skipped = io::copy(&mut file.take(bytes), &mut io::sink())?;
    if skipped + 1 < bytes { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, content: &[u8]) -> Vec<u8> {
        let mut bytes =
            format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, content.len()).into_bytes();
        bytes.extend_from_slice(content);
        if content.len() % 2 == 1 {
            bytes.push(b'\n');
        }
        bytes
    }

    #[test]
    fn sec_f07_a_whole_package_is_taken_and_half_of_one_is_not() {
        let whole =
            [member("debian-binary", b"2.0\n"), member("control.tar.xz", b"abc"), member("data.tar.xz", &[7; 90])];
        let whole = whole.concat();
        assert_eq!(read(&mut whole.as_slice()).unwrap().header.signature, Signature::Absent);
        for length in 0..whole.len() - 1 {
            assert!(read(&mut &whole[..length]).is_err(), "{length}");
        }
        let other = member("control.tar.xz", b"abc");
        assert!(read(&mut other.as_slice()).is_err());
    }
}
