//! What CPU, Memory and Disks have in common: a grid of charts over a chosen span, and a table. Shapes numbers; asks nobody.

use actix_web::HttpResponse;
use askama::Template;
use chrono::{DateTime, Utc};

use super::about::About;
use super::charts::{Chart, Declared, Reading};
use super::consumers::{By, Consumed, Shown};
use super::directories::Directories;
use super::filesystems::FilesystemRow;
use super::numbers::{LARGE, Numbers, SMALL, SummaryRow};
use super::part::Part;
use super::range::Choice;
use super::region::Region;
use crate::error::Result;
use crate::language::Message;
use crate::web::filters;
use crate::web::render::Render;

/// Spans that these screens offer.
const CHOICES: usize = 8;

/// The span they open with.
pub const DEFAULT_RANGE: &str = "1h";

/// Charts under a heading.
#[derive(Debug, Clone)]
pub struct Section {
    /// In English; empty for the first ones.
    pub title: &'static str,
    /// Small multiples: three in a row.
    pub is_small: bool,
    /// The charts.
    pub charts: Vec<Chart>,
}

/// What a screen declares for its page.
#[derive(Debug, Default)]
pub struct Plan {
    sections: Vec<(&'static str, bool, Vec<Declared>)>,
    notes: Vec<Message>,
}

impl Plan {
    /// Large charts under a heading.
    #[must_use]
    pub fn with(mut self, title: &'static str, charts: Vec<Declared>) -> Self {
        self.sections.push((title, false, charts));
        self
    }

    /// A sentence about what is not among the charts, and why.
    #[must_use]
    pub fn with_note(mut self, note: Option<Message>) -> Self {
        self.notes.extend(note);
        self
    }

    /// Small charts under a heading.
    #[must_use]
    pub fn with_small(mut self, title: &'static str, charts: Vec<Declared>) -> Self {
        self.sections.push((title, true, charts));
        self
    }
}

/// A page with charts over a span.
#[derive(Template)]
#[template(path = "screens/history.html", blocks = ["charts", "consumers", "filesystems", "directories"])]
pub struct HistoryPage {
    /// The screen's name, in English.
    pub title: &'static str,
    /// The server.
    pub about: About,
    /// The spans to choose from.
    pub choices: Vec<Choice>,
    /// The span was dragged, not chosen.
    pub zoomed: bool,
    /// Its begin.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
    /// New numbers are added as they come.
    pub live: bool,
    /// The charts.
    pub sections: Vec<Section>,
    /// What is not among them, and why.
    pub notes: Vec<Message>,
    /// The same numbers at a glance.
    pub summary: Vec<SummaryRow>,
    /// How fine the points are.
    pub resolution: Message,
    /// What used most, beside the charts of the screens that have it.
    pub consumers: Option<Consumed>,
    /// The filesystems, on the screen that has them.
    pub filesystems: Option<Region<Vec<FilesystemRow>>>,
    /// What was measured below a path, where one is asked about.
    pub directories: Option<Directories>,
    /// For the forms.
    pub csrf_token: String,
}

impl HistoryPage {
    /// The page of `plan`, drawn from `numbers`.
    pub fn new(title: &'static str, about: About, plan: Plan, numbers: &Numbers, reading: &Reading) -> Self {
        let summary =
            plan.sections.iter().flat_map(|(_, _, charts)| charts).flat_map(|chart| numbers.summary(chart, reading));
        let summary = summary.collect();
        let sections = plan.sections.into_iter().filter(|(_, _, charts)| !charts.is_empty());
        let draw = |(title, is_small, charts): (_, bool, Vec<Declared>)| {
            let points = if is_small { SMALL } else { LARGE };
            let charts = charts.into_iter().map(|chart| numbers.chart(chart, reading, points)).collect();
            Section { title, is_small, charts }
        };
        Self {
            title,
            about,
            choices: reading.range.choices(CHOICES),
            zoomed: !reading.range.follows(),
            from: reading.range.from,
            to: reading.range.to,
            live: reading.live,
            sections: sections.map(draw).collect(),
            notes: plan.notes,
            summary,
            resolution: resolution(numbers.drawn_every(&reading.range)),
            consumers: None,
            filesystems: None,
            directories: None,
            csrf_token: String::new(),
        }
    }

    /// The page, or the part of it that is asked for.
    pub fn answer(&self, part: Part, render: Render) -> Result<HttpResponse> {
        match part {
            Part::Block("charts") => render.page(&self.as_charts()),
            Part::Block("consumers") => render.page(&self.as_consumers()),
            Part::Block("filesystems") => render.page(&self.as_filesystems()),
            Part::Block("directories") => render.page(&self.as_directories()),
            Part::Page | Part::Block(_) => render.page(self),
        }
    }
}

/// How fine the stored points are, in words.
fn resolution(seconds: u32) -> Message {
    match seconds {
        0..=1 => Message::new("Every measurement of the last minutes, from memory. Drag over a chart to zoom"),
        2..60 => Message::new("Means of {n} s, from the database. Drag over a chart to zoom").with("n", seconds),
        60..3_600 => {
            Message::new("Means of {n} min, from the database. Drag over a chart to zoom").with("n", seconds / 60)
        }
        _ => Message::new("Means of {n} h, from the database. Drag over a chart to zoom").with("n", seconds / 3_600),
    }
}
