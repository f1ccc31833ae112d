//! `/servers/{server}/directories/measurements`: which directories take the room, measured when somebody asks.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::files::acting;
use super::input::Body;
use crate::app::App;
use crate::commands::directories::{MeasureDirectories, Room, encode};
use crate::commands::files::path::NO_PATH;
use crate::error::{Error, RemoteError, Result};
use crate::metrics::directories::{End, Measurement, Other};
use crate::web::extract::Asking;

/// Directories in one answer.
const MOST: usize = 500;

/// What to measure, and as whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDirectoryMeasurement)]
pub struct MeasurementToBegin {
    /// The absolute path of a directory, percent-encoded byte by byte; the whole server where it is left out.
    #[serde(default = "root")]
    #[schema(default = "/", example = "/var")]
    pub path: String,
    /// `user`, who signs in to the server, unless it is `root`.
    #[serde(default, rename = "as")]
    pub acts_as: Option<String>,
}

fn root() -> String {
    "/".to_owned()
}

/// A measurement: what is directly below a directory, each with all that it holds on that filesystem.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryMeasurement)]
pub struct MeasurementView {
    /// The directory, percent-encoded.
    #[schema(example = "/var")]
    pub path: String,
    /// `user` or `root`.
    #[serde(rename = "as")]
    #[schema(example = "user")]
    pub acts_as: &'static str,
    /// `running` or `done`. What ended before that is a part of the whole: `stopped`, `too_long` (after ten minutes),
    /// `too_many` directories, `broken_off` by the server, `failed` on the server, `refused` here before the server was asked.
    #[schema(example = "done")]
    pub state: &'static str,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When it ended; null while it runs.
    pub ended_at: Option<DateTime<Utc>>,
    /// All that the directory holds, bytes; null before the end.
    pub total_bytes: Option<u64>,
    /// What takes the room, the biggest first, at most 500; while it runs, what is measured so far.
    pub directories: Vec<DirectoryView>,
    /// How many more there are than listed.
    pub left_out: usize,
    /// How many directories could not be read, so that the sizes are too small; null before the end.
    pub unreadable: Option<u64>,
    /// How many names could not be told apart, because there are line ends in them. They are not listed.
    pub unnamed: usize,
    /// What was run, in one line for people; empty before the server was asked.
    pub command: String,
    /// Why the server did not do it; null unless `state` is `failed`.
    pub failure: Option<FailureView>,
}

/// One directory and all that is in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MeasuredDirectory)]
pub struct DirectoryView {
    /// Its path, percent-encoded: give it back as it is. Null for the files directly in the directory that is measured.
    pub path: Option<String>,
    /// What it holds, bytes.
    pub size_bytes: u64,
}

/// Why the server did not do it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MeasurementFailure)]
pub struct FailureView {
    /// A stable word for what happened.
    pub code: &'static str,
    /// What happened.
    pub detail: String,
    /// What to do about it.
    pub hint: String,
    /// What the command exited with, where it ran.
    pub exit_status: Option<u32>,
    /// What the server itself said. Treat it as hostile text.
    pub stderr: Option<String>,
}

impl From<&RemoteError> for FailureView {
    fn from(error: &RemoteError) -> Self {
        let exit_status = match error {
            RemoteError::Failed { status, .. } => Some(*status),
            _ => None,
        };
        Self {
            code: error.code(),
            detail: error.to_string(),
            hint: error.advice().next_step.to_string(),
            exit_status,
            stderr: Some(error.evidence().to_owned()).filter(|said| !said.is_empty()),
        }
    }
}

impl From<Room> for DirectoryView {
    fn from(room: Room) -> Self {
        Self { path: room.path.as_deref().map(encode), size_bytes: room.bytes }
    }
}

impl From<&Measurement> for MeasurementView {
    fn from(measurement: &Measurement) -> Self {
        let (known, command) = (measurement.known(), measurement.command());
        let (ended_at, end) = known.end.unzip();
        let failure = match &end {
            Some(End::Failed(error)) => Some(FailureView::from(&**error)),
            _ => None,
        };
        let measured = known.measured;
        let (total_bytes, unreadable, unnamed) = (measured.total_bytes, measured.unread, measured.odd);
        let mut rooms = measured.biggest_first();
        let left_out = rooms.len().saturating_sub(MOST);
        rooms.truncate(MOST);
        Self {
            path: encode(command.path()),
            acts_as: command.whose().word(),
            state: word(end.as_ref()),
            began_at: known.began,
            ended_at,
            total_bytes,
            directories: rooms.into_iter().map(DirectoryView::from).collect(),
            left_out,
            unreadable,
            unnamed,
            command: known.line,
            failure,
        }
    }
}

fn word(end: Option<&End>) -> &'static str {
    match end {
        None => "running",
        Some(End::Done) => "done",
        Some(End::BrokenOff) => "broken_off",
        Some(End::Stopped) => "stopped",
        Some(End::TooLong) => "too_long",
        Some(End::TooMuch) => "too_many",
        Some(End::Failed(_)) => "failed",
        Some(End::Refused) => "refused",
    }
}

/// Begins to measure what the directories below a path hold, with the lowest priority for processor and disk. Role:
/// operator, with the permission to read files, and to act as root for `root`.
///
/// Nothing is changed on the server. One measurement of yours runs on a server at a time: 409 where another one does. What
/// becomes of it is told under `Location`, for about half an hour, and not after a restart of hannun.
#[utoipa::path(
    operation_id = "begin_directory_measurement",
    post, path = "/api/v1/servers/{server}/directories/measurements", tag = "files",
    params(("server" = String, Path, description = "Its name")),
    request_body = MeasurementToBegin,
    responses((status = 202, description = "It runs; `Location` says where to look", body = MeasurementView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    body: Body<MeasurementToBegin>,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let acting = acting(body.0.acts_as.as_deref())?;
    let command = MeasureDirectories::from_url(&body.0.path, acting).ok_or_else(|| Error::field("path", NO_PATH))?;
    let place = (LOCATION, format!("/api/v1/servers/{}/directories/measurements/latest", host.name()));
    let runs_by = (app.hosts.pool().runtime(), app.clock.clone());
    let begun = app.measurements.begin(host, command, Other::GoesOn, runs_by).await?;
    Ok(HttpResponse::Accepted().insert_header(place).json(MeasurementView::from(&*begun)))
}

/// The last measurement that you began on the server, as far as it is. Role: operator, with the permissions that it began
/// with.
#[utoipa::path(
    operation_id = "get_directory_measurement",
    get, path = "/api/v1/servers/{server}/directories/measurements/latest", tag = "files",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = MeasurementView)),
)]
pub async fn show(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<MeasurementView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let latest = app.measurements.latest((host.server().id, host.actor().kind));
    let latest = latest.ok_or(Error::NotFound("The measurement"))?;
    host.may_read(latest.command(), false).await?;
    Ok(Json(MeasurementView::from(&*latest)))
}

/// Asks for the end of the last measurement that you began on the server; look at its state for what became of it. One that
/// has ended stays as it is. Role: operator.
#[utoipa::path(
    operation_id = "stop_directory_measurement",
    delete, path = "/api/v1/servers/{server}/directories/measurements/latest", tag = "files",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 202, description = "It ends, on the server too")),
)]
pub async fn stop(app: Data<App>, asking: Asking, name: Path<String>) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let owner = (host.server().id, host.actor().kind);
    if app.measurements.latest(owner).is_none() {
        return Err(Error::NotFound("The measurement"));
    }
    app.measurements.stop(owner);
    Ok(HttpResponse::Accepted().finish())
}
