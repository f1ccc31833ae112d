//! The path of a file on a server: bytes, absolute, without a step up. Pure; asks nobody what is there.

use std::fmt::Write;

/// What is wrong with a path that is none.
pub const NO_PATH: &str = "A path begins with a slash, holds no NUL and is at most 4096 bytes long";
/// What is wrong with the root, where something is to be changed.
pub const IS_ROOT: &str = "The root itself is not changed here";

/// The longest path that Linux takes.
const LONGEST: usize = 4096;

/// An absolute path of bytes. Two paths are the same only if their bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FilePath(Vec<u8>);

impl FilePath {
    /// `/`
    pub fn root() -> Self {
        Self(b"/".to_vec())
    }

    /// What was entered or stands in a URL: absolute, without NUL. Empty steps, `.` and `..` are worked out here, without
    /// asking what is a link there.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if !bytes.starts_with(b"/") || bytes.contains(&0) || bytes.len() > LONGEST {
            return None;
        }
        let mut steps: Vec<&[u8]> = Vec::new();
        for step in bytes.split(|byte| *byte == b'/') {
            match step {
                b"" | b"." => {}
                b".." => _ = steps.pop(),
                name => steps.push(name),
            }
        }
        Some(Self([b"/", steps.join(&b'/').as_slice()].concat()))
    }

    /// The path that [`to_url`](Self::to_url) wrote.
    pub fn from_url(text: &str) -> Option<Self> {
        Self::new(&decoded(text.as_bytes())?)
    }

    /// With everything percent-encoded that is not a plain sign, so that any bytes travel in a URL or a form.
    pub fn to_url(&self) -> String {
        encoded(&self.0)
    }

    /// Its bytes, as they are sent.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The last step; nothing for the root.
    pub fn name(&self) -> &[u8] {
        self.0.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// Whether it is `/`.
    pub fn is_root(&self) -> bool {
        self.0 == b"/"
    }

    /// The directory that it is in; none for the root.
    pub fn parent(&self) -> Option<Self> {
        let end = self.0.iter().rposition(|byte| *byte == b'/').filter(|_| !self.is_root())?;
        Some(Self(self.0.get(..end.max(1)).unwrap_or_default().to_vec()))
    }

    /// A name in this directory; none where it is no name.
    pub fn join(&self, name: &[u8]) -> Option<Self> {
        if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') || name.contains(&0) {
            return None;
        }
        let between: &[u8] = if self.is_root() { b"" } else { b"/" };
        Some(Self([self.0.as_slice(), between, name].concat())).filter(|path| path.0.len() <= LONGEST)
    }

    /// Each directory on the way and the path itself, the root first.
    pub fn steps(&self) -> Vec<Self> {
        let mut steps: Vec<Self> = std::iter::successors(Some(self.clone()), Self::parent).collect();
        steps.reverse();
        steps
    }

    /// For people: what is no UTF-8 as `\xff`.
    pub fn shown(&self) -> String {
        shown(&self.0)
    }
}

/// A name for people: bytes that are no UTF-8 as `\xff`, line ends as `\n`, and a backslash twice, so that no two names are
/// shown alike for it.
pub fn shown(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                plain => text.push(plain),
            }
        }
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Percent-encoded but for letters, digits, `-._~` and the slash: it may stand in a path and in a query.
pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(byte) {
            text.push(char::from(*byte));
        } else {
            _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The bytes of a percent-encoded text; none where a percent sign stands alone.
pub fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        if *byte == b'%' {
            let digits = [*rest.next()?, *rest.next()?];
            let digits = std::str::from_utf8(&digits).ok().filter(|digits| !digits.starts_with('+'))?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(*byte);
        }
    }
    Some(bytes)
}

/// The names and values of a query string; values are bytes. None where it cannot be read.
pub fn pairs(query: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let read = |text: &str| decoded(text.replace('+', " ").as_bytes());
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((String::from_utf8(read(name)?).ok()?, read(value)?))
        })
        .collect()
}

/// The bytes of one value of a query string.
pub fn value_of(query: &str, name: &str) -> Option<Vec<u8>> {
    pairs(query)?.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sec_f02_steps_up_are_worked_out_before_anything_is_asked() {
        for (given, path) in [
            ("/", "/"),
            ("//etc//passwd", "/etc/passwd"),
            ("/var/../etc/./x", "/etc/x"),
            ("/../../etc", "/etc"),
            ("/a/b/..", "/a"),
        ] {
            assert_eq!(FilePath::new(given.as_bytes()).unwrap().bytes(), path.as_bytes(), "{given}");
        }
        for refused in ["", "etc", "./x", "/a\0b"] {
            assert_eq!(FilePath::new(refused.as_bytes()), None, "{refused:?}");
        }
        assert_eq!(FilePath::from_url("/%2e%2e/etc").unwrap().bytes(), b"/etc");
        assert_eq!(FilePath::root().join(b".."), None);
        assert_eq!(FilePath::root().join(b"a/b"), None);
    }

    #[test]
    fn sec_f01_names_that_look_alike_stay_distinct() {
        let names: [&[u8]; 8] = [b"\xff", b"\xfe", b"\\xff", b"\n", b"\\n", "\u{fffd}".as_bytes(), b"%2e%2e", b"%252e"];
        let mut shown_as: Vec<String> = names.iter().map(|name| shown(name)).collect();
        shown_as.sort();
        shown_as.dedup();
        assert_eq!(shown_as.len(), names.len(), "{shown_as:?}");
    }

    #[test]
    fn a_path_knows_its_name_its_parent_and_its_steps() {
        let path = FilePath::new(b"/var/log").unwrap();
        assert_eq!((path.name(), path.parent().unwrap().bytes()), (&b"log"[..], &b"/var"[..]));
        assert_eq!(path.parent().unwrap().parent(), Some(FilePath::root()));
        assert_eq!((FilePath::root().parent(), FilePath::root().name()), (None, &b""[..]));
        let steps: Vec<_> = path.steps().iter().map(FilePath::shown).collect();
        assert_eq!(steps, ["/", "/var", "/var/log"]);
        assert_eq!(FilePath::root().join(b"etc").unwrap().shown(), "/etc");
    }

    proptest! {
        #[test]
        fn sec_f01_any_name_travels_through_a_url(name in proptest::collection::vec(any::<u8>(), 1..64)) {
            if let Some(path) = FilePath::root().join(&name) {
                let url = path.to_url();
                prop_assert!(url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)));
                prop_assert_eq!(FilePath::from_url(&url), Some(path));
            }
        }
    }
}
