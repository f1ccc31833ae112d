//! How far hannun may go on a server at all, whoever asks: the switch of a server or a group.

use std::fmt;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use crate::db::types::text_column;

/// What hannun may do on a server, each including the one before.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Default,
    serde::Serialize,
    serde::Deserialize,
    AsExpression,
    FromSqlRow,
)]
#[diesel(sql_type = Text)]
#[serde(rename_all = "kebab-case")]
pub enum Allowance {
    /// Look at figures, processes and settings.
    Watch,
    /// Also read files and logs.
    ReadFiles,
    /// Also change something.
    Change,
    /// Everything, a terminal included.
    #[default]
    Terminal,
}

impl Allowance {
    /// All of them, narrowest first.
    pub const ALL: [Self; 4] = [Self::Watch, Self::ReadFiles, Self::Change, Self::Terminal];
    /// Their words.
    pub const NAMES: [&'static str; 4] = ["watch", "read-files", "change", "terminal"];

    /// The word in the database, the API and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::ReadFiles => "read-files",
            Self::Change => "change",
            Self::Terminal => "terminal",
        }
    }

    /// The English words for people; pages translate them.
    pub fn label(self) -> &'static str {
        match self {
            Self::Watch => "Only watch",
            Self::ReadFiles => "Watch and read files",
            Self::Change => "Also make changes",
            Self::Terminal => "Everything, with a terminal",
        }
    }

    /// The allowance of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|allowance| allowance.name() == name)
    }
}

text_column!(Allowance);

impl fmt::Display for Allowance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_allows_what_the_one_before_does() {
        assert!(Allowance::ALL.is_sorted());
        assert_eq!(Allowance::ALL.map(Allowance::name), Allowance::NAMES);
    }
}
