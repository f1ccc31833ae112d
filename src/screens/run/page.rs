//! The form as a page shows it: where it is meant, how many servers that is, what is kept, and those that ran.

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use chrono::{DateTime, Utc};

use super::form::{LIMITS, RunForm};
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::executions::FanOutWish;
use crate::executions::fan_out::{self, Seen};
use crate::executions::given::{Given, Kind};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::fan_outs::{Counts, FanOutState};
use crate::models::groups::Group;
use crate::models::ids::{FanOutId, ServerId, UserId};
use crate::models::saved_commands::SavedCommand;
use crate::models::saved_fan_outs::SavedFanOut;
use crate::models::servers::Server;
use crate::web::filters;

/// Servers that are named where they are left out, or away.
const NAMED: usize = 12;
/// Words that are offered.
const MOST_PICKS: usize = 60;
/// Those that ran, in the list.
const RECENT: i64 = 30;
/// Characters of a command in a list.
const SHOWN: usize = 160;

/// The page.
#[derive(Template)]
#[template(path = "screens/run.html")]
pub(super) struct RunPage {
    form: RunForm,
    parameters: Vec<Given>,
    picks: Vec<Pick>,
    weighed: Weighed,
    saved: Vec<SavedFanOut>,
    commands: Vec<SavedCommand>,
    recent: Vec<Row>,
    problems: FieldErrors,
    /// The number of servers is to be typed.
    asks_count: bool,
    limits: [(&'static str, &'static str); 4],
    kinds: [(Kind, &'static str, &'static str); 4],
}

/// A word that can be chosen.
pub(super) struct Pick {
    word: String,
    count: usize,
    chosen: bool,
}

/// What the words mean.
#[derive(Default)]
pub(super) struct Weighed {
    /// On which it will run.
    able: Vec<String>,
    refused: Vec<Message>,
    refused_more: usize,
    down: Vec<String>,
    down_more: usize,
    /// Why they mean nothing.
    problem: Option<Message>,
}

/// One that ran.
pub(super) struct Row {
    id: FanOutId,
    at: DateTime<Utc>,
    name: String,
    words: String,
    as_root: bool,
    by: String,
    state: FanOutState,
    counts: Counts,
    took: Option<Duration>,
}

/// What the database knows for the page.
pub(super) struct Known {
    picks: Vec<Pick>,
    weighed: Weighed,
    saved: Vec<SavedFanOut>,
    commands: Vec<SavedCommand>,
    recent: Vec<Row>,
}

impl RunPage {
    pub(super) fn new(form: RunForm, known: Known, problems: FieldErrors, asks_count: bool) -> Self {
        let Known { picks, weighed, saved, commands, recent } = known;
        let asks_count = asks_count || problems.of("count").is_some();
        Self {
            parameters: form.parameters(),
            asks_count: asks_count && weighed.able.len() > 1,
            picks,
            weighed,
            saved,
            commands,
            recent,
            problems,
            limits: LIMITS,
            kinds: Kind::ALL,
            form,
        }
    }
}

impl Known {
    pub(super) fn load(connection: &mut Connection, (actor, user): (&Actor, UserId), form: &RunForm) -> Result<Self> {
        let words = form.words();
        let wish = FanOutWish { servers: words.clone(), r#become: form.as_root, ..FanOutWish::default() };
        let seen = fan_out::visible(connection, actor, RECENT)?;
        Ok(Self {
            picks: picks(connection, actor, &form.pick)?,
            weighed: Weighed::of(connection, actor, &wish)?,
            saved: SavedFanOut::of(connection, user)?,
            commands: SavedCommand::of(connection, user)?,
            recent: seen.into_iter().map(Row::of).collect(),
        })
    }
}

impl Weighed {
    fn of(connection: &mut Connection, actor: &Actor, wish: &FanOutWish) -> Result<Self> {
        let meant = match fan_out::meant(connection, actor, wish) {
            Err(Error::Invalid(problems)) => {
                return Ok(Self { problem: problems.of("servers").cloned(), ..Self::default() });
            }
            meant => meant?,
        };
        let mut weighed = Self::default();
        for one in meant {
            match one.why_not {
                Some(_) if weighed.refused.len() >= NAMED => weighed.refused_more += 1,
                Some(why) => weighed.refused.push(why),
                None => {
                    if one.is_down && weighed.down.len() >= NAMED {
                        weighed.down_more += 1;
                    } else if one.is_down {
                        weighed.down.push(one.server.name.clone());
                    }
                    weighed.able.push(one.server.name);
                }
            }
        }
        Ok(weighed)
    }
}

/// `all`, groups and labels of the servers that somebody may know of, with how many servers have each.
fn picks(connection: &mut Connection, actor: &Actor, chosen: &[String]) -> Result<Vec<Pick>> {
    let servers = Server::all(connection, actor.scope())?;
    let ids: Vec<ServerId> = servers.iter().map(|server| server.id).collect();
    let groups: BTreeMap<ServerId, Vec<Group>> = Server::groups_of(connection, &ids)?;
    let mut counts: BTreeMap<(u8, String), usize> = BTreeMap::new();
    counts.insert((0, "all".to_owned()), servers.len());
    for server in &servers {
        for group in groups.get(&server.id).into_iter().flatten().filter(|group| actor.scope().sees(group.id)) {
            *counts.entry((1, format!("group:{}", group.name))).or_default() += 1;
        }
        for (key, value) in &server.labels.0 {
            *counts.entry((2, format!("label:{key}={value}"))).or_default() += 1;
        }
    }
    let mut picks: Vec<Pick> = counts
        .into_iter()
        .take(MOST_PICKS)
        .map(|((_, word), count)| Pick { chosen: chosen.contains(&word), word, count })
        .collect();
    let unknown: Vec<Pick> = chosen
        .iter()
        .filter(|word| !picks.iter().any(|pick| pick.word == **word))
        .map(|word| Pick { word: word.clone(), count: 0, chosen: true })
        .collect();
    picks.extend(unknown);
    Ok(picks)
}

impl Row {
    fn of(seen: Seen) -> Self {
        let fan_out = seen.fan_out;
        Self {
            id: fan_out.id,
            at: fan_out.queued_at,
            name: fan_out.name,
            words: fan_out.words.chars().take(SHOWN).collect(),
            as_root: fan_out.as_root,
            by: fan_out.actor,
            state: fan_out.state,
            counts: Counts::of(&seen.members),
            took: fan_out.ended_at.zip(fan_out.started_at).and_then(|(end, start)| (end - start).to_std().ok()),
        }
    }
}
