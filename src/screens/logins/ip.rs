//! One address on a page of its own: what it is, what it tried, and where, on all servers that the reader may know of.

use std::net::IpAddr;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::address::AddressDrawer;
use super::outside::OutsideView;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ip_lookup::ReverseName;
use crate::ip_lookup::service::ServiceAnswer;
use crate::screens::part::Part;
use crate::web::extract::SignedIn;
use crate::web::filters;
use crate::web::render::Render;

/// The page.
#[derive(Template)]
#[template(path = "screens/ip.html")]
struct IpPage {
    drawer: AddressDrawer,
}

/// What others say, alone.
#[derive(Template)]
#[template(path = "screens/logins/outside.html")]
struct OutsidePart {
    outside: OutsideView,
}

/// One address. Others are asked about it by the page itself once it is there, and so by nobody whom another site sent here.
///
/// `GET /ips/203.0.113.5`
pub async fn show(
    person: SignedIn,
    path: web::Path<String>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let address: IpAddr = path.parse().map_err(|_no_address| Error::NotFound("This address"))?;
    let address = address.to_canonical();
    if Part::of(&request) == Part::Block("outside") {
        let outside = OutsideView::asked(&app, address, &person.actor.name).await;
        return render.page(&OutsidePart { outside });
    }
    render.page(&IpPage { drawer: AddressDrawer::load(&app, &person.actor, address).await? })
}
