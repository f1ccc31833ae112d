//! Which cron a server has: they do not read a schedule alike, nor the names of files. Pure.

use crate::language::Message;

/// The daemon that reads the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// Debian's and its like: Vixie's cron 3.0.
    Vixie,
    /// That of RHEL, SUSE and Arch.
    Cronie,
    /// That of Alpine and `OpenWrt`.
    #[serde(rename = "busybox")]
    BusyBox,
    /// None is installed, or one that is not known: read as Vixie's would.
    #[default]
    Unknown,
}

impl Flavour {
    /// The word in a server's answer.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vixie => "vixie",
            Self::Cronie => "cronie",
            Self::BusyBox => "busybox",
            Self::Unknown => "unknown",
        }
    }

    /// What a word means; one that is not known is [`Flavour::Unknown`].
    pub fn from_name(name: &[u8]) -> Self {
        let known = [Self::Vixie, Self::Cronie, Self::BusyBox];
        known.into_iter().find(|known| known.name().as_bytes() == name).unwrap_or_default()
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Vixie => "Vixie cron",
            Self::Cronie => "cronie",
            Self::BusyBox => "BusyBox crond",
            Self::Unknown => "cron",
        }
    }

    /// Whether `CRON_TZ` changes by which clock the lines below it run.
    pub fn knows_cron_tz(self) -> bool {
        self == Self::Cronie
    }

    /// Whether the first `%` of a command ends it and begins its input.
    pub fn divides_by_percent(self) -> bool {
        self != Self::BusyBox
    }

    /// Whether a time that a change of the clock skips or repeats still runs once.
    pub fn catches_up(self) -> bool {
        self != Self::BusyBox
    }

    /// Why a file of this name below `/etc/cron.d` is not read, if it is not.
    pub fn why_ignored(self, name: &str) -> Option<Message> {
        match self {
            Self::BusyBox => Some(Message::new("BusyBox crond does not read this file")),
            Self::Cronie => {
                let left_over = [".rpmsave", ".rpmorig", ".rpmnew"].iter().any(|end| name.ends_with(end));
                (name.starts_with(['.', '#']) || name.ends_with('~') || left_over)
                    .then(|| Message::new("cronie does not read files with such a name"))
            }
            Self::Vixie | Self::Unknown => (!is_plain(name)).then(|| {
                Message::new("cron does not read this file: its name may have letters, digits, _ and - only, no dot")
            }),
        }
    }

    /// Why `run-parts` leaves a script of this name out, if it does.
    pub fn why_not_run(self, name: &str, is_executable: bool) -> Option<Message> {
        let is_left_out = if self == Self::Cronie {
            let ends = ["~", ",", ".rpmsave", ".rpmorig", ".rpmnew", ".swp", ".cfsaved"];
            name.starts_with('.') || ends.iter().any(|end| name.ends_with(end))
        } else {
            !is_plain(name)
        };
        if is_left_out {
            return Some(Message::new("run-parts leaves out a script of this name"));
        }
        (!is_executable).then(|| Message::new("run-parts leaves it out: it is not executable"))
    }

    /// Why a table of this mode and owner is not read, if it is not. Only of files with a user column.
    pub fn why_refused(self, mode: u32, owner: u32) -> Option<Message> {
        if owner != 0 {
            return Some(Message::new("cron does not read this file: it must belong to root"));
        }
        let unwanted = match self {
            Self::Cronie => 0o133,
            _ => 0o022,
        };
        (mode & unwanted != 0)
            .then(|| Message::new("cron does not read this file: others may write to it, or it is executable"))
    }
}

/// As `run-parts` of Debian has it.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_daemon_ignores_by_its_name_is_said() {
        for (flavour, name, is_read) in [
            (Flavour::Vixie, "backup", true),
            (Flavour::Vixie, "backup.sh", false),
            (Flavour::Vixie, "e2scrub_all", true),
            (Flavour::Vixie, "backup~", false),
            (Flavour::Vixie, "backup.dpkg-old", false),
            (Flavour::Cronie, "0hourly", true),
            (Flavour::Cronie, "backup.sh", true),
            (Flavour::Cronie, "backup.rpmsave", false),
            (Flavour::Cronie, ".hidden", false),
            (Flavour::BusyBox, "backup", false),
        ] {
            assert_eq!(flavour.why_ignored(name).is_none(), is_read, "{flavour:?} {name}");
        }
        assert!(Flavour::Vixie.why_refused(0o644, 0).is_none());
        assert!(Flavour::Vixie.why_refused(0o664, 0).is_some() && Flavour::Vixie.why_refused(0o644, 1000).is_some());
        assert!(Flavour::Cronie.why_refused(0o755, 0).is_some() && Flavour::Vixie.why_refused(0o755, 0).is_none());
        assert!(Flavour::Vixie.why_not_run("backup", false).is_some());
        assert!(Flavour::Vixie.why_not_run("backup.sh", true).is_some());
        assert!(Flavour::Cronie.why_not_run("backup.sh", true).is_none());
    }
}
