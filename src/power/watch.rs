//! Watching a server that goes down: a new connection every two seconds asks in which boot it is.
//!
//! The kept connection would not do: it may hang for long after its server has gone, and after failures nobody connects for a while.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::ask::WatchPower;
use super::course::{Seen, Step, step};
use crate::clock::Clock;
use crate::commands::ReadBoot;
use crate::db::Db;
use crate::error::{Error, RemoteError, Result};
use crate::models::actor::{Actor, Scope};
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::power_requests::{End, PowerRequest, PowerState};
use crate::models::sampling_leases::Lease;
use crate::models::servers::Server;
use crate::remote::host::Host;
use crate::remote::hosts::Hosts;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// Between two looks at a server that lets nobody in: systems that boot or go down refuse all but root for a while, and many
/// refused sign-ins may lock an account.
const REFUSED: Duration = Duration::from_secs(15);
/// Between two signs of life; a claim holds for four of them.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What requests are watched with.
#[derive(Clone)]
pub struct Watching {
    /// The database.
    pub db: Db,
    /// The way to servers.
    pub hosts: Hosts,
    /// The time.
    pub clock: Clock,
    /// Told when the process ends: what goes on is left to the next one.
    pub stop: CancellationToken,
}

impl Watching {
    /// Works on one claim until the request is over, the claim is lost, or this process ends.
    pub async fn work(&self, entry: &WatchPower) -> Result<()> {
        let (id, token, now) = (entry.request, entry.token, self.clock.now());
        let claimed = self.db.run(move |connection| PowerRequest::claim(connection, id, token, now)).await?;
        let Some(request) = claimed else { return Ok(()) };
        tokio::select! {
            done = self.watch(request.clone()) => done,
            () = self.taken_over(&request) => Ok(()),
            () = self.stop.cancelled() => {
                let now = self.clock.now();
                self.db.run(move |connection| request.release(connection, now)).await.map(drop)
            }
        }
    }

    /// Shows signs of life for as long as the claim is held; returns when it was lost.
    async fn taken_over(&self, request: &PowerRequest) {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let (held, now) = (request.clone(), self.clock.now());
            // While the database is away nobody can take the claim over.
            if matches!(self.db.run(move |connection| held.renew(connection, now)).await, Ok(false)) {
                return;
            }
        }
    }

    async fn watch(&self, mut request: PowerRequest) -> Result<()> {
        let id = request.server_id;
        let server = self.db.run(move |connection| Server::by_id(connection, &Scope::All, id)).await?;
        let host = self.hosts.of(Actor::system("power"), server);
        loop {
            let begun = self.clock.now();
            let (seen, pause) = self.look(&host).await?;
            match step(&request, seen, begun, self.clock.now()) {
                Step::Stays => {}
                Step::Moves(state, away_at) => {
                    let held = request.clone();
                    if !self.db.run(move |connection| held.moves(connection, state, away_at)).await? {
                        return Ok(());
                    }
                    (request.state, request.away_at) = (state, away_at);
                }
                Step::Ends(end) => return self.end(&host, &request, end).await,
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// What one look finds, and how long to wait for the next one.
    async fn look(&self, host: &Host) -> Result<(Seen, Duration)> {
        match host.read_anew(ReadBoot).await {
            Ok(answer) => Ok((Seen::Answers(answer.value), LOOK)),
            Err(Error::Remote(error)) => Ok(match *error {
                RemoteError::Disabled { .. } => (Seen::Paused, LOOK),
                RemoteError::SignInRefused { .. } => (Seen::Silent(error.message()), REFUSED),
                _ => (Seen::Silent(error.message()), LOOK),
            }),
            Err(other) => Err(other),
        }
    }

    /// Writes the end with what was seen of it. A server that is back is looked at again by everybody at once.
    async fn end(&self, host: &Host, request: &PowerRequest, end: End) -> Result<()> {
        let (held, now) = (request.clone(), self.clock.now());
        let (state, entry) = (end.state, audit_entry(host, request, &end));
        let written = self.db.transaction(move |connection| {
            if !held.end(connection, &end, now)? {
                return Ok(false);
            }
            let outcome = if end.state == PowerState::Unknown { Outcome::Unknown } else { Outcome::Succeeded };
            entry.record(connection, outcome, now)?;
            if end.state == PowerState::Back {
                Lease::try_now(connection, held.server_id)?;
            }
            Ok(true)
        });
        if written.await? && state == PowerState::Back {
            self.hosts.pool().reset_breaker(request.server_id);
            // Another kernel, perhaps, and another boot in any case.
            if let Err(problem) = self.hosts.detect_platform(request.server_id).await {
                tracing::debug!(server = host.name(), %problem, "it did not say what it runs since it is back");
            }
        }
        Ok(())
    }
}

/// What was seen, beside who asked for it: the request itself is in the log already.
fn audit_entry(host: &Host, request: &PowerRequest, end: &End) -> AuditEntry {
    let seconds = |span: Option<Duration>| span.map(|span| span.as_secs().to_string()).unwrap_or_default();
    let seen = PowerRequest { back_at: end.back_at, ..request.clone() };
    AuditEntry::by(host.actor(), "watch_power")
        .server(host.name())
        .target(request.deed.command_type().name())
        .detail("request", request.id)
        .detail("state", end.state.name())
        .detail("why", end.why.as_ref().map(ToString::to_string).unwrap_or_default())
        .detail("boot_before", &request.boot_before)
        .detail("boot_after", &end.boot_after)
        .detail("away_seconds", seconds(end.back_at.and_then(|back| seen.away_for(back))))
        .detail("back_after_seconds", seconds(seen.back_after()))
}
