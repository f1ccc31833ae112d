//! Restarting and shutting down a server, and watching what becomes of it: when it went, how long it was away, in which boot it
//! came back.

pub mod ask;
mod course;
pub mod watch;

use crate::commands::CommandType;
use crate::models::power_requests::PowerDeed;

impl PowerDeed {
    /// What asks a server for it.
    pub fn command_type(self) -> CommandType {
        match self {
            Self::Restart => CommandType::RestartServer,
            Self::ShutDown => CommandType::ShutDownServer,
        }
    }
}
