//! How many requests one sender gets answered (W10): a session or token by itself, and everybody else by address.
//!
//! Counted after we know who it is. Files and `/healthz` cost nothing and are not counted; neither is the opening of a
//! signed-in page's stream, which would not be tried again by the browser.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::Error as ActixError;
use actix_web::HttpMessage;
use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web;
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::refuse;
use crate::clock::Clock;
use crate::config::{Rate, RequestConfig};
use crate::error::Error;
use crate::models::sign_in::network_of;
use crate::web::visitor::{Identity, Visitor};

/// Header fields of one request.
const HEADER_FIELDS: usize = 64;
/// Requests after which senders that were not heard of lately are forgotten.
const TIDY_EVERY: u32 = 1_024;

/// Counts the requests of every sender; shared by all workers.
pub struct Limits {
    sessions: Limiter<String>,
    addresses: Limiter<IpAddr>,
}

impl Limits {
    /// Nobody has asked anything yet.
    pub fn new(config: &RequestConfig, clock: &Clock) -> Self {
        Self {
            sessions: Limiter::new(config.per_session, clock.clone()),
            addresses: Limiter::new(config.per_address, clock.clone()),
        }
    }

    /// Counts a request of `visitor`; too many say how long to wait.
    fn count(&self, visitor: &Visitor) -> Result<(), Duration> {
        match &visitor.identity {
            Identity::Nobody => self.addresses.count(&network_of(visitor.address)),
            Identity::Person(person) => self.sessions.count(&hex::encode(&person.session.id_hash)),
            // A token's name is its own, and no session has such a number.
            Identity::Program(actor) => self.sessions.count(&format!("token {}", actor.name)),
        }
    }
}

/// Middleware: refuses more than a sender's share.
pub async fn limits(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    if request.headers().len() > HEADER_FIELDS {
        return Ok(request.into_response(HttpResponse::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)));
    }
    let (Some(limits), Some(mut visitor)) =
        (request.app_data::<web::Data<Limits>>().cloned(), Visitor::of(request.request()))
    else {
        return Ok(refuse(request, Error::internal(anyhow::anyhow!("limits come after the visitor is known"))));
    };
    if costs_nothing(&request, &visitor) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    match limits.count(&visitor) {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(wait) => {
            // The refusal must cost less than the answer: a bare sentence, without a look into the database.
            visitor.identity = Identity::Nobody;
            request.extensions_mut().insert(visitor);
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Ok(refuse(request, Error::TooMany { retry_after_seconds: seconds.max(1) }))
        }
    }
}

fn costs_nothing(request: &ServiceRequest, visitor: &Visitor) -> bool {
    let path = request.path();
    let is_stream = !matches!(visitor.identity, Identity::Nobody) && path.ends_with("/stream");
    path.starts_with("/static/") || path == "/healthz" || is_stream
}

/// One kind of sender.
struct Limiter<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, Ticks, NoOpMiddleware<Duration>>,
    counted: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(rate: Rate, clock: Clock) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(rate.per_second)).allow_burst(at_least_one(rate.burst));
        Self { limiter: RateLimiter::hashmap_with_clock(quota, Ticks(clock)), counted: AtomicU32::new(0) }
    }

    fn count(&self, key: &K) -> Result<(), Duration> {
        if self.counted.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(key).map_err(|refused| refused.wait_time_from(self.limiter.clock().now()))
    }
}

/// Our clock, as the limiter reads it.
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn sec_w10_senders_that_fell_silent_are_forgotten() {
        let clock = Clock::standing_at(DateTime::UNIX_EPOCH);
        let limiter = Limiter::new(Rate { per_second: 5, burst: 20 }, clock.clone());
        for number in 0..TIDY_EVERY {
            assert!(limiter.count(&number).is_ok());
        }
        assert_eq!(limiter.limiter.len(), TIDY_EVERY as usize);
        clock.advance(TimeDelta::minutes(1));
        for _ in 0..TIDY_EVERY {
            let _refused_or_not = limiter.count(&0);
        }
        assert!(limiter.limiter.len() <= 1, "{}", limiter.limiter.len());
    }
}
