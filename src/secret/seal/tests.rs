//! Sealing, opening, and refusing.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::*;

const HERE: Place = Place { table: "credentials", column: "password", row: 7, owner: 0 };

fn sealer(directory: &Path) -> Sealer {
    let file = KeyFile::open(&directory.join("secret.key"), true).unwrap();
    let wrapped = vec![(1, file.wrap_new_data_key(1).unwrap()), (2, file.wrap_new_data_key(2).unwrap())];
    Sealer::open(&[file], &wrapped).unwrap()
}

fn key_in(directory: &Path) -> PathBuf {
    let path = directory.join("secret.key");
    KeyFile::open(&path, true).unwrap();
    path
}

#[test]
fn sec_s01_a_sealed_value_shows_nothing_of_it_and_opens_again() {
    let directory = tempfile::tempdir().unwrap();
    let sealer = sealer(directory.path());
    let value = SecretText::new("canary-3141592653".to_owned());
    let (one, two) = (sealer.seal(HERE, &value).unwrap(), sealer.seal(HERE, &value).unwrap());
    assert!(!one.windows(6).any(|bytes| bytes == b"canary"));
    assert_ne!(one, two, "each value has its own nonce");
    assert_eq!(one.first_chunk::<9>(), Some(&[1, 0, 0, 0, 0, 0, 0, 0, 2]), "layout version and newest data key");
    assert_eq!(sealer.unseal(HERE, &one).unwrap().expose(), value.expose());
}

#[test]
fn sec_s02_a_value_opens_in_its_own_place_only() {
    let directory = tempfile::tempdir().unwrap();
    let sealer = sealer(directory.path());
    let value = sealer.seal(HERE, &SecretText::new("x".to_owned())).unwrap();
    let elsewhere = [
        Place { row: 8, ..HERE },
        Place { column: "passphrase", ..HERE },
        Place { table: "servers", ..HERE },
        Place { owner: 1, ..HERE },
    ];
    for place in elsewhere {
        assert_eq!(sealer.unseal(place, &value).unwrap_err(), SealError::NotOfThisPlace, "{place:?}");
    }
}

#[test]
fn sec_s02_every_altered_byte_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let sealer = sealer(directory.path());
    let value = sealer.seal(HERE, &SecretText::new("x".to_owned())).unwrap();
    for position in 0..value.len() {
        let mut altered = value.clone();
        altered[position] ^= 1;
        assert!(sealer.unseal(HERE, &altered).is_err(), "byte {position}");
    }
    for length in 0..value.len() {
        assert!(sealer.unseal(HERE, &value[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn sec_s01_another_key_file_opens_no_data_key() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = KeyFile::open(&key_in(one.path()), false).unwrap();
    let second = KeyFile::open(&key_in(two.path()), false).unwrap();
    let wrapped = vec![(1, first.wrap_new_data_key(1).unwrap())];
    assert_eq!(Sealer::open(&[second], &wrapped).unwrap_err(), SealError::NotOfThisPlace);
    assert_eq!(Sealer::open(&[first], &[(2, wrapped[0].1.clone())]).unwrap_err(), SealError::NotOfThisPlace);
}

#[test]
fn sec_s03_the_key_file_is_made_once_with_mode_0600() {
    let directory = tempfile::tempdir().unwrap();
    let path = key_in(directory.path());
    let first = std::fs::read(&path).unwrap();
    assert_eq!(first.len(), 32);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    KeyFile::open(&path, true).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), first);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing unfinished stays");
}

#[test]
fn sec_s03_a_key_file_that_others_can_read_is_refused_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = key_in(directory.path());
    for mode in [0o640, 0o604, 0o660] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let refusal = KeyFile::open(&path, true).unwrap_err().to_string();
        assert!(refusal.contains(&format!("mode {mode:04o}")) && refusal.contains("chmod 600"), "{refusal}");
    }
}

#[test]
fn sec_s03_a_key_file_of_another_size_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = key_in(directory.path());
    for length in [0, 31, 33] {
        std::fs::write(&path, vec![7; length]).unwrap();
        let refusal = KeyFile::open(&path, true).unwrap_err().to_string();
        assert!(refusal.contains("32 bytes"), "{refusal}");
    }
}

#[test]
fn sec_s03_a_key_file_of_another_user_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = key_in(directory.path());
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give a file to another user");
        return;
    }
    std::os::unix::fs::chown(&path, Some(65_534), None).unwrap();
    let refusal = KeyFile::open(&path, true).unwrap_err().to_string();
    assert!(refusal.contains("another user"), "{refusal}");
}

#[test]
fn sec_s03_a_missing_key_file_is_not_replaced_where_secrets_exist() {
    let directory = tempfile::tempdir().unwrap();
    let refusal = KeyFile::open(&directory.path().join("secret.key"), false).unwrap_err().to_string();
    assert!(refusal.contains("is not there"), "{refusal}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn sec_s04_an_exchanged_key_file_keeps_the_old_one_and_an_interrupted_exchange_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let path = key_in(directory.path());
    let old = std::fs::read(&path).unwrap();
    KeyFile::open(&KeyFile::successor_of(&path), true).unwrap();
    let new = std::fs::read(KeyFile::successor_of(&path)).unwrap();
    // Interrupted after the old key was kept.
    std::fs::hard_link(&path, directory.path().join("secret.key.before-2")).unwrap();
    let kept = KeyFile::exchange(&path, 2).unwrap();
    assert_eq!((std::fs::read(&path).unwrap(), std::fs::read(&kept).unwrap()), (new, old));
    assert!(!KeyFile::successor_of(&path).exists());
    // Another key under the name of the kept one is not written over.
    KeyFile::open(&KeyFile::successor_of(&path), true).unwrap();
    assert!(KeyFile::exchange(&path, 2).is_err());
}

#[test]
fn sec_r09_a_derived_key_is_another_one_for_each_purpose_salt_and_file() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = |directory: &tempfile::TempDir| KeyFile::open(&key_in(directory.path()), false).unwrap();
    let derive = |file: &KeyFile, purpose, salt| file.derive(purpose, salt).unwrap().to_vec();
    let (file, other) = (file(&one), file(&two));
    let key = derive(&file, "backup", b"salt");
    assert_eq!(key, derive(&file, "backup", b"salt"));
    for different in [
        derive(&file, "something else", b"salt"),
        derive(&file, "backup", b"another"),
        derive(&other, "backup", b"salt"),
        std::fs::read(file.path()).unwrap(),
    ] {
        assert_ne!(key, different);
    }
    assert_eq!(file.mark().unwrap().len(), 16);
    assert_ne!(file.mark().unwrap(), other.mark().unwrap());
}

#[test]
fn rel_r09_the_keys_from_before_are_found_beside_the_key_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = key_in(directory.path());
    let before = KeyFile::open(&path, false).unwrap().mark().unwrap();
    KeyFile::open(&KeyFile::successor_of(&path), true).unwrap();
    KeyFile::exchange(&path, 2).unwrap();
    let earlier: Vec<String> = KeyFile::earlier(&path).iter().map(|key| key.mark().unwrap()).collect();
    assert_eq!(earlier, [before]);
}
