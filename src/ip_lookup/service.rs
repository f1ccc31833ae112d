//! A service on the internet that knows whose addresses are (O08): asked only where an administrator set one up, only about public
//! addresses that a person opens, and once a week about each.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::Kind;
use super::database::{Network, of_record};
use super::kept::Kept;
use crate::clock::Clock;
use crate::language::Message;
use crate::outbound::header::{ACCEPT, HeaderValue, RETRY_AFTER};
use crate::outbound::{Answer, Outbound, OutboundError, Request};

/// How long what it told is kept.
const KEPT: TimeDelta = TimeDelta::days(7);
/// How long it is kept that it told nothing.
const FAILED: TimeDelta = TimeDelta::minutes(10);
/// How long it is left alone when it says that it was asked too much and does not say how long, and how long at most.
const PAUSE: (TimeDelta, TimeDelta) = (TimeDelta::hours(1), TimeDelta::days(1));
/// Addresses that it is asked about at the same time; the same address always stands in the same lane.
const LANES: usize = 4;

/// What the service says about an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ServiceAnswer {
    /// None is set up.
    #[default]
    Off,
    /// It is never asked about such an address.
    NotPublic,
    /// It was not asked yet; this is its host.
    NotAsked(String),
    /// What it told.
    Told(Told),
    /// It told nothing.
    Failed {
        /// Why.
        why: Message,
        /// When it was asked.
        at: DateTime<Utc>,
    },
}

/// What was told, by whom and for whom. Its texts are hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Whose the address is.
    pub network: Network,
    /// The host that told it, and now knows that the address was looked at.
    pub host: String,
    /// When it was asked.
    pub at: DateTime<Utc>,
    /// Who looked at the address then.
    pub asked_for: String,
}

/// Asks the service and keeps what it tells.
#[derive(Debug)]
pub(super) struct Service {
    outbound: Outbound,
    clock: Clock,
    kept: Kept<ServiceAnswer>,
    lanes: [tokio::sync::Mutex<()>; LANES],
    /// It wants to be left alone until then.
    pause: Mutex<Option<DateTime<Utc>>>,
}

impl Service {
    pub(super) fn new(outbound: Outbound, clock: Clock) -> Self {
        Self { outbound, clock, kept: Kept::default(), lanes: Default::default(), pause: Mutex::default() }
    }

    /// What is kept of `address`; nobody is asked.
    pub(super) fn known(&self, address: IpAddr) -> ServiceAnswer {
        let Some(template) = &self.outbound.config().ip_service else { return ServiceAnswer::Off };
        if !Kind::of(address).is_public() {
            return ServiceAnswer::NotPublic;
        }
        let not_asked = || match request(template.expose(), address) {
            Ok(request) => ServiceAnswer::NotAsked(request.host()),
            Err(why) => ServiceAnswer::Failed { why: why.message(), at: self.clock.now() },
        };
        self.kept.get(address, self.clock.now()).unwrap_or_else(not_asked)
    }

    /// What the service says about `address`, which `who` looks at.
    pub(super) async fn ask(&self, address: IpAddr, who: &str) -> ServiceAnswer {
        let known = self.known(address);
        let (ServiceAnswer::NotAsked(host), Some(template)) = (&known, &self.outbound.config().ip_service) else {
            return known;
        };
        let mut hasher = DefaultHasher::new();
        address.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % (LANES as u64)).unwrap_or_default();
        let Some(lane) = self.lanes.get(lane) else { return known };
        let _turn = lane.lock().await;
        let now = self.clock.now();
        // Somebody else may have asked meanwhile.
        if let Some(kept) = self.kept.get(address, now) {
            return kept;
        }
        if self.pause.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| now < until) {
            let why = Message::new("{host} was asked too often, and is left alone for a while").with("host", host);
            return ServiceAnswer::Failed { why, at: now };
        }
        let answer = match request(template.expose(), address) {
            Ok(request) => self.outbound.send(&request).await,
            Err(why) => Err(why),
        };
        let said = match answer.map_err(|why| why.message()).and_then(|answer| self.read(host, &answer)) {
            Ok(network) => {
                let (host, asked_for) = (host.clone(), who.to_owned());
                ServiceAnswer::Told(Told { network, host, at: now, asked_for })
            }
            Err(why) => ServiceAnswer::Failed { why, at: now },
        };
        let long = if matches!(said, ServiceAnswer::Told(_)) { KEPT } else { FAILED };
        self.kept.keep(address, said.clone(), (now, long));
        said
    }

    fn read(&self, host: &str, answer: &Answer) -> Result<Network, Message> {
        if matches!(answer.status, 402 | 429) {
            let long = pause(answer.headers.get(RETRY_AFTER));
            *self.pause.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.now() + long);
        }
        if answer.status != 200 {
            return Err(Message::new("{host} answered with {status}").with("host", host).with("status", answer.status));
        }
        let no_json = || Message::new("{host} answered with something else than JSON").with("host", host);
        let record: Value = serde_json::from_slice(&answer.body).map_err(|_no_json| no_json())?;
        if record.is_object() { Ok(of_answer(&record)) } else { Err(no_json()) }
    }
}

/// How long the service wants to be left alone. It may say any number.
fn pause(retry_after: Option<&HeaderValue>) -> TimeDelta {
    let said = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    let long = said.map_or(PAUSE.0, |seconds| TimeDelta::try_seconds(seconds).unwrap_or(PAUSE.1));
    long.clamp(TimeDelta::zero(), PAUSE.1)
}

fn request(template: &str, address: IpAddr) -> Result<Request, OutboundError> {
    let request = Request::get(&template.replace("{address}", &address.to_string()))?;
    Ok(request.header(ACCEPT, HeaderValue::from_static("application/json")))
}

/// What an answer says: of IPinfo (Lite, Core and the older one), or of whoever uses the same names as the files do.
fn of_answer(record: &Value) -> Network {
    let flat = of_record(record);
    let text = |path: [&str; 2]| {
        let text = record.get(path[0]).and_then(|inner| inner.get(path[1])).and_then(Value::as_str);
        text.unwrap_or_default().chars().take(200).collect::<String>()
    };
    let first = |one: String, other: String| if one.is_empty() { other } else { one };
    let org: String = record.get("org").and_then(Value::as_str).unwrap_or_default().chars().take(200).collect();
    let (asn, owner) = match org.split_once(' ') {
        Some((asn, owner)) if asn.starts_with("AS") => (asn.to_owned(), owner.to_owned()),
        _ => (String::new(), org),
    };
    Network {
        country_code: first(flat.country_code, text(["geo", "country_code"])),
        country: first(flat.country, text(["geo", "country"])),
        city: first(flat.city, text(["geo", "city"])),
        asn: first(first(flat.asn, text(["as", "asn"])), asn),
        owner: first(first(flat.owner, text(["as", "name"])), owner),
        network: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_service_is_left_alone_for_no_longer_than_a_day_whatever_it_says() {
        let said = |text| pause(Some(&HeaderValue::from_static(text)));
        assert_eq!([said("60"), said("86401"), said("9223372036854775807")], [TimeDelta::minutes(1), PAUSE.1, PAUSE.1]);
        assert_eq!([said("-5"), said("tomorrow"), pause(None)], [TimeDelta::zero(), PAUSE.0, PAUSE.0]);
    }

    #[test]
    fn every_kind_of_answer_tells_the_same() {
        for record in [
            json!({"ip": "8.8.8.8", "asn": "AS15169", "as_name": "Google LLC", "country_code": "US", "country": "United States"}),
            json!({"geo": {"city": "", "country": "United States", "country_code": "US"}, "as": {"asn": "AS15169", "name": "Google LLC"}}),
            json!({"country": "US", "country_name": "United States", "org": "AS15169 Google LLC"}),
        ] {
            let network = of_answer(&record);
            assert_eq!(
                [network.country_code, network.country, network.asn, network.owner],
                ["US", "United States", "AS15169", "Google LLC"],
                "{record}"
            );
        }
        assert_eq!(of_answer(&json!({"geo": 7, "as": [], "org": {}})), Network::default());
        assert_eq!(of_answer(&json!({"org": "x".repeat(9_000)})).owner.len(), 200);
    }
}
