//! The way to servers, for subcommands that speak to some.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::models::data_keys::DataKey;
use crate::remote::Pool;
use crate::remote::hosts::Hosts;

/// Hosts with connections of this process's own.
pub(super) async fn of(config: &Config, db: &Db) -> Result<Hosts> {
    let path = config.secret_key_path();
    let sealer = db.run(move |connection| DataKey::open_sealer(connection, &path)).await?;
    let clock = Clock::system();
    let pool = Pool::new(config.remote.clone(), clock.clone()).map_err(Error::internal)?;
    Ok(Hosts::new(db.clone(), Arc::new(sealer), pool, clock, config.remote.command_timeout))
}
