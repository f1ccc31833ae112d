//! Every URL of the product, each with the permission that it needs. What is not here is refused.

mod api;

use actix_web::web;

use crate::screens::{account, cpu, disks, fleet, memory, overview, server_options, setup, sign_in};
use crate::web::assets;
use crate::web::router::{Permission::Anyone, OPERATOR, Route, VIEWER, get, post};

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
        get("/account/proof", VIEWER, || web::to(account::proof::new)),
        post("/account/proof", VIEWER, || web::to(account::proof::create)),
        // All servers
        get("/", VIEWER, || web::to(fleet::index)),
        get("/stream", VIEWER, || web::to(fleet::stream::index)),
        get("/servers/options", VIEWER, || web::to(server_options::index)),
        // One server
        get("/servers/{server}", VIEWER, || web::to(overview::index)),
        get("/servers/{server}/stream", VIEWER, || web::to(overview::stream::index)),
        post("/servers/{server}/connections", OPERATOR, || web::to(overview::connections::create)),
        get("/servers/{server}/cpu", VIEWER, || web::to(cpu::index)),
        get("/servers/{server}/memory", VIEWER, || web::to(memory::index)),
        get("/servers/{server}/disks", VIEWER, || web::to(disks::index)),
    ];
    routes.extend(api::all());
    routes
}
