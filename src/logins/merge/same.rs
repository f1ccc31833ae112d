//! When two sources tell of the same thing.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use super::RECORD;
use crate::commands::logins::{Ending, Login, LoginOutcome, ToldBy};
use crate::models::login_events as stored;
use crate::models::login_events::LoginEvent;

/// Two logs that tell fractions of a second differ by less.
const FRACTION: TimeDelta = TimeDelta::milliseconds(100);

/// The end of a session on a terminal names neither user nor address.
pub(super) fn is_end_of_record(ending: &Ending, login: &Login) -> bool {
    ending.user.is_empty()
        && ending.pid.is_some()
        && login.pid == ending.pid
        && login.outcome == LoginOutcome::Accepted
        && login.ended_at.is_none()
        && login.at <= ending.at
}

pub(super) fn is_same_connection(one: &Login, other: &Login) -> bool {
    one.outcome == other.outcome && one.port.is_some() && one.port == other.port && from(one) == from(other)
        // "not allowed because …" names no port.
        || one.outcome == other.outcome
            && (one.port.is_none() || other.port.is_none())
            && one.pid.is_some()
            && one.pid == other.pid
            && one.user == other.user
}

fn from(login: &Login) -> (Option<IpAddr>, &str) {
    (login.address, &login.host)
}

pub(super) fn is_same(one: &Login, other: &Login) -> bool {
    one.outcome == other.outcome
        && one.user == other.user
        && from(one) == from(other)
        && one.port == other.port
        && one.pid == other.pid
        && one.method == other.method
        && is_same_moment(one.at, other.at)
}

/// Logs that tell no fractions cut them off.
fn is_same_moment(one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
    match (one.nanosecond() == 0, other.nanosecond() == 0) {
        (true, true) => one == other,
        (false, false) => (one - other).abs() <= FRACTION,
        (true, false) => (TimeDelta::zero()..TimeDelta::seconds(1)).contains(&(other - one)),
        (false, true) => (TimeDelta::zero()..TimeDelta::seconds(1)).contains(&(one - other)),
    }
}

/// Whether `known` was told worse than `login`, and is the same.
pub(super) fn is_worse(known: &Login, login: &Login) -> bool {
    match known.told_by {
        ToldBy::Attempt => false,
        ToldBy::Connection => is_same_connection(known, login),
        ToldBy::Record => {
            known.outcome == login.outcome
                && known.user == login.user
                && known.address == login.address
                && (known.at - login.at).abs() <= RECORD
        }
    }
}

pub(super) fn login_of(event: LoginEvent) -> Login {
    Login {
        at: event.at,
        outcome: match event.outcome {
            stored::LoginOutcome::Accepted => LoginOutcome::Accepted,
            stored::LoginOutcome::Failed => LoginOutcome::Failed,
        },
        user: event.user_name,
        is_unknown_user: event.is_unknown_user,
        address: event.address.map(|address| address.0),
        host: event.host,
        port: event.port.and_then(|port| u16::try_from(port).ok()),
        method: event.method,
        key: event.fingerprint,
        pid: event.pid.and_then(|pid| u32::try_from(pid).ok()),
        terminal: event.terminal,
        ended_at: event.ended_at,
        times: u32::try_from(event.times).unwrap_or(1),
        told_by: match event.told_by {
            stored::ToldBy::Attempt => ToldBy::Attempt,
            stored::ToldBy::Connection => ToldBy::Connection,
            stored::ToldBy::Record => ToldBy::Record,
        },
    }
}
