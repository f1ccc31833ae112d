//! Every URL of the product, each with the permission that it needs. What is not here is refused.

mod api;
mod servers;

use std::sync::LazyLock;

use actix_web::web;

use crate::admin;
use crate::screens::{
    self, account, fleet, jump, logins, run, runs, scenarios, scheduler, server_options, setup, sign_in,
};
use crate::web::assets;
use crate::web::menu::Screen;
use crate::web::router::{ADMINISTRATOR, EVERY_SERVER, OPERATOR, Permission::Anyone, Route, VIEWER, get, post};
use crate::web::shell::Screens;

/// What the menu shows: the screens, and what is administered.
pub fn menu() -> Screens {
    static ALL: LazyLock<Vec<&'static Screen>> =
        LazyLock::new(|| screens::ALL.iter().copied().chain(admin::screens()).collect());
    Screens(&ALL)
}

/// The route table. Of two patterns that match, the first wins.
pub fn all() -> Vec<Route> {
    let mut routes = vec![
        get("/static/{path:.*}", Anyone, || web::to(assets::show)),
        // People
        get("/sign-in", Anyone, || web::to(sign_in::new)),
        post("/sign-in", Anyone, || web::to(sign_in::create)),
        post("/sign-out", VIEWER, || web::to(sign_in::destroy)),
        get("/setup", Anyone, || web::to(setup::new)),
        post("/setup", Anyone, || web::to(setup::create)),
        get("/account", VIEWER, || web::to(account::show)),
        post("/account/preferences", VIEWER, || web::to(account::preferences::update)),
        post("/account/password", VIEWER, || web::to(account::password::update)),
        post("/account/sessions/endings", VIEWER, || web::to(account::sessions::end_others)),
        post("/account/sessions/{session}/endings", VIEWER, || web::to(account::sessions::end)),
        post("/account/tokens/{token}/revocations", VIEWER, || web::to(account::tokens::revoke)),
        get("/account/proof", VIEWER, || web::to(account::proof::new)),
        post("/account/proof", VIEWER, || web::to(account::proof::create)),
        // All servers
        get("/", VIEWER, || web::to(fleet::index)),
        get("/stream", VIEWER, || web::to(fleet::stream::index)),
        get("/servers/options", VIEWER, || web::to(server_options::index)),
        get("/jump", VIEWER, || web::to(jump::index)),
        get("/ips/{address}", VIEWER, || web::to(logins::ip::show)),
        // Automation
        get("/scenarios", VIEWER, || web::to(scenarios::index)),
        post("/scenarios", OPERATOR, || web::to(scenarios::builder::create)),
        get("/scenarios/new", OPERATOR, || web::to(scenarios::builder::new)),
        post("/scenarios/drafts", OPERATOR, || web::to(scenarios::builder::redraw)),
        post("/scenarios/trials", OPERATOR, || web::to(scenarios::trial::create)),
        post("/scenarios/back-tests", OPERATOR, || web::to(scenarios::trial::look_back)),
        get("/scenarios/file", VIEWER, || web::to(scenarios::files::export)),
        get("/scenarios/imports/new", OPERATOR, || web::to(scenarios::files::new)),
        post("/scenarios/imports/plans", OPERATOR, || web::to(scenarios::files::plan)),
        post("/scenarios/imports", OPERATOR, || web::to(scenarios::files::create)),
        get("/scenarios/{scenario}", VIEWER, || web::to(scenarios::builder::edit)),
        post("/scenarios/{scenario}", OPERATOR, || web::to(scenarios::builder::update)),
        post("/scenarios/{scenario}/switches", OPERATOR, || web::to(scenarios::deeds::switch)),
        post("/scenarios/{scenario}/runs", OPERATOR, || web::to(scenarios::deeds::run)),
        post("/scenarios/{scenario}/copies", OPERATOR, || web::to(scenarios::deeds::copy)),
        post("/scenarios/{scenario}/deletions", OPERATOR, || web::to(scenarios::deeds::delete)),
        get("/scheduler", VIEWER, || web::to(scheduler::index)),
        post("/scheduler/pauses", EVERY_SERVER, || web::to(scheduler::pause)),
        post("/scheduler/pauses/{pause}/endings", EVERY_SERVER, || web::to(scheduler::start)),
        get("/runs", VIEWER, || web::to(runs::index)),
        get("/runs/{run}", VIEWER, || web::to(runs::show)),
        post("/runs/{run}/endings", OPERATOR, || web::to(runs::stop)),
        get("/run", OPERATOR, || web::to(run::index)),
        post("/run", OPERATOR, || web::to(run::create)),
        post("/run/drafts", OPERATOR, || web::to(run::redraw)),
        post("/run/saved", OPERATOR, || web::to(run::saved::create)),
        post("/run/saved/{saved}/deletions", OPERATOR, || web::to(run::saved::destroy)),
        get("/run/{fan_out}", OPERATOR, || web::to(run::show::index)),
        post("/run/{fan_out}/endings", OPERATOR, || web::to(run::stop)),
        // Administration
        get("/admin", ADMINISTRATOR, || web::to(admin::index::home)),
        post("/admin/servers/{id}/connection-tests", ADMINISTRATOR, || web::to(admin::connection::create)),
        post("/admin/servers/{id}/host-key", ADMINISTRATOR, || web::to(admin::host_keys::update)),
        get("/admin/audit-events/exports/{format}", EVERY_SERVER, || web::to(admin::audit_log::export)),
        post("/admin/audit-events/verifications", EVERY_SERVER, || web::to(admin::audit_log::verify)),
        get("/admin/imports/new", ADMINISTRATOR, || web::to(admin::imports::new)),
        post("/admin/imports/previews", ADMINISTRATOR, || web::to(admin::imports::create_preview)),
        post("/admin/imports", ADMINISTRATOR, || web::to(admin::imports::create)),
        get("/admin/inventory", ADMINISTRATOR, || web::to(admin::inventory::show)),
        post("/admin/inventory/plans", ADMINISTRATOR, || web::to(admin::inventory::create_plan)),
        post("/admin/inventory/applications", ADMINISTRATOR, || web::to(admin::inventory::create_application)),
        get("/admin/inventory/export", ADMINISTRATOR, || web::to(admin::inventory::export)),
        post("/admin/inventory/releases", EVERY_SERVER, || web::to(admin::inventory::create_release)),
        get("/admin/{resource}", ADMINISTRATOR, || web::to(admin::index::index)),
        post("/admin/{resource}", ADMINISTRATOR, || web::to(admin::edit::create)),
        get("/admin/{resource}/new", ADMINISTRATOR, || web::to(admin::edit::new)),
        post("/admin/{resource}/drafts", ADMINISTRATOR, || web::to(admin::edit::redraw)),
        post("/admin/channels/{channel}/tests", EVERY_SERVER, || web::to(admin::channel_test::create)),
        post("/admin/{resource}/trials", ADMINISTRATOR, || web::to(admin::trial::create)),
        post("/admin/{resource}/{id}/trials", ADMINISTRATOR, || web::to(admin::trial::create_of)),
        post("/admin/{resource}/actions", ADMINISTRATOR, || web::to(admin::index::create_action)),
        post("/admin/{resource}/deletions", ADMINISTRATOR, || web::to(admin::delete::create)),
        get("/admin/{resource}/{id}", ADMINISTRATOR, || web::to(admin::edit::edit)),
        post("/admin/{resource}/{id}", ADMINISTRATOR, || web::to(admin::edit::update)),
        get("/admin/{resource}/{id}/delete", ADMINISTRATOR, || web::to(admin::delete::new)),
        get("/admin/{resource}/{id}/history", ADMINISTRATOR, || web::to(admin::history::index)),
    ];
    routes.extend(servers::all());
    routes.extend(api::all());
    routes
}
