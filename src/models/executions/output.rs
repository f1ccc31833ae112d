//! What executions printed, in the parts in which it came.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Execution, ExecutionState};
use crate::db::schema::{execution_output, executions};
use crate::models::ids::ExecutionId;

/// How much of the end of a log is kept, bytes.
const KEPT: i64 = 1 << 20;

/// A part of a log.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = execution_output)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct OutputPart {
    pub at_byte: i64,
    pub at: DateTime<Utc>,
    pub bytes: Vec<u8>,
}

impl Execution {
    /// Appends what came; false where somebody else has it now. The beginning of a long log is dropped, but of a command of
    /// somebody's own, which is ended where it prints too much.
    pub fn append(&mut self, connection: &mut PgConnection, bytes: &[u8], now: DateTime<Utc>) -> QueryResult<bool> {
        let keeps_all = self.words.is_some();
        if bytes.is_empty() && self.state == ExecutionState::Running {
            return Ok(true);
        }
        let end = self.log_bytes + i64::try_from(bytes.len()).unwrap_or_default();
        let moved = connection.transaction(|connection| {
            let held = executions::table.find(self.id).filter(executions::token.eq(self.token));
            let held = held.filter(executions::log_bytes.eq(self.log_bytes).and(executions::ended_at.is_null()));
            let running = (executions::state.eq(ExecutionState::Running), executions::log_bytes.eq(end));
            if diesel::update(held).set(running).execute(connection)? == 0 {
                return Ok(false);
            }
            if !bytes.is_empty() {
                let part = (
                    execution_output::execution_id.eq(self.id),
                    execution_output::at_byte.eq(self.log_bytes),
                    execution_output::at.eq(now),
                    execution_output::bytes.eq(bytes),
                );
                diesel::insert_into(execution_output::table).values(part).execute(connection)?;
                let old = execution_output::at_byte.lt(end - KEPT);
                let of_it = execution_output::table.filter(execution_output::execution_id.eq(self.id));
                if !keeps_all {
                    diesel::delete(of_it.filter(old)).execute(connection)?;
                }
            }
            Ok::<_, diesel::result::Error>(true)
        })?;
        if moved {
            self.log_bytes = end;
            self.state = ExecutionState::Running;
        }
        Ok(moved)
    }

    /// What is kept of its log from this byte on, in order.
    pub fn output(connection: &mut PgConnection, id: ExecutionId, from: i64) -> QueryResult<Vec<OutputPart>> {
        OutputPart::query()
            .filter(execution_output::execution_id.eq(id).and(execution_output::at_byte.ge(from)))
            .order(execution_output::at_byte)
            .load(connection)
    }

    /// The beginning of what it printed: the parts that begin within so many bytes.
    pub fn beginning(connection: &mut PgConnection, id: ExecutionId, bytes: usize) -> QueryResult<Vec<u8>> {
        let end = i64::try_from(bytes).unwrap_or(i64::MAX);
        let parts: Vec<Vec<u8>> = execution_output::table
            .filter(execution_output::execution_id.eq(id).and(execution_output::at_byte.lt(end)))
            .order(execution_output::at_byte)
            .select(execution_output::bytes)
            .load(connection)?;
        Ok(parts.concat())
    }
}
