//! How each command is said on each platform: built-in stanzas (`catalog/*.yml`) and what administrators added.

mod choice;

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::CommandType;
use super::conditions::Conditions;
use crate::language::Message;
use crate::yaml;

pub use choice::{Chosen, Considered, NoCommand, Verdict};

/// The longest script that is taken, in bytes.
const LONGEST_SCRIPT: usize = 64 << 10;

/// Every spelling of every command.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    variants: Vec<Variant>,
}

/// One spelling of a command.
#[derive(Debug, Clone)]
pub struct Variant {
    /// What it says in the abstract.
    pub command_type: CommandType,
    /// Its name within the command type.
    pub name: String,
    /// The platforms that it is for.
    pub on: Conditions,
    /// The constant script.
    pub script: Arc<str>,
    /// Which reader reads its answer.
    pub format: Arc<str>,
    /// Whether it came with hannun.
    pub built_in: bool,
    /// Written from documents: no real system of this kind has been seen yet.
    pub unverified: bool,
}

/// A spelling that an administrator added.
#[derive(Debug, Clone)]
pub struct AddedCommand {
    /// What it says in the abstract.
    pub command_type: CommandType,
    /// Its name within the command type.
    pub name: String,
    /// The platforms that it is for.
    pub on: Conditions,
    /// The script.
    pub script: String,
    /// Which reader reads its answer.
    pub format: String,
}

/// A stanza that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogError {
    /// Which one.
    pub name: String,
    /// What of it: `name`, `on`, `script` or `format`; empty for all of it.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: Message,
}

impl fmt::Display for CatalogError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name, self.why)
    }
}

impl std::error::Error for CatalogError {}

/// The files that came with hannun.
const BUILT_IN: &[(CommandType, &str)] = &[
    (CommandType::DetectPlatform, include_str!("catalog/detect_platform.yml")),
    (CommandType::SampleMetrics, include_str!("catalog/sample_metrics.yml")),
    (CommandType::ListFilesystems, include_str!("catalog/list_filesystems.yml")),
    (CommandType::ListProcesses, include_str!("catalog/list_processes.yml")),
    (CommandType::ReadProcess, include_str!("catalog/read_process.yml")),
    (CommandType::ReadEnvironment, include_str!("catalog/read_environment.yml")),
    (CommandType::SignalProcess, include_str!("catalog/signal_process.yml")),
    (CommandType::ListSockets, include_str!("catalog/list_sockets.yml")),
    (CommandType::ListConnections, include_str!("catalog/list_connections.yml")),
    (CommandType::ListPackages, include_str!("catalog/list_packages.yml")),
    (CommandType::ListUpdates, include_str!("catalog/list_updates.yml")),
    (CommandType::ListRestarts, include_str!("catalog/list_restarts.yml")),
    (CommandType::PreviewInstall, include_str!("catalog/preview_install.yml")),
    (CommandType::PreviewRemoval, include_str!("catalog/preview_removal.yml")),
    (CommandType::InstallPackage, include_str!("catalog/install_package.yml")),
    (CommandType::RemovePackage, include_str!("catalog/remove_package.yml")),
    (CommandType::PreviewUpdates, include_str!("catalog/preview_updates.yml")),
    (CommandType::PreviewSecurityUpdates, include_str!("catalog/preview_security_updates.yml")),
    (CommandType::InstallUpdates, include_str!("catalog/install_updates.yml")),
    (CommandType::InstallSecurityUpdates, include_str!("catalog/install_security_updates.yml")),
    (CommandType::RefreshLists, include_str!("catalog/refresh_lists.yml")),
    (CommandType::InstallFile, include_str!("catalog/install_file.yml")),
    (CommandType::InspectFile, include_str!("catalog/inspect_file.yml")),
    (CommandType::MeasureDirectories, include_str!("catalog/measure_directories.yml")),
    (CommandType::ReadFirewall, include_str!("catalog/read_firewall.yml")),
    (CommandType::ChangeFirewall, include_str!("catalog/change_firewall.yml")),
    (CommandType::EndFirewallChange, include_str!("catalog/end_firewall_change.yml")),
    (CommandType::ReadFirewallChange, include_str!("catalog/read_firewall_change.yml")),
    (CommandType::ProbePort, include_str!("catalog/probe_port.yml")),
    (CommandType::ListDirectory, include_str!("catalog/list_directory.yml")),
    (CommandType::DescribeFile, include_str!("catalog/describe_file.yml")),
    (CommandType::ReadFile, include_str!("catalog/read_file.yml")),
    (CommandType::FollowFile, include_str!("catalog/follow_file.yml")),
    (CommandType::DownloadFile, include_str!("catalog/download_file.yml")),
    (CommandType::ArchiveDirectory, include_str!("catalog/archive_directory.yml")),
    (CommandType::WriteFile, include_str!("catalog/write_file.yml")),
    (CommandType::MakeDirectory, include_str!("catalog/make_directory.yml")),
    (CommandType::MoveFile, include_str!("catalog/move_file.yml")),
    (CommandType::DeleteFile, include_str!("catalog/delete_file.yml")),
    (CommandType::SetFileMode, include_str!("catalog/set_file_mode.yml")),
    (CommandType::SetFileOwner, include_str!("catalog/set_file_owner.yml")),
    (CommandType::ListServices, include_str!("catalog/list_services.yml")),
    (CommandType::ReadService, include_str!("catalog/read_service.yml")),
    (CommandType::ControlService, include_str!("catalog/control_service.yml")),
    (CommandType::ListLogs, include_str!("catalog/list_logs.yml")),
    (CommandType::ReadJournal, include_str!("catalog/read_journal.yml")),
    (CommandType::FollowJournal, include_str!("catalog/follow_journal.yml")),
    (CommandType::SearchLog, include_str!("catalog/search_log.yml")),
    (CommandType::ListCron, include_str!("catalog/list_cron.yml")),
    (CommandType::ReplaceCrontab, include_str!("catalog/replace_crontab.yml")),
    (CommandType::ListCronRuns, include_str!("catalog/list_cron_runs.yml")),
    (CommandType::RunCronLine, include_str!("catalog/run_cron_line.yml")),
    (CommandType::ListAccounts, include_str!("catalog/list_accounts.yml")),
    (CommandType::ChangeKeys, include_str!("catalog/change_keys.yml")),
    (CommandType::EndKeyChange, include_str!("catalog/end_key_change.yml")),
    (CommandType::ReadKeyChange, include_str!("catalog/read_key_change.yml")),
    (CommandType::ReadBoot, include_str!("catalog/read_boot.yml")),
    (CommandType::ListInhibitors, include_str!("catalog/list_inhibitors.yml")),
    (CommandType::RestartServer, include_str!("catalog/restart_server.yml")),
    (CommandType::ShutDownServer, include_str!("catalog/shut_down_server.yml")),
    (CommandType::ReadLogins, include_str!("catalog/read_logins.yml")),
    (CommandType::ListSessions, include_str!("catalog/list_sessions.yml")),
    (CommandType::EndSession, include_str!("catalog/end_session.yml")),
    (CommandType::RunCommand, include_str!("catalog/run_command.yml")),
    (CommandType::ReadGrowth, include_str!("catalog/read_growth.yml")),
    (CommandType::ReadCertificate, include_str!("catalog/read_certificate.yml")),
    (CommandType::RequestUrl, include_str!("catalog/request_url.yml")),
];

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::read(BUILT_IN).unwrap_or_default());

impl Catalog {
    /// What came with hannun.
    pub fn built_in() -> &'static Self {
        &CATALOG
    }

    /// The same with what administrators added; the first that cannot be used is told.
    pub fn with_added(&self, added: Vec<AddedCommand>) -> Result<Self, CatalogError> {
        let (catalog, problems) = self.with_usable(added);
        problems.into_iter().next().map_or(Ok(catalog), Err)
    }

    /// The same with what administrators added. What cannot be used is left out and told, so that one bad row, perhaps of
    /// another version, does not take the others with it.
    pub fn with_usable(&self, added: impl IntoIterator<Item = AddedCommand>) -> (Self, Vec<CatalogError>) {
        let mut catalog = self.clone();
        let problems = added.into_iter().filter_map(|command| catalog.add(command.into()).err()).collect();
        (catalog, problems)
    }

    /// The spellings of one command type, in the order of its file, what administrators added last.
    pub fn variants(&self, command_type: CommandType) -> impl Iterator<Item = &Variant> {
        self.variants.iter().filter(move |variant| variant.command_type == command_type)
    }

    fn read(files: &[(CommandType, &str)]) -> Result<Self, CatalogError> {
        let mut catalog = Self::default();
        for (command_type, text) in files {
            let sheet: Sheet = yaml::read(text).map_err(|error| {
                let (name, why) = (command_type.name().to_owned(), error.message());
                CatalogError { name, field: "", why }
            })?;
            for stanza in sheet.variants {
                catalog.add(stanza.variant_of(*command_type))?;
            }
        }
        Ok(catalog)
    }

    fn add(&mut self, variant: Variant) -> Result<(), CatalogError> {
        let taken = || self.variants(variant.command_type).any(|known| known.name == variant.name);
        let problem =
            variant.problem().or_else(|| taken().then(|| ("name", Message::new("This name is taken already"))));
        if let Some((field, why)) = problem {
            return Err(CatalogError { name: variant.name, field, why });
        }
        self.variants.push(variant);
        Ok(())
    }
}

impl Variant {
    /// What is wrong with it, if anything: the field, and why.
    fn problem(&self) -> Option<(&'static str, Message)> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.name.is_empty() || self.name.len() > 63 || !self.name.bytes().all(plain) {
            let why = "A command's name is made of small letters, digits and hyphens, at most 63";
            Some(("name", Message::new(why)))
        } else if let Some(why) = self.on.problem() {
            Some(("on", why))
        } else if let Some(why) = script_problem(&self.script) {
            Some(("script", why))
        } else if !self.command_type.formats().contains(&&*self.format) {
            Some(("format", Message::new("No reader is known for the format {format}").with("format", &self.format)))
        } else {
            None
        }
    }
}

/// What is wrong with a script that somebody wrote, if anything.
pub fn script_problem(script: &str) -> Option<Message> {
    if script.trim().is_empty() {
        Some(Message::new("The script is empty"))
    } else if script.len() > LONGEST_SCRIPT {
        Some(Message::new("The script is longer than {limit} KiB").with("limit", LONGEST_SCRIPT / 1024))
    } else if script.contains('\0') || script.trim_end().ends_with('\\') {
        Some(Message::new("The script holds a NUL byte or ends in a backslash"))
    } else {
        None
    }
}

impl From<AddedCommand> for Variant {
    fn from(added: AddedCommand) -> Self {
        let AddedCommand { command_type, name, on, script, format } = added;
        let (script, format) = (script.into(), format.into());
        Self { command_type, name, on, script, format, built_in: false, unverified: false }
    }
}

/// One file of the catalogue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    /// For people who read the file.
    #[serde(rename = "does")]
    _does: String,
    variants: Vec<Stanza>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stanza {
    name: String,
    #[serde(default)]
    on: Conditions,
    run: String,
    format: String,
    #[serde(default)]
    unverified: bool,
}

impl Stanza {
    fn variant_of(self, command_type: CommandType) -> Variant {
        Variant {
            command_type,
            name: self.name,
            on: self.on,
            script: self.run.into(),
            format: self.format.into(),
            built_in: true,
            unverified: self.unverified,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Platform;

    fn added(name: &str, on: &str, script: &str, format: &str) -> AddedCommand {
        AddedCommand {
            command_type: CommandType::ListProcesses,
            name: name.into(),
            on: serde_yaml::from_str(on).unwrap(),
            script: script.into(),
            format: format.into(),
        }
    }

    fn linux(capabilities: &[&str]) -> Platform {
        let capabilities = capabilities.iter().map(|&name| name.to_owned()).collect();
        Platform { os: "linux".into(), distro: "debian".into(), capabilities, ..Platform::default() }
    }

    fn chosen(catalog: &Catalog, platform: &Platform) -> String {
        catalog.choose(CommandType::ListProcesses, platform).unwrap().name
    }

    #[test]
    fn every_built_in_file_can_be_read() {
        let catalog = Catalog::read(BUILT_IN).unwrap_or_else(|error| panic!("{error}"));
        for command_type in CommandType::ALL {
            assert!(catalog.variants(*command_type).count() > 0, "{command_type:?}");
        }
    }

    #[test]
    fn only_what_no_real_system_has_shown_is_unverified() {
        for variant in &Catalog::built_in().variants {
            let elsewhere = variant.on.os.iter().any(|os| os == "freebsd" || os == "macos")
                || variant
                    .on
                    .has
                    .iter()
                    .any(|tool| ["apk", "pacman", "zypper", "runit", "busybox-init"].contains(&tool.as_str()));
            assert_eq!(variant.unverified, elsewhere, "{}", variant.name);
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        for text in [
            "does: x\nvariants: []\ncolour: blue\n",
            "does: x\nvariants:\n  - { name: a, run: b, format: table, verified: true }\n",
            "does: x\nvariants:\n  - { name: a, run: b, format: table, on: { oss: linux } }\n",
            "variants: []\n",
        ] {
            assert!(Catalog::read(&[(CommandType::ListProcesses, text)]).is_err(), "{text}");
        }
    }

    #[test]
    fn the_most_precise_command_wins() {
        assert_eq!(chosen(Catalog::built_in(), &linux(&["procps-ps"])), "ps-procps");
        assert_eq!(chosen(Catalog::built_in(), &linux(&["busybox-ps-o"])), "ps-busybox");
        assert_eq!(chosen(Catalog::built_in(), &linux(&[])), "proc-stat");
    }

    #[test]
    fn an_administrator_s_command_beats_a_built_in_one_of_equal_precision_only() {
        let ours = added("ours", "{ os: linux }", "echo", "table");
        let catalog = Catalog::built_in().with_added(vec![ours]).unwrap();
        assert_eq!(chosen(&catalog, &linux(&[])), "ours");
        assert_eq!(chosen(&catalog, &linux(&["procps-ps"])), "ps-procps");

        let ours = added("ours", "{ distro: debian }", "echo", "table");
        let catalog = Catalog::built_in().with_added(vec![ours]).unwrap();
        let chosen = catalog.choose(CommandType::ListProcesses, &linux(&["procps-ps"])).unwrap();
        assert_eq!(chosen.why.to_string(), "ours, because this server runs debian");
        assert!(!chosen.built_in);
    }

    #[test]
    fn those_that_fit_come_best_first() {
        let names: Vec<_> = Catalog::built_in()
            .candidates(CommandType::SampleMetrics, &linux(&["proc", "mawk-ticks"]))
            .into_iter()
            .map(|chosen| chosen.name)
            .collect();
        assert_eq!(names, ["loop-mawk", "loop-shell"]);
    }

    #[test]
    fn an_added_command_that_cannot_work_is_refused_with_its_reason() {
        for (command, why) in [
            (added("a b", "{}", "echo", "table"), "name"),
            (added("a", "{}", " \n", "table"), "empty"),
            (added("a", "{}", "echo \\\n", "table"), "backslash"),
            (added("a", "{}", &"x".repeat(LONGEST_SCRIPT + 1), "table"), "64 KiB"),
            (added("a", "{os: 'a b'}", "echo", "table"), "word"),
            (added("a", "{}", "echo", "ps-plan9"), "ps-plan9"),
            (added("ps-procps", "{}", "echo", "table"), "taken"),
        ] {
            let error = Catalog::built_in().with_added(vec![command.clone()]).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            let good = added("good", "{}", "echo", "table");
            let (catalog, problems) = Catalog::built_in().with_usable([command, good]);
            assert_eq!(problems, [error]);
            assert!(catalog.variants(CommandType::ListProcesses).any(|variant| variant.name == "good"));
        }
    }
}
