//! The checks of a server on its overview: how they went last, and the first of their numbers over the page's span.

use super::page::MOST_CHARTS;
use crate::app::App;
use crate::error::Result;
use crate::metrics::catalogue::Metric;
use crate::screens::charts::Chart;
use crate::screens::check_results::{self, CheckRow};
use crate::screens::gather::{self, Stored};
use crate::screens::part::Part;
use crate::screens::range::Range;
use crate::web::shell::Shell;

/// What the overview shows of checks.
#[derive(Debug, Clone, Default)]
pub struct Checks {
    /// How they went, by name.
    pub rows: Vec<CheckRow>,
    /// The numbers of the first ones that have some.
    pub charts: Vec<Chart>,
}

impl Checks {
    /// Those of one server, as far as `part` shows them.
    pub async fn load(app: &App, stored: &Stored, part: Part, range: Range, shell: &Shell) -> Result<Self> {
        if !part.includes("checks") && !part.includes("check-charts") {
            return Ok(Self::default());
        }
        let mut found = stored.checks(app).await?;
        let rows = CheckRow::all(&found, app.clock.now());
        if found.is_empty() || !part.includes("check-charts") {
            return Ok(Self { rows, charts: Vec::new() });
        }
        let numbers = gather::numbers(app, stored, &[Metric::Check], &range).await?;
        let reading = stored.reading(range, &numbers, shell);
        found.retain(|(_, check)| numbers.line(Metric::Check, &check.name).is_some());
        found.truncate(MOST_CHARTS);
        Ok(Self { rows, charts: check_results::charts(&found, &numbers, &reading) })
    }
}
