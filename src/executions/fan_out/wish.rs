//! What somebody wants to run, where, and in which order. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::commands::Acting;
use crate::commands::run_command::checked;
use crate::commands::variables::Variables;
use crate::error::{Error, FieldErrors, Result};
use crate::executions::ask::{LONGEST_SECONDS, USUAL_SECONDS, is_time_limit};
use crate::executions::fan_out::MOST;
use crate::executions::given::{Given, kept, variables};
use crate::language::Message;
use crate::models::fan_outs::FanOut;

/// One command on many servers, as it is asked for and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewFanOut)]
pub struct FanOutWish {
    /// Names, `group:NAME`, `label:KEY=VALUE` or `all`; an empty list is no server.
    pub servers: Vec<String>,
    /// What a POSIX shell is given on its standard input; it reads its parameters as variables.
    pub command: String,
    /// Values for its environment.
    #[serde(default)]
    pub parameters: Vec<Given>,
    /// As root.
    #[serde(default)]
    pub r#become: bool,
    /// How long it may take on each server, connecting included.
    #[serde(default = "usual_seconds")]
    #[schema(minimum = 1, maximum = 86_400)]
    pub timeout_seconds: i32,
    /// How many servers at a time; none: all of them.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub batch_size: Option<i32>,
    /// Between the end of one batch and the beginning of the next.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 86_400)]
    pub pause_seconds: i32,
    /// After so many failures no more begin; none: however many.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub stop_after: Option<i32>,
    /// One server alone goes first; where it fails, no other begins.
    #[serde(default)]
    pub canary: bool,
}

fn usual_seconds() -> i32 {
    USUAL_SECONDS
}

impl Default for FanOutWish {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            command: String::new(),
            parameters: Vec::new(),
            r#become: false,
            timeout_seconds: USUAL_SECONDS,
            batch_size: None,
            pause_seconds: 0,
            stop_after: None,
            canary: false,
        }
    }
}

impl FanOutWish {
    /// As whom it runs.
    pub fn acting(&self) -> Acting {
        if self.r#become { Acting::Root } else { Acting::User }
    }

    /// The same with its command as it is kept, or everything that is wrong with it.
    pub fn checked(&self) -> Result<Self, FieldErrors> {
        let mut problems = FieldErrors::default();
        let command = checked(&self.command).unwrap_or_else(|why| {
            problems.add("command", why);
            String::new()
        });
        if self.servers.iter().any(|word| word.chars().any(char::is_control)) {
            problems.add("servers", Message::new("A word that means servers holds no control character"));
        }
        if let Err(why) = variables(&self.parameters) {
            problems.add("parameters", why);
        }
        if !is_time_limit(self.timeout_seconds) {
            problems.add("timeout_seconds", Message::new("The time limit is a number of seconds, at most a day"));
        }
        let is_size = |size: &i32| usize::try_from(*size).is_ok_and(|size| (1..=MOST).contains(&size));
        if self.batch_size.is_some_and(|size| !is_size(&size)) {
            problems.add("batch_size", Message::new("A batch has 1 to {most} servers").with("most", MOST));
        }
        if self.stop_after.is_some_and(|size| !is_size(&size)) {
            problems.add("stop_after", Message::new("A number of failures from 1 to {most}").with("most", MOST));
        }
        if !(0..=LONGEST_SECONDS).contains(&self.pause_seconds) {
            problems.add("pause_seconds", Message::new("The pause is a number of seconds, at most a day"));
        }
        if problems.is_empty() { Ok(Self { command, ..self.clone() }) } else { Err(problems) }
    }

    /// The batch of each of so many servers, in their order.
    pub fn waves(&self, servers: usize) -> Vec<i32> {
        let first = usize::from(self.canary);
        let size = self.batch_size.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX).max(1);
        let wave = |at: usize| if at < first { 0 } else { first + (at - first) / size };
        (0..servers).map(|at| i32::try_from(wave(at)).unwrap_or(i32::MAX)).collect()
    }

    /// What was asked for, as it was; without what cannot be read of it, it would be something else.
    pub fn of(fan_out: &FanOut) -> Result<Self> {
        Ok(Self {
            servers: fan_out.servers.clone(),
            command: fan_out.words.clone(),
            parameters: kept(&fan_out.parameters).map_err(Error::Conflict)?,
            r#become: fan_out.as_root,
            timeout_seconds: fan_out.time_limit_seconds,
            batch_size: fan_out.batch_size,
            pause_seconds: fan_out.pause_seconds,
            stop_after: fan_out.stop_after,
            canary: fan_out.canary,
        })
    }

    /// The parameters of one that was asked for, as the environment gets them; or why nothing of it is run.
    pub fn given(fan_out: &FanOut) -> Result<Variables, Message> {
        variables(&kept(&fan_out.parameters)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_go_in_batches_and_a_canary_goes_first() {
        let waves = |batch_size, canary| FanOutWish { batch_size, canary, ..FanOutWish::default() }.waves(5);
        assert_eq!(waves(None, false), [0; 5]);
        assert_eq!(waves(Some(2), false), [0, 0, 1, 1, 2]);
        assert_eq!(waves(None, true), [0, 1, 1, 1, 1]);
        assert_eq!(waves(Some(2), true), [0, 1, 1, 2, 2]);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let wish = FanOutWish {
            command: " ".to_owned(),
            parameters: vec![Given { name: "A B".to_owned(), ..Given::default() }],
            timeout_seconds: 0,
            batch_size: Some(0),
            stop_after: Some(-1),
            pause_seconds: 100_000,
            servers: vec!["label:a=\0".to_owned()],
            ..FanOutWish::default()
        };
        let problems = wish.checked().unwrap_err();
        for field in
            ["servers", "command", "parameters", "timeout_seconds", "batch_size", "stop_after", "pause_seconds"]
        {
            assert!(problems.of(field).is_some(), "{field}");
        }
    }
}
