//! Checks of an administrator's own: a script whose answer is a number, a table or a text.

mod save;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::{ALL, groups, reach, screen};
use crate::admin::cell::Cell;
use crate::admin::control::Offer;
use crate::admin::field::Field;
use crate::admin::form::Form;
use crate::admin::list::List;
use crate::admin::resource::{Action, Beside, By, Checking, Consequences, Reach, Resource};
use crate::admin::trial::{Purpose, Subject};
use crate::app::App;
use crate::checks::plan;
use crate::commands::checks::{Answer, Direction};
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::metrics::catalogue::Unit;
use crate::models::actor::Scope;
use crate::models::checks::{Check, check_name_problem};
use crate::models::groups::Group;
use crate::models::ids::CheckId;
use crate::web::menu::Screen;

static SCREEN: Screen = screen("checks", "Checks", "check");

/// Checks of an administrator's own.
pub struct Checks;

/// One check with the names of the groups that it is for.
pub struct Row {
    check: Check,
    groups: Vec<String>,
    servers: i64,
    bad: i64,
}

/// What the form fills in. Limits are kept as they were typed, because an empty one means none.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    name: String,
    answer: String,
    script: String,
    unit: String,
    unit_word: String,
    warning: String,
    critical: String,
    direction: String,
    interval_seconds: i64,
    timeout_seconds: i64,
    sees: String,
    groups: Vec<String>,
    labels: BTreeMap<String, String>,
    on: String,
    enabled: bool,
    note: String,
}

const ANSWERS: &[(&str, &str)] = &[("number", "A number"), ("table", "A table"), ("text", "A text")];
const RUNS: &[(&str, &str)] = &[("on", "On"), ("off", "Off")];

fn answers() -> Vec<Offer> {
    Answer::ALL.iter().map(|answer| Offer::word(answer.name(), answer.label())).collect()
}

fn units() -> Vec<Offer> {
    let words = [
        (Unit::Count, "A count"),
        (Unit::Percent, "Percent"),
        (Unit::Bytes, "Bytes"),
        (Unit::BytesPerSecond, "Bytes a second"),
        (Unit::PerSecond, "Events a second"),
        (Unit::Milliseconds, "Milliseconds"),
    ];
    words.into_iter().map(|(unit, word)| Offer::word(unit.name(), word)).collect()
}

fn directions() -> Vec<Offer> {
    vec![Offer::word(Direction::Above.name(), "High values"), Offer::word(Direction::Below.name(), "Low values")]
}

fn runs(row: &Row) -> &'static str {
    if row.check.enabled { "on" } else { "off" }
}

impl Resource for Checks {
    type Row = Row;
    type Draft = Draft;

    const REACH: Reach = Reach::Shared;
    const EVENTS: [&'static str; 3] = ["create_check", "change_check", "delete_check"];
    const ADD: Option<&'static str> = Some("Add check");
    const DELETES: bool = true;
    const COPIES: bool = true;
    const BESIDE: Beside = Beside::Trial;

    fn screen() -> &'static Screen {
        &SCREEN
    }

    fn list() -> List<Row> {
        List::in_order_of("name")
            .column("Name", |row: &Row| Cell::Key(row.check.name.clone()))
            .column("Answer", |row| Cell::choice(ANSWERS, &row.check.answer))
            .column("Groups", |row| {
                if row.check.all_groups { Cell::Word("All servers") } else { Cell::Tags(row.groups.clone()) }
            })
            .column("Servers", |row| Cell::count(row.servers))
            .column("Not well", |row| Cell::count(row.bad))
            .column("Every", |row| {
                let value = i64::from(row.check.interval_seconds);
                Cell::Number { value, text: format!("{value} s") }
            })
            .column("Runs", |row| {
                if row.check.enabled { Cell::Word("On") } else { Cell::State { dot: "paused", label: "Off" } }
            })
            .column("Changed", |row| Cell::Time(Some(row.check.updated_at)))
            .search("Name, note or script", |row| {
                [row.check.name.as_str(), &row.check.note, &row.check.script].join(" ")
            })
            .filter_words("answer", "Answer", ANSWERS, |row| vec![row.check.answer.clone()])
            .filter_words("runs", "Runs", RUNS, |row| vec![runs(row).to_owned()])
            .filter_names("group", "Group", |row| row.groups.clone())
    }

    fn form() -> Form<Draft> {
        Form::new()
            .fieldset("Check", what())
            .fieldset("Limits", limits())
            .fieldset("When", when())
            .fieldset("Where", on_which())
    }

    fn actions() -> Vec<Action<Row>> {
        vec![
            Action { name: "stop_check", label: "Stop running", deed: |c, by, row| save::switch(c, by, row, false) },
            Action { name: "start_check", label: "Run again", deed: |c, by, row| save::switch(c, by, row, true) },
        ]
    }

    fn rows(connection: &mut Connection, scope: &Scope) -> Result<Vec<Row>> {
        let mut ids = Check::groups_of_all(connection)?;
        let names: BTreeMap<_, _> = Group::all(connection)?.into_iter().map(|group| (group.id, group.name)).collect();
        let counts = crate::models::check_results::CheckResult::counts(connection)?;
        let checks = Check::all(connection)?.into_iter();
        let row = |check: Check| {
            let groups = ids.remove(&check.id).unwrap_or_default();
            let (servers, bad) = counts.get(&check.id).copied().unwrap_or_default();
            check.is_visible_to(scope, &groups).then(|| Row {
                groups: groups.iter().filter_map(|id| names.get(id).cloned()).collect(),
                servers,
                bad,
                check,
            })
        };
        Ok(checks.filter_map(row).collect())
    }

    fn id(row: &Row) -> i64 {
        row.check.id.0
    }

    fn name(row: &Row) -> String {
        row.check.name.clone()
    }

    fn updated_at(row: &Row) -> Option<DateTime<Utc>> {
        Some(row.check.updated_at)
    }

    fn blank() -> Draft {
        Draft {
            answer: Answer::Number.name().to_owned(),
            unit: Unit::Count.name().to_owned(),
            direction: Direction::Above.name().to_owned(),
            interval_seconds: 60,
            timeout_seconds: 10,
            sees: ALL.to_owned(),
            enabled: true,
            ..Draft::default()
        }
    }

    fn draft(_: &mut Connection, row: &Row) -> Result<Draft> {
        Ok(save::draft(row))
    }

    fn copied(draft: &mut Draft) {
        draft.name = format!("{}-2", draft.name);
    }

    fn subject(draft: &Draft) -> Option<Subject> {
        let answer = Answer::from_name(&draft.answer)?;
        Some(Subject {
            purpose: Purpose::Check(answer),
            name: draft.name.clone(),
            format: answer.name().to_owned(),
            script: draft.script.clone(),
            deadline: u64::try_from(draft.timeout_seconds.clamp(1, 60)).ok().map(std::time::Duration::from_secs),
        })
    }

    fn check(check: &mut Checking<'_, Row>, draft: &mut Draft) -> Result<()> {
        save::check(check, draft);
        Ok(())
    }

    fn create(connection: &mut Connection, _: &By, draft: &Draft) -> Result<i64> {
        let groups = save::groups(connection, draft)?;
        save::values(draft)?.insert(connection, &draft.name, &groups).map(|check| check.id.0)
    }

    fn update(connection: &mut Connection, by: &By, row: &Row, draft: &Draft) -> Result<()> {
        let groups = save::groups(connection, draft)?;
        Check::change(connection, row.check.id, &save::values(draft)?, &groups, by.at).map(drop)
    }

    fn consequences(_: &mut Connection, _: &By, row: &Row) -> Result<Consequences> {
        let sentence = "What it last found on {count} servers. Its numbers over time stay until they are too old";
        Ok(Consequences { goes: vec![Message::new(sentence).with("count", row.servers)], blocked: Vec::new() })
    }

    fn delete(connection: &mut Connection, _: &By, row: &Row) -> Result<()> {
        Check::delete(connection, CheckId(row.check.id.0))
    }

    fn take_into_use(app: App) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let now = app.clock.now();
            app.db.transaction(move |connection| plan::refresh(connection, now)).await
        })
    }
}

fn what() -> [Field<Draft>; 5] {
    [
        Field::literal("name", "Name", |draft: &mut Draft| &mut draft.name)
            .required()
            .fixed()
            .checked(check_name_problem)
            .hint("Its numbers are kept under check.NAME, so it cannot be changed later."),
        Field::segments("answer", "Answer", |draft: &mut Draft| &mut draft.answer, answers).required(),
        Field::code("script", "Script", |draft: &mut Draft| &mut draft.script, 10)
            .required()
            .hint("Run by /bin/sh as the user who signs in; $as_root before a line asks for root. It must end by itself and change nothing."),
        Field::choice("unit", "Unit", |draft: &mut Draft| &mut draft.unit, units).required(),
        Field::text("unit_word", "Word for the unit", |draft: &mut Draft| &mut draft.unit_word)
            .hint("Shown after the number: jobs, requests."),
    ]
}

fn limits() -> [Field<Draft>; 3] {
    [
        Field::literal("warning", "Warning from", |draft: &mut Draft| &mut draft.warning).hint("Empty: never."),
        Field::literal("critical", "Critical from", |draft: &mut Draft| &mut draft.critical).hint("Empty: never."),
        Field::segments("direction", "Bad are", |draft: &mut Draft| &mut draft.direction, directions).required(),
    ]
}

fn when() -> [Field<Draft>; 3] {
    [
        Field::number("interval_seconds", "Every, s", |draft: &mut Draft| &mut draft.interval_seconds, 10, 86_400),
        Field::number("timeout_seconds", "Time limit, s", |draft: &mut Draft| &mut draft.timeout_seconds, 1, 60)
            .hint("It is stopped after that."),
        Field::tick("enabled", "Run this check", |draft: &mut Draft| &mut draft.enabled),
    ]
}

fn on_which() -> [Field<Draft>; 5] {
    [
        Field::segments("sees", "Servers", |draft: &mut Draft| &mut draft.sees, reach).required().wide(),
        Field::many("groups", "Groups", |draft: &mut Draft| &mut draft.groups, groups::offers).when(&["groups"]),
        Field::labels("labels", "Labels", |draft: &mut Draft| &mut draft.labels)
            .hint("Only servers that have all of these labels."),
        Field::code("on", "Platforms", |draft: &mut Draft| &mut draft.on, 2)
            .hint("As YAML: os, distro, like, version, arch, has, lacks. Empty: every platform."),
        Field::note("note", "Note", |draft: &mut Draft| &mut draft.note)
            .hint("Shown with the check: what to do about it."),
    ]
}
