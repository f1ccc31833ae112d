//! Which servers printed the same, and what is different between those that did not. What servers print is not ours.

use std::collections::BTreeMap;

use super::super::diff::{DiffLine, diff};
use crate::db::Connection;
use crate::error::Result;
use crate::models::executions::{Execution, ExecutionState};
use crate::models::fan_outs::Member;
use crate::models::ids::ExecutionId;

/// Groups that are shown.
const MOST: usize = 8;
/// Names in a group.
const NAMED: usize = 40;
/// How much of what one printed is shown and compared: bytes, and lines.
const BYTES: usize = 64 << 10;
const LINES: usize = 400;

/// Servers that ended alike and printed the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutputGroup {
    pub(super) servers: Vec<String>,
    pub(super) more: usize,
    pub(super) count: usize,
    pub(super) state: ExecutionState,
    pub(super) exit_status: Option<i32>,
    /// The beginning of what they printed.
    pub(super) text: String,
    pub(super) is_cut: bool,
    pub(super) bytes: u64,
    /// What is different from the largest group; none for that one.
    pub(super) changes: Option<Vec<DiffLine>>,
    /// One of them, whose output can be had as a whole: server and number.
    pub(super) first: (String, ExecutionId),
}

/// All of them, the largest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Groups {
    pub(super) shown: Vec<OutputGroup>,
    pub(super) more: usize,
    /// Servers in the largest group, and in all others.
    pub(super) same: usize,
    pub(super) differ: usize,
}

type Key = (&'static str, Option<i32>, Vec<u8>);

impl Groups {
    /// Of those that have ended and whose output is known.
    pub(super) fn load(connection: &mut Connection, members: &[Member]) -> Result<Self> {
        let alike = alike(members);
        let same = alike.first().map_or(0, Vec::len);
        let differ = alike.iter().skip(1).map(Vec::len).sum();
        let more = alike.len().saturating_sub(MOST);
        let mut shown: Vec<OutputGroup> = Vec::with_capacity(alike.len().min(MOST));
        for group in alike.into_iter().take(MOST) {
            let Some((first, ran)) = group.first().and_then(|one| Some((*one, one.execution.as_ref()?))) else {
                continue;
            };
            let bytes = Execution::beginning(connection, ran.id, BYTES)?;
            let (text, is_cut) = beginning(&bytes, ran.log_bytes);
            let changes = shown.first().map(|largest| diff(&largest.text, &text));
            shown.push(OutputGroup {
                servers: group.iter().take(NAMED).map(|member| member.server.clone()).collect(),
                more: group.len().saturating_sub(NAMED),
                count: group.len(),
                state: ran.state,
                exit_status: ran.exit_status,
                bytes: u64::try_from(ran.log_bytes).unwrap_or_default(),
                first: (first.server.clone(), ran.id),
                text,
                is_cut,
                changes,
            });
        }
        Ok(Self { shown, more, same, differ })
    }
}

/// Members by how they ended and what they printed, the largest group first.
fn alike(members: &[Member]) -> Vec<Vec<&Member>> {
    let mut groups: BTreeMap<Key, Vec<&Member>> = BTreeMap::new();
    for member in members {
        let (Some(digest), Some(ran)) = (&member.digest, &member.execution) else { continue };
        groups.entry((ran.state.name(), ran.exit_status, digest.clone())).or_default().push(member);
    }
    let mut groups: Vec<Vec<&Member>> = groups.into_values().collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.len()), group.first().map(|one| one.server.clone())));
    groups
}

/// The first lines as text, and whether there are more.
fn beginning(bytes: &[u8], all: i64) -> (String, bool) {
    let text = String::from_utf8_lossy(bytes.get(..BYTES.min(bytes.len())).unwrap_or_default());
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let shown: String = lines.iter().take(LINES).copied().collect();
    let is_whole = i64::try_from(bytes.len()).is_ok_and(|read| read >= all) && bytes.len() <= BYTES;
    (shown, !is_whole || lines.len() > LINES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::fan_outs::{MemberState, Ran};
    use crate::models::ids::ServerId;

    fn member(number: i64, exit_status: i32, digest: u8) -> Member {
        Member {
            server_id: ServerId(number),
            server: format!("web-{number}"),
            wave: 0,
            state: MemberState::Begun,
            why: None,
            digest: Some(vec![digest]),
            execution: Some(Ran {
                id: ExecutionId(number),
                state: ExecutionState::Succeeded,
                exit_status: Some(exit_status),
                why: None,
                started_at: None,
                ended_at: None,
                log_bytes: 3,
            }),
        }
    }

    #[test]
    fn servers_that_ended_alike_and_printed_the_same_are_a_group_and_the_largest_comes_first() {
        let members = [member(1, 0, 7), member(2, 0, 8), member(3, 0, 8), member(4, 1, 8)];
        let groups: Vec<Vec<&str>> =
            alike(&members).iter().map(|group| group.iter().map(|one| one.server.as_str()).collect()).collect();
        assert_eq!(groups, [vec!["web-2", "web-3"], vec!["web-1"], vec!["web-4"]]);
    }

    #[test]
    fn of_a_long_output_the_beginning_is_shown() {
        let long = "line\n".repeat(1_000);
        let (text, is_cut) = beginning(long.as_bytes(), 5_000);
        assert_eq!((text.lines().count(), is_cut), (LINES, true));
        assert_eq!(beginning(b"a\n", 2), ("a\n".to_owned(), false));
        assert!(beginning(&b"x".repeat(BYTES), 1 << 20).1);
    }
}
