//! Adding and removing a rule: the command is shown before it runs, and what was made undoes itself unless it is kept.

use std::net::IpAddr;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

use super::super::about::About;
use super::super::gather::Stored;
use super::words;
use crate::app::App;
use crate::commands::Firewall;
use crate::commands::firewall::ReadFirewall;
use crate::commands::firewall_change::ChangeFirewall;
use crate::error::{Error, FieldErrors, Result};
use crate::firewalls::{self, Entered, NewRule, keeps_comments, places_for_rules, why_unchangeable};
use crate::guarded_changes::{SECONDS, seconds_of};
use crate::language::Message;
use crate::models::guarded_changes::Guarded;
use crate::web::extract::Submitted;
use crate::web::extract::{Operator, SignedIn};
use crate::web::filters;
use crate::web::render::Render;

/// A rule as it was entered, or the key of one that is to be removed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleForm {
    action: String,
    protocol: String,
    port: String,
    source: String,
    comment: String,
    place: String,
    rule: String,
    seconds: String,
    keep: String,
}

/// The page that shows a command before it runs.
#[derive(Template)]
#[template(path = "screens/firewall/rule.html")]
struct RulePage {
    about: About,
    form: RuleForm,
    is_removal: bool,
    places: Vec<String>,
    problems: FieldErrors,
    problem: Option<Message>,
    /// The exact command.
    line: Option<String>,
    /// What a restart of the server does to it.
    restart: Option<Message>,
    /// The rule is about the port that hannun comes in by.
    locks_out: bool,
    why_not: Option<Message>,
    /// Why no rule can be added to this firewall, and what would make it work.
    unsupported: Option<Message>,
    keeps_comments: bool,
    server: String,
}

/// The form of a new rule; with a port in the query, the exact command that would be run.
///
/// `GET /servers/{server}/firewall/rules/new?port=8080&protocol=tcp&action=allow`
pub async fn new(
    person: Operator,
    path: Path<String>,
    query: Query<RuleForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    show(person, &path, query.into_inner(), false, FieldErrors::default(), &app, render).await
}

/// The exact command that would remove a rule.
///
/// `GET /servers/{server}/firewall/removals/new?rule=4f1c…`
pub async fn new_removal(
    person: Operator,
    path: Path<String>,
    query: Query<RuleForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    show(person, &path, query.into_inner(), true, FieldErrors::default(), &app, render).await
}

/// The page, also where what was entered was `refused`.
async fn show(
    person: Operator,
    name: &str,
    form: RuleForm,
    is_removal: bool,
    refused: FieldErrors,
    app: &App,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(app, person.actor.scope(), name).await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let firewall = match host.read(ReadFirewall).await {
        Ok(answer) => Some(answer.value),
        // What was entered is shown again with what is wrong in it, also where the server does not answer this time.
        Err(error) if refused.is_empty() => return Err(error),
        Err(_) => None,
    };
    let firewall = firewall.as_ref();
    let unsupported = firewall.and_then(why_unchangeable).filter(|_| !is_removal);
    let is_asked = is_removal || !form.port.is_empty() && unsupported.is_none();
    let (change, problem, problems) = match firewall.filter(|_| is_asked).map(|now| plan(now, &form, is_removal)) {
        None => (None, None, FieldErrors::default()),
        Some(Ok(change)) => (Some(change), None, FieldErrors::default()),
        Some(Err(Error::Invalid(problems))) => (None, None, problems),
        Some(Err(error)) => (None, Some(error.message()), FieldErrors::default()),
    };
    let own_port = u16::try_from(stored.server.port).unwrap_or_default();
    let own_address = firewall.and_then(|now| now.seen).map(|(console, _)| console);
    let why_not = match super::why_not(&stored, &SignedIn(person.0)) {
        Some(why) => Some(Message::new(why)),
        None => app.changes().last(&host, Guarded::Firewall).await?.and_then(|row| app.changes().why_no_other(&row)),
    };
    let problems = if problems.is_empty() { refused } else { problems };
    let is_invalid = !problems.is_empty();
    let page = RulePage {
        about: stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level),
        is_removal,
        places: firewall.into_iter().flat_map(places_for_rules).map(|place| place.name.clone()).collect(),
        locks_out: locks_out(&form, change.as_ref(), is_removal, (own_port, own_address)),
        restart: firewall.and_then(|now| words::over_a_restart(now.owner.name())),
        line: change.map(|change| change.line()),
        server: stored.server.name.clone(),
        form,
        problems,
        problem,
        why_not,
        unsupported,
        keeps_comments: firewall.is_some_and(keeps_comments),
    };
    if is_invalid { render.refused(&page) } else { render.page(&page) }
}

fn locks_out(
    form: &RuleForm,
    change: Option<&ChangeFirewall>,
    is_removal: bool,
    (own_port, own_address): (u16, Option<IpAddr>),
) -> bool {
    if is_removal {
        // What a rule that goes away let in is not always told: whoever removes one is warned.
        return change.is_some();
    }
    NewRule::read(&entered(form)).is_ok_and(|rule| rule.stops(own_port, own_address))
}

fn entered(form: &RuleForm) -> Entered {
    Entered {
        action: form.action.clone(),
        protocol: form.protocol.clone(),
        port: form.port.clone(),
        source: form.source.clone(),
        comment: form.comment.clone(),
        place: form.place.clone(),
    }
}

fn plan(firewall: &Firewall, form: &RuleForm, is_removal: bool) -> Result<ChangeFirewall> {
    if is_removal {
        return firewalls::remove(firewall, &form.rule);
    }
    firewalls::add(firewall, &NewRule::read(&entered(form))?)
}

/// Adds a rule.
///
/// `POST /servers/{server}/firewall/rules`
pub async fn create(
    person: Operator,
    path: Path<String>,
    form: Submitted<RuleForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    make(person, &path, form.0, false, &app, render).await
}

/// Removes a rule.
///
/// `POST /servers/{server}/firewall/removals`
pub async fn create_removal(
    person: Operator,
    path: Path<String>,
    form: Submitted<RuleForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    make(person, &path, form.0, true, &app, render).await
}

/// Nothing that was entered is lost where a field cannot be accepted.
async fn make(
    person: Operator,
    name: &str,
    form: RuleForm,
    is_removal: bool,
    app: &App,
    render: Render,
) -> Result<HttpResponse> {
    match attempt(&person, name, &form, is_removal, app).await {
        Ok(()) => render.go(&format!("/servers/{name}/firewall")),
        Err(Error::Invalid(refused)) => show(person, name, form, is_removal, refused, app, render).await,
        Err(error) => Err(error),
    }
}

async fn attempt(person: &Operator, name: &str, form: &RuleForm, is_removal: bool, app: &App) -> Result<()> {
    let host = app.hosts.open(person.actor.clone(), name.to_owned()).await?.operable().await?;
    let seconds = if form.seconds.is_empty() { SECONDS } else { seconds_of(form.seconds.parse().ok())? };
    if !is_removal {
        NewRule::read(&entered(form))?;
    }
    let firewall = host.read(ReadFirewall).await?.value;
    let change = plan(&firewall, form, is_removal)?;
    // What does not get through undoes itself; the page tells of it.
    app.changes().make(&host, change.into(), seconds, form.keep != "ask").await.map(drop)
}
