//! A PostgreSQL of hannun's own: in its data directory, on a Unix socket, as an unprivileged account.
//!
//! It ends with hannun, also when hannun is killed; when it is killed itself, it is started again.

pub(super) mod binaries;
mod cluster;
mod folders;
mod lock;
mod process;

use std::path::Path;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::roles::{APPLICATION_ROLE, OWNER_ROLE, quoted};
use crate::error::Result;
use crate::secret::SecretText;

pub use folders::make_data_dir;

use folders::Folders;
use lock::Lock;
use process::Supervisor;

/// The database that holds everything.
const DATABASE: &str = "hannun";

/// What a crash of the machine may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed.
    Kept,
    /// Everything: for throw-away servers of tests, several times faster.
    None,
}

/// A running private PostgreSQL; dropping it stops it.
#[derive(Debug)]
pub struct PrivateServer {
    supervisor: Supervisor,
    folders: Arc<Folders>,
    // Held as long as the server runs: a second hannun on the same directory is told who holds it.
    _lock: Lock,
}

impl PrivateServer {
    /// Starts the server of `data_dir`, making it first where there is none; blocks until it answers.
    pub fn start(data_dir: &Path, durability: Durability) -> Result<Self> {
        let lock = Lock::take(data_dir)?;
        let folders = Arc::new(Folders::prepare(data_dir)?);
        let binaries = binaries::find(cluster::version(&folders).as_deref())?;
        cluster::make_if_absent(&binaries, &folders, durability)?;
        let supervisor = Supervisor::start(binaries, Arc::clone(&folders), durability)?;
        let server = Self { supervisor, folders, _lock: lock };
        server.make_database()?;
        Ok(server)
    }

    /// Whether `data_dir` holds a server that was made before. False also where that cannot be seen.
    pub fn is_made(data_dir: &Path) -> bool {
        data_dir.join(folders::HOME).is_dir()
    }

    /// Where the owner of database and tables connects: for migrations and the queue's own set-up.
    pub fn owner_url(&self) -> SecretText {
        self.url(OWNER_ROLE, DATABASE)
    }

    /// Where the program connects.
    pub fn application_url(&self) -> SecretText {
        self.url(APPLICATION_ROLE, DATABASE)
    }

    /// Where the program connects to the server that another process runs for `data_dir`.
    pub fn application_url_of(data_dir: &Path) -> Result<SecretText> {
        Ok(SecretText::new(Folders::prepare(data_dir)?.leave().url(APPLICATION_ROLE, DATABASE)))
    }

    /// Process id of the running server, for tests and `doctor`.
    pub fn process_id(&self) -> Option<u32> {
        self.supervisor.process_id()
    }

    /// Stops the server: open transactions are rolled back, nothing committed is lost.
    pub fn stop(mut self) {
        self.supervisor.stop();
    }

    fn url(&self, role: &str, database: &str) -> SecretText {
        SecretText::new(self.folders.url(role, database))
    }

    /// The two roles and the database, where they are not there yet.
    fn make_database(&self) -> Result<()> {
        let mut connection = super::establish(&self.url(OWNER_ROLE, "postgres"))?;
        let there = |connection: &mut PgConnection, catalogue: &str, name: &str| {
            diesel::sql_query(format!("select exists ({catalogue} = $1) as there"))
                .bind::<Text, _>(name)
                .get_result::<There>(connection)
        };
        if !there(&mut connection, "select from pg_roles where rolname", APPLICATION_ROLE)?.there {
            connection.batch_execute(&format!("create role {} login", quoted(APPLICATION_ROLE)))?;
        }
        if !there(&mut connection, "select from pg_database where datname", DATABASE)?.there {
            connection.batch_execute(&format!("create database {} owner {}", quoted(DATABASE), quoted(OWNER_ROLE)))?;
        }
        Ok(())
    }
}

#[derive(QueryableByName)]
struct There {
    #[diesel(sql_type = Bool)]
    there: bool,
}
