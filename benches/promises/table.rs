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
    Fixed(f64),
    /// No more than this, promised on a machine where what is run beside it took that.
    Where(f64, f64),
    /// No more than what was run beside it, by the ratio as it is printed: a hundredth is no difference.
    Beside,
    /// No more than so many times what was run beside it.
    Times(f64),
    /// Nothing was promised: the figure explains another one.
    Nothing,
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

    /// The figure that was promised, where it is one.
    fn limit(&self) -> Option<f64> {
        match &self.limit {
            Limit::Fixed(limit) | Limit::Where(limit, _) => Some(*limit),
            Limit::Beside | Limit::Times(_) | Limit::Nothing => None,
        }
    }

    /// The middle of the rounds' ratios: what disturbed one of a pair disturbed the other.
    fn ratio(&self) -> Option<f64> {
        let (_, beside) = self.beside.as_ref().filter(|(_, beside)| beside.iter().all(|figure| *figure > 0.0))?;
        Some(median(&self.ours.iter().zip(beside).map(|(ours, beside)| ours / beside).collect::<Vec<f64>>()))
    }

    fn cells(&self) -> [String; 6] {
        let (ours, limit, ratio) = (median(&self.ours), self.limit(), self.ratio());
        let say = |figure: f64| format!("{figure:.*}", self.digits);
        let promised = match self.limit {
            Limit::Where(limit, where_beside_took) => Some(limit / where_beside_took),
            Limit::Times(times) => Some(times),
            Limit::Fixed(_) | Limit::Beside | Limit::Nothing => None,
        };
        let verdict = match (&self.limit, ratio, promised) {
            (Limit::Nothing, ..) => "",
            (Limit::Beside, Some(ratio), _) if ratio < 1.005 => "met",
            _ if limit.is_some_and(|limit| ours <= limit) => "met",
            (_, Some(ratio), Some(promised)) if ratio <= promised => "met as a ratio",
            _ => "MISSED",
        };
        let ratio = ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        [
            format!("{} ({})", self.what, self.unit),
            say(ours),
            limit.map(say).unwrap_or_default(),
            verdict.to_owned(),
            promised.map_or_else(
                || ratio.clone(),
                |promised| format!("{ratio} of {promised:.*}", if promised < 0.1 { 2 } else { 1 }),
            ),
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
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}
