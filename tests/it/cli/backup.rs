//! `hannun backup` and `hannun restore`: everything there and back, or a sentence and nothing changed (R09).

mod program_lists;
mod refusals;
mod round_trip;

use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use hannun::db::roles;
use hannun::models::actor::{Actor, Rights, Role, Scope};
use hannun::models::artifacts::{ArtifactKind, NewArtifact};
use hannun::models::audit::kept_heads::KeptHeads;
use hannun::models::audit::{AuditEntry, Outcome, head};
use hannun::models::credentials::{Credential, Secrets};
use hannun::models::data_keys::DataKey;
use hannun::models::sessions::NewSession;
use hannun::models::users::NewUser;
use hannun::secret::SecretText;
use hannun::secret::password::{self, Workspace};
use hannun::secret::seal::Sealer;
use serde_json::json;

use super::hannun::{Place, Said, finish, hannun};
use crate::harness::database::TestDatabase;
use crate::harness::known;
use crate::harness::scenarios::due;

/// What must not be read in a backup.
const CANARY: &str = "canary-1414213562";
/// What is in the uploaded file: more than one record of a backup.
const UPLOAD: &[u8] = &[0x5a; 200_000];
const STORED_NAME: &str = "4f0c2d9be1a84c7795f3b1d2e6a70c18";

/// Things at work in a hannun that runs, as statements.
const AT_WORK: &str = "
    insert into servers (name, address) values ('web-1', '192.0.2.10');
    insert into executions (server_id, command_type, command, line, script, as_root, run_as, target, actor_kind, actor,
        asked_number, place, state, lease_until, queued_at)
    select id, 'run_command', 'run_command', 'x', 'x', false, 'root', 'x', 'user', 'anna', 1, 'place-' || state, state,
        case state when 'running' then now() + interval '1 minute' end, now()
    from servers, unnest(array['queued', 'running']) state;
    insert into runs (scenario_id, cause, state, queued_at)
    select id, 'person', state, now() from scenarios, unnest(array['queued', 'delivering']) state;
    insert into deliveries (key, run_id, position, kind, settings, at_most_once, message, state, next_try_at, give_up_at)
    select 'key-1', max(id), 0, 'http_post', '{}', false, '{}', 'pending', now(), now() + interval '1 hour' from runs;
    insert into terminals (server_id, actor, run_as, holder, begun_at, seen_at)
    select id, 'anna', 'root', 'somebody', now(), now() from servers;
    insert into power_requests (server_id, deed, asked_by, boot_before, uptime_before, asked_at)
    select id, 'restart', 'anna', 'boot', 1, now() from servers;
    insert into fan_outs (words, as_root, time_limit_seconds, servers, actor_kind, actor, queued_at)
    values ('x', false, 60, '{all}', 'user', 'anna', now());
    insert into fan_out_members (fan_out_id, server_id, wave) select f.id, s.id, 0 from fan_outs f, servers s;
    insert into guarded_changes (server_id, kind, token, owner, by_root, line, asked_by, state, asked_at, undoes_at)
    select id, 'firewall', '0123456789abcdef', 'ufw', true, 'x', 'anna', 'armed', now(), now() from servers;
    insert into apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority, metadata)
    values (apalis.generate_ulid(), 'executions', '{}', 'Pending', 0, 1, now(), 0, '');
    insert into instances (id, host, process_id, version, serves, samples, seen_at, lives_until)
    values (7, 'console', 4121, '0.1.0', true, true, now(), now() + interval '1 hour');
";

/// Tables whose rows are ended or added to by a restore.
const SETTLED: &[&str] =
    &["public.audit_events", "public.instances", "public.pauses", "public.sessions", "apalis.jobs"];

impl Place {
    /// A hannun with some of everything, in the middle of its work.
    fn at_work() -> Self {
        let place = Self::new();
        place.run_as_owner(&["migrate", "--grant", roles::APPLICATION_ROLE]).done();
        let (connection, now) = (&mut place.database.connection(), place.database.now());
        let sealer = place.sealer();
        let secrets = Secrets { password: Some(SecretText::new(CANARY.to_owned())), ..Secrets::default() };
        let new = known::password_of_root("root-of-web-1", &secrets);
        new.insert(connection, &sealer, now).unwrap();
        let hash = password::hash(&SecretText::new("tuesday rain in april".to_owned()), &mut Workspace::default());
        let rights = Rights::new(Role::Administrator, Scope::All);
        let anna = NewUser { name: "anna", password_hash: &hash.unwrap(), rights }.insert(connection).unwrap();
        let session = NewSession { user_id: anna.id, address: [127, 0, 0, 1].into(), user_agent: "test" };
        session.begin(connection, now).unwrap();
        let schedule = json!({ "when": { "kind": "cron", "expression": "*/5 * * * *" }, "time_zone": "Asia/Seoul" });
        due(schedule, now).insert(connection, anna.id, &[]).unwrap();
        place.uploaded().insert(connection).unwrap();
        place.database.owner().batch_execute(AT_WORK).unwrap();
        let entry = AuditEntry::by(&Actor::system("test"), "x");
        entry.record(connection, Outcome::Succeeded, now).unwrap();
        place.heads().add(&head(connection).unwrap(), now).unwrap();
        drop(entry.asked(connection, now).unwrap());
        place
    }

    /// An empty database and a data directory with nothing but the key file of `other`.
    fn empty_beside(other: &Self) -> Self {
        let place = Self { database: TestDatabase::empty(), folder: tempfile::tempdir().unwrap() };
        std::fs::copy(other.key_file(), place.key_file()).unwrap();
        place
    }

    fn uploaded(&self) -> NewArtifact {
        let folder = self.folder.path().join("artifacts");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(STORED_NAME), UPLOAD).unwrap();
        NewArtifact {
            file_name: "nginx.deb".to_owned(),
            stored_name: STORED_NAME.to_owned(),
            kind: ArtifactKind::Deb,
            size_bytes: 200_000,
            sha256: "not looked at".to_owned(),
            name: String::new(),
            version: String::new(),
            architecture: String::new(),
            header: json!({}),
            uploaded_by: "anna".to_owned(),
            uploaded_at: self.database.now(),
        }
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("secret.key")
    }

    fn heads(&self) -> KeptHeads {
        KeptHeads::in_folder(self.folder.path())
    }

    fn sealer(&self) -> Sealer {
        DataKey::open_sealer(&mut self.database.connection(), &self.key_file()).unwrap()
    }

    /// The password that is kept here.
    fn kept_password(&self) -> String {
        let connection = &mut self.database.connection();
        let credential = Credential::all(connection).unwrap().pop().unwrap();
        let secrets = credential.open_secrets(connection, &self.sealer(), self.database.now()).unwrap();
        secrets.password.unwrap().expose().clone()
    }

    /// Runs `hannun` as whoever owns the tables.
    fn run_as_owner(&self, arguments: &[&str]) -> Said {
        let mut command = hannun(arguments);
        command.env("DATABASE_URL", self.database.owner_url().expose()).env("HANNUN_DATA_DIR", self.folder.path());
        finish(command, "")
    }

    /// Makes a backup, and gives its path.
    fn backed_up(&self) -> String {
        let file = self.folder.path().join("backup").display().to_string();
        self.run(&["backup", &file]).done();
        file
    }

    /// Restores a backup here, for the two roles that every test has.
    fn restore(&self, file: &str) -> Said {
        self.run_as_owner(&["restore", file, "--grant", roles::APPLICATION_ROLE])
    }

    /// What a question that is answered with one number is answered with.
    #[track_caller]
    fn number(&self, question: &str) -> i64 {
        diesel::dsl::select(diesel::dsl::sql::<BigInt>(&format!("({question})")))
            .get_result(&mut self.database.owner())
            .unwrap()
    }

    /// Nothing is in the database, and nothing but the key file in the data directory.
    #[track_caller]
    fn is_untouched(&self) {
        let things = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname in ('public', 'apalis')";
        assert_eq!(self.number(things), 0, "there are tables");
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap());
        let files: Vec<_> = entries.filter(|entry| entry.file_type().unwrap().is_file()).collect();
        assert!(files.iter().all(|file| file.file_name() == "secret.key"), "{files:?}");
        let uploads = std::fs::read_dir(self.folder.path().join("artifacts"));
        assert_eq!(uploads.map_or(0, Iterator::count), 0, "there are uploaded files");
    }
}
