//! Channels, as administrators see them. What a kind of channel wants to know becomes the fields of its form; secrets are written and
//! never read back (S05).

mod values;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};

use super::screen;
use crate::admin::cell::Cell;
use crate::admin::control::Offer;
use crate::admin::field::{Field, SecretDraft};
use crate::admin::form::Form;
use crate::admin::list::List;
use crate::admin::resource::{Beside, By, Checking, Consequences, Resource};
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::channels::Channel;
use crate::models::names::name_problem;
use crate::scenarios::destinations;
use crate::web::menu::Screen;

use values::INPUTS;

static SCREEN: Screen = screen("channels", "Channels", "send");

/// The kinds of channels.
static KINDS: LazyLock<Vec<(&'static str, &'static str)>> =
    LazyLock::new(|| destinations::with_channels().map(|(kind, _)| (kind.kind, kind.label)).collect());

/// Where messages go.
pub struct Channels;

/// One channel with the number of scenarios that send through it.
pub struct Row {
    channel: Channel,
    uses: i64,
}

/// What the form fills in.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    name: String,
    kind: String,
    /// What may be shown, by the name of its field in the form: each kind has its own.
    texts: BTreeMap<&'static str, String>,
    /// What is sealed.
    secrets: BTreeMap<&'static str, SecretDraft>,
}

fn kinds() -> Vec<Offer> {
    destinations::with_channels().map(|(kind, _)| Offer::word(kind.kind, kind.label).reveals(kind.kind)).collect()
}

impl Resource for Channels {
    type Row = Row;
    type Draft = Draft;

    const EVENTS: [&'static str; 3] = ["create_channel", "change_channel", "delete_channel"];
    const ADD: Option<&'static str> = Some("Add channel");
    const DELETES: bool = true;
    const NEEDS_PROOF: bool = true;
    const BESIDE: Beside = Beside::Message;

    fn screen() -> &'static Screen {
        &SCREEN
    }

    fn list() -> List<Row> {
        List::in_order_of("name")
            .column("Name", |row: &Row| Cell::Key(row.channel.name.clone()))
            .column("Kind", |row| Cell::choice(&KINDS, &row.channel.kind))
            .column("Scenarios", |row| Cell::count(row.uses))
            .column("Secret changed", |row| Cell::Time(row.channel.secrets_changed_at))
            .column("Changed", |row| Cell::Time(Some(row.channel.updated_at)))
            .search("Name", |row| row.channel.name.clone())
            .filter_words("kind", "Kind", &KINDS, |row| vec![row.channel.kind.clone()])
    }

    fn form() -> Form<Draft> {
        let mut form = Form::new().fieldset(
            "Channel",
            [
                Field::text("name", "Name", |draft: &mut Draft| &mut draft.name)
                    .required()
                    .checked(name_problem)
                    .hint("Small letters, digits, dash, dot."),
                Field::choice("kind", "Kind", |draft: &mut Draft| &mut draft.kind, kinds).required().fixed(),
            ],
        );
        for (kind, _) in destinations::with_channels() {
            let inputs = INPUTS.iter().filter(|input| input.kind.kind == kind.kind);
            form = form.fieldset(kind.label, inputs.map(values::Input::field));
        }
        form
    }

    fn rows(connection: &mut Connection, _: &Scope) -> Result<Vec<Row>> {
        let mut uses = Channel::count_uses(connection)?;
        let rows = Channel::all(connection)?.into_iter();
        Ok(rows.map(|channel| Row { uses: uses.remove(&channel.id).unwrap_or_default(), channel }).collect())
    }

    fn id(row: &Row) -> i64 {
        row.channel.id.0
    }

    fn name(row: &Row) -> String {
        row.channel.name.clone()
    }

    fn updated_at(row: &Row) -> Option<DateTime<Utc>> {
        Some(row.channel.updated_at)
    }

    fn blank() -> Draft {
        let kind = KINDS.iter().find(|(kind, _)| *kind == "slack").or(KINDS.first());
        values::blank(kind.map_or("", |(kind, _)| kind))
    }

    fn draft(_: &mut Connection, row: &Row) -> Result<Draft> {
        Ok(values::draft(&row.channel))
    }

    fn check(check: &mut Checking<'_, Row>, draft: &mut Draft) -> Result<()> {
        let stored = check.row.map(|row| &row.channel);
        if let Err(problems) = values::accept(check.connection, check.by, stored, draft) {
            for (field, problem) in problems.iter() {
                check.problems.add(field, problem.clone());
            }
        }
        Ok(())
    }

    fn create(connection: &mut Connection, by: &By, draft: &Draft) -> Result<i64> {
        values::create(connection, by, draft)
    }

    fn update(connection: &mut Connection, by: &By, row: &Row, draft: &Draft) -> Result<()> {
        values::update(connection, by, &row.channel, draft)
    }

    fn consequences(connection: &mut Connection, _: &By, row: &Row) -> Result<Consequences> {
        let blocked = Channel::stays(connection, row.channel.id)?;
        let goes = vec![Message::new("Its stored secrets are gone for good")];
        Ok(Consequences { goes, blocked: blocked.into_iter().collect() })
    }

    fn delete(connection: &mut Connection, _: &By, row: &Row) -> Result<()> {
        Channel::delete(connection, row.channel.id)
    }
}
