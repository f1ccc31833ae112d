//! Looks after an open terminal: whether its person still may have it, whether somebody asked for its end, whether anybody types.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::live::{End, Ending, Live};
use super::{Inner, Keeper};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::terminals::Terminal;

/// Between two looks: an end that an administrator asks for through another process comes within two seconds (T05).
const LOOK: Duration = Duration::from_secs(1);
/// Between two signs of life.
const SIGN: Duration = Duration::from_secs(10);
/// How long nobody may type.
const IDLE: TimeDelta = TimeDelta::minutes(30);
/// How long the rights of a person may not be known, while the database is away.
const UNKNOWN: Duration = Duration::from_mins(1);

/// Ends the terminal as soon as there is a reason to.
pub(super) async fn watch_over(inner: Arc<Inner>, live: Arc<Live>, keeper: Keeper) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut known, mut signed) = (Instant::now(), Instant::now());
    loop {
        looks.tick().await;
        if live.idle() >= IDLE {
            let why = Message::new("Nobody typed for {minutes} min").with("minutes", IDLE.num_minutes());
            return live.end(End::new(Ending::Other, why));
        }
        if live.was_typed_in() {
            (keeper.typed)().await;
        }
        match may_go_on(&keeper, &live.run_as).await {
            Ok(()) => known = Instant::now(),
            Err(Error::SignInNeeded) => {
                return live.end(End::new(Ending::SignedOut, Message::new("You are not signed in any more")));
            }
            Err(Error::Unavailable(_) | Error::Internal(_)) if known.elapsed() < UNKNOWN => {}
            Err(Error::NotFound(_)) => {
                let why = Message::new("You may not look at this server any more");
                return live.end(End::new(Ending::Other, why));
            }
            Err(error) => return live.end(End::new(Ending::Other, error.message())),
        }
        let gives_sign = signed.elapsed() >= SIGN;
        if gives_sign {
            signed = Instant::now();
        }
        if let Some(end) = look_at_row(&inner, &live, gives_sign).await {
            return live.end(end);
        }
    }
}

/// Whether the person still may have the terminal, by the rights and the switches of now.
async fn may_go_on(keeper: &Keeper, run_as: &str) -> Result<()> {
    let host = (keeper.host)().await?.operable().await?;
    if !host.server().enabled {
        let paused = Message::new("{server} is paused: hannun does not connect to it").with("server", host.name());
        return Err(Error::Forbidden(paused));
    }
    host.may_have_terminal(Some(run_as)).await
}

/// What somebody wrote into its row. While the database is away nobody did.
async fn look_at_row(inner: &Inner, live: &Live, gives_sign: bool) -> Option<End> {
    let (id, bytes, now) = (live.id, i64::try_from(live.shown_bytes()).unwrap_or(i64::MAX), inner.clock.now());
    let found = inner.db.run(move |connection| {
        if gives_sign {
            return Ok::<_, Error>(Terminal::sign(connection, id, bytes, now)?);
        }
        let row = Terminal::by_id(connection, id)?;
        Ok(row.ended_at.is_none().then_some(row.end_asked_by))
    });
    match found.await {
        Ok(Some(Some(by))) => {
            Some(End::new(Ending::Other, Message::new("It was ended by {person}").with("person", by)))
        }
        Ok(None) | Err(Error::NotFound(_)) => {
            Some(End::new(Ending::Other, Message::new("The server was removed, or the terminal counts as ended")))
        }
        Ok(Some(None)) | Err(_) => None,
    }
}
