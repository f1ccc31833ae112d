//! The first page: every server at one glance.

pub mod filter;
pub mod machine;
pub mod page;
pub mod stream;

use actix_web::{HttpResponse, web};

use self::filter::FleetQuery;
use self::page::{FleetList, FleetPage, ListAnswer, RowsAnswer};
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
    let machines = gather::fleet(&app, person.actor.scope()).await?;
    let role = person.actor.rights.strongest();
    let query = query.into_inner();
    if !render.wants_fragment() {
        let mut page = FleetPage::new(machines, query, render.language(), role);
        gather::add_last_hours(&app, &mut page.list.rows).await?;
        return render.page(&page);
    }
    let next_rows = query.after > 0;
    let address = format!("/?{}", query.link(&query.sort, 0));
    let mut list = FleetList::new(machines, query, role >= Role::Operator);
    gather::add_last_hours(&app, &mut list.rows).await?;
    if next_rows { render.page(&RowsAnswer { list }) } else { render.at(&address)?.page(&ListAnswer { list }) }
}
