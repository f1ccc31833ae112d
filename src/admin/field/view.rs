//! A field with what its draft holds, as the form shows it.

use super::{Field, Kind};
use crate::admin::control::{Control, FieldView, Offer};
use crate::admin::read;
use crate::db::Connection;
use crate::error::Result;
use crate::models::actor::Scope;

/// More choices than this become a line that offers them while typing.
const MENU_LIMIT: usize = 40;

impl<D: 'static> Field<D> {
    /// The field with what the draft holds.
    pub fn view(
        &self,
        connection: &mut Connection,
        scope: &Scope,
        is_stored: bool,
        draft: &mut D,
    ) -> Result<FieldView> {
        let mut control = match &self.kind {
            Kind::Text { place, mono, .. } => {
                Control::Line { value: place(draft).clone(), mono: *mono, figures: false, offers: Vec::new() }
            }
            Kind::Number { place, .. } => {
                Control::Line { value: place(draft).to_string(), mono: true, figures: true, offers: Vec::new() }
            }
            Kind::Choice { place, offers, segments } => {
                let offers = chosen(offers.of(draft), std::slice::from_ref(place(draft)));
                if *segments { Control::Segments(offers) } else { Control::Menu(offers) }
            }
            Kind::Related { place, load, cards, none } => {
                let value = place(draft).clone();
                let offers = load(connection, scope)?;
                if *cards {
                    Control::Cards(chosen(offers, &[value]))
                } else if offers.len() > MENU_LIMIT {
                    let offers = offers.into_iter().map(|offer| offer.value).collect();
                    Control::Line { value, mono: false, figures: false, offers }
                } else {
                    let none = std::iter::once(Offer::word("", none)).filter(|_| !self.required);
                    Control::Menu(chosen(none.chain(offers).collect(), &[value]))
                }
            }
            Kind::Many { place, load } => Control::Ticks(chosen(load(connection, scope)?, place(draft))),
            Kind::Labels { place } => {
                let value = read::labels_text(place(draft));
                Control::Line { value, mono: false, figures: false, offers: Vec::new() }
            }
            Kind::Note { place } => Control::Area(place(draft).clone()),
            Kind::Code { place, rows } => Control::Code { value: place(draft).clone(), rows: *rows },
            Kind::Secret { place, lines } => {
                let secret = place(draft);
                Control::Secret {
                    stored: secret.stored,
                    changed_at: secret.changed_at,
                    lines: *lines,
                    removable: secret.stored && !self.required,
                }
            }
            Kind::Tick { place } => Control::Tick(*place(draft)),
            Kind::Shown { value } => Control::Shown(value(draft)),
        };
        let is_fixed = self.fixed && is_stored;
        if is_fixed {
            control.lock();
        }
        Ok(FieldView {
            name: self.name,
            label: self.label,
            hint: self.hint,
            wide: self.wide,
            required: self.required,
            redraws: self.redraws,
            // What only shows a choice has nothing that would reveal it.
            when: if is_fixed { String::new() } else { self.when.join(" ") },
            problem: None,
            control,
        })
    }
}

fn chosen(mut offers: Vec<Offer>, values: &[String]) -> Vec<Offer> {
    for offer in &mut offers {
        offer.chosen = values.contains(&offer.value);
    }
    offers
}
