//! Sending a signal from the drawer of a process.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::App;
use crate::commands::processes::signalled::sentence;
use crate::commands::processes::signals::{Signal, SignalProcess};
use crate::commands::processes::started::Started;
use crate::error::{FieldErrors, Result};
use crate::web::extract::{Form, Operator, Submitted};
use crate::web::render::Render;

/// The event that regions about processes listen to.
const CHANGED: &str = "processes";

/// Which signal, and to which process of that number.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignalForm {
    signal: String,
    started: String,
}

impl Form for SignalForm {
    type Valid = (Signal, Started);

    fn check(&self) -> Result<(Signal, Started), FieldErrors> {
        let mut errors = FieldErrors::default();
        let signal = Signal::from_name(&self.signal);
        if signal.is_none() {
            errors.add("signal", "This choice is not known");
        }
        let started = Started::read(&self.started);
        if started.is_none() {
            errors.add("started", "This does not say which process is meant");
        }
        signal.zip(started).ok_or(errors)
    }
}

/// Sends a signal to one process, if it is still the one that was seen.
///
/// `POST /servers/{server}/processes/{pid}/signals`
pub async fn create(
    person: Operator,
    path: web::Path<(String, u32)>,
    form: Submitted<SignalForm>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, pid) = path.into_inner();
    let host = app.hosts.open(person.actor.clone(), server).await?.operable().await?;
    let (signal, started) = form.0.check()?;
    let outcome = host.change(SignalProcess { pid, started, signal }).await?.value;
    render.done(sentence(&outcome, signal, pid)?).refresh(CHANGED)
}
