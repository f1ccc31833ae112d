//! Switches: how far hannun goes on a server, whoever asks. The server is not spoken to, and the refusal is on record.

use std::sync::Arc;

use diesel::RunQueryDsl;
use hannun::commands::{Change, Command, CommandType, ParseError, Read};
use hannun::config::RemoteConfig;
use hannun::error::Error;
use hannun::models::actor::{Actor, Rights, Role, Scope};
use hannun::models::allowance::Allowance;
use hannun::models::audit::{AuditEvent, AuditFilter, Outcome};
use hannun::models::credentials::{CredentialKind, NewCredential, Privileges, Secrets};
use hannun::models::data_keys::DataKey;
use hannun::models::groups::{Group, GroupChanges, NewGroup};
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::permission::Permission;
use hannun::models::servers::{NewServer, Server, ServerChanges};
use hannun::remote::Pool;
use hannun::remote::host::Host;
use hannun::remote::hosts::Hosts;
use hannun::secret::SecretText;

use crate::harness::database::TestDatabase;
use crate::harness::fake_host::{FakeHost, Manner};
use crate::harness::ssh::{PASSWORD, eventually};

/// A change, spelled as a command that every server knows.
struct Tidy;

impl Command for Tidy {
    const TYPE: CommandType = CommandType::ListProcesses;
    type Output = ();

    fn parse(&self, _: &str, _: &[u8]) -> Result<(), ParseError> {
        Ok(())
    }
}

impl Change for Tidy {
    const PERMISSION: Permission = Permission::WriteFiles;

    fn target(&self) -> String {
        "/tmp".to_owned()
    }
}

/// Something that is read from files.
struct ReadLog;

impl Command for ReadLog {
    const TYPE: CommandType = CommandType::ListSockets;
    type Output = ();

    fn parse(&self, _: &str, _: &[u8]) -> Result<(), ParseError> {
        Ok(())
    }
}

impl Read for ReadLog {
    const READS_FILES: bool = true;
}

struct Scene {
    database: TestDatabase,
    hosts: Hosts,
    host: Host,
    server: Server,
    sshd: FakeHost,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let database = TestDatabase::new();
        let (folder, sshd) = (tempfile::tempdir().unwrap(), FakeHost::start(Manner::default()).await);
        let mut connection = database.connection();
        let sealer = DataKey::open_sealer(&mut connection, &folder.path().join("secret.key")).unwrap();
        let secrets = Secrets { password: Some(SecretText::new(PASSWORD.to_owned())), ..Secrets::default() };
        let (endpoint, now) = (sshd.endpoint(), database.now());
        let new = NewCredential {
            name: "ops",
            user_name: &endpoint.user,
            kind: CredentialKind::Password,
            privilege: Privileges::None,
            note: "",
            key: None,
            secrets: &secrets,
        };
        let credential = new.insert(&mut connection, &sealer, now).unwrap();
        let new = NewServer {
            port: endpoint.port.into(),
            credential_id: Some(credential.id),
            ..NewServer::new("web-1", "127.0.0.1")
        };
        let server = new.insert(&mut connection).unwrap();
        let key = hannun::remote::describe_host_key(&endpoint.pins[0].public_key).unwrap();
        let given = GivenKey { algorithm: &key.algorithm, public_key: &key.public_key, fingerprint: &key.fingerprint };
        HostKey::pin(&mut connection, server.id, &given, "test", now).unwrap();
        let pool = Pool::new(RemoteConfig::default(), database.clock.clone()).unwrap();
        let patience = RemoteConfig::default().command_timeout;
        let hosts = Hosts::new(database.db.clone(), Arc::new(sealer), pool, database.clock.clone(), patience);
        let host = hosts.of(Actor::system("anna"), server.clone());
        Self { database, hosts, host, server, sshd, _folder: folder }
    }

    /// The same server for somebody with these rights.
    fn host_for(&self, rights: Rights) -> Host {
        self.hosts.of(Actor { rights, ..Actor::system("jiwon") }, self.server.clone())
    }

    fn set(&self, allow: Allowance) {
        let changes = ServerChanges { allow: Some(allow), ..ServerChanges::default() };
        Server::change(&mut self.database.connection(), self.server.id, &changes, self.database.now()).unwrap();
    }

    fn group(&self, name: &str, allow: Allowance) {
        let (mut connection, now) = (self.database.connection(), self.database.now());
        let group = NewGroup { name, note: "" }.insert(&mut connection).unwrap();
        let changes = GroupChanges { allow: Some(allow), ..GroupChanges::default() };
        Group::change(&mut connection, group.id, &changes, now).unwrap();
        self.server.set_groups(&mut connection, &[group.id]).unwrap();
    }

    fn events(&self) -> Vec<AuditEvent> {
        AuditEvent::latest(&mut self.database.connection(), &AuditFilter::default(), 10).unwrap()
    }
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Forbidden(why)) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sec_z07_a_change_is_refused_where_the_switch_is_narrower_and_nothing_is_sent() {
    let scene = Scene::new().await;
    scene.set(Allowance::ReadFiles);
    let operable = scene.host.clone().operable().await.unwrap();
    let why = refusal(operable.change(Tidy).await);
    assert!(why.contains("web-1 allows no more than “Watch and read files”"), "{why}");
    assert!(why.contains("Admin, Servers, web-1"), "{why}");
    assert_eq!(scene.sshd.connections(), 0, "not a packet");
    let events = scene.events();
    assert_eq!((events.len(), events[0].outcome), (1, Outcome::Refused));
    assert_eq!((events[0].server.as_str(), events[0].target.as_str()), ("web-1", "/tmp"));
    assert_eq!(
        (events[0].details.0["allowed"].as_str(), events[0].details.0["needed"].as_str()),
        ("read-files", "change")
    );
}

#[tokio::test]
async fn sec_z07_what_is_read_from_files_needs_more_than_watching_and_a_terminal_needs_all() {
    let scene = Scene::new().await;
    scene.set(Allowance::Watch);
    assert!(refusal(scene.host.read(ReadLog).await).contains("“Only watch”"));
    scene.set(Allowance::Change);
    assert!(refusal(scene.host.allows(Allowance::Terminal, "open_terminal", "").await).contains("“Also make changes”"));
    scene.host.allows(Allowance::ReadFiles, "list_files", "").await.unwrap();
    assert_eq!(scene.events().len(), 2, "what is allowed is no event of its own");
    assert_eq!(scene.sshd.connections(), 0);
}

#[tokio::test]
async fn sec_z07_the_narrowest_of_a_server_and_its_groups_counts_at_once() {
    let scene = Scene::new().await;
    let operable = scene.host.clone().operable().await.unwrap();
    scene.group("production", Allowance::Watch);
    let why = refusal(operable.change(Tidy).await);
    assert!(why.contains("The group production allows no more than “Only watch” on web-1"), "{why}");
    assert!(why.contains("Admin, Groups, production"), "{why}");
    scene.server.set_groups(&mut scene.database.connection(), &[]).unwrap();
    let outcome = operable.change(Tidy).await;
    assert!(!matches!(outcome, Err(Error::Forbidden(_))), "{outcome:?}");
    assert!(scene.sshd.connections() > 0, "now the server was asked");
}

#[tokio::test]
async fn sec_z07_a_viewer_gets_no_host_to_change_and_reads_no_file() {
    let scene = Scene::new().await;
    let host = scene.host_for(Rights::new(Role::Viewer, Scope::All));
    assert!(refusal(host.read(ReadLog).await).contains("read files and logs"));
    assert!(refusal(host.operable().await).starts_with("You may not do this on web-1"));
    assert_eq!(scene.sshd.connections(), 0);
    let refused = scene.events().iter().filter(|event| event.outcome == Outcome::Refused).count();
    assert_eq!(refused, 2);
}

#[tokio::test]
async fn sec_z07_each_change_asks_for_its_own_permission() {
    let scene = Scene::new().await;
    let withheld = [Permission::WriteFiles].into();
    let host = scene.host_for(Rights { withheld, ..Rights::new(Role::Operator, Scope::All) });
    let why = refusal(host.operable().await.unwrap().change(Tidy).await);
    assert!(why.contains("change files and settings"), "{why}");
    assert_eq!((scene.sshd.connections(), scene.events()[0].target.as_str()), (0, "/tmp"));
}

#[tokio::test]
async fn sec_z07_who_may_not_act_as_root_changes_nothing_where_hannun_signs_in_as_root() {
    let scene = Scene::new().await;
    let withheld = [Permission::Root].into();
    let host = scene.host_for(Rights { withheld, ..Rights::new(Role::Operator, Scope::All) }).operable().await.unwrap();
    let outcome = host.change(Tidy).await;
    assert!(!matches!(outcome, Err(Error::Forbidden(_))), "an ordinary user there: {outcome:?}");
    let (asked, database) = (scene.sshd.connections(), &scene.database);
    diesel::sql_query("update credentials set user_name = 'root'").execute(&mut database.connection()).unwrap();
    let why = refusal(host.change(Tidy).await);
    assert!(why.contains("act as root"), "{why}");
    assert_eq!(scene.sshd.connections(), asked);
}

#[tokio::test]
async fn sec_z07_a_change_runs_as_the_user_whose_rights_were_weighed() {
    let scene = Scene::new().await;
    let host = scene.host.clone().operable().await.unwrap();
    let (mut owner, database) = (scene.database.owner(), &scene.database);
    let mut tell = |statement: &str| diesel::sql_query(statement).execute(&mut owner).unwrap();
    // The change waits before it is sent: "asked" cannot be written yet.
    tell("begin");
    tell("lock table audit_events in share mode");
    let changing = tokio::spawn(async move { host.change(Tidy).await });
    let mut connection = database.connection();
    eventually("the change waits", || {
        let waiting = "select 1 from pg_locks where not granted and relation = 'audit_events'::regclass";
        diesel::sql_query(format!("create temporary table waiting as {waiting}")).execute(&mut connection).unwrap();
        let found = diesel::sql_query("delete from waiting").execute(&mut connection).unwrap() > 0;
        diesel::sql_query("drop table waiting").execute(&mut connection).unwrap();
        found
    })
    .await;
    tell("update credentials set user_name = 'root', version = version + 1");
    tell("commit");
    drop(changing.await.unwrap());
    assert_eq!(scene.sshd.users(), ["deploy"], "not root, whom nobody allowed");
}
