//! What a check of an administrator's own answers (a number, a table or a text), and what its limits make of it. Nothing of
//! it is ever evaluated here: a script runs on the server, and its answer is read as bytes.

use super::ParseError;
use super::preview::Preview;
use super::text::{self, SHORT};

/// Columns of a table at most.
const COLUMNS: usize = 16;
/// Rows of a table that are kept.
const ROWS: usize = 200;
/// Bytes of a text that are kept.
const TEXT: usize = 16 << 10;

/// What kind of answer a check gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Answer {
    /// One number, which is kept over time.
    #[default]
    Number,
    /// Rows under headings; how many there are is kept over time.
    Table,
    /// Lines for people.
    Text,
}

/// What a check answered, as it is kept. Every text is the server's own, and hostile.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Reading {
    /// The number, or how many rows the table has.
    pub value: Option<f64>,
    /// The headings of a table.
    pub head: Vec<String>,
    /// The first rows of a table.
    pub rows: Vec<Vec<String>>,
    /// The text.
    pub text: String,
    /// More was answered than is kept.
    pub is_cut: bool,
}

impl Reading {
    /// The same without NUL, which a hostile server may send and the database refuses.
    #[must_use]
    pub fn without_nul(mut self) -> Self {
        let cells = self.head.iter_mut().chain(self.rows.iter_mut().flatten());
        for text in cells.chain([&mut self.text]) {
            if text.contains('\0') {
                *text = text.replace('\0', "\u{fffd}");
            }
        }
        self
    }
}

impl Answer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Number, Self::Table, Self::Text];

    /// The word in the database and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Table => "table",
            Self::Text => "text",
        }
    }

    /// The kind of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// The English word for people; pages translate it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Number => "A number",
            Self::Table => "A table",
            Self::Text => "A text",
        }
    }

    /// How the answer must look, in English.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Number => "The script prints one number on a line of its own, such as 42 or -3.5.",
            Self::Table => {
                "The script prints rows with a tab between columns, the headings first. The number of rows below them is kept over time, and is what the limits are about."
            }
            Self::Text => "The script prints lines for people; the last answer is kept.",
        }
    }

    /// Reads what the script printed.
    pub fn read(self, output: &[u8]) -> Result<Reading, ParseError> {
        match self {
            Self::Number => number(output),
            Self::Table => table(output),
            Self::Text => Ok(Reading {
                text: text::shown(output.trim_ascii_end(), TEXT),
                is_cut: output.trim_ascii_end().len() > TEXT,
                ..Reading::default()
            }),
        }
    }

    /// The same, for whoever tries it.
    pub fn preview(self, output: &[u8]) -> Result<Preview, ParseError> {
        let reading = self.read(output)?;
        Ok(match self {
            Self::Number => {
                let value = reading.value.map(|value| value.to_string()).unwrap_or_default();
                Preview { head: vec!["Number"], rows: vec![vec![value]], total: 1 }
            }
            Self::Table => {
                let rows: Vec<Vec<String>> = std::iter::once(reading.head).chain(reading.rows).collect();
                Preview { head: Vec::new(), total: rows.len(), rows }
            }
            Self::Text => {
                let rows: Vec<Vec<String>> = reading.text.lines().map(|line| vec![line.to_owned()]).collect();
                Preview { head: vec!["Text"], total: rows.len(), rows }
            }
        })
    }
}

fn number(output: &[u8]) -> Result<Reading, ParseError> {
    let mut lines = text::lines(output).filter(|(_, line)| !line.trim_ascii().is_empty());
    let (number, line) =
        lines.next().ok_or_else(|| ParseError::new("a number was expected, and nothing came", output))?;
    if let Some((further, line)) = lines.next() {
        return Err(ParseError::at(further, "one number was expected, and more came", line));
    }
    let value = signed(line.trim_ascii()).ok_or_else(|| ParseError::at(number, "this is no number", line))?;
    Ok(Reading { value: Some(value), ..Reading::default() })
}

/// Digits with a sign and a dot, nothing else: no exponent, no `NaN`.
fn signed(word: &[u8]) -> Option<f64> {
    match word.strip_prefix(b"-") {
        Some(rest) => text::decimal(rest).map(|value| -value),
        None => text::decimal(word),
    }
}

fn table(output: &[u8]) -> Result<Reading, ParseError> {
    let mut lines = text::lines(output).filter(|(_, line)| !line.trim_ascii().is_empty());
    let (number, first) = lines.next().ok_or_else(|| ParseError::new("a line of headings was expected", output))?;
    let cells = |line: &[u8]| -> Vec<String> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.split(|byte| *byte == b'\t').map(|cell| text::shown(cell, SHORT)).collect()
    };
    let head = cells(first);
    if head.len() > COLUMNS {
        return Err(ParseError::at(number, format!("more than {COLUMNS} columns"), first));
    }
    let (mut rows, mut count) = (Vec::new(), 0_u32);
    for (number, line) in lines {
        let row = cells(line);
        if row.len() > head.len() {
            return Err(ParseError::at(number, format!("more than the {} columns of the headings", head.len()), line));
        }
        count = count.saturating_add(1);
        if rows.len() < ROWS {
            rows.push(row);
        }
    }
    let is_cut = usize::try_from(count).is_ok_and(|count| count > rows.len());
    Ok(Reading { value: Some(f64::from(count)), head, rows, is_cut, ..Reading::default() })
}

/// From where on a value deserves attention.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    /// From here on it deserves attention.
    pub warning: Option<f64>,
    /// From here on it cannot wait.
    pub critical: Option<f64>,
    /// In which direction.
    pub direction: Direction,
}

/// On which side of a limit values are bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// The limit and what is above it.
    #[default]
    Above,
    /// The limit and what is below it.
    Below,
}

/// What the limits make of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// It cannot wait.
    Critical,
    /// It deserves attention.
    Warning,
    /// All is well.
    Good,
}

impl Direction {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Above, Self::Below];

    /// The word in the database and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }

    /// The direction of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

impl Limits {
    /// What they make of `value`.
    pub fn judge(&self, value: f64) -> Judgement {
        let reached = |limit: Option<f64>| {
            limit.is_some_and(|limit| match self.direction {
                Direction::Above => value >= limit,
                Direction::Below => value <= limit,
            })
        };
        if reached(self.critical) {
            Judgement::Critical
        } else if reached(self.warning) {
            Judgement::Warning
        } else {
            Judgement::Good
        }
    }

    /// Whether the warning comes before what is critical.
    pub fn are_in_order(&self) -> bool {
        match (self.warning, self.critical, self.direction) {
            (Some(warning), Some(critical), Direction::Above) => warning <= critical,
            (Some(warning), Some(critical), Direction::Below) => warning >= critical,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_alone() {
        for (output, value) in [("42\n", 42.0), (" -3.5 \n\n", -3.5), ("0", 0.0), ("7\r\n", 7.0)] {
            assert_eq!(Answer::Number.read(output.as_bytes()).unwrap().value, Some(value), "{output}");
        }
        for output in ["", "\n", "many\n", "1\n2\n", "NaN", "1e5", "--1", "1 2", "0x1", "-", "1.2.3"] {
            assert!(Answer::Number.read(output.as_bytes()).is_err(), "{output:?}");
        }
    }

    #[test]
    fn sec_x03_a_table_is_bounded_and_counted() {
        let read = |output: &str| Answer::Table.read(output.as_bytes());
        let reading = read("unit\tstate\nnginx\tfailed\ncron\n").unwrap();
        assert_eq!(
            (reading.value, reading.rows.len(), reading.head.join("|")),
            (Some(2.0), 2, "unit|state".to_owned())
        );
        assert_eq!(read("unit\n").unwrap().value, Some(0.0), "headings alone: nothing to tell");
        let long = (0..=1_000).map(|number| number.to_string()).collect::<Vec<_>>().join("\n");
        let reading = read(&long).unwrap();
        assert_eq!((reading.value, reading.rows.len(), reading.is_cut), (Some(1_000.0), ROWS, true));
        assert!(read("").is_err());
        assert_eq!(read("a\tb\n1\t2\t3\n").unwrap_err().line, Some(2));
        assert!(read(&"x\t".repeat(COLUMNS + 1)).is_err());
    }

    #[test]
    fn a_text_is_kept_up_to_its_limit() {
        let reading = Answer::Text.read(b"all\nis well \n\n").unwrap();
        assert_eq!((reading.text.as_str(), reading.value, reading.is_cut), ("all\nis well", None, false));
        assert!(Answer::Text.read(&vec![b'x'; TEXT + 1]).unwrap().is_cut);
        assert_eq!(Answer::Text.read(b"\xff\xfe").unwrap().text, "\u{fffd}\u{fffd}");
        assert_eq!(Answer::Text.read(b"a\0b").unwrap().without_nul().text, "a\u{fffd}b");
        assert_eq!(Answer::Table.read(b"a\nb\0").unwrap().without_nul().rows, [["b\u{fffd}"]]);
    }

    #[test]
    fn limits_are_judged_from_the_side_that_is_bad() {
        let above = Limits { warning: Some(10.0), critical: Some(20.0), direction: Direction::Above };
        let judged: Vec<Judgement> = [9.9, 10.0, 20.0].into_iter().map(|value| above.judge(value)).collect();
        assert_eq!(judged, [Judgement::Good, Judgement::Warning, Judgement::Critical]);
        let below = Limits { warning: Some(10.0), critical: None, direction: Direction::Below };
        assert_eq!((below.judge(10.0), below.judge(11.0)), (Judgement::Warning, Judgement::Good));
        assert_eq!(Limits::default().judge(f64::MAX), Judgement::Good);
        assert!(above.are_in_order() && below.are_in_order());
        assert!(!Limits { direction: Direction::Below, ..above }.are_in_order());
    }

    proptest::proptest! {
        #[test]
        fn sec_x03_any_answer_is_read_or_refused(output in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            for answer in Answer::ALL {
                let _ = answer.read(&output);
                let _ = answer.preview(&output);
            }
        }
    }
}
