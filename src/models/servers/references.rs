//! What a server may refer to, for somebody who is limited to some groups: their own groups, the credentials that servers of
//! these groups use already, the servers among them. One rule for the API and the administration (Z02).

use diesel::prelude::*;

use super::Server;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::credentials::Credential;
use crate::models::groups::Group;
use crate::models::ids::{CredentialId, GroupId, ServerId};

/// The groups of these names. Who is limited to groups may put a server into those only, and into at least one.
pub fn groups(connection: &mut PgConnection, scope: &Scope, names: &[String]) -> Result<Vec<GroupId>> {
    let groups = Group::ids_of(connection, names)?;
    if *scope != Scope::All && (groups.is_empty() || !groups.iter().all(|group| scope.sees(*group))) {
        return Err(Error::field("groups", "Choose from your own groups, at least one"));
    }
    Ok(groups)
}

/// The credential of a name. Who is limited to groups may use those that a server of these groups uses already:
/// any other could be sent to a server of their own.
pub fn credential(connection: &mut PgConnection, scope: &Scope, name: &str) -> Result<CredentialId> {
    let missing = || Error::field("credential_id", Message::new("There is no credential {name}").with("name", name));
    let found = Credential::all(connection)?.into_iter().find(|known| known.name == name).ok_or_else(missing)?;
    let usable = *scope == Scope::All || Server::count_by_credential(connection, scope)?.contains_key(&found.id);
    if usable { Ok(found.id) } else { Err(missing()) }
}

/// The server of a name, to be reached through.
pub fn jump_server(connection: &mut PgConnection, scope: &Scope, name: &str) -> Result<ServerId> {
    match Server::by_name(connection, scope, name) {
        Ok(server) => Ok(server.id),
        Err(Error::NotFound(_)) => {
            Err(Error::field("jump_server_id", Message::new("There is no server {name}").with("name", name)))
        }
        Err(other) => Err(other),
    }
}
