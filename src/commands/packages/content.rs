//! What is inside a package file whose inside the console does not read (X08): the server's own tool looked, and told.

use crate::commands::script::Parameters;
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::text::{self, LONG, SHORT};
use crate::commands::{Change, Command, CommandType, ParseError, Permission};

pub(in crate::commands) const FORMATS: &[&str] = &["table"];

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word("field", &[needed("name", "A field of the header", "Version"), optional("value", "Its value", "1.0")]),
    Shape::word(
        "script",
        &[needed("name", "A script that runs as root", "postinst"), optional("line", "One of its lines", "set -e")],
    ),
    Shape::word("cut", &[needed("name", "A script of which more is there than is told", "postinst")]),
    Shape::word("file", &[needed("line", "A file that it brings", "/usr/bin/x")]),
    Shape::word(
        "signature",
        &[
            needed("verdict", "verified where a key that the server trusts signed it, else refused", "verified"),
            optional("said", "What the tool said", "digests signatures OK"),
        ],
    ),
];

/// What was found. Every text is the package's own, and hostile.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct PackageContent {
    /// Fields of its header.
    pub fields: Vec<(String, String)>,
    /// Scripts that run as root when it is installed or removed.
    pub scripts: Vec<PackageScript>,
    /// The files that it brings, as the tool lists them.
    pub files: Vec<String>,
    /// What became of its signature; none where the tool checks none.
    #[serde(default)]
    pub signature: Option<SignatureCheck>,
}

/// How a server's own tool judged a signature.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SignatureCheck {
    /// A key that the server trusts signed it.
    pub verified: bool,
    /// The tool's words.
    pub said: String,
}

/// One script of a package.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct PackageScript {
    /// `postinst`, `%pre`
    pub name: String,
    /// Its text.
    pub text: String,
    /// There is more of it than the text.
    #[serde(default)]
    pub is_cut: bool,
}

/// Has the server's own tool look into a package file. It changes nothing but for the time that the file lies there.
#[derive(Debug, Clone, Default)]
pub struct InspectFile {
    /// The file as people know it.
    pub file: String,
}

impl Command for InspectFile {
    const TYPE: CommandType = CommandType::InspectFile;
    type Output = PackageContent;

    fn parameters(&self) -> Parameters {
        Parameters::default()
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<PackageContent, ParseError> {
        if format != "table" {
            return Err(ParseError::unknown_format(format));
        }
        let mut content = PackageContent::default();
        for (number, line) in text::lines(output).filter(|(_, line)| !line.trim_ascii().is_empty()) {
            let wrong = |why: &str| ParseError::at(number, why, line);
            let mut parts = line.splitn(3, |byte| *byte == b'\t');
            let (kind, name, value) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
            let name = name.filter(|name| !name.is_empty()).ok_or_else(|| wrong("a name was expected"))?;
            match kind {
                Some(b"field") => content.fields.push((text::shown(name, SHORT), text::shown(value, SHORT))),
                Some(b"script") => {
                    let (name, line) = (text::shown(name, SHORT), text::shown(value, LONG));
                    let is_cut = value.len() > LONG;
                    match content.scripts.last_mut().filter(|script| script.name == name) {
                        Some(script) => {
                            script.text.push('\n');
                            script.text.push_str(&line);
                            script.is_cut |= is_cut;
                        }
                        None => content.scripts.push(PackageScript { name, text: line, is_cut }),
                    }
                }
                Some(b"cut") if value.is_empty() => {
                    let name = text::shown(name, SHORT);
                    let script = content.scripts.last_mut().filter(|script| script.name == name);
                    script.ok_or_else(|| wrong("the script was expected before it"))?.is_cut = true;
                }
                // A file's name that holds a line of its own must not speak for the tool.
                Some(b"signature") if content.signature.is_some() => return Err(wrong("a second signature")),
                Some(b"signature") => {
                    let verified = match name {
                        b"verified" => true,
                        b"refused" => false,
                        _ => return Err(wrong("verified or refused was expected")),
                    };
                    content.signature = Some(SignatureCheck { verified, said: text::shown(value, SHORT) });
                }
                Some(b"file") if value.is_empty() => content.files.push(text::shown(name, SHORT)),
                _ => return Err(wrong("field, script, cut, file or signature was expected")),
            }
        }
        if content.fields.is_empty() && content.signature.is_none() {
            return Err(ParseError::new("nothing is told of the package", output));
        }
        Ok(content)
    }
}

impl Change for InspectFile {
    const PERMISSION: Permission = Permission::Install;

    fn target(&self) -> String {
        self.file.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> Result<PackageContent, ParseError> {
        InspectFile::default().parse("table", answer.as_bytes())
    }

    #[test]
    fn sec_f08_a_script_that_is_longer_than_what_is_told_says_so() {
        let told = read("field\tPackage\ta\nscript\tpostinst\techo 1\ncut\tpostinst\n").unwrap();
        assert!(told.scripts[0].is_cut);
        let long = format!("field\tPackage\ta\nscript\tpostinst\techo {}; rm -rf /\n", "x".repeat(LONG));
        assert!(read(&long).unwrap().scripts[0].is_cut);
        assert!(!read("field\tPackage\ta\nscript\tpostinst\techo 1\n").unwrap().scripts[0].is_cut);
    }

    #[test]
    fn sec_f08_only_the_tool_speaks_of_the_signature() {
        let told = read("signature\trefused\tUNTRUSTED\nfield\tpkgname\ta\nfile\tx\n").unwrap();
        assert_eq!(told.signature, Some(SignatureCheck { verified: false, said: "UNTRUSTED".into() }));
        assert!(read("signature\trefused\t\nfield\tpkgname\ta\nfile\tx\nsignature\tverified\t\n").is_err());
        assert!(read("signature\tperhaps\n").is_err());
    }

    #[test]
    fn sec_x03_an_empty_answer_is_not_taken_for_a_package_without_scripts() {
        assert!(read("").is_err());
        assert!(read("script\tpostinst\techo 1\n").is_err());
    }
}
