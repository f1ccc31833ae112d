//! Starting, stopping and the like from the drawer of a service.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::App;
use crate::commands::services::{Action, ServiceName};
use crate::error::{FieldErrors, Result};
use crate::services::control;
use crate::web::extract::{Form, Operator, Submitted};
use crate::web::render::Render;

/// The event that regions about services listen to.
const CHANGED: &str = "services";

/// What is done to which service.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActionForm {
    unit: String,
    action: String,
    /// The name once more, where hannun or others come in through it.
    confirmed: String,
}

impl Form for ActionForm {
    type Valid = (ServiceName, Action);

    fn check(&self) -> Result<(ServiceName, Action), FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = ServiceName::read(&self.unit);
        if name.is_none() {
            errors.add("unit", "This cannot be the name of a service");
        }
        let action = Action::from_name(&self.action);
        if action.is_none() {
            errors.add("action", "This choice is not known");
        }
        name.zip(action).ok_or(errors)
    }
}

/// Does something to a service.
///
/// `POST /servers/{server}/services/actions`
pub async fn create(
    person: Operator,
    path: web::Path<String>,
    form: Submitted<ActionForm>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let host = app.hosts.open(person.actor.clone(), path.into_inner()).await?.operable().await?;
    let (name, action) = form.0.check()?;
    let answer = control(&host, name, action, form.0.confirmed.trim()).await?;
    render.done(answer.value.sentence(action)).refresh(CHANGED)
}
