//! Every word of ours that a resource shows, so that a test finds the ones without a translation.

use super::control::Control;
use super::resource::Resource;
use crate::db::Connection;
use crate::error::Result;
use crate::models::actor::Scope;

/// The words of a resource's declaration.
pub fn of<R: Resource>() -> Vec<&'static str> {
    let (list, form) = (R::list(), R::form());
    let mut words = vec![R::screen().label];
    words.extend(R::ADD);
    words.extend([R::DELETING.ask, R::DELETING.one, R::DELETING.many, R::DELETING.done]);
    words.extend(list.search_hint());
    words.extend(list.columns().iter().map(|column| column.label));
    words.extend(list.inputs().iter().map(|input| input.label));
    for filter in list.filters() {
        words.push(filter.label);
        words.extend(filter.words().iter().map(|(_, word)| *word));
    }
    words.extend(R::actions().iter().map(|action| action.label));
    for fieldset in form.fieldsets() {
        words.push(fieldset.label);
        for field in &fieldset.fields {
            words.push(field.label());
            words.push(field.hint_text());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The words that the choices of a resource's empty form show.
pub fn of_choices<R: Resource>(connection: &mut Connection) -> Result<Vec<String>> {
    let views = R::form().view(connection, &Scope::All, false, &mut R::blank())?;
    let controls = views.iter().flat_map(|fieldset| &fieldset.fields).map(|field| &field.control);
    let offers = controls.flat_map(Control::offers).filter(|offer| offer.is_word && !offer.label.is_empty());
    Ok(offers.map(|offer| offer.label.clone()).collect())
}
