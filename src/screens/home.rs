//! The first page: every server at one glance.

use actix_web::HttpResponse;
use askama::Template;

use crate::error::Result;
use crate::models::actor::Role;
use crate::web::filters;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// All servers.
pub static SCREEN: Screen = Screen {
    slug: "",
    label: "All servers",
    icon: "server",
    group: Group::Fleet,
    needs: &[],
    role: Role::Viewer,
    key: Some('a'),
};

#[derive(Template)]
#[template(path = "screens/home.html")]
struct HomePage;

/// All servers.
///
/// `GET /`
pub async fn index(render: Render) -> Result<HttpResponse> {
    render.page(&HomePage)
}
