//! Accounts, folders, sockets, environments, versions.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use hannun::db::private_server::{Durability, PrivateServer};
use hannun::db::{establish, migrate, roles};

use super::{Other, add_group, data_dir, is_alive, start_fast};
use crate::harness::database::socket_folder;
use crate::harness::skip::skip;

#[test]
fn only_its_account_gets_to_the_cluster_and_the_socket_and_nothing_listens_on_a_network() {
    let folder = data_dir();
    let server = start_fast(folder.path());
    let owner = fs::metadata(format!("/proc/{}", server.process_id().unwrap())).unwrap().uid();
    assert_ne!(owner, 0, "PostgreSQL is never root");
    let socket = socket_folder(&server.application_url());
    for private in [folder.path().join("postgres-private"), folder.path().join("postgres-private/cluster"), socket] {
        let found = fs::metadata(&private).unwrap();
        assert_eq!((found.mode() & 0o777, found.uid()), (0o700, owner), "{}", private.display());
    }
    let shown = |setting: &str| {
        let mut connection = establish(&server.application_url()).unwrap();
        let sql = diesel::dsl::sql::<diesel::sql_types::Text>(&format!("current_setting('{setting}')"));
        diesel::select(sql).get_result::<String>(&mut connection).unwrap()
    };
    assert_eq!(shown("listen_addresses"), "");
}

#[test]
fn the_application_role_is_no_superuser_and_owns_nothing() {
    let folder = data_dir();
    let server = start_fast(folder.path());
    migrate::migrate(&server.owner_url(), Some(roles::APPLICATION_ROLE)).unwrap();
    let mut application = establish(&server.application_url()).unwrap();
    assert!(roles::audit_is_guarded(&mut application).unwrap());
    for statement in ["create role other", "copy (select 1) to program 'true'", "set role hannun_owner"] {
        assert!(application.batch_execute(statement).is_err(), "{statement}");
    }
}

#[tokio::test]
async fn the_queue_s_driver_understands_the_addresses_too() {
    let folder = data_dir();
    let server = start_fast(folder.path());
    for url in [server.owner_url(), server.application_url()] {
        let pool = apalis_postgres::PgPool::connect(url.expose()).await.unwrap();
        pool.close().await;
    }
}

#[test]
fn a_half_made_cluster_is_made_anew() {
    let folder = data_dir();
    let half = folder.path().join("postgres-private/cluster.new");
    fs::create_dir_all(half.join("base")).unwrap();
    fs::write(half.join("PG_VERSION"), "15\n").unwrap();
    let server = start_fast(folder.path());
    assert!(!half.exists() && folder.path().join("postgres-private/cluster/PG_VERSION").is_file());
    add_group(&server, "new");
}

#[test]
fn variables_of_libpq_in_the_environment_lead_nowhere_else() {
    let folder = data_dir();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env("PGPORT", "6543").env("PGUSER", "nobody").env("PGDATABASE", "other").env("PGHOST", "192.0.2.1");
    command.env("PGSSLMODE", "require");
    let other = Other::start(command, folder.path());
    assert!(is_alive(other.postgres()));
}

#[test]
fn a_deep_data_directory_gets_a_socket_whose_path_is_short_enough() {
    let folder = data_dir();
    let deep = folder.path().join("d".repeat(100)).join("e".repeat(100));
    let server = start_fast(&deep);
    assert!(socket_folder(&server.application_url()).join(".s.PGSQL.5432").as_os_str().len() <= 107);
    add_group(&server, "x");
}

#[test]
fn an_ordinary_user_runs_it_as_themselves() {
    const TEST: &str = "an_ordinary_user_runs_it_as_themselves";
    if !rustix::process::geteuid().is_root() {
        // Every other test has shown it already.
        return skip(TEST, "hannun is not root here, so that all tests are run by an ordinary user");
    }
    let folder = data_dir();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(65_534), Some(65_534)).unwrap();
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(&program)
        .env_remove("XDG_RUNTIME_DIR");
    if !Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--", "test", "-x"])
        .arg(&program)
        .status()
        .is_ok_and(|status| status.success())
    {
        return skip(TEST, "another user cannot run the test program here");
    }
    let other = Other::start(command, &home.join("data"));
    let owner = fs::metadata(format!("/proc/{}", other.postgres())).unwrap().uid();
    assert_eq!(owner, 65_534);
}

#[test]
fn a_data_directory_below_a_folder_closed_to_the_account_works_or_says_so() {
    let folder = data_dir();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    match PrivateServer::start(&folder.path().join("data"), Durability::None) {
        Ok(server) => add_group(&server, "x"),
        Err(problem) => assert!(problem.to_string().contains("chmod o+x"), "{problem}"),
    }
}

#[test]
fn sec_s06_rows_that_postgresql_refuses_do_not_get_into_its_log() {
    let folder = data_dir();
    let server = start_fast(folder.path());
    migrate::migrate(&server.owner_url(), Some(roles::APPLICATION_ROLE)).unwrap();
    let mut connection = establish(&server.application_url()).unwrap();
    for statement in
        ["insert into groups (name, note) values ('Not A Name', 'canary-16180')", "select canary_16180", "canary-16180"]
    {
        assert!(connection.batch_execute(statement).is_err());
    }
    server.stop();
    let log = fs::read_to_string(folder.path().join("postgres-private/postgres.log")).unwrap();
    assert!(!log.contains("canary"), "{log}");
}

#[test]
fn a_cluster_of_another_version_is_refused_with_a_sentence() {
    let folder = data_dir();
    start_fast(folder.path()).stop();
    fs::write(folder.path().join("postgres-private/cluster/PG_VERSION"), "3\n").unwrap();
    let refusal = PrivateServer::start(folder.path(), Durability::None).unwrap_err().to_string();
    assert!(refusal.contains("made by PostgreSQL 3"), "{refusal}");
}
