//! How a run ended, from what its tool said: an exit status alone is not believed (facts 5.13). Pure.

use crate::commands::packages::{PackageState, PackageStates};
use crate::commands::{Command, CommandType, packages};
use crate::language::Message;
use crate::models::executions::{End, ExecutionState};

/// What is known of a run that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// What was asked.
    pub command_type: CommandType,
    /// The package or file.
    pub target: &'a str,
    /// The exit status; none where it was ended before it could leave one.
    pub status: Option<i32>,
    /// What it printed, as far as it is kept.
    pub log: &'a [u8],
    /// The first line of all that it ever printed in which the tool mentions a failure in passing.
    pub sign: &'a [u8],
    /// What it left in `"$after"`.
    pub answer: &'a [u8],
    /// Somebody asked for its end.
    pub was_stopped: bool,
}

impl Ended<'_> {
    /// In which state, and why.
    pub fn verdict(&self) -> End {
        let (state, why) = self.judge();
        End { state, exit_status: self.status, why, answer: String::from_utf8_lossy(self.answer).into_owned() }
    }

    fn judge(&self) -> (ExecutionState, Option<Message>) {
        let Some(status) = self.status else {
            return if self.was_stopped {
                (ExecutionState::Stopped, None)
            } else {
                let why = "It was ended before it could finish: the server was restarted, or somebody ended it there";
                (ExecutionState::Failed, Some(Message::new(why)))
            };
        };
        if status != 0 {
            let state = if self.was_stopped { ExecutionState::Stopped } else { ExecutionState::Failed };
            return (state, Some(self.why_failed(status)));
        }
        if self.command_type == CommandType::InspectFile
            && let Err(problem) = packages::InspectFile::default().parse("table", self.answer)
        {
            let why = Message::new("What the server's tool told of the file could not be read: {why}");
            return (ExecutionState::Failed, Some(why.with("why", problem.why)));
        }
        let what_is_there = self.states().and_then(|found| self.judge_states(&found));
        what_is_there.or_else(|| self.judge_words()).unwrap_or((ExecutionState::Succeeded, None))
    }

    /// The tool says that it worked: what of the packages is not as it should be now.
    fn judge_states(&self, states: &PackageStates) -> Option<(ExecutionState, Option<Message>)> {
        let removes = self.command_type == CommandType::RemovePackage;
        for after in &states.0 {
            let is_there = !matches!(after.state, PackageState::Absent | PackageState::SettingsLeft);
            if removes && is_there {
                let why = Message::new("The tool ended well, but {package} is still there");
                return Some((ExecutionState::Failed, Some(why.with("package", &after.name))));
            }
            if !removes && !is_there {
                let why = Message::new("The tool ended well, but {package} is not installed");
                return Some((ExecutionState::Failed, Some(why.with("package", &after.name))));
            }
            if !removes && after.state != PackageState::Installed {
                let why = Message::new("{package} is there, but: {state}").with("package", &after.name);
                return Some((ExecutionState::Partly, Some(why.with_words("state", after.state.label()))));
            }
        }
        None
    }

    /// The tool says that it worked: what it admits in passing.
    fn judge_words(&self) -> Option<(ExecutionState, Option<Message>)> {
        let (signs, why) = match self.command_type {
            CommandType::InspectFile | CommandType::RunCronLine => return None,
            CommandType::RefreshLists => {
                (NOT_FETCHED, "Its tool says that it worked, but not every list was fetched: {said}")
            }
            _ => (SCRIPT_FAILED, "Its tool says that it worked, but a script of the package failed: {said}"),
        };
        let line = self.line_with(signs)?;
        Some((ExecutionState::Partly, Some(Message::new(why).with("said", line))))
    }

    fn states(&self) -> Option<PackageStates> {
        match self.command_type {
            CommandType::InstallPackage
            | CommandType::RemovePackage
            | CommandType::InstallFile
            | CommandType::InstallUpdates
            | CommandType::InstallSecurityUpdates => read_states(self.answer),
            _ => None,
        }
    }

    fn why_failed(&self, status: i32) -> Message {
        let half = self.states().and_then(|states| {
            let broken = |state| {
                matches!(state, PackageState::HalfConfigured | PackageState::Unpacked | PackageState::HalfInstalled)
            };
            states.0.into_iter().find(|after| broken(after.state))
        });
        if let Some(after) = half {
            let why = Message::new(
                "{package} was left half installed ({state}): its setup ended with an error, which the log shows",
            );
            return why.with("package", after.name).with_words("state", after.state.label());
        }
        let target = self.target;
        // What somebody's own command says has no meaning for us.
        let reasons = if self.command_type == CommandType::RunCronLine { &[] } else { REASONS };
        for (signs, why) in reasons {
            if let Some(line) = self.line_with(signs) {
                return Message::new(why).with("package", target).with("said", line);
            }
        }
        Message::new("It ended with exit status {status}; the log shows why").with("status", status)
    }

    /// The first line that holds one of these.
    fn line_with(&self, signs: &[&str]) -> Option<String> {
        [self.sign, self.log]
            .into_iter()
            .find_map(|part| String::from_utf8_lossy(part).lines().find_map(|line| around(line.trim(), signs)))
    }
}

/// A line that holds one of these; of a long one what stands around it.
fn around(line: &str, signs: &[&str]) -> Option<String> {
    const SHOWN: usize = 200;
    let lower = line.to_ascii_lowercase();
    let at = signs.iter().find_map(|sign| lower.find(sign))?;
    let before = line.get(..at).unwrap_or_default().chars().count();
    let skipped = if line.chars().count() > SHOWN { before.saturating_sub(SHOWN / 2) } else { 0 };
    Some(line.chars().skip(skipped).take(SHOWN).collect())
}

/// What all of a log is searched for on the server, where it may be longer than what is kept of it: only what a tool that says
/// that it worked mentions in passing. Why one failed stands at the end of its log.
pub(super) fn signs() -> String {
    [SCRIPT_FAILED, NOT_FETCHED].concat().join("|")
}

/// What rpm says of a script that failed, and goes on (facts 5.13).
const SCRIPT_FAILED: &[&str] = &["scriptlet failed", "scriptlet in rpm package", "error in post", "error in pre"];

/// What tools say of a list that they go on without.
const NOT_FETCHED: &[&str] = &[
    "some index files failed to download",
    "failed to fetch",
    "ignoring repositories:",
    "failed to download metadata",
];

/// What tools say, and what it means for a person; the first that fits counts.
const REASONS: &[(&[&str], &str)] = &[
    (
        &["is not the one that was sent"],
        "What arrived on the server is not what was sent, so nothing was installed: {said}",
    ),
    (
        &["transaction lock", "could not get lock", "unable to acquire the dpkg", "unable to lock database"],
        "Another package manager held its lock the whole time, so nothing was changed",
    ),
    (
        &[
            "unable to locate package",
            "no match for argument",
            "unable to find a match",
            "unable to select packages",
            "target not found",
            "no matching packages",
            "has no installation candidate",
        ],
        "No repository of the server has {package}, or it is not installed there",
    ),
    (
        &["is needed by (installed)", "dependency problems prevent removal", "breaks dependency"],
        "Other packages need {package}: {said}",
    ),
    (
        &["failed dependencies", "unmet dependencies", "nothing provides", "dependency problems", "depends:"],
        "{package} needs packages that no repository of the server has: {said}",
    ),
    (NOT_FETCHED, "Not every list could be fetched: {said}"),
    (
        &["wrong architecture", "does not match system", "incompatible architecture"],
        "{package} is for another architecture: {said}",
    ),
    (&["no space left on device", "not enough free space", "needs more space"], "The server's disk is full: {said}"),
    (&["permission denied", "superuser privileges", "are you root"], "It needs root, which it did not get: {said}"),
];

/// The states that a change left; none where it left nothing that can be read.
fn read_states(answer: &[u8]) -> Option<PackageStates> {
    let any = packages::PackageName::read("any")?;
    packages::RemovePackage(any).parse("table", answer).ok().filter(|states| !states.0.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended<'a>(command_type: CommandType, status: i32, log: &'a str, answer: &'a str) -> (ExecutionState, String) {
        ended_with_sign(command_type, status, (log, ""), answer)
    }

    fn ended_with_sign<'a>(
        command_type: CommandType,
        status: i32,
        (log, sign): (&'a str, &'a str),
        answer: &'a str,
    ) -> (ExecutionState, String) {
        let ended = Ended {
            command_type,
            target: "probe",
            status: Some(status),
            log: log.as_bytes(),
            sign: sign.as_bytes(),
            answer: answer.as_bytes(),
            was_stopped: false,
        };
        let end = ended.verdict();
        (end.state, end.why.map(|why| why.to_string()).unwrap_or_default())
    }

    #[test]
    fn a_failed_script_of_rpm_is_not_taken_for_success() {
        let log = "Running transaction\nwarning: %post(broken-1.0-1.noarch) scriptlet failed, exit status 3\n";
        let (state, why) = ended(CommandType::InstallFile, 0, log, "broken\t1.0-1\tinstalled\n");
        assert_eq!(state, ExecutionState::Partly);
        assert!(why.contains("%post(broken-1.0-1.noarch) scriptlet failed, exit status 3"), "{why}");
    }

    #[test]
    fn a_failed_script_of_rpm_is_seen_where_its_words_are_kept_no_more_and_behind_a_line_without_an_end() {
        let sign = format!("{}warning: %post(broken-1.0-1.noarch) scriptlet failed, exit status 3", "한".repeat(900));
        let (state, why) = ended_with_sign(CommandType::InstallUpdates, 0, ("what came later\n", &sign), "");
        assert_eq!(state, ExecutionState::Partly);
        assert!(why.ends_with("%post(broken-1.0-1.noarch) scriptlet failed, exit status 3"), "{why}");
    }

    #[test]
    fn lists_that_were_fetched_in_part_are_told_to_be() {
        let log = "W: Failed to fetch http://192.0.2.1/InRelease  Could not connect\n";
        let (state, why) = ended(CommandType::RefreshLists, 0, log, "");
        assert_eq!(state, ExecutionState::Partly);
        assert!(why.contains("192.0.2.1"), "{why}");
        assert_eq!(
            ended(CommandType::RefreshLists, 0, "Hit:1 http://192.0.2.1 InRelease\n", "").0,
            ExecutionState::Succeeded
        );
        let (state, why) = ended(CommandType::RefreshLists, 100, &log.replace('W', "E"), "");
        assert_eq!(state, ExecutionState::Failed);
        assert!(why.starts_with("Not every list could be fetched"), "{why}");
    }

    #[test]
    fn sec_x03_a_look_into_a_file_whose_answer_cannot_be_read_has_failed() {
        for answer in ["", "nonsense\n", "script\tpostinst\techo 1\n"] {
            let (state, why) = ended(CommandType::InspectFile, 0, "", answer);
            assert_eq!(state, ExecutionState::Failed, "{answer:?}");
            assert!(why.contains("could not be read"), "{why}");
        }
        assert_eq!(ended(CommandType::InspectFile, 0, "", "field\tPackage\ta\n").0, ExecutionState::Succeeded);
    }

    #[test]
    fn a_half_configured_package_is_called_so() {
        let (state, why) = ended(CommandType::InstallPackage, 100, "E: Sub-process", "broken\t1.0\tiF \n");
        assert_eq!(state, ExecutionState::Failed);
        assert!(why.contains("broken was left half installed (Its setup failed)"), "{why}");
    }

    #[test]
    fn what_the_tool_claims_is_compared_with_what_is_there() {
        assert_eq!(ended(CommandType::InstallPackage, 0, "", "probe\t1.0\tii \n").0, ExecutionState::Succeeded);
        assert_eq!(ended(CommandType::InstallPackage, 0, "", "probe\t\tabsent\n").0, ExecutionState::Failed);
        assert_eq!(ended(CommandType::RemovePackage, 0, "", "probe\t1.0\tinstalled\n").0, ExecutionState::Failed);
        assert_eq!(ended(CommandType::RemovePackage, 0, "", "probe\t\trc \n").0, ExecutionState::Succeeded);
    }

    #[test]
    fn a_failure_says_why_in_words_of_ours() {
        let (_, why) = ended(CommandType::InstallPackage, 100, "E: Unable to locate package probe\n", "");
        assert_eq!(why, "No repository of the server has probe, or it is not installed there");
        let (_, why) =
            ended(CommandType::RemovePackage, 1, "\tprobe is needed by (installed) needs-probe-1.0-1.noarch\n", "");
        assert!(why.starts_with("Other packages need probe"), "{why}");
        assert!(ended(CommandType::InstallPackage, 7, "", "").1.contains("exit status 7"));
    }
}
