//! A delivery that is a command: asked for once, with the rights that the owner of the scenario has now, and then looked after until
//! it has ended (J03, Z04).

use chrono::TimeDelta;

use super::Scenarios;
use super::tell::{again, failed, next_try};
use crate::commands::Acting;
use crate::error::{Error, Result};
use crate::executions::ask::{By, Purpose, Sequence, Wish, ask_for};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::command_runs::CommandRun;
use crate::models::deliveries::{Delivery, DeliveryState, Try};
use crate::models::executions::ExecutionState;
use crate::models::runs::Run;
use crate::models::scenarios::Scenario;
use crate::models::servers::Server;
use crate::scenarios::destinations::command::{On, Order};
use crate::scenarios::rights;

/// Between two looks whether the commands have ended.
const LOOK: TimeDelta = TimeDelta::seconds(2);

/// Why a command was not asked for.
enum NotAsked {
    /// The server could not be reached: nothing was begun, so it may be asked again.
    Yet(Message),
    /// It will not be.
    Ever(Message),
}

impl Scenarios {
    /// Asks for the commands of a delivery where none of them was asked for, and tells how far they are.
    pub(super) async fn command(&self, delivery: &Delivery) -> Result<Try> {
        let Ok(order) = serde_json::from_value::<Order>(delivery.message.clone()) else {
            return Ok(failed(Message::new("This version of hannun does not understand what is to be run")));
        };
        let id = delivery.id;
        let mut asked = self.db.run(move |connection| CommandRun::of_delivery(connection, id)).await?;
        // Whoever began to ask may have died halfway: what was asked for then is not asked for again.
        let asks = asked.is_empty() || (delivery.may_repeat && delivery.tries == 2);
        let mut why_not = delivery.why();
        if asks {
            let actor = match self.owner_of(delivery).await? {
                Ok(actor) => actor,
                Err(why) => return Ok(failed(why)),
            };
            let mut may_pass = true;
            for (place, on) in (0..).zip(&order.on) {
                if asked.iter().any(|run| run.delivery_place == Some(place)) {
                    continue;
                }
                match self.ask_on(&actor, &order, on, (delivery, place)).await? {
                    Ok(run) => asked.push(run),
                    Err(NotAsked::Yet(why)) => why_not = Some(why),
                    Err(NotAsked::Ever(why)) => (may_pass, why_not) = (false, Some(why)),
                }
            }
            if asked.is_empty() {
                let why = why_not.unwrap_or_else(|| Message::new("There is no server to run it on"));
                let next = if may_pass { next_try(delivery, None, self.clock.now()) } else { None };
                return Ok(next.map_or_else(|| failed(why.clone()), |at| again(at, Some(why.clone()))));
            }
        }
        if asked.iter().any(|run| run.ended_at.is_none()) {
            // Only the one that asked was a try.
            return Ok(Try { counts: asks, ..again(self.clock.now() + LOOK, why_not) });
        }
        Ok(Try { counts: asks, ..ended(&asked, order.on.len(), why_not) })
    }

    /// With whose rights it is run.
    async fn owner_of(&self, delivery: &Delivery) -> Result<std::result::Result<Actor, Message>> {
        let run = delivery.run_id;
        let owner = self.db.run(move |connection| {
            let run = Run::by_id(connection, run)?;
            let scenario = Scenario::by_id(connection, run.scenario_id)?;
            rights::owner(connection, scenario.owner_id)
        });
        Ok(owner.await?.map_err(|nowhere| nowhere.why))
    }

    async fn ask_on(
        &self,
        actor: &Actor,
        order: &Order,
        on: &On,
        (delivery, place): (&Delivery, i32),
    ) -> Result<std::result::Result<CommandRun, NotAsked>> {
        let (scope, name) = (actor.scope().clone(), on.server.clone());
        let found = self.db.run(move |connection| Server::by_name(connection, &scope, &name)).await;
        let wish = Wish {
            commands: vec![order.command.clone()],
            acting: if order.as_root { Acting::Root } else { Acting::User },
            time_limit_seconds: order.time_limit_seconds,
            sequence: Sequence::StopAtFailure,
        };
        let purpose = Purpose { delivery: Some((delivery.id, place)), variables: on.variables.clone() };
        let asked = async {
            let host = self.hosts.of(actor.clone(), found?).operable().await?;
            ask_for(&host, &wish, By::Queue, &purpose).await?.pop().ok_or(Error::NotFound("This run"))
        };
        Ok(match asked.await {
            Ok(run) => Ok(run),
            Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error),
            Err(error @ Error::Remote(_)) => Err(NotAsked::Yet(error.message())),
            Err(error) => Err(NotAsked::Ever(error.message())),
        })
    }
}

/// How a delivery ends whose commands have ended. What may have been done is told as that, and not done again.
fn ended(asked: &[CommandRun], wanted: usize, why_not: Option<Message>) -> Try {
    let count = |state| asked.iter().filter(|run| run.state == state).count();
    let (good, unknown) = (count(ExecutionState::Succeeded), count(ExecutionState::Unknown));
    let status = asked.iter().find(|run| run.state != ExecutionState::Succeeded).or(asked.first());
    let status = status.and_then(|run| run.exit_status);
    if good == wanted {
        return Try { state: DeliveryState::Delivered, status, why: None, ..failed(Message::new("")) };
    }
    let first = asked.iter().find(|run| run.state != ExecutionState::Succeeded).and_then(CommandRun::why);
    let first = first.or(why_not);
    let why = match (first, asked.len() - good) {
        (Some(why), _) if wanted == 1 => why,
        (first, _) => {
            let some =
                Message::new("{n} of {all} commands did not succeed").with("n", wanted - good).with("all", wanted);
            match first {
                Some(why) => Message::new("{some}: {why}").with_words("some", some).with_words("why", why),
                None => some,
            }
        }
    };
    let state = if unknown > 0 { DeliveryState::Unknown } else { DeliveryState::Failed };
    Try { state, status, ..failed(why) }
}
