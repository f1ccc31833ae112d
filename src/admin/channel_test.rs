//! *Send a test* beside the form of a channel: one message through what is stored, and what was answered.

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;

use super::desk::Desk;
use super::edit::{self, FormPage};
use crate::error::Result;
use crate::models::channels::Channel;
use crate::models::ids::ChannelId;
use crate::scenarios::channels::Tried;
use crate::web::filters;
use crate::web::render::Render;

/// What stands beside a channel's form.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Where the button leads.
    pub path: String,
    /// What came of it; none: it was not pressed.
    pub tried: Option<Tried>,
}

impl Panel {
    /// The panel of a stored channel.
    pub fn of(id: i64) -> Self {
        Self { path: format!("/admin/channels/{id}/tests"), tried: None }
    }
}

/// One block of the page: what came of it.
#[derive(Template)]
#[template(path = "admin/channel_tried.html")]
struct Found {
    message: Panel,
}

/// Sends a test through a channel, with what is saved of it.
///
/// `POST /admin/channels/{channel}/tests`
#[tracing::instrument(skip_all, fields(channel = %path))]
pub async fn create(path: Path<i64>, desk: Desk, render: Render) -> Result<HttpResponse> {
    let id = ChannelId(path.into_inner());
    let channel = desk.app.db.run(move |connection| Channel::by_id(connection, id)).await?;
    let tried = desk.app.channels().try_out(&desk.person().actor, &channel, render.language()).await?;
    let panel = Panel { tried: Some(tried), ..Panel::of(id.0) };
    if render.wants_fragment() {
        return render.page(&Found { message: panel });
    }
    let resource = super::resource("channels")?;
    let scope = desk.person().actor.scope().clone();
    let form = desk.app.db.run(move |connection| resource.form(connection, &scope, Some(id.0))).await?;
    let page = FormPage { message: Some(panel), ..edit::page(resource, form, &desk).await? };
    render.page(&page)
}
