//! Hears what other processes tell of the servers that they sample, as long as somebody looks at values in this one.
//!
//! What is heard enters [`Live`] by the same door as what is read here. While nobody looks, nothing is asked.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::live::{Live, Told};
use super::presence::Presence;
use crate::error::{Error, Result};
use crate::models::ids::{InstanceId, ServerId};
use crate::models::instances::Instance;
use crate::models::live_samples::LiveSample;
use crate::models::servers::Server;

/// Between two questions.
const PERIOD: Duration = Duration::from_secs(1);
/// A look that is not repeated ends after this, also where we cannot say so any more.
const LOOK: Duration = Duration::from_secs(10);
/// What somebody looks at is said again after this, also where it is the same.
const SAID_AGAIN: Duration = Duration::from_secs(5);
/// Between two looks at which servers there still are.
const TIDIED: Duration = Duration::from_mins(1);

/// Keeps `live` like that of the processes that sample.
#[derive(Clone)]
pub struct Mirror {
    presence: Presence,
    live: Live,
}

/// What was heard, and what was said.
struct Past {
    batches: HashMap<InstanceId, i64>,
    said: Option<(Instant, Vec<ServerId>)>,
    tidied: Instant,
}

impl Mirror {
    /// Brings into `live` what those tell that `presence` shares the database with.
    pub fn new(presence: Presence, live: Live) -> Self {
        Self { presence, live }
    }

    /// Hears once a second while somebody looks, until `stop`.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut past = Past { batches: HashMap::new(), said: None, tidied: Instant::now() };
        let interest = self.live.interest();
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let others_sample = !self.presence.samples() || self.presence.others_sample();
            interest.others_sample(others_sample);
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
                () = interest.comes() => {}
            }
            if !others_sample || !interest.is_there() {
                continue;
            }
            match self.turn(&mut past).await {
                Ok(()) => interest.heard(),
                Err(error) => tracing::debug!(%error, "live values of other processes wait for the database"),
            }
        }
    }

    async fn turn(&self, past: &mut Past) -> Result<()> {
        let (me, looked_at) = (self.presence.id(), self.live.looked_at());
        let is_said = past.said.as_ref().is_some_and(|(at, said)| *said == looked_at && at.elapsed() < SAID_AGAIN);
        let say = (!is_said).then(|| looked_at.clone());
        let is_tidy = past.tidied.elapsed() < TIDIED;
        let known: Vec<(InstanceId, i64)> = past.batches.iter().map(|(holder, batch)| (*holder, *batch)).collect();
        let (news, there) = self
            .presence
            .db()
            .run(move |connection| {
                if let Some(servers) = say {
                    Instance::look(connection, me, &servers, LOOK)?;
                }
                let heard =
                    |sample: LiveSample| (sample.server_id, sample.holder, sample.batch, Told::read(&sample.content));
                let news: Vec<_> = LiveSample::newer(connection, me, &known)?.into_iter().map(heard).collect();
                let there = if is_tidy { None } else { Some(Server::ids(connection)?) };
                Ok::<_, Error>((news, there))
            })
            .await?;
        if !is_said {
            past.said = Some((Instant::now(), looked_at));
        }
        for (server, holder, batch, told) in news {
            let known = past.batches.entry(holder).or_default();
            *known = batch.max(*known);
            // What we sample ourselves we know better than whoever sampled it before.
            if let Some(told) = told.filter(|_| self.presence.token(server).is_none()) {
                self.live.server(server).hear(told);
            }
        }
        if let Some(there) = there {
            self.live.keep(&HashSet::from_iter(there));
            past.tidied = Instant::now();
        }
        Ok(())
    }
}
