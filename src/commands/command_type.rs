//! What can be asked of a server, in the abstract: the names, and which formats and columns their answers have.

use std::fmt;

use super::shape::Shape;
use super::{
    directories, files, filesystems, firewall, firewall_change, metrics, packages, platform, port_probe, processes,
    sockets,
};

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
    ];

    /// The stable word for URLs, rows and file names; never renamed.
    pub fn name(self) -> &'static str {
        match self {
            Self::DetectPlatform => "detect_platform",
            Self::SampleMetrics => "sample_metrics",
            Self::ListFilesystems => "list_filesystems",
            Self::ListProcesses => "list_processes",
            Self::ReadProcess => "read_process",
            Self::ReadEnvironment => "read_environment",
            Self::SignalProcess => "signal_process",
            Self::ListSockets => "list_sockets",
            Self::ListConnections => "list_connections",
            Self::ListPackages => "list_packages",
            Self::ListUpdates => "list_updates",
            Self::ListRestarts => "list_restarts",
            Self::PreviewInstall => "preview_install",
            Self::PreviewRemoval => "preview_removal",
            Self::InstallPackage => "install_package",
            Self::RemovePackage => "remove_package",
            Self::PreviewUpdates => "preview_updates",
            Self::PreviewSecurityUpdates => "preview_security_updates",
            Self::InstallUpdates => "install_updates",
            Self::InstallSecurityUpdates => "install_security_updates",
            Self::RefreshLists => "refresh_lists",
            Self::InstallFile => "install_file",
            Self::InspectFile => "inspect_file",
            Self::MeasureDirectories => "measure_directories",
            Self::ReadFirewall => "read_firewall",
            Self::ChangeFirewall => "change_firewall",
            Self::EndFirewallChange => "end_firewall_change",
            Self::ReadFirewallChange => "read_firewall_change",
            Self::ProbePort => "probe_port",
            Self::ListDirectory => "list_directory",
            Self::DescribeFile => "describe_file",
            Self::ReadFile => "read_file",
            Self::FollowFile => "follow_file",
            Self::DownloadFile => "download_file",
            Self::ArchiveDirectory => "archive_directory",
            Self::WriteFile => "write_file",
            Self::MakeDirectory => "make_directory",
            Self::MoveFile => "move_file",
            Self::DeleteFile => "delete_file",
            Self::SetFileMode => "set_file_mode",
            Self::SetFileOwner => "set_file_owner",
        }
    }

    /// The English words for people; pages translate them.
    pub fn label(self) -> &'static str {
        match self {
            Self::DetectPlatform => "Detect the platform",
            Self::SampleMetrics => "Read the metrics",
            Self::ListFilesystems => "List filesystems",
            Self::ListProcesses => "List processes",
            Self::ReadProcess => "Read one process",
            Self::ReadEnvironment => "Read the environment of a process",
            Self::SignalProcess => "Send a signal to a process",
            Self::ListSockets => "List listening sockets",
            Self::ListConnections => "List connections",
            Self::ListPackages => "List installed packages",
            Self::ListUpdates => "List pending updates",
            Self::ListRestarts => "List what should be restarted",
            Self::PreviewInstall => "See what an installation would bring",
            Self::PreviewRemoval => "See what a removal would take along",
            Self::InstallPackage => "Install a package",
            Self::RemovePackage => "Remove a package",
            Self::PreviewUpdates => "See what all updates would bring",
            Self::PreviewSecurityUpdates => "See what the security updates would bring",
            Self::InstallUpdates => "Install all updates",
            Self::InstallSecurityUpdates => "Install the security updates",
            Self::RefreshLists => "Refresh the package lists",
            Self::InstallFile => "Install a package file",
            Self::InspectFile => "Look into a package file",
            Self::MeasureDirectories => "Measure directories",
            Self::ReadFirewall => "Read the firewall",
            Self::ChangeFirewall => "Change the firewall",
            Self::EndFirewallChange => "Keep or undo a change of the firewall",
            Self::ReadFirewallChange => "Read what became of a change of the firewall",
            Self::ProbePort => "Try a port of another server",
            Self::ListDirectory => "List a directory",
            Self::DescribeFile => "Describe a file",
            Self::ReadFile => "Read a file",
            Self::FollowFile => "Follow a file",
            Self::DownloadFile => "Download a file",
            Self::ArchiveDirectory => "Download a directory",
            Self::WriteFile => "Write a file",
            Self::MakeDirectory => "Make a directory",
            Self::MoveFile => "Rename a file",
            Self::DeleteFile => "Delete a file",
            Self::SetFileMode => "Change the mode of a file",
            Self::SetFileOwner => "Change the owner of a file",
        }
    }

    /// The readers of its answers; `table` is one of them where an answer is rows.
    pub fn formats(self) -> &'static [&'static str] {
        match self {
            Self::DetectPlatform => platform::FORMATS,
            Self::SampleMetrics => metrics::FORMATS,
            Self::ListFilesystems => filesystems::FORMATS,
            Self::ListProcesses => processes::FORMATS,
            Self::ReadProcess => processes::one::FORMATS,
            Self::ReadEnvironment => processes::environment::FORMATS,
            Self::SignalProcess => processes::signals::FORMATS,
            Self::ListSockets => sockets::FORMATS,
            Self::ListConnections => sockets::connections::FORMATS,
            Self::ListPackages => packages::FORMATS,
            Self::ListUpdates => packages::UPDATE_FORMATS,
            Self::ListRestarts => packages::RESTART_FORMATS,
            Self::PreviewInstall | Self::PreviewRemoval | Self::PreviewUpdates | Self::PreviewSecurityUpdates => {
                packages::PLAN_FORMATS
            }
            Self::InstallPackage
            | Self::RemovePackage
            | Self::InstallUpdates
            | Self::InstallSecurityUpdates
            | Self::RefreshLists
            | Self::InstallFile => packages::CHANGE_FORMATS,
            Self::InspectFile => packages::CONTENT_FORMATS,
            Self::MeasureDirectories => directories::FORMATS,
            Self::ReadFirewall => firewall::FORMATS,
            Self::ChangeFirewall | Self::EndFirewallChange | Self::ReadFirewallChange => firewall_change::FORMATS,
            Self::ProbePort => port_probe::FORMATS,
            Self::ListDirectory => files::listing::FORMATS,
            Self::DescribeFile => files::details::FORMATS,
            Self::ReadFile => files::reading::FORMATS,
            Self::DownloadFile => files::download::FORMATS,
            Self::FollowFile | Self::ArchiveDirectory => files::CONTENT,
            Self::WriteFile
            | Self::MakeDirectory
            | Self::MoveFile
            | Self::DeleteFile
            | Self::SetFileMode
            | Self::SetFileOwner => files::SILENT,
        }
    }

    /// What the rows of its `table` format look like; none where it has no such format.
    pub fn table(self) -> &'static [Shape] {
        match self {
            Self::DetectPlatform => platform::probe::SHAPES,
            Self::SampleMetrics => metrics::rows::SHAPES,
            Self::ListFilesystems => filesystems::rows::SHAPES,
            Self::ListProcesses => processes::rows::SHAPES,
            Self::ReadProcess => processes::one::rows::SHAPES,
            Self::ReadEnvironment => processes::environment::SHAPES,
            Self::SignalProcess => processes::signals::SHAPES,
            Self::ListSockets => sockets::rows::SHAPES,
            Self::ListConnections => sockets::connections::SHAPES,
            Self::ListPackages => packages::SHAPES,
            Self::ListUpdates => packages::UPDATE_SHAPES,
            Self::ListRestarts => packages::RESTART_SHAPES,
            Self::PreviewInstall | Self::PreviewRemoval | Self::PreviewUpdates | Self::PreviewSecurityUpdates => {
                packages::PLAN_SHAPES
            }
            Self::InstallPackage
            | Self::RemovePackage
            | Self::InstallUpdates
            | Self::InstallSecurityUpdates
            | Self::RefreshLists
            | Self::InstallFile => packages::CHANGE_SHAPES,
            Self::InspectFile => packages::CONTENT_SHAPES,
            Self::MeasureDirectories => directories::rows::SHAPES,
            Self::ReadFirewall => firewall::rows::SHAPES,
            Self::ChangeFirewall | Self::EndFirewallChange | Self::ReadFirewallChange => firewall_change::rows::SHAPES,
            Self::ProbePort => port_probe::SHAPES,
            Self::ListDirectory => files::listing::rows::SHAPES,
            // Content, and what says nothing, are no rows.
            Self::DescribeFile
            | Self::ReadFile
            | Self::FollowFile
            | Self::DownloadFile
            | Self::ArchiveDirectory
            | Self::WriteFile
            | Self::MakeDirectory
            | Self::MoveFile
            | Self::DeleteFile
            | Self::SetFileMode
            | Self::SetFileOwner => &[],
        }
    }

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
        )
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
