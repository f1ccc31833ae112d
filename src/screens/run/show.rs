//! One command on many servers: how far it is on each, and who printed what.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::groups::Groups;
use crate::app::App;
use crate::error::{Error, Result};
use crate::executions::fan_out::{self, Seen};
use crate::executions::given::Given;
use crate::language::Message;
use crate::models::executions::ExecutionState;
use crate::models::fan_outs::{Counts, FanOut, Member};
use crate::models::ids::{ExecutionId, FanOutId};
use crate::web::extract::Operator;
use crate::web::filters;
use crate::web::render::Render;

/// Servers in the table; the others are counted.
const MOST: usize = 200;

/// What narrows the table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    /// `failed`, `running`, `waiting`, `done`, or all.
    show: String,
}

/// The page.
#[derive(Template)]
#[template(path = "screens/run/fan_out.html")]
struct FanOutPage {
    fan_out: FanOut,
    parameters: Vec<Given>,
    counts: Counts,
    hidden: usize,
    may_stop: bool,
    show: &'static str,
    rows: Vec<Row>,
    more: usize,
    groups: Groups,
    why: Option<Message>,
    took: Option<Duration>,
    /// Until when it pauses.
    pauses: Option<DateTime<Utc>>,
    choices: [(&'static str, &'static str, usize); 5],
}

/// One server.
struct Row {
    server: String,
    wave: i32,
    state: ExecutionState,
    exit_status: Option<i32>,
    took: Option<Duration>,
    why: Option<Message>,
    execution: Option<ExecutionId>,
    bytes: u64,
}

/// How it is on each server, the troubles first.
///
/// `GET /run/{fan_out}?show=failed`
pub async fn index(
    person: Operator,
    path: Path<i64>,
    query: Query<ShowQuery>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (actor, id, now) = (person.actor.clone(), FanOutId(*path), app.clock.now());
    let found = app.db.run(move |connection| {
        let seen = fan_out::see(connection, &actor, id)?;
        let groups = Groups::load(connection, &seen.members)?;
        Ok::<_, Error>((seen, groups))
    });
    let (seen, groups) = found.await?;
    render.page(&FanOutPage::new(seen, groups, &query.show, now))
}

impl FanOutPage {
    fn new(seen: Seen, groups: Groups, show: &str, now: DateTime<Utc>) -> Self {
        let show = ["failed", "running", "waiting", "done"].into_iter().find(|word| *word == show).unwrap_or_default();
        let Seen { fan_out, mut members, hidden, may_stop } = seen;
        let counts = Counts::of(&members);
        members.retain(|member| is_shown(member, show));
        // Worst first.
        members.sort_by_key(|member| rank(member.standing()));
        let more = members.len().saturating_sub(MOST);
        let until = fan_out.ended_at.unwrap_or(now);
        Self {
            parameters: serde_json::from_value(fan_out.parameters.clone()).unwrap_or_default(),
            rows: members.iter().take(MOST).map(|member| Row::of(member, now)).collect(),
            more,
            why: fan_out.why(),
            took: fan_out.started_at.and_then(|start| (until - start).to_std().ok()),
            pauses: fan_out.pause_until.filter(|until| *until > now),
            choices: [
                ("", "All", counts.all),
                ("failed", "Failed", counts.failed),
                ("running", "Running", counts.running),
                ("waiting", "Waiting", counts.waiting),
                ("done", "Done", counts.succeeded),
            ],
            counts,
            hidden,
            may_stop,
            show,
            groups,
            fan_out,
        }
    }
}

impl Row {
    fn of(member: &Member, now: DateTime<Utc>) -> Self {
        let ran = member.execution.as_ref();
        let took = ran.and_then(|ran| (ran.ended_at.unwrap_or(now) - ran.started_at?).to_std().ok());
        Self {
            server: member.server.clone(),
            wave: member.wave.saturating_add(1),
            state: member.standing(),
            exit_status: ran.and_then(|ran| ran.exit_status),
            took,
            why: member.why(),
            execution: ran.map(|ran| ran.id),
            bytes: ran.and_then(|ran| u64::try_from(ran.log_bytes).ok()).unwrap_or_default(),
        }
    }
}

fn is_shown(member: &Member, show: &str) -> bool {
    let state = member.standing();
    match show {
        "failed" => member.has_failed(),
        "running" => !state.has_ended() && member.execution.is_some(),
        "waiting" => !state.has_ended() && member.execution.is_none(),
        "done" => state == ExecutionState::Succeeded,
        _ => true,
    }
}

fn rank(state: ExecutionState) -> u8 {
    match state {
        ExecutionState::Failed | ExecutionState::Partly => 0,
        ExecutionState::Unknown => 1,
        ExecutionState::Running | ExecutionState::Starting | ExecutionState::Copying => 2,
        ExecutionState::Stopped => 3,
        ExecutionState::Queued => 4,
        ExecutionState::Succeeded => 5,
    }
}
