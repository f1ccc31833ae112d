//! F10, X06: what is changed is what was seen, and no file is ever half.

use std::os::unix::fs::{MetadataExt, symlink};
use std::process::Command;

use bytes::Bytes;
use hannun::commands::files::changes::Account;
use hannun::commands::files::{DeleteFile, MakeDirectory, MoveFile, NewContent, SetFileMode, SetFileOwner, WriteFile};
use hannun::commands::{Acting, Change};
use hannun::error::{Error, RemoteError};
use hannun::transfers;

use super::{Files, files, path, register};
use crate::harness::app::TestApp;
use crate::harness::relay::Relay;
use crate::harness::skip::skip;
use crate::harness::ssh::eventually;

const MARK: &str = "0123456789abcdef0123456789abcdef";

async fn write(files: &Files, name: &str, content: NewContent, text: &'static [u8]) -> Result<u64, Error> {
    let host = files.operable().await;
    let mut piece = Some(Bytes::from_static(text));
    let place = (path(&files.folder.join(name)), Acting::User);
    transfers::write(&host, place, content, async || Ok(piece.take())).await
}

fn refused(error: Error) -> String {
    match error {
        Error::Conflict(why) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Names that are left over from writing.
fn left_over(files: &Files) -> usize {
    let names = std::fs::read_dir(&files.folder).unwrap();
    names.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".hannun-")).count()
}

#[tokio::test]
async fn sec_f10_new_content_keeps_mode_and_owner_and_takes_the_place_at_once() {
    let test = "sec_f10_new_content_keeps_mode_and_owner_and_takes_the_place_at_once";
    let Some(files) = files(test).await else { return };
    assert_eq!(write(&files, "new", NewContent::OfNewFile, b"one\n").await.unwrap(), 4);
    let file = files.folder.join("new");
    assert_eq!(std::fs::read(&file).unwrap(), b"one\n");
    assert_eq!(file.metadata().unwrap().uid(), 52_000);
    assert!(refused(write(&files, "new", NewContent::OfNewFile, b"x").await.unwrap_err()).contains("exists already"));
    Command::new("chmod").arg("2751").arg(&file).status().unwrap();
    let (seen, inode) = (files.seen(&file).await, file.metadata().unwrap().ino());
    write(&files, "new", NewContent::InsteadOf(seen, None), b"").await.unwrap();
    let now = file.metadata().unwrap();
    assert_eq!((now.mode() & 0o7777, now.len()), (0o2751, 0));
    assert_ne!(now.ino(), inode, "it was written beside it");
    assert_eq!(left_over(&files), 0);
}

#[tokio::test]
async fn sec_f10_a_link_is_not_written_through_and_another_s_file_stays_another_s() {
    let test = "sec_f10_a_link_is_not_written_through_and_another_s_file_stays_another_s";
    let Some(files) = files(test).await else { return };
    files.file("target", b"kept");
    symlink("target", files.folder.join("link")).unwrap();
    let seen = files.seen(&files.folder.join("link")).await;
    let error = write(&files, "link", NewContent::InsteadOf(seen, None), b"x").await.unwrap_err();
    assert!(refused(error).contains("is a link"));
    assert_eq!(std::fs::read(files.folder.join("target")).unwrap(), b"kept");
    // A file of root's in a directory of the user's.
    std::fs::write(files.folder.join("roots"), "kept").unwrap();
    Command::new("chmod").args(["666"]).arg(files.folder.join("roots")).status().unwrap();
    let seen = files.seen(&files.folder.join("roots")).await;
    let error = write(&files, "roots", NewContent::InsteadOf(seen, None), b"x").await.unwrap_err();
    assert!(refused(error).contains("somebody else"));
    // As root it can be saved, and stays root's.
    let mut piece = Some(Bytes::from_static(b"by root"));
    let place = (path(&files.folder.join("roots")), Acting::Root);
    let content = NewContent::InsteadOf(seen, None);
    transfers::write(&files.operable().await, place, content, async || Ok(piece.take())).await.unwrap();
    assert_eq!(std::fs::read(files.folder.join("roots")).unwrap(), b"by root");
    assert_eq!(files.folder.join("roots").metadata().unwrap().uid(), 0);
    assert_eq!(left_over(&files), 0);
}

#[tokio::test]
async fn sec_f10_content_that_is_cut_off_in_the_middle_leaves_the_old_file_whole() {
    let test = "sec_f10_content_that_is_cut_off_in_the_middle_leaves_the_old_file_whole";
    let Some(mut files) = files(test).await else { return };
    let file = files.file("big", b"old");
    let cable = Relay::to(files.sshd.port).await;
    files.app = TestApp::start().await;
    register(&files.app, &files.sshd, cable.port).await;
    let seen = files.seen(&file).await;
    let host = files.operable().await;
    let content = || NewContent::InsteadOf(seen, None);
    let command = |content| WriteFile { path: path(&file), content, mark: MARK.to_owned(), acting: Acting::User };
    let piece = Bytes::from(vec![b'x'; 1 << 20]);
    for end in ["cut", "dropped", "no mark"] {
        let mut flow = host.feed(command(content())).await.unwrap();
        flow.give(piece.clone()).await.unwrap();
        match end {
            "cut" => {
                cable.cut();
                let mut outcome = Ok(());
                for _ in 0..100 {
                    outcome = flow.give(piece.clone()).await;
                    if outcome.is_err() {
                        break;
                    }
                }
                assert!(matches!(outcome, Err(Error::Remote(_))), "{outcome:?}");
            }
            "dropped" => drop(flow),
            _ => assert!(refused(flow.finish().await.unwrap_err()).contains("did not arrive whole")),
        }
        eventually("nothing is left over", || left_over(&files) == 0).await;
        assert_eq!(std::fs::read(&file).unwrap(), b"old", "{end}");
    }
}

#[tokio::test]
async fn sec_f10_a_full_disk_leaves_the_old_file_whole_and_nothing_beside_it() {
    let test = "sec_f10_a_full_disk_leaves_the_old_file_whole_and_nothing_beside_it";
    let Some(files) = files(test).await else { return };
    let small = files.folder.to_str().unwrap();
    if !files.sshd.inside(&["mount", "-t", "tmpfs", "-o", "size=256k,uid=52000", "none", small]) {
        skip(test, "a filesystem could not be mounted");
        return;
    }
    let file = files.folder.join("file");
    let script = "printf old >\"$1/file\" && chown 52000:52000 \"$1/file\"";
    assert!(files.sshd.inside(&["sh", "-c", script, "sh", small]));
    let seen = files.seen(&file).await;
    let mut left = 32;
    let place = (path(&file), Acting::User);
    let outcome = transfers::write(&files.operable().await, place, NewContent::InsteadOf(seen, None), async || {
        left -= 1;
        Ok((left > 0).then(|| Bytes::from(vec![b'x'; 64 << 10])))
    })
    .await;
    let Err(Error::Remote(error)) = outcome else { panic!("{outcome:?}") };
    assert!(matches!(&*error, RemoteError::Failed { stderr, .. } if stderr.contains("No space left")), "{error:?}");
    let look = "[ \"$(cat \"$1/file\")\" = old ] && [ \"$(ls -A \"$1\")\" = file ]";
    assert!(files.sshd.inside(&["sh", "-c", look, "sh", small]));
}

/// Makes a change that must be refused because something is another file than was seen.
async fn must_be_refused<C: Change>(files: &Files, change: C) {
    let name = C::TYPE.name();
    let error = files.operable().await.change(change).await.map(|_| ()).unwrap_err();
    assert!(refused(error).contains("changed since you looked"), "{name}");
}

#[tokio::test]
async fn sec_x06_what_was_changed_since_somebody_looked_is_not_touched() {
    let test = "sec_x06_what_was_changed_since_somebody_looked_is_not_touched";
    let Some(files) = files(test).await else { return };
    let file = files.file("a", b"first");
    let seen = files.seen(&file).await;
    // Another file of the same name and size: deleted and made again.
    std::fs::rename(files.file("b", b"other"), &file).unwrap();
    let (path, acting) = (path(&file), Acting::User);
    let to = path.parent().unwrap().join(b"moved").unwrap();
    must_be_refused(&files, DeleteFile { path: path.clone(), seen, with_content: false, acting }).await;
    must_be_refused(&files, MoveFile { path: path.clone(), seen, to, acting }).await;
    must_be_refused(&files, SetFileMode { path: path.clone(), seen, mode: 0o600, acting }).await;
    let account = |name| Account::new(name).unwrap();
    let owner = SetFileOwner { path, seen, owner: account("52000"), group: account("52000"), acting };
    must_be_refused(&files, owner).await;
    let error = write(&files, "a", NewContent::InsteadOf(seen, None), b"x").await.unwrap_err();
    assert!(refused(error).contains("changed since you looked"));
    let seen = files.seen(&file).await;
    let content = NewContent::InsteadOf(seen, Some("0".repeat(64)));
    assert!(refused(write(&files, "a", content, b"x").await.unwrap_err()).contains("changed since you looked"));
    assert_eq!(std::fs::read(&file).unwrap(), b"other");
    let refusals = files.app.audit().await.iter().filter(|event| event.outcome.label() == "Refused").count();
    assert_eq!(refusals, 6, "each is in the audit log");
}

#[tokio::test]
async fn a_directory_is_made_a_mode_and_an_owner_are_set() {
    let Some(files) = files("a_directory_is_made_a_mode_and_an_owner_are_set").await else { return };
    let (host, made) = (files.operable().await, files.folder.join("made"));
    host.change(MakeDirectory { path: path(&made), acting: Acting::User }).await.unwrap();
    let error = host.change(MakeDirectory { path: path(&made), acting: Acting::User }).await.unwrap_err();
    assert!(refused(error).contains("exists already"));
    let seen = files.seen(&made).await;
    host.change(SetFileMode { path: path(&made), seen, mode: 0o1770, acting: Acting::User }).await.unwrap();
    assert_eq!(made.metadata().unwrap().mode() & 0o7777, 0o1770);
    let seen = files.seen(&made).await;
    let account = |name| Account::new(name).unwrap();
    let (owner, group) = (account("root"), account("daemon"));
    host.change(SetFileOwner { path: path(&made), seen, owner, group, acting: Acting::Root }).await.unwrap();
    assert_eq!((made.metadata().unwrap().uid(), made.metadata().unwrap().gid()), (0, 1));
}
