//! Who signed in to one server, who tried to, and who is there now.

pub mod address;
pub mod groups;
pub mod ip;
pub mod load;
pub mod now;
pub mod outside;
pub mod page;
pub mod pictures;
pub mod query;
pub mod rows;
pub mod table;

use actix_web::{HttpRequest, HttpResponse, web};

use self::address::AddressDrawer;
use self::load::{Asked, Known};
use self::now::NowTable;
use self::page::{Freshness, LoginsPage};
use self::query::{LoginQuery, Show};
use super::asked;
use super::gather::Stored;
use super::part::Part;
use super::region::Region;
use crate::app::App;
use crate::commands::{CommandType, ListSessions};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::logins::reader::Depth;
use crate::metrics::health::Level;
use crate::models::actor::{Actor, Role};
use crate::models::login_events::LoginEvent;
use crate::models::permission::Permission;
use crate::remote::capabilities::Capabilities;
use crate::remote::host::Host;
use crate::web::errors::Fail;
use crate::web::extract::SignedIn;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// Who signed in, and who tried to.
pub static SCREEN: Screen = Screen {
    slug: "logins",
    label: "Logins",
    icon: "log-in",
    group: Group::Server,
    needs: &[CommandType::ReadLogins],
    role: Role::Viewer,
    key: Some('l'),
};

/// Who signed in to a server, who tried to, and who is there now. What is stored is shown at once; the region then asks the
/// server by itself.
///
/// `GET /servers/{server}/logins?show=accepted&range=7d&q=deploy`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<LoginQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let level = stored.health(&app.live, app.clock.now()).level;
    let (part, query) = (Part::of(&request), query.into_inner());
    let answers = level.answers() || level == Level::Unknown;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let role = stored.role_of(&person.actor);
    let is_alone = part == Part::Block("logins");
    let freshness = if is_alone && answers { read(&app, &host, part, role).await? } else { Freshness::Stored };
    let now = match query.show() {
        Show::Now if answers && part.includes("logins") => {
            Some(sessions(&app, &host, &stored, &person.actor, part).await?)
        }
        Show::Now | Show::Accepted | Show::Failed => None,
    };
    let drawer = match query.address().filter(|_| part.includes("drawer")) {
        Some(address) => Some(AddressDrawer::load(&app, &person.actor, address).await?),
        None => None,
    };
    let known = match part {
        // It shows none of it.
        Part::Block("drawer") => Known::empty(),
        Part::Block(_) | Part::Page => {
            let zone = render.shell.time_zone;
            Asked::of(&app, &stored, &person.actor, query.clone(), zone).await?.load(&app).await?
        }
    };
    let hides_names = role < Role::Operator;
    // Only a form that is filled in: what is done there is shown and asked there.
    let blocks = [Permission::WriteFiles, Permission::Root].iter().all(|need| stored.allows(&person.actor, *need));
    let blocking = blocks.then(|| {
        let server = &stored.server;
        format!("/servers/{}/firewall/rules/new?action=deny&protocol=tcp&port={}&source=", server.name, server.port)
    });
    let about = stored.about(&render.shell.here, level);
    let page = LoginsPage { about, query, known, freshness, now, drawer, answers, hides_names, blocking };
    match part {
        Part::Block("logins") => render.page(&page.as_logins()),
        Part::Block("drawer") => render.page(&page.as_drawer()),
        Part::Block(_) | Part::Page => render.page(&page),
    }
}

/// Reads on in the logs of the server, as long as somebody waits for it.
async fn read(app: &App, host: &Host, part: Part, role: Role) -> Result<Freshness> {
    let reader = app.logins();
    let read = tokio::time::timeout(part.patience().limit, reader.read(host, Depth::New)).await;
    match read {
        Ok(Ok(Some(answer))) => Ok(Freshness::Asked(answer.evidence.into())),
        // Somebody else is reading, or it takes long: what they find is stored.
        Ok(Ok(None)) | Err(_) => Ok(Freshness::Stored),
        Ok(Err(Error::Remote(error))) => Ok(Freshness::Failed(Box::new(Fail::new(&error, role)))),
        Ok(Err(error)) => Err(error),
    }
}

/// Who is there, with how they came.
async fn sessions(app: &App, host: &Host, stored: &Stored, actor: &Actor, part: Part) -> Result<Region<NowTable>> {
    let answer = asked::ask(host, ListSessions, part.patience().limit).await;
    let (catalog, server) = (app.hosts.catalog(), stored.server.clone());
    let (open, privilege) = app
        .db
        .run(move |connection| {
            let open = LoginEvent::open(connection, server.id)?;
            Ok::<_, Error>((open, Capabilities::load(connection, &catalog, &server)?.privilege))
        })
        .await?;
    let no_end = (!stored.allows(actor, Permission::Signal))
        .then(|| Message::new("You may not end sessions on this server. An administrator can change your rights"));
    Region::of(answer, stored.role_of(actor), |sessions| NowTable::new(sessions, &open, (no_end, privilege)))
}
