//! The pool behind the doorway: how connections are made, waited for, and how their loss is told (R04).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{self, ConnectionManager, CustomizeConnection, HandleError, Pool, PooledConnection};

use crate::error::{Error, Result};
use crate::language::Message;
use crate::secret::SecretText;

/// How long a page waits for a connection while all of them are busy.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long it waits while the database is known to be away: several waits in one page must stay under 5 s.
const PATIENCE_WHILE_AWAY: Duration = Duration::from_millis(300);

/// Limits of every connection; the time zone makes dates in reports the same everywhere.
const LIMITS: &str = "set statement_timeout = '10s'; set lock_timeout = '5s'; \
    set idle_in_transaction_session_timeout = '60s'; set time zone 'UTC'; set client_min_messages = 'warning'";

/// How libpq notices a peer that is gone; appended to the address, which may overrule none of it.
const LIVENESS: &str = "connect_timeout=3&keepalives_idle=10&keepalives_interval=5&keepalives_count=3\
    &tcp_user_timeout=12000&application_name=hannun";

/// A pool that connects in the background and never gives up.
pub(super) fn build(
    url: &SecretText,
    connections: u32,
    reachable: Reachable,
) -> Result<Pool<ConnectionManager<PgConnection>>> {
    let manager = ConnectionManager::new(address(url)?);
    Ok(Pool::builder()
        .max_size(connections.max(1))
        .min_idle(Some(1))
        .connection_timeout(PATIENCE)
        .idle_timeout(Some(Duration::from_mins(5)))
        .error_handler(Box::new(Watcher { reachable: reachable.clone(), url: url.clone() }))
        .connection_customizer(Box::new(Limits { reachable }))
        .build_unchecked(manager))
}

/// One connection outside the pool, for migrations and maintenance; it has no limits yet.
pub fn establish(url: &SecretText) -> Result<PgConnection> {
    PgConnection::establish(&address(url)?).map_err(|error| {
        let reason = without_address(&error.to_string(), url);
        Error::Unavailable(Message::new("The database cannot be reached: {reason}").with("reason", reason))
    })
}

/// The address with [`LIVENESS`]. Only the URL form: the other libpq form is not known to the queue's driver.
fn address(url: &SecretText) -> Result<String> {
    let text = url.expose().as_str();
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(Error::Unavailable(Message::new(
            "DATABASE_URL must begin with postgres://, for example postgres://hannun@db.lan/hannun",
        )));
    }
    Ok(format!("{text}{}{LIVENESS}", if text.contains('?') { '&' } else { '?' }))
}

/// What libpq said, unless it repeats the address or its password (S06).
fn without_address(said: &str, url: &SecretText) -> String {
    let text = url.expose();
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map_or("", |(before, _)| before);
    let password = authority.split_once(':').map_or("", |(_, password)| password);
    if said.contains(text.as_str()) || said.contains("URI") || (!password.is_empty() && said.contains(password)) {
        "its address is malformed".to_owned()
    } else {
        said.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    }
}

/// Whether the last try to connect succeeded; shared by the pool's threads and everybody who waits.
#[derive(Clone, Default)]
pub(super) struct Reachable {
    away: Arc<AtomicBool>,
}

impl Reachable {
    /// A connection from `pool`: waits patiently for a busy database, shortly for one that is away.
    pub(super) fn take_from(
        &self,
        pool: &Pool<ConnectionManager<PgConnection>>,
    ) -> Result<PooledConnection<ConnectionManager<PgConnection>>> {
        match pool.get_timeout(self.patience()) {
            Ok(connection) => {
                self.back();
                Ok(connection)
            }
            Err(_) => Err(self.no_connection()),
        }
    }

    /// How long to wait for a connection now.
    pub(super) fn patience(&self) -> Duration {
        if self.away.load(Ordering::Relaxed) { PATIENCE_WHILE_AWAY } else { PATIENCE }
    }

    /// Why there was none in time.
    pub(super) fn no_connection(&self) -> Error {
        if self.away.load(Ordering::Relaxed) {
            Error::Unavailable(super::errors::away())
        } else {
            Error::Unavailable(Message::new("The database is busy"))
        }
    }

    fn back(&self) {
        if self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("the database is back");
        }
    }
}

/// Told by r2d2 of each failed try, several times a second at worst: says it once, until the database is back.
struct Watcher {
    reachable: Reachable,
    url: SecretText,
}

impl std::fmt::Debug for Watcher {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Watcher")
    }
}

impl HandleError<r2d2::Error> for Watcher {
    fn handle_error(&self, error: r2d2::Error) {
        if !self.reachable.away.swap(true, Ordering::Relaxed) {
            let reason = without_address(&error.to_string(), &self.url);
            tracing::warn!(reason, "the database cannot be reached; trying on");
        }
    }
}

/// Sets [`LIMITS`] on each new connection.
#[derive(Clone)]
struct Limits {
    reachable: Reachable,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Limits")
    }
}

impl CustomizeConnection<PgConnection, r2d2::Error> for Limits {
    fn on_acquire(&self, connection: &mut PgConnection) -> Result<(), r2d2::Error> {
        connection.batch_execute(LIMITS).map_err(r2d2::Error::QueryError)?;
        self.reachable.back();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_s06_a_malformed_address_is_not_repeated() {
        let url = SecretText::new("postgres://hannun:hunter2hunter2@[db/hannun".to_owned());
        let Err(error) = establish(&url) else { panic!("connected") };
        assert_eq!(error.to_string(), "The database cannot be reached: its address is malformed");
        let url = SecretText::new("host=db password=hunter2hunter2".to_owned());
        let Err(error) = Db::connect(&url, 2) else { panic!("connected") };
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }

    use crate::db::Db;
}
