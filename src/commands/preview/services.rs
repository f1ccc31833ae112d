//! Answers about services and logs, as rows for people who write a command.

use super::{Preview, known};
use crate::commands::logs::{self, ListLogs};
use crate::commands::services::{ListServices, Service, control, one};
use crate::commands::{Command, CommandType, ParseError};

const HEAD: [&str; 8] = ["Name", "Kind", "State", "Detail", "At boot", "Since", "Memory", "Description"];

fn row(one: &Service) -> Vec<String> {
    vec![
        one.name.clone(),
        one.kind.name().to_owned(),
        one.state.name().to_owned(),
        one.detail.clone(),
        one.at_boot.clone(),
        known(one.since),
        known(one.memory_bytes),
        one.description.clone(),
    ]
}

impl CommandType {
    /// The rows of an answer about services or logs; of other types there are none.
    pub(super) fn preview_of_services(self, format: &str, output: &[u8]) -> Result<Preview, ParseError> {
        Ok(match self {
            Self::ListServices => Preview::of(&HEAD, &ListServices.parse(format, output)?.services, row),
            Self::ReadService => {
                let found = one::read(format, output)?;
                Preview::of(&HEAD, found.as_slice(), |found| row(&found.service))
            }
            Self::ControlService => Preview::of(&HEAD, &[control::read(format, output)?.service], row),
            Self::ListLogs => {
                let found = ListLogs.parse(format, output)?;
                let boots = found.boots.iter().map(|boot| vec![format!("boot {}", boot.number), boot.id.clone()]);
                let files = found.files.iter().map(|file| vec![file.path.clone(), known(file.bytes)]);
                let journal = vec!["journal".to_owned(), format!("{:?}", found.journal)];
                let rows: Vec<Vec<String>> = std::iter::once(journal).chain(boots).chain(files).collect();
                Preview::of(&["Source", "Value"], &rows, Clone::clone)
            }
            Self::ReadJournal => {
                let found = logs::journal::page(format, output)?;
                Preview::of(&["Time", "Who", "Message"], &found.entries, |one| {
                    vec![one.at.to_rfc3339(), one.who(), one.message.clone().unwrap_or_default()]
                })
            }
            Self::SearchLog => {
                let found = logs::files::read(format, output)?;
                let lines = found.files.iter().flat_map(|file| {
                    file.lines
                        .iter()
                        .map(move |line| vec![file.path.clone(), line.number.to_string(), line.text.clone()])
                });
                Preview::of(&["File", "Line", "Text"], &lines.collect::<Vec<_>>(), Clone::clone)
            }
            _ => {
                logs::journal::nothing_left(format, output)?;
                Preview::default()
            }
        })
    }
}
