//! What a look at a server means for a request. Pure: rows, moments and boots in, the next step out.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::commands::Boot;
use crate::language::Message;
use crate::models::power_requests::{End, PowerDeed, PowerRequest, PowerState};

/// How long a server that was asked may go on answering in the same boot: services may take minutes to end.
const UNMOVED: TimeDelta = TimeDelta::minutes(10);
/// How long a server that restarts may not answer: it may check its disks, or install what was prepared.
const UNHEARD: TimeDelta = TimeDelta::minutes(30);
/// How long a server that shuts down must not answer before it counts as off.
const QUIET: TimeDelta = TimeDelta::seconds(60);

/// What a look found.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    /// It answers, in this boot.
    Answers(Boot),
    /// It does not, for this reason.
    Silent(Message),
    /// Nobody may ask it any more.
    Paused,
}

/// What follows.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Nothing new.
    Stays,
    /// Another state, and since when it does not answer.
    Moves(PowerState, Option<DateTime<Utc>>),
    /// It is over.
    Ends(End),
}

/// The step after a look that began at `begun`, and brought what was seen at `now`.
pub(super) fn step(request: &PowerRequest, seen: Seen, begun: DateTime<Utc>, now: DateTime<Utc>) -> Step {
    match seen {
        Seen::Answers(boot) if boot.is_after(&before(request)) => {
            let booted = TimeDelta::from_std(boot.uptime).ok().and_then(|uptime| now.checked_sub_signed(uptime));
            let (state, back_at) = (PowerState::Back, Some(now));
            Step::Ends(End { state, why: None, boot_after: boot.id, back_at, booted_at: booted })
        }
        Seen::Answers(_) if now - request.asked_at > UNMOVED => {
            unknown("It did not go down: it still answers, in the boot in which it was asked".into())
        }
        Seen::Answers(_) if request.state == PowerState::Going => Step::Stays,
        // One look that failed was no sign of it.
        Seen::Answers(_) => Step::Moves(PowerState::Going, None),
        Seen::Paused => unknown("The server was paused in hannun, which does not look at it any more".into()),
        Seen::Silent(why) => match (request.away_at, request.deed) {
            (None, _) => Step::Moves(PowerState::Away, Some(begun)),
            (Some(since), PowerDeed::ShutDown) if now - since > QUIET => Step::Ends(End::away(PowerState::Off, None)),
            (Some(since), PowerDeed::Restart) if now - since > UNHEARD => {
                let sentence = Message::new("It has not answered for half an hour. Last reason: {why}");
                unknown(sentence.with_words("why", why))
            }
            (Some(_), _) => Step::Stays,
        },
    }
}

fn before(request: &PowerRequest) -> Boot {
    let uptime = Duration::try_from_secs_f64(request.uptime_before).unwrap_or_default();
    Boot { id: request.boot_before.clone(), uptime }
}

fn unknown(why: Message) -> Step {
    Step::Ends(End::away(PowerState::Unknown, Some(why)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::ids::{PowerRequestId, ServerId};

    const ASKED: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn request(deed: PowerDeed, away: Option<i64>) -> PowerRequest {
        PowerRequest {
            id: PowerRequestId(1),
            server_id: ServerId(1),
            deed,
            asked_by: "jiwon".into(),
            boot_before: "a".into(),
            uptime_before: 500.0,
            boot_after: String::new(),
            state: if away.is_some() { PowerState::Away } else { PowerState::Going },
            why: None,
            asked_at: ASKED,
            away_at: away.map(at),
            back_at: None,
            booted_at: None,
            ended_at: None,
            token: 0,
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        ASKED + TimeDelta::seconds(seconds)
    }

    fn answers(id: &str, uptime: u64) -> Seen {
        Seen::Answers(Boot { id: id.into(), uptime: Duration::from_secs(uptime) })
    }

    fn silent() -> Seen {
        Seen::Silent("connection refused".into())
    }

    /// A look that was over when it began.
    fn look(request: &PowerRequest, seen: Seen, seconds: i64) -> Step {
        step(request, seen, at(seconds), at(seconds))
    }

    fn state(step: &Step) -> Option<PowerState> {
        match step {
            Step::Ends(end) => Some(end.state),
            Step::Stays | Step::Moves(..) => None,
        }
    }

    #[test]
    fn it_is_away_since_the_look_that_found_it_so_began() {
        let restart = request(PowerDeed::Restart, None);
        assert_eq!(step(&restart, silent(), at(3), at(13)), Step::Moves(PowerState::Away, Some(at(3))));
        assert_eq!(look(&request(PowerDeed::Restart, Some(3)), silent(), 15), Step::Stays);
    }

    #[test]
    fn another_boot_is_the_end_also_where_it_was_never_seen_away() {
        for (deed, away) in [(PowerDeed::Restart, Some(5)), (PowerDeed::Restart, None), (PowerDeed::ShutDown, Some(5))]
        {
            let Step::Ends(end) = look(&request(deed, away), answers("b", 12), 47) else { panic!("{deed:?}") };
            assert_eq!((end.state, end.boot_after.as_str()), (PowerState::Back, "b"));
            assert_eq!((end.back_at, end.booted_at), (Some(at(47)), Some(at(35))));
        }
        let container = look(&request(PowerDeed::Restart, Some(5)), answers("a", 12), 47);
        assert_eq!(state(&container), Some(PowerState::Back), "its uptime began anew");
    }

    #[test]
    fn a_server_that_answers_in_the_same_boot_goes_on_going_for_ten_minutes_and_no_longer() {
        let restart = request(PowerDeed::Restart, None);
        assert_eq!(look(&restart, answers("a", 510), 10), Step::Stays);
        assert_eq!(
            look(&request(PowerDeed::Restart, Some(5)), answers("a", 510), 10),
            Step::Moves(PowerState::Going, None)
        );
        assert_eq!(look(&restart, answers("a", 1_100), 600), Step::Stays);
        assert_eq!(state(&look(&restart, answers("a", 1_101), 601)), Some(PowerState::Unknown));
    }

    #[test]
    fn a_restart_that_is_away_for_half_an_hour_is_not_waited_for_and_says_why() {
        let restart = request(PowerDeed::Restart, Some(10));
        assert_eq!(look(&restart, silent(), 1_810), Step::Stays);
        let Step::Ends(end) = look(&restart, silent(), 1_811) else { panic!("it is waited for") };
        let why = end.why.unwrap().to_string();
        assert!(end.state == PowerState::Unknown && why.ends_with("connection refused"), "{why}");
    }

    #[test]
    fn a_server_that_shuts_down_is_off_after_a_minute_without_an_answer() {
        let shut_down = request(PowerDeed::ShutDown, Some(10));
        assert_eq!(look(&shut_down, silent(), 70), Step::Stays);
        assert_eq!(state(&look(&shut_down, silent(), 71)), Some(PowerState::Off));
    }

    #[test]
    fn a_server_that_is_paused_meanwhile_is_not_looked_at() {
        assert_eq!(state(&look(&request(PowerDeed::Restart, None), Seen::Paused, 4)), Some(PowerState::Unknown));
    }
}
