//! The page of logins: who failed, who was let in, who is there now; and the drawer of one address.

use askama::Template;

use super::address::AddressDrawer;
use super::load::{Known, Rows};
use super::now::NowTable;
use super::pictures::DAYS;
use super::query::{GroupBy, LoginQuery, SPANS, Show};
use crate::commands::logins::SourceState;
use crate::ip_lookup::ReverseName;
use crate::ip_lookup::service::ServiceAnswer;
use crate::language::Message;
use crate::models::login_events::LoginOutcome;
use crate::models::login_readings::LoginReading;
use crate::screens::about::About;
use crate::screens::region::{EvidenceLine, Region};
use crate::web::errors::Fail;
use crate::web::filters;

/// How new what is stored is.
#[derive(Debug)]
pub enum Freshness {
    /// The server was asked for this page.
    Asked(EvidenceLine),
    /// It was asked a while ago, and is asked again by itself.
    Stored,
    /// It was asked, and did not answer as it should.
    Failed(Box<Fail>),
}

/// The page.
#[derive(Template)]
#[template(path = "screens/logins.html", blocks = ["logins", "drawer"])]
pub struct LoginsPage {
    /// The server.
    pub about: About,
    /// What was asked.
    pub query: LoginQuery,
    /// What is known.
    pub known: Known,
    /// How new that is.
    pub freshness: Freshness,
    /// Who is there now, where that is asked.
    pub now: Option<Region<NowTable>>,
    /// The open address.
    pub drawer: Option<AddressDrawer>,
    /// Whether the server is asked at all.
    pub answers: bool,
    /// Names of users that the server does not have are left out.
    pub hides_names: bool,
    /// Where a rule of the firewall begins that would keep an address out; none where the reader may not make one.
    pub blocking: Option<String>,
}

impl LoginsPage {
    fn show(&self) -> Show {
        self.query.show()
    }

    /// `(query, label, count, current)` of each tab.
    fn tabs(&self) -> Vec<(String, &'static str, Option<&str>, bool)> {
        let tab = |show: &str, label, count, this| {
            let link = self.query.link(&[("show", show), ("group", ""), ("q", "")]);
            (link, label, count, self.show() == this)
        };
        vec![
            tab("accepted", "Accepted", Some(self.known.accepted.as_str()), Show::Accepted),
            tab("", "Failed", Some(self.known.failed.as_str()), Show::Failed),
            tab("now", "Now signed in", None, Show::Now),
        ]
    }

    /// `(query, label, current)` of each span.
    fn spans(&self) -> Vec<(String, &'static str, bool)> {
        let (current, ..) = self.query.span();
        let span = |(key, _, label, _): &(&'static str, _, &'static str, i32)| {
            (self.query.link(&[("range", key)]), *label, *key == current)
        };
        SPANS.iter().map(span).collect()
    }

    /// `(value, label, current)` of each way to group.
    fn groupings(&self) -> [(&'static str, &'static str, bool); 4] {
        let current = self.query.group_by();
        [
            ("address", "Address", current == GroupBy::Address),
            ("network", "Network", current == GroupBy::Network),
            ("user", "User", current == GroupBy::User),
            ("none", "Each login", current == GroupBy::Nothing),
        ]
    }

    /// When the region asks again: at once, where what it shows is old.
    fn triggers(&self) -> &'static str {
        match self.freshness {
            Freshness::Stored if self.answers => "load, every 30s, logins from:body, refresh",
            _ => "every 30s, logins from:body, refresh",
        }
    }

    /// What has to be said of what could not be read.
    fn notice(&self) -> Option<Message> {
        let place = &self.known.reading.as_ref().filter(|reading| reading.read_at.is_some())?.place.0;
        if place.is_denied() {
            return Some(Message::new(
                "Only root may read the logs of this server, so hannun sees no logins. Put its user into the groups adm and \
                 systemd-journal, or let it become root",
            ));
        }
        if place.is_silent() {
            return Some(Message::new(
                "This server keeps no log of logins that hannun knows: no journal, no auth.log, secure or messages",
            ));
        }
        if place.source("wtmp") == SourceState::Damaged || place.source("btmp") == SourceState::Damaged {
            return Some(Message::new("The login records of this server are damaged; its logs were read without them"));
        }
        (!place.is_whole).then(|| Message::new("Older logs are still being read, part by part"))
    }

    fn is_trouble(&self) -> bool {
        let place = self.reading().map(|reading| &reading.place.0);
        place.is_some_and(|place| place.is_denied() || place.is_silent())
    }

    fn reading(&self) -> Option<&LoginReading> {
        self.known.reading.as_ref()
    }
}
