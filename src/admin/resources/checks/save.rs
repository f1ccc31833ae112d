//! What is checked and written of a check.

use super::{Draft, Row};
use crate::admin::resource::{By, Checking};
use crate::admin::resources::ALL;
use crate::admin::resources::commands::conditions;
use crate::commands::Conditions;
use crate::db::Connection;
use crate::db::types::Labels;
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::checks::{Check, CheckValues};
use crate::models::groups::Group;
use crate::models::ids::GroupId;

/// What the form of a stored check holds.
pub(super) fn draft(row: &Row) -> Draft {
    let check = &row.check;
    let limit = |limit: Option<f64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
    Draft {
        name: check.name.clone(),
        answer: check.answer.clone(),
        script: check.script.clone(),
        unit: check.unit.clone(),
        unit_word: check.unit_word.clone(),
        warning: limit(check.warning),
        critical: limit(check.critical),
        direction: check.direction.clone(),
        interval_seconds: check.interval_seconds.into(),
        timeout_seconds: check.timeout_seconds.into(),
        sees: if check.all_groups { ALL } else { "groups" }.to_owned(),
        groups: row.groups.clone(),
        labels: check.labels.0.clone(),
        on: check.on().as_ref().map(Conditions::text).unwrap_or_default(),
        enabled: check.enabled,
        note: check.note.clone(),
    }
}

pub(super) fn check(check: &mut Checking<'_, Row>, draft: &mut Draft) {
    if draft.sees == ALL {
        draft.groups.clear();
    }
    for (field, text) in [("warning", &draft.warning), ("critical", &draft.critical)] {
        if let Err(problem) = limit(text) {
            check.problems.add(field, problem);
        }
    }
    match conditions(&draft.on) {
        Ok(on) => draft.on = on.text(),
        Err(problem) => check.problems.add("on", problem),
    }
    if let Ok(values) = values(draft) {
        // What the form itself told already, a script that is missing, is not told twice.
        for (field, problem) in values.problems().iter() {
            if check.problems.of(field).is_none() {
                check.problems.add(field, problem.clone());
            }
        }
    }
}

/// A limit as it was typed; empty for none.
fn limit(text: &str) -> Result<Option<f64>, Message> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    text.parse()
        .ok()
        .filter(|value: &f64| plain && value.is_finite())
        .map(Some)
        .ok_or_else(|| Message::new("This is no number"))
}

/// What the draft says, as it is written.
pub(super) fn values(draft: &Draft) -> Result<CheckValues> {
    let at = |field: &'static str| move |problem: Message| Error::from(FieldErrors::default().and(field, problem));
    let seconds = |value: i64| i32::try_from(value).map_err(Error::internal);
    let on = conditions(&draft.on).map_err(at("on"))?;
    Ok(CheckValues {
        answer: draft.answer.clone(),
        script: draft.script.clone(),
        unit: draft.unit.clone(),
        unit_word: draft.unit_word.clone(),
        warning: limit(&draft.warning).map_err(at("warning"))?,
        critical: limit(&draft.critical).map_err(at("critical"))?,
        direction: draft.direction.clone(),
        interval_seconds: seconds(draft.interval_seconds)?,
        timeout_seconds: seconds(draft.timeout_seconds)?,
        platform: serde_json::to_value(on).map_err(Error::internal)?,
        labels: Labels(draft.labels.clone()),
        all_groups: draft.sees == ALL,
        enabled: draft.enabled,
        note: draft.note.clone(),
    })
}

/// The chosen groups.
pub(super) fn groups(connection: &mut Connection, draft: &Draft) -> Result<Vec<GroupId>> {
    Ok(Group::by_names(connection, &draft.groups)?.into_iter().map(|group| group.id).collect())
}

/// Lets it run, or not.
pub(super) fn switch(connection: &mut Connection, by: &By, row: &Row, enabled: bool) -> Result<()> {
    let groups = Group::by_names(connection, &row.groups)?.into_iter().map(|group| group.id).collect::<Vec<_>>();
    let values = CheckValues { enabled, ..row.check.values() };
    Check::change(connection, row.check.id, &values, &groups, by.at).map(drop)
}
