//! `hannun keys rotate`, also killed at any moment (S04).

use std::process::Stdio;
use std::time::Instant;

use hannun::models::credentials::{Credential, Secrets};
use hannun::models::data_keys::DataKey;
use hannun::secret::SecretText;

use super::hannun::Place;
use crate::harness::alone::at_length;
use crate::harness::known;

const COUNT: usize = 350;

fn place() -> Place {
    let place = Place::new();
    let connection = &mut place.database.connection();
    let sealer = DataKey::open_sealer(connection, &place.folder.path().join("secret.key")).unwrap();
    for number in 0..COUNT {
        let password = Some(SecretText::new(format!("password {number}")));
        let secrets = Secrets { password, ..Secrets::default() };
        let name = format!("credential-{number:03}");
        let new = known::password_of_root(&name, &secrets);
        new.insert(connection, &sealer, place.database.now()).unwrap();
    }
    place
}

/// Every secret opens with what is there now.
#[track_caller]
fn check(place: &Place) {
    let connection = &mut place.database.connection();
    let sealer = DataKey::open_sealer(connection, &place.folder.path().join("secret.key")).unwrap();
    for (number, credential) in Credential::all(connection).unwrap().into_iter().enumerate() {
        let secrets = credential.open_secrets(connection, &sealer, place.database.now()).unwrap();
        assert_eq!(secrets.password.unwrap().expose(), &format!("password {number}"));
    }
}

#[test]
fn sec_s04_killed_at_twenty_moments_nothing_is_lost_and_the_next_run_finishes() {
    let place = place();
    let began = Instant::now();
    let said = place.run(&["keys", "rotate"]).done();
    let whole = began.elapsed();
    assert!(said.contains(&format!("holds a new key; {COUNT} credentials were sealed with it")), "{said}");
    assert!(said.contains("secret.key.before-2") && said.contains("Back up the new key file now"), "{said}");
    let kills = if at_length() { 200 } else { 20 };
    for moment in 0..kills {
        let mut command = place.command(&["keys", "rotate"]);
        let mut rotating = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole * moment / kills);
        rotating.kill().unwrap();
        rotating.wait().unwrap();
        check(&place);
    }
    place.run(&["keys", "rotate"]).done();
    check(&place);
    assert!(!place.folder.path().join("secret.key.new").exists());
}
