//! `hannun migrate`: brings the database up to this version, and stops.

use clap::Args;

use super::connect::{self, ServerOf};
use super::{Outcome, output};
use crate::config::Config;
use crate::db::migrate;

/// Run the database's migrations and stop
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  DATABASE_URL_FILE=/run/secrets/database-url hannun migrate")]
pub(super) struct Migrate {}

impl Migrate {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let applied = if let Some(url) = &config.database_url {
            migrate::migrate(url, None)?
        } else {
            let database = connect::reach(&config)?;
            // The private server of a hannun that runs was migrated when that one started; ours just now.
            let pending = database.db.run(migrate::pending).await?;
            if let (ServerOf::AnotherProcess, true) = (&database.server, pending > 0) {
                return Err(crate::error::Error::Conflict(
                    "Another hannun, of an older version, uses this database. Stop it first".into(),
                )
                .into());
            }
            0
        };
        match applied {
            0 => output::line("the database is up to date")?,
            1 => output::line("1 migration was run")?,
            many => output::line(format_args!("{many} migrations were run"))?,
        }
        Ok(())
    }
}
