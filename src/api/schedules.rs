//! `/schedules`: what a schedule means, before anything goes by it.

use actix_web::web::{Data, Json};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::Body;
use crate::app::App;
use crate::error::Result;
use crate::scenarios::schedule::Schedule;
use crate::web::extract::Asking;

/// Times that are told at most.
const MOST: usize = 100;

/// A schedule that somebody thinks of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchedulePreview {
    /// When, in which time zone.
    #[schema(value_type = serde_json::Value, example = json!({"when": {"kind": "cron", "expression": "50 8 * * 1-5"}, "time_zone": "Asia/Seoul"}))]
    schedule: Schedule,
    /// How many times are told, 100 at most.
    #[serde(default = "five")]
    #[schema(example = 5)]
    count: usize,
}

fn five() -> usize {
    5
}

/// What a schedule means.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchedulePreviewed {
    /// In English: `every weekday at 08:50`.
    sentence: String,
    /// The next times.
    next: Vec<DateTime<Utc>>,
    /// A run is late when it comes so many seconds after its time.
    late_after_seconds: Option<i64>,
}

/// The next times of a schedule, and a sentence. Role: viewer.
#[utoipa::path(
    operation_id = "preview_schedule",
    post, path = "/api/v1/schedules/preview", tag = "scenarios",
    request_body = SchedulePreview,
    responses((status = 200, body = SchedulePreviewed)),
)]
pub async fn preview(app: Data<App>, _: Asking, body: Body<SchedulePreview>) -> Result<Json<SchedulePreviewed>> {
    let (now, SchedulePreview { schedule, count }) = (app.clock.now(), body.0);
    schedule.problems(now).or(())?;
    let next = schedule.upcoming(now, count.min(MOST));
    let late_after_seconds = next.first().map(|slot| schedule.usual_grace(*slot).num_seconds());
    Ok(Json(SchedulePreviewed { sentence: schedule.sentence().to_string(), next, late_after_seconds }))
}
