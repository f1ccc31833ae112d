//! The desk of an administrator at work: who they are, since when their password is proved, and the way to a change.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest};
use chrono::TimeDelta;

use super::any::AnyResource;
use super::entered::Entered;
use super::resource::By;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::secret::SecretText;
use crate::web::extract::Admin;
use crate::web::middleware::guard;
use crate::web::password_check::{self, Presented};
use crate::web::visitor::Person;

/// An administrator, and what a change needs.
pub struct Desk {
    /// What the edges share.
    pub app: Data<App>,
    person: Person,
}

impl Desk {
    /// Who makes a change now.
    pub fn by(&self) -> By {
        By {
            actor: self.person.actor.clone(),
            session: Some(self.person.session.clone()),
            at: self.app.clock.now(),
            app: App::clone(&self.app),
            password_hash: None,
            given: None,
        }
    }

    /// The signed-in person.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// Whether the password was entered lately (A11).
    pub fn is_proved(&self) -> bool {
        let age = self.app.clock.now() - self.person.session.proved_at;
        TimeDelta::from_std(self.app.config.sessions.proof).is_ok_and(|limit| age <= limit)
    }

    /// Refuses where the resource needs a password that was entered lately, and it was not.
    pub fn proof_for(&self, resource: &dyn AnyResource) -> Result<()> {
        if self.is_proved() || !resource.abilities().needs_proof { Ok(()) } else { Err(Error::ReauthenticationNeeded) }
    }

    /// Takes the administrator's own password where it was entered too long ago (A11); whether it is fresh now.
    pub async fn prove(&mut self, entered: &str) -> Result<bool> {
        if self.is_proved() {
            return Ok(true);
        }
        let (Some(address), false) = (self.person.actor.address, entered.is_empty()) else { return Ok(false) };
        let presented = Presented {
            name: &self.person.user.name,
            password: SecretText::new(entered.to_owned()),
            address,
            action: "prove_password",
        };
        if password_check::check(&self.app, presented).await?.is_none() {
            return Ok(false);
        }
        let (session, now) = (self.person.session.clone(), self.app.clock.now());
        self.app.db.run(move |connection| session.prove(connection, now)).await?;
        self.person.session.proved_at = now;
        Ok(true)
    }

    /// Changes rows in one transaction with their audit events, then lets go of what no longer fits.
    pub async fn change<T: Send + 'static>(
        &self,
        resource: &'static dyn AnyResource,
        ids: Vec<i64>,
        deed: impl FnOnce(&mut Connection, &By, &[i64]) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.change_as(self.by(), resource, ids, deed).await
    }

    /// Like [`Desk::change`], with what was prepared for it.
    pub async fn change_as<T: Send + 'static>(
        &self,
        by: By,
        resource: &'static dyn AnyResource,
        ids: Vec<i64>,
        deed: impl FnOnce(&mut Connection, &By, &[i64]) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (rows, actor) = (ids.clone(), by.actor.clone());
        let done = match self.app.db.transaction(move |connection| deed(connection, &by, &rows)).await {
            Err(refused @ Error::Forbidden(_)) => {
                // As a route's role that does not reach: whoever is refused a change is in the audit log (L01).
                guard::note_refusal(&self.app, &actor, &format!("admin/{}", resource.screen().slug)).await;
                return Err(refused);
            }
            done => done?,
        };
        resource.changed(&self.app, &ids);
        if let Err(error) = resource.take_into_use(App::clone(&self.app)).await {
            // It is stored, and every process looks again soon.
            tracing::warn!(%error, "a change is stored, but not in use here yet");
        }
        Ok(done)
    }
}

impl FromRequest for Desk {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = request.app_data::<Data<App>>().cloned();
        let person = Admin::from_request(request, payload).into_inner();
        std::future::ready(person.and_then(|Admin(person)| {
            let app = app.ok_or_else(|| Error::internal(anyhow::anyhow!("App is not registered")))?;
            Ok(Self { app, person })
        }))
    }
}

impl FromRequest for Entered {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Bytes::from_request(request, payload);
        Box::pin(async move {
            let body =
                body.await.map_err(|_cut_off| Error::BadRequest(Message::new("That is more than we take at once")))?;
            Ok(Self::parse(&body))
        })
    }
}
