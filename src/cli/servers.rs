//! `hannun servers`: which servers there are, and how each is.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;

use super::{Outcome, connect, output};
use crate::config::Config;
use crate::error::Error;
use crate::models::actor::Scope;
use crate::models::server_states::{ServerState, State};
use crate::models::servers::Server;

/// List the servers with their state
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hannun servers --json")]
pub(super) struct Servers {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    name: String,
    address: String,
    port: i32,
    groups: Vec<String>,
    enabled: bool,
    state: &'static str,
    since: Option<DateTime<Utc>>,
    reason: String,
    next_step: String,
}

impl Servers {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let database = connect::database(&config).await?;
        let rows = database.db.run(|connection| {
            let servers = Server::all(connection, &Scope::All)?;
            let ids: Vec<_> = servers.iter().map(|server| server.id).collect();
            let mut groups = Server::groups_of(connection, &ids)?;
            let states: HashMap<_, _> =
                ServerState::all(connection, &Scope::All)?.into_iter().map(|state| (state.server_id, state)).collect();
            let rows = servers.into_iter().map(|server| {
                let groups = groups.remove(&server.id).unwrap_or_default();
                let state = states.get(&server.id);
                Row::new(server, groups.into_iter().map(|group| group.name).collect(), state)
            });
            Ok::<Vec<Row>, Error>(rows.collect())
        });
        let rows = rows.await?;
        if self.json {
            return Ok(output::json(&rows)?);
        }
        if rows.is_empty() {
            output::progress("There is no server yet. Add one in the admin area, or with POST /api/v1/servers");
        }
        let cells: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
        Ok(output::table(&["name", "address", "groups", "state", "since", "why"], &cells)?)
    }
}

impl Row {
    fn new(server: Server, groups: Vec<String>, state: Option<&ServerState>) -> Self {
        let nothing_known = if server.enabled { State::Unknown } else { State::Paused };
        let why = state.and_then(ServerState::why);
        Self {
            groups,
            name: server.name,
            address: server.address,
            port: server.port,
            enabled: server.enabled,
            state: state.map_or(nothing_known, |state| state.state).name(),
            since: state.map(|state| state.since),
            reason: why.map(ToString::to_string).unwrap_or_default(),
            next_step: why.map(|why| why.advice().next_step.to_string()).unwrap_or_default(),
        }
    }

    fn cells(&self) -> Vec<String> {
        let address =
            if self.port == 22 { self.address.clone() } else { format!("{} port {}", self.address, self.port) };
        let since = self.since.map_or_else(String::new, |since| since.format("%F %R UTC").to_string());
        vec![self.name.clone(), address, self.groups.join(", "), self.state.to_owned(), since, self.reason.clone()]
    }
}
