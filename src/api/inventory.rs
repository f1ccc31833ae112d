//! `/inventory`: servers as code. A text is planned, applied as a whole, and written again; the same as `hannun apply`.

mod files;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Json};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use serde::{Deserialize, Deserializer};
use std::future::Future;
use std::pin::Pin;
use utoipa::IntoParams;

use super::input::{Parameters, read_whole};
use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::inventory::report::PlanReport;
use crate::inventory::{self, Applied, Extras, Means, Planned, Problem, Prune, Request, Source};
use crate::language::Message;
use crate::models::inventory_files::InventoryFile;
use crate::web::extract::{Asking, Reauthenticated};
use crate::web::visitor::Visitor;

pub use files::{__path_index, __path_release, index, release};

/// Content types of YAML, as programs call it.
const YAML: [&str; 4] = ["application/yaml", "text/yaml", "application/x-yaml", "text/x-yaml"];

/// How a text is taken.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// The name of the file that manages what is in it from then on; absent: it is changed by hand afterwards.
    #[param(example = "servers.yml")]
    file: Option<String>,
    /// Whether what came from this file and is not in it any more is removed.
    #[serde(deserialize_with = "truth")]
    prune: bool,
}

/// How a text is applied.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AskedToApply {
    /// The name of the file that manages what is in it from then on; absent: it is changed by hand afterwards.
    #[param(example = "servers.yml")]
    file: Option<String>,
    /// Whether what came from this file and is not in it any more is removed.
    #[serde(deserialize_with = "truth")]
    prune: bool,
    /// The digest of the plan that was seen: nothing is done if the plan is another one by now.
    plan: Option<String>,
}

/// What is exported.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AskedToExport {
    /// What else, separated by commas: `commands`.
    with: String,
}

/// A body of YAML.
pub struct Text(pub(super) String);

impl FromRequest for Text {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_yaml = YAML.contains(&request.content_type().to_ascii_lowercase().as_str());
        let payload = payload.take();
        Box::pin(async move {
            let bytes = read_whole(payload).await?;
            if !is_yaml {
                return Err(Error::BadRequest(Message::new("Send the body as Content-Type: application/yaml")));
            }
            String::from_utf8(bytes.to_vec())
                .map(Self)
                .map_err(|_not_text| Error::BadRequest(Message::new("The body is no text in UTF-8")))
        })
    }
}

/// Everything that the token may know of, as a file that applies to no change. Without secrets. Role: administrator.
#[utoipa::path(
    operation_id = "export_inventory",
    get, path = "/api/v1/inventory", tag = "inventory",
    params(AskedToExport),
    responses((status = 200, description = "The file", content_type = "application/yaml", body = String)),
)]
pub async fn export(app: Data<App>, asking: Asking, query: Parameters<AskedToExport>) -> Result<HttpResponse> {
    let mut extras = Extras::default();
    for word in query.0.with.split(',').filter(|word| !word.is_empty()) {
        match word {
            "commands" => extras.commands = true,
            _ => return Err(Error::field("with", Message::new("Choose from these: commands"))),
        }
    }
    let text = app.db.run(move |connection| inventory::export(connection, &asking, extras)).await?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/yaml; charset=utf-8")).body(text))
}

/// Says what applying a text would do. Nothing is changed. Role: administrator.
///
/// A secret that the text names with `env:` or `file:` is read by `hannun apply` alone; here what is stored stays.
#[utoipa::path(
    operation_id = "plan_inventory",
    post, path = "/api/v1/inventory/plans", tag = "inventory",
    params(Asked),
    request_body(content = String, content_type = "application/yaml"),
    responses((status = 200, body = PlanReport)),
)]
pub async fn plan(
    app: Data<App>,
    asking: Asking,
    query: Parameters<Asked>,
    request: HttpRequest,
    text: Text,
) -> Result<Json<PlanReport>> {
    let wish = wish(query.0.file, query.0.prune, text)?;
    let (sealer, now) = (app.sealer.clone(), app.clock.now());
    let planned = app
        .db
        .run(move |connection| inventory::plan(connection, Means { actor: &asking, sealer: &sealer, now }, &wish))
        .await?;
    match planned {
        Planned::Ready(plan) => Ok(Json(PlanReport::of(&plan, true, Visitor::language_of(&request)))),
        Planned::Rejected(problems) => Err(rejected(&problems)),
    }
}

/// Applies a text: all of it or nothing. Role: administrator.
#[utoipa::path(
    operation_id = "apply_inventory",
    post, path = "/api/v1/inventory/applications", tag = "inventory",
    params(AskedToApply),
    request_body(content = String, content_type = "application/yaml"),
    responses((status = 200, body = PlanReport)),
)]
pub async fn apply(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    query: Parameters<AskedToApply>,
    request: HttpRequest,
    text: Text,
) -> Result<Json<PlanReport>> {
    let (wish, seen) = (wish(query.0.file, query.0.prune, text)?, query.0.plan);
    let (sealer, now) = (app.sealer.clone(), app.clock.now());
    let applied = app
        .db
        .transaction(move |connection| {
            let means = Means { actor: &asking, sealer: &sealer, now };
            inventory::apply(connection, means, &wish, seen.as_deref())
        })
        .await?;
    match applied {
        Applied::Done(done) => {
            app.take_into_use(&done).await;
            Ok(Json(PlanReport::of(&done.plan, false, Visitor::language_of(&request))))
        }
        Applied::Rejected(problems) => Err(rejected(&problems)),
        Applied::Otherwise(_) => Err(Error::Conflict(Message::new(
            "The plan is another one than was seen: something was changed in the meantime. Nothing was applied; plan again",
        ))),
    }
}

/// The JSON schema of the file, for editors.
///
/// `GET /schemas/servers.json`
pub async fn schema() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/schema+json")).json(inventory::schema::schema())
}

fn wish(file: Option<String>, prune: bool, text: Text) -> Result<Request> {
    if let Some(problem) = file.as_deref().and_then(InventoryFile::name_problem) {
        return Err(Error::field("file", problem));
    }
    if prune && file.is_none() {
        return Err(Error::field(
            "prune",
            Message::new("Only what came from a file can be removed: name it with file"),
        ));
    }
    let source = Source { file, called: "body".to_owned(), text: text.0 };
    let prune = if prune { Prune::Everything } else { Prune::Nothing };
    Ok(Request { sources: vec![source], prune, ..Request::default() })
}

/// What is wrong with a text, each problem with its place.
fn rejected(problems: &[Problem]) -> Error {
    let mut errors = FieldErrors::default();
    for problem in problems {
        errors.add(problem.source.clone(), problem.placed());
    }
    Error::Invalid(errors)
}

/// `true` or `false`, as query parameters arrive.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<bool, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(serde::de::Error::custom("true or false is expected")),
    }
}
