//! What can be asked of the package tool of a server by name, once somebody has seen what it would bring along.

use crate::commands::catalog::Chosen;
use crate::commands::packages::{
    InstallPackage, InstallSecurityUpdates, InstallUpdates, PackageName, PackagePlan, PreviewInstall, PreviewRemoval,
    PreviewSecurityUpdates, PreviewUpdates, RemovePackage,
};
use crate::commands::{Change, Command, CommandType};
use crate::error::Result;
use crate::remote::host::{Answer, Host};

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A package, or its newest version.
    Package(PackageName),
    /// The end of a package.
    Removal(PackageName),
    /// Every update.
    Updates,
    /// The updates that mend holes.
    SecurityUpdates,
}

impl Wanted {
    /// Every update, or those that mend holes.
    pub fn updates(only_security: bool) -> Self {
        if only_security { Self::SecurityUpdates } else { Self::Updates }
    }

    /// The change that does it.
    pub fn command_type(&self) -> CommandType {
        match self {
            Self::Package(_) => InstallPackage::TYPE,
            Self::Removal(_) => RemovePackage::TYPE,
            Self::Updates => InstallUpdates::TYPE,
            Self::SecurityUpdates => InstallSecurityUpdates::TYPE,
        }
    }

    /// How that is said on a server.
    pub async fn choose(&self, host: &Host) -> Result<Chosen> {
        match self {
            Self::Package(_) => host.choose::<InstallPackage>().await,
            Self::Removal(_) => host.choose::<RemovePackage>().await,
            Self::Updates => host.choose::<InstallUpdates>().await,
            Self::SecurityUpdates => host.choose::<InstallSecurityUpdates>().await,
        }
    }

    /// What the audit log names as changed.
    pub fn target(&self) -> String {
        match self {
            Self::Package(name) | Self::Removal(name) => name.to_string(),
            Self::Updates => InstallUpdates.target(),
            Self::SecurityUpdates => InstallSecurityUpdates.target(),
        }
    }

    /// Asks a server's own tool what would happen; nothing does.
    pub async fn plan(&self, host: &Host) -> Result<Answer<PackagePlan>> {
        match self.clone() {
            Self::Package(name) => host.read(PreviewInstall(name)).await,
            Self::Removal(name) => host.read(PreviewRemoval(name)).await,
            Self::Updates => host.read(PreviewUpdates).await,
            Self::SecurityUpdates => host.read(PreviewSecurityUpdates).await,
        }
    }
}
