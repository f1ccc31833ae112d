//! What can be asked of a server, in the abstract.

mod answers;
mod labels;

use std::fmt;

/// What we ask, in the abstract; each has a spelling per platform in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandType {
    /// What a server runs and which tools it has.
    DetectPlatform,
    /// One reading of its counters.
    SampleMetrics,
    /// What is mounted, and how full it is.
    ListFilesystems,
    /// What runs.
    ListProcesses,
    /// One process in detail.
    ReadProcess,
    /// The environment of a process.
    ReadEnvironment,
    /// A signal to a process.
    SignalProcess,
    /// What listens.
    ListSockets,
    /// Who is connected.
    ListConnections,
    /// What is installed.
    ListPackages,
    /// What could be renewed.
    ListUpdates,
    /// What runs with files that were replaced.
    ListRestarts,
    /// What installing a package would bring along.
    PreviewInstall,
    /// What removing a package would take along.
    PreviewRemoval,
    /// Puts a package there from the repositories.
    InstallPackage,
    /// Takes a package away.
    RemovePackage,
    /// What installing every update would bring along.
    PreviewUpdates,
    /// What installing the updates that mend holes would bring along.
    PreviewSecurityUpdates,
    /// Puts every update there.
    InstallUpdates,
    /// Puts the updates there that mend holes.
    InstallSecurityUpdates,
    /// Fetches what the repositories offer.
    RefreshLists,
    /// Puts a package there from an uploaded file.
    InstallFile,
    /// What is inside an uploaded package file.
    InspectFile,
    /// How much directories hold.
    MeasureDirectories,
    /// Who owns the firewall, and its rules.
    ReadFirewall,
    /// One rule more or less, which undoes itself until it is kept.
    ChangeFirewall,
    /// Keeping such a change, or undoing it.
    EndFirewallChange,
    /// What became of it.
    ReadFirewallChange,
    /// Whether a port of another machine is reached.
    ProbePort,
    /// What is in a directory.
    ListDirectory,
    /// What one file is.
    DescribeFile,
    /// A part of a file as text.
    ReadFile,
    /// What is added to a file.
    FollowFile,
    /// A whole file.
    DownloadFile,
    /// A directory as an archive.
    ArchiveDirectory,
    /// New content for a file.
    WriteFile,
    /// A new directory.
    MakeDirectory,
    /// Another name for a file.
    MoveFile,
    /// The end of a file.
    DeleteFile,
    /// Other permission bits.
    SetFileMode,
    /// Another owner.
    SetFileOwner,
    /// What an init system keeps running.
    ListServices,
    /// One service in detail.
    ReadService,
    /// Starting, stopping and the like.
    ControlService,
    /// What there is to read of logs.
    ListLogs,
    /// A page of the journal.
    ReadJournal,
    /// What is added to the journal.
    FollowJournal,
    /// Lines of a file of a log.
    SearchLog,
    /// What runs by a timetable.
    ListCron,
    /// Another text for a crontab.
    ReplaceCrontab,
    /// What cron ran lately.
    ListCronRuns,
    /// A line of a crontab, run now.
    RunCronLine,
    /// Users, groups, and the keys by which they sign in.
    ListAccounts,
    /// Another text for a file of keys, which undoes itself until it is kept.
    ChangeKeys,
    /// Keeping such a change, or undoing it.
    EndKeyChange,
    /// What became of it.
    ReadKeyChange,
    /// In which boot it is.
    ReadBoot,
    /// What asks it not to go down.
    ListInhibitors,
    /// Starts it again.
    RestartServer,
    /// Switches it off.
    ShutDownServer,
    /// Who came, and who tried to.
    ReadLogins,
    /// Who is signed in now.
    ListSessions,
    /// The end of somebody's session.
    EndSession,
    /// A command of somebody's own.
    RunCommand,
    /// What was added to a file.
    ReadGrowth,
    /// The certificate that a port shows.
    ReadCertificate,
    /// What a URL answers.
    RequestUrl,
}

impl CommandType {
    /// Every command type.
    pub const ALL: &[Self] = &[
        Self::DetectPlatform,
        Self::SampleMetrics,
        Self::ListFilesystems,
        Self::ListProcesses,
        Self::ReadProcess,
        Self::ReadEnvironment,
        Self::SignalProcess,
        Self::ListSockets,
        Self::ListConnections,
        Self::ListPackages,
        Self::ListUpdates,
        Self::ListRestarts,
        Self::PreviewInstall,
        Self::PreviewRemoval,
        Self::InstallPackage,
        Self::RemovePackage,
        Self::PreviewUpdates,
        Self::PreviewSecurityUpdates,
        Self::InstallUpdates,
        Self::InstallSecurityUpdates,
        Self::RefreshLists,
        Self::InstallFile,
        Self::InspectFile,
        Self::MeasureDirectories,
        Self::ReadFirewall,
        Self::ChangeFirewall,
        Self::EndFirewallChange,
        Self::ReadFirewallChange,
        Self::ProbePort,
        Self::ListDirectory,
        Self::DescribeFile,
        Self::ReadFile,
        Self::FollowFile,
        Self::DownloadFile,
        Self::ArchiveDirectory,
        Self::WriteFile,
        Self::MakeDirectory,
        Self::MoveFile,
        Self::DeleteFile,
        Self::SetFileMode,
        Self::SetFileOwner,
        Self::ListServices,
        Self::ReadService,
        Self::ControlService,
        Self::ListLogs,
        Self::ReadJournal,
        Self::FollowJournal,
        Self::SearchLog,
        Self::ListCron,
        Self::ReplaceCrontab,
        Self::ListCronRuns,
        Self::RunCronLine,
        Self::ListAccounts,
        Self::ChangeKeys,
        Self::EndKeyChange,
        Self::ReadKeyChange,
        Self::ReadBoot,
        Self::ListInhibitors,
        Self::RestartServer,
        Self::ShutDownServer,
        Self::ReadLogins,
        Self::ListSessions,
        Self::EndSession,
        Self::RunCommand,
        Self::ReadGrowth,
        Self::ReadCertificate,
        Self::RequestUrl,
    ];

    /// Whether its commands are given values that are known only when they run, or find them themselves: they cannot be listed
    /// in `sudoers`, nor tried without them.
    pub fn takes_values(self) -> bool {
        !matches!(
            self,
            Self::DetectPlatform
                | Self::SampleMetrics
                | Self::ListFilesystems
                | Self::ListProcesses
                | Self::ListSockets
                | Self::ListConnections
                | Self::ListPackages
                | Self::ListUpdates
                | Self::ReadFirewall
                | Self::ReadFirewallChange
                | Self::ListRestarts
                | Self::ListServices
                | Self::ListLogs
                | Self::ReadBoot
                | Self::ListInhibitors
                | Self::ListSessions
        )
    }

    /// Whether its commands run by themselves on the server, and need nobody at this end.
    pub fn runs_detached(self) -> bool {
        matches!(
            self,
            Self::InstallPackage
                | Self::RemovePackage
                | Self::InstallUpdates
                | Self::InstallSecurityUpdates
                | Self::RefreshLists
                | Self::InstallFile
                | Self::InspectFile
                | Self::RunCronLine
        )
    }

    /// Whether its commands take the whole server down: lines of `sudoers` for them are nobody's by the way.
    pub fn takes_down(self) -> bool {
        matches!(self, Self::RestartServer | Self::ShutDownServer)
    }

    /// The command type of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}

impl fmt::Display for CommandType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.label())
    }
}
