//! What others say about an address, as pages show it, and what was told to them.

use std::net::IpAddr;

use crate::app::App;
use crate::ip_lookup::service::ServiceAnswer;
use crate::ip_lookup::{Outside, ReverseName};
use crate::language::Message;

/// What others say about an address.
#[derive(Debug, Clone)]
pub struct OutsideView {
    /// The address.
    pub address: IpAddr,
    /// Its name.
    pub name: ReverseName,
    /// What the service says.
    pub service: ServiceAnswer,
    /// They were not asked yet, and are as soon as it is looked at.
    pub asks: bool,
    /// Name servers are asked about such an address.
    asks_for_names: bool,
}

impl OutsideView {
    /// What is kept of `address`: nobody is asked for it.
    pub fn known(app: &App, address: IpAddr) -> Self {
        let asks = app.lookups.may_tell_more(address);
        Self { asks, ..Self::new(app, address, app.lookups.known(address)) }
    }

    /// What others say about `address`, which `who` looks at.
    pub async fn asked(app: &App, address: IpAddr, who: &str) -> Self {
        Self::new(app, address, app.lookups.ask(address, who).await)
    }

    fn new(app: &App, address: IpAddr, outside: Outside) -> Self {
        let asks_for_names = app.lookups.asks_for_names(address);
        Self { address, name: outside.name, service: outside.service, asks: false, asks_for_names }
    }

    /// To whom the address is told, for whom, and when.
    pub fn told_to(&self) -> Message {
        let told = match &self.service {
            ServiceAnswer::Told(told) => {
                Message::new("{host} was told this address at {at} (UTC), when {who} looked at it, and is not asked again for a week")
                    .with("host", &told.host)
                    .with("at", told.at.format("%F %R"))
                    .with("who", &told.asked_for)
            }
            ServiceAnswer::Failed { .. } => Message::new("The service was asked about this address, or would have been"),
            ServiceAnswer::NotAsked(host) => {
                Message::new("{host} is told this address when somebody looks at it").with("host", host)
            }
            ServiceAnswer::NotPublic => Message::new("No service is told this address, because it is not public"),
            ServiceAnswer::Off => Message::new("No service is told this address"),
        };
        let template = if self.asks_for_names {
            "{told}. Its name is asked of the name servers of the machine that hannun runs on."
        } else {
            "{told}. Its name is asked of nobody."
        };
        Message::new(template).with_words("told", told)
    }
}
