//! Environment → [`Config`]. Reads everything before it complains, so that one start shows every problem.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::variables::{self, Variable};
use super::{Config, OutboundConfig, PublicUrl};
use crate::secret::SecretText;

/// Everything that is wrong with the environment, one line each: name, what was expected, an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblems(pub Vec<String>);

impl fmt::Display for ConfigProblems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for ConfigProblems {}

/// Reads every variable through `lookup`.
pub(super) fn config(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigProblems> {
    let mut reader = Reader { lookup, problems: Vec::new() };
    let mut config =
        Config::new(reader.text(variables::DATA_DIR).map_or_else(|| default_data_dir(lookup), PathBuf::from));
    let parsed = |text: &str| text.parse().ok();
    reader.set(variables::BIND, "an address and a port", &mut config.bind, parsed);
    config.public_url = reader.read(variables::PUBLIC_URL, "http:// or https:// and a host", public_url);
    reader.set(variables::HOSTS, "names separated by commas", &mut config.hosts, |text| Some(list(text)));
    reader.set(variables::INSECURE_HTTP, "0 or 1", &mut config.insecure_http, switch);
    config.database_url = reader.database_url();
    reader.set(variables::DATABASE_CONNECTIONS, "a number from 2 to 200", &mut config.database_connections, |text| {
        text.parse().ok().filter(|n| (2..=200).contains(n))
    });
    config.secret_key_file = reader.text(variables::SECRET_KEY_FILE).map(PathBuf::from);
    reader.set(
        variables::TRUSTED_PROXIES,
        "networks like 10.0.0.0/24, separated by commas",
        &mut config.trusted_proxies,
        |text| list(text).iter().map(|item| item.parse().ok()).collect(),
    );
    reader.set(variables::LOG, "a log filter", &mut config.log, |text| Some(text.to_owned()));
    reader.duration(variables::COMMAND_TIMEOUT, 1..=600, &mut config.remote.command_timeout);
    reader.duration(variables::CONNECT_TIMEOUT, 1..=120, &mut config.remote.connect_timeout);
    reader.duration(variables::IDLE_CONNECTION, 5..=86_400, &mut config.remote.idle);
    reader.duration(variables::KEEP_10S, 3_600..=DECADE, &mut config.retention.tier_10);
    reader.duration(variables::KEEP_1M, 3_600..=DECADE, &mut config.retention.tier_60);
    reader.duration(variables::KEEP_10M, 86_400..=DECADE, &mut config.retention.tier_600);
    reader.duration(variables::KEEP_1H, 86_400..=DECADE, &mut config.retention.tier_3600);
    reader.duration(variables::KEEP_LOGINS, 86_400..=DECADE, &mut config.logins_kept);
    reader.set(variables::IP_DATABASE, "paths separated by commas", &mut config.ip_databases, |text| {
        Some(list(text).into_iter().map(PathBuf::from).collect())
    });
    reader.outbound(&mut config.outbound);
    reader.duration(variables::SESSION_IDLE, 60..=86_400, &mut config.sessions.idle);
    reader.duration(variables::SESSION_LENGTH, 300..=7 * 86_400, &mut config.sessions.absolute);
    reader.duration(variables::LEASE, 2..=600, &mut config.lease);
    if reader.problems.is_empty() { Ok(config) } else { Err(ConfigProblems(reader.problems)) }
}

/// Ten years in seconds: the longest retention that makes sense.
const DECADE: u64 = 10 * 365 * 86_400;

struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// The variable's text; an empty one counts as absent.
    fn text(&self, variable: Variable) -> Option<String> {
        (self.lookup)(variable.name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn read<T>(&mut self, variable: Variable, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(variable)?;
        let value = parse(&text);
        if value.is_none() {
            self.problems.push(format!(
                "{} must be {expected}, for example {}={}",
                variable.name, variable.name, variable.example
            ));
        }
        value
    }

    fn set<T>(&mut self, variable: Variable, expected: &str, place: &mut T, parse: impl Fn(&str) -> Option<T>) {
        if let Some(value) = self.read(variable, expected, parse) {
            *place = value;
        }
    }

    fn duration(&mut self, variable: Variable, seconds: std::ops::RangeInclusive<u64>, place: &mut Duration) {
        let expected = format!(
            "a duration from {} to {}, written 15s, 5m, 12h or 2d",
            written(*seconds.start()),
            written(*seconds.end())
        );
        self.set(variable, &expected, place, |text| duration(text).filter(|value| seconds.contains(&value.as_secs())));
    }

    /// `DATABASE_URL`, or the first line of the file that `DATABASE_URL_FILE` names.
    fn database_url(&mut self) -> Option<SecretText> {
        self.secret(variables::DATABASE_URL, variables::DATABASE_URL_FILE)
    }

    /// The first line of the file that `in_file` names, or `plain` itself.
    fn secret(&mut self, plain: Variable, in_file: Variable) -> Option<SecretText> {
        if let Some(path) = self.text(in_file) {
            match std::fs::read_to_string(Path::new(&path)) {
                Ok(text) => return Some(SecretText::new(text.lines().next().unwrap_or_default().trim().to_owned())),
                Err(error) => {
                    self.problems.push(format!("{} names {path}, which cannot be read: {error}", in_file.name));
                }
            }
        }
        self.text(plain).map(SecretText::new)
    }

    /// What hannun asks of others by HTTP.
    fn outbound(&mut self, config: &mut OutboundConfig) {
        let entries = "networks with a port like 10.0.0.0/24:8443 or [fd00::5]:443, separated by commas, none of them an address under which a cloud tells its machines secrets";
        self.set(variables::OUTBOUND_ALLOW, entries, &mut config.allowed, |text| {
            list(text).iter().map(|entry| entry.parse().ok()).collect()
        });
        config.ca_file = self.text(variables::CA_FILE).map(PathBuf::from);
        self.set(variables::REVERSE_NAMES, "0 or 1", &mut config.reverse_names, switch);
        config.ip_service = self.secret(variables::IP_SERVICE, variables::IP_SERVICE_FILE);
        // It may hold a token, so it is not told.
        let is_template =
            |url: &str| (url.starts_with("https://") || url.starts_with("http://")) && url.contains("{address}");
        if config.ip_service.as_ref().is_some_and(|url| !is_template(url.expose())) {
            let (name, example) = (variables::IP_SERVICE.name, variables::IP_SERVICE.example);
            self.problems.push(format!("{name} must be a URL with {{address}} in it, for example {name}={example}"));
        }
    }
}

/// `/var/lib/hannun` for root, the XDG state directory otherwise.
fn default_data_dir(lookup: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    let home = lookup("HOME").filter(|home| !home.is_empty() && home != "/root");
    match (lookup("XDG_STATE_HOME").filter(|dir| !dir.is_empty()), home) {
        (Some(state), _) => PathBuf::from(state).join("hannun"),
        (None, Some(home)) => PathBuf::from(home).join(".local/state/hannun"),
        (None, None) => PathBuf::from("/var/lib/hannun"),
    }
}

/// Seconds as a person writes them: `15s`, `5m`, `12h`, `2d`.
fn written(seconds: u64) -> String {
    [(86_400, "d"), (3_600, "h"), (60, "m")]
        .into_iter()
        .find(|(length, _)| seconds.is_multiple_of(*length))
        .map_or_else(|| format!("{seconds}s"), |(length, unit)| format!("{}{unit}", seconds / length))
}

/// `15s`, `5m`, `12h`, `2d`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let amount = u64::from_str(text.strip_suffix(unit)?).ok()?;
    amount.checked_mul(seconds).map(Duration::from_secs)
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        _ => None,
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

fn public_url(text: &str) -> Option<PublicUrl> {
    let (https, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return None,
    };
    let authority = rest.trim_end_matches('/').to_ascii_lowercase();
    let plain = !authority.is_empty() && !authority.contains(['/', '@', '?', '#', ' ']);
    plain.then_some(PublicUrl { https, authority })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &'static [(&'static str, &'static str)]) -> Result<Config, ConfigProblems> {
        config(&|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_set_gives_loopback_and_a_private_database() {
        let config = with(&[]).unwrap();
        assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
        assert_eq!(config.data_dir, PathBuf::from("/var/lib/hannun"));
        assert!(config.database_url.is_none() && !config.https());
    }

    #[test]
    fn every_problem_is_told_at_once_with_name_and_example() {
        let problems = with(&[("HANNUN_BIND", "nowhere"), ("HANNUN_KEEP_10S", "2 weeks")]).unwrap_err().to_string();
        assert!(problems.contains("HANNUN_BIND must be an address and a port, for example HANNUN_BIND=127.0.0.1:9000"));
        assert!(problems.contains("HANNUN_KEEP_10S must be a duration from 1h to 3650d, written"), "{problems}");
    }

    #[test]
    fn the_public_url_decides_about_secure_cookies() {
        let config = with(&[("HANNUN_PUBLIC_URL", "https://Hannun.example.com/")]).unwrap();
        assert!(config.https());
        assert_eq!(config.origin(), "https://hannun.example.com");
        assert!(with(&[("HANNUN_PUBLIC_URL", "https://user@hannun.example.com")]).is_err());
    }

    #[test]
    fn what_is_asked_outside_is_off_and_narrow_unless_set() {
        let outbound = with(&[]).unwrap().outbound;
        assert!(outbound.ip_service.is_none() && outbound.allowed.is_empty() && outbound.reverse_names);
        let outbound = with(&[
            ("HANNUN_IP_SERVICE", "https://ips.example/{address}?token=secret"),
            ("HANNUN_OUTBOUND_ALLOW", "10.0.0.0/24:8443, [fd00::5]:443"),
        ])
        .unwrap()
        .outbound;
        assert_eq!(outbound.allowed.len(), 2);
        assert!(!format!("{outbound:?}").contains("secret"));
        let problems = with(&[("HANNUN_IP_SERVICE", "https://ips.example/?token=secret")]).unwrap_err().to_string();
        assert!(problems.contains("HANNUN_IP_SERVICE must be") && !problems.contains("secret"), "{problems}");
        assert!(with(&[("HANNUN_OUTBOUND_ALLOW", "169.254.169.254:80")]).is_err());
    }

    #[test]
    fn a_duration_is_a_number_and_a_unit_within_its_bounds() {
        let config = with(&[("HANNUN_COMMAND_TIMEOUT", "2m")]).unwrap();
        assert_eq!(config.remote.command_timeout, Duration::from_mins(2));
        assert!(with(&[("HANNUN_COMMAND_TIMEOUT", "2h")]).is_err());
    }
}
