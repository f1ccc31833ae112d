//! Groups, as administrators see them.

use chrono::{DateTime, Utc};

use super::{ALLOWANCES, allowances, screen};
use crate::admin::cell::Cell;
use crate::admin::control::Offer;
use crate::admin::field::Field;
use crate::admin::form::Form;
use crate::admin::list::List;
use crate::admin::resource::{By, Consequences, Resource};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::allowance::Allowance;
use crate::models::groups::{Group, GroupChanges, NewGroup};
use crate::models::ids::GroupId;
use crate::models::names::name_problem;
use crate::models::servers::Server;
use crate::web::menu::Screen;

static SCREEN: Screen = screen("groups", "Groups", "layers");

/// Groups of servers.
pub struct Groups;

/// One group with the number of its servers.
pub struct Row {
    group: Group,
    servers: i64,
}

/// What the form fills in.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    name: String,
    note: String,
    allow: String,
}

impl Draft {
    fn allow(&self) -> Result<Allowance> {
        Allowance::from_name(&self.allow).ok_or_else(|| Error::field("allow", "This is needed"))
    }
}

/// The names of all groups, for forms of other resources.
pub fn offers(connection: &mut Connection, scope: &Scope) -> Result<Vec<Offer>> {
    let groups = Group::all(connection)?.into_iter().filter(|group| scope.sees(group.id));
    Ok(groups.map(|group| Offer::name(group.name)).collect())
}

impl Resource for Groups {
    type Row = Row;
    type Draft = Draft;

    const EVENTS: [&'static str; 3] = ["create_group", "change_group", "delete_group"];
    const ADD: Option<&'static str> = Some("Add group");
    const DELETES: bool = true;

    fn screen() -> &'static Screen {
        &SCREEN
    }

    fn list() -> List<Row> {
        List::in_order_of("name")
            .column("Name", |row: &Row| Cell::Key(row.group.name.clone()))
            .column("Servers", |row| Cell::count(row.servers))
            .column("What hannun may do there", |row| Cell::choice(ALLOWANCES, row.group.allow.name()))
            .column("Note", |row| Cell::Text(row.group.note.lines().next().unwrap_or_default().to_owned()))
            .column("Changed", |row| Cell::Time(Some(row.group.updated_at)))
            .search("Name or note", |row| format!("{} {}", row.group.name, row.group.note))
    }

    fn form() -> Form<Draft> {
        Form::new().fieldset(
            "Group",
            [
                Field::text("name", "Name", |draft: &mut Draft| &mut draft.name)
                    .required()
                    .checked(name_problem)
                    .hint("Small letters, digits, dash, dot."),
                Field::choice("allow", "What hannun may do there", |draft: &mut Draft| &mut draft.allow, allowances)
                    .required()
                    .hint("Whoever asks. The narrowest of the server and its groups counts."),
                Field::note("note", "Note", |draft: &mut Draft| &mut draft.note),
            ],
        )
    }

    fn rows(connection: &mut Connection, _: &Scope) -> Result<Vec<Row>> {
        let mut counts = Server::count_by_group(connection)?;
        let groups = Group::all(connection)?.into_iter();
        Ok(groups.map(|group| Row { servers: counts.remove(&group.id).unwrap_or_default(), group }).collect())
    }

    fn id(row: &Row) -> i64 {
        row.group.id.0
    }

    fn name(row: &Row) -> String {
        row.group.name.clone()
    }

    fn updated_at(row: &Row) -> Option<DateTime<Utc>> {
        Some(row.group.updated_at)
    }

    fn managed_by(row: &Row) -> Option<String> {
        row.group.managed_by.clone()
    }

    fn blank() -> Draft {
        Draft { allow: Allowance::default().name().to_owned(), ..Draft::default() }
    }

    fn draft(_: &mut Connection, row: &Row) -> Result<Draft> {
        let group = &row.group;
        Ok(Draft { name: group.name.clone(), note: group.note.clone(), allow: group.allow.name().to_owned() })
    }

    fn create(connection: &mut Connection, by: &By, draft: &Draft) -> Result<i64> {
        let group = NewGroup { name: &draft.name, note: &draft.note }.insert(connection)?;
        let switch = GroupChanges { allow: Some(draft.allow()?), ..GroupChanges::default() };
        Ok(Group::change(connection, group.id, &switch, by.at)?.id.0)
    }

    fn update(connection: &mut Connection, by: &By, row: &Row, draft: &Draft) -> Result<()> {
        let (name, note) = (Some(draft.name.as_str()), Some(draft.note.as_str()));
        let changes = GroupChanges { name, note, allow: Some(draft.allow()?) };
        Group::change(connection, row.group.id, &changes, by.at).map(drop)
    }

    fn consequences(connection: &mut Connection, _: &By, row: &Row) -> Result<Consequences> {
        let mut goes = Vec::new();
        if row.servers > 0 {
            goes.push(Message::new("{count} servers stay, but are no longer in this group").with("count", row.servers));
        }
        let people = Group::people_limited_to(connection, row.group.id)?;
        if !people.is_empty() {
            let sentence = Message::new("{people} no longer see the servers of this group");
            goes.push(sentence.with("people", people.join(", ")));
        }
        let others = Group::people_with_another_role(connection, row.group.id)?;
        if !others.is_empty() {
            let sentence = Message::new("{people} have the role on its servers that they have elsewhere");
            goes.push(sentence.with("people", others.join(", ")));
        }
        Ok(Consequences { goes, blocked: Vec::new() })
    }

    fn delete(connection: &mut Connection, _: &By, row: &Row) -> Result<()> {
        Group::delete(connection, GroupId(Self::id(row)))
    }
}
