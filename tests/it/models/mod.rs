//! Questions and deeds of every table.

use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::servers::{NewServer, Server};
use hannun::models::users::{NewUser, User};
use hannun::secret::password::PasswordHash;

use diesel::PgConnection;

mod api_tokens;
mod audit;
mod audit_chain;
mod credentials;
mod host_keys;
mod key_rotation;
mod leases;
mod platforms_and_settings;
mod server_states;
mod servers;
mod sessions;
mod sign_in;
mod users;

/// A person whose password nobody can enter.
fn user(connection: &mut PgConnection, name: &str, role: Role, scope: Scope) -> User {
    let password_hash = &PasswordHash::from("unusable".to_owned());
    NewUser { name, password_hash, rights: Rights::new(role, scope) }.insert(connection).unwrap()
}

fn server(connection: &mut PgConnection, name: &str) -> Server {
    NewServer::new(name, "10.0.0.5").insert(connection).unwrap()
}
