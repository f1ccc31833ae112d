//! The firewall of one server: whether a port is open, what listens, and the rules.

pub mod changes;
mod listeners;
mod page;
pub mod rules;
mod words;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::gather::Stored;
use super::part::Part;
use super::region::Region;
use crate::app::App;
use crate::commands::firewall::ReadFirewall;
use crate::commands::sockets::{ListSockets, Protocol};
use crate::commands::{CommandType, Read};
use crate::error::{Error, Result};
use crate::firewalls::question::{self, Origin, Reachable};
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::allowance::Allowance;
use crate::models::permission::Permission;
use crate::remote::host::{Answer, Host};
use crate::web::extract::SignedIn;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;
use page::{Answered, FirewallPage, Question};

/// The firewall of one server.
pub static SCREEN: Screen = Screen {
    slug: "firewall",
    label: "Firewall",
    icon: "shield",
    group: Group::Server,
    needs: &[CommandType::ReadFirewall],
    role: Role::Viewer,
    key: Some('w'),
};

/// What is asked: `?port=8443&protocol=tcp&from=web-2`, `from=any` for any address, nothing for this console.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FirewallQuery {
    port: String,
    protocol: String,
    from: String,
    /// `no` leaves out what listens on the loopback interface only.
    loopback: String,
}

/// Who owns the firewall, what listens, and the answer to "is port N open?".
///
/// `GET /servers/{server}/firewall?port=8443&protocol=tcp&from=web-2`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<FirewallQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let (part, role) = (Part::of(&request), stored.role_of(&person.actor));
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let change = changes::banner(&app, &host, part).await?;
    let asked = ask_of(&app, &person, &query).await;
    // A region that asks for itself holds no list of them.
    let others = if part == Part::Page { others(&app, &person, &stored).await? } else { Vec::new() };
    let mut page = FirewallPage {
        about: stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level),
        question: Question::new(&query, others),
        answered: None,
        problem: None,
        firewall: Region::Waiting,
        sockets: Region::Waiting,
        hidden_loopback: query.loopback == "no",
        change,
        why_not: why_not(&stored, &person).map(Message::new),
    };
    if part != Part::Block("firewall-change") {
        // Who asks a question waits for its answer; who only looks sees the page first.
        let patience = if page.question.is_asked() { Part::Block("verdict").patience() } else { part.patience() };
        let both = async { tokio::join!(host.read(ReadFirewall), host.read(ListSockets)) };
        let (firewall, sockets) = match tokio::time::timeout(patience.limit, both).await {
            Ok((firewall, sockets)) => (Some(firewall), Some(sockets)),
            Err(_) => (None, None),
        };
        match asked {
            Ok(Some(asked)) => {
                let reachable = reach(&host, &asked).await?;
                page.answered = Some(Answered::new(&asked, firewall.as_ref(), sockets.as_ref(), reachable, role));
            }
            Ok(None) => {}
            Err(problem) => page.problem = Some(problem),
        }
        page.fill(firewall, sockets, role)?;
    }
    match part {
        Part::Block("verdict") => render.page(&page.as_verdict()),
        Part::Block("firewall") => render.page(&page.as_firewall()),
        // It asks as long as a change waits: what is under it is not true any more once that is over.
        Part::Block("firewall-change") if page.change.as_ref().is_none_or(|one| one.left.is_none()) => {
            render.page_and(&page.as_change(), "firewall")
        }
        Part::Block("firewall-change") => render.page(&page.as_change()),
        _ => render.page(&page),
    }
}

/// A question that can be answered.
pub(super) struct Ask {
    protocol: Protocol,
    port: u16,
    from: Origin,
}

async fn ask_of(app: &App, person: &SignedIn, query: &FirewallQuery) -> Result<Option<Ask>, Message> {
    if query.port.is_empty() {
        return Ok(None);
    }
    let port = query.port.trim().parse::<u16>().ok().filter(|port| *port > 0);
    let port = port.ok_or_else(|| Message::new("A port is a number from 1 to 65535"))?;
    let protocol = if query.protocol == "udp" { Protocol::Udp } else { Protocol::Tcp };
    let from = match query.from.as_str() {
        "" => Origin::Console,
        "any" => Origin::Anywhere,
        name => {
            let other = app.hosts.open(person.actor.clone(), name.to_owned()).await;
            Origin::Server(Box::new(other.map_err(|error| error.message())?))
        }
    };
    Ok(Some(Ask { protocol, port, from }))
}

async fn reach(host: &Host, asked: &Ask) -> Result<Reachable> {
    match question::reach(host, (asked.protocol, asked.port), &asked.from).await {
        Err(Error::Remote(error)) => Ok(Reachable::Failed(error)),
        outcome => outcome,
    }
}

/// Servers from which the port can be tried: a list that fits into a select.
async fn others(app: &App, person: &SignedIn, stored: &Stored) -> Result<Vec<String>> {
    const MOST: usize = 100;
    let (scope, own) = (person.actor.scope().clone(), stored.server.id);
    let servers =
        app.db.run(move |connection| Ok::<_, Error>(crate::models::servers::Server::all(connection, &scope)?));
    let others = servers.await?.into_iter().filter(|server| server.enabled && server.id != own);
    Ok(others.take(MOST).map(|server| server.name).collect())
}

/// Why somebody cannot change the firewall here; what is changed is asked again where it is done.
pub(super) fn why_not(stored: &Stored, person: &SignedIn) -> Option<&'static str> {
    let may = |permission| stored.allows(&person.actor, permission);
    if stored.allow() < Allowance::Change {
        return Some("This server may only be watched");
    }
    if !may(Permission::WriteFiles) {
        return Some("Your rights do not let you change files and settings here");
    }
    (!may(Permission::Root)).then_some("Your rights do not let you act as root here")
}

/// An answer that came in time, or did not.
type Asked<C> = Option<Result<Answer<<C as crate::commands::Command>::Output>>>;

fn known<C: Read>(asked: Option<&Result<Answer<C::Output>>>) -> Option<&C::Output> {
    asked.and_then(|answer| answer.as_ref().ok()).map(|answer| &answer.value)
}
