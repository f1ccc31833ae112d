//! How hannun looks to the person: colours, language, time zone.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;

use crate::app::App;
use crate::error::{FieldErrors, Result};
use crate::models::users::{Theme, User, UserPreferences};
use crate::web::cookies::Purpose;
use crate::web::extract::{Form, SignedIn, ValidForm};
use crate::web::render::Render;

/// What was chosen; what is absent stays as it is.
#[derive(Debug, Deserialize)]
pub struct PreferencesForm {
    theme: Option<String>,
    language: Option<String>,
    time_zone: Option<String>,
    /// `off` from a hidden field, and `on` where the box beside it is ticked; nothing from a form without the box.
    #[serde(default)]
    letter_keys: Vec<String>,
}

impl Form for PreferencesForm {
    type Valid = UserPreferences;

    fn check(&self) -> Result<UserPreferences, FieldErrors> {
        let theme = match self.theme.as_deref() {
            None => None,
            Some(name) => match Theme::from_name(name) {
                Some(theme) => Some(theme),
                None => return Err(FieldErrors::default().and("theme", "This choice is not known")),
            },
        };
        // `browser`: no language of one's own.
        let language = self.language.as_ref().map(|tag| (tag != "browser").then(|| tag.clone()));
        let letter_keys = (!self.letter_keys.is_empty()).then(|| self.letter_keys.iter().any(|state| state == "on"));
        Ok(UserPreferences { theme, language, time_zone: self.time_zone.clone().map(Some), letter_keys })
    }
}

/// Stores them, and remembers them in the browser for the pages before sign-in.
///
/// `POST /account/preferences`
pub async fn update(
    person: SignedIn,
    form: ValidForm<PreferencesForm>,
    app: Data<App>,
    mut render: Render,
) -> Result<HttpResponse> {
    let (user, now, preferences) = (person.user.id, app.clock.now(), form.0);
    let user = app.db.run(move |connection| User::prefer(connection, user, &preferences, now)).await?;
    render = render.with_cookie(Purpose::Theme.write(&app.config, user.theme.name()));
    if let Some(language) = user.language() {
        render = render.with_cookie(Purpose::Language.write(&app.config, language.tag()));
    }
    let place = render.origin();
    render.go(&place)
}
