//! Firewalls of real systems: read, changed through their owner, and undone by the server itself when nobody gets in any more.

use std::time::Duration;

use chrono::TimeDelta;
use hannun::commands::firewall::{Family, Firewall, Owner, Silence, Verdict};
use hannun::commands::script::Privilege;
use hannun::commands::{ChangeFirewall, Command, ReadFirewall};
use hannun::error::Error;
use hannun::firewalls::question::{Listening, Origin, Reachable, reach, sum};
use hannun::firewalls::{self, Entered, NewRule};
use hannun::guarded_changes::{Changes, Deed};
use hannun::models::actor::{Actor, Rights, Role, Scope};
use hannun::models::guarded_changes::{Guarded, GuardedChange, GuardedState as State};
use hannun::models::permission::Permission;
use hannun::models::servers::Server;
use hannun::remote::host::{Host, OperableHost};
use hannun::remote::hosts::Hosts;
use hannun::remote::reach::Reach;
use hannun::remote::{Endpoint, Pool};

use crate::harness::app::TestApp;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

/// What makes the rules of each owner; established connections go on, as in every firewall.
const UFW: &str = "ufw allow 22/tcp && ufw --force enable";
const NFT: &str = "nft add table inet mine && \
    nft add chain inet mine input '{ type filter hook input priority 0; policy accept; }' && \
    nft add rule inet mine input ct state established,related accept";
const FIREWALLD: &str = "firewall-cmd --state && firewall-cmd --add-service=ssh";

/// Seconds until a change undoes itself.
const SECONDS: u16 = 8;

fn rule(action: &str, port: &str) -> NewRule {
    let entered = Entered {
        action: action.into(),
        protocol: "tcp".into(),
        port: port.into(),
        comment: String::new(),
        ..Entered::default()
    };
    NewRule::read(&entered).unwrap()
}

fn deed(change: ChangeFirewall) -> Deed {
    Deed::Firewall(Box::new(change))
}

fn changes(app: &TestApp) -> Changes<'_> {
    Changes { db: &app.app.db, clock: &app.app.clock }
}

/// The console waits a second for a connection, so that a test does not wait ten.
async fn app() -> TestApp {
    TestApp::with_config(|config| config.remote.connect_timeout = Duration::from_secs(3)).await
}

async fn operable(app: &TestApp, system: &TestHost) -> OperableHost {
    let server = known::add(app, "web-1", &system.deploy()).await;
    app.app.hosts.of(Actor::system("the test"), server).operable().await.unwrap()
}

async fn read(host: &Host) -> Firewall {
    host.read(ReadFirewall).await.unwrap().value
}

/// Waits until the server says that the change is over.
fn until_over(system: &TestHost) -> String {
    system.run("n=0; while [ ! -s /run/hannun-firewall/current/over ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n + 1)); done; cat /run/hannun-firewall/current/over").trim().to_owned()
}

/// Blocks the port that hannun comes in by, and sees it undone although nobody could reach the server.
async fn cut_off(kind: Kind, setup: &str, owner: Owner, rules: &str, test: &str) {
    let Some(system) = TestHost::start(kind, test) else { return };
    system.run(&format!(
        "for i in 1 2 3 4 5 6 7 8 9 10; do {{ {setup}; }} >/dev/null 2>&1 && exit; sleep 0.5; done; exit 1"
    ));
    let app = app().await;
    let host = operable(&app, &system).await;
    let firewall = read(&host).await;
    assert_eq!((firewall.owner, firewall.silence), (owner, None));
    let before = system.run(rules);
    let change = firewalls::add(&firewall, &rule("deny", "22")).unwrap();
    let row = changes(&app).begin(&host, deed(change), SECONDS).await.unwrap();
    assert_eq!(row.state, State::Armed);
    assert_ne!(system.run(rules), before, "the change is made");
    let refused = changes(&app).keep(&host, &row).await;
    assert!(matches!(refused, Err(Error::Remote(_))), "nobody gets in: {refused:?}");
    assert_eq!(
        changes(&app).last(&host, Guarded::Firewall).await.unwrap().unwrap().state,
        State::Armed,
        "it still waits"
    );
    // The console starts anew meanwhile: other connections, and nothing in memory.
    let pool = Pool::new(app.app.config.remote.clone(), app.app.clock.clone()).unwrap();
    let timeout = app.app.config.remote.command_timeout;
    let hosts = Hosts::new(app.app.db.clone(), app.app.sealer.clone(), pool, app.app.clock.clone(), timeout);
    assert_eq!(until_over(&system), "undone");
    assert_eq!(system.run(rules), before, "everything is as it was");
    app.advance(TimeDelta::seconds(i64::from(SECONDS) + 10));
    let again = hosts.of(Actor::system("the test"), host.server().clone());
    let row = changes(&app).last(&again, Guarded::Firewall).await.unwrap().unwrap();
    assert_eq!(changes(&app).settle(&again, row).await.unwrap().state, State::Undone);
}

#[actix_web::test]
async fn whoever_cuts_himself_off_with_ufw_is_let_in_again_by_the_server_itself() {
    let test = "whoever_cuts_himself_off_with_ufw_is_let_in_again_by_the_server_itself";
    cut_off(Kind::Debian, UFW, Owner::Ufw, "ufw status", test).await;
}

#[actix_web::test]
async fn whoever_cuts_himself_off_with_nft_is_let_in_again_by_the_server_itself() {
    let test = "whoever_cuts_himself_off_with_nft_is_let_in_again_by_the_server_itself";
    cut_off(Kind::Debian, NFT, Owner::Nft, "nft -s list table inet mine", test).await;
}

#[actix_web::test]
async fn whoever_cuts_himself_off_with_firewalld_is_let_in_again_by_the_server_itself() {
    let test = "whoever_cuts_himself_off_with_firewalld_is_let_in_again_by_the_server_itself";
    cut_off(Kind::Rpm, FIREWALLD, Owner::Firewalld, "firewall-cmd --list-all", test).await;
}

#[actix_web::test]
async fn whoever_cuts_himself_off_with_iptables_is_let_in_again_by_the_server_itself() {
    let test = "whoever_cuts_himself_off_with_iptables_is_let_in_again_by_the_server_itself";
    let setup = "iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT";
    cut_off(Kind::Debian, setup, Owner::Iptables, "iptables -S", test).await;
}

#[actix_web::test]
async fn a_change_that_a_new_connection_survives_is_kept_and_others_wait_their_turn() {
    let test = "a_change_that_a_new_connection_survives_is_kept_and_others_wait_their_turn";
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    system.run(&format!(
        "for i in 1 2 3 4 5 6 7 8 9 10; do {{ {FIREWALLD}; }} >/dev/null 2>&1 && exit; sleep 0.5; done; exit 1"
    ));
    let app = app().await;
    let host = operable(&app, &system).await;
    let firewall = read(&host).await;
    let change = firewalls::add(&firewall, &rule("allow", "8443")).unwrap();
    assert_eq!(change.line(), "firewall-cmd --zone=public --add-port=8443/tcp");
    let row = changes(&app).begin(&host, deed(change.clone()), 60).await.unwrap();
    assert_eq!(system.run("firewall-cmd --permanent --list-ports"), "\n", "a restart would undo it");
    let second = changes(&app).begin(&host, deed(change.clone()), 60).await;
    assert!(matches!(second, Err(Error::Conflict(_))), "{second:?}");
    assert_eq!(changes(&app).keep(&host, &row).await.unwrap().state, State::Kept);
    assert_eq!(system.run("firewall-cmd --list-ports; firewall-cmd --permanent --list-ports"), "8443/tcp\n8443/tcp\n");
    // What is there already is not made twice, and nothing waits after that.
    assert!(matches!(changes(&app).begin(&host, deed(change), 60).await, Err(Error::Conflict(_))));
    let firewall = read(&host).await;
    let (place, found) = firewall
        .shown()
        .flat_map(|place| place.rules.iter().map(move |rule| (place, rule)))
        .find(|(_, rule)| rule.text == "8443/tcp")
        .unwrap();
    let removal = firewalls::remove(&firewall, &firewalls::key_of(place, found)).unwrap();
    let row = changes(&app).begin(&host, deed(removal.clone()), 60).await.unwrap();
    assert_eq!(changes(&app).undo(&host, &row).await.unwrap().state, State::Undone);
    assert_eq!(system.run("firewall-cmd --list-ports"), "8443/tcp\n", "it is back");
    system.run("firewall-cmd --remove-port=8443/tcp");
    let gone = changes(&app).begin(&host, deed(removal), 60).await;
    assert!(matches!(gone, Err(Error::Conflict(_))), "sec_x06: what somebody saw is not there any more: {gone:?}");
}

/// What makes rules of nft, where nothing keeps hannun out.
async fn with_nft(test: &str) -> Option<(TestHost, TestApp)> {
    let system = TestHost::start(Kind::Debian, test)?;
    system.run(&format!(
        "for i in 1 2 3 4 5 6 7 8 9 10; do {{ {NFT}; }} >/dev/null 2>&1 && exit; sleep 0.5; done; exit 1"
    ));
    Some((system, app().await))
}

#[actix_web::test]
async fn whoever_is_cut_off_while_keeping_a_change_locks_nothing() {
    let test = "whoever_is_cut_off_while_keeping_a_change_locks_nothing";
    let Some((system, app)) = with_nft(test).await else { return };
    let host = operable(&app, &system).await;
    let rules = "nft -s list table inet mine";
    let before = system.run(rules);
    let change = firewalls::add(&read(&host).await, &rule("allow", "8443")).unwrap();
    // Whoever kept it is gone in the middle.
    let cut = "cd /run/hannun-firewall/current && echo 9999999 >holder && : >half && mv armed keeping";
    changes(&app).begin(&host, deed(change.clone()), SECONDS).await.unwrap();
    system.run(cut);
    assert_eq!(until_over(&system), "undone");
    assert_eq!(system.run(rules), before);
    // And so is what was to undo it.
    let gone = "read -r pid </run/hannun-firewall/current/pid; kill -9 $pid; while kill -0 $pid 2>/dev/null; do sleep 0.1; done";
    app.advance(TimeDelta::seconds(i64::from(SECONDS) + 10));
    let lost = changes(&app).begin(&host, deed(change.clone()), 60).await.unwrap();
    system.run(&format!("{cut}; {gone}"));
    assert!(
        matches!(changes(&app).begin(&host, deed(change.clone()), 60).await, Err(Error::Conflict(_))),
        "it has its time"
    );
    app.advance(TimeDelta::seconds(150));
    let next = changes(&app).begin(&host, deed(change.clone()), 60).await.unwrap();
    assert_eq!(next.state, State::Armed);
    let (server, id) = (lost.server_id, lost.id);
    let lost = app
        .app
        .db
        .run(move |connection| GuardedChange::of(connection, server, (Guarded::Firewall, id)).map_err(Error::from));
    assert_eq!(lost.await.unwrap().unwrap().state, State::Undone);
    // The server ends it also where no console knows of it any more.
    system.run(gone);
    let (row, now) = (next.clone(), app.database.now());
    let forgotten =
        app.app.db.run(move |connection| row.becomes(connection, State::Unknown, "", now).map_err(Error::from));
    assert!(forgotten.await.unwrap().is_some());
    let last = changes(&app).begin(&host, deed(change), 60).await.unwrap();
    assert_eq!(changes(&app).undo(&host, &last).await.unwrap().state, State::Undone);
    assert_eq!(system.run(rules), before, "every one of them is undone");
}

#[actix_web::test]
async fn sec_p08_a_change_of_which_nobody_heard_the_end_counts_as_made_and_is_not_made_again() {
    let cut = Manner::default().when("hannun-firewall", Act::Cut(Vec::new()));
    let (app, fake) = (app().await, FakeHost::start(cut).await);
    let root = Endpoint { user: "root".to_owned(), privilege: Privilege::AlreadyRoot, ..fake.endpoint() };
    let server = known::add_with_platform(&app, "web-1", &root, ("linux", &[])).await;
    let host = app.app.hosts.of(Actor::system("the test"), server).operable().await.unwrap();
    let told = include_bytes!("../../fixtures/commands/read_firewall/debian-12-ufw.txt");
    let change = firewalls::add(&ReadFirewall.parse("linux", told).unwrap(), &rule("allow", "8443")).unwrap();
    let row = changes(&app).begin(&host, deed(change.clone()), 60).await.unwrap();
    assert_eq!(row.state, State::Armed, "it undoes itself where it was made");
    assert!(row.why.contains("web-1"), "{}", row.why);
    assert!(matches!(changes(&app).begin(&host, deed(change), 60).await, Err(Error::Conflict(_))), "it may wait there");
    assert_eq!(fake.ran().iter().filter(|script| script.contains("hannun-firewall")).count(), 1, "once");
}

#[actix_web::test]
async fn sec_z07_who_may_not_act_as_root_neither_keeps_nor_undoes_a_change() {
    let test = "sec_z07_who_may_not_act_as_root_neither_keeps_nor_undoes_a_change";
    let Some((system, app)) = with_nft(test).await else { return };
    let host = operable(&app, &system).await;
    let change = firewalls::add(&read(&host).await, &rule("allow", "8443")).unwrap();
    let row = changes(&app).begin(&host, deed(change.clone()), 60).await.unwrap();
    let rights = Rights { withheld: [Permission::Root].into(), ..Rights::new(Role::Operator, Scope::All) };
    let actor = Actor { rights, ..Actor::system("jiwon") };
    let ordinary = app.app.hosts.of(actor, host.server().clone()).operable().await.unwrap();
    for outcome in [changes(&app).keep(&ordinary, &row).await, changes(&app).undo(&ordinary, &row).await] {
        assert!(matches!(outcome, Err(Error::Forbidden(_))), "{outcome:?}");
    }
    let known = changes(&app).last(&host, Guarded::Firewall).await.unwrap().unwrap();
    assert_eq!((known.state, known.why.as_str()), (State::Armed, ""), "it still waits, and nothing went wrong there");
    assert_eq!(changes(&app).undo(&host, &row).await.unwrap().state, State::Undone);
    assert!(matches!(changes(&app).begin(&ordinary, deed(change), 60).await, Err(Error::Forbidden(_))));
}

#[actix_web::test]
async fn undoing_a_change_of_iptables_leaves_what_other_programs_did_to_their_tables() {
    let test = "undoing_a_change_of_iptables_leaves_what_other_programs_did_to_their_tables";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.run("iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT");
    let app = app().await;
    let host = operable(&app, &system).await;
    let change = firewalls::add(&read(&host).await, &rule("deny", "8443")).unwrap();
    let row = changes(&app).begin(&host, deed(change), 60).await.unwrap();
    system.run("iptables -t nat -A PREROUTING -p tcp --dport 1 -j REDIRECT --to-ports 2");
    assert_eq!(changes(&app).undo(&host, &row).await.unwrap().state, State::Undone);
    assert!(system.run("iptables -t nat -S").contains("REDIRECT"), "a container was started meanwhile");
    assert!(!system.run("iptables -S").contains("8443"));
}

#[actix_web::test]
async fn without_root_nobody_is_told_that_there_is_no_firewall() {
    let test = "without_root_nobody_is_told_that_there_is_no_firewall";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.run(&format!("{UFW} >/dev/null"));
    let app = app().await;
    for (name, endpoint, owner) in [
        ("plain", system.plain(), (Owner::CannotTell, Some(Silence::NeedsRoot))),
        ("asks", system.asks(), (Owner::Ufw, None)),
        ("root", system.root(), (Owner::Ufw, None)),
    ] {
        let server = known::add(&app, name, &endpoint).await;
        let host = app.app.hosts.of(Actor::system("the test"), server);
        let firewall = read(&host).await;
        assert_eq!((firewall.owner, firewall.silence), owner, "{name}");
        let change = firewalls::add(&firewall, &rule("allow", "8080"));
        assert_eq!(change.is_ok(), owner.0 == Owner::Ufw, "{name}");
    }
    assert!(!system.run("ls /run").contains("hannun"), "nothing was armed");
}

#[actix_web::test]
async fn a_port_is_tried_from_here_and_from_another_server_but_not_the_one_that_hannun_signs_in_by() {
    let test = "a_port_is_tried_from_here_and_from_another_server_but_not_the_one_that_hannun_signs_in_by";
    let (Some(one), Some(other)) = (TestHost::start(Kind::Debian, test), TestHost::start(Kind::BusyBox, test)) else {
        return;
    };
    let app = app().await;
    let target = app.app.hosts.of(Actor::system("the test"), known::add(&app, "web-1", &one.root()).await);
    let from = app.app.hosts.of(Actor::system("the test"), known::add(&app, "web-2", &other.root()).await);
    assert!(matches!(target.reach(22).await.unwrap(), Reach::SshPort));
    let Reach::Tried { reached, .. } = target.reach(9).await.unwrap() else { panic!("it was not tried") };
    assert_eq!(reached, hannun::commands::port_probe::Reached::Refused);
    for (port, expected) in [(22, "Open"), (9, "Refused")] {
        let asked = (hannun::commands::sockets::Protocol::Tcp, port);
        let origin = Origin::Server(Box::new(from.clone()));
        let Reachable::FromServer(_, answer) = reach(&target, asked, &origin).await.unwrap() else {
            panic!("it was not tried")
        };
        assert_eq!(format!("{:?}", answer.value), expected);
    }
    let origin = Origin::Server(Box::new(from.clone()));
    let asked = (hannun::commands::sockets::Protocol::Tcp, 22);
    // What a server says of its addresses is not asked; and this one would be another machine to everybody.
    let here = Server { address: "127.0.0.1".to_owned(), ..target.server().clone() };
    let here = app.app.hosts.of(Actor::system("the test"), here);
    assert!(matches!(reach(&here, asked, &origin).await.unwrap(), Reachable::NoAddress));
    let behind = Server { jump_server_id: Some(from.server().id), ..target.server().clone() };
    let behind = app.app.hosts.of(Actor::system("the test"), behind);
    for port in [22, 80] {
        let found = behind.reach(port).await.unwrap();
        assert_eq!(found, Reach::ThroughJump("web-2".to_owned()), "{port} is not open to this console");
    }
}

#[test]
fn the_port_that_hannun_signs_in_by_is_open_only_where_the_server_answered_and_its_rules_do_not_say_otherwise() {
    let by_ssh = Reachable::FromConsole(Reach::SshPort);
    let stopped = [(Family::V4, Verdict::Blocked { by: "a rule".to_owned(), answered: false })];
    let unclear = [(Family::V4, Verdict::CannotTell { why: String::new() })];
    let nobody = Listening::No;
    assert_eq!(sum(None, None, &by_ssh), None, "nothing was answered");
    assert_eq!(sum(Some(&nobody), Some(&stopped), &by_ssh), Some(false));
    assert_eq!(sum(None, Some(&stopped), &by_ssh), Some(false), "a connection from before goes on");
    assert_eq!(sum(Some(&nobody), Some(&unclear), &by_ssh), Some(true), "it is led to another port");
    let by_jump = Reachable::FromConsole(Reach::ThroughJump("web-2".to_owned()));
    assert_eq!(sum(None, Some(&unclear), &by_jump), None);
}
