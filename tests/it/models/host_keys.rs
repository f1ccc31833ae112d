//! Host keys: unknown and changed are different things, and only a person trusts (H01, H02, H04).

use hannun::error::Error;
use hannun::models::host_keys::{GivenKey, HostKey, Recognition};
use hannun::models::ids::ServerId;

use super::server;
use crate::harness::database::TestDatabase;

const FIRST: GivenKey = GivenKey { algorithm: "ssh-ed25519", public_key: "AAAA1", fingerprint: "SHA256:1" };
const SECOND: GivenKey = GivenKey { algorithm: "ssh-ed25519", public_key: "AAAA2", fingerprint: "SHA256:2" };
const RSA: GivenKey = GivenKey { algorithm: "ssh-rsa", public_key: "AAAA3", fingerprint: "SHA256:3" };

fn present(database: &TestDatabase, server: ServerId, key: &GivenKey<'_>) -> Recognition {
    HostKey::present(&mut database.connection(), server, key, database.now()).unwrap()
}

fn approve(database: &TestDatabase, server: ServerId, key: &GivenKey<'_>) -> Result<HostKey, Error> {
    HostKey::approve(&mut database.connection(), server, key.fingerprint, "anna", database.now())
}

fn trusted(database: &TestDatabase, server: ServerId) -> Vec<String> {
    let keys = HostKey::trusted(&mut database.connection(), server).unwrap();
    keys.into_iter().map(|key| key.fingerprint).collect()
}

#[test]
fn sec_h01_a_key_is_trusted_only_after_a_person_approved_its_fingerprint() {
    let database = TestDatabase::new();
    let id = server(&mut database.connection(), "web-1").id;
    assert_eq!(present(&database, id, &FIRST), Recognition::Unknown);
    assert_eq!(present(&database, id, &FIRST), Recognition::Unknown);
    assert!(matches!(approve(&database, id, &SECOND), Err(Error::NotFound(_))), "another fingerprint");
    assert!(trusted(&database, id).is_empty());
    let key = approve(&database, id, &FIRST).unwrap();
    assert_eq!((key.approved_by.as_deref(), key.approved_at), (Some("anna"), Some(database.now())));
    assert_eq!(present(&database, id, &FIRST), Recognition::Trusted);
}

#[test]
fn sec_h02_another_key_is_a_change_and_the_trusted_one_stays_until_approval() {
    let database = TestDatabase::new();
    let id = server(&mut database.connection(), "web-1").id;
    HostKey::pin(&mut database.connection(), id, &FIRST, "file", database.now()).unwrap();
    HostKey::pin(&mut database.connection(), id, &RSA, "file", database.now()).unwrap();
    assert_eq!(present(&database, id, &SECOND), Recognition::Changed);
    assert_eq!(trusted(&database, id), ["SHA256:1", "SHA256:3"]);
    approve(&database, id, &SECOND).unwrap();
    assert_eq!(trusted(&database, id), ["SHA256:2"], "the machine is another one: no old key stays");
}

#[test]
fn sec_h04_a_key_of_a_further_type_is_added_by_approval() {
    let database = TestDatabase::new();
    let id = server(&mut database.connection(), "web-1").id;
    HostKey::pin(&mut database.connection(), id, &FIRST, "file", database.now()).unwrap();
    assert_eq!(present(&database, id, &RSA), Recognition::Changed);
    approve(&database, id, &RSA).unwrap();
    assert_eq!(trusted(&database, id), ["SHA256:1", "SHA256:3"]);
}

#[test]
fn a_server_with_a_new_key_each_time_fills_nothing() {
    let database = TestDatabase::new();
    let id = server(&mut database.connection(), "web-1").id;
    for number in 0..20 {
        let (public_key, fingerprint) = (format!("AAAA{number}"), format!("SHA256:{number}"));
        let key = GivenKey { algorithm: "ssh-ed25519", public_key: &public_key, fingerprint: &fingerprint };
        present(&database, id, &key);
    }
    assert_eq!(HostKey::of(&mut database.connection(), id).unwrap().len(), 1);
    let waiting = HostKey::presented(&mut database.connection(), id).unwrap().unwrap();
    assert_eq!(waiting.fingerprint, "SHA256:19");
}

#[test]
fn a_server_that_is_gone_is_not_found() {
    let database = TestDatabase::new();
    let outcome = HostKey::present(&mut database.connection(), ServerId(404), &FIRST, database.now());
    assert!(matches!(outcome, Err(Error::NotFound(_))), "{outcome:?}");
}
