//! As whom a script sees most, where nobody chose it.

use super::host::{Answer, Host};
use super::permits;
use crate::commands::script::Privilege;
use crate::commands::{Acting, Read};
use crate::error::{Error, RemoteError, Result};
use crate::models::permission::Permission;

/// A line that can be allowed by allowing everything, and not by itself.
const ANY_LINE: &str = "$as_root /bin/sh -c \"$work\"";

impl Host {
    /// Reads what `command` makes of an [`Acting`]: as root where that is possible, else as the user who signs in.
    pub async fn read_seeing_most<C: Read>(&self, command: impl Fn(Acting) -> C) -> Result<Answer<C::Output>> {
        let acting = self.acting_that_sees_most().await?;
        match self.read(command(acting)).await {
            // The stored password is not taken any more: what the user sees is something.
            Err(Error::Remote(error))
                if acting == Acting::Root && matches!(*error, RemoteError::PrivilegeRefused { .. }) =>
            {
                self.read(command(Acting::User)).await
            }
            answer => answer,
        }
    }

    /// Root, where whoever asks may act as root and the server lets hannun do any command as root; else the user who signs in.
    async fn acting_that_sees_most(&self) -> Result<Acting> {
        if !permits::is_allowed(self.hosts(), (self.server(), self.actor()), Permission::Root).await? {
            return Ok(Acting::User);
        }
        let (endpoint, platform) = self.hosts().endpoint_and_platform(self.server().id).await?;
        match self.hosts().privilege(&endpoint, &platform, ANY_LINE).await? {
            Privilege::None => Ok(Acting::User),
            Privilege::AlreadyRoot | Privilege::Sudo | Privilege::SudoPassword => Ok(Acting::Root),
        }
    }
}
