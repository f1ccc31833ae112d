//! `/servers/{server}/metrics/latest`: what the last sample said.

use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::metrics::live::Latest;
use crate::models::servers::Server;
use crate::web::extract::Asking;

/// Every value of one moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sample)]
pub struct SampleView {
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// Seconds since boot, by the server's own clock.
    pub uptime_seconds: f64,
    /// Every series that has a value.
    pub metrics: Vec<ValueView>,
}

/// One value.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Value)]
pub struct ValueView {
    /// `cpu.total`
    #[schema(example = "disk.read")]
    pub name: &'static str,
    /// `sda`, `eth0`, a core's number; empty for the whole server. The server chose this text.
    #[schema(example = "sda")]
    pub device: String,
    /// `percent`, `bytes`, `bytes_per_second`, `per_second`, `milliseconds` or `count`.
    pub unit: &'static str,
    /// The value.
    pub value: f32,
}

impl From<&Latest> for SampleView {
    fn from(latest: &Latest) -> Self {
        let metrics = latest
            .values
            .iter()
            .map(|(series, value)| ValueView {
                name: series.metric.name(),
                device: series.device.to_string(),
                unit: series.metric.unit().name(),
                value: *value,
            })
            .collect();
        Self { at: latest.at, uptime_seconds: latest.uptime_seconds, metrics }
    }
}

/// What the last sample said. Asking has the server sampled each second for a while; 404 while there is no sample yet.
#[utoipa::path(
    operation_id = "get_latest_metrics",
    get, path = "/api/v1/servers/{server}/metrics/latest", tag = "metrics",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = SampleView)),
)]
pub async fn show(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<SampleView>> {
    let server = app.db.run(move |connection| Server::by_name(connection, asking.scope(), &name)).await?;
    let live = app.live.server(server.id);
    live.look();
    app.live.refresh().await;
    let latest = live.latest().ok_or(Error::NotFound("A sample of this server"))?;
    Ok(Json(SampleView::from(&*latest)))
}
