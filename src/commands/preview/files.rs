//! Answers about files and about what others show, as rows for people who write a command.

use super::Preview;
use crate::commands::certificate::ReadCertificate;
use crate::commands::files::path::shown;
use crate::commands::files::{DescribeFile, FilePath, ListDirectory, MakeDirectory, Part, ReadFile, ReadGrowth};
use crate::commands::url_request::{Answered, RequestUrl, WebUrl};
use crate::commands::{Acting, Command, CommandType, ParseError};

impl CommandType {
    /// The rows of an answer about files; of other types there are none.
    pub(super) fn preview_of_files(self, format: &str, output: &[u8]) -> Result<Preview, ParseError> {
        Ok(match self {
            Self::ListDirectory => {
                let list = ListDirectory::new(FilePath::root(), Acting::User, usize::MAX);
                let head = ["Name", "Kind", "Size", "Mode", "Owner", "Group", "Modified"];
                Preview::of(&head, &list.parse(format, output)?.entries, |one| {
                    let seen = one.seen;
                    vec![
                        shown(&one.name),
                        one.kind.name().to_owned(),
                        seen.size.to_string(),
                        one.letters(),
                        one.owner.clone(),
                        one.group.clone(),
                        seen.modified.to_string(),
                    ]
                })
            }
            Self::DescribeFile => {
                let describe = DescribeFile { path: FilePath::root(), acting: Acting::User };
                let found = describe.parse(format, output)?;
                Preview::of(&["Kind", "Owner", "Group"], &[found], |one| {
                    vec![one.kind_words.clone(), one.owner.clone(), one.group.clone()]
                })
            }
            Self::ReadFile => {
                let read = ReadFile { path: FilePath::root(), part: Part::Head, acting: Acting::User };
                Preview::of(&["Size"], &[read.parse(format, output)?], |one| vec![one.seen.size.to_string()])
            }
            Self::ReadGrowth => {
                let read = ReadGrowth { path: FilePath::root(), acting: Acting::User, after: None, whole: false };
                Preview::of(&["Size"], &[read.parse(format, output)?], |one| vec![one.size.to_string()])
            }
            Self::ReadCertificate => {
                let asked = ReadCertificate::of("localhost", 443, "");
                let asked = asked.ok_or_else(|| ParseError::new("no host", output))?;
                Preview::of(&["Result"], &[asked.parse(format, output)?], |one| vec![format!("{one:?}")])
            }
            Self::RequestUrl => {
                let url = WebUrl::read("http://localhost/").ok_or_else(|| ParseError::new("no URL", output))?;
                Preview::of(&["Result"], &[RequestUrl { url }.parse(format, output)?], |one| vec![answered(one)])
            }
            // They say nothing where they succeed.
            _ => {
                let make = MakeDirectory { path: FilePath::root(), acting: Acting::User };
                Preview::of(&[], &[make.parse(format, output)?], |()| Vec::new())
            }
        })
    }
}

/// The content is somebody else's, and long.
fn answered(found: &Answered) -> String {
    match found {
        Answered::Status { status, took, body, .. } => format!("{status} {} B {took:?}", body.len()),
        Answered::Nothing { said, .. } => said.clone(),
        Answered::NoTool => "no tool".to_owned(),
    }
}
