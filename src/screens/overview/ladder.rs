//! The steps of reaching a server, as far as it got: from what is stored, or from a test that just ran. Pure.

use std::time::Duration;

use crate::error::Stage;
use crate::language::{Language, Message};
use crate::remote::{StageOutcome, StageReport};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The shape of its dot.
    pub dot: &'static str,
    /// Its name, in English.
    pub label: &'static str,
    /// What came of it: our own words.
    pub said: Message,
    /// What the server or the system said: hostile text.
    pub heard: String,
    /// How long it took, where that is known.
    pub took: Option<Duration>,
    /// It was not reached.
    pub skipped: bool,
}

/// The steps before a command can run.
const STEPS: [Stage; 6] = [Stage::Name, Stage::Connect, Stage::HostKey, Stage::SignIn, Stage::Shell, Stage::Command];

/// The step at which an error of this kind stops.
pub fn stage_of(reason_code: &str) -> Stage {
    match reason_code {
        "name-not-found" | "name-timed-out" => Stage::Name,
        "unreachable" | "timed-out" | "resting" => Stage::Connect,
        "not-negotiable" | "host-key-unknown" | "host-key-changed" => Stage::HostKey,
        "sign-in-refused" | "credential-unusable" | "prompt-refused" | "no-credential" => Stage::SignIn,
        "shell-unusable" => Stage::Shell,
        _ => Stage::Command,
    }
}

/// Whether hannun tries again by itself after an error of this kind.
pub fn tries_again(reason_code: &str) -> bool {
    matches!(
        reason_code,
        "name-not-found"
            | "name-timed-out"
            | "unreachable"
            | "timed-out"
            | "resting"
            | "cut-off"
            | "deadline-passed"
            | "killed"
    )
}

/// The ladder of a stored failure: what came before it worked, what comes after was not reached.
pub fn of_failure(reason_code: &str, reason: &str) -> Vec<Step> {
    // "… did not answer within 15 s (Shell)": where time ran out is told by the sentence only.
    let told = STEPS.into_iter().find(|stage| reason.ends_with(&format!("({})", stage.label())));
    let failed = told.filter(|_| reason_code == "timed-out").unwrap_or_else(|| stage_of(reason_code));
    let step = |stage: Stage| {
        let reached = stage < failed;
        let (dot, said, heard) = if reached {
            ("up", Message::new("Reached"), String::new())
        } else if stage == failed {
            ("crit", Message::new("Stopped here"), reason.to_owned())
        } else {
            ("none", Message::new("Not reached"), String::new())
        };
        Step { dot, label: stage.label(), said, heard, took: None, skipped: stage > failed }
    };
    STEPS.into_iter().map(step).collect()
}

/// The ladder of a test that just ran.
pub fn of_test(stages: &[StageReport], language: Language) -> Vec<Step> {
    let step = |report: &StageReport| {
        let (dot, said, heard) = match &report.outcome {
            StageOutcome::Passed(detail) => ("up", Message::new("Reached"), detail.clone()),
            StageOutcome::Failed(error) => {
                ("crit", Message::new("Stopped here"), error.message().in_language(language))
            }
            StageOutcome::NotReached => ("none", Message::new("Not reached"), String::new()),
        };
        let skipped = report.outcome == StageOutcome::NotReached;
        Step { dot, label: report.stage.label(), said, heard, took: (!skipped).then_some(report.took), skipped }
    };
    stages.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::RemoteError;

    #[test]
    fn what_came_before_worked_and_what_comes_after_was_not_reached() {
        let steps = of_failure("host-key-changed", "another key");
        let dots: Vec<_> = steps.iter().map(|step| step.dot).collect();
        assert_eq!(dots, ["up", "up", "crit", "none", "none", "none"]);
        assert_eq!((steps[2].heard.as_str(), steps[3].skipped), ("another key", true));
    }

    #[test]
    fn a_test_tells_what_each_step_learnt_and_how_long_it_took() {
        let report = |stage, outcome| StageReport { stage, took: Duration::from_millis(7), outcome };
        let stages = [
            report(Stage::Name, StageOutcome::Passed("192.0.2.7".into())),
            report(Stage::Connect, StageOutcome::NotReached),
        ];
        let steps = of_test(&stages, Language::En);
        assert_eq!((steps[0].heard.as_str(), steps[0].took), ("192.0.2.7", Some(Duration::from_millis(7))));
        assert_eq!((steps[1].skipped, steps[1].took), (true, None));
    }

    #[test]
    fn a_time_limit_stops_the_ladder_where_time_ran_out() {
        let after = Duration::from_secs(15);
        let error = RemoteError::TimedOut { server: "web-1".into(), stage: Stage::Shell, after };
        let steps = of_failure(error.code(), &error.to_string());
        assert_eq!(steps.iter().position(|step| step.dot == "crit"), Some(4));
    }

    #[test]
    fn a_wrong_credential_waits_for_a_person_and_a_dead_line_does_not() {
        assert!(!tries_again("sign-in-refused") && !tries_again("host-key-changed"));
        assert!(tries_again("timed-out") && tries_again("unreachable"));
    }
}
