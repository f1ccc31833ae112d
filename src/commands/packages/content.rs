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
    Shape::word("file", &[needed("line", "A file that it brings", "/usr/bin/x")]),
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
}

/// One script of a package.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct PackageScript {
    /// `postinst`, `%pre`
    pub name: String,
    /// Its text.
    pub text: String,
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
                    match content.scripts.last_mut().filter(|script| script.name == name) {
                        Some(script) => {
                            script.text.push('\n');
                            script.text.push_str(&line);
                        }
                        None => content.scripts.push(PackageScript { name, text: line }),
                    }
                }
                Some(b"file") if value.is_empty() => content.files.push(text::shown(name, SHORT)),
                _ => return Err(wrong("field, script or file was expected")),
            }
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
