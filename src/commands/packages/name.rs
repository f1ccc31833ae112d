//! Names of packages that people type or press (P03): matched whole, so that none is an option or a second command.

use std::fmt;

use crate::commands::script::Value;

/// The longest name.
const LONGEST: usize = 128;

/// A name that may be given to a package tool.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageName(String);

impl PackageName {
    /// The name, if it is one: letters, digits and `.+_:~-`, beginning with a letter or a digit.
    pub fn read(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".+_:~-".contains(&byte);
        let begins = text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
        (begins && text.len() <= LONGEST && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a script gets it.
    pub(super) fn value(&self) -> Value {
        Value::Text(self.0.clone().into_bytes())
    }
}

impl TryFrom<String> for PackageName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::read(&text).ok_or("this is no name of a package")
    }
}

impl From<PackageName> for String {
    fn from(name: PackageName) -> Self {
        name.0
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_p03_only_a_whole_name_is_one() {
        for name in ["nginx", "libstdc++6", "libc6:i386", "7zip", "a.b_c~1-2", "python3.11"] {
            assert!(PackageName::read(name).is_some(), "{name}");
        }
        let long = "a".repeat(129);
        for name in [
            "",
            "ok\n;id",
            "ok\n",
            "0;id",
            "-oAPT::Update::Pre-Invoke::=id",
            "--root=/",
            "foo$(id)",
            "foo bar",
            "a/b",
            "./x.deb",
            "../x",
            "http://x",
            "a*",
            "한글",
            "a\0b",
            "a'b",
            "@group",
            "=x",
            long.as_str(),
        ] {
            assert!(PackageName::read(name).is_none(), "{name:?}");
        }
    }
}
