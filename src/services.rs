//! Services of servers: what is done to one, how dangerous that is, and how many were found to have failed.

mod counting;

use crate::commands::services::{
    Action, ControlService, Controlled, ListServices, ReadService, ServiceList, ServiceName,
};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::service_counts::ServiceCount;
use crate::remote::host::{Answer, Host, OperableHost};

pub use counting::Counting;

/// Lists the services of a server, and writes down how many have failed.
pub async fn list(host: &Host) -> Result<Answer<ServiceList>> {
    let answer = host.read(ListServices).await?;
    let (server, now) = (host.server().id, host.now());
    let failed = i64::try_from(answer.value.failed()).unwrap_or(i64::MAX);
    let written = host.in_transaction(move |connection| Ok(ServiceCount::found(connection, server, failed, now)?));
    if let Err(problem) = written.await {
        // What was asked for is there all the same.
        tracing::debug!(server = host.name(), %problem, "how many services have failed could not be written down");
    }
    Ok(answer)
}

/// Does something to a service that is there. What people and hannun come in through is stopped only by whoever wrote its name.
pub async fn control(
    host: &OperableHost,
    name: ServiceName,
    action: Action,
    confirmed: &str,
) -> Result<Answer<Controlled>> {
    if action.takes_away() && confirmed != name.as_str() {
        let found = host.read(ReadService { name: name.clone() }).await?.value;
        let found = found.ok_or(Error::NotFound("The service"))?;
        if found.is_way_in() {
            let why =
                Message::new("hannun and others come in through {name}. Write its name to {action} it all the same");
            return Err(Error::field("confirmed", why.with("name", &name).with("action", action.name())));
        }
    }
    host.change(ControlService { name, action }).await
}
