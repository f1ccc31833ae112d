//! hannun's own figures, and with `servers=1` the latest sample of each server, for Prometheus.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Data, Query};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::overdue;
use super::text::Text;
use crate::app::App;
use crate::error::{Error, Result};
use crate::metrics::catalogue::Metric;
use crate::models::check_results::{CheckResult, CheckState, Figure};
use crate::models::deliveries::DeliveryState;
use crate::models::ids::ServerId;
use crate::models::recurring_jobs::RecurringJob;
use crate::models::runs::{Backlog, Open, RunState};
use crate::models::server_states::{ServerState, State};
use crate::models::servers::Server;
use crate::web::extract::Asking;

/// A sample older than this is not shown: Prometheus would take it for the present.
const STALE: TimeDelta = TimeDelta::minutes(5);

/// The same for a check, which may run once a day.
const CHECKED: TimeDelta = TimeDelta::hours(25);

/// What is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `1`: also the latest sample of each server.
    servers: Option<String>,
}

/// Figures in the text format of Prometheus, for servers that the token may know of.
///
/// `GET /metrics?servers=1`
pub async fn prometheus(app: Data<App>, asking: Asking, wanted: Query<Wanted>) -> Result<HttpResponse> {
    let now = app.clock.now();
    let scope = asking.scope().clone();
    let wants_servers = wanted.servers.as_deref().is_some_and(|word| word == "1" || word == "true");
    let (servers, states, jobs, waits, checked) = app
        .db
        .run(move |connection| {
            let servers = Server::all(connection, &scope)?;
            let states = ServerState::all(connection, &scope)?;
            let checked = if wants_servers { CheckResult::figures(connection, now - CHECKED)? } else { Vec::new() };
            let waits = (Backlog::of(connection, now)?, Open::of(connection, now)?);
            Ok::<_, Error>((servers, states, RecurringJob::all(connection)?, waits, checked))
        })
        .await?;
    let states: HashMap<ServerId, State> = states.into_iter().map(|row| (row.server_id, row.state)).collect();
    let mut text = Text::default();
    own(&mut text);
    counted(&mut text, &servers, &states);
    recurring(&mut text, &jobs, now);
    waiting(&mut text, &waits, now);
    if wants_servers {
        app.live.refresh().await;
        samples(&mut text, &app, &servers, &states, now);
        checks(&mut text, &servers, &checked);
    }
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(text.finish()))
}

/// This process.
fn own(text: &mut Text) {
    let version = vec![("version", env!("CARGO_PKG_VERSION"))];
    text.gauges("hannun_build_info", "The running version", &[(version, 1.0)]);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    if let Some(kib) = resident {
        let name = "process_resident_memory_bytes";
        text.gauges(name, "Resident memory", &[(Vec::new(), kib * 1024.0)]);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        text.gauges("process_open_fds", "Open file descriptors", &[(Vec::new(), whole(open.count()))]);
    }
}

/// How many servers are how.
fn counted(text: &mut Text, servers: &[Server], states: &HashMap<ServerId, State>) {
    let mut counts: BTreeMap<&str, usize> = State::ALL.iter().map(|state| (state.name(), 0)).collect();
    for server in servers {
        let state = states.get(&server.id).copied().unwrap_or(State::Unknown);
        *counts.entry(state.name()).or_default() += 1;
    }
    let samples: Vec<_> = counts.into_iter().map(|(state, count)| (vec![("state", state)], whole(count))).collect();
    text.gauges("hannun_servers", "Servers by state", &samples);
}

/// What comes round, and whether it does.
fn recurring(text: &mut Text, jobs: &[RecurringJob], now: DateTime<Utc>) {
    let each = |value: fn(&RecurringJob, DateTime<Utc>) -> f64| {
        jobs.iter().map(|job| (vec![("job", job.name.as_str())], value(job, now))).collect::<Vec<_>>()
    };
    let late = each(|job, now| if job.state == "idle" { overdue(job, now).as_seconds_f64() } else { 0.0 });
    text.gauges("hannun_recurring_job_overdue_seconds", "How long a job has been waiting", &late);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a job")]
    let took = each(|job, _| job.took_ms.map_or(f64::NAN, |took| took as f64 / 1000.0));
    text.gauges("hannun_recurring_job_duration_seconds", "How long the last run took", &took);
    let failed = each(|job, _| if matches!(job.outcome.as_str(), "failed" | "unknown") { 1.0 } else { 0.0 });
    text.gauges("hannun_recurring_job_failed", "Whether the last run failed", &failed);
}

/// What is due and not done, of everybody's scenarios: counts and ages, no names.
fn waiting(text: &mut Text, (backlog, open): &(Backlog, Open), now: DateTime<Utc>) {
    let paused = if backlog.is_paused { 1.0 } else { 0.0 };
    text.gauges("hannun_scheduler_paused", "Whether all scenarios are paused", &[(Vec::new(), paused)]);
    let since = |at: Option<DateTime<Utc>>| at.map_or(0.0, |at| (now - at).as_seconds_f64().max(0.0));
    for (name, help, age) in [
        ("hannun_scheduler_lag_seconds", "How long the oldest slot is due that was not fired", backlog.unfired_since),
        ("hannun_run_queue_age_seconds", "How long the oldest run waits for a worker", backlog.untaken_since),
        (
            "hannun_oldest_open_run_seconds",
            "How long ago the oldest run was queued that has not ended",
            open.oldest_run,
        ),
        ("hannun_delivery_lag_seconds", "How long the oldest delivery is due and not sent", open.undelivered_since),
    ] {
        text.gauges(name, help, &[(Vec::new(), since(age))]);
    }
    let counts = |found: &[(&'static str, i64)], all: Vec<&'static str>| -> Vec<_> {
        let count = |state| found.iter().find(|(name, _)| *name == state).map_or(0, |(_, count)| *count);
        all.into_iter()
            .map(|state| (vec![("state", state)], whole(usize::try_from(count(state)).unwrap_or(0))))
            .collect()
    };
    let runs: Vec<_> = open.runs.iter().map(|(state, count)| (state.name(), *count)).collect();
    let of_runs = RunState::ALL.iter().filter(|state| state.is_open()).map(|state| state.name()).collect();
    text.gauges("hannun_runs_open", "Runs of scenarios that have not ended, by state", &counts(&runs, of_runs));
    let deliveries: Vec<_> = open.deliveries.iter().map(|(state, count)| (state.name(), *count)).collect();
    let of_deliveries = [DeliveryState::Pending, DeliveryState::Sending].map(DeliveryState::name).to_vec();
    let help = "Deliveries that have not ended, by state";
    text.gauges("hannun_deliveries_open", help, &counts(&deliveries, of_deliveries));
}

/// The latest sample of each server, one family per metric.
fn samples(text: &mut Text, app: &App, servers: &[Server], states: &HashMap<ServerId, State>, now: DateTime<Utc>) {
    let up: Vec<_> = servers
        .iter()
        .map(|server| {
            let is_up = states.get(&server.id) == Some(&State::Up);
            (vec![("server", server.name.as_str())], if is_up { 1.0 } else { 0.0 })
        })
        .collect();
    text.gauges("hannun_server_up", "Whether the server answered last time", &up);
    let latest: Vec<_> = servers
        .iter()
        .filter_map(|server| Some((server.name.as_str(), app.live.latest(server.id)?)))
        .filter(|(_, latest)| now - latest.at < STALE)
        .collect();
    for metric in Metric::ALL {
        let mut family = Vec::new();
        for (server, latest) in &latest {
            for (device, value) in latest.devices(*metric) {
                let mut labels = vec![("server", *server)];
                if !device.is_empty() {
                    labels.push(("device", device));
                }
                family.push((labels, f64::from(value)));
            }
        }
        text.gauges(&name_of(*metric), metric.meaning(), &family);
    }
}

/// What checks last found on these servers.
fn checks(text: &mut Text, servers: &[Server], checked: &[Figure]) {
    let names: HashMap<ServerId, &str> = servers.iter().map(|server| (server.id, server.name.as_str())).collect();
    let (mut values, mut well) = (Vec::new(), Vec::new());
    for (server, check, state, value) in checked {
        let Some(server) = names.get(server) else { continue };
        let labels = || vec![("server", *server), ("check", check.as_str())];
        well.push((labels(), if *state == CheckState::Good { 1.0 } else { 0.0 }));
        values.extend(value.map(|value| (labels(), value)));
    }
    text.gauges("hannun_check_value", "The last value of a check", &values);
    text.gauges("hannun_check_well", "Whether a check found all well", &well);
}

/// `hannun_server_disk_read_bytes_per_second`; a unit that the name tells already is not said twice.
fn name_of(metric: Metric) -> String {
    let name = metric.name().replace('.', "_");
    let unit = metric.unit().name();
    if unit == "count" || name.ends_with(unit) {
        format!("hannun_server_{name}")
    } else {
        format!("hannun_server_{name}_{unit}")
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of things in memory")]
fn whole(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_metric_has_a_name_that_prometheus_takes() {
        let names: BTreeSet<String> = Metric::ALL.iter().map(|metric| name_of(*metric)).collect();
        assert_eq!(names.len(), Metric::ALL.len());
        assert!(
            names.iter().all(|name| name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'))
        );
        assert!(
            names.contains("hannun_server_cpu_total_percent") && names.contains("hannun_server_memory_used_percent")
        );
    }
}
