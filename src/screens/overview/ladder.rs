//! The steps of reaching a server, as far as it got: from what is stored, or from a test that just ran. Pure.

use std::cmp::Ordering;
use std::time::Duration;

use crate::error::{RemoteError, Stage};
use crate::language::Message;
use crate::remote::{StageOutcome, StageReport};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The shape of its dot.
    pub dot: &'static str,
    /// Its name, in English.
    pub label: &'static str,
    /// What came of it; with the server's own words in it, which are hostile.
    pub said: Message,
    /// Keys to compare, each with what it is.
    pub keys: Vec<(&'static str, String)>,
    /// How long it took, where that is known.
    pub took: Option<Duration>,
    /// It was not reached.
    pub skipped: bool,
}

/// The steps before a command can run.
const STEPS: [Stage; 6] = [Stage::Name, Stage::Connect, Stage::HostKey, Stage::SignIn, Stage::Shell, Stage::Command];

/// The step at which `error` stopped us.
fn stage_of(error: &RemoteError) -> Stage {
    match error {
        RemoteError::TimedOut { stage, .. } => *stage,
        RemoteError::Resting { last, .. } => stage_of(last),
        RemoteError::NameNotFound { .. } => Stage::Name,
        RemoteError::Unreachable { .. } => Stage::Connect,
        RemoteError::NotNegotiable { .. } | RemoteError::HostKeyUnknown { .. } | RemoteError::HostKeyChanged { .. } => {
            Stage::HostKey
        }
        RemoteError::SignInRefused { .. }
        | RemoteError::CredentialUnusable { .. }
        | RemoteError::PromptRefused { .. }
        | RemoteError::NoCredential { .. } => Stage::SignIn,
        RemoteError::ShellUnusable { .. } => Stage::Shell,
        _ => Stage::Command,
    }
}

/// Whether anything was sent at all.
fn tries(error: &RemoteError) -> bool {
    !matches!(error, RemoteError::NoCredential { .. } | RemoteError::CredentialUnusable { .. })
}

/// What waits for a person is no fault of the server.
fn sign(error: &RemoteError) -> &'static str {
    match error {
        RemoteError::HostKeyUnknown { .. } | RemoteError::NoCredential { .. } => "warn",
        _ => "crit",
    }
}

fn keys(error: &RemoteError) -> Vec<(&'static str, String)> {
    error.keys().into_iter().map(|(what, key)| (what, key.to_owned())).collect()
}

/// The ladder of a stored failure: what came before it worked, what comes after was not reached.
pub fn of_failure(error: &RemoteError) -> Vec<Step> {
    let failed = stage_of(error);
    let step = |stage: Stage| {
        let (dot, said) = match stage.cmp(&failed) {
            Ordering::Less if !tries(error) => ("none", Message::new("Not tried")),
            Ordering::Less => ("up", Message::new("Reached")),
            Ordering::Equal => (sign(error), error.brief()),
            Ordering::Greater => ("none", Message::new("Not reached")),
        };
        let keys = if stage == failed { keys(error) } else { Vec::new() };
        Step { dot, label: stage.label(), said, keys, took: None, skipped: stage > failed }
    };
    STEPS.into_iter().map(step).collect()
}

/// The ladder of a test that just ran.
pub fn of_test(stages: &[StageReport]) -> Vec<Step> {
    let step = |report: &StageReport| {
        let (dot, said) = match &report.outcome {
            StageOutcome::Passed(learnt) => ("up", learnt.clone()),
            StageOutcome::Failed(error) => (sign(error), error.brief()),
            StageOutcome::NotReached => ("none", Message::new("Not reached")),
        };
        let keys = match &report.outcome {
            StageOutcome::Failed(error) => keys(error),
            StageOutcome::Passed(_) | StageOutcome::NotReached => Vec::new(),
        };
        let skipped = report.outcome == StageOutcome::NotReached;
        Step { dot, label: report.stage.label(), said, keys, took: (!skipped).then_some(report.took), skipped }
    };
    stages.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_before_worked_and_what_comes_after_was_not_reached() {
        let [trusted, presented] = ["one key", "another key"].map(str::to_owned);
        let steps = of_failure(&RemoteError::HostKeyChanged { server: "web-1".into(), trusted, presented });
        let dots: Vec<_> = steps.iter().map(|step| step.dot).collect();
        assert_eq!(dots, ["up", "up", "crit", "none", "none", "none"]);
        assert_eq!(steps[2].keys[1], ("Presented", "another key".to_owned()));
        assert!(steps[3].skipped);
    }

    #[test]
    fn what_was_never_tried_is_not_said_to_work() {
        let steps = of_failure(&RemoteError::NoCredential { server: "web-1".into() });
        let dots: Vec<_> = steps.iter().map(|step| step.dot).collect();
        assert_eq!(dots, ["none", "none", "none", "warn", "none", "none"]);
    }

    #[test]
    fn a_test_tells_what_each_step_learnt_and_how_long_it_took() {
        let report = |stage, outcome| StageReport { stage, took: Duration::from_millis(7), outcome };
        let stages = [
            report(Stage::Name, StageOutcome::Passed(Message::heard("192.0.2.7"))),
            report(Stage::Connect, StageOutcome::NotReached),
        ];
        let steps = of_test(&stages);
        assert_eq!((steps[0].said.to_string().as_str(), steps[0].took), ("192.0.2.7", Some(Duration::from_millis(7))));
        assert_eq!((steps[1].skipped, steps[1].took), (true, None));
    }

    #[test]
    fn a_time_limit_stops_the_ladder_where_time_ran_out() {
        let after = Duration::from_secs(15);
        let error = RemoteError::TimedOut { server: "web-1".into(), stage: Stage::Shell, after };
        let steps = of_failure(&error);
        assert_eq!(steps.iter().position(|step| step.dot == "crit"), Some(4));
    }
}
