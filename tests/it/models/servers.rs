//! Servers: who may know of them, and when a connection made before is no longer the one that is meant.

use hannun::db::types::Labels;
use hannun::error::Error;
use hannun::models::actor::Scope;
use hannun::models::groups::{Group, NewGroup};
use hannun::models::servers::{NewServer, Server, ServerChanges};

use super::server;
use crate::harness::database::TestDatabase;

#[test]
fn sec_z05_a_server_of_another_group_is_not_found_like_one_that_does_not_exist() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let web = NewGroup { name: "web", note: "" }.insert(&mut connection).unwrap();
    let db = NewGroup { name: "db", note: "" }.insert(&mut connection).unwrap();
    let mine = server(&mut connection, "web-1");
    mine.set_groups(&mut connection, &[web.id]).unwrap();
    let other = server(&mut connection, "db-1");
    other.set_groups(&mut connection, &[db.id]).unwrap();
    let scope = Scope::Groups(vec![web.id]);
    assert_eq!(Server::by_name(&mut connection, &scope, "web-1").unwrap(), mine);
    let hidden = Server::by_name(&mut connection, &scope, "db-1").unwrap_err().to_string();
    let missing = Server::by_name(&mut connection, &scope, "nowhere").unwrap_err().to_string();
    let odd = Server::by_name(&mut connection, &scope, "a\0").unwrap_err().to_string();
    assert_eq!((hidden.as_str(), odd.as_str()), (missing.as_str(), missing.as_str()));
    assert!(Server::by_id(&mut connection, &scope, other.id).is_err());
    assert_eq!(Server::all(&mut connection, &scope).unwrap(), [mine]);
    assert_eq!(Server::in_group(&mut connection, &scope, db.id).unwrap(), []);
}

#[test]
fn sec_z03_an_empty_list_of_groups_is_no_server_and_not_all() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    server(&mut connection, "web-1");
    assert_eq!(Server::all(&mut connection, &Scope::Groups(vec![])).unwrap(), []);
    assert_eq!(Server::all(&mut connection, &Scope::All).unwrap().len(), 1);
}

#[test]
fn sec_h03_the_version_grows_with_what_a_connection_depends_on_and_with_nothing_else() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let jump = server(&mut connection, "jump");
    let id = server(&mut connection, "web-1").id;
    let mut change =
        |changes: ServerChanges| Server::change(&mut connection, id, &changes, database.now()).unwrap().version;
    let none = ServerChanges::default;
    assert_eq!(change(ServerChanges { address: Some("10.0.0.6".to_owned()), ..none() }), 2);
    assert_eq!(change(ServerChanges { port: Some(2222), ..none() }), 3);
    assert_eq!(change(ServerChanges { jump_server_id: Some(Some(jump.id)), ..none() }), 4);
    assert_eq!(change(ServerChanges { legacy_algorithms: Some(true), ..none() }), 5);
    assert_eq!(change(ServerChanges { enabled: Some(false), ..none() }), 6);
    assert_eq!(change(ServerChanges { jump_server_id: Some(None), ..none() }), 7);
    assert_eq!(change(ServerChanges { name: Some("web-2".to_owned()), note: Some("x".to_owned()), ..none() }), 7);
    assert_eq!(change(ServerChanges { port: Some(2222), ..none() }), 7, "the same value again");
}

#[test]
fn jump_servers_never_form_a_circle() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let chain: Vec<Server> = ["a", "b", "c"].iter().map(|name| server(&mut connection, name)).collect();
    let through = |of: &Server, jump: &Server| {
        let changes = ServerChanges { jump_server_id: Some(Some(jump.id)), ..ServerChanges::default() };
        Server::change(&mut database.connection(), of.id, &changes, database.now())
    };
    through(&chain[0], &chain[1]).unwrap();
    let first = through(&chain[1], &chain[2]).unwrap();
    assert!(
        matches!(through(&chain[2], &chain[0]), Err(Error::Invalid(errors)) if errors.of("jump_server_id").is_some())
    );
    assert!(
        matches!(through(&chain[2], &chain[2]), Err(Error::Invalid(errors)) if errors.of("jump_server_id").is_some())
    );
    let jumps = Server::by_name(&mut connection, &Scope::All, "a").unwrap().jumps(&mut connection).unwrap();
    assert_eq!(jumps.iter().map(|jump| jump.name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(first.behind(&mut connection).unwrap().len(), 1);
    let refusal = first.delete(&mut connection).unwrap_err();
    assert!(refusal.to_string().contains("b is a jump server"), "{refusal}");
}

#[test]
fn every_field_that_cannot_be_accepted_is_told_at_once() {
    let database = TestDatabase::new();
    let labels = Labels([("k".to_owned(), "a\nb".to_owned())].into());
    let new = NewServer { port: 0, sampling_seconds: 0, labels: &labels, ..NewServer::new("all", "-oProxyCommand=x") };
    let Err(Error::Invalid(errors)) = new.insert(&mut database.connection()) else { panic!("accepted") };
    let fields: Vec<&str> = errors.iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["name", "address", "port", "sampling_seconds", "labels"]);
    server(&mut database.connection(), "web-1");
    let again = NewServer::new("web-1", "10.0.0.7").insert(&mut database.connection()).unwrap_err();
    assert_eq!(again.to_string(), "There is a server named web-1 already");
}

#[test]
fn groups_of_many_servers_come_in_one_question() {
    let database = TestDatabase::new();
    let mut connection = database.connection();
    let groups = Group::ensure(&mut connection, &["web".to_owned(), "prod".to_owned()]).unwrap();
    assert_eq!(Group::ensure(&mut connection, &["web".to_owned()]).unwrap()[0], groups[0]);
    let (one, two) = (server(&mut connection, "web-1"), server(&mut connection, "web-2"));
    one.set_groups(&mut connection, &[groups[0].id, groups[1].id]).unwrap();
    let by_server = Server::groups_of(&mut connection, &[one.id, two.id]).unwrap();
    assert_eq!(by_server[&one.id].iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["prod", "web"]);
    assert!(!by_server.contains_key(&two.id));
    Group::delete(&mut connection, groups[0].id).unwrap();
    assert_eq!(one.groups(&mut connection).unwrap().len(), 1);
}
