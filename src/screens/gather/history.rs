//! Numbers over a span: the stored ones and those that are still in memory.

use std::time::Duration;

use super::Stored;
use crate::app::App;
use crate::commands::told::told;
use crate::commands::{CommandType, Platform};
use crate::error::Result;
use crate::language::Message;
use crate::metrics::catalogue::Metric;
use crate::metrics::live::Latest;
use crate::metrics::sampler::Pace;
use crate::metrics::series::Question;
use crate::screens::about::About;
use crate::screens::charts::Reading;
use crate::screens::history::DEFAULT_RANGE;
use crate::screens::numbers::Numbers;
use crate::screens::range::{Range, RangeQuery};
use crate::screens::region::EvidenceLine;
use crate::web::format;
use crate::web::shell::Shell;

/// Points that the database is asked for: more than are drawn, so that an hour is not drawn from 60 means of a minute.
const ASKED: u32 = 1_500;

/// The numbers of `metrics` over `range`: history, with the last minutes from memory where the span reaches them.
pub async fn numbers(app: &App, stored: &Stored, metrics: &[Metric], range: &Range) -> Result<Numbers> {
    let (server, asked) = (stored.server.id, metrics.to_vec());
    let question = Question { server, metrics: asked, from: range.from, to: range.to, points: ASKED };
    let history = question.answer(&app.db, app.clock.now(), &app.config.retention).await?;
    let recent = if range.follows() { app.live.server(stored.server.id).recent(metrics) } else { Vec::new() };
    Ok(Numbers::joined(history, recent, range.from.timestamp()))
}

/// Everything that a screen with history begins with.
pub async fn history(
    app: &App,
    stored: &Stored,
    metrics: &[Metric],
    query: &RangeQuery,
    shell: &Shell,
) -> Result<(About, Numbers, Reading)> {
    let now = app.clock.now();
    let level = stored.health(&app.live, now).level;
    let range = Range::of(query, DEFAULT_RANGE, now);
    let numbers = numbers(app, stored, metrics, &range).await?;
    let mut reading = stored.reading(range, &numbers, shell);
    let mut about = stored.about(&shell.here, level);
    if level.answers() {
        app.live.server(stored.server.id).look();
    } else {
        reading.live = false;
        let latest = app.live.latest(stored.server.id);
        let name = &stored.server.name;
        about.away = Some(match super::seen(latest.as_deref(), stored.state.as_ref()) {
            Some(seen) => Message::new("{server} does not answer. These numbers end {when}.")
                .with("server", name)
                .with("when", format::age(now - seen).in_language(shell.language)),
            None => Message::new("{server} does not answer.").with("server", name),
        });
    }
    Ok((about, numbers, reading))
}

/// Installed memory and swap space in bytes, where they are known.
pub fn memory_sizes(app: &App, stored: &Stored) -> (Option<f64>, Option<f64>) {
    #[expect(clippy::cast_precision_loss, reason = "the height of a chart")]
    let float = |bytes: u64| bytes as f64;
    let memory = app.live.latest(stored.server.id).and_then(|latest| latest.memory);
    let detected = stored.platform.as_ref().and_then(|platform| platform.memory_bytes);
    let installed = memory.map(|memory| memory.total).or_else(|| detected.and_then(|bytes| u64::try_from(bytes).ok()));
    (installed.map(float), memory.map(|memory| float(memory.swap_total)))
}

/// Where the numbers of now come from: the loop that the sampler runs, and how long its last turn took.
pub fn sampling(app: &App, stored: &Stored, latest: Option<&Latest>) -> Option<EvidenceLine> {
    let platform = Platform::from(stored.platform.clone()?);
    let chosen = app.hosts.catalog().choose(CommandType::SampleMetrics, &platform).ok()?;
    let latest = latest?;
    let milliseconds = latest.value(Metric::SshRoundTrip)?;
    let took = Duration::try_from_secs_f32(milliseconds / 1000.0).ok()?;
    // Whoever reads this looks at the page, so the server is asked each second.
    let every = Some(Pace::default().watched);
    Some(EvidenceLine { line: told(&chosen.script), status: None, took, at: latest.at, every })
}
