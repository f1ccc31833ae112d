//! Asking a server to go down: the row first, then the request, then the watching (J01).

use serde::{Deserialize, Serialize};

use crate::commands::power::Told;
use crate::commands::{Change, Command, ReadBoot, RestartServer, ShutDownServer};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::allowance::Allowance;
use crate::models::ids::PowerRequestId;
use crate::models::permission::Permission;
use crate::models::power_requests::{End, NewPowerRequest, PowerDeed, PowerRequest, PowerState, SENDING};
use crate::queue::{Queued, entry};
use crate::remote::host::OperableHost;

/// An entry of the queue: one claim of a request that is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchPower {
    /// Which.
    pub request: PowerRequestId,
    /// The claim's token.
    pub token: i64,
}

impl Queued for WatchPower {
    const QUEUE: &'static str = "power";

    fn key(&self) -> String {
        format!("{}:{}", self.request, self.token)
    }
}

/// What somebody wants of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What it is to do.
    pub deed: PowerDeed,
    /// The server's name as it was typed: nobody means another server by mistake.
    pub name: String,
    /// The boot that was seen.
    pub booted: String,
}

/// Asks the server, and has it watched from then on. Where nobody knows whether it heard, it is watched all the same.
///
/// Who may not do it learns nothing about the rest of what they entered.
pub async fn ask(host: &OperableHost, wish: Wish) -> Result<PowerRequest> {
    let Wish { deed, name, booted } = wish;
    match deed {
        PowerDeed::Restart => send(host, deed, &name, RestartServer { booted: booted.clone() }, &booted).await,
        PowerDeed::ShutDown => send(host, deed, &name, ShutDownServer { booted: booted.clone() }, &booted).await,
    }
}

async fn send<C>(host: &OperableHost, deed: PowerDeed, name: &str, command: C, booted: &str) -> Result<PowerRequest>
where
    C: Change + Command<Output = Told>,
{
    let (action, target) = (C::TYPE.name(), command.target());
    host.permits(Permission::Root, action, &target).await?;
    host.allows(Allowance::Change, action, &target).await?;
    if name.trim() != host.name() {
        let sentence = Message::new("This is not its name. Type {server} to go on").with("server", host.name());
        return Err(Error::field("name", sentence));
    }
    let boot = host.read(ReadBoot).await?.value;
    if boot.id != booted {
        return Err(another_boot(host));
    }
    let now = host.now();
    let new = NewPowerRequest {
        server_id: host.server().id,
        deed,
        asked_by: host.actor().name.clone(),
        boot_before: boot.id,
        uptime_before: boot.uptime.as_secs_f64(),
        asked_at: now,
        lease_until: now + SENDING,
    };
    let row = host.in_transaction(move |connection| Ok(new.insert(connection)?)).await?;
    let Some(row) = row else { return Err(Error::Conflict(one_at_a_time(host))) };
    match host.change(command).await {
        Ok(answer) if answer.value == Told::Changed => {
            let error = another_boot(host);
            failed(host, row, error.message()).await?;
            Err(error)
        }
        Ok(_) => watched(host, row).await,
        // It may be on its way down already: nobody is left there who could say so.
        Err(Error::Remote(error)) if error.may_have_run() => watched(host, row).await,
        Err(error) => {
            failed(host, row, error.message()).await?;
            Err(error)
        }
    }
}

/// Has it watched; what it is then. Where this process took too long to say so, somebody watches it already.
async fn watched(host: &OperableHost, row: PowerRequest) -> Result<PowerRequest> {
    host.in_transaction(move |connection| {
        if row.goes(connection)? {
            entry(&WatchPower { request: row.id, token: row.token })?.insert(connection)?;
        }
        Ok(PowerRequest::of(connection, row.server_id, row.id)?.unwrap_or(row))
    })
    .await
}

async fn failed(host: &OperableHost, row: PowerRequest, why: Message) -> Result<()> {
    let (end, now) = (End::away(PowerState::Failed, Some(why)), host.now());
    host.in_transaction(move |connection| Ok(row.end(connection, &end, now)?)).await.map(drop)
}

fn another_boot(host: &OperableHost) -> Error {
    let sentence = Message::new("{server} was started again since you looked at it. Look again, then repeat");
    Error::Conflict(sentence.with("server", host.name()))
}

fn one_at_a_time(host: &OperableHost) -> Message {
    Message::new("{server} was asked to go down already, and that is not over yet").with("server", host.name())
}
