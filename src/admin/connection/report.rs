//! How a connection test went, stage by stage, as the page shows it.

use std::time::Duration;

use crate::commands::platform::Platform;
use crate::error::{Error, RemoteError, Result, Stage};
use crate::language::Message;
use crate::remote::{StageOutcome, StageReport, TestReport};

/// A test as the page shows it.
#[derive(Debug, Clone)]
pub struct ReportView {
    /// The stages, in order.
    pub stages: Vec<StageView>,
    /// What to do about what did not work.
    pub next_step: Option<Message>,
}

/// One stage.
#[derive(Debug, Clone)]
pub struct StageView {
    /// Its name, in English.
    pub label: &'static str,
    /// The shape of its dot.
    pub dot: &'static str,
    /// The word for the dot, in English.
    pub sign: &'static str,
    /// What went wrong.
    pub problem: Option<Message>,
    /// What was learnt; with the server's own words in it, which are never trusted.
    pub learnt: Option<Message>,
    /// How long it took; none where it was not reached.
    pub took: Option<Duration>,
}

impl StageView {
    /// Whether an earlier stage did not work.
    pub fn is_skipped(&self) -> bool {
        self.dot == "none"
    }

    fn of(report: &StageReport) -> Self {
        let view =
            |dot, sign, problem, learnt, took| Self { label: report.stage.label(), dot, sign, problem, learnt, took };
        match &report.outcome {
            StageOutcome::Passed(learnt) => view("up", "Worked", None, Some(learnt.clone()), Some(report.took)),
            StageOutcome::NotReached => view("none", "Not reached", None, None, None),
            StageOutcome::Failed(RemoteError::HostKeyUnknown { .. }) => {
                view("warn", "Waiting", Some(Message::new("Not known yet. Waiting for you")), None, Some(report.took))
            }
            StageOutcome::Failed(error) => view("crit", "Failed", Some(error.message()), None, Some(report.took)),
        }
    }
}

impl ReportView {
    /// The view of a report.
    pub fn of(report: &TestReport) -> Self {
        let waits =
            matches!(report.error(), Some(RemoteError::HostKeyUnknown { .. } | RemoteError::HostKeyChanged { .. }));
        Self {
            stages: report.stages.iter().map(StageView::of).collect(),
            next_step: report.error().filter(|_| !waits).map(|error| error.advice().next_step),
        }
    }

    /// The last stage, once the connection stands: what the server runs.
    pub fn add_platform(&mut self, took: Duration, platform: Result<Platform>) -> Result<()> {
        let outcome = match platform {
            Ok(platform) => StageOutcome::Passed(Message::heard(platform.pretty_name)),
            Err(Error::Remote(error)) => {
                self.next_step = Some(error.advice().next_step);
                StageOutcome::Failed(*error)
            }
            Err(other) => return Err(other),
        };
        self.stages.push(StageView::of(&StageReport { stage: Stage::Platform, took, outcome }));
        Ok(())
    }
}
