//! Leases on servers: who holds one, and that nobody else can act on it.

use std::time::Duration;

use diesel::prelude::*;
use hannun::models::credentials::{CredentialKind, NewCredential, Privileges, Secrets};
use hannun::models::data_keys::DataKey;
use hannun::models::ids::{InstanceId, ServerId};
use hannun::models::instances::{Instance, NewInstance};
use hannun::models::live_samples::{LiveSample, NewLiveSample};
use hannun::models::sampling_leases::{Lease, ToSample};
use hannun::models::servers::{NewServer, Server, ServerChanges};
use hannun::secret::SecretText;

use crate::harness::database::TestDatabase;

const ONE: InstanceId = InstanceId(1);
const TWO: InstanceId = InstanceId(2);

fn instance(id: InstanceId) -> NewInstance {
    let (host, version) = ("console-1".to_owned(), "0.1.0".to_owned());
    NewInstance { id, host, process_id: 77, version, serves: true, samples: true }
}

fn lives(connection: &mut PgConnection, id: InstanceId) {
    instance(id).sign(connection, Duration::from_mins(1)).unwrap();
}

/// Its lease has run out.
fn dies(connection: &mut PgConnection, id: InstanceId) {
    instance(id).sign(connection, Duration::ZERO).unwrap();
}

/// Servers that are to be sampled.
fn servers(database: &TestDatabase, connection: &mut PgConnection, count: usize) -> Vec<ServerId> {
    let folder = tempfile::tempdir().unwrap();
    let sealer = DataKey::open_sealer(connection, &folder.path().join("secret.key")).unwrap();
    let password = Some(SecretText::new("unused".to_owned()));
    let new = NewCredential {
        name: "test",
        user_name: "root",
        kind: CredentialKind::Password,
        privilege: Privileges::None,
        note: "",
        key: None,
        secrets: &Secrets { password, ..Secrets::default() },
    };
    let credential_id = Some(new.insert(connection, &sealer, database.now()).unwrap().id);
    let mut add = |number: usize| {
        let name = format!("web-{number}");
        NewServer { credential_id, ..NewServer::new(&name, "10.0.0.5") }.insert(connection).unwrap().id
    };
    (0..count).map(&mut add).collect()
}

fn lease(connection: &mut PgConnection, server: ServerId) -> Option<Lease> {
    let all = ToSample::all(connection).unwrap();
    all.into_iter().find(|one| one.server.id == server).unwrap().lease
}

#[test]
fn rel_j02_a_lease_is_taken_by_one_and_its_token_grows_with_each_holder() {
    let database = TestDatabase::new();
    let connection = &mut database.connection();
    let all = servers(&database, connection, 2);
    assert_eq!(Lease::claim(connection, ONE, &all).unwrap(), 0, "who never gave a sign of life holds nothing");
    lives(connection, ONE);
    lives(connection, TWO);
    assert_eq!(Lease::claim(connection, ONE, &all).unwrap(), 2);
    assert_eq!(Lease::claim(connection, TWO, &all).unwrap(), 0);
    assert_eq!(Lease::claim(connection, ONE, &all).unwrap(), 0, "what one holds already is not claimed anew");
    assert_eq!(lease(connection, all[0]), Some(Lease { holder: ONE, token: 1 }));
    assert_eq!(Lease::hand_over(connection, TWO, &[(all[0], TWO)]).unwrap(), 0, "nobody gives what is another's");
    assert_eq!(Lease::hand_over(connection, ONE, &[(all[0], TWO)]).unwrap(), 1);
    assert_eq!(lease(connection, all[0]), Some(Lease { holder: TWO, token: 2 }));
}

#[test]
fn rel_j05_what_one_held_that_died_or_ended_is_free_and_one_sign_of_life_renews_everything() {
    let database = TestDatabase::new();
    let connection = &mut database.connection();
    let all = servers(&database, connection, 2);
    lives(connection, ONE);
    lives(connection, TWO);
    Lease::claim(connection, ONE, &all).unwrap();
    dies(connection, ONE);
    assert_eq!(lease(connection, all[0]), None);
    // It was only late, and nobody took over.
    lives(connection, ONE);
    assert_eq!(lease(connection, all[1]), Some(Lease { holder: ONE, token: 1 }));
    dies(connection, ONE);
    assert_eq!(Lease::claim(connection, TWO, &all).unwrap(), 2);
    lives(connection, ONE);
    assert_eq!(lease(connection, all[0]), Some(Lease { holder: TWO, token: 2 }), "too late");
    Instance::end(connection, &[TWO]).unwrap();
    assert_eq!(lease(connection, all[0]), None);
    assert_eq!(Lease::claim(connection, ONE, &all).unwrap(), 2);
}

#[test]
fn rel_j02_what_is_told_under_an_old_token_is_refused() {
    let database = TestDatabase::new();
    let connection = &mut database.connection();
    let server = servers(&database, connection, 1)[0];
    lives(connection, ONE);
    lives(connection, TWO);
    Lease::claim(connection, ONE, &[server]).unwrap();
    let sample = |token, text: &str| [NewLiveSample { server, token, content: text.as_bytes().to_vec() }];
    assert_eq!(LiveSample::tell(connection, ONE, 1, &sample(1, "first")).unwrap(), 1);
    dies(connection, ONE);
    Lease::claim(connection, TWO, &[server]).unwrap();
    assert_eq!(LiveSample::tell(connection, TWO, 1, &sample(2, "second")).unwrap(), 1);
    assert_eq!(LiveSample::tell(connection, ONE, 2, &sample(1, "late")).unwrap(), 0);
    assert_eq!(LiveSample::tell(connection, ONE, 3, &sample(2, "with another's token")).unwrap(), 0);
    let told = LiveSample::newer(connection, InstanceId(9), &[]).unwrap();
    assert_eq!(told.iter().map(|one| &*one.content).collect::<Vec<_>>(), [b"second"]);
}

#[test]
fn a_reader_hears_what_is_newer_than_it_has_of_each_and_never_itself() {
    let database = TestDatabase::new();
    let connection = &mut database.connection();
    let all = servers(&database, connection, 3);
    lives(connection, ONE);
    lives(connection, TWO);
    Lease::claim(connection, ONE, &all[..2]).unwrap();
    Lease::claim(connection, TWO, &all[2..]).unwrap();
    let sample = |server| NewLiveSample { server, token: 1, content: b"{}".to_vec() };
    LiveSample::tell(connection, ONE, 7, &[sample(all[0])]).unwrap();
    LiveSample::tell(connection, ONE, 8, &[sample(all[1])]).unwrap();
    LiveSample::tell(connection, TWO, 3, &[sample(all[2])]).unwrap();
    let mut newer = |me, known: &[(InstanceId, i64)]| {
        let told = LiveSample::newer(connection, me, known).unwrap();
        told.iter().map(|one| one.server_id).collect::<Vec<_>>()
    };
    assert_eq!(newer(InstanceId(9), &[]), all);
    assert_eq!(newer(InstanceId(9), &[(ONE, 7), (TWO, 3)]), [all[1]]);
    assert_eq!(newer(TWO, &[]), all[..2]);
}

#[test]
fn looks_end_by_themselves_and_are_those_of_others_that_live() {
    let database = TestDatabase::new();
    let connection = &mut database.connection();
    lives(connection, ONE);
    lives(connection, TWO);
    let minute = Duration::from_mins(1);
    Instance::look(connection, TWO, &[ServerId(7)], minute).unwrap();
    let [look] = &Instance::looks_of_others(connection, ONE).unwrap()[..] else { panic!("one look expected") };
    assert_eq!((look.now, look.servers.as_slice()), (true, [ServerId(7)].as_slice()));
    Instance::look(connection, TWO, &[ServerId(7)], Duration::ZERO).unwrap();
    let [look] = &Instance::looks_of_others(connection, ONE).unwrap()[..] else { panic!("one look expected") };
    assert_eq!((look.now, look.servers.is_empty()), (false, true));
    Instance::look(connection, TWO, &[ServerId(7)], minute).unwrap();
    dies(connection, TWO);
    assert!(Instance::looks_of_others(connection, ONE).unwrap().is_empty());
}

#[test]
fn a_server_that_is_paused_is_nobody_s_to_sample_and_one_that_is_removed_leaves_nothing() {
    let database = TestDatabase::new();
    let connection = &mut database.connection();
    let all = servers(&database, connection, 2);
    lives(connection, ONE);
    Lease::claim(connection, ONE, &all).unwrap();
    let pause = ServerChanges { enabled: Some(false), ..ServerChanges::default() };
    Server::change(connection, all[0], &pause, database.now()).unwrap();
    let left: Vec<ServerId> = ToSample::all(connection).unwrap().iter().map(|one| one.server.id).collect();
    assert_eq!(left, [all[1]]);
    let content = b"{}".to_vec();
    LiveSample::tell(connection, ONE, 1, &[NewLiveSample { server: all[1], token: 1, content }]).unwrap();
    diesel::sql_query("delete from servers").execute(connection).unwrap();
    assert!(LiveSample::newer(connection, TWO, &[]).unwrap().is_empty());
}

#[test]
fn those_that_died_are_cleared_away_after_a_while() {
    let database = TestDatabase::new();
    let connection = &mut database.connection();
    lives(connection, ONE);
    dies(connection, TWO);
    assert_eq!(Instance::forget_dead(connection, Duration::from_hours(1)).unwrap(), 0);
    assert_eq!(Instance::forget_dead(connection, Duration::ZERO).unwrap(), 1);
    assert_eq!(Instance::living(connection).unwrap()[0].id, ONE);
}
