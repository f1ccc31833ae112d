//! The way to each server, tried now. Nothing is sent to one whose host key nobody approved (H01).

use futures_util::StreamExt;
use futures_util::stream;

use super::{Check, said};
use crate::cli::connect::Database;
use crate::cli::output;
use crate::config::Config;
use crate::error::Result;
use crate::models::actor::Scope;
use crate::models::servers::Server;
use crate::remote::Endpoint;
use crate::remote::hosts::Hosts;
use crate::startup::demo_server::DemoServer;

/// Servers that are tried at the same time.
const AT_ONCE: usize = 16;

/// One check for each server that is not paused, in the order of their names.
pub(super) async fn checks(config: &Config, database: &Database) -> Vec<Check> {
    match all(config, database).await {
        Ok(checks) => checks,
        Err(error) => {
            let next = error.hint().map_or_else(
                || "Put back the key file that belongs to this database".to_owned(),
                |hint| hint.to_string(),
            );
            vec![Check::failed("servers", said(&error), next)]
        }
    }
}

async fn all(config: &Config, database: &Database) -> Result<Vec<Check>> {
    let servers = database.db.run(|connection| Server::all(connection, &Scope::All)).await?;
    let (enabled, paused): (Vec<_>, Vec<_>) = servers.into_iter().partition(|server| server.enabled);
    if enabled.is_empty() {
        return Ok(vec![Check::ok("servers", format!("none to connect to, {} paused", paused.len()))]);
    }
    output::progress(format_args!("Connecting to {} servers …", enabled.len()));
    let hosts = database.app(config).await?.hosts;
    Ok(stream::iter(enabled).map(|server| one(config, &hosts, server)).buffered(AT_ONCE).collect().await)
}

/// Whether this is the private `sshd` that the demo keeps on loopback.
fn is_of_the_demo(config: &Config, endpoint: &Endpoint) -> bool {
    DemoServer::port_of(&config.data_dir).is_some_and(|port| endpoint.address == "127.0.0.1" && endpoint.port == port)
}

async fn one(config: &Config, hosts: &Hosts, server: Server) -> Check {
    let name = format!("server {}", server.name);
    let endpoint = match hosts.endpoint(server.id).await {
        Ok(endpoint) => endpoint,
        Err(error) => {
            let next = error
                .hint()
                .map_or_else(|| "Look at its credential in the admin area".to_owned(), |hint| hint.to_string());
            return Check::failed(name, said(&error), next);
        }
    };
    let report = hosts.pool().test(&endpoint).await;
    if let Some(error) = report.error() {
        let next_step = if is_of_the_demo(config, &endpoint) {
            "Its sshd runs as long as hannun serve --demo does. Start that, or pause this server".to_owned()
        } else {
            error.advice().next_step.to_string()
        };
        Check::failed(name, error.to_string(), next_step)
    } else {
        let took: u128 = report.stages.iter().map(|stage| stage.took.as_millis()).sum();
        Check::ok(name, format!("signed in as {} in {took} ms", endpoint.user))
    }
}
