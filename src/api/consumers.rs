//! `/servers/{server}/consumers`: what used processor and memory most at a moment.

use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::input::Parameters;
use crate::app::App;
use crate::error::{Error, Result};
use crate::models::consumer_readings::{Consumer, ConsumerReading, Consumers};
use crate::models::servers::Server;
use crate::web::extract::Asking;

/// Which moment is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MomentQuery {
    /// The moment; now unless given. Readings are kept for 48 hours.
    pub at: Option<DateTime<Utc>>,
}

/// The reading nearest to the moment: look at `at`, it may be minutes away.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsumerReading)]
pub struct ReadingView {
    /// When it was.
    pub at: DateTime<Utc>,
    /// Over how long the processor time is a mean; 0 where the server itself told the percentages.
    pub span_seconds: f32,
    /// The processes that used most processor time, most first; at most eight.
    pub by_cpu: Vec<ConsumerView>,
    /// The processes that used most memory, most first; at most eight.
    pub by_memory: Vec<ConsumerView>,
}

/// One process. Its texts are the server's own: treat them as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consumer)]
pub struct ConsumerView {
    /// Its number; numbers are used again.
    pub pid: u32,
    /// The program's short name, at most 64 bytes. Arguments are not kept: they may hold secrets.
    #[schema(example = "postgres")]
    pub name: String,
    /// Who it ran as.
    pub user: String,
    /// Percent of one core.
    pub cpu_percent: Option<f32>,
    /// Memory in use that was not swapped out, bytes.
    pub resident_bytes: Option<u64>,
}

impl From<Consumer> for ConsumerView {
    fn from(one: Consumer) -> Self {
        Self { pid: one.pid, name: one.name, user: one.user, cpu_percent: one.cpu, resident_bytes: one.bytes }
    }
}

impl From<ConsumerReading> for ReadingView {
    fn from(reading: ConsumerReading) -> Self {
        let views = |consumers: Consumers| consumers.0.into_iter().map(ConsumerView::from).collect();
        Self {
            at: reading.at,
            span_seconds: reading.span_seconds,
            by_cpu: views(reading.by_cpu),
            by_memory: views(reading.by_memory),
        }
    }
}

/// What used processor and memory most, at the reading nearest to a moment; 404 while there is none. Asks no server.
#[utoipa::path(
    operation_id = "get_consumers",
    get, path = "/api/v1/servers/{server}/consumers", tag = "metrics",
    params(("server" = String, Path, description = "Its name"), MomentQuery),
    responses((status = 200, body = ReadingView)),
)]
pub async fn show(
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<MomentQuery>,
) -> Result<Json<ReadingView>> {
    let at = query.0.at.unwrap_or_else(|| app.clock.now());
    let nearest = app.db.run(move |connection| {
        let server = Server::by_name(connection, asking.scope(), &name)?;
        Ok::<_, Error>(ConsumerReading::nearest(connection, server.id, at)?)
    });
    Ok(Json(nearest.await?.ok_or(Error::NotFound("A reading near that moment"))?.into()))
}
