use hannun::models::servers::NewServer;
use serde_json::json;

use super::hannun::Place;

#[test]
fn servers_are_listed_with_their_state() {
    let place = Place::new();
    assert_eq!(place.run(&["servers", "--json"]).json(), json!([]));
    NewServer::new("web-1", "10.0.0.7").insert(&mut place.database.connection()).unwrap();
    let paused = NewServer { enabled: false, port: 2222, ..NewServer::new("web-2", "10.0.0.8") };
    paused.insert(&mut place.database.connection()).unwrap();
    let list = place.run(&["servers", "--json"]).json();
    assert_eq!((&list[0]["name"], &list[0]["state"]), (&json!("web-1"), &json!("unknown")));
    assert_eq!(list[1]["state"], "paused");
    let table = place.run(&["servers"]).done();
    assert!(table.starts_with("NAME") && table.contains("10.0.0.8 port 2222"), "{table}");
}

#[test]
fn a_key_that_the_server_did_not_present_is_not_approved() {
    let place = Place::new();
    assert!(place.run(&["approve", "web-1", "SHA256:x"]).failed(1).contains("not found"));
    NewServer::new("web-1", "127.0.0.1").insert(&mut place.database.connection()).unwrap();
    let complaint = place.run(&["approve", "web-1", "SHA256:x"]).failed(1);
    assert!(complaint.contains("no credential yet"), "{complaint}");
}
