//! Every server as the selector and the palette offer it.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::App;
use crate::error::{Error, Result};
use crate::metrics::health::Health;
use crate::models::actor::Scope;
use crate::models::alarms::Alarm;
use crate::models::favourite_servers;
use crate::models::ids::UserId;
use crate::models::server_states::ServerState;
use crate::models::servers::Server;
use crate::web::condition;
use crate::web::picker::Candidate;

/// Every server that `scope` may know of, as `user` sees it.
pub async fn candidates(app: &App, scope: Scope, user: UserId) -> Result<Vec<Candidate>> {
    app.live.refresh().await;
    let (live, now) = (app.live.clone(), app.clock.now());
    app.db
        .run(move |connection| {
            let servers = Server::all(connection, &scope)?;
            let ids: Vec<_> = servers.iter().map(|server| server.id).collect();
            let groups = Server::groups_of(connection, &ids)?;
            let states: BTreeMap<_, _> =
                ServerState::all(connection, &scope)?.into_iter().map(|state| (state.server_id, state)).collect();
            let alarms = Alarm::all(connection)?;
            let favourites: BTreeSet<_> = favourite_servers::of_user(connection, user)?.into_iter().collect();
            let names = |server: &Server| {
                let groups = groups.get(&server.id).map(Vec::as_slice).unwrap_or_default();
                groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>().join(", ")
            };
            let labels = |server: &Server| {
                let labels = server.labels.0.iter().map(|(key, value)| format!("{key}={value}"));
                labels.collect::<Vec<_>>().join(" ")
            };
            let candidate = |server: &Server| {
                let found = Alarm::worst(alarms.get(&server.id).map(Vec::as_slice).unwrap_or_default(), now);
                let health = Health::of(server, states.get(&server.id), &live, now).with(found);
                Candidate {
                    name: server.name.clone(),
                    address: server.address.clone(),
                    groups: names(server),
                    labels: labels(server),
                    favourite: favourites.contains(&server.id),
                    level: health.level,
                    brief: condition::brief(&health),
                }
            };
            Ok::<_, Error>(servers.iter().map(candidate).collect())
        })
        .await
}
