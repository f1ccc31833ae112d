//! F01, F02, F03: names are bytes, and a link is itself.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

use hannun::commands::Acting;
use hannun::commands::files::{DeleteFile, DescribeFile, Kind, ListDirectory, MoveFile, Order, Part, ReadFile};
use hannun::error::Error;

use super::{files, path};

fn hostile() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        &b"-rf"[..],
        b"a\nb",
        b"<img src=x onerror=alert(1)>",
        b"%2e%2e",
        b"\xff",
        b"\xfe",
        "\u{202e}".as_bytes(),
        "한눈".as_bytes(),
        b"q'\"`$(id)\\",
        b" ",
        b"*",
        b"[x]",
        b".hidden",
        b"..?",
    ]
    .iter()
    .map(|name| name.to_vec())
    .collect();
    names.push(vec![b'n'; 255]);
    names
}

#[tokio::test]
async fn sec_f01_each_hostile_name_is_listed_opened_renamed_and_deleted_and_no_other_is() {
    let test = "sec_f01_each_hostile_name_is_listed_opened_renamed_and_deleted_and_no_other_is";
    let Some(files) = files(test).await else { return };
    let mut names = hostile();
    for name in &names {
        files.file(OsStr::from_bytes(name), name);
    }
    let mut listed: Vec<Vec<u8>> = files.entries().await.into_iter().map(|entry| entry.name).collect();
    listed.sort();
    names.sort();
    assert_eq!(listed, names);
    let host = files.operable().await;
    let folder = path(&files.folder);
    for entry in files.entries().await {
        let file = folder.join(&entry.name).unwrap();
        let read = ReadFile { path: file.clone(), part: Part::Head, acting: Acting::User };
        assert_eq!(host.read(read).await.unwrap().value.bytes, entry.name, "{}", file.shown());
        let to = folder.join(b"moved").unwrap();
        host.change(MoveFile { path: file, seen: entry.seen, to: to.clone(), acting: Acting::User }).await.unwrap();
        assert_eq!(std::fs::read(files.folder.join("moved")).unwrap(), entry.name);
        let seen = files.seen(&files.folder.join("moved")).await;
        host.change(DeleteFile { path: to, seen, with_content: false, acting: Acting::User }).await.unwrap();
        names.retain(|name| *name != entry.name);
        let left = std::fs::read_dir(&files.folder).unwrap().count();
        assert_eq!(left, names.len(), "{:?}", entry.name);
    }
}

#[tokio::test]
async fn sec_f02_what_is_done_to_a_link_is_done_to_the_link_and_nothing_leaves_the_directory() {
    let test = "sec_f02_what_is_done_to_a_link_is_done_to_the_link_and_nothing_leaves_the_directory";
    let Some(files) = files(test).await else { return };
    let outside = super::home(&files.sshd).join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("kept"), "kept").unwrap();
    Command::new("chown").args(["-R", "52000:52000"]).arg(&outside).status().unwrap();
    symlink(&outside, files.folder.join("link")).unwrap();
    std::fs::create_dir(files.folder.join("tree")).unwrap();
    symlink(&outside, files.folder.join("tree/link")).unwrap();
    Command::new("chown").args(["-hR", "52000:52000"]).arg(&files.folder).status().unwrap();
    let host = files.operable().await;
    for name in ["link", "tree"] {
        let file = files.folder.join(name);
        let seen = files.seen(&file).await;
        host.change(DeleteFile { path: path(&file), seen, with_content: true, acting: Acting::User }).await.unwrap();
        assert!(!file.exists() && file.symlink_metadata().is_err(), "{name}");
        assert_eq!(std::fs::read(outside.join("kept")).unwrap(), b"kept", "{name}");
    }
}

#[tokio::test]
async fn sec_f02_other_filesystems_below_a_directory_are_not_deleted_with_it() {
    let test = "sec_f02_other_filesystems_below_a_directory_are_not_deleted_with_it";
    let Some(files) = files(test).await else { return };
    let (tree, mount) = (files.folder.join("tree"), files.folder.join("tree/mount"));
    std::fs::create_dir_all(&mount).unwrap();
    Command::new("chown").args(["-R", "52000:52000"]).arg(&tree).status().unwrap();
    // In the server's own namespace: the machine does not see it.
    let mounted = files.sshd.inside(&["mount", "-t", "tmpfs", "none", mount.to_str().unwrap()]);
    if !mounted
        || !files.sshd.inside(&[
            "sh",
            "-c",
            "echo kept >\"$1/kept\" && chmod 777 \"$1\" && chown 52000 \"$1/kept\"",
            "sh",
            mount.to_str().unwrap(),
        ])
    {
        crate::harness::skip::skip(test, "a filesystem could not be mounted");
        return;
    }
    let seen = files.seen(&tree).await;
    let delete = DeleteFile { path: path(&tree), seen, with_content: true, acting: Acting::User };
    let error = files.operable().await.change(delete).await.unwrap_err();
    assert!(matches!(error, Error::Remote(_)), "{error:?}");
    assert!(files.sshd.inside(&["test", "-e", mount.join("kept").to_str().unwrap()]), "it was deleted");
}

#[tokio::test]
async fn special_files_and_loops_of_links_are_told_and_never_waited_for() {
    let test = "special_files_and_loops_of_links_are_told_and_never_waited_for";
    let Some(files) = files(test).await else { return };
    let began = Instant::now();
    for (first, second) in [("loop", "pool"), ("pool", "loop")] {
        symlink(second, files.folder.join(first)).unwrap();
    }
    Command::new("mkfifo").arg(files.folder.join("pipe")).status().unwrap();
    Command::new("mknod").arg(files.folder.join("null")).args(["c", "1", "3"]).status().unwrap();
    Command::new("chmod").args(["a+rw", "pipe", "null"]).current_dir(&files.folder).status().unwrap();
    let kinds: Vec<Kind> = files.entries().await.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [Kind::Link, Kind::Special, Kind::Special, Kind::Link]);
    let host = files.host().await;
    for name in ["pipe", "null", "loop"] {
        let (path, acting) = (path(&files.folder.join(name)), Acting::User);
        host.read(DescribeFile { path: path.clone(), acting }).await.unwrap();
        match host.read(ReadFile { path, part: Part::Head, acting }).await.unwrap_err() {
            Error::NoFile(why) if name != "loop" => assert!(why.to_string().contains("not a file with content")),
            Error::Remote(said) if name == "loop" => assert!(said.evidence().contains("oo many levels"), "{said:?}"),
            error => panic!("{name}: {error:?}"),
        }
    }
    assert!(began.elapsed() < Duration::from_secs(15), "something was waited for");
}

#[tokio::test]
async fn permission_denied_is_never_an_empty_directory_or_file() {
    let Some(files) = files("permission_denied_is_never_an_empty_directory_or_file").await else { return };
    let (secret, closed) = (files.folder.join("secret"), files.folder.join("closed"));
    std::fs::write(&secret, "root's own").unwrap();
    std::fs::create_dir(&closed).unwrap();
    std::fs::write(closed.join("inside"), "").unwrap();
    for (file, mode) in [(&secret, "600"), (&closed, "711")] {
        Command::new("chmod").arg(mode).arg(file).status().unwrap();
    }
    let host = files.host().await;
    let denied = |error: Error| matches!(&error, Error::Remote(said) if said.evidence().contains("ermission denied"));
    let read = ReadFile { path: path(&secret), part: Part::Head, acting: Acting::User };
    assert!(denied(host.read(read.clone()).await.unwrap_err()));
    let list = ListDirectory::new(path(&closed), Acting::User, 10);
    assert!(denied(host.read(list.clone()).await.unwrap_err()));
    // As root both are read: it was the permission, and nothing else.
    assert_eq!(host.read(ReadFile { acting: Acting::Root, ..read }).await.unwrap().value.bytes, b"root's own");
    assert_eq!(host.read(ListDirectory { acting: Acting::Root, ..list }).await.unwrap().value.entries.len(), 1);
}

#[tokio::test]
async fn a_large_directory_is_sorted_filtered_and_paged_on_the_server() {
    let Some(files) = files("a_large_directory_is_sorted_filtered_and_paged_on_the_server").await else { return };
    for number in 0..1200 {
        std::fs::write(files.folder.join(format!("f{number:04}")), vec![b'x'; number % 700]).unwrap();
    }
    let first = ListDirectory::new(path(&files.folder), Acting::User, 50);
    let host = files.host().await;
    let page = host.read(first.clone()).await.unwrap().value;
    assert_eq!((page.entries.len(), page.total, page.entries[49].name.as_slice()), (50, 1200, &b"f0049"[..]));
    let next = host.read(ListDirectory { from: 1150, ..first.clone() }).await.unwrap().value;
    assert_eq!((next.entries.len(), next.entries[0].name.as_slice()), (50, &b"f1150"[..]));
    let largest = ListDirectory { order: Order::Size, falling: true, limit: 1, ..first.clone() };
    assert_eq!(host.read(largest).await.unwrap().value.entries[0].seen.size, 699);
    let found = host.read(ListDirectory { filter: "F111".to_owned(), ..first }).await.unwrap().value;
    assert_eq!((found.total, found.entries.len()), (10, 10));
}
