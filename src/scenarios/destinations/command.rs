//! A command on a server, with the rights of whoever owns the scenario. What was read goes to it as variables, never into its text.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Kind, Told, Way, as_it_is, one_line};
use crate::commands::run_command::checked;
use crate::commands::variables::{Variable, Variables};
use crate::language::Message;
use crate::scenarios::fields::{Default, Field, Takes, kept, number, text};
use crate::scenarios::template::{Into, render};

/// What the names of all variables begin with: none of them means something to a shell or a program by itself.
const PREFIX: &str = "SCENARIO_";
/// Variables of one command.
const MOST: usize = 30;
/// Characters of a value; what is longer is cut.
const LONGEST: usize = 4_000;
/// Servers on which one destination runs a command.
const MOST_SERVERS: usize = 200;

/// A command on the server that was read, or on another one.
pub(super) const COMMAND: Kind = Kind {
    kind: "run_command",
    label: "Command on a server",
    icon: "terminal",
    fields: &[
        Field {
            name: "command",
            label: "Command",
            hint: "Taken as it is: values are in $SCENARIO_… only",
            takes: Takes::Text { most: 8_000 },
            default: Default::Required,
        },
        Field {
            name: "server",
            label: "On the server",
            hint: "Empty: the one that was read",
            takes: Takes::Line { most: 63 },
            default: Default::Text(""),
        },
        Field {
            name: "run_as",
            label: "As",
            hint: "",
            takes: Takes::Choice(&[("user", "The user who signs in"), ("root", "root")]),
            default: Default::Text("user"),
        },
        Field {
            name: "variables",
            label: "Variables",
            hint: "One a line: CPU={{ cpu.total }} is $SCENARIO_CPU in the command",
            takes: Takes::Template { most: 4_000 },
            default: Default::Text(""),
        },
        Field {
            name: "time_limit_seconds",
            label: "Ended after, seconds",
            hint: "",
            takes: Takes::Number { least: 1, most: 3_000 },
            default: Default::Number(60),
        },
    ],
    channel: None,
    make: |told| serde_json::to_value(order(told)?).map_err(|_no_json| Message::new("The values are no JSON")),
    reads: as_it_is,
    way: Way::Command,
    pace_ms: 0,
};

/// What is to be run where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::scenarios) struct Order {
    /// What a shell reads.
    pub(in crate::scenarios) command: String,
    /// As root.
    pub(in crate::scenarios) as_root: bool,
    /// After so many seconds it is ended.
    pub(in crate::scenarios) time_limit_seconds: i32,
    /// Once for each reading.
    pub(in crate::scenarios) on: Vec<On>,
}

/// One of the commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::scenarios) struct On {
    /// The name of the server.
    pub(in crate::scenarios) server: String,
    /// What it reads of the reading.
    pub(in crate::scenarios) variables: Variables,
}

/// The server that a destination of these settings names; none: it runs where it was read, or is no command.
pub(in crate::scenarios) fn named_server<'a>(kind: &str, settings: &'a Value) -> Option<&'a str> {
    Some(text(settings, "server")).filter(|server| kind == COMMAND.kind && !server.is_empty())
}

fn order(told: Told<'_>) -> Result<Order, Message> {
    if told.about.len() > MOST_SERVERS {
        return Err(Message::new("A scenario runs a command on {most} servers at most").with("most", MOST_SERVERS));
    }
    let settings = &kept(COMMAND.fields, told.settings)?;
    let told = Told { settings, ..told };
    let named = text(settings, "server");
    let on = |values: &Map<String, Value>| {
        let read = values.get("server").map(|server| text(server, "name")).unwrap_or_default();
        let server = if named.is_empty() { read } else { named };
        Ok(On { server: server.to_owned(), variables: variables(told, values)? })
    };
    Ok(Order {
        command: checked(text(settings, "command"))?,
        as_root: text(settings, "run_as") == "root",
        time_limit_seconds: number(settings, "time_limit_seconds").try_into().unwrap_or(60),
        on: told.about.iter().map(on).collect::<Result<_, Message>>()?,
    })
}

/// The variables of one command. Lines are parted before values are filled in: none of them makes another variable.
fn variables(told: Told<'_>, values: &Map<String, Value>) -> Result<Variables, Message> {
    let mut variables: Vec<Variable> = Vec::new();
    for line in text(told.settings, "variables").lines().filter(|line| !line.trim().is_empty()) {
        let (name, template) = line
            .split_once('=')
            .ok_or_else(|| Message::new("Write variables like this, one a line: NAME={{ cpu.total }}"))?;
        let name = name.trim();
        let is_sign = |sign: char| sign == '_' || sign.is_ascii_uppercase() || sign.is_ascii_digit();
        if name.is_empty() || !name.chars().all(is_sign) {
            let odd = Message::new("{name} is no name of a variable: capital letters, digits and _ only");
            return Err(odd.with("name", name));
        }
        let value = render(template.trim(), values, Into::Text, told.zone)?;
        variables.push(Variable::new(&format!("{PREFIX}{name}"), &one_line(&value, LONGEST))?);
    }
    if variables.len() > MOST {
        return Err(Message::new("A command has {most} variables at most").with("most", MOST));
    }
    Ok(variables.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;

    fn ordered(settings: &Value, servers: &[&str]) -> Result<Order, String> {
        let about = |name: &&str| json!({"server": {"name": name}, "cpu": {"total": 2.5}}).as_object().unwrap().clone();
        let about: Vec<_> = servers.iter().map(about).collect();
        order(Told { settings, about: &about, zone: Tz::UTC }).map_err(|why| why.to_string())
    }

    #[test]
    fn it_runs_once_for_each_reading_where_it_was_read_or_on_one_server() {
        let settings = json!({"command": "uptime\r\n", "server": "", "run_as": "root", "variables": "CPU={{ cpu.total }}",
            "time_limit_seconds": 5});
        let order = ordered(&settings, &["web-1", "web-2"]).unwrap();
        assert_eq!((order.command.as_str(), order.as_root, order.time_limit_seconds), ("uptime", true, 5));
        let variables = [Variable::new("SCENARIO_CPU", "2.5").unwrap()].into_iter().collect();
        assert_eq!(order.on[1], On { server: "web-2".to_owned(), variables });
        let named = json!({"command": "uptime", "server": "db-1"});
        let order = ordered(&named, &["web-1"]).unwrap();
        assert_eq!((order.on[0].server.as_str(), named_server("run_command", &named)), ("db-1", Some("db-1")));
        assert_eq!(named_server("slack", &named), None);
    }

    #[test]
    fn sec_x05_a_value_is_no_part_of_the_command_and_makes_no_variable() {
        let settings = json!({"command": "echo {{ server.name }}", "variables": "NAME={{ server.name }}"});
        let order = ordered(&settings, &["a\nLD_PRELOAD=x; rm -rf /"]).unwrap();
        assert_eq!(order.command, "echo {{ server.name }}");
        let one = Variable::new("SCENARIO_NAME", "a LD_PRELOAD=x; rm -rf /").unwrap();
        assert_eq!(order.on[0].variables, [one].into_iter().collect());
        for odd in ["name=a", "A B=a", "=a", "A", "A-B=a"] {
            assert!(ordered(&json!({"command": "id", "variables": odd}), &["web-1"]).is_err(), "{odd}");
        }
        assert!(ordered(&json!({"command": " "}), &["web-1"]).is_err());
    }

    #[test]
    fn settings_that_cannot_be_read_run_nothing_instead_of_something_else() {
        for odd in [
            json!({"variables": [["CPU", "1"]]}),
            json!({"server": ["db-1"]}),
            json!({"run_as": "nobody"}),
            json!({"time_limit_seconds": "soon"}),
            json!({"another": 1}),
        ] {
            let mut settings = json!({"command": "id"});
            settings.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
            let why = ordered(&settings, &["web-1"]).unwrap_err();
            assert!(why.contains("cannot be read"), "{odd}: {why}");
        }
    }
}
