//! Credentials: sealed, bound to their row, never shown.

use diesel::prelude::*;
use diesel::sql_types::Text;
use hannun::error::{Error, RemoteError};
use hannun::models::audit::{AuditEvent, AuditFilter};
use hannun::models::credentials::{
    Credential, CredentialChanges, CredentialKind, KeyFacts, NewCredential, Privileges, SecretChange, Secrets,
};
use hannun::models::data_keys::DataKey;
use hannun::models::servers::{Server, ServerChanges};
use hannun::secret::SecretText;
use hannun::secret::seal::Sealer;

use crate::harness::database::TestDatabase;

const CANARY: &str = "canary-2718281828";

fn sealer(database: &TestDatabase, folder: &tempfile::TempDir) -> Sealer {
    DataKey::open_sealer(&mut database.connection(), &folder.path().join("secret.key")).unwrap()
}

fn secret(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

fn add(database: &TestDatabase, sealer: &Sealer, name: &str) -> Credential {
    let secrets = Secrets { password: Some(secret(CANARY)), sudo_password: Some(secret(CANARY)), ..Secrets::default() };
    let new = NewCredential {
        name,
        user_name: "root",
        kind: CredentialKind::Password,
        privilege: Privileges::SudoPassword,
        note: "",
        key: None,
        secrets: &secrets,
    };
    new.insert(&mut database.connection(), sealer, database.now()).unwrap()
}

fn open(database: &TestDatabase, sealer: &Sealer, credential: &Credential) -> Result<Secrets, Error> {
    credential.open_secrets(&mut database.connection(), sealer, database.now())
}

#[test]
fn sec_s01_a_stored_secret_is_nowhere_in_the_table_in_any_form() {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        text: String,
    }
    let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    let sealer = sealer(&database, &folder);
    let credential = add(&database, &sealer, "root");
    assert_eq!(open(&database, &sealer, &credential).unwrap().password.unwrap().expose(), CANARY);
    let rows: Vec<Row> =
        diesel::sql_query("select credentials::text || encode(password, 'escape') as text from credentials")
            .load(&mut database.owner())
            .unwrap();
    assert_eq!(rows.len(), 1);
    for form in [CANARY.to_owned(), hex::encode(CANARY), "Y2FuYXJ5LTI3MTgyODE4Mj".to_owned()] {
        assert!(!rows[0].text.contains(&form), "{form}");
    }
}

#[test]
fn sec_s02_ciphertexts_swapped_between_rows_are_refused_and_audited_once() {
    let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    let sealer = sealer(&database, &folder);
    let (one, _two) = (add(&database, &sealer, "one"), add(&database, &sealer, "two"));
    diesel::sql_query(
        "update credentials a set password = b.password from credentials b where a.name = 'one' and b.name = 'two'",
    )
    .execute(&mut database.owner())
    .unwrap();
    for _ in 0..3 {
        let refusal = open(&database, &sealer, &one);
        let Err(Error::Remote(error)) = refusal else { panic!("{refusal:?}") };
        assert!(matches!(*error, RemoteError::CredentialUnusable { .. }));
    }
    let events = AuditEvent::latest(&mut database.connection(), &AuditFilter::default(), 10).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].action.as_str(), events[0].target.as_str()), ("open_secret", "credential one version 1"));
}

#[test]
fn sec_s02_a_secret_moved_to_another_column_is_refused() {
    let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    let sealer = sealer(&database, &folder);
    let credential = add(&database, &sealer, "root");
    diesel::sql_query("update credentials set password = sudo_password").execute(&mut database.owner()).unwrap();
    assert!(open(&database, &sealer, &credential).is_err());
}

#[test]
fn sec_s03_another_key_file_or_none_is_refused_with_a_sentence() {
    let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    sealer(&database, &folder);
    let (other, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    sealer(&TestDatabase::new(), &other);
    let refusal = |folder: &tempfile::TempDir| {
        let path = folder.path().join("secret.key");
        DataKey::open_sealer(&mut database.connection(), &path).unwrap_err().to_string()
    };
    assert!(refusal(&other).contains("does not open the secrets in this database"), "{}", refusal(&other));
    assert!(refusal(&empty).contains("is not there"), "{}", refusal(&empty));
}

#[test]
fn sec_s03_many_first_starts_make_one_key() {
    let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    let path = folder.path().join("secret.key");
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let (mut connection, path) = (database.connection(), path.clone());
            std::thread::spawn(move || DataKey::open_sealer(&mut connection, &path).map(drop))
        })
        .collect();
    for start in starts {
        start.join().unwrap().unwrap();
    }
    let keys: i64 = hannun::db::schema::data_keys::table.count().get_result(&mut database.connection()).unwrap();
    assert_eq!(keys, 1);
}

#[test]
fn sec_s05_a_row_says_which_secrets_are_stored_and_never_what_they_are() {
    let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    let sealer = sealer(&database, &folder);
    let credential = add(&database, &sealer, "root");
    assert!(credential.has_password && credential.has_sudo_password);
    assert!(!credential.has_private_key && !credential.has_passphrase);
    assert!(!format!("{credential:?} {:?}", open(&database, &sealer, &credential)).contains(CANARY));
}

#[test]
fn sec_h03_the_version_grows_with_secrets_and_user_and_not_with_notes() {
    let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    let sealer = sealer(&database, &folder);
    let id = add(&database, &sealer, "root").id;
    let change = |changes: CredentialChanges| {
        Credential::change(&mut database.connection(), &sealer, id, &changes, database.now()).unwrap()
    };
    let none = CredentialChanges::default;
    assert_eq!(change(CredentialChanges { note: Some("x".to_owned()), ..none() }).version, 1);
    assert_eq!(change(CredentialChanges { user_name: Some("admin".to_owned()), ..none() }).version, 2);
    let key = KeyFacts { algorithm: "ssh-ed25519".to_owned(), fingerprint: "SHA256:x".to_owned() };
    let changed = change(CredentialChanges {
        kind: Some(CredentialKind::PrivateKey),
        private_key: SecretChange::Set(secret("key")),
        password: SecretChange::Clear,
        key: Some(Some(key)),
        ..none()
    });
    assert_eq!((changed.version, changed.has_password, changed.has_private_key), (3, false, true));
    assert_eq!(changed.fingerprint.as_deref(), Some("SHA256:x"));
    let secrets = open(&database, &sealer, &changed).unwrap();
    assert_eq!(secrets.private_key.unwrap().expose(), "key");
    assert_eq!(secrets.sudo_password.unwrap().expose(), CANARY, "what is not given stays");
}

#[test]
fn a_credential_in_use_is_not_deleted() {
    let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    let sealer = sealer(&database, &folder);
    let credential = add(&database, &sealer, "root");
    let mut connection = database.connection();
    let server = super::server(&mut connection, "web-1");
    let changes = ServerChanges { credential_id: Some(Some(credential.id)), ..ServerChanges::default() };
    Server::change(&mut connection, server.id, &changes, database.now()).unwrap();
    let refusal = credential.delete(&mut connection).unwrap_err().to_string();
    assert!(refusal.contains("Servers sign in with root"), "{refusal}");
    assert_eq!(Server::using_credential(&mut connection, credential.id).unwrap().len(), 1);
}
