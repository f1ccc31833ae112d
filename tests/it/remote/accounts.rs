//! Accounts of real servers, and changes of keys that undo themselves unless hannun gets in by a new connection.

use std::time::Duration;

use hannun::accounts::{self, Plan};
use hannun::commands::accounts::{Accounts, Password};
use hannun::error::{Error, Result};
use hannun::guarded_changes::{Changes, Keeper};
use hannun::models::actor::Actor;
use hannun::models::guarded_changes::{Guarded, GuardedChange, GuardedState as State};
use hannun::remote::Endpoint;
use hannun::remote::host::{Host, OperableHost};

use crate::harness::app::TestApp;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

const OTHER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f anna <b>of</b> ops";

struct Scene {
    app: TestApp,
    system: TestHost,
    host: Host,
}

impl Scene {
    async fn start(kind: Kind, test: &str, who: impl Fn(&TestHost) -> Endpoint) -> Option<Self> {
        let system = TestHost::start(kind, test)?;
        let app = TestApp::with_config(|config| config.remote.connect_timeout = Duration::from_secs(3)).await;
        known::add(&app, "web-1", &who(&system)).await;
        let host = app.app.hosts.open(Actor::system("test"), "web-1".to_owned()).await.unwrap();
        Some(Self { app, system, host })
    }

    async fn read(&self) -> Accounts {
        accounts::read(&self.host).await.unwrap().value
    }

    fn changes(&self) -> Changes<'_> {
        Changes { db: &self.app.app.db, clock: &self.app.app.clock }
    }

    async fn operable(&self) -> OperableHost {
        self.host.clone().operable().await.unwrap()
    }

    async fn begin(&self, plan: Plan) -> Result<GuardedChange> {
        self.changes().begin(&self.operable().await, plan.into(), 60).await
    }

    fn keeper(&self) -> Keeper {
        let app = &self.app.app;
        Keeper { db: app.db.clone(), hosts: app.hosts.clone(), clock: app.clock.clone() }
    }

    async fn last(&self) -> GuardedChange {
        self.changes().last(&self.host, Guarded::Keys).await.unwrap().expect("keys were changed")
    }

    fn keys(&self, user: &str) -> String {
        self.system.run(&format!("cat ~{user}/.ssh/authorized_keys"))
    }
}

/// Where the keys of a user are, and what was seen there.
fn place<'a>(found: &'a Accounts, user: &'a str) -> (&'a str, &'a str, String) {
    let file = found.keys.iter().find(|file| file.user == user).expect("the user has a file of keys");
    (user, &file.path, accounts::digest_of(file))
}

fn add(found: &Accounts, user: &str, key: &str) -> Result<Plan> {
    let (user, path, seen) = place(found, user);
    accounts::add(found, (user, path, &seen), key)
}

fn remove_all(found: &Accounts, user: &str) -> Plan {
    let fingerprint = {
        let file = found.keys.iter().find(|file| file.user == user).unwrap();
        file.table.keys().next().unwrap().1.fingerprint.clone()
    };
    let (user, path, seen) = place(found, user);
    accounts::remove(found, (user, path, &seen), &fingerprint).unwrap()
}

#[actix_web::test]
async fn users_groups_rules_and_keys_are_those_of_the_server() {
    let test = "users_groups_rules_and_keys_are_those_of_the_server";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::deploy).await else { return };
    scene.system.run("usermod -L plain; groupadd ops; usermod -aG ops,sudo asks");
    let found = scene.read().await;
    let user = |name: &str| found.users.iter().find(|account| account.name == name).unwrap();
    assert!(found.by_root && found.sudo_is_told);
    assert_eq!((user("deploy").password, user("plain").password), (Password::Set, Password::Locked));
    let rules = |name: &str| found.sudo_of(user(name)).map(|rule| rule.text.clone()).collect::<Vec<_>>();
    assert_eq!(rules("deploy"), ["deploy ALL=(ALL) NOPASSWD: ALL"]);
    assert_eq!(rules("asks"), ["%sudo ALL=(ALL:ALL) ALL", "asks ALL=(ALL) ALL"]);
    assert!(rules("plain").is_empty());
    assert!(found.groups_of(user("asks")).any(|group| group.name == "ops"));
    // As ssh-keygen tells it.
    let told = scene.system.run("ssh-keygen -lf ~deploy/.ssh/authorized_keys");
    let key = found.keys_of(user("deploy")).flat_map(|file| file.table.keys()).next().unwrap().1;
    assert!(told.contains(&key.fingerprint), "{told} {}", key.fingerprint);
}

#[actix_web::test]
async fn whoever_is_not_root_sees_their_own_keys_alone() {
    let test = "whoever_is_not_root_sees_their_own_keys_alone";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::plain).await else { return };
    let found = scene.read().await;
    assert!(!found.by_root && !found.sudo_is_told);
    assert!(found.keys.iter().all(|file| file.user == "plain") && !found.keys.is_empty());
    let row = scene.begin(add(&found, "plain", OTHER).unwrap()).await.unwrap();
    let row = scene.changes().keep(&scene.operable().await, &row).await.unwrap();
    assert_eq!(row.state, State::Kept);
    assert!(scene.keys("plain").ends_with(&format!("{OTHER}\n")));
}

async fn a_key_is_added_kept_and_removed(kind: Kind, test: &str, user: &str) {
    let Some(scene) = Scene::start(kind, test, TestHost::root).await else { return };
    let before = scene.keys(user);
    let row = scene.begin(add(&scene.read().await, user, OTHER).unwrap()).await.unwrap();
    assert_eq!(row.state, State::Armed);
    assert_eq!(scene.keys(user), format!("{before}{OTHER}\n"));
    // One at a time.
    let other = add(&scene.read().await, user, &OTHER.replace("HR4f", "HR4e")).unwrap();
    assert!(matches!(scene.begin(other).await, Err(Error::Conflict(_))));
    let row = scene.changes().keep(&scene.operable().await, &row).await.unwrap();
    assert_eq!(row.state, State::Kept);
    let found = scene.read().await;
    let file = found.keys.iter().find(|file| file.user == user).unwrap();
    let fingerprint = file.table.keys().last().unwrap().1.fingerprint.clone();
    let (user, path, seen) = place(&found, user);
    let row = scene.begin(accounts::remove(&found, (user, path, &seen), &fingerprint).unwrap()).await.unwrap();
    assert_eq!(scene.keys(user), before);
    // Undone, it is there again.
    let row = scene.changes().undo(&scene.operable().await, &row).await.unwrap();
    assert_eq!(row.state, State::Undone);
    assert_eq!(scene.keys(user), format!("{before}{OTHER}\n"));
}

#[actix_web::test]
async fn a_key_comes_and_goes_on_debian() {
    a_key_is_added_kept_and_removed(Kind::Debian, "a_key_comes_and_goes_on_debian", "deploy").await;
}

#[actix_web::test]
async fn a_key_comes_and_goes_on_busybox() {
    a_key_is_added_kept_and_removed(Kind::BusyBox, "a_key_comes_and_goes_on_busybox", "root").await;
}

#[actix_web::test]
async fn whoever_takes_away_the_key_of_hannun_gets_it_back() {
    let test = "whoever_takes_away_the_key_of_hannun_gets_it_back";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::deploy).await else { return };
    let before = scene.keys("deploy");
    let row = scene.begin(remove_all(&scene.read().await, "deploy")).await.unwrap();
    assert_eq!(scene.keys("deploy"), "");
    let refused = scene.changes().keep(&scene.operable().await, &row).await.unwrap_err();
    assert!(matches!(refused, Error::Remote(_)), "{refused}");
    let row = scene.changes().last(&scene.host, Guarded::Keys).await.unwrap().unwrap();
    assert_eq!(row.state, State::Armed, "it waits, and undoes itself");
    assert!(!row.why.is_empty());
    // What the process on the server does when its time is over.
    scene.system.run("su deploy -s /bin/sh -c 'sh ~deploy/.ssh/.hannun-keys/undo now'");
    assert_eq!(scene.keys("deploy"), before);
    scene.app.advance(chrono::TimeDelta::seconds(90));
    let row = scene.changes().settle(&scene.host, row).await.unwrap();
    assert_eq!(row.state, State::Undone);
    let events = scene.app.audit().await;
    assert!(events.iter().any(|event| event.action == "change_keys" && event.target.contains("SHA256:")));
}

#[actix_web::test]
async fn nobody_who_keeps_it_is_needed_for_it_to_undo_itself() {
    let test = "nobody_who_keeps_it_is_needed_for_it_to_undo_itself";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::deploy).await else { return };
    let before = scene.keys("plain");
    let plan = add(&scene.read().await, "plain", OTHER).unwrap();
    scene.changes().begin(&scene.operable().await, plan.into(), 1).await.unwrap();
    let end = std::time::Instant::now() + Duration::from_secs(30);
    while scene.keys("plain") != before {
        assert!(std::time::Instant::now() < end, "it never undid itself");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[actix_web::test]
async fn what_a_restart_kept_from_being_undone_is_undone_once_the_server_is_back() {
    let test = "what_a_restart_kept_from_being_undone_is_undone_once_the_server_is_back";
    let Some(mut scene) = Scene::start(Kind::Debian, test, TestHost::deploy).await else { return };
    let before = scene.keys("plain");
    scene.begin(add(&scene.read().await, "plain", OTHER).unwrap()).await.unwrap();
    assert_eq!(scene.keeper().look().await.unwrap(), 0, "it has its time");
    // A test host comes back with a new disk: what was written to the old one is carried over.
    let disk = scene.system.run("tar -C ~plain -cf - .ssh | base64 -w 0");
    scene.system.run("systemctl --no-block reboot");
    scene.system.goes_down().await;
    scene.app.advance(chrono::TimeDelta::seconds(70));
    scene.keeper().look().await.unwrap();
    assert_eq!(scene.last().await.state, State::Armed, "nobody can know as long as it is away");
    scene.system.switch_on();
    scene.system.run(&format!("echo '{disk}' | base64 -d | tar -C ~plain -xpf -"));
    assert_ne!(scene.keys("plain"), before, "the change outlived the restart");
    scene.app.app.hosts.pool().reset_breaker(scene.host.server().id);
    let end = std::time::Instant::now() + Duration::from_mins(1);
    while scene.last().await.state.is_open() {
        assert!(std::time::Instant::now() < end, "it was never undone: {:?}", scene.last().await);
        scene.app.advance(chrono::TimeDelta::seconds(60));
        scene.keeper().look().await.unwrap();
    }
    assert_eq!((scene.last().await.state, scene.keys("plain")), (State::Undone, before));
    let events = scene.app.audit().await;
    let undone = events.into_iter().find(|event| event.action == "end_key_change").unwrap();
    assert_eq!((undone.actor.as_str(), undone.target.starts_with("undo: ")), ("guarded changes", true));
}

#[actix_web::test]
async fn whoever_undoes_a_change_and_dies_in_the_middle_is_followed_by_the_next_one() {
    let test = "whoever_undoes_a_change_and_dies_in_the_middle_is_followed_by_the_next_one";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::deploy).await else { return };
    let before = scene.keys("plain");
    for (cut, state) in [
        ("mv armed undoing", State::Undone),
        ("mv armed undoing && mv -f before ../authorized_keys", State::Undone),
        ("mv armed kept", State::Kept),
    ] {
        let row = scene.begin(add(&scene.read().await, "plain", OTHER).unwrap()).await.unwrap();
        // As a restart leaves it: another boot, and nobody at work.
        let left = format!("cd ~plain/.ssh/.hannun-keys && kill -9 $(cat pid) && echo another >boot && {cut}");
        scene.system.run(&left);
        let row = scene.changes().undo(&scene.operable().await, &row).await.unwrap();
        assert_eq!(row.state, state, "{cut}");
        assert_eq!(scene.keys("plain") == before, state == State::Undone, "{cut}");
    }
}

#[actix_web::test]
async fn sec_f02_a_link_of_the_user_s_leads_root_nowhere() {
    let test = "sec_f02_a_link_of_the_user_s_leads_root_nowhere";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::deploy).await else { return };
    let found = scene.read().await;
    let shadow = scene.system.run("sha256sum /etc/shadow /etc/passwd");
    for trap in [
        "rm ~plain/.ssh/authorized_keys; su plain -s /bin/sh -c 'ln -s /etc/passwd ~/.ssh/authorized_keys'",
        "rm -rf ~plain/.ssh; su plain -s /bin/sh -c 'ln -s /etc ~/.ssh'",
    ] {
        scene.system.run(trap);
        assert!(scene.begin(add(&found, "plain", OTHER).unwrap()).await.is_err(), "{trap}");
        assert_eq!(scene.system.run("sha256sum /etc/shadow /etc/passwd"), shadow, "{trap}");
        assert_eq!(scene.system.run("ls -d /etc/.hannun* 2>/dev/null || true"), "");
    }
}

#[actix_web::test]
async fn sec_x06_keys_that_somebody_else_changed_meanwhile_are_left_alone() {
    let test = "sec_x06_keys_that_somebody_else_changed_meanwhile_are_left_alone";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::deploy).await else { return };
    let found = scene.read().await;
    let plan = add(&found, "plain", OTHER).unwrap();
    scene.system.run("echo '# mine' >>~plain/.ssh/authorized_keys");
    assert!(matches!(scene.begin(plan).await, Err(Error::Conflict(_))));
    assert!(!scene.keys("plain").contains("anna"));
    // Changed after it was made: undoing does not take away what somebody else wrote.
    let row = scene.begin(add(&scene.read().await, "plain", OTHER).unwrap()).await.unwrap();
    scene.system.run("echo '# theirs' >>~plain/.ssh/authorized_keys");
    let row = scene.changes().undo(&scene.operable().await, &row).await.unwrap();
    assert_eq!(row.state, State::UndoFailed);
    assert!(scene.keys("plain").ends_with("# theirs\n"));
}

#[actix_web::test]
async fn where_rules_stand_in_other_files_it_is_not_told_that_somebody_has_none() {
    let test = "where_rules_stand_in_other_files_it_is_not_told_that_somebody_has_none";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::root).await else { return };
    let write = |line: &str| scene.system.run(&format!("printf '%s\\n' '{line}' >/etc/sudoers.d/more"));
    for line in ["@include /etc/sudoers.more", "  #includedir /etc/more.d", "#include /etc/sudoers.more"] {
        write(line);
        assert!(!scene.read().await.sudo_is_told, "{line}");
    }
    for line in ["# include", "#includes are for others", "#1000 ALL=(ALL) ALL", "@includedir /etc/sudoers.d"] {
        write(line);
        assert!(scene.read().await.sudo_is_told, "{line}");
    }
}
