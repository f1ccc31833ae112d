//! The URLs of one server, each with the permission that it needs.

use actix_web::web;

use crate::screens::{
    accounts, capabilities, checks, cpu, cron, directories, disks, favourites, files, firewall, logins, logs, memory,
    overview, packages, power, processes, services, sockets, terminal,
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
        get("/servers/{server}/services", VIEWER, || web::to(services::index)),
        post("/servers/{server}/services/actions", OPERATOR, || web::to(services::create)),
        get("/servers/{server}/logs", VIEWER, || web::to(logs::index)),
        get("/servers/{server}/logs/stream", OPERATOR, || web::to(logs::stream::show)),
        get("/servers/{server}/logs/text", OPERATOR, || web::to(logs::text::show)),
        get("/servers/{server}/logins", VIEWER, || web::to(logins::index)),
        get("/servers/{server}/logins/table", VIEWER, || web::to(logins::table::show)),
        post("/servers/{server}/sessions/{pid}/endings", OPERATOR, || web::to(logins::now::end)),
        get("/servers/{server}/checks", VIEWER, || web::to(checks::index)),
        get("/servers/{server}/power", VIEWER, || web::to(power::index)),
        get("/servers/{server}/power/requests/new", OPERATOR, || web::to(power::requests::new)),
        post("/servers/{server}/power/requests", OPERATOR, || web::to(power::requests::create)),
        get("/servers/{server}/capabilities", VIEWER, || web::to(capabilities::index)),
        post("/servers/{server}/detections", OPERATOR, || web::to(capabilities::detect)),
    ];
    routes.extend(of_packages());
    routes.extend(of_its_firewall());
    routes.extend(of_its_crontabs());
    routes.extend(of_its_accounts());
    routes.extend(of_files());
    routes.extend(of_terminals());
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

fn of_its_crontabs() -> Vec<Route> {
    vec![
        get("/servers/{server}/cron", VIEWER, || web::to(cron::index)),
        get("/servers/{server}/cron/editor", OPERATOR, || web::to(cron::editor::show)),
        post("/servers/{server}/cron/edits", OPERATOR, || web::to(cron::editor::create)),
        post("/servers/{server}/cron/runs", OPERATOR, || web::to(cron::runs::create)),
        get("/servers/{server}/cron/versions", OPERATOR, || web::to(cron::versions::index)),
    ]
}

fn of_its_accounts() -> Vec<Route> {
    vec![
        get("/servers/{server}/accounts", VIEWER, || web::to(accounts::index)),
        get("/servers/{server}/accounts/keys/editor", OPERATOR, || web::to(accounts::keys::show)),
        post("/servers/{server}/accounts/keys", OPERATOR, || web::to(accounts::keys::create)),
        post("/servers/{server}/accounts/confirmations", OPERATOR, || web::to(accounts::keys::keep)),
        post("/servers/{server}/accounts/undoings", OPERATOR, || web::to(accounts::keys::undo)),
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

fn of_terminals() -> Vec<Route> {
    vec![
        get("/servers/{server}/terminal", VIEWER, || web::to(terminal::index)),
        post("/servers/{server}/terminals", OPERATOR, || web::to(terminal::shells::create)),
        post("/servers/{server}/terminals/{terminal}/tickets", OPERATOR, || web::to(terminal::shells::ticket)),
        post("/servers/{server}/terminals/{terminal}/endings", OPERATOR, || web::to(terminal::shells::end)),
        get("/servers/{server}/terminals/{terminal}/socket", OPERATOR, || web::to(terminal::socket::show)).streamed(),
        get("/servers/{server}/terminal/recordings", VIEWER, || web::to(terminal::recordings::index)),
        get("/servers/{server}/terminal/recordings/{terminal}", OPERATOR, || web::to(terminal::recordings::show)),
        get("/servers/{server}/terminal/recordings/{terminal}/pieces/{piece}", OPERATOR, || {
            web::to(terminal::recordings::piece)
        }),
        get("/servers/{server}/terminal/commands", VIEWER, || web::to(terminal::commands::index)),
        post("/servers/{server}/terminal/commands", OPERATOR, || web::to(terminal::commands::create)),
        get("/servers/{server}/terminal/commands/stream", OPERATOR, || web::to(terminal::pulse::stream)),
        get("/servers/{server}/terminal/commands/{run}", OPERATOR, || web::to(terminal::commands::show)),
        get("/servers/{server}/terminal/commands/{run}/output", OPERATOR, || web::to(terminal::commands::output)),
        post("/servers/{server}/terminal/commands/{run}/stops", OPERATOR, || web::to(terminal::commands::stop)),
        post("/servers/{server}/terminal/saved-commands", OPERATOR, || web::to(terminal::saved::create)),
        post("/servers/{server}/terminal/saved-commands/{command}/deletions", OPERATOR, || {
            web::to(terminal::saved::destroy)
        }),
    ]
}
