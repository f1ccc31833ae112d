//! Charts as pages show them: caption, legend, drawing, data for the script, and the same numbers as a table.
//!
//! Knows what a chart is made of, not where its numbers come from.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::range::Range;
use crate::language::{Language, Message};
use crate::metrics::catalogue::Metric;
use crate::web::chart::axis::{self, Unit};
use crate::web::chart::lines::Lines;
use crate::web::chart::plot::{Frame, Plot};
use crate::web::format;

/// Moments in a chart's table: enough to follow the line, few enough to be read aloud.
const TABLE_ROWS: f64 = 12.0;

/// One line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct LineOf {
    /// What it shows.
    pub metric: Metric,
    /// On which device; empty for the whole server.
    pub device: String,
    /// Its word in the legend, in English.
    pub label: &'static str,
}

/// What a chart shows and how; its numbers come later.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Unique on its page.
    pub id: String,
    /// `CPU`, `Network`.
    pub title: &'static str,
    /// The device in the title: text from the server.
    pub device: String,
    /// At most three.
    pub lines: Vec<LineOf>,
    /// What its numbers are, where the metric does not say: a check's.
    pub unit: Option<Unit>,
    /// The line whose value is the big number, where that is not the first one: a total, say.
    pub headline: Option<Metric>,
    /// What stands beside the big number: `written`, `of 15.5 GiB`.
    pub noun: Option<Message>,
    /// Lines lie on top of each other.
    pub stacked: bool,
    /// The threshold, in the chart's unit.
    pub limit: Option<f64>,
    /// The scale holds at least this.
    pub at_least: f64,
}

impl Declared {
    /// A chart of the whole server.
    pub fn new(id: impl Into<String>, title: &'static str, lines: &[(Metric, &'static str)]) -> Self {
        let line = |(metric, label): &(Metric, &'static str)| LineOf { metric: *metric, device: String::new(), label };
        Self {
            id: id.into(),
            title,
            device: String::new(),
            lines: lines.iter().map(line).collect(),
            unit: None,
            headline: None,
            noun: None,
            stacked: false,
            limit: None,
            at_least: 0.0,
        }
    }

    /// The same chart of one device.
    #[must_use]
    pub fn of_device(mut self, device: &str) -> Self {
        device.clone_into(&mut self.device);
        for line in &mut self.lines {
            device.clone_into(&mut line.device);
        }
        self
    }

    /// What the chart's numbers are, as people read them.
    pub fn unit(&self) -> Unit {
        let of_metric = || self.lines.first().map_or(Unit::Count, |line| unit_of(line.metric));
        self.unit.unwrap_or_else(of_metric)
    }
}

/// How people read a metric: network in bits, everything else as it is kept.
pub fn unit_of(metric: Metric) -> Unit {
    match metric {
        Metric::NetworkReceived | Metric::NetworkSent => Unit::BitRate,
        other => other.unit().into(),
    }
}

/// What a kept value is multiplied with to be read in [`unit_of`] its metric.
pub fn factor_of(metric: Metric) -> f64 {
    if unit_of(metric) == Unit::BitRate { 8.0 } else { 1.0 }
}

/// Who reads the chart, and which span of time.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// The span.
    pub range: Range,
    /// The reader's zone.
    pub zone: Tz,
    /// The reader's language.
    pub language: Language,
    /// Seconds between two measurements that are no gap yet.
    pub tolerance: f64,
    /// New measurements are added as they come.
    pub live: bool,
}

/// A chart, ready for its template.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What it shows.
    pub about: Declared,
    /// The big number and its unit.
    pub headline: Option<(String, &'static str)>,
    /// When that was, where it is not now: `at 14:17`.
    pub at: Option<String>,
    /// Each line with its last value.
    pub legend: Vec<Entry>,
    /// The threshold as the legend says it.
    pub limit: Option<String>,
    /// The drawing.
    pub plot: Plot,
    /// Under the drawing.
    pub moments: [String; 5],
    /// What the script draws from, as JSON.
    pub data: String,
    /// The same numbers for people who cannot see the drawing: a time and a cell per line.
    pub rows: Vec<(String, Vec<String>)>,
}

/// One line in the legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `k2` and `k3` after the first.
    pub class: &'static str,
    /// In English.
    pub label: &'static str,
    /// Its last value; empty where none is known.
    pub value: String,
}

impl Chart {
    /// Draws `about` from `lines` (one column per line, in kept units) and the `headline` where that is another metric.
    pub fn new(about: Declared, lines: &Lines, headline: Option<f64>, reading: &Reading) -> Self {
        let unit = about.unit();
        let lines = in_reading_units(&about, lines);
        let (from, to) = (seconds(reading.range.from), seconds(reading.range.to));
        let frame = Frame {
            from,
            to,
            unit,
            at_least: about.at_least,
            stacked: about.stacked,
            limit: about.limit,
            tolerance: reading.tolerance,
        };
        let head = match about.headline {
            Some(metric) => headline.map(|value| value * factor_of(metric)),
            None => lines.last(0),
        };
        let stale = lines.last_moment().filter(|last| to - last > reading.tolerance);
        let plot = Plot::draw(&lines, &frame);
        let say = |value: Option<f64>| value.map(|value| unit.beside(plot.scale.top, value)).unwrap_or_default();
        let legend = about.lines.iter().zip(["", "k2", "k3"]).enumerate().map(|(index, (line, class))| Entry {
            class,
            label: line.label,
            value: say(lines.last(index)),
        });
        Self {
            headline: head.map(|value| unit.split(value)),
            at: stale.and_then(moment).map(|at| {
                let time = format::time(at, reading.range.to, reading.zone, reading.language);
                Message::new("at {time}").with("time", time).in_language(reading.language)
            }),
            legend: legend.collect(),
            limit: about.limit.map(|limit| unit.beside(plot.scale.top, limit)),
            plot,
            moments: axis::moments(reading.range.from, reading.range.to, reading.zone),
            data: data(&about, &lines, &frame, reading),
            rows: rows(&lines, unit, reading),
            about,
        }
    }
}

fn in_reading_units(about: &Declared, lines: &Lines) -> Lines {
    let mut lines = lines.clone();
    for (column, line) in lines.columns.iter_mut().zip(&about.lines) {
        let factor = factor_of(line.metric);
        for value in column.iter_mut().flatten() {
            *value *= factor;
        }
    }
    lines
}

/// What the script needs to draw the chart itself and to add to it.
#[derive(Serialize)]
struct Data<'a> {
    from: f64,
    to: f64,
    unit: Unit,
    stacked: bool,
    at_least: f64,
    limit: Option<f64>,
    tolerance: f64,
    live: bool,
    zone: &'a str,
    language: &'a str,
    lines: Vec<DataLine<'a>>,
    headline: Option<DataLine<'a>>,
    times: Vec<f64>,
    columns: Vec<Vec<Option<f64>>>,
}

#[derive(Serialize)]
struct DataLine<'a> {
    name: &'a str,
    device: &'a str,
    factor: f64,
}

fn data(about: &Declared, lines: &Lines, frame: &Frame, reading: &Reading) -> String {
    let line = |metric: Metric, device| DataLine { name: metric.name(), device, factor: factor_of(metric) };
    let short = |value: &f64| (value * 100.0).round() / 100.0;
    let data = Data {
        from: frame.from,
        to: frame.to,
        unit: frame.unit,
        stacked: frame.stacked,
        at_least: frame.at_least,
        limit: frame.limit,
        tolerance: frame.tolerance,
        live: reading.live,
        zone: reading.zone.name(),
        language: reading.language.tag(),
        lines: about.lines.iter().map(|of| line(of.metric, &of.device)).collect(),
        headline: about.headline.map(|metric| line(metric, &about.device)),
        times: lines.times.clone(),
        columns: lines
            .columns
            .iter()
            .map(|column| column.iter().map(|value| value.as_ref().map(short)).collect())
            .collect(),
    };
    // Numbers and text always serialise; an empty object would only leave the server's drawing in place.
    serde_json::to_string(&data).unwrap_or_default()
}

fn rows(lines: &Lines, unit: Unit, reading: &Reading) -> Vec<(String, Vec<String>)> {
    let step = (seconds(reading.range.to) - seconds(reading.range.from)) / TABLE_ROWS;
    let thin = lines.thinned(step.max(1.0));
    let cell = |column: &Vec<Option<f64>>, index: usize| {
        column.get(index).copied().flatten().map(|value| unit.say(value)).unwrap_or_default()
    };
    let row = |(index, at): (usize, &f64)| {
        let at = moment(*at).unwrap_or_default();
        let time = format::time(at, reading.range.to, reading.zone, reading.language);
        (time, thin.columns.iter().map(|column| cell(column, index)).collect())
    };
    thin.times.iter().enumerate().rev().map(row).collect()
}

/// Seconds since the epoch.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since the epoch are exact in a double")]
pub fn seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1000.0
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since the epoch fit")]
fn moment(seconds: f64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis((seconds * 1000.0) as i64)
}
