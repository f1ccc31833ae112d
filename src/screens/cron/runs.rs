//! Running a line now: it is shown first, and runs by itself.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use crate::app::App;
use crate::commands::cron::Place;
use crate::crontabs::{self, run};
use crate::error::{FieldErrors, Result};
use crate::web::extract::{Form, Operator, ValidForm};
use crate::web::render::Render;

/// Which line of which table, as it was seen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunForm {
    tab: String,
    line: String,
    digest: String,
}

/// The same, checked.
pub struct Run {
    place: Place,
    line: usize,
    digest: String,
}

impl Form for RunForm {
    type Valid = Run;

    fn check(&self) -> Result<Run, FieldErrors> {
        let place = Place::from_key(&self.tab).zip(self.line.parse().ok());
        let (place, line) = place.ok_or_else(|| FieldErrors::default().and("line", "This choice is not known"))?;
        Ok(Run { place, line, digest: self.digest.clone() })
    }
}

/// Asks for the run, if the table is still the one that was seen.
///
/// `POST /servers/{server}/cron/runs`
pub async fn create(
    person: Operator,
    path: Path<String>,
    form: ValidForm<RunForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let host = app.hosts.open(person.actor.clone(), path.into_inner()).await?;
    let tables = crontabs::read(&host).await?.value;
    let line = run::line(&tables, &form.0.place, &form.0.digest, form.0.line)?;
    let host = host.operable().await?;
    let run = app.crontabs().run(&host, line).await?;
    render.go(&format!("/servers/{}/packages/runs/{}", host.name(), run.id))
}
