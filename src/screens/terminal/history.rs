//! A command of somebody's own as a page shows it: what was written, how it is, the end of what it printed.

use chrono::{DateTime, Utc};

use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::command_runs::CommandRun;
use crate::models::executions::{Execution, ExecutionState};
use crate::models::ids::{ExecutionId, RunId};

/// Lines that are shown of what one printed, from its end.
const LINES: usize = 400;
/// Bytes that are shown at most.
const BYTES: usize = 128 << 10;

/// One entry.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "what a template asks of it")]
pub(super) struct Entry {
    pub id: ExecutionId,
    /// Its address.
    pub href: String,
    pub words: String,
    pub as_root: bool,
    pub dot: &'static str,
    /// The words of its dot.
    pub state: &'static str,
    pub has_ended: bool,
    pub is_own: bool,
    /// How it ended in a word: the exit status, or its state.
    pub outcome: Message,
    pub is_bad: bool,
    pub took: Option<String>,
    pub by: String,
    pub at: DateTime<Utc>,
    pub why: Option<Message>,
    pub asked_to_stop: bool,
    /// The run of a scenario that asked for it.
    pub scenario_run: Option<RunId>,
    pub output: Option<Output>,
    /// What helps where the command wanted a terminal.
    pub wants_terminal: bool,
}

/// The end of what a command printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Output {
    pub text: String,
    /// In all, where all of it is at hand.
    pub lines: Option<usize>,
    pub bytes: u64,
    pub is_cut: bool,
}

impl Output {
    /// The end of these bytes, of so many in all.
    pub(super) fn of(bytes: &[u8], all: i64) -> Self {
        let from = bytes.len().saturating_sub(BYTES);
        let text = String::from_utf8_lossy(bytes.get(from..).unwrap_or_default());
        let lines: Vec<&str> = text.lines().collect();
        let shown = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
        let all = u64::try_from(all).unwrap_or_default();
        let is_whole = u64::try_from(bytes.len()).is_ok_and(|read| read >= all);
        let count = is_whole.then(|| String::from_utf8_lossy(bytes).lines().count());
        let is_cut = !is_whole || from > 0 || shown.len() < lines.len();
        Self { text: shown.join("\n"), lines: count, bytes: all, is_cut }
    }
}

/// Whether a command says that it misses a terminal.
fn wants_terminal(text: &str) -> bool {
    ["environment variable not set", "not a tty", "failed tty get", "must be run from a terminal", "no tty present"]
        .iter()
        .any(|said| text.contains(said))
}

impl Entry {
    /// With what it printed, where that is to be shown.
    pub(super) fn load(
        connection: &mut Connection,
        run: &CommandRun,
        (path, actor): (&str, &Actor),
        with_output: bool,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let output = if with_output {
            // The part in which this begins is left out, and a part may be twice as long as what is shown.
            let from = run.log_bytes - i64::try_from(BYTES).unwrap_or(0) * 4;
            let parts = Execution::output(connection, run.id, from)?;
            let bytes: Vec<u8> = parts.into_iter().flat_map(|part| part.bytes).collect();
            Some(Output::of(&bytes, run.log_bytes))
        } else {
            None
        };
        let failed = run.state == ExecutionState::Failed;
        let outcome = match (run.exit_status, run.state) {
            (Some(status), _) => Message::new("exit {status}").with("status", status),
            (None, state) => Message::new(state.label()),
        };
        let ran_until = run.ended_at.unwrap_or(now);
        let took = run.started_at.map(|began| seconds((ran_until - began).num_milliseconds()));
        Ok(Self {
            href: format!("{path}/terminal/commands/{}", run.id),
            words: run.text().to_owned(),
            as_root: run.as_root,
            dot: run.state.dot(),
            state: run.state.label(),
            has_ended: run.state.has_ended(),
            is_own: run.actor == actor.name && run.actor_kind == actor.kind_name(),
            outcome,
            is_bad: failed || run.state == ExecutionState::Unknown,
            took,
            by: run.actor.clone(),
            at: run.queued_at,
            why: run.why(),
            asked_to_stop: run.stop_asked_by.is_some(),
            scenario_run: run.run_of_scenario(connection)?,
            wants_terminal: failed && output.as_ref().is_some_and(|output| wants_terminal(&output.text)),
            output,
            id: run.id,
        })
    }
}

/// `0.04 s`, `7.4 s`, `320 s`
fn seconds(millis: i64) -> String {
    match millis {
        ..10 => "0.01 s".to_owned(),
        10..1_000 => format!("{}.{:02} s", millis / 1_000, millis % 1_000 / 10),
        1_000..100_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} s", millis / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_as_many_digits_as_help() {
        assert_eq!(
            [3, 45, 999, 7_412, 30_040, 320_900].map(seconds),
            ["0.01 s", "0.04 s", "0.99 s", "7.4 s", "30.0 s", "320 s"]
        );
    }

    #[test]
    fn of_long_output_the_end_is_shown_and_said_to_be_no_more() {
        let all = (0..1_000).map(|number| format!("line {number}")).collect::<Vec<_>>().join("\n") + "\n";
        let output = Output::of(all.as_bytes(), i64::try_from(all.len()).unwrap());
        assert!(output.is_cut && output.lines == Some(1_000));
        assert_eq!(output.text.lines().count(), LINES);
        assert!(output.text.ends_with("line 999"));
        let all = Output::of(b"one\n\ntwo\n", 9);
        assert_eq!((all.is_cut, all.lines), (false, Some(3)));
        let end = Output::of(b"one\ntwo\n", 4_000);
        assert_eq!((end.is_cut, end.lines), (true, None), "the rest was not read");
    }
}
