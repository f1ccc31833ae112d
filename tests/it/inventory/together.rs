//! Two applies at once: one after the other, the second against what the first left.

use std::sync::Barrier;

use diesel::Connection as _;
use hannun::inventory::{self, Applied, Means};
use hannun::models::actor::{Actor, Scope};
use hannun::models::servers::Server;

use super::{Planned, Registry, request};

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

#[test]
fn of_two_who_saw_the_same_plan_one_applies_it_and_the_other_is_shown_what_it_is_now() {
    let registry = Registry::new();
    let text = "groups: [web]\nservers: {web-1: {address: 10.0.0.1, groups: [web]}}\n";
    let Planned::Ready(seen) = registry.plan_of(&request(text)) else { panic!() };
    let (seen, barrier) = (seen.digest(), Barrier::new(2));
    let outcomes: Vec<Applied> = std::thread::scope(|scope| {
        let apply = || {
            let mut connection = registry.database.connection();
            let (actor, now) = (Actor::system("test"), registry.database.now());
            let means = Means { actor: &actor, sealer: &registry.sealer, now };
            barrier.wait();
            connection
                .transaction(|connection| inventory::apply(connection, means, &request(text), Some(&seen)))
                .unwrap()
        };
        let both = [scope.spawn(apply), scope.spawn(apply)];
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Applied::Done(_))).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Applied::Otherwise(_))).count(), 1);
}
