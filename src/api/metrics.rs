//! `/servers/{server}/metrics`: numbers over time, from the finest resolution that fits.

use std::collections::HashMap;

use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::{IntoParams, ToSchema};

use super::input::{Parameters, number};
use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::metrics::catalogue::{Metric, Unit};
use crate::metrics::line::{Line, Point};
use crate::metrics::series::Question;
use crate::models::checks::Check;
use crate::models::servers::Server;
use crate::web::extract::Asking;

/// The span that is answered unless `from` says otherwise.
const USUAL_SPAN: TimeDelta = TimeDelta::hours(1);
/// Points of a line unless `points` says otherwise.
const USUAL_POINTS: u32 = 360;
/// The highest `points`.
const MOST_POINTS: u32 = 8_640;

/// Which numbers are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Metrics, separated by commas; all of them unless given. A check's number is `check.NAME`.
    #[param(example = "cpu.total,memory.used_percent")]
    pub names: Option<String>,
    /// From when; an hour before `to` unless given.
    pub from: Option<DateTime<Utc>>,
    /// Until when; now unless given.
    pub to: Option<DateTime<Utc>>,
    /// How many points a line may have at most: 1 to 8640, 360 unless given.
    #[serde(deserialize_with = "number")]
    #[param(minimum = 1, maximum = 8640)]
    pub points: Option<u32>,
}

/// One metric of one device over a span of time. A point that nobody measured is missing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Line)]
pub struct LineView {
    /// `cpu.total`
    #[schema(example = "cpu.total")]
    pub name: String,
    /// `sda`, `eth0`, a core's number; empty for the whole server. The server chose this text.
    pub device: String,
    /// `percent`, `bytes`, `bytes_per_second`, `per_second`, `milliseconds` or `count`.
    pub unit: &'static str,
    /// Seconds between points; two points farther apart have a gap between them.
    pub tier: u32,
    /// `[time, minimum, mean, maximum]` each, in the order of time.
    #[schema(value_type = Vec<Vec<serde_json::Value>>, example = json!([["2026-11-22T10:00:00Z", 1.0, 2.5, 7.0]]))]
    pub points: Vec<PointView>,
}

/// One point, as `[time, minimum, mean, maximum]`.
#[derive(Debug)]
pub struct PointView(Point);

impl Serialize for PointView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut point = serializer.serialize_tuple(4)?;
        point.serialize_element(&self.0.time().to_rfc3339_opts(SecondsFormat::Secs, true))?;
        point.serialize_element(&self.0.min)?;
        point.serialize_element(&self.0.mean)?;
        point.serialize_element(&self.0.max)?;
        point.end()
    }
}

impl LineView {
    /// `line`, with the units that administrators gave their checks.
    fn new(line: Line, of_checks: &HashMap<String, Unit>) -> Self {
        let unit = match line.metric {
            Metric::Check => of_checks.get(&line.device).copied().unwrap_or(Unit::Count),
            _ => line.unit(),
        };
        let (name, device) = line.metric.public_name(&line.device);
        Self {
            name: name.into_owned(),
            device: device.to_owned(),
            unit: unit.name(),
            tier: line.tier,
            points: line.points.into_iter().map(PointView).collect(),
        }
    }
}

/// Numbers over time: one line per metric and device, at the finest resolution that has no more than `points` points.
#[utoipa::path(
    operation_id = "get_metrics",
    get, path = "/api/v1/servers/{server}/metrics", tag = "metrics",
    params(("server" = String, Path, description = "Its name"), HistoryQuery),
    responses((status = 200, body = Vec<LineView>)),
)]
pub async fn history(
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<HistoryQuery>,
) -> Result<Json<Vec<LineView>>> {
    let server = app.db.run(move |connection| Server::by_name(connection, asking.scope(), &name)).await?;
    let now = app.clock.now();
    let query = query.0;
    let to = query.to.unwrap_or(now).min(now);
    let from = query.from.unwrap_or(to - USUAL_SPAN);
    if from >= to {
        return Err(Error::field("from", "This must be before `to` and before now"));
    }
    let points = query.points.unwrap_or(USUAL_POINTS);
    if !(1..=MOST_POINTS).contains(&points) {
        return Err(Error::field("points", "Give a number from 1 to 8640"));
    }
    let (metrics, checks) = wanted(query.names.as_deref())?;
    let question = Question { server: server.id, metrics, from, to, points };
    let mut lines = question.answer(&app.db, now, &app.config.retention).await?;
    lines.retain(|line| line.metric != Metric::Check || checks.is_empty() || checks.contains(&line.device));
    let mut units = HashMap::new();
    if lines.iter().any(|line| line.metric == Metric::Check) {
        let known = app.db.run(Check::all).await?.into_iter();
        units = known.filter_map(|check| Some((check.name, Unit::from_name(&check.unit)?))).collect();
    }
    Ok(Json(lines.into_iter().map(|line| LineView::new(line, &units)).collect()))
}

/// The metrics that are wanted, and which checks; no check named: all of them, where checks are wanted.
fn wanted(names: Option<&str>) -> Result<(Vec<Metric>, Vec<String>)> {
    let Some(names) = names else { return Ok((Metric::ALL.to_vec(), Vec::new())) };
    let (mut metrics, mut checks) = (Vec::new(), Vec::new());
    for name in names.split(',').map(str::trim) {
        let unknown = || Error::field("names", Message::new("There is no metric {name}").with("name", name));
        let (metric, check) = Metric::from_public_name(name).ok_or_else(unknown)?;
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
        checks.extend(check.map(str::to_owned));
    }
    Ok((metrics, checks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_lines_are_rfc_3339_like_everywhere_else() {
        let point = Point { at: 1_700_000_000, min: 0.5, mean: 1.5, max: 2.0 };
        let text = serde_json::to_string(&PointView(point)).unwrap();
        assert_eq!(text, r#"["2023-11-14T22:13:20Z",0.5,1.5,2.0]"#);
    }

    #[test]
    fn names_are_split_at_commas_and_an_unknown_one_is_told() {
        assert_eq!(wanted(Some("cpu.total, load.1")).unwrap().0, [Metric::CpuTotal, Metric::Load1]);
        assert_eq!(wanted(None).unwrap().0.len(), Metric::ALL.len());
        let (metrics, checks) = wanted(Some("check.queue,check.disk-age,load.1")).unwrap();
        assert_eq!((metrics.as_slice(), checks.len()), (&[Metric::Check, Metric::Load1][..], 2));
        assert!(matches!(wanted(Some("cpu.total,cpu.frobs")), Err(Error::Invalid(_))));
    }
}
