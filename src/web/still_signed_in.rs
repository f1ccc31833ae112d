//! Somebody whose page or download stays open: whether they still may come in, and what they may see now (A07, A08, Z02).

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;

use super::pass::Pass;
use super::visitor::Visitor;
use crate::app::App;
use crate::error::{Error, Result};
use crate::models::actor::Actor;
use crate::transfers::Terms;

/// Asked again and again while a stream is open. Asking keeps no session alive.
#[derive(Clone)]
pub struct StillSignedIn {
    pass: Pass,
    address: IpAddr,
}

impl StillSignedIn {
    /// Whoever sent `request`.
    pub fn of(request: &HttpRequest, app: &App) -> Result<Self> {
        let pass = Pass::of(request, app).ok_or(Error::SignInNeeded)?;
        let visitor = Visitor::of(request).ok_or(Error::SignInNeeded)?;
        Ok(Self { pass, address: visitor.address })
    }

    /// Who it is, with the rights of now; nobody once the session or token has ended.
    pub async fn check(&self, app: &App) -> Option<Actor> {
        // While the database is away nobody is known; the browser opens the stream again.
        self.now(app).await.ok().flatten()
    }

    async fn now(&self, app: &App) -> Result<Option<Actor>> {
        let (pass, asked) = (self.pass.clone(), app.clone());
        let found = app.db.run(move |connection| pass.actor(connection, &asked)).await?;
        Ok(found.map(|actor| Actor { address: Some(self.address), ..actor }))
    }

    /// They did something on what stays open: their session goes on (A07).
    pub async fn touch(&self, app: &App) {
        let (pass, asked) = (self.pass.clone(), app.clone());
        let touched = app.db.run(move |connection| pass.touch(connection, &asked)).await;
        if let Err(problem) = touched {
            tracing::debug!(%problem, "a session's last use could not be written");
        }
    }

    /// On which terms they are given what `server` tells.
    pub fn terms(self, app: &App, server: &str) -> Terms {
        let (patience, app, server) = (app.config.requests.answer_pause, app.clone(), server.to_owned());
        let host = move || {
            let (asking, app, server) = (self.clone(), app.clone(), server.clone());
            let host = async move {
                let actor = asking.now(&app).await?.ok_or(Error::SignInNeeded)?;
                app.hosts.open(actor, server).await
            };
            Box::pin(host) as _
        };
        Terms { patience, host: Arc::new(host) }
    }
}
