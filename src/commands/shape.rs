//! What the rows of a `table` look like, for people who write a command: each parser declares the columns that it reads.

/// Rows of one kind in a `table` answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The word in the first column by which rows of this kind are known; empty where all rows are of one kind.
    pub word: &'static str,
    /// The columns, behind the word.
    pub columns: &'static [Column],
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// What problems call it.
    pub name: &'static str,
    /// What stands in it, in English.
    pub meaning: &'static str,
    /// A value that fits.
    pub example: &'static str,
    /// Whether a row without it is refused.
    pub needed: bool,
}

impl Shape {
    /// Rows of one kind.
    pub(super) const fn rows(columns: &'static [Column]) -> Self {
        Self { word: "", columns }
    }

    /// Rows that begin with `word`.
    pub(super) const fn word(word: &'static str, columns: &'static [Column]) -> Self {
        Self { word, columns }
    }

    /// A row with every column filled in, as a script would print it.
    pub fn example(&self) -> String {
        let word = Some(self.word).filter(|word| !word.is_empty());
        word.into_iter().chain(self.columns.iter().map(|column| column.example)).collect::<Vec<_>>().join("\t")
    }
}

/// A column that must be filled in.
pub(super) const fn needed(name: &'static str, meaning: &'static str, example: &'static str) -> Column {
    Column { name, meaning, example, needed: true }
}

/// A column that may be empty, `-`, or left out at the end.
pub(super) const fn optional(name: &'static str, meaning: &'static str, example: &'static str) -> Column {
    Column { name, meaning, example, needed: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::CommandType;

    /// The rows that must be there besides the one in question, so that the answer as a whole can be read.
    fn beside(command_type: CommandType, word: &str) -> &'static str {
        match command_type {
            CommandType::SampleMetrics if word != "uptime" => "uptime\t10.5\n",
            CommandType::DetectPlatform if word != "system" => "system\tLinux\n",
            CommandType::ReadProcess if !matches!(word, "process" | "gone") => "process\t7\t42\n",
            CommandType::ReadEnvironment if word == "variable" => "process\t42\n",
            CommandType::ReadService | CommandType::ControlService if !matches!(word, "service" | "gone") => {
                "service\ta\t\tactive\n"
            }
            CommandType::InspectFile if word == "cut" => "field\tPackage\tloose\nscript\tpostinst\ttrue\n",
            CommandType::InspectFile if word != "field" && word != "signature" => "field\tPackage\tloose\n",
            _ => "",
        }
    }

    fn reads(command_type: CommandType, shape: &Shape, row: &str) -> bool {
        let answer = format!("{}{row}\n", beside(command_type, shape.word));
        command_type.preview("table", answer.as_bytes()).is_ok()
    }

    #[test]
    fn the_columns_that_people_are_told_are_those_that_are_read() {
        for command_type in CommandType::ALL {
            let reads_tables = command_type.formats().contains(&"table");
            assert_eq!(reads_tables, !command_type.table().is_empty(), "{command_type:?}");
            for shape in command_type.table() {
                let row = shape.example();
                assert!(reads(*command_type, shape, &row), "{command_type:?}: {row}");
                let ahead = usize::from(!shape.word.is_empty());
                for (at, column) in shape.columns.iter().enumerate() {
                    let mut cells: Vec<&str> = row.split('\t').collect();
                    cells[at + ahead] = "";
                    let without = cells.join("\t");
                    assert_eq!(reads(*command_type, shape, &without), !column.needed, "{command_type:?}: {without}");
                }
            }
        }
    }

    #[test]
    fn a_column_too_many_is_refused() {
        // The last column of these is a text of its own, which may hold tabs.
        let texts = [CommandType::DetectPlatform, CommandType::InspectFile];
        for command_type in CommandType::ALL.iter().filter(|known| !texts.contains(known)) {
            let longest = command_type.table().iter().max_by_key(|shape| shape.example().matches('\t').count());
            let Some(longest) = longest else { continue };
            assert!(!reads(*command_type, longest, &format!("{}\tmore", longest.example())), "{command_type:?}");
        }
    }
}
