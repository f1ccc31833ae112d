//! What was added to a file since the last run: whole lines, each told once, also where the file was put away, emptied or replaced
//! meanwhile.

use futures_util::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ACTING, Asked, Found, Source, found};
use crate::commands::Acting;
use crate::commands::files::growth::{Added, Place};
use crate::commands::files::path::NO_PATH;
use crate::commands::files::{FilePath, ReadGrowth};
use crate::error::{Error, FieldErrors, Result};
use crate::models::source_marks::{NewMark, SourceMark};
use crate::scenarios::condition::expression;
use crate::scenarios::fields::{Default, Field, Takes, number, text};

/// How much of the lines is kept in the reading, bytes, and of one of them, characters.
const TEXT: usize = 16 << 10;
const LINE: usize = 1_000;

/// What is new in a file.
pub(super) const TAIL: Source = Source {
    kind: "file_tail",
    label: "New lines of a file",
    icon: "file-text",
    fields: &[
        Field {
            name: "path",
            label: "File",
            hint: "/var/log/nginx/error.log",
            takes: Takes::Line { most: 1_000 },
            default: Default::Required,
        },
        Field {
            name: "pattern",
            label: "Lines that match",
            hint: "A regular expression; empty: every line",
            takes: Takes::Pattern,
            default: Default::Text(""),
        },
        ACTING,
        Field {
            name: "first",
            label: "At the first run",
            hint: "",
            takes: Takes::Choice(&[("end", "What is there is not new"), ("start", "All of the file is new")]),
            default: Default::Text("end"),
        },
        Field {
            name: "lines",
            label: "Lines that are told",
            hint: "The last ones; all are counted",
            takes: Takes::Number { least: 1, most: 200 },
            default: Default::Number(20),
        },
    ],
    gives: &[
        ("file.count", "2"),
        ("file.last", "2026/11/28 08:49:58 [error] connect() failed"),
        ("file.text", "2026/11/28 08:49:51 [error] upstream timed out"),
        ("file.lines", "140"),
        ("file.path", "/var/log/nginx/error.log"),
        ("file.became", "same"),
        ("file.is_more", "false"),
        ("file.has_gap", "false"),
        ("command", "tail -c +1 /var/log/nginx/error.log"),
    ],
    asks_server: true,
    acts: false,
    problems: |settings| match FilePath::new(text(settings, "path").as_bytes()) {
        Some(_) => FieldErrors::default(),
        None => FieldErrors::default().and("path", NO_PATH),
    },
    read: |asked| read(asked).boxed(),
};

/// Where a reading ended, and of which file it is the place: another file begins anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Mark {
    path: String,
    place: Place,
}

async fn read(asked: Asked<'_>) -> Result<Found> {
    let path = text(asked.settings, "path");
    let file = FilePath::new(path.as_bytes()).ok_or_else(|| Error::field("path", NO_PATH))?;
    let (seen, before) = mark(asked, path).await?;
    let command = ReadGrowth {
        path: file,
        acting: Acting::from_word(text(asked.settings, "acting")).unwrap_or_default(),
        after: before.clone(),
        whole: text(asked.settings, "first") == "start",
    };
    let answer = asked.host.read(command).await?;
    let added = answer.value.after(before.as_ref());
    let mut file = told(&added, text(asked.settings, "pattern"), number(asked.settings, "lines"))?;
    if let Value::Object(file) = &mut file {
        file.insert("path".to_owned(), path.into());
        file.insert("became".to_owned(), answer.value.fate.name().into());
    }
    let line = answer.evidence.line.replace("\"$path\"", path);
    let Found { values, .. } = found(json!({ "file": file, "command": line }));
    let mark = serde_json::to_value(Mark { path: path.to_owned(), place: added.place }).map_err(Error::internal)?;
    Ok(Found { values, mark: Some(NewMark { server: asked.host.server().id, mark, seen }) })
}

/// How often the mark has moved, and where the last reading of this file ended.
async fn mark(asked: Asked<'_>, path: &str) -> Result<(i64, Option<Place>)> {
    let Some(run) = asked.run else { return Ok((0, None)) };
    let (scenario, server) = (run.scenario_id, asked.host.server().id);
    let kept = asked.db.run(move |connection| SourceMark::of(connection, scenario, server)).await?;
    let Some(kept) = kept else { return Ok((0, None)) };
    let mark = serde_json::from_value::<Mark>(kept.mark).ok().filter(|mark| mark.path == path);
    Ok((kept.moves, mark.map(|mark| mark.place)))
}

/// The lines that match: all are counted, the last ones are told.
fn told(added: &Added, pattern: &str, most: i64) -> Result<Value> {
    let pattern = Some(pattern).filter(|pattern| !pattern.is_empty());
    let pattern = pattern.map(expression).transpose().map_err(Error::BadRequest)?;
    let text = String::from_utf8_lossy(&added.text);
    let (mut lines, mut hits) = (0_usize, Vec::new());
    for line in text.lines() {
        lines += 1;
        if pattern.as_ref().is_none_or(|pattern| pattern.is_match(line)) {
            hits.push(line);
        }
    }
    let most = usize::try_from(most).unwrap_or_default();
    let (mut kept, mut size) = (Vec::new(), 0);
    for line in hits.iter().rev().take(most) {
        let line: String = line.chars().take(LINE).collect();
        size += line.len() + 1;
        if size > TEXT {
            break;
        }
        kept.push(line);
    }
    kept.reverse();
    Ok(json!({
        "count": hits.len(),
        "lines": lines,
        "last": kept.last(),
        "text": kept.join("\n"),
        "is_more": added.is_more,
        "has_gap": added.has_gap,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(text: &[u8]) -> Added {
        let place = Place { inode: 7, at: 0, begins: String::new() };
        Added { text: text.to_vec(), place, is_more: false, has_gap: false }
    }

    #[test]
    fn all_lines_that_match_are_counted_and_the_last_ones_told() {
        let value = told(&added(b"error 1\ninfo 2\nerror 3\nerror \xff4\n"), "^error", 2).unwrap();
        assert_eq!((&value["count"], &value["lines"]), (&json!(3), &json!(4)));
        assert_eq!((&value["text"], &value["last"]), (&json!("error 3\nerror \u{fffd}4"), &json!("error \u{fffd}4")));
        let nothing = told(&added(b""), "", 2).unwrap();
        assert_eq!((&nothing["count"], &nothing["last"]), (&json!(0), &Value::Null));
    }

    #[test]
    fn sec_x01_what_is_told_of_long_lines_is_short() {
        let much = format!("{}\n", "é".repeat(50_000)).repeat(20);
        let value = told(&added(much.as_bytes()), "", 200).unwrap();
        assert_eq!(value["count"], 20);
        let text = value["text"].as_str().unwrap();
        assert!(text.len() <= TEXT && text.lines().all(|line| line.chars().count() == LINE), "{}", text.len());
    }
}
