//! `/scenario-files`: scenarios as a file that other machines read, and back.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::input::Parameters;
use super::inventory::Text;
use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::ids::ScenarioId;
use crate::scenarios::file::{self, Problem};
use crate::scenarios::import::{self, Imported, Plan, Planned};
use crate::scenarios::keep;
use crate::web::extract::{Asking, Reauthenticated};

/// Which scenarios are written.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AskedToWrite {
    /// Their numbers, separated by commas; absent: all that the token may know of.
    #[param(example = "7,8")]
    scenarios: String,
}

/// How a file is brought in.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AskedToImport {
    /// The digest of the plan that was seen: nothing is done if the plan is another one by now.
    plan: Option<String>,
}

/// What a file does.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScenarioPlan {
    /// Scenario by scenario, in the order of the file.
    scenarios: Vec<ScenarioStep>,
    /// What stands for all of it.
    digest: String,
}

/// What becomes of one scenario of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScenarioStep {
    /// Its name.
    name: String,
    /// Where it stands in the file, counted from 1.
    line: Option<usize>,
    /// `add`, `change` or `keep`.
    #[schema(value_type = String, example = "add")]
    deed: import::Deed,
    /// What of it changes.
    #[schema(value_type = Vec<String>, example = json!(["schedule"]))]
    changes: Vec<&'static str>,
}

impl From<Plan> for ScenarioPlan {
    fn from(plan: Plan) -> Self {
        let steps = plan.steps.into_iter();
        let step = |step: import::Step| ScenarioStep {
            name: step.name,
            line: step.line,
            deed: step.deed,
            changes: step.changes,
        };
        Self { scenarios: steps.map(step).collect(), digest: plan.digest }
    }
}

/// Scenarios as a file, with channels and servers by name and without secrets. Role: viewer.
#[utoipa::path(
    operation_id = "export_scenarios",
    get, path = "/api/v1/scenario-files", tag = "scenarios",
    params(AskedToWrite),
    responses((status = 200, description = "The file", content_type = "application/yaml", body = String)),
)]
pub async fn export(app: Data<App>, asking: Asking, query: Parameters<AskedToWrite>) -> Result<HttpResponse> {
    let ids = query.0.scenarios.split(',').filter(|id| !id.is_empty()).map(|id| id.trim().parse().map(ScenarioId));
    let ids: Vec<ScenarioId> = ids
        .collect::<std::result::Result<_, _>>()
        .map_err(|_no_number| Error::field("scenarios", "Write numbers with commas between"))?;
    let actor = asking.0.clone();
    let text = app.db.run(move |connection| {
        let scenarios = if ids.is_empty() {
            keep::visible(connection, &actor)?
        } else {
            ids.iter().map(|id| keep::find(connection, &actor, *id)).collect::<Result<_>>()?
        };
        file::write(connection, &scenarios)
    });
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/yaml; charset=utf-8")).body(text.await?))
}

/// Says what would become of each scenario of a file. Nothing is done. Role: operator.
#[utoipa::path(
    operation_id = "plan_scenarios",
    post, path = "/api/v1/scenario-files/plans", tag = "scenarios",
    request_body(content = String, content_type = "application/yaml"),
    responses((status = 200, body = ScenarioPlan)),
)]
pub async fn plan(app: Data<App>, asking: Asking, text: Text) -> Result<Json<ScenarioPlan>> {
    let (actor, now) = (asking.0.clone(), app.clock.now());
    match app.db.run(move |connection| import::plan(connection, &actor, &text.0, now)).await? {
        Planned::Ready(plan) => Ok(Json(plan.into())),
        Planned::Rejected(problems) => Err(rejected(&problems)),
    }
}

/// Adds and changes the scenarios of a file, which run with the rights of the token's person: all of them or none. Role: operator.
#[utoipa::path(
    operation_id = "import_scenarios",
    post, path = "/api/v1/scenario-files/imports", tag = "scenarios",
    params(AskedToImport),
    request_body(content = String, content_type = "application/yaml"),
    responses((status = 200, body = ScenarioPlan)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    query: Parameters<AskedToImport>,
    text: Text,
) -> Result<Json<ScenarioPlan>> {
    let (actor, now, seen) = (asking.0.clone(), app.clock.now(), query.0.plan);
    let done =
        app.db.transaction(move |connection| import::import(connection, &actor, (&text.0, seen.as_deref()), now));
    match done.await? {
        Imported::Done(plan) => Ok(Json(plan.into())),
        Imported::Rejected(problems) => Err(rejected(&problems)),
        Imported::Otherwise(_) => Err(Error::Conflict(Message::new(
            "The plan is another one than was seen: something was changed in the meantime. Nothing was applied; plan again",
        ))),
    }
}

/// What is wrong with a file, each problem with its place.
fn rejected(problems: &[Problem]) -> Error {
    let mut errors = FieldErrors::default();
    for problem in problems {
        let field = if problem.field.is_empty() { "file" } else { &problem.field };
        errors.add(field.to_owned(), problem.placed());
    }
    Error::Invalid(errors)
}
