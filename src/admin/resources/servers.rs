//! Servers, as administrators see them.

mod rows;
mod save;

use chrono::{DateTime, Utc};

use super::credentials::{self, kinds, privileges};
use super::{ALLOWANCES, allowances, groups, screen};
use crate::admin::cell::Cell;
use crate::admin::control::Offer;
use crate::admin::field::Field;
use crate::admin::form::Form;
use crate::admin::list::List;
use crate::admin::resource::{Action, Beside, By, Checking, Consequences, Reach, Resource};
use crate::app::App;
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::ids::ServerId;
use crate::models::names::{address_problem, remote_user_problem, server_name_problem};
use crate::models::scenarios::Scenario;
use crate::models::servers::Server;
use crate::web::menu::Screen;

pub use rows::{KeySign, Row};
pub use save::Draft;

static SCREEN: Screen = screen("servers", "Servers", "table-2");

/// Servers that we may connect to.
pub struct Servers;

/// The choice of a credential that is made together with the server; no name can be like it.
pub const OWN: &str = "+own";

const MONITORING: &[(&str, &str)] = &[("on", "Monitored"), ("paused", "Paused")];

fn credential_offers(connection: &mut Connection, scope: &Scope) -> Result<Vec<Offer>> {
    let own = Offer::word(OWN, "Only for this server…").detail(Message::new("Enter a key or password here"));
    let mut offers = credentials::offers(connection, scope)?;
    offers.push(own.reveals("own"));
    Ok(offers)
}

fn server_offers(connection: &mut Connection, scope: &Scope) -> Result<Vec<Offer>> {
    Ok(Server::all(connection, scope)?.into_iter().map(|server| Offer::name(server.name)).collect())
}

impl Resource for Servers {
    type Row = Row;
    type Draft = Draft;

    const REACH: Reach = Reach::Scoped;
    const EVENTS: [&'static str; 3] = ["create_server", "change_server", "delete_server"];
    const ADD: Option<&'static str> = Some("Add server");
    const LINKS: &'static [(&'static str, &'static str, &'static str)] = &[
        ("/admin/imports/new", "Import SSH config, Ansible…", "upload"),
        ("/admin/inventory", "Import YAML…", "upload"),
        ("/admin/inventory/export", "Export YAML", "download"),
    ];
    const DELETES: bool = true;
    const BESIDE: Beside = Beside::Connection;

    fn screen() -> &'static Screen {
        &SCREEN
    }

    fn list() -> List<Row> {
        List::in_order_of("name")
            .column("Name", |row: &Row| Cell::Key(row.server.name.clone()))
            .column("Address", |row| Cell::Code(row.address()))
            .column("Groups", |row| Cell::Text(row.groups.join(", ")))
            .column("Labels", |row| Cell::Tags(row.labels()))
            .column("Platform", |row| Cell::Text(row.platform.clone()))
            .column("Credential", |row| Cell::Text(row.credential.clone()))
            .column("Through", |row| Cell::Text(row.jump_server.clone()))
            .column("Every", |row| {
                if !row.server.enabled {
                    return Cell::State { dot: "paused", label: "Paused" };
                }
                let seconds = row.server.sampling_seconds;
                Cell::Number { value: i64::from(seconds), text: format!("{seconds} s") }
            })
            .column("Host key", |row| row.key.cell())
            .column("Changed", |row| Cell::Time(Some(row.server.updated_at)))
            .search("Name, address, label or note", Row::searched)
            .filter_names("group", "Group", |row| row.groups.clone())
            .filter_words("key", "Host key", KeySign::WORDS, |row| vec![row.key.name().to_owned()])
            .filter_names("credential", "Credential", |row| vec![row.credential.clone()])
            .filter_words("allow", "What hannun may do there", ALLOWANCES, |row| {
                vec![row.server.allow.name().to_owned()]
            })
            .filter_names("file", "File", |row| row.server.managed_by.iter().cloned().collect())
            .filter_words("monitoring", "Monitoring", MONITORING, |row| {
                vec![if row.server.enabled { "on" } else { "paused" }.to_owned()]
            })
    }

    fn form() -> Form<Draft> {
        Form::new()
            .fieldset("Identity", identity())
            .columns("Connection", 4, connection())
            .fieldset("Credential", credential())
            .fieldset("Monitoring", monitoring())
            .fieldset("Limits", limits())
    }

    fn actions() -> Vec<Action<Row>> {
        vec![
            Action {
                name: "pause_server",
                label: "Pause monitoring",
                deed: |c, by, row| save::switch(c, by, row, false),
            },
            Action {
                name: "resume_server",
                label: "Resume monitoring",
                deed: |c, by, row| save::switch(c, by, row, true),
            },
        ]
    }

    fn rows(connection: &mut Connection, scope: &Scope) -> Result<Vec<Row>> {
        let servers = Server::all(connection, scope)?;
        rows::assemble(connection, scope, servers)
    }

    fn row(connection: &mut Connection, scope: &Scope, id: i64) -> Result<Row> {
        let server = Server::by_id(connection, scope, ServerId(id))?;
        rows::assemble(connection, scope, vec![server])?.pop().ok_or(crate::error::Error::NotFound("The server"))
    }

    fn id(row: &Row) -> i64 {
        row.server.id.0
    }

    fn name(row: &Row) -> String {
        row.server.name.clone()
    }

    fn server_of(row: &Row) -> String {
        row.server.name.clone()
    }

    fn updated_at(row: &Row) -> Option<DateTime<Utc>> {
        Some(row.server.updated_at)
    }

    fn managed_by(row: &Row) -> Option<String> {
        row.server.managed_by.clone()
    }

    fn blank() -> Draft {
        Draft { port: 22, sampling_seconds: 10, enabled: true, allow: "terminal".to_owned(), ..Draft::default() }
    }

    fn draft(_: &mut Connection, row: &Row) -> Result<Draft> {
        Ok(save::draft(row))
    }

    fn check(check: &mut Checking<'_, Row>, draft: &mut Draft) -> Result<()> {
        save::check(check, draft)
    }

    fn create(connection: &mut Connection, by: &By, draft: &Draft) -> Result<i64> {
        save::create(connection, by, draft)
    }

    fn update(connection: &mut Connection, by: &By, row: &Row, draft: &Draft) -> Result<()> {
        save::update(connection, by, row, draft)
    }

    fn consequences(connection: &mut Connection, by: &By, row: &Row) -> Result<Consequences> {
        let behind = row.server.behind(connection)?;
        let names = behind.iter().map(|server| server.name.as_str()).collect::<Vec<_>>().join(", ");
        let blocked = (!behind.is_empty()).then(|| {
            let sentence = "{servers} are reached through it. Choose another jump server for them first";
            Message::new(sentence).with("servers", names)
        });
        let mut goes = vec![Message::new("All its stored measurements, and what is known of its platform")];
        if row.key != KeySign::Unknown {
            goes.push(Message::new("Its approved host keys: added again, it is a new server"));
        }
        goes.extend(scenarios_that_name(connection, by, &row.server.name)?);
        Ok(Consequences { goes, blocked: blocked.into_iter().collect() })
    }

    fn delete(connection: &mut Connection, _: &By, row: &Row) -> Result<()> {
        row.server.delete(connection)
    }

    fn changed(app: &App, touched: &[i64]) {
        for id in touched {
            app.hosts.pool().forget(ServerId(*id));
            app.hosts.pool().reset_breaker(ServerId(*id));
        }
    }
}

/// What becomes of scenarios that name a server (Z04); their names are for those who may know of all of them.
fn scenarios_that_name(connection: &mut Connection, by: &By, server: &str) -> Result<Option<Message>> {
    let names: Vec<String> = Scenario::naming(connection, server)?.into_iter().map(|scenario| scenario.name).collect();
    Ok(match (names.len(), by.actor.scope()) {
        (0, _) => None,
        (_, Scope::All) => {
            let sentence = Message::new("Scenarios that name it are switched off when they are due next: {scenarios}");
            Some(sentence.with("scenarios", names.join(", ")))
        }
        (n, Scope::Groups(_)) => {
            Some(Message::new("{n} scenarios that name it are switched off when they are due next").with("n", n))
        }
    })
}

fn identity() -> [Field<Draft>; 4] {
    [
        Field::text("name", "Name", |draft: &mut Draft| &mut draft.name)
            .required()
            .checked(server_name_problem)
            .hint("Shown everywhere. Small letters, digits, dash, dot."),
        Field::many("groups", "Groups", |draft: &mut Draft| &mut draft.groups, groups::offers),
        Field::labels("labels", "Labels", |draft: &mut Draft| &mut draft.labels)
            .hint("For example: role=cdn, region=eu, on-call"),
        Field::note("note", "Note", |draft: &mut Draft| &mut draft.note),
    ]
}

fn connection() -> [Field<Draft>; 4] {
    [
        Field::literal("address", "Address", |draft: &mut Draft| &mut draft.address)
            .required()
            .checked(address_problem)
            .hint("Host name or IP address."),
        Field::port("port", "Port", |draft: &mut Draft| &mut draft.port),
        Field::related(
            "jump_server_id",
            "Through",
            |draft: &mut Draft| &mut draft.jump_server,
            server_offers,
            "Directly",
        ),
        Field::tick("legacy_algorithms", "Allow old algorithms (SHA-1, CBC)", |draft: &mut Draft| {
            &mut draft.legacy_algorithms
        })
        .hint("Only for a server that speaks nothing better."),
    ]
}

fn credential() -> [Field<Draft>; 8] {
    const NEW: &[&str] = &["own"];
    [
        Field::cards("credential_id", "Sign in with", |draft: &mut Draft| &mut draft.credential, credential_offers)
            .required(),
        Field::literal("own_user_name", "User name", |draft: &mut Draft| &mut draft.own.user_name)
            .required()
            .checked(remote_user_problem)
            .when(NEW),
        Field::segments("own_kind", "Kind", |draft: &mut Draft| &mut draft.own.kind, kinds).required().when(NEW),
        Field::secret("own_password", "Password", |draft: &mut Draft| &mut draft.own.password)
            .when(&["own", "password"]),
        Field::pasted_key("own_private_key", "Private key", |draft: &mut Draft| &mut draft.own.private_key)
            .when(&["own", "private-key"])
            .hint("Paste the whole file, with its first and last line."),
        Field::secret("own_passphrase", "Passphrase", |draft: &mut Draft| &mut draft.own.passphrase)
            .when(&["own", "private-key"])
            .hint("Only for an encrypted key."),
        Field::choice("own_privilege", "Root commands", |draft: &mut Draft| &mut draft.own.privilege, privileges)
            .required()
            .when(NEW),
        Field::secret("own_sudo_password", "Password for sudo", |draft: &mut Draft| &mut draft.own.sudo_password)
            .when(&["own", "sudo-password"]),
    ]
}

fn limits() -> [Field<Draft>; 1] {
    [Field::choice("allow", "What hannun may do there", |draft: &mut Draft| &mut draft.allow, allowances)
        .required()
        .wide()
        .hint("Whoever asks. The narrowest of the server and its groups counts.")]
}

fn monitoring() -> [Field<Draft>; 2] {
    [
        Field::number("sampling_seconds", "Every, s", |draft: &mut Draft| &mut draft.sampling_seconds, 1, 3_600)
            .hint("Every second while somebody looks."),
        Field::tick("enabled", "Monitor this server", |draft: &mut Draft| &mut draft.enabled)
            .hint("Off: not a single packet is sent to it."),
    ]
}
