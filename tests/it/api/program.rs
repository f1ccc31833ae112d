//! A program with a bearer token, and what it asks and gets.

use actix_web::http::Method;
use hannun::models::actor::{Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use hannun::models::groups::{Group, NewGroup};
use hannun::models::ids::UserId;
use hannun::models::users::User;
use serde_json::Value;

use crate::harness::app::TestApp;
use crate::harness::client::{Client, Reply};

/// A program at an address of its own.
pub(crate) struct Program {
    client: Client,
    token: String,
}

/// A program with this role, for every server.
pub(crate) async fn program(app: &TestApp, role: Role) -> Program {
    program_for(app, role.name(), role, Scope::All).await
}

/// A program with a token of this name, role and scope.
pub(crate) async fn program_for(app: &TestApp, name: &str, role: Role, scope: Scope) -> Program {
    with_token(app, name, (None, role), scope).await
}

/// A program of a person, with this role for every server.
pub(crate) async fn program_of(app: &TestApp, person: &User, role: Role) -> Program {
    with_token(app, &format!("program-of-{}", person.name), (Some(person.id), role), Scope::All).await
}

async fn with_token(app: &TestApp, name: &str, (user_id, role): (Option<UserId>, Role), scope: Scope) -> Program {
    let (name, now) = (name.to_owned(), app.database.now());
    let made = app.app.db.run(move |connection| {
        NewApiToken { name: &name, user_id, role, scope, expires_at: None }.insert(connection, now)
    });
    let (text, _) = made.await.unwrap();
    Program { client: app.browser(), token: text.expose().clone() }
}

/// A group, and the scope of somebody who is limited to it.
pub(crate) async fn group(app: &TestApp, name: &'static str) -> (Group, Scope) {
    let group = app.app.db.run(move |connection| NewGroup { name, note: "" }.insert(connection)).await.unwrap();
    let scope = Scope::Groups(vec![group.id]);
    (group, scope)
}

impl Program {
    /// The same program with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { client: self.client.clone(), token: token.to_owned() }
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) async fn get(&self, path: &str) -> Json {
        self.ask(Method::GET, path, None, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Json {
        self.ask(Method::POST, path, Some(body), None).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Json {
        self.ask(Method::PATCH, path, Some(body), None).await
    }

    /// A body for what has this etag.
    pub(super) async fn put_matching(&self, path: &str, body: Value, etag: &str) -> Json {
        let bearer = format!("Bearer {}", self.token);
        let ask = self.client.ask(Method::PUT, path).header("Authorization", &bearer).header("If-Match", etag);
        Json::of(ask.body("application/json", body.to_string()).send().await)
    }

    pub(crate) async fn delete(&self, path: &str) -> Json {
        self.ask(Method::DELETE, path, None, None).await
    }

    /// A request whose body is of another kind than JSON.
    pub(crate) async fn send(&self, method: Method, path: &str, kind: &str, body: &str) -> Json {
        let bearer = format!("Bearer {}", self.token);
        let ask = self.client.ask(method, path).header("Authorization", &bearer).body(kind, body.to_owned());
        Json::of(ask.send().await)
    }

    /// YAML that is sent with a key of its own.
    pub(super) async fn send_once(&self, path: &str, text: &str, key: &str) -> Json {
        let bearer = format!("Bearer {}", self.token);
        let ask = self.client.ask(Method::POST, path).header("Authorization", &bearer).header("Idempotency-Key", key);
        Json::of(ask.body("application/yaml", text.to_owned()).send().await)
    }

    /// A request with everything that one may have.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> Json {
        let bearer = format!("Bearer {}", self.token);
        let mut ask = self.client.ask(method, path).header("Authorization", &bearer);
        if let Some(key) = key {
            ask = ask.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            ask = ask.body("application/json", body.to_string());
        }
        Json::of(ask.send().await)
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Json {
    pub(crate) reply: Reply,
    pub(crate) value: Value,
}

impl Json {
    fn of(reply: Reply) -> Self {
        let value = serde_json::from_str(&reply.body).unwrap_or(Value::Null);
        Self { reply, value }
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub(crate) fn status(self, status: u16) -> Value {
        assert_eq!(self.reply.status.as_u16(), status, "{}", self.reply.body);
        self.value
    }

    /// The problem's word, if it is a problem with this status.
    #[track_caller]
    pub(crate) fn problem(self, status: u16) -> String {
        assert_eq!(self.reply.header("Content-Type"), Some("application/problem+json"), "{}", self.reply.body);
        let value = self.status(status);
        let problem: hannun::api::problem::Problem = serde_json::from_value(value).unwrap();
        assert_eq!(problem.status, status);
        assert!(!problem.detail.is_empty() && !problem.title.is_empty(), "{problem:?}");
        problem.kind.trim_start_matches("urn:hannun:").to_owned()
    }

    /// The fields that a 422 names.
    #[track_caller]
    pub(crate) fn refused_fields(self) -> Vec<String> {
        assert_eq!(self.reply.status.as_u16(), 422, "{}", self.reply.body);
        let errors = self.value["errors"].as_array().unwrap().clone();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }

    /// The names of a list's items.
    #[track_caller]
    pub(crate) fn names(self) -> Vec<String> {
        let value = self.status(200);
        value["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }
}
