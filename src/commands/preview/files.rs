//! Answers about files, as rows for people who write a command.

use super::Preview;
use crate::commands::files::path::shown;
use crate::commands::files::{DescribeFile, FilePath, ListDirectory, MakeDirectory, Part, ReadFile};
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
            // They say nothing where they succeed.
            _ => {
                let make = MakeDirectory { path: FilePath::root(), acting: Acting::User };
                Preview::of(&[], &[make.parse(format, output)?], |()| Vec::new())
            }
        })
    }
}
