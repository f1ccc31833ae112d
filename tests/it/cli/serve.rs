//! When `hannun serve` does not start, and what it says then (W09, S03).

use std::os::unix::fs::PermissionsExt;

use super::hannun::Place;
use hannun::models::data_keys::DataKey;

#[test]
fn sec_w09_it_does_not_listen_without_tls_where_others_could_read() {
    let place = Place::new();
    let complaint = place.run(&["serve", "--bind", "0.0.0.0:0"]).failed(1);
    assert!(
        complaint.contains("0.0.0.0:0 can be reached by others") && complaint.contains("--insecure-http"),
        "{complaint}"
    );
}

#[test]
fn sec_s03_it_does_not_start_with_a_key_that_others_can_read() {
    let place = Place::new();
    let key = place.folder.path().join("secret.key");
    DataKey::open_sealer(&mut place.database.connection(), &key).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let mut command = place.command(&["serve", "--bind", "127.0.0.1:0"]);
    // The queue's tables are the owner's to make.
    let url = place.folder.path().join("owner-url");
    std::fs::write(&url, place.database.owner_url().expose()).unwrap();
    command.env("DATABASE_URL_FILE", &url);
    let said = super::hannun::finish(command, "");
    assert_eq!((said.status, said.out.as_str()), (1, ""), "{}", said.err);
    assert!(said.err.contains("can be read by others (mode 0640)") && said.err.contains("chmod 600"), "{}", said.err);
}
