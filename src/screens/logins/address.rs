//! One address beside the list: what it is, what it tried, and where else it was seen.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::outside::OutsideView;
use super::pictures::Strip;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ip_lookup::{Databases, Kind, Network};
use crate::logins::addresses::{Seen, scopes};
use crate::models::actor::Actor;
use crate::models::login_events::LoginOutcome;
use crate::models::login_events::addresses::{OnServer, Tally};
use crate::models::login_events::counts::Counted;
use crate::web::format;

/// Names in the drawer.
const NAMES: usize = 12;
/// Servers in the drawer.
const SERVERS: usize = 12;

/// One address.
#[derive(Debug)]
pub struct AddressDrawer {
    /// The address.
    pub address: IpAddr,
    /// What it is for.
    pub kind: Kind,
    /// What files know of its network.
    pub network: Option<Network>,
    /// What their makers ask to be said, and when the oldest was made.
    pub sources: Sources,
    /// How often it failed in the last day.
    pub failed_day: String,
    /// How often somebody was let in from it, ever.
    pub accepted: String,
    /// The last day.
    pub strip: Strip,
    /// When it was first and last seen; none where it never was.
    pub seen: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The name of the server that it came to first.
    pub first_on: String,
    /// Names that were tried, with how often.
    pub names: Vec<(String, String)>,
    /// More names than are shown.
    pub more_names: bool,
    /// How it tried, with how often.
    pub methods: Vec<(String, String)>,
    /// Servers, with how often it failed there and how often it did not.
    pub servers: Vec<(OnServer, String, String)>,
    /// How many servers there are.
    pub server_count: usize,
    /// It is hannun itself.
    pub is_ours: bool,
    /// What others say, as far as that is known already.
    pub outside: OutsideView,
}

/// What is known of networks comes from these.
#[derive(Debug, Default)]
pub struct Sources {
    /// What their makers ask to be said.
    pub attributions: Vec<&'static str>,
    /// When the oldest was made.
    pub built_at: Option<DateTime<Utc>>,
    /// There is none.
    pub is_none: bool,
    /// At least one cannot be used.
    pub is_damaged: bool,
}

impl Sources {
    fn of(databases: &Databases) -> Self {
        Self {
            attributions: databases.attributions(),
            built_at: databases.built_at(),
            is_none: databases.files().is_empty(),
            is_damaged: databases.files().iter().any(|file| file.problem.is_some()),
        }
    }
}

impl AddressDrawer {
    /// What is known of `address` on the servers that `actor` may know of.
    pub async fn load(app: &App, actor: &Actor, address: IpAddr) -> Result<Self> {
        let (actor, now) = (actor.clone(), app.clock.now());
        let network = app.addresses.of(address);
        let sources = Sources::of(&app.addresses);
        let outside = OutsideView::known(app, address);
        let drawer = app
            .db
            .run(move |connection| {
                let (scope, sees_on) = scopes(connection, &actor)?;
                let on_servers = OnServer::of(connection, address, &scope)?;
                let wanted = i64::try_from(NAMES + 1).unwrap_or(i64::MAX);
                let names = Tally::names(connection, address, (&scope, &sees_on), wanted)?;
                let methods = Tally::methods(connection, address, &scope)?;
                let span = (now - TimeDelta::hours(24), now);
                let failed = Counted { servers: scope, outcome: LoginOutcome::Failed, address: Some(address), span };
                let buckets = failed.in_parts(connection, 24)?;
                let day: i64 = buckets.iter().map(|bucket| bucket.count).sum();
                let strip = (day, Strip::of(&buckets, 24, span));
                Ok::<_, Error>(Self::new(outside, (on_servers, names, methods), strip))
            })
            .await?;
        Ok(Self { network, sources, ..drawer })
    }

    fn new(
        outside: OutsideView,
        (mut on_servers, mut names, methods): (Vec<OnServer>, Vec<Tally>, Vec<Tally>),
        (day, strip): (i64, Strip),
    ) -> Self {
        let Seen { first, last, accepted, is_ours } = Seen::of(&on_servers);
        let seen = first.as_ref().map(|(at, _)| *at).zip(last);
        let first_on = first.map(|(_, name)| name).unwrap_or_default();
        let (more_names, server_count) = (names.len() > NAMES, on_servers.len());
        names.truncate(NAMES);
        on_servers.truncate(SERVERS);
        let tally = |one: Tally| (one.word, format::number(one.count));
        let on_server = |one: OnServer| {
            let (failed, accepted) = (format::number(one.failed), format::number(one.accepted));
            (one, failed, accepted)
        };
        Self {
            kind: Kind::of(outside.address),
            network: None,
            sources: Sources::default(),
            failed_day: format::number(day),
            accepted: format::number(accepted),
            names: names.into_iter().map(tally).collect(),
            methods: methods.into_iter().map(tally).collect(),
            servers: on_servers.into_iter().map(on_server).collect(),
            address: outside.address,
            outside,
            strip,
            seen,
            first_on,
            more_names,
            server_count,
            is_ours,
        }
    }
}
