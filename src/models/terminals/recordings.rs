//! What terminals showed: sealed pieces, each bound to its terminal and its number (S01, S02, T04).

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool};

use super::Recording;
use crate::db::schema::{terminal_recordings, terminals};
use crate::error::{Error, Result};
use crate::models::data_keys::DataKey;
use crate::models::ids::TerminalId;
use crate::secret::seal::{Place, SealError, Sealer, sealed_with};

/// A piece of a recording, sealed.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = terminal_recordings)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Piece {
    pub terminal_id: TerminalId,
    pub number: i32,
    pub from_ms: i64,
    pub sealed: Vec<u8>,
}

/// Where a piece belongs: moved to another terminal or another number it does not open.
fn belongs(terminal: TerminalId, number: i32) -> Place {
    Place { table: "terminal_recordings", column: "sealed", row: terminal.0, owner: i64::from(number) }
}

/// Keeps a piece, from so many milliseconds after the terminal began.
pub fn keep(
    connection: &mut PgConnection,
    sealer: &Sealer,
    (terminal, number, from_ms): (TerminalId, i32, i64),
    content: &[u8],
) -> Result<()> {
    connection.transaction(|connection| {
        let bytes = DataKey::seal_bytes(connection, sealer, belongs(terminal, number), content)?;
        let row = (
            terminal_recordings::terminal_id.eq(terminal),
            terminal_recordings::number.eq(number),
            terminal_recordings::from_ms.eq(from_ms),
            terminal_recordings::sealed.eq(bytes),
        );
        diesel::insert_into(terminal_recordings::table).values(row).execute(connection)?;
        let size = i64::try_from(content.len()).unwrap_or_default();
        diesel::update(terminals::table.find(terminal))
            .set(terminals::recorded_bytes.eq(terminals::recorded_bytes + size))
            .execute(connection)?;
        Ok(())
    })
}

/// Notes that no more of it is kept.
pub fn cut(connection: &mut PgConnection, terminal: TerminalId) -> QueryResult<()> {
    diesel::update(terminals::table.find(terminal))
        .set(terminals::recording.eq(Recording::Cut))
        .execute(connection)
        .map(drop)
}

/// A piece, opened; none behind the last one.
pub fn piece(
    connection: &mut PgConnection,
    sealer: &Sealer,
    terminal: TerminalId,
    number: i32,
) -> Result<Option<Vec<u8>>> {
    let found = Piece::query().find((terminal, number)).first(connection).optional()?;
    let Some(piece) = found else { return Ok(None) };
    DataKey::unseal_bytes(connection, sealer, belongs(terminal, number), &piece.sealed).map(Some)
}

/// How many pieces there are.
pub fn count(connection: &mut PgConnection, terminal: TerminalId) -> QueryResult<i64> {
    terminal_recordings::table.filter(terminal_recordings::terminal_id.eq(terminal)).count().get_result(connection)
}

/// What came of a batch.
pub(in crate::models) struct Resealed {
    /// The terminal and the number of the last piece; none where nothing was left.
    pub(in crate::models) last: Option<(i64, i32)>,
    /// Recordings of which no key opens a piece, in words.
    pub(in crate::models) unreadable: Vec<String>,
}

/// Seals up to `limit` pieces anew that another data key sealed, in their order behind `after`. What cannot be opened stays as
/// it is.
pub(in crate::models) fn reseal(
    connection: &mut PgConnection,
    sealer: &Sealer,
    after: (i64, i32),
    limit: i64,
) -> Result<Resealed> {
    let newest = sealer.newest().ok_or_else(|| Error::internal(SealError::KeyMissing))?;
    let terminal = TerminalId(after.0);
    let behind = terminal_recordings::terminal_id
        .gt(terminal)
        .or(terminal_recordings::terminal_id.eq(terminal).and(terminal_recordings::number.gt(after.1)));
    let is_old = sql::<Bool>("substring(sealed from 2 for 8) <> ").bind::<Binary, _>(newest.to_be_bytes().to_vec());
    let pieces: Vec<Piece> = Piece::query()
        .filter(behind.and(is_old))
        .order((terminal_recordings::terminal_id, terminal_recordings::number))
        .limit(limit)
        .load(connection)?;
    let mut unreadable = Vec::new();
    for piece in &pieces {
        let at = belongs(piece.terminal_id, piece.number);
        let Ok(content) = sealer.unseal_bytes(at, &piece.sealed) else {
            unreadable.push(format!("the recording of terminal {}", piece.terminal_id));
            continue;
        };
        let anew = DataKey::seal_bytes(connection, sealer, at, &content)?;
        diesel::update(terminal_recordings::table.find((piece.terminal_id, piece.number)))
            .set(terminal_recordings::sealed.eq(anew))
            .execute(connection)?;
    }
    Ok(Resealed { last: pieces.last().map(|piece| (piece.terminal_id.0, piece.number)), unreadable })
}

/// The ids of the data keys that some piece was sealed with.
pub(in crate::models) fn data_keys_in_use(connection: &mut PgConnection) -> QueryResult<Vec<i64>> {
    let heads: Vec<Vec<u8>> = terminal_recordings::table
        .select(sql::<Binary>("substring(sealed from 1 for 9)"))
        .distinct()
        .load(connection)?;
    Ok(heads.iter().filter_map(|head| sealed_with(head).ok()).collect())
}
