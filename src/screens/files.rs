//! Files of a server: a directory, one file beside it, and what may be done with both.

pub mod changes;
pub mod content;
pub mod editor;
pub mod follow;
mod opened;
mod place;
mod rows;
pub(in crate::screens) mod told;
pub mod uploads;

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use futures_util::future::join;
use tokio::time::timeout;

use super::about::About;
use super::gather::Stored;
use super::part::Part;
use crate::app::App;
use crate::commands::files::path::shown;
use crate::commands::files::{FilePath, Order};
use crate::commands::{Acting, CommandType};
use crate::error::Result;
use crate::models::actor::Role;
use crate::models::permission::Permission;
use crate::web::errors::Fail;
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

use opened::Opened;
use place::Place;
use rows::Directory;
use told::{Told, tell};

/// Files of a server.
pub static SCREEN: Screen = Screen {
    slug: "files",
    label: "Files",
    icon: "folder",
    group: Group::Server,
    needs: &[CommandType::ListDirectory],
    role: Role::Viewer,
    key: Some('f'),
};

/// The page.
#[derive(Template)]
#[template(path = "screens/files.html", blocks = ["files"])]
struct FilesPage {
    about: About,
    place: Place,
    /// Each directory on the way, with its link.
    crumbs: Vec<(String, String)>,
    columns: Vec<Column>,
    directory: Option<Told<Directory>>,
    opened: Option<Told<Opened>>,
    may_write: bool,
    may_be_root: bool,
    /// The same as the other user.
    as_other: String,
    toggled: String,
    parent: Option<String>,
}

/// A heading by which the directory can be sorted.
struct Column {
    label: &'static str,
    href: String,
    sorted: &'static str,
    is_figure: bool,
}

/// A directory, and what is open of it.
///
/// `GET /servers/{server}/files?path=/var/log&open=syslog`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let place = Place::of(request.query_string())?;
    let part = Part::of(&request);
    let role = stored.role_of(&person.actor);
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let asked = async {
        let (listing, opened) = join(host.read(place.listing()), Opened::ask(&host, &place, role)).await;
        let directory = tell(listing, role, |list| Directory::new(&list, &place, host.name()))?;
        Ok::<_, crate::error::Error>((directory, opened?))
    };
    let patience: Duration = part.patience().limit;
    let (directory, opened) = match timeout(patience, Box::pin(asked)).await {
        Ok(told) => told.map(|(directory, opened)| (Some(directory), opened))?,
        // The page asks for this region again, with more patience.
        Err(_) => (None, None),
    };
    let page = FilesPage {
        about: stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level),
        crumbs: crumbs(&place),
        columns: columns(&place),
        may_write: stored.allows(&person.actor, Permission::WriteFiles),
        may_be_root: stored.allows(&person.actor, Permission::Root),
        as_other: Place { acting: other(place.acting), ..place.clone() }.query(),
        toggled: Place { hidden: !place.hidden, from: 0, ..place.clone() }.query(),
        parent: place.path.parent().map(|parent| place.at(parent).query()),
        directory,
        opened,
        place,
    };
    match part {
        Part::Block("files") => render.page(&page.as_files()),
        _ => render.page(&page),
    }
}

impl FilesPage {
    fn is_root(&self) -> bool {
        self.place.acting == Acting::Root
    }

    /// Whether a command ran and could not do it: a server that is away is away for root too.
    fn root_may_help(&self, fail: &Fail) -> bool {
        self.may_be_root && !self.is_root() && fail.command.is_some()
    }

    fn as_word(&self) -> &'static str {
        self.place.acting.word()
    }
}

fn other(acting: Acting) -> Acting {
    match acting {
        Acting::User => Acting::Root,
        Acting::Root => Acting::User,
    }
}

fn crumbs(place: &Place) -> Vec<(String, String)> {
    let label = |path: &FilePath| shown(path.name());
    place.path.steps().into_iter().map(|step| (label(&step), place.at(step).query())).collect()
}

fn columns(place: &Place) -> Vec<Column> {
    let column = |label, order: Option<Order>, is_figure| Column {
        label,
        href: order.map(|order| place.sorted(order).query()).unwrap_or_default(),
        sorted: match order {
            Some(order) if order == place.order => {
                if place.falling {
                    "descending"
                } else {
                    "ascending"
                }
            }
            _ => "",
        },
        is_figure,
    };
    vec![
        column("Name", Some(Order::Name), false),
        column("Size", Some(Order::Size), true),
        column("Mode", None, false),
        column("Owner", Some(Order::Owner), false),
        column("Modified", Some(Order::Modified), false),
    ]
}
