//! What is not restored, and what nothing is backed up with: a sentence, and everything is as it was.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use diesel::connection::SimpleConnection;

use super::{CANARY, Place};

#[test]
fn sec_r09_a_backup_is_for_its_owner_alone_and_shows_no_secret_and_no_key() {
    let place = Place::at_work();
    let file = place.backed_up();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    let (content, key) = (std::fs::read(&file).unwrap(), std::fs::read(place.key_file()).unwrap());
    for hidden in [CANARY.as_bytes(), b"web-1", b"audit_events", &key] {
        assert!(!content.windows(hidden.len()).any(|bytes| bytes == hidden), "{}", String::from_utf8_lossy(hidden));
    }
    let names = std::fs::read_dir(place.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.into_iter().any(|name| name.to_string_lossy().ends_with(".part")), "something was left");
}

#[test]
fn rel_r09_a_backup_replaces_no_file() {
    let place = Place::at_work();
    let file = place.folder.path().join("here");
    std::fs::write(&file, "something else").unwrap();
    let refusal = place.run(&["backup", file.to_str().unwrap()]).failed(1);
    assert!(refusal.contains("here is there already, and a backup replaces no file"), "{refusal}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "something else");
}

#[test]
fn rel_r09_where_nothing_is_nothing_is_backed_up_and_no_database_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = super::hannun(&["backup", "/nonexistent/backup"]);
    command.env("HANNUN_DATA_DIR", folder.path());
    let refusal = super::finish(command, "").failed(1);
    assert!(refusal.contains("there is nothing to back up in"), "{refusal}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn sec_r09_another_key_file_is_told_apart_and_the_right_one_is_named() {
    let place = Place::at_work();
    let file = place.backed_up();
    let other = Place::empty_beside(&place);
    std::fs::write(other.key_file(), [7; 32]).unwrap();
    let refusal = other.restore(&file).failed(1);
    assert!(refusal.contains("was made with another key file: it needs the one with the mark "), "{refusal}");
    other.is_untouched();

    let earlier = other.folder.path().join("secret.key.before-2");
    std::fs::copy(place.key_file(), &earlier).unwrap();
    let refusal = other.restore(&file).failed(1);
    let named = format!("{} is the one: set HANNUN_SECRET_KEY_FILE to it", earlier.display());
    assert!(refusal.contains(&named), "{refusal}");
    std::fs::remove_file(earlier).unwrap();

    std::fs::remove_file(other.key_file()).unwrap();
    let refusal = other.restore(&file).failed(1);
    assert!(refusal.contains("secret.key is not there, and nothing else opens this backup"), "{refusal}");
    assert!(!other.key_file().exists(), "no other one is made");
    other.is_untouched();
}

#[test]
fn sec_r09_a_damaged_file_is_refused_before_anything_is_changed() {
    let place = Place::at_work();
    let whole = std::fs::read(place.backed_up()).unwrap();
    let other = Place::empty_beside(&place);
    let file = tempfile::tempdir().unwrap();
    let file = file.path().join("damaged");
    let path = file.to_str().unwrap();
    let middle = whole.len() / 2;
    for at in [1, 40, 100, middle, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&file, damaged).unwrap();
        let refusal = other.restore(path).failed(1);
        assert!(refusal.contains("cannot be restored: it is ") && refusal.contains("Nothing was changed"), "{refusal}");
        other.is_untouched();
    }
    for length in [0, 30, middle, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        let refusal = other.restore(path).failed(1);
        assert!(refusal.contains("cannot be restored: it is "), "{refusal}");
        other.is_untouched();
    }
    std::fs::write(&file, [whole.as_slice(), b"more"].concat()).unwrap();
    other.restore(path).failed(1);
    other.is_untouched();
    std::fs::write(&file, whole).unwrap();
    let said = other.run_as_owner(&["restore", path, "--check"]).done();
    assert!(said.contains("damaged is whole, and the key file opens it"), "{said}");
    other.is_untouched();
    other.restore(path).done();
}

#[test]
fn rel_r09_a_database_that_is_not_empty_is_left_as_it_is() {
    let place = Place::at_work();
    let file = place.backed_up();
    let before = place.number("select count(*) from audit_events");
    let refusal = place.restore(&file).failed(1);
    assert!(refusal.contains("The database is not empty") && refusal.contains("Nothing was changed"), "{refusal}");
    assert_eq!(place.number("select count(*) from audit_events"), before);

    let other = Place::empty_beside(&place);
    other.database.owner().batch_execute("create table somebody_elses (x int)").unwrap();
    let refusal = other.restore(&file).failed(1);
    assert!(refusal.contains("public.somebody_elses among them"), "{refusal}");
}

#[test]
fn rel_r09_who_may_make_no_tables_restores_nothing() {
    let place = Place::at_work();
    let file = place.backed_up();
    let other = Place::empty_beside(&place);
    let refusal = other.run(&["restore", &file]).failed(1);
    assert!(refusal.contains("may not make tables in this database"), "{refusal}");
    let refusal = other.run_as_owner(&["restore", &file, "--grant", "nobody-of-that-name"]).failed(1);
    assert!(refusal.contains("no role nobody-of-that-name"), "{refusal}");
}

#[test]
fn rel_r09_a_backup_of_a_newer_version_is_refused() {
    let place = Place::at_work();
    let newer = "insert into __diesel_schema_migrations (version) values ('29990101000001')";
    place.database.owner().batch_execute(newer).unwrap();
    let file = place.backed_up();
    let other = Place::empty_beside(&place);
    let refusal = other.restore(&file).failed(1);
    assert!(
        refusal.contains("it knows the change 29990101000001 of the tables. Restore it with that version"),
        "{refusal}"
    );
    other.is_untouched();
}

#[test]
fn rel_r09_without_postgresql_s_programs_a_sentence_says_what_to_install() {
    let place = Place::at_work();
    let nothing = tempfile::tempdir().unwrap();
    let programs = nothing.path().to_str().unwrap();
    let file = place.folder.path().join("never").display().to_string();
    let refusal = place.run(&["backup", &file, "--programs", programs]).failed(1);
    assert!(refusal.contains("This needs pg_dump of PostgreSQL ") && refusal.contains("Install it with"), "{refusal}");
    assert!(!Path::new(&file).exists());
    let file = place.backed_up();
    let other = Place::empty_beside(&place);
    let refusal = other.run_as_owner(&["restore", &file, "--programs", programs]).failed(1);
    assert!(refusal.contains("This needs pg_restore of PostgreSQL "), "{refusal}");
    other.is_untouched();
}

#[test]
fn rel_r09_a_restore_that_fails_half_way_leaves_nothing() {
    let place = Place::at_work();
    let file = place.backed_up();
    let other = Place::empty_beside(&place);
    let folder = tempfile::tempdir().unwrap();
    super::program_lists::stand_in(
        folder.path(),
        "pg_restore",
        "head -c 1000 >/dev/null; echo 'pg_restore: error: no such luck' >&2; exit 1",
    );
    let refusal = other.run_as_owner(&["restore", &file, "--programs", folder.path().to_str().unwrap()]).failed(1);
    assert!(refusal.contains("pg_restore failed: pg_restore: error: no such luck"), "{refusal}");
    other.is_untouched();
    other.restore(&file).done();
}

#[test]
fn rel_r09_nothing_works_with_a_database_that_was_restored_by_half() {
    let place = Place::at_work();
    let file = place.backed_up();
    let other = Place::empty_beside(&place);
    // As a restore leaves it that was killed.
    other.database.owner().batch_execute("create table restore_unfinished (since timestamptz not null)").unwrap();
    let refusal = other.run_as_owner(&["migrate"]).failed(1);
    assert!(refusal.contains("A restore into this database has not come to its end"), "{refusal}");
    other.restore(&file).done();
    other.run_as_owner(&["migrate"]).done();
}

#[test]
fn sec_s04_r09_no_backup_is_made_between_two_keys() {
    let place = Place::at_work();
    std::fs::write(place.folder.path().join("secret.key.new"), [7; 32]).unwrap();
    let file = place.folder.path().join("never").display().to_string();
    let refusal = place.run(&["backup", &file]).failed(1);
    assert!(refusal.contains("A rotation of the keys was interrupted"), "{refusal}");
    assert!(!Path::new(&file).exists());
}
