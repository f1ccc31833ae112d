//! The builder, as its template needs it.

use askama::Template;
use chrono::{DateTime, Utc};

use super::control::{Control, Entry};
use super::draft::Draft;
use super::load::{Kept, Known};
use super::preview::{Part, Preview};
use super::steps::{ReadStep, SendStep, WhenStep};
use super::times::{Slot, slot};
use super::tried::TriedPart;
use crate::error::FieldErrors;
use crate::language::{Language, Message};
use crate::scenarios::destinations;
use crate::scenarios::sources;
use crate::web::filters;

/// The page.
#[derive(Template)]
#[template(path = "screens/scenarios/builder.html", blocks = ["builder"])]
#[expect(clippy::struct_excessive_bools, reason = "one for each thing that the page says or offers")]
pub(super) struct BuilderPage {
    pub(super) draft: Draft,
    pub(super) may_change: bool,
    /// Why it was not saved, where that is about no field.
    pub(super) refused: Option<Message>,
    /// Something in it is not saved.
    pub(super) is_changed: bool,
    /// Something is wrong with fields.
    pub(super) is_wrong: bool,
    pub(super) name: Control,
    pub(super) when: WhenStep,
    pub(super) read: ReadStep,
    pub(super) send: Vec<SendStep>,
    pub(super) preview: Preview,
    /// What *Try* or *Last 14 days* found, where it was just asked for.
    pub(super) tried: Option<TriedPart>,
    /// Words that say which servers.
    pub(super) offered: Vec<String>,
    pub(super) time_zones: Vec<&'static str>,
    pub(super) kept: Option<Kept>,
    /// The next run of what is kept.
    pub(super) next: Option<Slot>,
    /// What is drawn besides the page: the answer to something that was done.
    pub(super) is_answer: bool,
}

/// What stands above the builder and below it, after something was done; the builder stays as it is, whatever is unsaved in it.
#[derive(Template)]
#[template(path = "screens/scenarios/done.html")]
pub(super) struct DonePart {
    pub(super) kept: Option<Kept>,
    pub(super) may_change: bool,
    pub(super) next: Option<Slot>,
    pub(super) is_answer: bool,
}

impl BuilderPage {
    pub(super) fn new(
        known: Known,
        draft: Draft,
        problems: &FieldErrors,
        (now, language): (DateTime<Utc>, Language),
    ) -> Self {
        let at_fields = at_fields(problems);
        let place = super::control::Place { prefix: "", id: "f", texts: &draft.general, problems: &at_fields };
        let preview = Preview::of(&draft, known.reading(draft.general.get("source")), now);
        Self {
            may_change: known.may_change(),
            refused: at_fields.of("").or(at_fields.of("destinations")).cloned(),
            is_changed: !problems.is_empty(),
            is_wrong: !problems.is_empty(),
            name: place.line("name", ("Name", ""), ""),
            when: WhenStep::of(&draft, (known.schedule(), &at_fields), now, language),
            read: ReadStep::of(&draft, &at_fields, &known),
            send: SendStep::all(&draft, &at_fields, &known.channels),
            preview,
            tried: None,
            offered: known.offered,
            time_zones: time_zones(),
            next: known.kept.as_ref().and_then(|kept| next(kept, language)),
            kept: known.kept,
            is_answer: false,
            draft,
        }
    }

    /// Where it is saved.
    fn action(&self) -> String {
        self.draft.scenario.map_or_else(|| "/scenarios".to_owned(), |id| format!("/scenarios/{id}"))
    }
}

impl DonePart {
    pub(super) fn new(kept: Kept, language: Language) -> Self {
        Self { may_change: kept.may_change, next: next(&kept, language), kept: Some(kept), is_answer: true }
    }
}

/// The next run by the clock of the scenario.
fn next(kept: &Kept, language: Language) -> Option<Slot> {
    Some(slot(kept.scenario.next_slot?, kept.wish.schedule.time_zone, language))
}

/// Problems under the names of the fields of the form: `schedule.expression` stands at `expression`.
fn at_fields(problems: &FieldErrors) -> FieldErrors {
    let mut at_fields = FieldErrors::default();
    for (name, problem) in problems.iter() {
        let name = match name {
            "schedule.every_seconds" => "every",
            name => name.strip_prefix("schedule.").unwrap_or(name),
        };
        // A condition is a part of its destination, and has a corner of its own in the form.
        if let Some((step, field @ ("for_runs" | "pattern"))) = name.rsplit_once('.') {
            at_fields.add(format!("{step}.condition.{field}"), problem.clone());
        }
        at_fields.add(name, problem.clone());
    }
    at_fields
}

/// `Asia/Seoul` and `UTC`, not the many old names of the same.
fn time_zones() -> Vec<&'static str> {
    let is_place =
        |zone: &&str| *zone == "UTC" || (zone.contains('/') && !zone.starts_with("Etc/") && !zone.starts_with("US/"));
    chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(is_place).collect()
}
