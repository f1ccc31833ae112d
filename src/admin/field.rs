//! One field of a form: its name, what may stand in it, and where the value lives in the draft. Pure but for related rows.

mod secret;
mod view;

use std::collections::BTreeMap;

use super::control::{FieldView, Offer};
use super::entered::Entered;
use super::read;
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Scope;

pub use secret::SecretDraft;

/// The place of a value of type `T` in a draft.
type Place<D, T> = Box<dyn Fn(&mut D) -> &mut T>;

/// One that is known when this is compiled: nearly all are.
type Pointer<D, T> = fn(&mut D) -> &mut T;

/// Loads what may be chosen.
type Load = fn(&mut Connection, &Scope) -> Result<Vec<Offer>>;

/// Says what is wrong with a value.
type Check = fn(&str) -> Option<Message>;

/// A field of the form that fills a `D`.
#[expect(clippy::struct_excessive_bools, reason = "one for each word that a declaration may add")]
pub struct Field<D> {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    required: bool,
    wide: bool,
    fixed: bool,
    redraws: bool,
    when: &'static [&'static str],
    kind: Kind<D>,
}

enum Kind<D> {
    Text { place: Place<D, String>, mono: bool, check: Option<Check> },
    Number { place: Place<D, i64>, least: i64, most: i64 },
    Choice { place: Place<D, String>, offers: Offers<D>, segments: bool },
    Related { place: Place<D, String>, load: Load, cards: bool, none: &'static str },
    Many { place: Place<D, Vec<String>>, load: Load },
    Labels { place: Place<D, BTreeMap<String, String>> },
    Note { place: Place<D, String> },
    Code { place: Place<D, String>, rows: u8 },
    Secret { place: Place<D, SecretDraft>, lines: bool },
    Tick { place: Place<D, bool> },
    Shown { value: fn(&D) -> String },
}

/// What may be chosen.
enum Offers<D> {
    /// Always the same.
    Fixed(Box<dyn Fn() -> Vec<Offer>>),
    /// What fits the fields before it.
    Fitting(fn(&D) -> Vec<Offer>),
}

impl<D> Offers<D> {
    fn of(&self, draft: &D) -> Vec<Offer> {
        match self {
            Self::Fixed(offers) => offers(),
            Self::Fitting(offers) => offers(draft),
        }
    }
}

/// A value as the audit log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// As people read it.
    Text(String),
    /// A secret: only whether it is being changed.
    Secret(bool),
    /// Nothing that saving changes.
    Nothing,
}

impl<D: 'static> Field<D> {
    fn new(name: &'static str, label: &'static str, kind: Kind<D>) -> Self {
        Self { name, label, hint: "", required: false, wide: false, fixed: false, redraws: false, when: &[], kind }
    }

    /// A line of text.
    pub fn text(name: &'static str, label: &'static str, place: Pointer<D, String>) -> Self {
        Self::new(name, label, Kind::Text { place: Box::new(place), mono: false, check: None })
    }

    /// A line of literal text, such as an address.
    pub fn literal(name: &'static str, label: &'static str, place: impl Fn(&mut D) -> &mut String + 'static) -> Self {
        Self::new(name, label, Kind::Text { place: Box::new(place), mono: true, check: None })
    }

    /// A whole number.
    pub fn number(name: &'static str, label: &'static str, place: Pointer<D, i64>, least: i64, most: i64) -> Self {
        Self::new(name, label, Kind::Number { place: Box::new(place), least, most })
    }

    /// A TCP port.
    pub fn port(name: &'static str, label: &'static str, place: Pointer<D, i64>) -> Self {
        Self::number(name, label, place, 1, 65_535)
    }

    /// One of several words of ours, in a menu.
    pub fn choice(
        name: &'static str,
        label: &'static str,
        place: impl Fn(&mut D) -> &mut String + 'static,
        offers: impl Fn() -> Vec<Offer> + 'static,
    ) -> Self {
        Self::new(
            name,
            label,
            Kind::Choice { place: Box::new(place), offers: Offers::Fixed(Box::new(offers)), segments: false },
        )
    }

    /// One of several words of ours, in a menu; which ones follows from the fields before it.
    pub fn fitting(
        name: &'static str,
        label: &'static str,
        place: Pointer<D, String>,
        offers: fn(&D) -> Vec<Offer>,
    ) -> Self {
        Self::new(
            name,
            label,
            Kind::Choice { place: Box::new(place), offers: Offers::Fitting(offers), segments: false },
        )
    }

    /// One of two or three words of ours, side by side.
    pub fn segments(
        name: &'static str,
        label: &'static str,
        place: Pointer<D, String>,
        offers: fn() -> Vec<Offer>,
    ) -> Self {
        Self::new(
            name,
            label,
            Kind::Choice { place: Box::new(place), offers: Offers::Fixed(Box::new(offers)), segments: true },
        )
    }

    /// The name of another row, in a menu that also offers `none`; typed with suggestions where there are many.
    pub fn related(
        name: &'static str,
        label: &'static str,
        place: Pointer<D, String>,
        load: Load,
        none: &'static str,
    ) -> Self {
        Self::new(name, label, Kind::Related { place: Box::new(place), load, cards: false, none })
    }

    /// The name of another row, each shown with a sentence.
    pub fn cards(name: &'static str, label: &'static str, place: Pointer<D, String>, load: Load) -> Self {
        Self::new(name, label, Kind::Related { place: Box::new(place), load, cards: true, none: "" }).wide()
    }

    /// Any number of names of other rows.
    pub fn many(name: &'static str, label: &'static str, place: Pointer<D, Vec<String>>, load: Load) -> Self {
        Self::new(name, label, Kind::Many { place: Box::new(place), load }).wide()
    }

    /// Labels: `role=cdn, on-call`.
    pub fn labels(name: &'static str, label: &'static str, place: Pointer<D, BTreeMap<String, String>>) -> Self {
        Self::new(name, label, Kind::Labels { place: Box::new(place) }).wide()
    }

    /// Free text of several lines.
    pub fn note(name: &'static str, label: &'static str, place: Pointer<D, String>) -> Self {
        Self::new(name, label, Kind::Note { place: Box::new(place) }).wide()
    }

    /// Literal text of several lines, such as a script, shown with `rows` of them at least.
    pub fn code(name: &'static str, label: &'static str, place: Pointer<D, String>, rows: u8) -> Self {
        Self::new(name, label, Kind::Code { place: Box::new(place), rows }).wide()
    }

    /// A secret of one line.
    pub fn secret(
        name: &'static str,
        label: &'static str,
        place: impl Fn(&mut D) -> &mut SecretDraft + 'static,
    ) -> Self {
        Self::new(name, label, Kind::Secret { place: Box::new(place), lines: false })
    }

    /// A secret of several lines: a pasted private key.
    pub fn pasted_key(name: &'static str, label: &'static str, place: Pointer<D, SecretDraft>) -> Self {
        Self::new(name, label, Kind::Secret { place: Box::new(place), lines: true }).wide()
    }

    /// Yes or no, saved with the rest.
    pub fn tick(name: &'static str, label: &'static str, place: Pointer<D, bool>) -> Self {
        Self::new(name, label, Kind::Tick { place: Box::new(place) }).wide()
    }

    /// Literal text to look at.
    pub fn shown(name: &'static str, label: &'static str, value: fn(&D) -> String) -> Self {
        Self::new(name, label, Kind::Shown { value })
    }

    /// The same, which must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same over the whole width.
    #[must_use]
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// The same, filled in once: of a stored row it is only shown.
    #[must_use]
    pub fn fixed(mut self) -> Self {
        self.fixed = true;
        self
    }

    /// The same; the form is drawn again when it changes, because others follow from it ([`Field::fitting`]).
    #[must_use]
    pub fn redraws(mut self) -> Self {
        self.redraws = true;
        self
    }

    /// The same with a sentence that helps.
    #[must_use]
    pub fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// The same with a rule for its text.
    #[must_use]
    pub fn checked(mut self, rule: Check) -> Self {
        if let Kind::Text { check, .. } = &mut self.kind {
            *check = Some(rule);
        }
        self
    }

    /// The same, shown and read only after these choices were made ([`Offer::reveals`]).
    #[must_use]
    pub fn when(mut self, tokens: &'static [&'static str]) -> Self {
        self.when = tokens;
        self
    }

    /// Its name in the form.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its label, in English.
    pub fn label(&self) -> &'static str {
        self.label
    }

    /// What helps to fill it in, in English.
    pub fn hint_text(&self) -> &'static str {
        self.hint
    }

    /// The choices that must be made before it is read.
    pub fn waits_for(&self) -> &'static [&'static str] {
        self.when
    }

    /// Whether other fields follow from it.
    pub fn is_leading(&self) -> bool {
        self.redraws
    }

    /// Every name that it sends.
    pub fn sent_names(&self) -> Vec<String> {
        match self.kind {
            Kind::Shown { .. } => Vec::new(),
            Kind::Secret { .. } => vec![self.name.to_owned(), self.remove_name()],
            _ => vec![self.name.to_owned()],
        }
    }

    fn remove_name(&self) -> String {
        format!("{}-remove", self.name)
    }

    /// Takes what was entered into the draft, or says what is wrong with it.
    pub fn read(&self, entered: &Entered, view: &FieldView, draft: &mut D) -> Result<(), Message> {
        let text = entered.one(self.name);
        if view.control.is_only_shown() {
            return Ok(());
        }
        match &self.kind {
            Kind::Text { place, check, .. } => *place(draft) = self.present(read::line(text, *check)?)?,
            Kind::Number { place, least, most } => *place(draft) = read::number(text, *least, *most)?,
            Kind::Choice { place, offers, .. } => {
                let offers = offers.of(draft);
                *place(draft) = self.present(read::offered(text, &offers)?)?;
            }
            Kind::Related { place, .. } => *place(draft) = self.present(read::related(text, &view.control)?)?,
            Kind::Many { place, .. } => {
                *place(draft) = read::all_offered(&entered.all(self.name), view.control.offers())?;
            }
            Kind::Labels { place } => *place(draft) = read::labels(text)?,
            Kind::Note { place } => *place(draft) = read::note(text)?,
            Kind::Code { place, .. } => *place(draft) = self.present(read::code(text)?)?,
            Kind::Secret { place, lines } => {
                let secret = place(draft);
                secret.entered = read::secret(text, *lines)?;
                secret.remove = secret.entered.is_none() && entered.has(&self.remove_name());
                if self.required && !secret.will_exist() {
                    return Err(needed());
                }
            }
            Kind::Tick { place } => *place(draft) = entered.has(self.name),
            Kind::Shown { .. } => {}
        }
        Ok(())
    }

    fn present(&self, value: String) -> Result<String, Message> {
        if self.required && value.is_empty() { Err(needed()) } else { Ok(value) }
    }

    /// The value as the audit log keeps it.
    pub fn record(&self, draft: &mut D) -> Record {
        match &self.kind {
            Kind::Text { place, .. }
            | Kind::Choice { place, .. }
            | Kind::Related { place, .. }
            | Kind::Note { place }
            | Kind::Code { place, .. } => Record::Text(place(draft).clone()),
            Kind::Number { place, .. } => Record::Text(place(draft).to_string()),
            Kind::Many { place, .. } => Record::Text(place(draft).join(", ")),
            Kind::Labels { place } => Record::Text(read::labels_text(place(draft))),
            Kind::Secret { place, .. } => Record::Secret(place(draft).changes()),
            Kind::Tick { place } => Record::Text(if *place(draft) { "yes" } else { "no" }.to_owned()),
            Kind::Shown { .. } => Record::Nothing,
        }
    }
}

fn needed() -> Message {
    Message::new("This is needed")
}
