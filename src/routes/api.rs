//! The routes of `/api/v1`, and what supervisors and Prometheus ask. Each operation of the API document stands here, and the
//! other way round.

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{Handler, Responder, web};

use crate::api::{
    accounts, artifacts, audit_events, capabilities, channels, checks, command_types, commands, connection, consumers,
    credentials, cron, directories, executions, fan_outs, files, filesystems, firewall, groups, host_key, idempotency,
    imports, inventory, ips, latest, logins, logs, metrics, openapi, packages, platform, power, processes, runs,
    scenario_files, scenarios, scheduler, schedules, servers, services, sockets, stream, terminals, tokens, trials,
    users,
};
use crate::web::health;
use crate::web::router::Permission::Anyone;
use crate::web::router::{ADMINISTRATOR, EVERY_SERVER, OPERATOR, Route, VIEWER, get, other, post};

/// Of two patterns that match, the first wins.
pub(super) fn all() -> Vec<Route> {
    let mut routes = of_servers();
    routes.extend(of_accounts());
    routes.extend(of_timetables());
    routes.extend(of_registry());
    routes.extend(of_scenarios());
    routes.extend([
        get("/healthz", Anyone, || web::to(health::live)),
        get("/readyz", Anyone, || web::to(health::ready)),
        get("/metrics", VIEWER, || web::to(health::prometheus)),
        get("/schemas/servers.json", Anyone, || web::to(inventory::schema)),
        get("/api/v1/openapi.json", Anyone, || web::to(openapi::document)),
    ]);
    routes
}

#[expect(clippy::too_many_lines, reason = "one line per route, read as a table")]
fn of_servers() -> Vec<Route> {
    vec![
        get("/api/v1/servers", VIEWER, || web::to(servers::index)),
        post("/api/v1/servers", ADMINISTRATOR, || once(servers::create)),
        get("/api/v1/servers/{server}", VIEWER, || web::to(servers::show)),
        other(Method::PATCH, "/api/v1/servers/{server}", ADMINISTRATOR, || once(servers::update)),
        other(Method::DELETE, "/api/v1/servers/{server}", ADMINISTRATOR, || once(servers::destroy)),
        get("/api/v1/servers/{server}/host-key", VIEWER, || web::to(host_key::show)),
        post("/api/v1/servers/{server}/host-key", ADMINISTRATOR, || once(host_key::approve)),
        post("/api/v1/servers/{server}/connection", OPERATOR, || once(connection::test)),
        get("/api/v1/servers/{server}/platform", VIEWER, || web::to(platform::show)),
        get("/api/v1/servers/{server}/capabilities", VIEWER, || web::to(capabilities::show)),
        get("/api/v1/servers/{server}/metrics", VIEWER, || web::to(metrics::history)),
        get("/api/v1/servers/{server}/metrics/latest", VIEWER, || web::to(latest::show)),
        get("/api/v1/servers/{server}/metrics/stream", VIEWER, || web::to(stream::show)),
        get("/api/v1/servers/{server}/consumers", VIEWER, || web::to(consumers::show)),
        get("/api/v1/servers/{server}/processes", VIEWER, || web::to(processes::index)),
        get("/api/v1/servers/{server}/processes/{pid}", VIEWER, || web::to(processes::one::show)),
        post("/api/v1/servers/{server}/processes/{pid}/signals", OPERATOR, || once(processes::signals::create)),
        get("/api/v1/servers/{server}/power", VIEWER, || web::to(power::show)),
        post("/api/v1/servers/{server}/power/requests", OPERATOR, || once(power::requests::create)),
        get("/api/v1/servers/{server}/power/requests/{request}", VIEWER, || web::to(power::requests::show)),
        get("/api/v1/servers/{server}/sockets", VIEWER, || web::to(sockets::index)),
        get("/api/v1/servers/{server}/logs", OPERATOR, || web::to(logs::index)),
        get("/api/v1/servers/{server}/logs/stream", OPERATOR, || web::to(logs::stream::show)),
        get("/api/v1/servers/{server}/logs/sources", VIEWER, || web::to(logs::sources)),
        get("/api/v1/servers/{server}/services", VIEWER, || web::to(services::index)),
        get("/api/v1/servers/{server}/services/{unit}", VIEWER, || web::to(services::show)),
        post("/api/v1/servers/{server}/services/{unit}/actions", OPERATOR, || once(services::actions::create)),
        get("/api/v1/servers/{server}/filesystems", VIEWER, || web::to(filesystems::index)),
        get("/api/v1/servers/{server}/packages", VIEWER, || web::to(packages::index)),
        get("/api/v1/servers/{server}/packages/updates", VIEWER, || web::to(packages::updates::index)),
        get("/api/v1/servers/{server}/packages/restarts", VIEWER, || web::to(packages::restarts)),
        post("/api/v1/servers/{server}/packages/refreshes", OPERATOR, || once(packages::updates::refresh)),
        get("/api/v1/servers/{server}/updates/plan", OPERATOR, || web::to(packages::updates::plan_updates)),
        post("/api/v1/servers/{server}/updates", OPERATOR, || once(packages::updates::install)),
        get("/api/v1/servers/{server}/installations/plan", OPERATOR, || web::to(packages::changes::plan_installation)),
        post("/api/v1/servers/{server}/installations", OPERATOR, || once(packages::changes::install)),
        get("/api/v1/servers/{server}/removals/plan", OPERATOR, || web::to(packages::changes::plan_removal)),
        post("/api/v1/servers/{server}/removals", OPERATOR, || once(packages::changes::remove)),
        post("/api/v1/servers/{server}/inspections", OPERATOR, || once(packages::inspections::create)),
        get("/api/v1/servers/{server}/inspections/{artifact}", OPERATOR, || web::to(packages::inspections::show)),
        get("/api/v1/artifacts", OPERATOR, || web::to(artifacts::index)),
        post("/api/v1/artifacts", OPERATOR, || web::to(artifacts::create)).streamed(),
        get("/api/v1/artifacts/{artifact}", OPERATOR, || web::to(artifacts::show)),
        other(Method::DELETE, "/api/v1/artifacts/{artifact}", OPERATOR, || once(artifacts::destroy)),
        get("/api/v1/executions", OPERATOR, || web::to(executions::index)),
        post("/api/v1/executions", OPERATOR, || once(executions::asked::create)),
        get("/api/v1/executions/{execution}", OPERATOR, || web::to(executions::show)),
        get("/api/v1/executions/{execution}/stream", OPERATOR, || web::to(executions::stream)),
        other(Method::DELETE, "/api/v1/executions/{execution}", OPERATOR, || once(executions::stop)),
        get("/api/v1/fan-outs", OPERATOR, || web::to(fan_outs::index)),
        post("/api/v1/fan-outs", OPERATOR, || once(fan_outs::create)),
        get("/api/v1/fan-outs/{fan_out}", OPERATOR, || web::to(fan_outs::show)),
        other(Method::DELETE, "/api/v1/fan-outs/{fan_out}", OPERATOR, || once(fan_outs::stop)),
        post("/api/v1/fan-outs/{fan_out}/retries", OPERATOR, || once(fan_outs::retry)),
        get("/api/v1/servers/{server}/firewall", VIEWER, || web::to(firewall::show)),
        post("/api/v1/servers/{server}/firewall/checks", VIEWER, || web::to(firewall::check)),
        post("/api/v1/servers/{server}/firewall/rules", OPERATOR, || once(firewall::changes::create_rule)),
        other(Method::DELETE, "/api/v1/servers/{server}/firewall/rules", OPERATOR, || {
            once(firewall::changes::destroy_rule)
        }),
        get("/api/v1/servers/{server}/firewall/changes/latest", VIEWER, || web::to(firewall::changes::show_change)),
        post("/api/v1/servers/{server}/firewall/changes/{change}/undoings", OPERATOR, || {
            once(firewall::changes::undo_change)
        }),
        post("/api/v1/servers/{server}/firewall/changes/{change}/confirmations", OPERATOR, || {
            once(firewall::changes::keep_change)
        }),
        get("/api/v1/servers/{server}/files", OPERATOR, || web::to(files::index)),
        get("/api/v1/servers/{server}/files/content", OPERATOR, || web::to(files::content::show)),
        other(Method::PUT, "/api/v1/servers/{server}/files/content", OPERATOR, || web::to(files::content::replace))
            .streamed(),
        other(Method::DELETE, "/api/v1/servers/{server}/files/content", OPERATOR, || once(files::content::destroy)),
        get("/api/v1/servers/{server}/files/archive", OPERATOR, || web::to(files::content::archive)),
        post("/api/v1/servers/{server}/files/directories", OPERATOR, || once(files::changes::make_directory)),
        post("/api/v1/servers/{server}/files/moves", OPERATOR, || once(files::changes::rename)),
        post("/api/v1/servers/{server}/files/deletions", OPERATOR, || once(files::changes::delete)),
        post("/api/v1/servers/{server}/files/attributes", OPERATOR, || once(files::changes::set_attributes)),
        post("/api/v1/servers/{server}/directories/measurements", OPERATOR, || once(directories::create)),
        get("/api/v1/servers/{server}/directories/measurements/latest", OPERATOR, || web::to(directories::show)),
        other(Method::DELETE, "/api/v1/servers/{server}/directories/measurements/latest", OPERATOR, || {
            once(directories::stop)
        }),
        get("/api/v1/servers/{server}/logins", VIEWER, || web::to(logins::index)),
        get("/api/v1/servers/{server}/sessions", VIEWER, || web::to(logins::sessions::index)),
        post("/api/v1/servers/{server}/sessions/{pid}/endings", OPERATOR, || once(logins::sessions::end)),
        get("/api/v1/ips/{address}", VIEWER, || web::to(ips::show)),
        get("/api/v1/terminals", ADMINISTRATOR, || web::to(terminals::index)),
        get("/api/v1/terminals/{terminal}", ADMINISTRATOR, || web::to(terminals::show)),
        other(Method::DELETE, "/api/v1/terminals/{terminal}", ADMINISTRATOR, || once(terminals::destroy)),
        get("/api/v1/servers/{server}/checks", VIEWER, || web::to(checks::results)),
        post("/api/v1/servers/{server}/trials", ADMINISTRATOR, || once(trials::create)),
    ]
}

fn of_accounts() -> Vec<Route> {
    vec![
        get("/api/v1/servers/{server}/accounts", OPERATOR, || web::to(accounts::index)),
        get("/api/v1/servers/{server}/accounts/changes/latest", OPERATOR, || web::to(accounts::show_change)),
        post("/api/v1/servers/{server}/accounts/changes/{change}/confirmations", OPERATOR, || {
            once(accounts::keep_change)
        }),
        post("/api/v1/servers/{server}/accounts/changes/{change}/undoings", OPERATOR, || once(accounts::undo_change)),
        post("/api/v1/servers/{server}/accounts/{user}/keys", OPERATOR, || once(accounts::add_key)),
        other(Method::DELETE, "/api/v1/servers/{server}/accounts/{user}/keys", OPERATOR, || once(accounts::remove_key)),
    ]
}

fn of_timetables() -> Vec<Route> {
    vec![
        get("/api/v1/servers/{server}/cron", OPERATOR, || web::to(cron::index)),
        get("/api/v1/servers/{server}/cron/content", OPERATOR, || web::to(cron::content::show)),
        other(Method::PUT, "/api/v1/servers/{server}/cron/content", OPERATOR, || web::to(cron::content::replace))
            .streamed(),
        get("/api/v1/servers/{server}/cron/log", OPERATOR, || web::to(cron::log::show)),
        post("/api/v1/servers/{server}/cron/runs", OPERATOR, || once(cron::runs::create)),
        get("/api/v1/servers/{server}/cron/versions", OPERATOR, || web::to(cron::versions::index)),
        get("/api/v1/servers/{server}/cron/versions/{version}", OPERATOR, || web::to(cron::versions::show)),
    ]
}

fn of_scenarios() -> Vec<Route> {
    vec![
        get("/api/v1/scenarios", VIEWER, || web::to(scenarios::index)),
        post("/api/v1/scenarios", OPERATOR, || once(scenarios::create)),
        post("/api/v1/scenarios/trials", OPERATOR, || web::to(scenarios::trials::create)),
        post("/api/v1/scenarios/back-tests", OPERATOR, || web::to(scenarios::trials::look_back)),
        get("/api/v1/scenarios/{scenario}", VIEWER, || web::to(scenarios::show)),
        other(Method::PUT, "/api/v1/scenarios/{scenario}", OPERATOR, || once(scenarios::replace)),
        other(Method::PATCH, "/api/v1/scenarios/{scenario}", OPERATOR, || once(scenarios::update)),
        other(Method::DELETE, "/api/v1/scenarios/{scenario}", OPERATOR, || once(scenarios::destroy)),
        get("/api/v1/scenarios/{scenario}/runs", VIEWER, || web::to(scenarios::runs)),
        post("/api/v1/scenarios/{scenario}/runs", OPERATOR, || once(scenarios::run)),
        get("/api/v1/scenario-files", VIEWER, || web::to(scenario_files::export)),
        post("/api/v1/scenario-files/plans", OPERATOR, || web::to(scenario_files::plan)),
        post("/api/v1/scenario-files/imports", OPERATOR, || once(scenario_files::create)),
        get("/api/v1/runs/{run}", VIEWER, || web::to(runs::show)),
        other(Method::DELETE, "/api/v1/runs/{run}", OPERATOR, || once(runs::stop)),
        get("/api/v1/runs/{run}/deliveries", VIEWER, || web::to(runs::deliveries)),
        post("/api/v1/schedules/preview", VIEWER, || web::to(schedules::preview)),
        get("/api/v1/scheduler", VIEWER, || web::to(scheduler::show)),
        post("/api/v1/scheduler/pauses", EVERY_SERVER, || once(scheduler::pause)),
        other(Method::DELETE, "/api/v1/scheduler/pauses/{pause}", EVERY_SERVER, || once(scheduler::start)),
    ]
}

fn of_registry() -> Vec<Route> {
    vec![
        get("/api/v1/credentials", EVERY_SERVER, || web::to(credentials::index)),
        post("/api/v1/credentials", EVERY_SERVER, || once(credentials::create)),
        get("/api/v1/credentials/{credential}", EVERY_SERVER, || web::to(credentials::show)),
        other(Method::PATCH, "/api/v1/credentials/{credential}", EVERY_SERVER, || once(credentials::update)),
        other(Method::DELETE, "/api/v1/credentials/{credential}", EVERY_SERVER, || once(credentials::destroy)),
        get("/api/v1/channels", EVERY_SERVER, || web::to(channels::index)),
        post("/api/v1/channels", EVERY_SERVER, || once(channels::create)),
        get("/api/v1/channels/{channel}", EVERY_SERVER, || web::to(channels::show)),
        other(Method::PATCH, "/api/v1/channels/{channel}", EVERY_SERVER, || once(channels::update)),
        other(Method::DELETE, "/api/v1/channels/{channel}", EVERY_SERVER, || once(channels::destroy)),
        post("/api/v1/channels/{channel}/tests", EVERY_SERVER, || once(channels::test)),
        get("/api/v1/groups", VIEWER, || web::to(groups::index)),
        post("/api/v1/groups", EVERY_SERVER, || once(groups::create)),
        get("/api/v1/groups/{group}", VIEWER, || web::to(groups::show)),
        other(Method::PATCH, "/api/v1/groups/{group}", EVERY_SERVER, || once(groups::update)),
        other(Method::DELETE, "/api/v1/groups/{group}", EVERY_SERVER, || once(groups::destroy)),
        post("/api/v1/imports", ADMINISTRATOR, || once(imports::create)),
        get("/api/v1/inventory", ADMINISTRATOR, || web::to(inventory::export)),
        post("/api/v1/inventory/plans", ADMINISTRATOR, || once(inventory::plan)),
        post("/api/v1/inventory/applications", ADMINISTRATOR, || once(inventory::apply)),
        get("/api/v1/inventory/files", EVERY_SERVER, || web::to(inventory::index)),
        other(Method::DELETE, "/api/v1/inventory/files/{file}", EVERY_SERVER, || once(inventory::release)),
        get("/api/v1/command-types", VIEWER, || web::to(command_types::index)),
        get("/api/v1/commands", ADMINISTRATOR, || web::to(commands::index)),
        post("/api/v1/commands", EVERY_SERVER, || once(commands::create)),
        get("/api/v1/commands/{command_type}/{command}", ADMINISTRATOR, || web::to(commands::show)),
        other(Method::PATCH, "/api/v1/commands/{command_type}/{command}", EVERY_SERVER, || once(commands::update)),
        other(Method::DELETE, "/api/v1/commands/{command_type}/{command}", EVERY_SERVER, || once(commands::destroy)),
        get("/api/v1/checks", ADMINISTRATOR, || web::to(checks::index)),
        post("/api/v1/checks", EVERY_SERVER, || once(checks::create)),
        get("/api/v1/checks/{check}", ADMINISTRATOR, || web::to(checks::show)),
        other(Method::PATCH, "/api/v1/checks/{check}", EVERY_SERVER, || once(checks::update)),
        other(Method::DELETE, "/api/v1/checks/{check}", EVERY_SERVER, || once(checks::destroy)),
        get("/api/v1/users", EVERY_SERVER, || web::to(users::index)),
        get("/api/v1/users/{user}", EVERY_SERVER, || web::to(users::show)),
        get("/api/v1/tokens", EVERY_SERVER, || web::to(tokens::index)),
        post("/api/v1/tokens", EVERY_SERVER, || once(tokens::create)),
        other(Method::DELETE, "/api/v1/tokens/{token}", EVERY_SERVER, || once(tokens::revoke)),
        get("/api/v1/audit-events", EVERY_SERVER, || web::to(audit_events::index)),
    ]
}

/// A handler that changes something: repeated with the same `Idempotency-Key`, it is answered from memory.
fn once<F, Args>(handler: F) -> actix_web::Route
where
    F: Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::to(handler).wrap(from_fn(idempotency::remember))
}
