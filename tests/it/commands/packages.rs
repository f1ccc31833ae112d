//! What package tools answered, on every platform.

use hannun::commands::{Command, CommandType, ParseError, packages};

/// Fixture → format.
pub(super) const FIXTURES: &[(CommandType, &str, &str)] = &[
    (CommandType::ListPackages, "debian-12", "dpkg"),
    (CommandType::ListPackages, "el9-standin", "rpm"),
    (CommandType::ListPackages, "alpine-documented", "apk-db"),
    (CommandType::ListPackages, "arch-documented", "pacman"),
    (CommandType::ListPackages, "freebsd-documented", "pkg"),
    (CommandType::ListPackages, "macos-documented", "brew"),
    (CommandType::ListPackages, "table", "table"),
    (CommandType::ListUpdates, "debian-12", "apt-upgrade"),
    (CommandType::ListUpdates, "el9-documented", "dnf-updates"),
    (CommandType::ListUpdates, "suse-documented", "zypper-updates"),
    (CommandType::ListUpdates, "alpine-documented", "apk-updates"),
    (CommandType::ListUpdates, "arch-documented", "pacman-updates"),
    (CommandType::ListUpdates, "freebsd-documented", "pkg-updates"),
    (CommandType::ListUpdates, "macos-documented", "brew-updates"),
    (CommandType::ListUpdates, "table", "table"),
    (CommandType::ListRestarts, "table", "table"),
    (CommandType::PreviewInstall, "debian-12", "apt-plan"),
    (CommandType::PreviewInstall, "el9-standin", "dnf-plan"),
    (CommandType::PreviewInstall, "el9-standin-rpm", "rpm-test"),
    (CommandType::PreviewInstall, "suse-documented", "zypper-plan"),
    (CommandType::PreviewInstall, "alpine-documented", "apk-plan"),
    (CommandType::PreviewInstall, "arch-documented", "pacman-plan"),
    (CommandType::PreviewInstall, "freebsd-documented", "pkg-plan"),
    (CommandType::PreviewInstall, "macos-documented", "brew-plan"),
    (CommandType::PreviewInstall, "table", "table"),
    (CommandType::PreviewRemoval, "debian-12", "apt-plan"),
    (CommandType::PreviewRemoval, "el9-standin", "dnf-plan"),
    (CommandType::PreviewRemoval, "el9-standin-rpm", "rpm-test"),
    (CommandType::PreviewRemoval, "suse-documented", "zypper-plan"),
    (CommandType::PreviewRemoval, "alpine-documented", "apk-plan"),
    (CommandType::PreviewRemoval, "arch-documented", "pacman-plan"),
    (CommandType::PreviewRemoval, "freebsd-documented", "pkg-plan"),
    (CommandType::PreviewRemoval, "macos-documented", "brew-plan"),
    (CommandType::PreviewRemoval, "table", "table"),
    (CommandType::PreviewUpdates, "debian-12", "apt-plan"),
    (CommandType::PreviewUpdates, "el9-standin", "dnf-plan"),
    (CommandType::PreviewUpdates, "el9-standin-rpm", "rpm-test"),
    (CommandType::PreviewUpdates, "suse-documented", "zypper-plan"),
    (CommandType::PreviewUpdates, "alpine-documented", "apk-plan"),
    (CommandType::PreviewUpdates, "arch-documented", "pacman-plan"),
    (CommandType::PreviewUpdates, "freebsd-documented", "pkg-plan"),
    (CommandType::PreviewUpdates, "macos-documented", "brew-plan"),
    (CommandType::PreviewUpdates, "table", "table"),
    (CommandType::PreviewSecurityUpdates, "debian-12", "apt-plan"),
    (CommandType::PreviewSecurityUpdates, "el9-standin", "dnf-plan"),
    (CommandType::PreviewSecurityUpdates, "el9-standin-rpm", "rpm-test"),
    (CommandType::PreviewSecurityUpdates, "suse-documented", "zypper-plan"),
    (CommandType::PreviewSecurityUpdates, "alpine-documented", "apk-plan"),
    (CommandType::PreviewSecurityUpdates, "arch-documented", "pacman-plan"),
    (CommandType::PreviewSecurityUpdates, "freebsd-documented", "pkg-plan"),
    (CommandType::PreviewSecurityUpdates, "macos-documented", "brew-plan"),
    (CommandType::PreviewSecurityUpdates, "table", "table"),
    (CommandType::InstallUpdates, "table", "table"),
    (CommandType::InstallSecurityUpdates, "table", "table"),
    (CommandType::RefreshLists, "table", "table"),
    (CommandType::InstallPackage, "table", "table"),
    (CommandType::RemovePackage, "table", "table"),
    (CommandType::InstallFile, "table", "table"),
    (CommandType::InspectFile, "table", "table"),
];

/// Reads an answer about packages, as text; none where it is about something else.
pub(super) fn read(command_type: CommandType, format: &str, answer: &[u8]) -> Option<Result<String, ParseError>> {
    let name = || packages::PackageName::read("probe").unwrap();
    let shown = |text: String| text.replace("}, ", "},\n");
    let text = match command_type {
        CommandType::ListPackages => packages::ListPackages.parse(format, answer).map(|found| format!("{found:?}")),
        CommandType::ListUpdates => packages::ListUpdates.parse(format, answer).map(|found| format!("{found:?}")),
        CommandType::ListRestarts => packages::ListRestarts.parse(format, answer).map(|found| format!("{found:?}")),
        CommandType::PreviewInstall => {
            packages::PreviewInstall(name()).parse(format, answer).map(|found| format!("{found:?}"))
        }
        CommandType::PreviewRemoval => {
            packages::PreviewRemoval(name()).parse(format, answer).map(|found| format!("{found:?}"))
        }
        CommandType::PreviewUpdates => packages::PreviewUpdates.parse(format, answer).map(|found| format!("{found:?}")),
        CommandType::PreviewSecurityUpdates => {
            packages::PreviewSecurityUpdates.parse(format, answer).map(|found| format!("{found:?}"))
        }
        CommandType::InstallUpdates => packages::InstallUpdates.parse(format, answer).map(|found| format!("{found:?}")),
        CommandType::InstallSecurityUpdates => {
            packages::InstallSecurityUpdates.parse(format, answer).map(|found| format!("{found:?}"))
        }
        CommandType::RefreshLists => packages::RefreshLists.parse(format, answer).map(|found| format!("{found:?}")),
        CommandType::InstallPackage => {
            packages::InstallPackage(name()).parse(format, answer).map(|found| format!("{found:?}"))
        }
        CommandType::RemovePackage => {
            packages::RemovePackage(name()).parse(format, answer).map(|found| format!("{found:?}"))
        }
        CommandType::InstallFile => packages::InstallFile { file: String::new(), unsigned: false }
            .parse(format, answer)
            .map(|found| format!("{found:?}")),
        CommandType::InspectFile => {
            packages::InspectFile::default().parse(format, answer).map(|found| format!("{found:?}"))
        }
        _ => return None,
    };
    Some(text.map(shown))
}
