//! Servers that hannun knows and may sign in to: rows made from an [`Endpoint`], as an administrator would have entered them.

use hannun::commands::Platform;
use hannun::commands::script::Privilege;
use hannun::models::actor::Scope;
use hannun::models::allowance::Allowance;
use hannun::models::credentials::{CredentialKind, NewCredential, Privileges, Secrets};
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::platforms::DetectedPlatform;
use hannun::models::server_states::ServerState;
use hannun::models::servers::{NewServer, Server, ServerChanges};
use hannun::remote::{Auth, Endpoint};

use super::app::TestApp;

/// A credential of root's with a password, which needs nothing else.
pub(crate) fn password_of_root<'a>(name: &'a str, secrets: &'a Secrets) -> NewCredential<'a> {
    let (kind, privilege) = (CredentialKind::Password, Privileges::None);
    NewCredential { name, user_name: "root", kind, privilege, note: "", key: None, secrets }
}

/// Adds the server of `endpoint` under this name, with its keys approved; it is known to answer.
pub(crate) async fn add(app: &TestApp, name: &'static str, endpoint: &Endpoint) -> Server {
    let (endpoint, sealer, now) = (endpoint.clone(), app.app.sealer.clone(), app.database.now());
    let insert = app.app.db.run(move |connection| {
        let (kind, mut secrets) = match endpoint.credential.clone() {
            Auth::Password(password) => {
                (CredentialKind::Password, Secrets { password: Some(password), ..Secrets::default() })
            }
            Auth::PrivateKey { key, passphrase } => {
                let secrets = Secrets { private_key: Some(key), passphrase, ..Secrets::default() };
                (CredentialKind::PrivateKey, secrets)
            }
        };
        secrets.sudo_password.clone_from(&endpoint.sudo_password);
        let privilege = match endpoint.privilege {
            Privilege::None | Privilege::AlreadyRoot => Privileges::None,
            Privilege::Sudo => Privileges::Sudo,
            Privilege::SudoPassword => Privileges::SudoPassword,
        };
        let new =
            NewCredential { name, user_name: &endpoint.user, kind, privilege, note: "", key: None, secrets: &secrets };
        let credential = new.insert(connection, &sealer, now)?;
        let new = NewServer {
            port: i32::from(endpoint.port),
            credential_id: Some(credential.id),
            ..NewServer::new(name, &endpoint.address)
        };
        let server = new.insert(connection)?;
        for pin in &endpoint.pins {
            let words: Vec<&str> = pin.public_key.split_whitespace().take(2).collect();
            let key = GivenKey {
                algorithm: &pin.algorithm,
                public_key: &words.join(" "),
                fingerprint: "SHA256:given-by-the-test",
            };
            HostKey::pin(connection, server.id, &key, "the test", now)?;
        }
        ServerState::up(connection, server.id, now)?;
        Ok::<_, hannun::error::Error>(server)
    });
    insert.await.unwrap()
}

/// The same with a platform, which is asked for no more: a system of this kind that has these tools.
pub(crate) async fn add_with_platform(
    app: &TestApp,
    name: &'static str,
    endpoint: &Endpoint,
    (os, tools): (&str, &[&str]),
) -> Server {
    let server = add(app, name, endpoint).await;
    let capabilities = tools.iter().map(|tool| (*tool).to_owned()).collect();
    let platform = Platform { os: os.to_owned(), capabilities, ..Platform::default() };
    let row = DetectedPlatform::new(server.id, &platform, app.database.now());
    app.app.db.run(move |connection| row.save(connection)).await.unwrap();
    server
}

/// Adds a server that answered a moment ago, as far as hannun knows; nothing is there.
pub(crate) async fn answering(app: &TestApp, name: &'static str) -> Server {
    let now = app.database.now();
    let insert = app.app.db.run(move |connection| {
        let server = NewServer::new(name, "192.0.2.10").insert(connection)?;
        ServerState::up(connection, server.id, now)?;
        Ok::<_, hannun::error::Error>(server)
    });
    insert.await.unwrap()
}

/// Turns the switch of a server to watching alone.
pub(crate) async fn only_watch(app: &TestApp, name: &'static str) {
    let now = app.database.now();
    let narrower = app.app.db.run(move |connection| {
        let server = Server::by_name(connection, &Scope::All, name)?;
        let changes = ServerChanges { allow: Some(Allowance::Watch), ..ServerChanges::default() };
        Server::change(connection, server.id, &changes, now).map(drop)
    });
    narrower.await.unwrap();
}
