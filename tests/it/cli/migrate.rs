use hannun::db::{migrate, roles};
use hannun::queue;

use diesel_migrations::MigrationHarness;

use super::hannun::{Place, Said, finish, hannun};
use crate::harness::database::TestDatabase;

fn run_as(place: &Place, url: &hannun::secret::SecretText, arguments: &[&str]) -> Said {
    let mut command = hannun(arguments);
    command.env("DATABASE_URL", url.expose()).env("HANNUN_DATA_DIR", place.folder.path());
    finish(command, "")
}

#[test]
fn migrate_says_whether_there_was_anything_to_do() {
    let place = Place::new();
    assert_eq!(run_as(&place, &place.database.owner_url(), &["migrate"]).done(), "the database is up to date\n");
}

#[test]
fn sec_l02_a_role_that_owns_nothing_works_with_a_database_of_one_s_own() {
    let place = Place::new();
    let (owner, application) = (place.database.owner_url(), place.database.application_url());
    place.database.owner().revert_all_migrations(migrate::MIGRATIONS).unwrap();
    let early = run_as(&place, &application, &["migrate"]).failed(1);
    assert!(early.contains("may not make them. Run hannun migrate --grant"), "{early}");

    let made = run_as(&place, &owner, &["migrate", "--grant", roles::APPLICATION_ROLE]).done();
    assert!(
        made.contains("migrations were run\nhannun may use the tables, and cannot rewrite the audit log"),
        "{made}"
    );
    assert_eq!(run_as(&place, &application, &["migrate"]).done(), "the database is up to date\n");
    let audit = run_as(&place, &application, &["doctor", "--no-servers"]).done();
    assert!(audit.contains("ok       audit log: the role that hannun works with cannot rewrite it"), "{audit}");
}

#[test]
fn rights_are_granted_by_the_owner_to_a_role_that_is_there() {
    let place = Place::new();
    let missing = run_as(&place, &place.database.owner_url(), &["migrate", "--grant", "nobody-of-that-name"]).failed(1);
    assert!(missing.contains("no role nobody-of-that-name. Make it first: create role"), "{missing}");
    let other = run_as(&place, &place.database.application_url(), &["migrate", "--grant", "hannun"]).failed(1);
    assert!(other.contains("does not own the tables"), "{other}");
    let mut private = hannun(&["migrate", "--grant", "hannun"]);
    private.env("HANNUN_DATA_DIR", place.folder.path());
    assert!(finish(private, "").failed(2).contains("the private one has its two roles already"));
}

#[tokio::test]
async fn the_queue_of_a_role_that_owns_nothing_must_be_of_this_version() {
    let database = TestDatabase::new();
    let refusal = queue::set_up(&database.application_url(), None).await.unwrap_err().to_string();
    assert!(refusal.contains("may not change them. Run hannun migrate --grant"), "{refusal}");
    queue::set_up(&database.owner_url(), Some(roles::APPLICATION_ROLE)).await.unwrap();
    queue::set_up(&database.application_url(), None).await.unwrap();
}
