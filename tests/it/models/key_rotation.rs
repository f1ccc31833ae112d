//! New keys, every secret sealed anew, and nothing that cannot be read at any moment (S04).

use std::collections::BTreeSet;
use std::path::PathBuf;

use diesel::prelude::*;
use diesel::sql_types::Text;
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::credentials::{Credential, CredentialChanges, SecretChange, Secrets};
use hannun::models::crontab_versions::NewCrontabVersion;
use hannun::models::data_keys::DataKey;
use hannun::models::data_keys::rotation::{Rotation, Step};
use hannun::models::ids::{CredentialId, TerminalId};
use hannun::models::servers::NewServer;
use hannun::models::terminals::{NewTerminal, recordings};
use hannun::models::users::NewUser;
use hannun::secret::SecretText;
use hannun::secret::password::{self, Workspace};
use hannun::secret::seal::Sealer;

use crate::harness::database::TestDatabase;
use crate::harness::known;

const COUNT: usize = 5;

fn secret(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

/// A database with some credentials, and the key file that opens them.
struct Vault {
    database: TestDatabase,
    folder: tempfile::TempDir,
    ids: Vec<CredentialId>,
}

impl Vault {
    fn new() -> Self {
        let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
        let mut vault = Self { database, folder, ids: Vec::new() };
        let sealer = vault.sealer();
        vault.ids = (0..COUNT).map(|number| vault.add(&sealer, number)).collect();
        vault
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("secret.key")
    }

    fn sealer(&self) -> Sealer {
        DataKey::open_sealer(&mut self.database.connection(), &self.key()).unwrap()
    }

    fn add(&self, sealer: &Sealer, number: usize) -> CredentialId {
        let secrets = Secrets {
            password: Some(secret(&format!("password {number}"))),
            sudo_password: number.is_multiple_of(2).then(|| secret("sudo")),
            ..Secrets::default()
        };
        let name = format!("credential-{number}");
        let new = known::password_of_root(&name, &secrets);
        new.insert(&mut self.database.connection(), sealer, self.database.now()).unwrap().id
    }

    /// Every secret opens and is what was stored.
    #[track_caller]
    fn check(&self, sealer: &Sealer, when: &str) {
        let connection = &mut self.database.connection();
        for (number, id) in self.ids.iter().enumerate() {
            let credential = Credential::by_id(connection, *id).unwrap();
            let secrets = credential.open_secrets(connection, sealer, self.database.now());
            let secrets = secrets.unwrap_or_else(|error| panic!("{when}: {error}"));
            assert_eq!(secrets.password.unwrap().expose(), &format!("password {number}"), "{when}");
            assert_eq!(credential.version, 1, "{when}: a secret that stays the same is no change");
        }
    }

    fn data_keys(&self) -> Vec<i64> {
        use hannun::db::schema::data_keys;
        data_keys::table.select(data_keys::id).order(data_keys::id).load(&mut self.database.connection()).unwrap()
    }

    fn files(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// A terminal that somebody had.
    fn terminal(&self) -> TerminalId {
        let (connection, now) = (&mut self.database.connection(), self.database.now());
        let rights = Rights::new(Role::Operator, Scope::All);
        let hash = password::hash(&secret("tuesday rain in april"), &mut Workspace::default()).unwrap();
        let user = NewUser { name: "jiwon", password_hash: &hash, rights }.insert(connection).unwrap();
        let terminal = NewTerminal {
            server_id: NewServer::new("web-1", "192.0.2.10").insert(connection).unwrap().id,
            user_id: user.id,
            actor: "jiwon".to_owned(),
            address: None,
            run_as: "root".to_owned(),
            holder: "the test".to_owned(),
            begun_at: now,
            seen_at: now,
        };
        terminal.insert(connection).unwrap().id
    }

    fn rotation(&self) -> Rotation {
        Rotation::new(&self.key()).unwrap().in_batches_of(2)
    }

    /// Does up to `most` steps, and says whether that was the end.
    fn rotate(&self, most: usize) -> bool {
        let (mut rotation, connection) = (self.rotation(), &mut self.database.connection());
        (0..most).any(|_| rotation.step(connection).unwrap() == Step::Done { unreadable: Vec::new() })
    }
}

#[test]
fn sec_s04_after_a_rotation_the_old_key_opens_nothing_and_the_new_one_everything() {
    let vault = Vault::new();
    let before = std::fs::read(vault.key()).unwrap();
    assert!(vault.rotate(50));
    vault.check(&vault.sealer(), "after");
    assert_eq!(vault.data_keys(), [2]);
    assert_eq!(vault.files(), BTreeSet::from(["secret.key".to_owned(), "secret.key.before-2".to_owned()]));
    assert_eq!(std::fs::read(vault.folder.path().join("secret.key.before-2")).unwrap(), before);
    std::fs::rename(vault.folder.path().join("secret.key.before-2"), vault.key()).unwrap();
    assert!(DataKey::open_sealer(&mut vault.database.connection(), &vault.key()).is_err());
}

#[test]
fn sec_s04_stopped_after_any_step_everything_is_readable_and_the_rest_is_done_the_next_time() {
    let whole = (1..50).find(|steps| Vault::new().rotate(*steps)).unwrap();
    assert!(whole >= 7, "{whole} steps");
    for steps in 0..whole {
        let vault = Vault::new();
        vault.rotate(steps);
        vault.check(&vault.sealer(), &format!("after {steps} steps"));
        assert!(vault.rotate(50), "the rest after {steps} steps");
        vault.check(&vault.sealer(), &format!("after {steps} steps and the rest"));
        assert_eq!(vault.data_keys(), [2], "one rotation, not two, after {steps} steps");
    }
}

#[test]
fn sec_s04_a_process_that_runs_meanwhile_goes_on_reading_and_writing() {
    let mut vault = Vault::new();
    let running = vault.sealer();
    let (mut rotation, connection) = (vault.rotation(), &mut vault.database.connection());
    let mut step = 0;
    while rotation.step(connection).unwrap() != (Step::Done { unreadable: Vec::new() }) {
        step += 1;
        vault.check(&running, &format!("step {step}"));
        let id = vault.add(&running, vault.ids.len());
        vault.ids.push(id);
    }
    let id = vault.add(&running, vault.ids.len());
    vault.ids.push(id);
    vault.check(&running, "by the running process, at the end");
    vault.check(&vault.sealer(), "by a new process, at the end");
    assert_eq!(vault.data_keys(), [2]);
}

#[test]
fn sec_s04_a_secret_that_no_key_opens_is_named_and_its_data_key_stays() {
    let vault = Vault::new();
    let tampered = "update credentials set password = set_byte(password, 40, get_byte(password, 40) # 1)
        where name = 'credential-3'";
    diesel::sql_query(tampered).execute(&mut vault.database.owner()).unwrap();
    let (mut rotation, connection) = (vault.rotation(), &mut vault.database.connection());
    let end = loop {
        if let Step::Done { unreadable } = rotation.step(connection).unwrap() {
            break unreadable;
        }
    };
    assert_eq!(end, ["credential-3"]);
    assert_eq!(vault.data_keys(), [1, 2]);
    // Entered again, it is sealed with the new key, and the next run finishes.
    let changes = CredentialChanges { password: SecretChange::Set(secret("again")), ..CredentialChanges::default() };
    Credential::change(connection, &vault.sealer(), vault.ids[3], &changes, vault.database.now()).unwrap();
    assert!(vault.rotate(50));
    assert_eq!(vault.data_keys(), [2]);
}

#[test]
fn sec_s04_what_stood_in_crontabs_is_sealed_anew_too() {
    let vault = Vault::new();
    let (sealer, connection) = (vault.sealer(), &mut vault.database.connection());
    let server = NewServer::new("web-1", "192.0.2.10").insert(connection).unwrap();
    let texts = [b"@daily a\n".as_slice(), b"\xff\xfe", b""];
    let versions = texts.map(|content| {
        let new = NewCrontabVersion {
            server_id: server.id,
            place: "user:root",
            content,
            what: "line 1 changed",
            replaced_by: "anna",
            replaced_at: vault.database.now(),
        };
        new.insert(connection, &sealer).unwrap()
    });
    assert!(vault.rotate(50));
    assert_eq!(vault.data_keys(), [2]);
    let sealer = vault.sealer();
    for (version, text) in versions.iter().zip(texts) {
        assert_eq!(version.content(connection, &sealer).unwrap(), text);
    }
    // Moved to another row, it opens no more (S02).
    let swapped = "update crontab_versions set content = (select content from crontab_versions order by id limit 1)";
    diesel::sql_query(swapped).execute(&mut vault.database.owner()).unwrap();
    assert!(versions[1].content(connection, &sealer).is_err());
}

#[test]
fn sec_s04_what_a_terminal_showed_and_no_key_opens_is_named_once_and_ends_no_rotation() {
    let vault = Vault::new();
    let (sealer, connection) = (vault.sealer(), &mut vault.database.connection());
    let terminal = vault.terminal();
    for number in 0..5 {
        recordings::keep(connection, &sealer, (terminal, number, 0), b"what was shown").unwrap();
    }
    let tampered = "update terminal_recordings set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)
        where number in (1, 2)";
    diesel::sql_query(tampered).execute(&mut vault.database.owner()).unwrap();
    let mut rotation = vault.rotation();
    let end = (0..100).find_map(|_| match rotation.step(connection).unwrap() {
        Step::Done { unreadable } => Some(unreadable),
        _ => None,
    });
    assert_eq!(end, Some(vec![format!("the recording of terminal {terminal}")]));
    assert_eq!(vault.data_keys(), [1, 2], "the key of what is not readable stays");
    let sealer = vault.sealer();
    for number in [0, 3, 4] {
        let piece = recordings::piece(connection, &sealer, terminal, number).unwrap().unwrap();
        assert_eq!(piece, b"what was shown", "{number}");
    }
}

#[test]
fn sec_s04_of_two_rotations_at_once_the_second_is_refused() {
    let vault = Vault::new();
    let (first, second) = (&mut vault.database.connection(), &mut vault.database.connection());
    Rotation::begin_alone(first).unwrap();
    assert_eq!(
        Rotation::begin_alone(second).unwrap_err().to_string(),
        "The keys are being rotated already, or a backup is being made"
    );
    Rotation::end(first).unwrap();
    Rotation::begin_alone(second).unwrap();
}

#[test]
fn sec_s04_every_column_of_sealed_values_is_known_to_the_rotation() {
    #[derive(QueryableByName)]
    struct Column {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let columns: Vec<Column> = diesel::sql_query(
        "select table_name || '.' || column_name as name from information_schema.columns
         where table_schema = 'public' and data_type = 'bytea' order by 1",
    )
    .load(&mut TestDatabase::new().owner())
    .unwrap();
    let names: Vec<_> = columns.into_iter().map(|column| column.name).collect();
    // A new column of sealed values is sealed anew in models/credentials/reseal.rs, or beside it; then it is added here.
    let known = [
        "api_tokens.token_hash",
        "audit_events.hash",
        "audit_events.previous_hash",
        "audit_head.hash",
        // Sealed anew by the rotation, as credentials are.
        "channels.secrets",
        "credentials.passphrase",
        "credentials.password",
        "credentials.private_key",
        "credentials.sudo_password",
        "crontab_runs.content",
        "crontab_versions.content",
        "data_keys.wrapped",
        // What package tools printed.
        "execution_output.bytes",
        // Of what a command printed: equal outputs have equal ones.
        "fan_out_members.digest",
        // Sealed with a key that only the bearer token gives; lives for a day.
        "idempotency_keys.answer",
        "idempotency_keys.id",
        "idempotency_keys.request_digest",
        "live_samples.content",
        "sessions.id_hash",
        "setup_tokens.token_hash",
        // Sealed anew by the rotation, as credentials are.
        "terminal_recordings.sealed",
        "terminal_tickets.hash",
        "terminal_tickets.session_hash",
    ];
    assert_eq!(names, known);
}
