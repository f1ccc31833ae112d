//! `POST /executions`: a command of one's own on one server or many.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ExecutionView;
use crate::api::input::Body;
use crate::app::App;
use crate::commands::Acting;
use crate::commands::run_command::RunCommand;
use crate::error::{Error, Result};
use crate::executions::ask::{By, USUAL_SECONDS, is_time_limit};
use crate::executions::{Selector, Sequence, Wish, ask};
use crate::models::executions::ExecutionSummary;
use crate::remote::host::OperableHost;
use crate::web::extract::{Asking, Reauthenticated};

/// Servers that are asked at once.
const MOST: usize = 1_000;

/// What is to run, and where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExecution {
    /// Names, `group:NAME`, `label:KEY=VALUE` or `all`; an empty list is no server.
    pub servers: Vec<String>,
    /// What a POSIX shell is given on its standard input; it may have several lines. It reads nothing itself, and its outputs are
    /// one.
    pub command: String,
    /// As root.
    #[serde(default)]
    pub r#become: bool,
    /// How long it may take, connecting included.
    #[serde(default = "usual_seconds")]
    #[schema(minimum = 1, maximum = 86_400)]
    pub timeout_seconds: i32,
}

fn usual_seconds() -> i32 {
    USUAL_SECONDS
}

/// What was asked for, by server.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewExecutions {
    /// One for each server.
    pub items: Vec<ExecutionView>,
}

/// Runs a command on servers, on all at once; look at each execution for what became of it. Refused where it may not be run on
/// one of them: then it runs on none. Role: operator, with the right to run commands, and for `become` to act as root.
#[utoipa::path(
    operation_id = "create_execution",
    post, path = "/api/v1/executions", tag = "executions",
    request_body = NewExecution,
    responses((status = 202, body = NewExecutions)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    body: Body<NewExecution>,
) -> Result<HttpResponse> {
    let NewExecution { servers, command, r#become, timeout_seconds } = body.0;
    if !is_time_limit(timeout_seconds) {
        return Err(Error::field("timeout_seconds", "The time limit is a number of seconds, at most a day"));
    }
    let selector = Selector::read(servers).map_err(|why| Error::field("servers", why))?;
    let wish = Wish {
        commands: vec![command],
        acting: if r#become { Acting::Root } else { Acting::User },
        time_limit_seconds: timeout_seconds,
        sequence: Sequence::StopAtFailure,
    };
    let scope = asking.scope().clone();
    let servers = app.db.run(move |connection| selector.servers(connection, &scope)).await?;
    if servers.len() > MOST {
        return Err(Error::TooLarge);
    }
    let mut hosts: Vec<OperableHost> = Vec::with_capacity(servers.len());
    for server in servers {
        let host = app.hosts.of(asking.0.clone(), server).operable().await?;
        let command = RunCommand { words: wish.commands.concat(), acting: wish.acting, ..RunCommand::default() };
        host.may_run(&command).await?;
        hosts.push(host);
    }
    let mut items = Vec::with_capacity(hosts.len());
    for host in hosts {
        for run in ask(&host, &wish, By::Queue).await? {
            let id = run.id;
            let run = app.db.run(move |connection| ExecutionSummary::by_id(connection, id)).await?;
            items.push(ExecutionView::new(&run, host.name(), true));
        }
    }
    Ok(HttpResponse::Accepted().json(NewExecutions { items }))
}
