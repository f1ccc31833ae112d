//! The figures as people read them: each beside its limit, and beside what was run with it.

/// One figure.
pub(crate) struct Row {
    what: &'static str,
    unit: &'static str,
    digits: usize,
    ours: Vec<f64>,
    limit: Limit,
    beside: Option<(&'static str, Vec<f64>)>,
}

/// What was promised.
pub(crate) enum Limit {
    /// No more than this.
    AtMost(f64),
    /// No more than what was run beside it.
    AtMostBeside,
}

impl Row {
    pub(crate) fn new(what: &'static str, unit: &'static str, digits: usize, ours: Vec<f64>, limit: Limit) -> Self {
        Self { what, unit, digits, ours, limit, beside: None }
    }

    /// The same figures of something else, of the same rounds.
    pub(crate) fn beside(mut self, name: &'static str, figures: Vec<f64>) -> Self {
        self.beside = Some((name, figures));
        self
    }

    fn limit(&self) -> Option<f64> {
        match self.limit {
            Limit::AtMost(limit) => Some(limit),
            Limit::AtMostBeside => self.beside.as_ref().map(|(_, figures)| median(figures)),
        }
    }

    fn cells(&self) -> [String; 6] {
        let ours = median(&self.ours);
        let say = |figure: f64| format!("{figure:.*}", self.digits);
        // Pairs of one round: what disturbed one of them disturbed the other.
        let ratio = self.beside.as_ref().filter(|(_, beside)| median(beside) > 0.0).map(|(_, beside)| {
            let ratios: Vec<f64> = self.ours.iter().zip(beside).map(|(ours, beside)| ours / beside).collect();
            format!("{:.2}", median(&ratios))
        });
        let verdict = self.limit().map(|limit| if ours <= limit { "met" } else { "MISSED" });
        [
            format!("{} ({})", self.what, self.unit),
            say(ours),
            if matches!(self.limit, Limit::AtMost(_)) { say(self.limit().unwrap_or_default()) } else { String::new() },
            verdict.unwrap_or_default().to_owned(),
            ratio.unwrap_or_default(),
            self.beside.as_ref().map(|(name, beside)| format!("{} {name}", say(median(beside)))).unwrap_or_default(),
        ]
    }
}

/// Prints the table in a form that is also one in Markdown.
pub(crate) fn print(rows: &[Row]) {
    let head = ["figure", "measured", "limit", "", "ratio", "beside it"].map(str::to_owned);
    let lines: Vec<[String; 6]> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 6] = std::array::from_fn(width);
    for (number, cells) in lines.iter().enumerate() {
        let padded = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            if matches!(column, 1 | 2 | 4) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        println!("| {} |", padded.collect::<Vec<_>>().join(" | "));
        if number == 0 {
            println!("|{}|", widths.map(|width| "-".repeat(width + 2)).join("|"));
        }
    }
}

/// The middle one.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}
