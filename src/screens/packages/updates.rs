//! Updating many packages at once, and having the server fetch anew what there is.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::artifacts::Nothing;
use super::{plans, runs};
use crate::app::App;
use crate::commands::CommandType;
use crate::commands::catalog::Catalog;
use crate::commands::platform::Platform;
use crate::error::{FieldErrors, Result};
use crate::installations::ask;
use crate::installations::wanted::Wanted;
use crate::language::Message;
use crate::web::extract::{Form, Operator, Reauthenticated, ValidForm};
use crate::web::render::Render;

/// What a server can be asked for beside the list of updates, and why not the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Offers {
    pub refreshes: bool,
    pub updates: bool,
    pub security_updates: bool,
    /// Why something is not offered.
    pub why_not: Vec<Message>,
}

impl Offers {
    pub(super) fn new(catalog: &Catalog, platform: &Platform) -> Self {
        let knows = |command_type| catalog.choose(command_type, platform).is_ok();
        let mut offers = Self {
            refreshes: knows(CommandType::RefreshLists),
            updates: knows(CommandType::InstallUpdates),
            security_updates: knows(CommandType::InstallSecurityUpdates),
            why_not: Vec::new(),
        };
        if !offers.refreshes && platform.has("pacman") {
            offers.why_not.push(Message::new(
                "The lists are not refreshed from here: with new lists and old packages, the next installation can break this \
                 system. Run “pacman -Syu” in a terminal, which renews both",
            ));
        } else if !offers.refreshes {
            offers.why_not.push(Message::new("hannun knows no command that refreshes the lists of this server"));
        }
        if offers.updates && !offers.security_updates {
            let why =
                "Security updates alone are not offered: this server's package tool does not tell which those are";
            offers.why_not.push(Message::new(why));
        }
        offers
    }
}

/// Which updates.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UpdatesQuery {
    only_security: bool,
}

/// What pressing the button sends.
#[derive(Debug, Deserialize)]
pub struct UpdatesForm {
    #[serde(default)]
    only_security: bool,
    /// The plan that was shown, in short.
    seen: String,
}

impl Form for UpdatesForm {
    type Valid = (bool, String);

    fn check(&self) -> Result<Self::Valid, FieldErrors> {
        Ok((self.only_security, self.seen.clone()))
    }
}

/// What installing the updates would bring along.
///
/// `GET /servers/{server}/packages/updates/new?only_security=true`
pub async fn new(
    person: Operator,
    path: web::Path<String>,
    query: web::Query<UpdatesQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    plans::new(Ok(Wanted::updates(query.only_security)), (&person, &path), &app, &request, render).await
}

/// Installs the updates, if what would happen is still what was shown (X06).
///
/// `POST /servers/{server}/packages/updates`
pub async fn create(
    person: Operator,
    path: web::Path<String>,
    _: Reauthenticated,
    form: ValidForm<UpdatesForm>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (only_security, seen) = form.0;
    plans::create(Wanted::updates(only_security), (&person, path.into_inner(), &seen), &app, render).await
}

/// Has the server fetch anew what its repositories offer.
///
/// `POST /servers/{server}/packages/refreshes`
pub async fn refresh(
    person: Operator,
    path: web::Path<String>,
    _: ValidForm<Nothing>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let host = app.hosts.open(person.actor.clone(), path.into_inner()).await?.operable().await?;
    let run = ask::refresh_lists(&host).await?;
    runs::go_to(render, host.name(), &run)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(tools: &[&str]) -> (Offers, String) {
        let platform = Platform {
            os: "linux".to_owned(),
            capabilities: tools.iter().map(|tool| (*tool).to_owned()).collect(),
            ..Platform::default()
        };
        let offers = Offers::new(Catalog::built_in(), &platform);
        let why = offers.why_not.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        (offers, why)
    }

    #[test]
    fn what_a_tool_cannot_tell_is_not_offered_and_the_reason_is_said() {
        let (dnf, why) = offered(&["rpm", "dnf"]);
        assert!(dnf.refreshes && dnf.updates && dnf.security_updates, "{dnf:?}");
        assert_eq!(why, "");
        let (apk, why) = offered(&["apk"]);
        assert!(apk.refreshes && apk.updates && !apk.security_updates, "{apk:?}");
        assert!(why.starts_with("Security updates alone are not offered"), "{why}");
        let (pacman, why) = offered(&["pacman"]);
        assert!(!pacman.refreshes && pacman.updates && !pacman.security_updates, "{pacman:?}");
        assert!(why.contains("pacman -Syu") && why.contains("Security updates alone"), "{why}");
        let (nothing, why) = offered(&[]);
        assert!(!nothing.updates && why.starts_with("hannun knows no command"), "{why}");
    }
}
