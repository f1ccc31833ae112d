//! Credentials, as administrators see them. Secrets are written and never read back (S05).

mod secrets;

use chrono::{DateTime, Utc};

use super::screen;
use crate::admin::cell::Cell;
use crate::admin::control::Offer;
use crate::admin::field::{Field, SecretDraft};
use crate::admin::form::Form;
use crate::admin::list::List;
use crate::admin::resource::{By, Checking, Consequences, Resource};
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::credentials::{Credential, CredentialKind, Privileges};
use crate::models::names::{name_problem, remote_user_problem};
use crate::models::servers::Server;
use crate::web::menu::Screen;

static SCREEN: Screen = screen("credentials", "Credentials", "key-round");

/// How we sign in to servers.
pub struct Credentials;

/// One credential with the number of servers that use it.
pub struct Row {
    credential: Credential,
    servers: i64,
}

/// What the form fills in; also part of a server's form, for a credential of its own.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "named as in the table")]
pub struct Draft {
    pub name: String,
    pub user_name: String,
    pub kind: String,
    pub password: SecretDraft,
    pub private_key: SecretDraft,
    pub passphrase: SecretDraft,
    pub privilege: String,
    pub sudo_password: SecretDraft,
    pub note: String,
    pub key: String,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            name: String::new(),
            user_name: String::new(),
            kind: CredentialKind::PrivateKey.name().to_owned(),
            password: SecretDraft::default(),
            private_key: SecretDraft::default(),
            passphrase: SecretDraft::default(),
            privilege: Privileges::Sudo.name().to_owned(),
            sudo_password: SecretDraft::default(),
            note: String::new(),
            key: String::new(),
        }
    }
}

/// What is presented at sign-in; each choice opens its own fields.
pub fn kinds() -> Vec<Offer> {
    vec![
        Offer::word(CredentialKind::PrivateKey.name(), "Private key").reveals("private-key"),
        Offer::word(CredentialKind::Password.name(), "Password").reveals("password"),
    ]
}

/// Ways to become root.
pub fn privileges() -> Vec<Offer> {
    vec![
        Offer::word(Privileges::Sudo.name(), "sudo without a password"),
        Offer::word(Privileges::SudoPassword.name(), "sudo with a password").reveals("sudo-password"),
        Offer::word(Privileges::None.name(), "Never"),
    ]
}

/// The credentials that somebody may give to a server, with who they are and where they are used.
pub fn offers(connection: &mut Connection, scope: &Scope) -> Result<Vec<Offer>> {
    let mut counts = Server::count_by_credential(connection, scope)?;
    let usable = |credential: &Credential| *scope == Scope::All || counts.contains_key(&credential.id);
    let credentials = Credential::all(connection)?.into_iter().filter(usable).collect::<Vec<_>>().into_iter();
    Ok(credentials
        .map(|credential| {
            let sentence = match credential.kind {
                CredentialKind::Password => "Password, user {user}, servers: {count}",
                CredentialKind::PrivateKey => "Private key, user {user}, servers: {count}",
            };
            let used = counts.remove(&credential.id).unwrap_or_default();
            let detail = Message::new(sentence).with("user", &credential.user_name).with("count", used);
            Offer::name(credential.name).detail(detail)
        })
        .collect())
}

const KINDS: &[(&str, &str)] = &[("private_key", "Private key"), ("password", "Password")];
const ROOT: &[(&str, &str)] =
    &[("sudo", "sudo without a password"), ("sudo_password", "sudo with a password"), ("none", "Never")];

impl Resource for Credentials {
    type Row = Row;
    type Draft = Draft;

    const EVENTS: [&'static str; 3] = ["create_credential", "change_credential", "delete_credential"];
    const ADD: Option<&'static str> = Some("Add credential");
    const DELETES: bool = true;
    const NEEDS_PROOF: bool = true;
    const FILLED_IN: bool = true;

    fn screen() -> &'static Screen {
        &SCREEN
    }

    fn list() -> List<Row> {
        List::in_order_of("name")
            .column("Name", |row: &Row| Cell::Key(row.credential.name.clone()))
            .column("User name", |row| Cell::Code(row.credential.user_name.clone()))
            .column("Kind", |row| Cell::choice(KINDS, row.credential.kind.name()))
            .column("Key", |row| Cell::Code(row.credential.fingerprint.clone().unwrap_or_default()))
            .column("Root commands", |row| Cell::choice(ROOT, row.credential.privilege.name()))
            .column("Servers", |row| Cell::count(row.servers))
            .column("Secret changed", |row| Cell::Time(row.credential.secret_changed_at))
            .search("Name, user name, key or note", |row| {
                let credential = &row.credential;
                let key = credential.fingerprint.as_deref().unwrap_or_default();
                format!("{} {} {key} {}", credential.name, credential.user_name, credential.note)
            })
            .filter_words("kind", "Kind", KINDS, |row| vec![row.credential.kind.name().to_owned()])
            .filter_words("root", "Root commands", ROOT, |row| vec![row.credential.privilege.name().to_owned()])
    }

    fn form() -> Form<Draft> {
        Form::new()
            .fieldset(
                "Credential",
                [
                    Field::text("name", "Name", |draft: &mut Draft| &mut draft.name)
                        .required()
                        .checked(name_problem)
                        .hint("Small letters, digits, dash, dot."),
                    Field::literal("user_name", "User name on the servers", |draft: &mut Draft| &mut draft.user_name)
                        .required()
                        .checked(remote_user_problem),
                ],
            )
            .fieldset(
                "Sign-in",
                [
                    Field::segments("kind", "Kind", |draft: &mut Draft| &mut draft.kind, kinds).required().wide(),
                    Field::secret("password", "Password", |draft: &mut Draft| &mut draft.password).when(&["password"]),
                    Field::pasted_key("private_key", "Private key", |draft: &mut Draft| &mut draft.private_key)
                        .when(&["private-key"])
                        .hint("Paste the whole file, with its first and last line."),
                    Field::secret("passphrase", "Passphrase", |draft: &mut Draft| &mut draft.passphrase)
                        .when(&["private-key"])
                        .hint("Only for an encrypted key."),
                    Field::shown("key", "Stored key", |draft: &Draft| draft.key.clone()).when(&["private-key"]),
                ],
            )
            .fieldset(
                "Root commands",
                [
                    Field::choice(
                        "privilege",
                        "How to become root",
                        |draft: &mut Draft| &mut draft.privilege,
                        privileges,
                    )
                    .required(),
                    Field::secret("sudo_password", "Password for sudo", |draft: &mut Draft| &mut draft.sudo_password)
                        .when(&["sudo-password"]),
                ],
            )
            .fieldset("More", [Field::note("note", "Note", |draft: &mut Draft| &mut draft.note)])
    }

    fn rows(connection: &mut Connection, _: &Scope) -> Result<Vec<Row>> {
        let mut counts = Server::count_by_credential(connection, &Scope::All)?;
        let rows = Credential::all(connection)?.into_iter();
        Ok(rows
            .map(|credential| Row { servers: counts.remove(&credential.id).unwrap_or_default(), credential })
            .collect())
    }

    fn id(row: &Row) -> i64 {
        row.credential.id.0
    }

    fn name(row: &Row) -> String {
        row.credential.name.clone()
    }

    fn updated_at(row: &Row) -> Option<DateTime<Utc>> {
        Some(row.credential.updated_at)
    }

    fn managed_by(row: &Row) -> Option<String> {
        row.credential.managed_by.clone()
    }

    fn draft(_: &mut Connection, row: &Row) -> Result<Draft> {
        Ok(secrets::draft(&row.credential))
    }

    fn check(check: &mut Checking<'_, Row>, draft: &mut Draft) -> Result<()> {
        let stored = check.row.map(|row| &row.credential);
        for (field, problem) in secrets::problems(check.connection, check.by, stored, draft)? {
            check.problems.add(field, problem);
        }
        Ok(())
    }

    fn create(connection: &mut Connection, by: &By, draft: &Draft) -> Result<i64> {
        Ok(create(connection, by, draft)?.0)
    }

    fn update(connection: &mut Connection, by: &By, row: &Row, draft: &Draft) -> Result<()> {
        secrets::update(connection, by, &row.credential, draft)
    }

    fn consequences(connection: &mut Connection, _: &By, row: &Row) -> Result<Consequences> {
        let servers = Server::using_credential(connection, row.credential.id)?;
        let names = servers.iter().map(|server| server.name.as_str()).collect::<Vec<_>>().join(", ");
        let blocked = (!servers.is_empty()).then(|| {
            Message::new("{servers} sign in with it. Choose another credential for them first").with("servers", names)
        });
        let goes = vec![Message::new("Its stored secrets are gone for good")];
        Ok(Consequences { goes, blocked: blocked.into_iter().collect() })
    }

    fn delete(connection: &mut Connection, _: &By, row: &Row) -> Result<()> {
        row.credential.delete(connection)
    }
}

pub use secrets::{create, kind, privilege, problems, secrets_of};
