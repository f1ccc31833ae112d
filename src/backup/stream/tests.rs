//! Sealing, opening, and what is found.

use super::*;

fn key() -> (tempfile::TempDir, KeyFile) {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyFile::open(&folder.path().join("secret.key"), true).unwrap();
    (folder, key)
}

fn sealed(key: &KeyFile, content: &[u8]) -> Vec<u8> {
    let mut sealing = Sealing::begin(Vec::new(), key).unwrap();
    sealing.write_all(content).unwrap();
    sealing.finish().unwrap()
}

fn opened(key: &KeyFile, mut sealed: &[u8]) -> Result<Vec<u8>, Flaw> {
    let flaw = |cause: io::Error| cause.into_inner().unwrap().downcast_ref::<Flaw>().unwrap().clone();
    let head = Head::read(&mut sealed).map_err(flaw)?;
    let mut content = Vec::new();
    Opening::new(sealed, head, key).unwrap().read_to_end(&mut content).map_err(flaw)?;
    Ok(content)
}

/// Content of this length in which no two pieces are alike.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 7 + at / 251) % 256).unwrap()).collect()
}

#[test]
fn sec_r09_what_was_sealed_opens_again_at_every_length_around_a_record() {
    let (_folder, key) = key();
    for length in [0, 1, RECORD - 1, RECORD, RECORD + 1, 2 * RECORD, 2 * RECORD + 5] {
        let content = content(length);
        let sealed = sealed(&key, &content);
        assert_eq!(sealed.len(), HEAD + length + SEAL * length.div_ceil(RECORD).max(1));
        assert_eq!(opened(&key, &sealed).unwrap(), content, "{length}");
    }
}

#[test]
fn sec_r09_nothing_of_it_shows_and_no_two_backups_are_alike() {
    let (_folder, key) = key();
    let content = b"canary-2718281828".repeat(10_000);
    let (one, two) = (sealed(&key, &content), sealed(&key, &content));
    assert!(!one.windows(6).any(|bytes| bytes == b"canary"));
    assert_ne!(one[HEAD..], two[HEAD..]);
    assert_eq!(Head::read(&mut one.as_slice()).unwrap().mark(), key.mark().unwrap());
}

#[test]
fn sec_r09_a_changed_byte_is_found_wherever_it_is() {
    let (_folder, key) = key();
    let whole = sealed(&key, &content(2 * RECORD + 100));
    // In the mark, the salt, each record, each seal and the last byte.
    for at in [17, 30, HEAD, HEAD + RECORD - 1, HEAD + RECORD, HEAD + RECORD + SEAL + 9, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert!(matches!(opened(&key, &changed), Err(Flaw::Damaged { .. })), "{at}");
    }
    let mut changed = whole;
    changed[3] ^= 1;
    assert_eq!(opened(&key, &changed), Err(Flaw::NoBackup));
}

#[test]
fn sec_r09_an_end_that_is_not_the_end_is_found() {
    let (_folder, key) = key();
    let whole = sealed(&key, &content(2 * RECORD + 100));
    let second = HEAD + RECORD + SEAL;
    assert_eq!(opened(&key, &whole[..second]), Err(Flaw::CutShort), "between two records");
    assert_eq!(opened(&key, &whole[..HEAD]), Err(Flaw::CutShort), "before the first one");
    assert_eq!(opened(&key, &whole[..HEAD - 1]), Err(Flaw::NoBackup));
    let in_a_record = opened(&key, &whole[..second + 1_000]);
    assert_eq!(in_a_record, Err(Flaw::Damaged { intact: RECORD as u64 }));
    let longer = [whole.as_slice(), b"x"].concat();
    assert!(matches!(opened(&key, &longer), Err(Flaw::Damaged { .. })));
}

#[test]
fn sec_r09_records_in_another_order_or_of_another_backup_are_found() {
    let (_folder, key) = key();
    let (one, two) = (sealed(&key, &content(3 * RECORD)), sealed(&key, &content(3 * RECORD)));
    let record = |of: &[u8], number: usize| of[HEAD + number * (RECORD + SEAL)..][..RECORD + SEAL].to_vec();
    for order in [[1, 0, 2], [0, 0, 2], [0, 2, 2]] {
        let records: Vec<u8> = order.into_iter().flat_map(|number| record(&one, number)).collect();
        assert!(matches!(opened(&key, &[&one[..HEAD], &records].concat()), Err(Flaw::Damaged { .. })), "{order:?}");
    }
    let mixed = [&one[..HEAD], &record(&one, 0), &record(&two, 1), &record(&one, 2)].concat();
    assert!(matches!(opened(&key, &mixed), Err(Flaw::Damaged { .. })));
}

#[test]
fn sec_r09_another_key_opens_nothing() {
    let ((_one, key), (_other, other)) = (key(), key());
    let sealed = sealed(&key, b"content");
    assert!(matches!(opened(&other, &sealed), Err(Flaw::Damaged { .. })));
    assert_ne!(Head::read(&mut sealed.as_slice()).unwrap().mark(), other.mark().unwrap());
}
