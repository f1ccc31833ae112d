//! What is true of a server now, as the last contact left it.

mod problem;

use chrono::{DateTime, Utc};
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::actor::Scope;
use super::ids::ServerId;
use super::servers;
use crate::db::schema::{server_states, servers as servers_table};
use crate::db::types::text_enum;
use crate::error::{Error, RemoteError, Result};

pub use problem::Problem;

/// Rows of one statement: PostgreSQL takes 65,535 values.
const ROWS_AT_ONCE: usize = 4_000;

text_enum! {
    /// How a server is, in one word.
    pub enum State {
        /// Nobody has asked it yet.
        Unknown = "unknown",
        /// It answered.
        Up = "up",
        /// It does not answer; that may change by itself.
        Unreachable = "unreachable",
        /// It or we refuse: a person must do something (approve a key, change a credential).
        Refused = "refused",
        /// It is switched off in hannun.
        Paused = "paused",
    }
}

impl State {
    /// What an error says about the server; none where only the command failed and the server is well.
    pub fn after(error: &RemoteError) -> Option<Self> {
        match error {
            RemoteError::NameNotFound { .. }
            | RemoteError::Unreachable { .. }
            | RemoteError::TimedOut { .. }
            | RemoteError::CutOff { .. }
            | RemoteError::NoStatus { .. }
            | RemoteError::Resting { .. } => Some(Self::Unreachable),
            RemoteError::NotNegotiable { .. }
            | RemoteError::HostKeyUnknown { .. }
            | RemoteError::HostKeyChanged { .. }
            | RemoteError::SignInRefused { .. }
            | RemoteError::CredentialUnusable { .. }
            | RemoteError::PromptRefused { .. }
            | RemoteError::ShellUnusable { .. }
            | RemoteError::NoCredential { .. } => Some(Self::Refused),
            RemoteError::Disabled { .. } => Some(Self::Paused),
            RemoteError::Failed { .. }
            | RemoteError::Killed { .. }
            | RemoteError::DeadlinePassed { .. }
            | RemoteError::OutputLimit { .. }
            | RemoteError::Unparsable { .. }
            | RemoteError::Unsupported { .. }
            | RemoteError::Busy { .. }
            | RemoteError::PrivilegeRefused { .. } => None,
        }
    }
}

/// One row of `server_states`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = server_states, primary_key(server_id))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct ServerState {
    pub server_id: ServerId,
    pub state: State,
    pub since: DateTime<Utc>,
    pub checked_at: DateTime<Utc>,
    pub seen_at: Option<DateTime<Utc>>,
    pub problem: Option<Problem>,
}

/// A state as it was written, and the one it replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// None: the first contact ever.
    pub before: Option<State>,
    /// What is stored now.
    pub now: ServerState,
}

impl Transition {
    /// Whether the state is another one than before.
    pub fn is_change(&self) -> bool {
        self.before != Some(self.now.state)
    }
}

impl ServerState {
    /// The server's state, if there was ever a contact.
    pub fn of(connection: &mut PgConnection, server: ServerId) -> QueryResult<Option<Self>> {
        Self::query().find(server).first(connection).optional()
    }

    /// The states of all servers that `scope` may know of, in no order.
    pub fn all(connection: &mut PgConnection, scope: &Scope) -> QueryResult<Vec<Self>> {
        let visible = servers::visible_to(scope).select(servers_table::id);
        Self::query().filter(server_states::server_id.eq_any(visible)).load(connection)
    }

    /// The server answered.
    pub fn up(connection: &mut PgConnection, server: ServerId, now: DateTime<Utc>) -> Result<Transition> {
        record(connection, &Finding::of(server, State::Up, now))
    }

    /// These servers went on answering: only the times move.
    pub fn still_up(connection: &mut PgConnection, servers: &[ServerId], now: DateTime<Utc>) -> QueryResult<usize> {
        let up = server_states::server_id.eq_any(servers).and(server_states::state.eq(State::Up));
        diesel::update(server_states::table.filter(up))
            .set((server_states::checked_at.eq(now), server_states::seen_at.eq(now)))
            .execute(connection)
    }

    /// The server is switched off: zero packets.
    pub fn paused(connection: &mut PgConnection, server: ServerId, now: DateTime<Utc>) -> Result<Transition> {
        record(connection, &Finding::of(server, State::Paused, now))
    }

    /// What was known is no longer about this server: its address changed, or it was just resumed.
    pub fn forgotten(connection: &mut PgConnection, server: ServerId, now: DateTime<Utc>) -> Result<Transition> {
        record(connection, &Finding::of(server, State::Unknown, now))
    }

    /// The same for many servers at once, as a file describes them: `Paused`, or `Unknown` where what was known is over.
    pub fn set_all(
        connection: &mut PgConnection,
        servers: &[ServerId],
        state: State,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        let findings: Vec<Finding> = servers.iter().map(|server| Finding::of(*server, state, now)).collect();
        let is_same = server_states::state.eq(excluded(server_states::state));
        let since = case_when(is_same, server_states::since).otherwise(excluded(server_states::since));
        for some in findings.chunks(ROWS_AT_ONCE) {
            diesel::insert_into(server_states::table)
                .values(some)
                .on_conflict(server_states::server_id)
                .do_update()
                .set((
                    server_states::state.eq(excluded(server_states::state)),
                    server_states::since.eq(since),
                    server_states::checked_at.eq(excluded(server_states::checked_at)),
                    server_states::problem.eq(excluded(server_states::problem)),
                ))
                .execute(connection)?;
        }
        Ok(())
    }

    /// Contact failed. None where the error is about a command and says nothing about the server.
    pub fn failed(
        connection: &mut PgConnection,
        server: ServerId,
        error: &RemoteError,
        now: DateTime<Utc>,
    ) -> Result<Option<Transition>> {
        let Some(state) = State::after(error) else { return Ok(None) };
        let mut error = error;
        if let RemoteError::Resting { last, .. } = error {
            // Resting is no news: the reason of the failure itself stays.
            if let Some(known) = Self::of(connection, server)?.filter(|known| known.state != State::Up) {
                return Ok(Some(Transition { before: Some(known.state), now: known }));
            }
            error = last;
        }
        let finding = Finding { problem: Some(Problem::new(error)), ..Finding::of(server, state, now) };
        record(connection, &finding).map(Some)
    }

    /// Why the server is not up, where that is known.
    pub fn why(&self) -> Option<&RemoteError> {
        self.problem.as_ref().and_then(Problem::error)
    }
}

/// What a contact found.
#[derive(Debug, Insertable)]
#[diesel(table_name = server_states)]
struct Finding {
    server_id: ServerId,
    state: State,
    since: DateTime<Utc>,
    checked_at: DateTime<Utc>,
    seen_at: Option<DateTime<Utc>>,
    problem: Option<Problem>,
}

impl Finding {
    fn of(server_id: ServerId, state: State, now: DateTime<Utc>) -> Self {
        Self {
            server_id,
            state,
            since: now,
            checked_at: now,
            seen_at: (state == State::Up).then_some(now),
            problem: None,
        }
    }
}

/// Writes the finding; `since` stays while the state stays, `seen_at` while nothing newer was seen.
fn record(connection: &mut PgConnection, finding: &Finding) -> Result<Transition> {
    connection.transaction(|connection| {
        let before: Option<ServerState> =
            ServerState::query().find(finding.server_id).for_update().first(connection).optional()?;
        let same = before.as_ref().filter(|before| before.state == finding.state);
        let since = same.map_or(finding.since, |before| before.since);
        let seen_at = finding.seen_at.or(before.as_ref().and_then(|before| before.seen_at));
        let now = diesel::insert_into(server_states::table)
            .values(finding)
            .on_conflict(server_states::server_id)
            .do_update()
            .set((
                server_states::state.eq(finding.state),
                server_states::since.eq(since),
                server_states::checked_at.eq(finding.checked_at),
                server_states::seen_at.eq(seen_at),
                server_states::problem.eq(&finding.problem),
            ))
            .returning(ServerState::as_select())
            .get_result(connection)
            .map_err(|error| {
                crate::db::errors::if_violates(error, "server_states_server_id_fkey", || Error::NotFound("The server"))
            })?;
        Ok(Transition { before: before.map(|before| before.state), now })
    })
}
