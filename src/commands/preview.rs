//! What an answer means, as a table of text: for people who try a command before they trust it.

mod cron;
mod files;
mod logins;
mod packages;
mod processes;
mod services;

use super::accounts::Accounts;
use super::directories::MeasureDirectories;
use super::filesystems::ListFilesystems;
use super::firewall::{Firewall, ReadFirewall};
use super::firewall_change::ReadFirewallChange;
use super::guarded_change::ChangeReport;
use super::metrics::{Cpu, CpuTicks, Sample, SampleMetrics};
use super::platform::{DetectPlatform, Platform};
use super::port_probe::ProbePort;
use super::power::{self, ListInhibitors, ReadBoot};
use super::processes::environment::ReadEnvironment;
use super::processes::{ListProcesses, one, signals};
use super::sockets::ListSockets;
use super::sockets::connections::ListConnections;
use super::{Acting, Command, CommandType, ListAccounts, ListCron, ListCronRuns, ParseError};

/// Rows that are shown at most.
const MOST_ROWS: usize = 100;

/// A parsed answer. The cells are the server's own text, and hostile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// The headings, in English.
    pub head: Vec<&'static str>,
    /// The first rows.
    pub rows: Vec<Vec<String>>,
    /// How many rows there are.
    pub total: usize,
}

impl Preview {
    fn of<T>(head: &[&'static str], items: &[T], row: impl Fn(&T) -> Vec<String>) -> Self {
        Self { head: head.to_vec(), rows: items.iter().take(MOST_ROWS).map(row).collect(), total: items.len() }
    }

    /// Whether there are more rows than are shown.
    pub fn is_cut(&self) -> bool {
        self.total > self.rows.len()
    }
}

impl CommandType {
    /// Reads what a command of this type and `format` printed, and shows what was understood.
    #[expect(clippy::too_many_lines, reason = "one arm per command type, read as a list")]
    pub fn preview(self, format: &str, output: &[u8]) -> Result<Preview, ParseError> {
        Ok(match self {
            Self::DetectPlatform => platform(&DetectPlatform.parse(format, output)?),
            Self::SampleMetrics => sample(&SampleMetrics.parse(format, output)?),
            Self::ListFilesystems => {
                let head = ["Mount", "Device", "Type", "Size", "Used", "Free", "Inodes", "Inodes used"];
                Preview::of(&head, &ListFilesystems.parse(format, output)?, |one| {
                    let sizes = [one.size_bytes, one.used_bytes, one.available_bytes, one.inodes, one.inodes_used];
                    let names = [&one.mount, &one.device, &one.kind];
                    names.into_iter().cloned().chain(sizes.into_iter().map(known)).collect()
                })
            }
            Self::ListProcesses => processes::list(&ListProcesses.parse(format, output)?),
            Self::ReadProcess => processes::one(one::read(format, output)?.as_ref()),
            Self::ReadEnvironment => processes::environment(ReadEnvironment { pid: 0 }.parse(format, output)?.as_ref()),
            Self::SignalProcess => processes::signalled(&signals::read(output)?),
            Self::ListSockets => processes::sockets(&ListSockets.parse(format, output)?.sockets),
            Self::ListConnections => processes::sockets(&ListConnections.parse(format, output)?.sockets),
            Self::ListPackages
            | Self::ListUpdates
            | Self::ListRestarts
            | Self::PreviewInstall
            | Self::PreviewRemoval
            | Self::InstallPackage
            | Self::RemovePackage
            | Self::PreviewUpdates
            | Self::PreviewSecurityUpdates
            | Self::InstallUpdates
            | Self::InstallSecurityUpdates
            | Self::RefreshLists
            | Self::InstallFile
            | Self::InspectFile => self.preview_packages(format, output)?,
            Self::MeasureDirectories => {
                // Nobody tried it on a directory of theirs: it was tried on all of the server.
                let whole = MeasureDirectories::below(b"/", Acting::User)
                    .ok_or_else(|| ParseError::new("no directory", output))?;
                Preview::of(&["Directory", "Bytes"], &whole.parse(format, output)?.directories, |one| {
                    vec![String::from_utf8_lossy(&one.path).into_owned(), one.bytes.to_string()]
                })
            }
            Self::ReadFirewall => firewall(&ReadFirewall.parse(format, output)?),
            Self::ListAccounts => accounts(&ListAccounts { acting: Acting::User }.parse(format, output)?),
            Self::ChangeFirewall
            | Self::EndFirewallChange
            | Self::ReadFirewallChange
            | Self::ChangeKeys
            | Self::EndKeyChange
            | Self::ReadKeyChange => {
                let report: ChangeReport = ReadFirewallChange.parse(format, output)?;
                Preview::of(&["Change", "State"], &[report], |one| vec![one.id.clone(), one.state.name().to_owned()])
            }
            Self::ReadLogins => logins::logins(format, output)?,
            Self::ListSessions => logins::sessions(format, output)?,
            Self::EndSession => logins::ended(output)?,
            Self::ProbePort => {
                let probe = ProbePort { address: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port: 1 };
                Preview::of(&["Result"], &[probe.parse(format, output)?], |one| vec![format!("{one:?}")])
            }
            Self::ReadBoot => Preview::of(&["Boot", "Uptime"], &[ReadBoot.parse(format, output)?], |one| {
                vec![one.id.clone(), one.uptime.as_secs().to_string()]
            }),
            Self::ListInhibitors => {
                Preview::of(&["In the way"], &ListInhibitors.parse(format, output)?, |said| vec![said.clone()])
            }
            Self::RestartServer | Self::ShutDownServer => {
                Preview::of(&["Result"], &[power::told(output)?], |one| vec![format!("{one:?}")])
            }
            Self::ListDirectory
            | Self::DescribeFile
            | Self::ReadFile
            | Self::FollowFile
            | Self::DownloadFile
            | Self::ArchiveDirectory
            | Self::WriteFile
            | Self::MakeDirectory
            | Self::MoveFile
            | Self::DeleteFile
            | Self::SetFileMode
            | Self::SetFileOwner
            | Self::ReplaceCrontab
            | Self::RunCronLine
            | Self::RunCommand
            | Self::ReadGrowth
            | Self::ReadCertificate
            | Self::RequestUrl => self.preview_of_files(format, output)?,
            Self::ListServices
            | Self::ReadService
            | Self::ControlService
            | Self::ListLogs
            | Self::ReadJournal
            | Self::FollowJournal
            | Self::SearchLog => self.preview_of_services(format, output)?,
            Self::ListCronRuns => cron::runs(&ListCronRuns { acting: Acting::User }.parse(format, output)?),
            Self::ListCron => cron::list(&ListCron { acting: Acting::User }.parse(format, output)?),
        })
    }
}

/// A value that may not be known.
fn known<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn platform(found: &Platform) -> Preview {
    let facts = [
        ("os", found.os.clone()),
        ("distro", found.distro.clone()),
        ("like", found.like.join(", ")),
        ("version", found.version.clone()),
        ("arch", found.arch.clone()),
        ("name", found.pretty_name.clone()),
        ("kernel", found.kernel.clone()),
        ("hostname", found.hostname.clone()),
        ("cores", known(found.cores)),
        ("cpu", found.cpu_model.clone()),
        ("memory", known(found.memory_bytes)),
        ("boot id", found.boot_id.clone()),
        ("booted", known(found.booted_at)),
        ("time zone", found.time_zone.clone()),
        ("virtualisation", found.virtualisation.clone()),
        ("has", found.capabilities.iter().cloned().collect::<Vec<_>>().join(", ")),
    ];
    Preview::of(&["Fact", "Value"], &facts, |(name, value)| vec![(*name).to_owned(), value.clone()])
}

fn firewall(found: &Firewall) -> Preview {
    let rules = found.places.iter().flat_map(|place| {
        place.rules.iter().map(move |rule| {
            vec![
                found.owner.name().to_owned(),
                place.name.clone(),
                rule.action.label().to_owned(),
                rule.text.clone(),
                rule.comment.clone(),
            ]
        })
    });
    Preview::of(&["Owner", "Place", "Action", "Rule", "Comment"], &rules.collect::<Vec<_>>(), Clone::clone)
}

fn accounts(found: &Accounts) -> Preview {
    Preview::of(&["User", "UID", "Home", "Shell"], &found.users, |one| {
        vec![one.name.clone(), one.uid.to_string(), one.home.clone(), one.shell.clone()]
    })
}

fn sample(found: &Sample) -> Preview {
    let mut rows = vec![row("uptime", &[found.uptime_seconds.to_string()])];
    match found.cpu {
        Some(Cpu::Ticks(ticks)) => rows.push(row("cpu", &counted(ticks))),
        Some(Cpu::Shares { user, system }) => rows.push(row("cpu_percent", &[user.to_string(), system.to_string()])),
        None => {}
    }
    rows.extend(found.cores.iter().map(|ticks| row("core", &counted(*ticks))));
    rows.extend(found.load.map(|load| row("load", &load.map(|one| one.to_string()))));
    rows.extend(found.memory.map(|memory| {
        let sizes = [memory.total, memory.available, memory.cached, memory.swap_total, memory.swap_used];
        row("memory", &sizes.map(|bytes| bytes.to_string()))
    }));
    for disk in &found.disks {
        let counts = [disk.read_bytes, disk.written_bytes, disk.operations, disk.busy_ms, disk.waited_ms];
        rows.push(row(&format!("disk {}", disk.device), &counts.map(|count| count.to_string())));
    }
    for interface in &found.interfaces {
        let counts = [interface.received_bytes, interface.sent_bytes, interface.errors];
        rows.push(row(&format!("interface {}", interface.name), &counts.map(|count| count.to_string())));
    }
    Preview::of(&["Reading", "Values"], &rows, Clone::clone)
}

fn row(name: &str, values: &[String]) -> Vec<String> {
    vec![name.to_owned(), values.join(" ")]
}

fn counted(ticks: CpuTicks) -> [String; 5] {
    [ticks.user, ticks.system, ticks.idle, ticks.iowait, ticks.steal].map(|count| count.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_shown_as_it_was_understood() {
        let answer = b"/dev/sda1\text4\t/\t1000\t400\t600\n-\t-\t/mnt\n";
        let preview = CommandType::ListFilesystems.preview("table", answer).unwrap();
        assert_eq!((preview.head.len(), preview.total, preview.is_cut()), (8, 2, false));
        assert_eq!(preview.rows[0], ["/", "/dev/sda1", "ext4", "1000", "400", "600", "", ""]);
        assert_eq!(preview.rows[1][0], "/mnt");
    }

    #[test]
    fn a_long_answer_is_counted_and_cut() {
        let row = |pid: u32| format!("{pid}\t-\t-\t-\t-\t-\t-\t-\t-\tx");
        let answer = (1..=250).map(row).collect::<Vec<_>>().join("\n");
        let preview = CommandType::ListProcesses.preview("table", answer.as_bytes()).unwrap();
        assert_eq!((preview.rows.len(), preview.total, preview.is_cut()), (MOST_ROWS, 250, true));
    }

    #[test]
    fn sec_x03_another_shape_is_told_with_its_line() {
        let problem =
            CommandType::ListProcesses.preview("table", b"1\t-\t-\t-\t-\t-\t-\t-\t-\tx\nhello\n").unwrap_err();
        assert_eq!(problem.line, Some(2));
    }
}
