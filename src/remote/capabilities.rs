//! What hannun can do on one server, by what is stored about it: which command each question gets, as whom it runs, what it
//! misses without root, and the lines of `sudoers` that would give it that. Sends nothing.

use crate::commands::catalog::{Considered, Verdict};
use crate::commands::platform::Platform;
use crate::commands::root_lines::{Located, RootLine, root_lines_of, sudoers};
use crate::commands::root_rights::RootRights;
use crate::commands::script::Privilege;
use crate::commands::{Catalog, CommandType};
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::credentials::Credential;
use crate::models::platforms::DetectedPlatform;
use crate::models::root_rights::StoredRights;
use crate::models::servers::Server;

use super::host::OperableHost;
use super::ways::privilege;

/// What can be done on a server.
#[derive(Debug, Clone)]
pub struct Capabilities {
    /// What it runs; none before the first detection.
    pub platform: Option<DetectedPlatform>,
    /// Who signs in there; none where it has no credential.
    pub run_as: Option<String>,
    /// How that user becomes root.
    pub privilege: Privilege,
    /// What was found of that user's rights; none where nobody asked yet.
    pub rights: Option<StoredRights>,
    /// Each question, in the order of the catalogue.
    pub abilities: Vec<Ability>,
}

/// One question, and what answers it there.
#[derive(Debug, Clone)]
pub struct Ability {
    /// What is asked.
    pub command_type: CommandType,
    /// Every command of the type, the used one first; empty while the platform is not known.
    pub considered: Vec<Considered>,
    /// How well it can be asked.
    pub standing: Standing,
    /// The lines of the used command that ask for root.
    pub root_lines: Vec<RootLine>,
}

/// How well a question can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The platform is not known yet.
    NotKnown,
    /// No command fits.
    Off,
    /// It can, and sees less than root would, for this reason.
    Limited(Message),
    /// It can.
    Full,
}

impl Standing {
    /// The stable word of the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotKnown => "not_known",
            Self::Off => "off",
            Self::Limited(_) => "limited",
            Self::Full => "full",
        }
    }
}

impl Ability {
    /// The command that is used.
    pub fn used(&self) -> Option<&Considered> {
        self.considered.first().filter(|first| first.verdict == Verdict::Used)
    }
}

impl Capabilities {
    /// What is stored of `server`, weighed with `catalog`.
    pub fn load(connection: &mut Connection, catalog: &Catalog, server: &Server) -> Result<Self> {
        let platform = DetectedPlatform::of(connection, server.id)?;
        let credential = server.credential_id.map(|id| Credential::by_id(connection, id)).transpose()?;
        let run_as = credential.as_ref().map(|credential| credential.user_name.clone());
        let privilege = credential.as_ref().map_or(Privilege::None, privilege);
        let rights = match &run_as {
            Some(user) => StoredRights::of(connection, server.id, (user, privilege))?,
            None => None,
        };
        let known = platform.clone().map(Platform::from);
        let found = rights.as_ref().map(StoredRights::rights);
        let abilities = CommandType::ALL
            .iter()
            .map(|command_type| ability(*command_type, catalog, known.as_ref(), privilege, found.as_ref()))
            .collect();
        Ok(Self { platform, run_as, privilege, rights, abilities })
    }

    /// What the server runs, as conditions name it: `netbsd`; empty before the first detection.
    pub fn system(&self) -> String {
        self.platform.as_ref().map(|platform| platform.os.clone()).unwrap_or_default()
    }

    /// The file below `/etc/sudoers.d` that turns on what is limited; none where nothing is, or where nothing can be listed.
    /// Whoever puts it there to see more does not give away the right to take the server down.
    pub fn sudoers(&self) -> Option<String> {
        // Behind a password nothing but every command can be listed.
        let rights = self.rights.as_ref().filter(|_| self.privilege != Privilege::SudoPassword)?.rights();
        // Lines that differ from run to run cannot be listed: for them nothing would be turned on.
        let lacks =
            |line: &RootLine| matches!(line, RootLine::Constant(_)) && !rights.allow(std::slice::from_ref(line));
        let would_help = |ability: &Ability| {
            matches!(ability.standing, Standing::Limited(_))
                && (self.privilege == Privilege::None || ability.root_lines.iter().any(lacks))
        };
        let offered = || self.abilities.iter().filter(|ability| !ability.command_type.takes_down());
        if !offered().any(would_help) {
            return None;
        }
        let mut lines: Vec<&RootLine> = Vec::new();
        for line in offered().flat_map(|ability| &ability.root_lines) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let commands: Vec<Located<'_>> = lines
            .into_iter()
            .filter_map(|line| rights.of(line.text()))
            .filter(|command| !command.path.is_empty())
            .map(|command| Located { path: &command.path, line: &command.line })
            .collect();
        sudoers(self.run_as.as_deref()?, &commands)
    }
}

fn ability(
    command_type: CommandType,
    catalog: &Catalog,
    platform: Option<&Platform>,
    privilege: Privilege,
    rights: Option<&RootRights>,
) -> Ability {
    let considered = platform.map(|platform| catalog.weigh(command_type, platform)).unwrap_or_default();
    let mut ability = Ability { command_type, considered, standing: Standing::Off, root_lines: Vec::new() };
    if platform.is_none() {
        ability.standing = Standing::NotKnown;
    } else if let Some(used) = ability.used() {
        let lines = root_lines_of(command_type, &used.command.script);
        ability.standing = standing(&lines, privilege, rights);
        ability.root_lines = lines;
    }
    ability
}

fn standing(lines: &[RootLine], privilege: Privilege, rights: Option<&RootRights>) -> Standing {
    if lines.is_empty() || privilege == Privilege::AlreadyRoot {
        return Standing::Full;
    }
    if privilege == Privilege::None {
        return Standing::Limited(Message::new("The credential says that hannun never becomes root there"));
    }
    let Some(rights) = rights else {
        return Standing::Limited(Message::new("sudo was not asked yet what it allows there"));
    };
    if rights.allow(lines) {
        return Standing::Full;
    }
    if privilege == Privilege::SudoPassword {
        return Standing::Limited(Message::new("sudo does not run commands there with the stored password"));
    }
    let missing = lines.iter().find(|line| !rights.allow(std::slice::from_ref(*line)));
    let line = missing.map(RootLine::text).unwrap_or_default();
    Standing::Limited(Message::new("sudo does not run {line} there without a password").with("line", line))
}

impl OperableHost {
    /// Detects the platform anew, with what may be done as root; audited, because somebody asked for it.
    pub async fn detect_again(&self) -> Result<Platform> {
        let hosts = self.hosts();
        hosts.pool().reset_breaker(self.server().id);
        let found = hosts.detect_platform(self.server().id).await;
        let mut entry = AuditEntry::by(self.actor(), "detect_platform").server(self.name());
        let outcome = match &found {
            Ok(platform) => {
                entry = entry.target(&platform.pretty_name);
                Outcome::Succeeded
            }
            Err(error) => {
                entry = entry.detail("why", error);
                Outcome::Failed
            }
        };
        let now = hosts.clock().now();
        hosts.db().run(move |connection| entry.record(connection, outcome, now)).await?;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::root_lines::root_lines;
    use crate::commands::root_rights::RootCommand;

    fn lines() -> Vec<RootLine> {
        root_lines("$as_root ss -Htulpne")
    }

    fn allowing(allowed: bool) -> RootRights {
        let command = RootCommand { line: "ss -Htulpne".into(), path: "/usr/bin/ss".into(), allowed };
        RootRights { everything: false, commands: vec![command] }
    }

    #[test]
    fn what_misses_root_says_why() {
        assert_eq!(standing(&[], Privilege::None, None), Standing::Full);
        assert_eq!(standing(&lines(), Privilege::Sudo, Some(&allowing(true))), Standing::Full);
        assert_eq!(standing(&lines(), Privilege::AlreadyRoot, Some(&allowing(false))), Standing::Full);
        let said = |privilege, rights: Option<&RootRights>| match standing(&lines(), privilege, rights) {
            Standing::Limited(why) => why.to_string(),
            other => panic!("{other:?}"),
        };
        let refused = allowing(false);
        assert!(said(Privilege::None, Some(&refused)).contains("never becomes root"));
        assert!(said(Privilege::Sudo, Some(&refused)).contains("sudo does not run ss -Htulpne there"));
        assert!(said(Privilege::SudoPassword, Some(&refused)).contains("with the stored password"));
        assert!(said(Privilege::SudoPassword, None).contains("not asked yet"));
        let all = RootRights { everything: true, ..RootRights::default() };
        assert_eq!(standing(&lines(), Privilege::SudoPassword, Some(&all)), Standing::Full);
    }

    #[test]
    fn only_what_is_limited_asks_for_a_file() {
        let ability = |standing| Ability {
            command_type: CommandType::ListSockets,
            considered: Vec::new(),
            standing,
            root_lines: lines(),
        };
        let rights = StoredRights::new(
            crate::models::ids::ServerId(1),
            ("deploy", Privilege::Sudo),
            &allowing(false),
            chrono::Utc::now(),
        );
        let capabilities = |standing| Capabilities {
            platform: None,
            run_as: Some("deploy".to_owned()),
            privilege: Privilege::Sudo,
            rights: Some(rights.clone()),
            abilities: vec![ability(standing)],
        };
        let text = capabilities(Standing::Limited("x".into())).sudoers().unwrap();
        assert_eq!(text, "deploy ALL=(root) NOPASSWD: /usr/bin/ss -Htulpne\n");
        assert_eq!(capabilities(Standing::Full).sudoers(), None);
        let mut restart = capabilities(Standing::Limited("x".into()));
        restart.abilities[0].command_type = CommandType::RestartServer;
        assert_eq!(restart.sudoers(), None, "nobody gives that away by the way");
    }
}
