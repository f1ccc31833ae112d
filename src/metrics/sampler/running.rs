//! The tasks of the servers that this process samples: started, ended and started anew as rows and leases say.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::reach::Reach;
use super::server::Task;
use crate::error::{Error, RemoteError, Result};
use crate::models::actor::Scope;
use crate::models::ids::{InstanceId, ServerId};
use crate::models::sampling_leases::ToSample;
use crate::models::server_states::ServerState;
use crate::models::servers::Server;

/// One task per server that is ours.
pub(super) struct Tasks<R> {
    shared: Shared<R>,
    stop: CancellationToken,
    running: HashMap<ServerId, Running>,
}

/// One server's task.
struct Running {
    terms: Terms,
    /// How often a person wanted it tried.
    tries: i64,
    tried: Arc<Notify>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// What a task was started with; others start it anew.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Terms {
    name: String,
    seconds: i32,
    /// What is open leads to another address, or was opened with another credential, where these are others (H03).
    versions: (i64, i64),
    token: i64,
}

impl<R: Reach> Tasks<R> {
    /// None yet; all of them end with `stop`.
    pub(super) fn new(shared: Shared<R>, stop: CancellationToken) -> Self {
        Self { shared, stop, running: HashMap::new() }
    }

    /// The servers that have a task.
    pub(super) fn servers(&self) -> Vec<ServerId> {
        self.running.keys().copied().collect()
    }

    /// Lets exactly the servers of `all` have a task whose lease is ours; gives their tokens.
    pub(super) async fn follow(&mut self, all: Vec<ToSample>) -> HashMap<ServerId, i64> {
        let me = self.shared.presence.id();
        let elsewhere = |one: &ToSample| one.lease.is_some_and(|lease| lease.holder != me);
        let others: Vec<ServerId> = all.iter().filter(|one| elsewhere(one)).map(|one| one.server.id).collect();
        let mut ours: HashMap<ServerId, (Terms, ToSample)> = HashMap::new();
        for one in all {
            if let Some(terms) = Terms::of(&one, me) {
                ours.insert(one.server.id, (terms, one));
            }
        }
        self.leave(others.into_iter()).await;
        let over: Vec<ServerId> = self
            .running
            .iter()
            .filter(|(id, one)| one.task.is_finished() || ours.get(id).is_none_or(|(terms, _)| *terms != one.terms))
            .map(|(id, _)| *id)
            .collect();
        for id in over {
            let Some(one) = self.running.remove(&id) else { continue };
            let versions = one.terms.versions;
            one.end().await;
            match ours.get(&id) {
                Some((terms, _)) if terms.versions != versions => self.shared.reach.let_go(id),
                Some(_) => {}
                None => self.gone(id).await,
            }
        }
        for (id, (terms, one)) in &ours {
            match self.running.get_mut(id) {
                None => {
                    let running = self.start(terms.clone(), one);
                    self.running.insert(*id, running);
                }
                Some(running) if running.tries != one.tries => {
                    running.tries = one.tries;
                    self.shared.reach.forgive(*id);
                    running.tried.notify_one();
                }
                Some(_) => {}
            }
        }
        ours.into_iter().map(|(id, (terms, _))| (id, terms.token)).collect()
    }

    /// Ends the tasks of servers that others sample from now on.
    pub(super) async fn leave(&mut self, servers: impl Iterator<Item = ServerId>) {
        for id in servers {
            if let Some(one) = self.running.remove(&id) {
                one.end().await;
                self.shared.reach.leave(id);
            }
        }
    }

    /// Ends all of them.
    pub(super) async fn end(&mut self) {
        let servers = self.servers();
        self.running.values().for_each(|one| one.stop.cancel());
        self.leave(servers.into_iter()).await;
    }

    fn start(&self, terms: Terms, one: &ToSample) -> Running {
        let (stop, tried) = (self.stop.child_token(), Arc::new(Notify::new()));
        let task = Task::new(self.shared.clone(), &one.server, Arc::clone(&tried));
        let ending = stop.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = ending.cancelled() => {}
                () = task.run() => {}
            }
        });
        Running { terms, tries: one.tries, tried, stop, task }
    }

    /// A server is not sampled by anybody any more, or by nobody yet.
    async fn gone(&self, id: ServerId) {
        self.shared.reach.let_go(id);
        if let Err(error) = self.write_gone(id).await {
            tracing::debug!(%error, "a server's state could not be written");
        }
    }

    /// It was removed, switched off, or lost its credential.
    async fn write_gone(&self, id: ServerId) -> Result<()> {
        let now = self.shared.clock.now();
        let there = self
            .shared
            .db
            .run(move |connection| match Server::by_id(connection, &Scope::All, id) {
                Ok(server) if !server.enabled => ServerState::paused(connection, id, now).map(|_| true),
                // Only our lease was lost: whoever takes it says how the server is.
                Ok(server) if server.credential_id.is_some() => Ok(true),
                Ok(server) => {
                    let error = RemoteError::NoCredential { server: server.name };
                    ServerState::failed(connection, id, &error, now).map(|_| true)
                }
                Err(Error::NotFound(_)) => Ok(false),
                Err(error) => Err(error),
            })
            .await?;
        if !there {
            self.shared.live.forget(id);
        }
        Ok(())
    }
}

impl Running {
    async fn end(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "a server's sampler ended badly; it is started again");
        }
    }
}

impl Terms {
    /// The terms on which `me` samples a server; none where it does not.
    fn of(one: &ToSample, me: InstanceId) -> Option<Self> {
        let lease = one.lease.filter(|lease| lease.holder == me)?;
        Some(Self {
            name: one.server.name.clone(),
            seconds: one.server.sampling_seconds,
            versions: (one.server.version, one.credential_version),
            token: lease.token,
        })
    }
}
