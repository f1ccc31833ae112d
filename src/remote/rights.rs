//! What may be done as root on a server: asked once, kept, asked again when a script needs a line that nobody asked about.

use std::time::Duration;

use super::Endpoint;
use super::hosts::{Hosts, Script};
use crate::commands::CommandType;
use crate::commands::platform::Platform;
use crate::commands::root_lines::{RootLine, root_lines, root_lines_of};
use crate::commands::root_rights::{self, MOST_LINES, RootRights, privilege_for};
use crate::commands::script::Privilege;
use crate::error::{Error, RemoteError, Result};
use crate::models::root_rights::StoredRights;
use crate::models::server_states::State;

/// What the question is called, for sentences.
const NAME: &str = "root-rights";
/// How long `sudo` may take to say what it allows; what is asked of the server waits that long.
const PATIENCE: Duration = Duration::from_secs(5);

impl Hosts {
    /// How the lines of `script` that ask for root get it on this server.
    pub(super) async fn privilege(&self, endpoint: &Endpoint, platform: &Platform, script: &str) -> Result<Privilege> {
        let lines = root_lines(script);
        if endpoint.privilege != Privilege::Sudo || lines.is_empty() {
            return Ok(privilege_for(script, endpoint.privilege, &RootRights::default()));
        }
        let rights = match self.root_rights(endpoint, platform, lines).await {
            // The server is well, and sudo hangs or talks nonsense: what is asked runs without it, and sees less.
            Err(Error::Remote(error)) if State::after(&error).is_none() => {
                tracing::debug!(server = endpoint.name, %error, "it did not say what may be done as root");
                RootRights::default()
            }
            found => found?,
        };
        Ok(privilege_for(script, endpoint.privilege, &rights))
    }

    /// What is known of `lines`, and of every line that a command for this platform may ask; asked now where it is not.
    pub(super) async fn root_rights(
        &self,
        endpoint: &Endpoint,
        platform: &Platform,
        mut lines: Vec<RootLine>,
    ) -> Result<RootRights> {
        let (server, user, privilege) = (endpoint.id, endpoint.user.clone(), endpoint.privilege);
        let stored = self.db().run(move |connection| StoredRights::of(connection, server, (&user, privilege))).await?;
        let stored = stored.map(|stored| stored.rights());
        if let Some(rights) = stored.as_ref().filter(|rights| rights.know(&lines)) {
            return Ok(rights.clone());
        }
        lines.extend(self.lines_that_fit(platform));
        // What other scripts asked for stays known: two checks would have it asked anew in turn.
        let known = stored.into_iter().flat_map(|rights| rights.commands);
        lines.extend(known.map(|command| RootLine::Constant(command.line)));
        self.ask_rights(endpoint, platform, &lines).await
    }

    /// The lines that ask for root in every command that fits `platform`.
    pub(super) fn lines_that_fit(&self, platform: &Platform) -> Vec<RootLine> {
        let catalog = self.catalog();
        let lines = |command_type: &CommandType| {
            let fitting = catalog.candidates(*command_type, platform).into_iter();
            fitting.flat_map(|chosen| root_lines_of(*command_type, &chosen.script)).collect::<Vec<_>>()
        };
        CommandType::ALL.iter().flat_map(lines).collect()
    }

    /// Asks the server about `lines`, and keeps what it says. The first ones count, where there are too many. Where it says
    /// nothing, nothing stays known: what was allowed before may not be any more.
    pub(super) async fn ask_rights(
        &self,
        endpoint: &Endpoint,
        platform: &Platform,
        lines: &[RootLine],
    ) -> Result<RootRights> {
        let (found, server) = (self.find_rights(endpoint, platform, lines).await, endpoint.id);
        match &found {
            Ok(rights) => {
                let as_whom = (endpoint.user.as_str(), endpoint.privilege);
                let row = StoredRights::new(server, as_whom, rights, self.clock().now());
                self.db().run(move |connection| row.keep(connection)).await?;
            }
            Err(_) => self.db().run(move |connection| StoredRights::forget(connection, server)).await?,
        }
        found
    }

    async fn find_rights(&self, endpoint: &Endpoint, platform: &Platform, lines: &[RootLine]) -> Result<RootRights> {
        let mut wanted: Vec<RootLine> = Vec::new();
        for line in lines.iter().filter(|line| matches!(line, RootLine::Constant(_))) {
            if !wanted.contains(line) && wanted.len() < MOST_LINES {
                wanted.push(line.clone());
            }
        }
        if endpoint.privilege == Privilege::AlreadyRoot || wanted.is_empty() {
            let everything = endpoint.privilege == Privilege::AlreadyRoot;
            return Ok(RootRights { everything, commands: Vec::new() });
        }
        let parameters = root_rights::parameters(&wanted, endpoint.privilege);
        let mut script = Script::new(NAME, root_rights::SCRIPT, &parameters, PATIENCE.min(self.command_timeout()));
        script.privilege = Some(endpoint.privilege).filter(|one| *one == Privilege::SudoPassword).unwrap_or_default();
        match self.send(endpoint, platform.locale(), script).await {
            // The stored password is not taken.
            Err(Error::Remote(error)) if matches!(*error, RemoteError::PrivilegeRefused { .. }) => {
                Ok(RootRights::default())
            }
            answer => root_rights::parse(&answer?.success(&endpoint.name, NAME)?.stdout, &wanted)
                .map_err(|problem| RemoteError::unparsable(&endpoint.name, NAME, problem).into()),
        }
    }
}
