//! Shells that people have or had open, as administrators see them: who, where, since when; what they showed; and their end
//! (T05).

use std::collections::HashMap;

use super::screen;
use crate::admin::cell::Cell;
use crate::admin::list::List;
use crate::admin::resource::{Action, By, Reach, Resource};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::ids::ServerId;
use crate::models::servers::Server;
use crate::models::terminals::{Recording, Terminal};
use crate::terminals::{End, Ending};
use crate::web::format;
use crate::web::menu::Screen;

static SCREEN: Screen = screen("terminals", "Terminals", "terminal");

/// Terminals of everybody.
pub struct Terminals;

/// One terminal and its server's name.
pub struct Row {
    terminal: Terminal,
    server: String,
}

/// Terminals that are listed.
const MOST: i64 = 1_000;

const STATES: &[(&str, &str)] = &[("open", "Open now"), ("ended", "Ended")];

impl Row {
    fn state(&self) -> &'static str {
        if self.terminal.ended_at.is_none() { "open" } else { "ended" }
    }
}

impl Resource for Terminals {
    type Row = Row;
    type Draft = ();

    const REACH: Reach = Reach::Scoped;
    const CHANGES: bool = false;

    fn screen() -> &'static Screen {
        &SCREEN
    }

    fn list() -> List<Row> {
        List::in_order_of("-begun")
            .column("State", |row: &Row| match row.state() {
                "open" => Cell::State { dot: "up", label: "Open now" },
                _ => Cell::State { dot: "none", label: "Ended" },
            })
            .column("Who", |row| Cell::Text(row.terminal.actor.clone()))
            .column("From", |row| Cell::Code(row.terminal.address.map(|from| from.0.to_string()).unwrap_or_default()))
            .column("Server", |row| Cell::Text(row.server.clone()))
            .column("Runs as", |row| Cell::Code(row.terminal.run_as.clone()))
            .column("Begun", |row| Cell::Time(Some(row.terminal.begun_at)))
            .column("Ended", |row| Cell::Time(row.terminal.ended_at))
            .column("Output", |row| {
                let bytes = row.terminal.output_bytes;
                Cell::Number { value: bytes, text: format::bytes(u64::try_from(bytes).unwrap_or_default()) }
            })
            .column("Recorded", |row| {
                Cell::Word(if row.terminal.recording == Recording::Cut { "its beginning" } else { "all of it" })
            })
            .column("Recording", |row| Cell::Link {
                text: row.terminal.id.to_string(),
                href: format!("/servers/{}/terminal/recordings/{}", row.server, row.terminal.id),
            })
            .search("Person or server", |row| format!("{} {}", row.terminal.actor, row.server))
            .filter_words("state", "State", STATES, |row| vec![row.state().to_owned()])
    }

    fn actions() -> Vec<Action<Row>> {
        vec![Action { name: "end_terminal", label: "End", deed: end }]
    }

    fn rows(connection: &mut Connection, scope: &Scope) -> Result<Vec<Row>> {
        let servers = Server::all(connection, scope)?;
        let names: HashMap<ServerId, String> = servers.into_iter().map(|server| (server.id, server.name)).collect();
        let ids: Vec<ServerId> = names.keys().copied().collect();
        let terminals = Terminal::latest(connection, &ids, None, MOST)?;
        let row = |terminal: Terminal| {
            let server = names.get(&terminal.server_id).cloned().unwrap_or_default();
            Row { terminal, server }
        };
        Ok(terminals.into_iter().map(row).collect())
    }

    fn id(row: &Row) -> i64 {
        row.terminal.id.0
    }

    fn name(row: &Row) -> String {
        format!("{} ({})", row.terminal.actor, row.terminal.id)
    }

    fn server_of(row: &Row) -> String {
        row.server.clone()
    }
}

/// Where this process holds it, it ends at once; another one that does looks each second.
fn end(connection: &mut Connection, by: &By, row: &Row) -> Result<()> {
    let id = row.terminal.id;
    if !Terminal::ask_to_end(connection, id, &by.actor.name)? {
        return Err(Error::Conflict(Message::new("It has ended already")));
    }
    if let Some(live) = by.app.terminals.find(id) {
        let why = Message::new("It was ended by {person}").with("person", &by.actor.name);
        live.end(End::new(Ending::Other, why));
    }
    Ok(())
}
