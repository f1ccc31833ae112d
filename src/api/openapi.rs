//! The API document: OpenAPI 3.1, generated from the handlers and shapes.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{PathItem, Ref, RefOr, Required, Response};
use utoipa::{Modify, OpenApi};

use super::{
    accounts, artifacts, audit_events, capabilities, channels, checks, command_types, commands, connection, consumers,
    credentials, cron, directories, executions, fan_outs, files, filesystems, firewall, groups, host_key, idempotency,
    imports, inventory, ips, latest, logins, logs, metrics, packages, platform, power, problem, processes, runs,
    scenario_files, scenarios, scheduler, schedules, servers, services, sockets, stream, terminals, tokens, trials,
    users,
};

/// Everything that the document is made of.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "hannun",
        description = "Servers that are watched and managed over plain SSH.\n\nEvery request carries `Authorization: Bearer <token>`; \
            `hannun token create NAME --role R` makes one. A token has a role (viewer, operator, administrator, each \
            including the one before) and the servers of some groups or of all; what is outside answers 404. \
            Errors are RFC 9457 problem documents. Unknown fields and parameters are refused. Times are RFC 3339 in UTC, \
            sizes are bytes, percentages are 0–100, durations end in `_ms` or `_seconds`.",
    ),
    paths(
        servers::index, servers::create, servers::show, servers::update, servers::destroy,
        host_key::show, host_key::approve,
        connection::test,
        platform::show, capabilities::show,
        metrics::history, latest::show, stream::show, consumers::show,
        processes::index, processes::one::show, processes::signals::create, sockets::index, filesystems::index,
        logs::index, logs::sources, logs::stream::show,
        services::index, services::show, services::actions::create,
        packages::index, packages::updates::index, packages::updates::refresh, packages::restarts,
        packages::updates::plan_updates, packages::updates::install,
        packages::changes::plan_installation, packages::changes::install,
        packages::changes::plan_removal, packages::changes::remove,
        packages::inspections::create, packages::inspections::show,
        artifacts::index, artifacts::show, artifacts::create, artifacts::destroy,
        executions::index, executions::asked::create, executions::show, executions::stop, executions::stream,
        fan_outs::index, fan_outs::create, fan_outs::show, fan_outs::stop, fan_outs::retry,
        terminals::index, terminals::show, terminals::destroy,
        firewall::show, firewall::check, firewall::changes::create_rule, firewall::changes::destroy_rule,
        firewall::changes::show_change, firewall::changes::keep_change, firewall::changes::undo_change,
        accounts::index, accounts::add_key, accounts::remove_key,
        accounts::show_change, accounts::keep_change, accounts::undo_change,
        power::show, power::requests::create, power::requests::show,
        cron::index, cron::content::show, cron::content::replace, cron::versions::index, cron::versions::show, cron::runs::create, cron::log::show,
        files::index, files::content::show, files::content::replace, files::content::destroy, files::content::archive,
        files::changes::make_directory, files::changes::rename, files::changes::delete, files::changes::set_attributes,
        directories::create, directories::show, directories::stop,
        logins::index, logins::sessions::index, logins::sessions::end, ips::show,
        credentials::index, credentials::create, credentials::show, credentials::update, credentials::destroy,
        groups::index, groups::create, groups::show, groups::update, groups::destroy,
        imports::create,
        inventory::export, inventory::plan, inventory::apply, inventory::index, inventory::release,
        users::index, users::show,
        command_types::index, commands::index, commands::create, commands::show, commands::update, commands::destroy,
        trials::create,
        checks::index, checks::create, checks::show, checks::update, checks::destroy, checks::results,
        scenarios::index, scenarios::create, scenarios::show, scenarios::replace, scenarios::update, scenarios::destroy,
        scenarios::run, scenarios::runs, scenarios::trials::create, scenarios::trials::look_back, runs::show, runs::deliveries, runs::stop, schedules::preview,
        scenario_files::export, scenario_files::plan, scenario_files::create,
        scheduler::show, scheduler::pause, scheduler::start,
        channels::index, channels::create, channels::show, channels::update, channels::destroy, channels::test,
        tokens::index, tokens::create, tokens::revoke,
        audit_events::index,
        document,
    ),
    components(schemas(problem::Problem)),
    modifiers(&InCommon),
)]
struct Document;

/// The whole document.
pub(super) fn whole() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// This document.
#[utoipa::path(
    operation_id = "get_document",
    get,
    path = "/api/v1/openapi.json",
    tag = "document",
    security(()),
    responses((status = 200, description = "This document", content_type = "application/json", body = serde_json::Value))
)]
pub async fn document() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).json(whole())
}

/// The name of the security scheme.
const BEARER: &str = "bearer";

/// What every operation has: the bearer token, the problems it may answer with, and keys for unsafe methods.
struct InCommon;

impl Modify for InCommon {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            BEARER,
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
        );
        for (name, description) in PROBLEMS.iter().map(|problem| (problem.name, problem.description)) {
            components.responses.insert(name.to_owned(), RefOr::T(problem_response(description)));
        }
        for (path, item) in &mut document.paths.paths {
            for (operation, is_unsafe) in operations(item) {
                operation.operation_id = operation.operation_id.take().map(|name| operation_name(path, &name));
                complete(operation, path, is_unsafe);
            }
        }
    }
}

/// One kind of answer that is a problem.
struct Kind {
    status: &'static str,
    name: &'static str,
    description: &'static str,
    /// Whether an operation may answer so: by its path, and whether it is unsafe.
    applies: fn(path: &str, is_unsafe: bool) -> bool,
}

const PROBLEMS: &[Kind] = &[
    Kind { status: "400", name: "BadRequest", description: "The request cannot be read", applies: |_, _| true },
    Kind {
        status: "401",
        name: "SignInNeeded",
        description: "The bearer token is missing, unknown, ended or revoked",
        applies: |_, _| true,
    },
    Kind { status: "403", name: "Forbidden", description: "The token's role does not reach", applies: |_, _| true },
    Kind {
        status: "404",
        name: "NotFound",
        description: "It does not exist, or the token may not know of it",
        applies: |path, _| path.contains('{'),
    },
    Kind {
        status: "409",
        name: "Conflict",
        description: "It exists already, is in use, or the server is paused",
        applies: |path, is_unsafe| is_unsafe || path.contains("{server}"),
    },
    Kind {
        status: "422",
        name: "Invalid",
        description: "Fields or parameters cannot be accepted",
        applies: |_, _| true,
    },
    Kind { status: "500", name: "Internal", description: "Something went wrong on our side", applies: |_, _| true },
    Kind {
        status: "502",
        name: "RemoteFailed",
        description: "The server could not be asked, or its command failed",
        applies: |path, _| path.contains("{server}/"),
    },
    Kind {
        status: "503",
        name: "Unavailable",
        description: "Not now: the database is away, or a limit is reached. Try again soon",
        applies: |_, _| true,
    },
];

fn problem_response(description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&mut Operation, bool)> {
    [
        (&mut item.get, false),
        (&mut item.post, true),
        (&mut item.put, true),
        (&mut item.patch, true),
        (&mut item.delete, true),
    ]
    .into_iter()
    .filter_map(|(operation, is_unsafe)| operation.as_mut().map(|operation| (operation, is_unsafe)))
}

/// `servers_host_key_show`: the handler's name alone is not unique.
fn operation_name(path: &str, handler: &str) -> String {
    let words = path.trim_start_matches("/api/v1").split('/').filter(|word| !word.is_empty() && !word.starts_with('{'));
    let words: Vec<String> = words.map(|word| word.replace(['-', '.'], "_")).chain([handler.to_owned()]).collect();
    words.join("_")
}

fn complete(operation: &mut Operation, path: &str, is_unsafe: bool) {
    if operation.security.is_some() {
        return; // open to anyone, and says so itself
    }
    operation.security = Some(vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);
    for kind in PROBLEMS.iter().filter(|kind| (kind.applies)(path, is_unsafe)) {
        operation
            .responses
            .responses
            .entry(kind.status.to_owned())
            .or_insert_with(|| RefOr::Ref(Ref::from_response_name(kind.name)));
    }
    if !is_unsafe {
        return;
    }
    let key = ParameterBuilder::new()
        .name(idempotency::KEY)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("A name of your own for this request, at most 255 characters. Repeated within a day, it is answered from memory"))
        .schema(Some(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).max_length(Some(255))))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(key));
    for answer in operation.responses.responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
        if let RefOr::T(response) = answer.1 {
            let header = HeaderBuilder::new()
                .description(Some("`true` where the answer comes from memory"))
                .schema(Some(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))))
                .build();
            response.headers.insert(idempotency::REPLAYED.to_owned(), RefOr::T(header));
        }
    }
}
