//! The URLs of one server, each with the permission that it needs.

use actix_web::web;

use crate::screens::{
    capabilities, checks, cpu, directories, disks, favourites, files, firewall, memory, overview, packages, processes,
    sockets,
};
use crate::web::router::{ADMINISTRATOR, OPERATOR, Route, VIEWER, get, post};

pub(super) fn all() -> Vec<Route> {
    let mut routes = vec![
        get("/servers/{server}", VIEWER, || web::to(overview::index)),
        get("/servers/{server}/stream", VIEWER, || web::to(overview::stream::index)),
        post("/servers/{server}/favourite", VIEWER, || web::to(favourites::update)),
        post("/servers/{server}/connections", OPERATOR, || web::to(overview::connections::create)),
        get("/servers/{server}/cpu", VIEWER, || web::to(cpu::index)),
        get("/servers/{server}/memory", VIEWER, || web::to(memory::index)),
        get("/servers/{server}/disks", VIEWER, || web::to(disks::index)),
        post("/servers/{server}/disks/measurements", VIEWER, || web::to(directories::create)),
        get("/servers/{server}/processes", VIEWER, || web::to(processes::index)),
        get("/servers/{server}/processes/{pid}", VIEWER, || web::to(processes::show)),
        post("/servers/{server}/processes/{pid}/environment-looks", ADMINISTRATOR, || {
            web::to(processes::environment::create)
        }),
        post("/servers/{server}/processes/{pid}/signals", OPERATOR, || web::to(processes::signals::create)),
        get("/servers/{server}/sockets", VIEWER, || web::to(sockets::index)),
        get("/servers/{server}/checks", VIEWER, || web::to(checks::index)),
        get("/servers/{server}/capabilities", VIEWER, || web::to(capabilities::index)),
        post("/servers/{server}/detections", OPERATOR, || web::to(capabilities::detect)),
    ];
    routes.extend(of_packages());
    routes.extend(of_its_firewall());
    routes.extend(of_files());
    routes
}

fn of_packages() -> Vec<Route> {
    vec![
        get("/servers/{server}/packages", VIEWER, || web::to(packages::index)),
        get("/servers/{server}/packages/installations/new", OPERATOR, || web::to(packages::plans::new_installation)),
        post("/servers/{server}/packages/installations", OPERATOR, || web::to(packages::plans::create_installation)),
        get("/servers/{server}/packages/removals/new", OPERATOR, || web::to(packages::plans::new_removal)),
        post("/servers/{server}/packages/removals", OPERATOR, || web::to(packages::plans::create_removal)),
        get("/servers/{server}/packages/updates/new", OPERATOR, || web::to(packages::updates::new)),
        post("/servers/{server}/packages/updates", OPERATOR, || web::to(packages::updates::create)),
        post("/servers/{server}/packages/refreshes", OPERATOR, || web::to(packages::updates::refresh)),
        get("/servers/{server}/packages/artifacts/{artifact}", OPERATOR, || web::to(packages::artifacts::review)),
        post("/servers/{server}/packages/artifacts/{artifact}/installations", OPERATOR, || {
            web::to(packages::artifacts::install)
        }),
        post("/servers/{server}/packages/artifacts/{artifact}/inspections", OPERATOR, || {
            web::to(packages::artifacts::look_inside)
        }),
        get("/servers/{server}/packages/runs/{run}", VIEWER, || web::to(packages::runs::show)),
        get("/servers/{server}/packages/runs/{run}/stream", VIEWER, || web::to(packages::runs::stream)),
        post("/servers/{server}/packages/runs/{run}/stops", OPERATOR, || web::to(packages::runs::stop)),
        post("/artifacts", OPERATOR, || web::to(packages::artifacts::create)).streamed(),
        post("/artifacts/{artifact}/deletions", OPERATOR, || web::to(packages::artifacts::destroy)),
    ]
}

fn of_its_firewall() -> Vec<Route> {
    vec![
        get("/servers/{server}/firewall", VIEWER, || web::to(firewall::index)),
        get("/servers/{server}/firewall/rules/new", OPERATOR, || web::to(firewall::rules::new)),
        post("/servers/{server}/firewall/rules", OPERATOR, || web::to(firewall::rules::create)),
        get("/servers/{server}/firewall/removals/new", OPERATOR, || web::to(firewall::rules::new_removal)),
        post("/servers/{server}/firewall/removals", OPERATOR, || web::to(firewall::rules::create_removal)),
        post("/servers/{server}/firewall/confirmations", OPERATOR, || web::to(firewall::changes::keep)),
        post("/servers/{server}/firewall/undoings", OPERATOR, || web::to(firewall::changes::undo)),
    ]
}

fn of_files() -> Vec<Route> {
    vec![
        get("/servers/{server}/files", VIEWER, || web::to(files::index)),
        get("/servers/{server}/files/content", OPERATOR, || web::to(files::content::show)),
        get("/servers/{server}/files/archive", OPERATOR, || web::to(files::content::archive)),
        get("/servers/{server}/files/follow", OPERATOR, || web::to(files::follow::show)),
        get("/servers/{server}/files/editor", OPERATOR, || web::to(files::editor::show)),
        post("/servers/{server}/files/edits", OPERATOR, || web::to(files::editor::create)),
        post("/servers/{server}/files/uploads", OPERATOR, || web::to(files::uploads::create)).streamed(),
        post("/servers/{server}/files/directories", OPERATOR, || web::to(files::changes::make_directory)),
        post("/servers/{server}/files/texts", OPERATOR, || web::to(files::changes::make_text)),
        post("/servers/{server}/files/moves", OPERATOR, || web::to(files::changes::rename)),
        post("/servers/{server}/files/deletions", OPERATOR, || web::to(files::changes::delete)),
        post("/servers/{server}/files/modes", OPERATOR, || web::to(files::changes::set_mode)),
        post("/servers/{server}/files/owners", OPERATOR, || web::to(files::changes::set_owner)),
    ]
}
