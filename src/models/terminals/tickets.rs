//! A browser's right to attach to a terminal: used once, within a minute, by the signed-in browser that asked for it (W02).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::db::schema::terminal_tickets;
use crate::error::Result;
use crate::models::ids::TerminalId;
use crate::models::tokens;
use crate::secret::SecretText;

/// How long one can be used.
const LASTS: TimeDelta = TimeDelta::seconds(60);

/// Gives one out; those that have run out are removed.
pub fn give(
    connection: &mut PgConnection,
    terminal: TerminalId,
    session_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<SecretText> {
    diesel::delete(terminal_tickets::table.filter(terminal_tickets::expires_at.le(now))).execute(connection)?;
    let ticket = tokens::random("")?;
    diesel::insert_into(terminal_tickets::table)
        .values((
            terminal_tickets::hash.eq(tokens::hash(ticket.expose())),
            terminal_tickets::terminal_id.eq(terminal),
            terminal_tickets::session_hash.eq(session_hash),
            terminal_tickets::expires_at.eq(now + LASTS),
        ))
        .execute(connection)?;
    Ok(ticket)
}

/// Takes one back; false where there is none for this terminal and this browser, or it was used or is too old. One that is
/// shown wrongly is gone as well.
pub fn take(
    connection: &mut PgConnection,
    ticket: &str,
    terminal: TerminalId,
    session_hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let found: Option<(TerminalId, Vec<u8>, DateTime<Utc>)> =
        diesel::delete(terminal_tickets::table.find(tokens::hash(ticket)))
            .returning((terminal_tickets::terminal_id, terminal_tickets::session_hash, terminal_tickets::expires_at))
            .get_result(connection)
            .optional()?;
    Ok(found.is_some_and(|(of, given_to, until)| of == terminal && given_to == session_hash && now < until))
}
