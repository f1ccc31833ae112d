//! Errors of a server made of what `commands` says, which knows no server.

use super::RemoteError;
use crate::commands::ParseError;
use crate::commands::catalog::NoCommand;

impl RemoteError {
    /// An answer that could not be read.
    pub fn unparsable(server: &str, command: &str, problem: ParseError) -> Self {
        let (server, command, why) = (server.to_owned(), command.to_owned(), problem.to_string());
        Self::Unparsable { server, command, why, sample: problem.sample }
    }

    /// No command of a type is known for what the server runs.
    pub fn unsupported(server: &str, missing: NoCommand) -> Self {
        let (server, command) = (server.to_owned(), missing.command_type.label().to_owned());
        Self::Unsupported { server, command, platform: missing.platform }
    }
}
