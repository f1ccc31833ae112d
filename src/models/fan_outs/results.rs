//! Executions of a fan-out as they begin, print and end: many at once, in few statements.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bytea, Integer, Jsonb, Nullable, Text, Timestamptz};

use super::claims::LEASE;
use super::{FanOut, MemberState};
use crate::db::schema::{command_runs, execution_output, fan_out_members};
use crate::models::command_runs::NewCommandRun;
use crate::models::executions::{End, ExecutionState};
use crate::models::ids::{ExecutionId, FanOutId, ServerId};

/// Executions that are written by one statement: PostgreSQL takes 65,535 values.
const ROWS_AT_ONCE: usize = 1_000;

/// An execution that is begun by whoever writes it: its start stands there before anything is sent (J03).
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = command_runs)]
pub struct NewStarted {
    #[diesel(embed)]
    run: NewCommandRun,
    state: ExecutionState,
    started_at: DateTime<Utc>,
    lease_until: DateTime<Utc>,
}

/// What came from one execution since the last time.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Which.
    pub execution: ExecutionId,
    /// How much it had printed before, bytes.
    pub at_byte: i64,
    /// What it printed since.
    pub bytes: Vec<u8>,
    /// How it ended, with the digest of all that it printed.
    pub end: Option<(End, Vec<u8>)>,
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

impl NewStarted {
    /// `run`, whose start is sent once this is written.
    pub fn new(run: NewCommandRun, now: DateTime<Utc>) -> Self {
        Self { run, state: ExecutionState::Starting, started_at: now, lease_until: now + LEASE }
    }

    /// The server.
    pub fn server(&self) -> ServerId {
        self.run.server_id
    }

    /// Adds them, and lets their members begin; those whose turn has passed are an error, and then nothing is written.
    pub fn insert_all(
        connection: &mut PgConnection,
        fan_out: FanOutId,
        new: &[Self],
    ) -> QueryResult<Vec<(ServerId, ExecutionId)>> {
        let mut begun: Vec<(ServerId, ExecutionId)> = Vec::with_capacity(new.len());
        for some in new.chunks(ROWS_AT_ONCE) {
            let ids = diesel::insert_into(command_runs::table)
                .values(some)
                .returning((command_runs::server_id, command_runs::id))
                .get_results(connection)?;
            begun.extend::<Vec<(ServerId, ExecutionId)>>(ids);
        }
        let (servers, ids): (Vec<i64>, Vec<i64>) = begun.iter().map(|(server, id)| (server.0, id.0)).unzip();
        let changed = diesel::sql_query(
            "update fan_out_members set state = 'begun', execution_id = given.execution
             from unnest($2, $3) as given (server, execution)
             where fan_out_id = $1 and server_id = given.server and state = 'waiting'",
        )
        .bind::<BigInt, _>(fan_out.0)
        .bind::<Array<BigInt>, _>(servers)
        .bind::<Array<BigInt>, _>(ids)
        .execute(connection)?;
        if changed == new.len() { Ok(begun) } else { Err(diesel::result::Error::RollbackTransaction) }
    }
}

impl FanOut {
    /// Whether these still wait for their turn; held until the transaction ends.
    pub fn still_waiting(
        connection: &mut PgConnection,
        id: FanOutId,
        servers: &[ServerId],
    ) -> QueryResult<Vec<ServerId>> {
        fan_out_members::table
            .filter(fan_out_members::fan_out_id.eq(id).and(fan_out_members::server_id.eq_any(servers)))
            .filter(fan_out_members::state.eq(MemberState::Waiting))
            .select(fan_out_members::server_id)
            .for_update()
            .load(connection)
    }
}

impl Progress {
    /// Writes what came and how they ended; gives those that ended here. What somebody else has taken over is left alone.
    pub fn write(
        connection: &mut PgConnection,
        progress: &[Self],
        now: DateTime<Utc>,
    ) -> QueryResult<Vec<ExecutionId>> {
        let mut held = Self::go_on(connection, progress)?;
        let ended = Self::end(connection, progress, now)?;
        held.extend(&ended);
        let parts: Vec<_> = progress
            .iter()
            .filter(|one| !one.bytes.is_empty() && held.contains(&one.execution))
            .map(|one| {
                (
                    execution_output::execution_id.eq(one.execution),
                    execution_output::at_byte.eq(one.at_byte),
                    execution_output::at.eq(now),
                    execution_output::bytes.eq(&one.bytes),
                )
            })
            .collect();
        diesel::insert_into(execution_output::table).values(parts).execute(connection)?;
        Ok(ended)
    }

    fn size(&self) -> i64 {
        self.at_byte + i64::try_from(self.bytes.len()).unwrap_or_default()
    }

    fn go_on(connection: &mut PgConnection, progress: &[Self]) -> QueryResult<Vec<ExecutionId>> {
        let open = progress.iter().filter(|one| one.end.is_none());
        let (ids, sizes): (Vec<i64>, Vec<i64>) = open.map(|one| (one.execution.0, one.size())).unzip();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let held = diesel::sql_query(
            "update executions set state = 'running', log_bytes = given.size
             from unnest($1, $2) as given (id, size)
             where executions.id = given.id and executions.token = 0 and executions.ended_at is null
             returning executions.id",
        )
        .bind::<Array<BigInt>, _>(ids)
        .bind::<Array<BigInt>, _>(sizes);
        Ok(held.load::<Held>(connection)?.into_iter().map(|held| ExecutionId(held.id)).collect())
    }

    fn end(connection: &mut PgConnection, progress: &[Self], now: DateTime<Utc>) -> QueryResult<Vec<ExecutionId>> {
        let ends: Vec<(&Self, &End, &Vec<u8>)> =
            progress.iter().filter_map(|one| one.end.as_ref().map(|(end, digest)| (one, end, digest))).collect();
        if ends.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = ends.iter().map(|(one, ..)| one.execution.0).collect();
        let whys = ends.iter().map(|(_, end, _)| end.why.as_ref().and_then(|why| serde_json::to_value(why).ok()));
        let held = diesel::sql_query(
            "update executions set state = given.state, exit_status = given.status, why = given.why,
                 log_bytes = given.size, ended_at = $6, lease_until = null
             from unnest($1, $2, $3, $4, $5) as given (id, state, status, why, size)
             where executions.id = given.id and executions.token = 0 and executions.ended_at is null
             returning executions.id",
        )
        .bind::<Array<BigInt>, _>(&ids)
        .bind::<Array<Text>, _>(ends.iter().map(|(_, end, _)| end.state.name()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Integer>>, _>(ends.iter().map(|(_, end, _)| end.exit_status).collect::<Vec<_>>())
        .bind::<Array<Nullable<Jsonb>>, _>(whys.collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(ends.iter().map(|(one, ..)| one.size()).collect::<Vec<_>>())
        .bind::<Timestamptz, _>(now);
        let ended = held.load::<Held>(connection)?.into_iter().map(|held| ExecutionId(held.id)).collect();
        diesel::sql_query(
            "update fan_out_members set digest = given.digest from unnest($1, $2) as given (id, digest)
             where execution_id = given.id",
        )
        .bind::<Array<BigInt>, _>(&ids)
        .bind::<Array<Bytea>, _>(ends.iter().map(|(.., digest)| digest.as_slice()).collect::<Vec<_>>())
        .execute(connection)?;
        Ok(ended)
    }
}
