//! What stands beside the form of something that can be tried: servers to choose from, columns, the last trial.

use std::collections::HashMap;

use super::{Purpose, ResultView, Subject};
use crate::admin::any::AnyResource;
use crate::admin::desk::Desk;
use crate::commands::checks::Answer;
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::credentials::{Credential, Privileges};
use crate::models::platforms::DetectedPlatform;
use crate::models::servers::Server;
use crate::models::trials::{Trial, TrialOutcome};

/// More servers than this are typed, with suggestions, instead of chosen in a menu.
const MENU_LIMIT: usize = 40;

/// The panel.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Where the form is sent to be tried.
    pub path: String,
    /// What would be tried.
    pub subject: Subject,
    /// Servers to try it on.
    pub servers: Vec<ServerOffer>,
    /// The chosen server.
    pub server: String,
    /// How the last trial of this very script went.
    pub last: Option<Trial>,
    /// How this one went.
    pub result: Option<ResultView>,
}

/// One server to try it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOffer {
    /// Its name.
    pub name: String,
    /// What it runs, and who the script would be there.
    pub about: Message,
}

impl Panel {
    /// The panel of a form that says `subject`.
    pub async fn load(
        resource: &dyn AnyResource,
        id: Option<i64>,
        subject: Subject,
        server: &str,
        desk: &Desk,
    ) -> Result<Self> {
        let slug = resource.screen().slug;
        let path = id.map_or_else(|| format!("/admin/{slug}/trials"), |id| format!("/admin/{slug}/{id}/trials"));
        let (scope, fingerprint) = (desk.person().actor.scope().clone(), subject.fingerprint());
        let (servers, last) = desk
            .app
            .db
            .run(move |connection| {
                let last = Trial::of(connection, std::slice::from_ref(&fingerprint))?.remove(&fingerprint);
                Ok::<_, crate::error::Error>((offers(connection, &scope)?, last))
            })
            .await?;
        let tried_before = || last.as_ref().map(|trial| trial.server.clone());
        let server = Some(server.to_owned()).filter(|name| !name.is_empty()).or_else(tried_before).unwrap_or_default();
        Ok(Self { path, subject, servers, server, last, result: None })
    }

    /// The same with how it went.
    #[must_use]
    pub fn with_result(mut self, result: ResultView) -> Self {
        self.result = Some(result);
        self
    }

    /// Whether there are so many servers that their names are typed.
    pub fn is_typed(&self) -> bool {
        self.servers.len() > MENU_LIMIT
    }

    /// The columns that a `table` has.
    pub fn shapes(&self) -> &'static [crate::commands::Shape] {
        self.subject.purpose.shapes()
    }

    /// How a check's answer must look: of each kind, because the form may still choose another one.
    pub fn answers(&self) -> Vec<(&'static str, &'static str)> {
        match self.subject.purpose {
            Purpose::Command(_) => Vec::new(),
            Purpose::Check(_) => Answer::ALL.iter().map(|answer| (answer.label(), answer.hint())).collect(),
        }
    }

    /// Whether the script worked on some server.
    pub fn has_worked(&self) -> bool {
        self.last.as_ref().is_some_and(|trial| trial.outcome == TrialOutcome::Worked)
    }

    /// How the last trial went, in words.
    pub fn verdict(&self) -> Message {
        match &self.last {
            None => Message::new("Not tried on any server"),
            Some(trial) if trial.outcome == TrialOutcome::Worked => {
                Message::new("Worked on {server}").with("server", &trial.server)
            }
            Some(trial) => Message::new("Failed on {server}").with("server", &trial.server),
        }
    }
}

/// The servers that somebody may try something on, each with what it runs and who we are there.
fn offers(connection: &mut Connection, scope: &Scope) -> Result<Vec<ServerOffer>> {
    let servers = Server::all(connection, scope)?;
    let ids: Vec<_> = servers.iter().map(|server| server.id).collect();
    let platforms: HashMap<_, _> = DetectedPlatform::of_all(connection, &ids)?
        .into_iter()
        .map(|platform| (platform.server_id, platform.pretty_name))
        .collect();
    let credentials: HashMap<_, _> =
        Credential::all(connection)?.into_iter().map(|credential| (credential.id, credential)).collect();
    let offer = |server: Server| {
        let about = match server.credential_id.and_then(|id| credentials.get(&id)) {
            None => Message::new("{platform}, no credential"),
            Some(credential) => Message::new("{platform}, as {user}, {root}")
                .with("user", &credential.user_name)
                .with_words("root", root_of(credential)),
        };
        let about = match platforms.get(&server.id).filter(|name| !name.is_empty()) {
            Some(name) => about.with("platform", name),
            None => about.with_words("platform", "platform not known yet"),
        };
        ServerOffer { name: server.name, about }
    };
    Ok(servers.into_iter().filter(|server| server.enabled).map(offer).collect())
}

fn root_of(credential: &Credential) -> &'static str {
    match credential.privilege {
        _ if credential.user_name == "root" => "already root",
        Privileges::None => "never root",
        Privileges::Sudo => "root by sudo without a password",
        Privileges::SudoPassword => "root by sudo with a password",
    }
}
