//! Two applies at once: one after the other, the second against what the first left.

use std::sync::Barrier;

use diesel::Connection as _;
use hannun::inventory::{self, Applied, Means};
use hannun::models::actor::{Actor, Scope};
use hannun::models::servers::Server;

use super::{Registry, request};

#[test]
fn two_applies_at_once_take_turns_and_neither_sees_half_of_the_other() {
    let registry = Registry::new();
    let texts: Vec<String> = (0..4)
        .map(|port| {
            let servers = (0..50).map(|number| format!("  web-{number}: 10.0.0.1:{}\n", 1000 + port));
            format!("servers:\n{}", servers.collect::<String>())
        })
        .collect();
    let barrier = Barrier::new(texts.len());
    std::thread::scope(|scope| {
        for text in &texts {
            let (registry, barrier) = (&registry, &barrier);
            scope.spawn(move || {
                let mut connection = registry.database.connection();
                let (actor, now) = (Actor::system("test"), registry.database.now());
                let means = Means { actor: &actor, sealer: &registry.sealer, now };
                barrier.wait();
                let applied = connection
                    .transaction(|connection| inventory::apply(connection, means, &request(text), None))
                    .unwrap();
                assert!(matches!(applied, Applied::Done(_)), "{applied:?}");
            });
        }
    });
    let servers = Server::all(&mut registry.database.connection(), &Scope::All).unwrap();
    assert_eq!(servers.len(), 50);
    assert!(servers.iter().all(|server| server.port == servers[0].port), "all of one file or none");
    let added = registry.audit().iter().filter(|line| line.starts_with("create_server")).count();
    assert_eq!(added, 50, "the others found them there");
}
