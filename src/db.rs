//! PostgreSQL through Diesel: the doorway, the schema, and the private server. Diesel lives here and in `models`.

pub mod errors;
pub mod migrate;
pub mod private_server;
pub mod programs;
pub mod restoring;
pub mod roles;
pub mod schema;
pub mod snapshot;
pub mod types;

mod pool;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::Connection as _;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sql_types::Timestamptz;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::Span;

use crate::error::{Error, Result};
use crate::secret::SecretText;

pub use pool::establish;

/// What work with the database is given.
pub type Connection = PgConnection;

/// The only way to the database: blocking work with a pooled connection, off the async threads.
#[derive(Clone)]
pub struct Db {
    pool: Pool<ConnectionManager<PgConnection>>,
    reachable: pool::Reachable,
    /// As many as connections: who would only wait for one needs no thread to wait in.
    turns: Arc<Semaphore>,
    patience: Option<Duration>,
}

impl Db {
    /// A pool of up to `connections` connections to `url`. Does not wait for the first of them: see [`Db::ping`].
    pub fn connect(url: &SecretText, connections: u32) -> Result<Self> {
        let reachable = pool::Reachable::default();
        let turns = usize::try_from(connections.max(1)).map_err(Error::internal)?;
        let pool = pool::build(url, connections, reachable.clone())?;
        Ok(Self { pool, reachable, turns: Arc::new(Semaphore::new(turns)), patience: None })
    }

    /// The same connections for people, who do not wait longer than `patience` for one piece of work: a database that
    /// stopped in the middle of an answer would otherwise hold them for ever (R04).
    #[must_use]
    pub fn within(&self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self.clone() }
    }

    /// The same connections for work that takes as long as it takes.
    #[must_use]
    pub fn patient(&self) -> Self {
        Self { patience: None, ..self.clone() }
    }

    /// Runs `work` with a pooled connection on the blocking pool, inside the current span.
    pub async fn run<T, E>(&self, work: impl FnOnce(&mut PgConnection) -> Result<T, E> + Send + 'static) -> Result<T>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
    {
        let turn = timeout(self.reachable.patience(), Arc::clone(&self.turns).acquire_owned());
        let turn = turn.await.map_err(|_elapsed| self.reachable.no_connection())?;
        let (db, span) = (self.clone(), Span::current());
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            span.in_scope(|| {
                let mut connection = db.reachable.take_from(&db.pool)?;
                work(&mut connection).map_err(Into::into)
            })
        });
        let done = match self.patience {
            Some(patience) => {
                timeout(patience, task).await.map_err(|_elapsed| Error::Unavailable(errors::too_slow()))?
            }
            None => task.await,
        };
        done.unwrap_or_else(|stopped| Err(Error::internal(stopped)))
    }

    /// Like [`Db::run`], in one transaction: everything `work` did is undone when it fails.
    pub async fn transaction<T>(&self, work: impl FnOnce(&mut PgConnection) -> Result<T> + Send + 'static) -> Result<T>
    where
        T: Send + 'static,
    {
        self.run(|connection| connection.transaction(work)).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.run(|connection| diesel::sql_query("select 1").execute(connection).map(drop)).await
    }
}

/// What time it is by the database's clock.
pub fn time(connection: &mut Connection) -> QueryResult<DateTime<Utc>> {
    diesel::select(diesel::dsl::sql::<Timestamptz>("clock_timestamp()")).get_result(connection)
}
