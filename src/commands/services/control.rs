//! Starting, stopping and the like. The server is asked afterwards how the service is; what failed fails here too.
//!
//! Rows: `service` with the columns of the list, as it is afterwards · `going-on` where the tool has not come to an end in time.

use super::one::{self, ServiceDetails};
use super::rows::COLUMNS;
use super::{Service, ServiceName};
use crate::commands::script::{Parameters, Value};
use crate::commands::shape::Shape;
use crate::commands::{Change, Command, CommandType, ParseError, Permission};
use crate::language::Message;

pub(in crate::commands) const FORMATS: &[&str] = &["systemd", "table"];
pub(in crate::commands) const SHAPES: &[Shape] = &[Shape::word("service", COLUMNS), Shape::word("going-on", &[])];

/// What can be done to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Run.
    Start,
    /// Run no more.
    Stop,
    /// Stop and start.
    Restart,
    /// Read the configuration anew, running.
    Reload,
    /// Start with the server.
    Enable,
    /// Start with the server no more.
    Disable,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Start, Self::Stop, Self::Restart, Self::Reload, Self::Enable, Self::Disable];

    /// The word that `systemctl` takes, and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Reload => "reload",
            Self::Enable => "enable",
            Self::Disable => "disable",
        }
    }

    /// The action of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// The English word on buttons; pages translate it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Stop => "Stop",
            Self::Restart => "Restart",
            Self::Reload => "Reload",
            Self::Enable => "Enable",
            Self::Disable => "Disable",
        }
    }

    /// What it does, in English.
    pub fn explains(self) -> &'static str {
        match self {
            Self::Start => "It is started now, with what it needs.",
            Self::Stop => "It is stopped now, with what needs it. What it serves ends.",
            Self::Restart => "It is stopped and started again. What it serves is interrupted.",
            Self::Reload => "It reads its configuration anew and goes on.",
            Self::Enable => "It starts with the server from now on. Whether it runs now does not change.",
            Self::Disable => "It starts with the server no more. Whether it runs now does not change.",
        }
    }

    /// Whether it ends what runs, now or with the next boot.
    pub fn takes_away(self) -> bool {
        matches!(self, Self::Stop | Self::Restart | Self::Disable)
    }

    /// Whether a service can be asked for it as it is.
    pub fn is_for(self, details: &ServiceDetails) -> bool {
        use super::State;
        let service = &details.service;
        let runs = matches!(service.state, State::Active | State::Starting);
        match self {
            Self::Start => !runs && details.can_start,
            Self::Stop => service.state != State::Inactive && details.can_stop,
            Self::Restart => service.state != State::Inactive && details.can_stop && details.can_start,
            Self::Reload => runs && details.can_reload,
            Self::Enable => service.is_enabled() == Some(false),
            Self::Disable => service.is_enabled() == Some(true),
        }
    }
}

/// Does something to one service.
#[derive(Debug, Clone)]
pub struct ControlService {
    /// Which.
    pub name: ServiceName,
    /// What.
    pub action: Action,
}

/// How it is afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controlled {
    /// The service.
    pub service: Service,
    /// The tool goes on with it: nobody has waited for the end.
    pub goes_on: bool,
}

impl Controlled {
    /// How it went, for the person who asked.
    pub fn sentence(&self, action: Action) -> Message {
        let words = match (self.goes_on, action) {
            (true, _) => "{name}: {action} goes on. The service is {state} now",
            (false, Action::Start) => "Started {name}: it is {state}",
            (false, Action::Stop) => "Stopped {name}: it is {state}",
            (false, Action::Restart) => "Restarted {name}: it is {state}",
            (false, Action::Reload) => "Reloaded {name}: it is {state}",
            (false, Action::Enable) => "{name} starts with the server from now on",
            (false, Action::Disable) => "{name} starts with the server no more",
        };
        let message = Message::new(words).with("name", &self.service.name);
        match (self.goes_on, action) {
            (false, Action::Enable | Action::Disable) => message,
            (goes_on, _) => {
                let message = message.with_words("state", self.service.state.name());
                if goes_on { message.with("action", action.name()) } else { message }
            }
        }
    }
}

impl Command for ControlService {
    const TYPE: CommandType = CommandType::ControlService;
    type Output = Controlled;

    fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("unit", Value::Text(self.name.as_str().as_bytes().to_vec()))
            .with("action", Value::OneOf(self.action.name()))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Controlled, ParseError> {
        read(format, output)
    }
}

impl Change for ControlService {
    const PERMISSION: Permission = Permission::WriteFiles;

    fn target(&self) -> String {
        format!("{} {}", self.action.name(), self.name)
    }
}

pub(in crate::commands) fn read(format: &str, output: &[u8]) -> Result<Controlled, ParseError> {
    let is_mark = |line: &&[u8]| line.trim_ascii_end() == b"going-on";
    let goes_on = output.split(|byte| *byte == b'\n').any(|line| is_mark(&line));
    let rest: Vec<&[u8]> = output.split(|byte| *byte == b'\n').filter(|line| !is_mark(line)).collect();
    let details = one::read(format, &rest.join(&b'\n'))?;
    let details = details.ok_or_else(|| ParseError::new("the service is gone", output))?;
    Ok(Controlled { service: details.service, goes_on })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::services::State;

    #[test]
    fn each_action_is_for_a_service_that_it_makes_sense_for() {
        let details = |state, at_boot: &str| ServiceDetails {
            service: Service { state, at_boot: at_boot.into(), ..Service::default() },
            can_start: true,
            can_stop: true,
            ..ServiceDetails::default()
        };
        let may = |details: &ServiceDetails| -> Vec<&str> {
            Action::ALL.into_iter().filter(|action| action.is_for(details)).map(Action::name).collect()
        };
        assert_eq!(may(&details(State::Active, "enabled")), ["stop", "restart", "disable"]);
        assert_eq!(may(&details(State::Inactive, "disabled")), ["start", "enable"]);
        assert_eq!(may(&details(State::Failed, "static")), ["start", "stop", "restart"]);
    }

    #[test]
    fn what_goes_on_is_said_to_go_on() {
        let answer = b"going-on\nservice\tslow.service\t\tstarting\n";
        let read = read("table", answer).unwrap();
        assert!(read.goes_on && read.sentence(Action::Start).to_string().contains("goes on"));
    }
}
