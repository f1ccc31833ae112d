//! Which formats and columns the answers of the command types have.

use super::CommandType;
use crate::commands::shape::Shape;
use crate::commands::{
    accounts, certificate, cron, directories, files, filesystems, firewall, guarded_change, logins, logs, metrics,
    packages, platform, port_probe, power, processes, services, sessions, sockets, url_request,
};

impl CommandType {
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
            Self::ChangeFirewall
            | Self::EndFirewallChange
            | Self::ReadFirewallChange
            | Self::ChangeKeys
            | Self::EndKeyChange
            | Self::ReadKeyChange => guarded_change::FORMATS,
            Self::ProbePort => port_probe::FORMATS,
            Self::ListDirectory => files::listing::FORMATS,
            Self::DescribeFile => files::details::FORMATS,
            Self::ReadFile => files::reading::FORMATS,
            Self::DownloadFile => files::download::FORMATS,
            Self::FollowFile | Self::ArchiveDirectory | Self::RunCommand => files::CONTENT,
            Self::WriteFile
            | Self::MakeDirectory
            | Self::MoveFile
            | Self::DeleteFile
            | Self::SetFileMode
            | Self::SetFileOwner
            | Self::ReplaceCrontab
            | Self::RunCronLine => files::SILENT,
            Self::ListServices => services::FORMATS,
            Self::ReadService => services::one::FORMATS,
            Self::ControlService => services::control::FORMATS,
            Self::ListLogs => logs::sources::FORMATS,
            Self::ReadJournal => logs::journal::FORMATS,
            Self::FollowJournal => logs::journal::FOLLOW_FORMATS,
            Self::SearchLog => logs::files::FORMATS,
            Self::ListCron => cron::FORMATS,
            Self::ListCronRuns => cron::runs::FORMATS,
            Self::ListAccounts => accounts::FORMATS,
            Self::ReadBoot | Self::ListInhibitors | Self::RestartServer | Self::ShutDownServer => power::FORMATS,
            Self::ReadLogins => logins::FORMATS,
            Self::ListSessions | Self::EndSession => sessions::FORMATS,
            Self::ReadGrowth => files::growth::FORMATS,
            Self::ReadCertificate => certificate::FORMATS,
            Self::RequestUrl => url_request::FORMATS,
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
            Self::ChangeFirewall
            | Self::EndFirewallChange
            | Self::ReadFirewallChange
            | Self::ChangeKeys
            | Self::EndKeyChange
            | Self::ReadKeyChange => guarded_change::rows::SHAPES,
            Self::ProbePort => port_probe::SHAPES,
            Self::ListDirectory => files::listing::rows::SHAPES,
            Self::ListServices => services::SHAPES,
            Self::ReadService => services::one::SHAPES,
            Self::ControlService => services::control::SHAPES,
            Self::ListLogs => logs::sources::SHAPES,
            Self::ReadBoot => power::BOOT_SHAPES,
            Self::ListInhibitors => power::INHIBITOR_SHAPES,
            Self::RestartServer | Self::ShutDownServer => power::TOLD_SHAPES,
            Self::ReadLogins => logins::rows::SHAPES,
            Self::ListSessions => sessions::SHAPES,
            Self::EndSession => sessions::ENDED,
            Self::ReadCertificate => certificate::SHAPES,
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
            | Self::SetFileOwner
            | Self::ReadJournal
            | Self::FollowJournal
            | Self::SearchLog
            | Self::ListCron
            | Self::ReplaceCrontab
            | Self::ListCronRuns
            | Self::ListAccounts
            | Self::RunCronLine
            | Self::RunCommand
            | Self::ReadGrowth
            | Self::RequestUrl => &[],
        }
    }
}
