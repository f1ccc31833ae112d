//! The first page: every server at one glance.

pub mod filter;
pub mod machine;
pub mod page;
pub mod stream;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, web};

use self::filter::FleetQuery;
use self::page::FleetPage;
use super::gather;
use crate::app::App;
use crate::error::Result;
use crate::models::actor::Role;
use crate::web::extract::SignedIn;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// Every server at one glance.
pub static SCREEN: Screen = Screen {
    slug: "",
    label: "All servers",
    icon: "server",
    group: Group::Fleet,
    needs: &[],
    role: Role::Viewer,
    key: Some('a'),
};

/// Every server at one glance: the page, its list, or the next rows of it.
///
/// `GET /?q=disk>80&group=db&sort=-cpu&view=map&after=60`
pub async fn index(
    person: SignedIn,
    query: web::Query<FleetQuery>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let machines = gather::fleet(&app, &person.actor.scope).await?;
    let query = query.into_inner();
    let next_rows = query.after > 0;
    let mut page = FleetPage::new(machines, query, render.language(), person.actor.may(Role::Administrator));
    let mut hours = gather::last_hours(&app, &page.rows).await?;
    for machine in &mut page.rows {
        machine.hour = hours.remove(&machine.id).unwrap_or_default();
    }
    // A block inside another block is rendered empty, so htmx is told which part of the page it wants.
    let part = render.wants_fragment().then_some(if next_rows { "#fleet-rows > tr" } else { "#fleet-list" });
    let mut response = render.page(&page)?;
    if let Some(part) = part {
        response.headers_mut().insert(HeaderName::from_static("hx-reselect"), HeaderValue::from_static(part));
    }
    Ok(response)
}
