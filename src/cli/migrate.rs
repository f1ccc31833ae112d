//! `hannun migrate`: brings the database up to this version, and stops.

use clap::Args;

use super::connect::{self, ServerOf};
use super::{Failure, Outcome, output};
use crate::config::Config;
use crate::db::{establish, migrate, roles};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::queue;
use crate::secret::SecretText;

/// Run the database's migrations and stop
#[derive(Debug, Args)]
#[command(
    after_help = "Examples, as the role that owns the tables:\n  DATABASE_URL_FILE=/etc/hannun/owner-url hannun migrate\n  DATABASE_URL_FILE=/etc/hannun/owner-url hannun migrate --grant hannun"
)]
pub(super) struct Migrate {
    /// Also let this database role, which hannun serve then works as, use the tables, all but rewrite the audit log
    #[arg(long, value_name = "ROLE")]
    grant: Option<String>,
}

impl Migrate {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let applied = if let Some(url) = &config.database_url {
            let applied = self.owned(url)?;
            queue::set_up(url, self.grant.as_deref()).await?;
            applied
        } else if self.grant.is_some() {
            let words = "--grant is for a PostgreSQL of your own: the private one has its two roles already";
            return Err(Failure::Usage(words.to_owned()));
        } else {
            let database = connect::reach(&config)?;
            // The private server of a hannun that runs was migrated when that one started; ours just now.
            let pending = database.db.run(migrate::pending).await?;
            if let (ServerOf::AnotherProcess, true) = (&database.server, pending > 0) {
                return Err(Error::Conflict(
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
        if let Some(role) = &self.grant {
            output::line(format_args!("{role} may use the tables, and cannot rewrite the audit log"))?;
        }
        Ok(())
    }

    /// Migrates a database of somebody's own, as the owner of its tables.
    fn owned(&self, url: &SecretText) -> Result<usize> {
        if let Some(role) = &self.grant {
            connect::must_exist(url, role)?;
            if !roles::may_change_tables(&mut establish(url)?)? {
                return Err(Error::Conflict(Message::new(
                    "The role of DATABASE_URL does not own the tables. Run this with the DATABASE_URL of the role that does",
                )));
            }
        }
        migrate::migrate(url, self.grant.as_deref())
    }
}
