//! Slowing down guesses (A03).

use std::net::IpAddr;

use chrono::TimeDelta;
use hannun::error::Error;
use hannun::models::sign_in::AuthThrottle;

use crate::harness::database::TestDatabase;

fn address(last: u8) -> IpAddr {
    [10, 0, 0, last].into()
}

fn attempt(database: &TestDatabase, account: &str, address: IpAddr) -> Result<(), Error> {
    AuthThrottle::new(account, address).begin(&mut database.connection(), database.now())
}

#[test]
fn sec_a03_the_sixth_try_from_one_address_waits_and_another_address_does_not() {
    let database = TestDatabase::new();
    for _ in 0..5 {
        attempt(&database, "anna", address(1)).unwrap();
        database.advance(TimeDelta::minutes(1));
    }
    let refusal = attempt(&database, "anna", address(1));
    assert!(matches!(refusal, Err(Error::TooMany { retry_after_seconds: 600 })), "{refusal:?}");
    attempt(&database, "anna", address(2)).unwrap();
    attempt(&database, "bert", address(1)).unwrap();
    database.advance(TimeDelta::minutes(10));
    attempt(&database, "anna", address(1)).unwrap();
}

#[test]
fn sec_a03_twenty_failures_of_one_address_stop_it_for_every_account() {
    let database = TestDatabase::new();
    for number in 0..20 {
        attempt(&database, &format!("user-{number}"), address(1)).unwrap();
    }
    assert!(matches!(attempt(&database, "anna", address(1)), Err(Error::TooMany { .. })));
    attempt(&database, "anna", address(2)).unwrap();
}

#[test]
fn sec_a03_success_forgets_the_account_s_failures_and_no_others() {
    let database = TestDatabase::new();
    for account in ["anna", "anna", "anna", "anna", "bert", "bert", "bert", "bert", "bert"] {
        attempt(&database, account, address(1)).unwrap();
    }
    AuthThrottle::new("anna", address(1)).succeeded(&mut database.connection()).unwrap();
    for _ in 0..5 {
        attempt(&database, "anna", address(1)).unwrap();
    }
    assert!(matches!(attempt(&database, "anna", address(1)), Err(Error::TooMany { .. })));
    assert!(matches!(attempt(&database, "bert", address(1)), Err(Error::TooMany { .. })));
}

#[test]
fn sec_a03_thirty_tries_at_once_are_five_guesses() {
    let database = TestDatabase::new();
    let together = std::sync::Arc::new(std::sync::Barrier::new(30));
    let tries: Vec<_> = (0..30)
        .map(|_| {
            let (mut connection, now, together) = (database.connection(), database.now(), together.clone());
            std::thread::spawn(move || {
                together.wait();
                AuthThrottle::new("anna", address(1)).begin(&mut connection, now)
            })
        })
        .collect();
    let through = tries.into_iter().filter_map(|one| one.join().unwrap().ok()).count();
    assert_eq!(through, 5);
}

#[test]
fn sec_a03_an_ipv6_network_of_one_customer_is_one_address() {
    let database = TestDatabase::new();
    for number in 0..5_u16 {
        attempt(&database, "anna", format!("2001:db8::{number}").parse().unwrap()).unwrap();
    }
    assert!(attempt(&database, "anna", "2001:db8::ffff".parse().unwrap()).is_err());
    attempt(&database, "anna", "2001:db8:0:1::1".parse().unwrap()).unwrap();
}

#[test]
fn an_account_of_any_length_and_any_bytes_is_counted() {
    let database = TestDatabase::new();
    let odd = format!("a\0b{}", "x".repeat(100_000));
    for _ in 0..5 {
        attempt(&database, &odd, address(1)).unwrap();
    }
    assert!(attempt(&database, &odd, address(1)).is_err());
    database.advance(TimeDelta::minutes(15));
    assert_eq!(AuthThrottle::sweep(&mut database.connection(), database.now()).unwrap(), 5);
}
