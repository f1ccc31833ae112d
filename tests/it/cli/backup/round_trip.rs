//! There and back.

use std::os::unix::fs::PermissionsExt;

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::MigrationHarness;
use hannun::backup::{Source, back_up};
use hannun::db::{migrate, roles, snapshot};
use hannun::models::actor::Actor;
use hannun::models::audit::Head;
use hannun::models::pauses::Pause;
use hannun::scenarios::fire::fire_due;
use hannun::scenarios::pause;

use super::{CANARY, Place, SETTLED, STORED_NAME, UPLOAD, finish, hannun};

#[test]
fn rel_r09_everything_comes_back_as_it_was() {
    let place = Place::at_work();
    let before = snapshot::rows(&mut place.database.owner()).unwrap();
    let other = Place::empty_beside(&place);
    let said = other.restore(&place.backed_up()).done();
    assert!(said.starts_with("hannun is as it was at 2") && said.contains("and 1 uploaded files"), "{said}");

    let after = snapshot::rows(&mut other.database.owner()).unwrap();
    for (table, count) in before.iter().filter(|(table, _)| !SETTLED.contains(&table.as_str())) {
        assert_eq!(after.get(table), Some(count), "{table}");
    }
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    assert_eq!(other.kept_password(), CANARY);
    let file = other.folder.path().join("artifacts").join(STORED_NAME);
    assert_eq!(std::fs::read(&file).unwrap(), UPLOAD);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn rel_r09_nobody_is_signed_in_and_nothing_is_at_work_any_more() {
    let place = Place::at_work();
    let other = Place::empty_beside(&place);
    let said = other.restore(&place.backed_up()).done();
    assert!(said.contains("1 sessions ended: everybody signs in again. 2 commands, 2 runs and 1 messages"), "{said}");
    for gone in ["sessions", "instances", "apalis.jobs", "apalis.workers"] {
        assert_eq!(other.number(&format!("select count(*) from {gone}")), 0, "{gone}");
    }
    let told = "why ->> 'template' like 'It had not ended when the backup of {time} was made%'";
    for (table, state, count) in [
        ("executions", "unknown", 2),
        ("runs", "unknown", 2),
        ("deliveries", "unknown", 1),
        ("fan_outs", "stopped", 1),
        ("power_requests", "unknown", 1),
    ] {
        let ended = format!("state = '{state}' and ended_at is not null and lease_until is null and {told}");
        assert_eq!(other.number(&format!("select count(*) from {table} where {ended}")), count, "{table}");
    }
    for (table, ended) in [
        ("fan_out_members", "state = 'left'"),
        ("terminals", "ended_at is not null and why is not null"),
        ("guarded_changes", "state = 'unknown' and ended_at is not null"),
    ] {
        assert_eq!(other.number(&format!("select count(*) from {table} where {ended}")), 1, "{table}");
    }
    assert_eq!(place.number("select count(*) from executions where ended_at is null"), 2, "the other one works on");
}

#[test]
fn rel_r09_no_scenario_fires_until_an_administrator_starts_the_scheduler() {
    let place = Place::at_work();
    let other = Place::empty_beside(&place);
    other.restore(&place.backed_up()).done();
    let (connection, now) = (&mut other.database.connection(), other.database.now());
    assert_eq!(fire_due(connection, now).unwrap(), 0);
    let standing = Pause::standing(connection).unwrap().unwrap();
    assert!(standing.why.starts_with("restored from the backup of 2"), "{}", standing.why);
    pause::start(connection, &Actor::system("test"), standing.id, now).unwrap();
    assert_eq!(fire_due(connection, now).unwrap(), 1);
}

#[test]
fn rel_r09_a_pause_that_stood_gives_way_to_that_of_the_restore_and_is_told_of() {
    let place = Place::at_work();
    let now = place.database.now();
    let why = "the mail server moves";
    pause::pause(&mut place.database.connection(), &Actor::system("test"), why, now).unwrap();
    let other = Place::empty_beside(&place);
    other.restore(&place.backed_up()).done();
    let standing = Pause::standing(&mut other.database.connection()).unwrap().unwrap();
    assert!(standing.why.starts_with("restored from the backup of"), "{}", standing.why);
    let told = format!("action = 'restore' and details ->> 'paused_before' = '{why}'");
    assert_eq!(other.number(&format!("select count(*) from audit_events where {told}")), 1);
}

#[test]
fn sec_r09_l02_the_audit_log_is_whole_goes_on_and_says_what_happened() {
    let place = Place::at_work();
    let other = Place::empty_beside(&place);
    // Ends of a log that was here before, and reached further.
    let stale = Head { number: 999, hash: vec![9; 32] };
    other.heads().add(&stale, other.database.now()).unwrap();
    let said = other.restore(&place.backed_up()).done();
    assert!(said.contains("The kept ends of an audit log that is not here any more are in"), "{said}");
    let said = other.run(&["audit", "verify"]).done();
    assert!(said.contains("the audit log is whole") && said.contains("agrees with 2 ends"), "{said}");
    for action in ["restore", "pause_scheduler"] {
        assert_eq!(
            other.number(&format!("select count(*) from audit_events where action = '{action}'")),
            1,
            "{action}"
        );
    }
    let unknown = "select count(*) from audit_events where outcome = 'unknown' and asked_number is not null";
    assert_eq!(other.number(unknown), 1, "what was asked then");
    let made = "select count(*) from audit_events where action = 'back_up'";
    assert_eq!(place.number(made), 1, "who took everything out of here");
}

/// Everything that the database is made of, but for its rows.
const MADE_OF: &str = "select string_agg(line, E'\\n' order by line) from (
    select format('relation %s %s %s %s %s', relname, relkind, relpersistence, reloptions,
        array(select x::text from unnest(relacl) x order by 1)) as line
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S', 'v')
    union all select format('column %s %s %s %s %s %s', attrelid::regclass, attname, atttypid::regtype, attnotnull,
        attidentity, attstorage)
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
    union all select format('default %s %s', adrelid::regclass, pg_get_expr(adbin, adrelid)) from pg_attrdef
    union all select format('index %s', indexdef) from pg_indexes where schemaname = 'public'
    union all select format('trigger %s', pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
    union all select format('constraint %s %s', conrelid::regclass, pg_get_constraintdef(oid))
    from pg_constraint where connamespace = 'public'::regnamespace
    union all select format('function %s %s %s %s %s', proname, prosecdef, proconfig, prosrc,
        array(select x::text from unnest(proacl) x order by 1))
    from pg_proc where pronamespace = 'public'::regnamespace
) lines";

#[test]
fn sec_r09_l02_tables_triggers_and_grants_are_as_after_a_migration() {
    let place = Place::at_work();
    let other = Place::empty_beside(&place);
    other.restore(&place.backed_up()).done();
    let made_of = |place: &Place| -> Vec<String> {
        let text: String = diesel::dsl::select(diesel::dsl::sql::<Text>(&format!("({MADE_OF})")))
            .get_result(&mut place.database.owner())
            .unwrap();
        text.lines().map(str::to_owned).collect()
    };
    let (before, after) = (made_of(&place), made_of(&other));
    let lost: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(lost.is_empty() && new.is_empty(), "lost {lost:#?}, new {new:#?}");
    assert!(roles::audit_is_guarded(&mut other.database.connection()).unwrap());
}

#[test]
fn rel_r09_a_backup_of_an_older_version_is_brought_up_to_this_one() {
    let place = Place::at_work();
    let owner = &mut place.database.owner();
    owner.revert_last_migration(migrate::MIGRATIONS).unwrap();
    let file = place.folder.path().join("older");
    let source = Source {
        url: place.database.owner_url(),
        data_dir: place.folder.path().to_owned(),
        key_path: place.key_file(),
        programs: None,
    };
    back_up(&source, &file, &Actor::system("test"), |_| ()).unwrap();
    let other = Place::empty_beside(&place);
    other.restore(&file.display().to_string()).done();
    assert_eq!(other.run(&["migrate"]).done(), "the database is up to date\n");
    assert_eq!(other.kept_password(), CANARY);
}

#[test]
fn rel_r09_the_private_postgresql_goes_the_same_way() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run = |folder: &tempfile::TempDir, arguments: &[&str]| {
        let mut command = hannun(arguments);
        command.env("HANNUN_DATA_DIR", folder.path());
        finish(command, "")
    };
    run(&one, &["migrate"]).done();
    let file = one.path().join("backup").display().to_string();
    let made = run(&one, &["backup", &file, "--json"]).json();
    assert_eq!(made["key_path"], one.path().join("secret.key").display().to_string());
    std::fs::copy(one.path().join("secret.key"), other.path().join("secret.key")).unwrap();
    let restored = run(&other, &["restore", &file, "--json"]).json();
    assert_eq!(restored["about"], made["about"]);
    let checks = run(&other, &["doctor", "--no-servers", "--json"]);
    let checks: serde_json::Value = serde_json::from_str(&checks.out).unwrap();
    let verdict =
        |name: &str| checks.as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()["verdict"].clone();
    assert_eq!((verdict("secrets"), verdict("audit log")), ("ok".into(), "ok".into()), "{checks}");
}
