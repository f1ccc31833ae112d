//! Routes with their permission: what `routes.rs` is written in. A route that declares none is refused (Z01).

use std::collections::HashMap;

use actix_web::dev::ServiceRequest;
use actix_web::guard;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web;

use super::middleware::catch_panic;
use crate::models::actor::Role;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Also people who are not signed in.
    Anyone,
    /// Signed in, with at least this role.
    Role(Role),
    /// Administrators who may know of every server: what belongs to no group (Z02).
    EveryServer,
}

/// Anyone who is signed in.
pub const VIEWER: Permission = Permission::Role(Role::Viewer);
/// Who may change servers.
pub const OPERATOR: Permission = Permission::Role(Role::Operator);
/// Who may change what hannun knows.
pub const ADMINISTRATOR: Permission = Permission::Role(Role::Administrator);

/// Who may change what belongs to no group: people, tokens, credentials, groups, what runs everywhere.
pub const EVERY_SERVER: Permission = Permission::EveryServer;

/// One line of the route table.
#[derive(Clone)]
pub struct Route {
    /// `GET` also answers `HEAD`.
    pub method: Method,
    /// `/servers/{server}/processes`
    pub path: &'static str,
    /// Who may use it.
    pub permission: Permission,
    /// Whether its handler reads the body as it comes: it may be large, and is not read before.
    pub streams: bool,
    handler: fn() -> actix_web::Route,
}

impl Route {
    /// The same for a handler that reads its body by [`crate::web::incoming`].
    #[must_use]
    pub fn streamed(self) -> Self {
        Self { streams: true, ..self }
    }
}

/// `get("/servers/{server}/processes", VIEWER, || web::to(processes::index))`
pub fn get(path: &'static str, permission: Permission, handler: fn() -> actix_web::Route) -> Route {
    Route { method: Method::GET, path, permission, streams: false, handler }
}

/// A route that changes something. Pages use `POST` only; the other methods are the API's.
pub fn post(path: &'static str, permission: Permission, handler: fn() -> actix_web::Route) -> Route {
    Route { method: Method::POST, path, permission, streams: false, handler }
}

/// A route of the API with another method.
pub fn other(method: Method, path: &'static str, permission: Permission, handler: fn() -> actix_web::Route) -> Route {
    Route { method, path, permission, streams: false, handler }
}

/// The declared permission of every route, for the guard that runs before any handler.
pub struct Permissions(HashMap<&'static str, Vec<(Method, Permission, bool)>>);

impl Permissions {
    /// Those of a route table.
    pub fn of(routes: &[Route]) -> Self {
        let mut permissions: HashMap<&'static str, Vec<(Method, Permission, bool)>> = HashMap::new();
        for route in routes {
            permissions.entry(route.path).or_default().push((route.method.clone(), route.permission, route.streams));
        }
        Self(permissions)
    }

    /// What was declared for a pattern; nothing where it is not in the table.
    pub fn of_pattern(&self, pattern: &str) -> Option<Declared<'_>> {
        self.0.get(pattern).map(|methods| Declared(methods))
    }

    /// Whether the handler of `request` reads its body as it comes.
    pub fn streams(request: &ServiceRequest) -> bool {
        let permissions = request.app_data::<web::Data<Self>>();
        let declared = permissions.zip(request.match_pattern());
        declared
            .and_then(|(permissions, pattern)| {
                permissions.of_pattern(&pattern).map(|one| one.streams(request.method()))
            })
            .unwrap_or_default()
    }
}

/// The methods of one path, each with its permission.
#[derive(Clone, Copy)]
pub struct Declared<'a>(&'a [(Method, Permission, bool)]);

impl Declared<'_> {
    /// The permission of a method; none where the path does not have it.
    pub fn permission(self, method: &Method) -> Option<Permission> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.0.iter().find(|(known, _, _)| known == method).map(|(_, permission, _)| *permission)
    }

    /// Whether the handler of a method reads its body as it comes.
    pub fn streams(self, method: &Method) -> bool {
        self.0.iter().any(|(known, _, streams)| known == method && *streams)
    }
}

/// Hands the table to actix: one resource per path, in the order of the table.
pub fn configure(routes: &[Route], services: &mut web::ServiceConfig) {
    let mut paths: Vec<&'static str> = Vec::new();
    for route in routes {
        if !paths.contains(&route.path) {
            paths.push(route.path);
        }
    }
    for path in paths {
        let mut resource = web::resource(path);
        for route in routes.iter().filter(|route| route.path == path) {
            let handler = (route.handler)();
            resource = resource.route(if route.method == Method::GET {
                handler.guard(guard::Any(guard::Get()).or(guard::Head()))
            } else {
                handler.method(route.method.clone())
            });
        }
        services.service(resource.wrap(from_fn(catch_panic::catch_panic)));
    }
}
