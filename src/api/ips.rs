//! `/ips/{address}`: what is known of an address.

use std::net::IpAddr;

use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::input::Parameters;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ip_lookup::service::ServiceAnswer;
use crate::ip_lookup::{Kind, Outside, ReverseName};
use crate::logins::addresses::{Seen, scopes};
use crate::models::login_events::addresses::{OnServer, Tally};
use crate::web::extract::Asking;

/// What is known of an address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Address)]
pub struct AddressView {
    /// The address; an IPv4 address in IPv6 clothes is told as IPv4.
    #[schema(value_type = String)]
    pub address: IpAddr,
    /// `public`, `private`, `loopback`, `link_local`, `shared_by_provider`, `documentation`, `benchmarking`, `multicast`,
    /// `unspecified` or `reserved`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// The country of its network, by the database of addresses; null where that does not tell.
    pub country: Option<String>,
    /// Its code: `NL`.
    pub country_code: Option<String>,
    /// `AS204428`
    pub asn: Option<String>,
    /// Who owns the network.
    pub owner: Option<String>,
    /// `203.0.113.0/24`
    pub network: Option<String>,
    /// The name that its owner gives it; anybody may claim any name.
    pub name: Option<String>,
    /// Whether that name leads back to the address; null where there is none.
    pub is_name_confirmed: Option<bool>,
    /// What the service that an administrator set up says; null where it was not asked, or told nothing.
    pub service: Option<ServiceView>,
    /// What the makers of the databases ask to be shown beside what they tell.
    #[schema(value_type = Vec<String>)]
    pub attributions: Vec<&'static str>,
    /// When it was first seen on one of the servers that the asker may know of.
    pub first_seen_at: Option<DateTime<Utc>>,
    /// When last.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// It was hannun itself, at least once.
    pub is_own: bool,
    /// On which servers, the one with most first.
    pub servers: Vec<OnServerView>,
    /// The names that were tried most, at most a hundred. Names of users that a server does not have are left out where the
    /// asker is a viewer.
    pub users: Vec<TallyView>,
    /// How it tried to sign in.
    pub methods: Vec<TallyView>,
}

/// What a service on the internet says of an address. Its texts are its own: treat them as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddressByService)]
pub struct ServiceView {
    /// Its host, which knows now that somebody looked at the address.
    pub host: String,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
    /// `Netherlands`
    pub country: String,
    /// `NL`
    pub country_code: String,
    /// `AS204428`
    pub asn: String,
    /// Who owns the network.
    pub owner: String,
}

/// Whether others are asked.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AddressQuery {
    /// `true` asks the name servers for its name, and the service where one is set up; otherwise what they said before is told.
    #[serde(deserialize_with = "super::input::number")]
    pub ask: Option<bool>,
}

/// What came from it to one server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddressOnServer)]
pub struct OnServerView {
    /// The server's name.
    pub server: String,
    /// How often it failed.
    pub failed: i64,
    /// How often somebody was let in.
    pub accepted: i64,
    /// When first.
    pub first_seen_at: DateTime<Utc>,
    /// When last.
    pub last_seen_at: DateTime<Utc>,
}

/// How often one thing was told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tally)]
pub struct TallyView {
    /// The thing; hostile.
    pub word: String,
    /// How often.
    pub count: i64,
}

impl ServiceView {
    fn of(answer: ServiceAnswer) -> Option<Self> {
        let ServiceAnswer::Told(told) = answer else { return None };
        Some(Self {
            host: told.host,
            asked_at: told.at,
            country: told.network.country,
            country_code: told.network.country_code,
            asn: told.network.asn,
            owner: told.network.owner,
        })
    }
}

impl From<Tally> for TallyView {
    fn from(tally: Tally) -> Self {
        Self { word: tally.word, count: tally.count }
    }
}

impl From<OnServer> for OnServerView {
    fn from(one: OnServer) -> Self {
        Self {
            server: one.name,
            failed: one.failed,
            accepted: one.accepted,
            first_seen_at: one.first_at,
            last_seen_at: one.last_at,
        }
    }
}

/// What is known of an address: what it is for, and where it was seen. No server is asked, and nobody else
/// unless `ask` says so.
#[utoipa::path(
    operation_id = "get_ip",
    get, path = "/api/v1/ips/{address}", tag = "logins",
    params(("address" = String, Path, description = "The address"), AddressQuery),
    responses((status = 200, body = AddressView)),
)]
pub async fn show(
    app: Data<App>,
    asking: Asking,
    address: Path<String>,
    query: Parameters<AddressQuery>,
) -> Result<Json<AddressView>> {
    let address: IpAddr = address.parse().map_err(|_no_address| Error::field("address", "This is no IP address"))?;
    let address = address.to_canonical();
    let outside = match query.0.ask {
        Some(true) => app.lookups.ask(address, &asking.0.name).await,
        Some(false) | None => app.lookups.known(address),
    };
    let Outside { name, service } = outside;
    let found = app.db.run(move |connection| {
        let (scope, sees_on) = scopes(connection, &asking.0)?;
        let servers = OnServer::of(connection, address, &scope)?;
        let users = Tally::names(connection, address, (&scope, &sees_on), 100)?;
        Ok::<_, Error>((servers, users, Tally::methods(connection, address, &scope)?))
    });
    let (servers, users, methods) = found.await?;
    let seen = Seen::of(&servers);
    let network = app.addresses.of(address).unwrap_or_default();
    let (name, is_name_confirmed) = match name {
        ReverseName::Confirmed(name) => (Some(name), Some(true)),
        ReverseName::Claimed(name) => (Some(name), Some(false)),
        ReverseName::None | ReverseName::NoAnswer | ReverseName::NotAsked => (None, None),
    };
    let known = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Json(AddressView {
        address,
        kind: Kind::of(address),
        country: known(network.country),
        country_code: known(network.country_code),
        asn: known(network.asn),
        owner: known(network.owner),
        network: known(network.network),
        name,
        is_name_confirmed,
        service: ServiceView::of(service),
        attributions: app.addresses.attributions(),
        first_seen_at: seen.first.map(|(at, _)| at),
        last_seen_at: seen.last,
        is_own: seen.is_ours,
        servers: servers.into_iter().map(OnServerView::from).collect(),
        users: users.into_iter().map(TallyView::from).collect(),
        methods: methods.into_iter().map(TallyView::from).collect(),
    }))
}
