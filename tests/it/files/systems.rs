//! The same on systems with other tools: BusyBox, and Debian with its small tools alone.

use bytes::Bytes;
use hannun::commands::Acting;
use hannun::commands::files::{
    ArchiveDirectory, DeleteFile, DescribeFile, Entry, FilePath, FollowFile, Kind, ListDirectory, MakeDirectory,
    MoveFile, NewContent, Part, ReadFile, Seen, SetFileMode, SetFileOwner, changes::Account,
};
use hannun::error::{Error, RemoteError};
use hannun::models::actor::Actor;
use hannun::remote::host::OperableHost;
use hannun::transfers;
use hannun::transfers::tail::Tail;

use crate::harness::app::TestApp;
use crate::harness::hosts::{self, TestHost};
use crate::harness::known;

const KINDS: [hosts::Kind; 2] = [hosts::Kind::BusyBox, hosts::Kind::Coreutils];

/// What a system lacks of the user `deploy`, and a directory of theirs.
const SETUP: &str = "
    id deploy >/dev/null 2>&1 || {
        echo 'deploy:x:1000:1000::/home/deploy:/bin/sh' >>/etc/passwd
        echo 'deploy:*:19000:0:99999:7:::' >>/etc/shadow
        mkdir -p /home/deploy/.ssh && cp /root/.ssh/authorized_keys /home/deploy/.ssh && chown -R deploy /home/deploy
    }
    mkdir -p /srv/files && chown deploy /srv/files";

/// A system, for `deploy`.
pub(super) struct Scene {
    _app: TestApp,
    pub(super) system: TestHost,
    pub(super) host: OperableHost,
    /// The same for root.
    pub(super) root: OperableHost,
}

impl Scene {
    pub(super) async fn of(kind: hosts::Kind, test: &str) -> Option<Self> {
        let system = TestHost::start(kind, test)?;
        system.run(SETUP);
        let app = TestApp::start().await;
        known::add(&app, "web-1", &system.deploy()).await;
        known::add(&app, "root-1", &system.root()).await;
        let open = async |name: &str| {
            let host = app.app.hosts.open(Actor::system("test"), name.to_owned()).await.unwrap();
            host.operable().await.unwrap()
        };
        let (host, root) = (open("web-1").await, open("root-1").await);
        Some(Self { _app: app, system, host, root })
    }

    pub(super) async fn entries(&self) -> Vec<Entry> {
        let list = ListDirectory::new(at(""), Acting::User, 500);
        self.host.read(list).await.unwrap().value.entries
    }

    pub(super) async fn seen(&self, name: &str) -> Seen {
        let describe = DescribeFile { path: at(name), acting: Acting::User };
        self.host.read(describe).await.unwrap().value.seen
    }

    async fn text(&self, name: &str) -> String {
        let read = ReadFile { path: at(name), part: Part::Head, acting: Acting::User };
        String::from_utf8(self.host.read(read).await.unwrap().value.bytes).unwrap()
    }

    pub(super) async fn write(&self, name: &str, content: NewContent, text: &'static str) -> Result<u64, Error> {
        let mut piece = Some(Bytes::from_static(text.as_bytes()));
        transfers::write(&self.host, (at(name), Acting::User), content, async || Ok(piece.take())).await
    }
}

pub(super) fn at(name: &str) -> FilePath {
    FilePath::new(format!("/srv/files/{name}").as_bytes()).unwrap()
}

pub(super) fn is_refused<T>(outcome: Result<T, Error>, why: &str) {
    match outcome.map(drop) {
        Err(Error::Conflict(said)) => assert!(said.to_string().contains(why), "{said}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sec_x06_a_file_is_written_read_renamed_and_deleted_as_it_was_seen_with_small_tools() {
    for kind in KINDS {
        let test = "sec_x06_a_file_is_written_read_renamed_and_deleted_as_it_was_seen_with_small_tools";
        let Some(scene) = Scene::of(kind, test).await else { return };
        let acting = Acting::User;
        assert_eq!(scene.write("a", NewContent::OfNewFile, "one\n").await.unwrap(), 4, "{kind:?}");
        is_refused(scene.write("a", NewContent::OfNewFile, "x").await, "exists already");
        let first = scene.seen("a").await;
        scene.system.run("chmod 640 /srv/files/a");
        let seen = scene.seen("a").await;
        scene.write("a", NewContent::InsteadOf(seen, None), "two, and longer\n").await.unwrap();
        assert_eq!(scene.text("a").await, "two, and longer\n", "{kind:?}");
        assert_eq!(scene.system.run("stat -c %a:%U /srv/files/a"), "640:deploy\n", "{kind:?}");
        is_refused(scene.write("a", NewContent::InsteadOf(first, None), "x").await, "changed since you looked");
        let rename = |seen| MoveFile { path: at("a"), seen, to: at("b c"), acting };
        is_refused(scene.host.change(rename(first)).await, "changed since you looked");
        scene.system.run("touch '/srv/files/b c'");
        is_refused(scene.host.change(rename(scene.seen("a").await)).await, "exists already");
        scene.system.run("rm '/srv/files/b c'");
        scene.host.change(rename(scene.seen("a").await)).await.unwrap();
        assert_eq!(scene.text("b c").await, "two, and longer\n", "{kind:?}");
        let mode = SetFileMode { path: at("b c"), seen: scene.seen("b c").await, mode: 0o2711, acting };
        scene.host.change(mode).await.unwrap();
        let account = |name| Account::new(name).unwrap();
        let (owner, group) = (account("root"), account("root"));
        let seen = scene.seen("b c").await;
        scene.root.change(SetFileOwner { path: at("b c"), seen, owner, group, acting }).await.unwrap();
        assert_eq!(scene.system.run("stat -c %a:%U '/srv/files/b c'"), "711:root\n", "{kind:?}");
        let deletion = |seen| DeleteFile { path: at("b c"), seen, with_content: false, acting };
        is_refused(scene.host.change(deletion(first)).await, "changed since you looked");
        scene.host.change(deletion(scene.seen("b c").await)).await.unwrap();
        assert_eq!(scene.entries().await, [], "{kind:?}");
    }
}

#[tokio::test]
async fn sec_f02_a_directory_is_made_and_deleted_with_its_content_but_not_what_a_link_leads_to() {
    for kind in KINDS {
        let test = "sec_f02_a_directory_is_made_and_deleted_with_its_content_but_not_what_a_link_leads_to";
        let Some(scene) = Scene::of(kind, test).await else { return };
        let (path, acting) = (at("tree"), Acting::User);
        scene.host.change(MakeDirectory { path: path.clone(), acting }).await.unwrap();
        is_refused(scene.host.change(MakeDirectory { path: path.clone(), acting }).await, "exists already");
        scene.system.run(
            "mkdir -p /srv/outside && echo kept >/srv/outside/kept && cd /srv/files/tree && mkdir -p deep/er &&
             echo gone >deep/er/file && ln -s /srv/outside link && chown -R deploy /srv/outside deep && chown -h deploy link",
        );
        let seen = scene.seen("tree").await;
        let delete = |with_content| DeleteFile { path: path.clone(), seen, with_content, acting };
        let Err(Error::Remote(full)) = scene.host.change(delete(false)).await else { panic!("it was not empty") };
        assert!(matches!(*full, RemoteError::Failed { .. }), "{full:?}");
        scene.host.change(delete(true)).await.unwrap();
        assert_eq!(scene.system.run("ls -A /srv/files; cat /srv/outside/kept"), "kept\n", "{kind:?}");
    }
}

#[tokio::test]
async fn sec_f01_names_that_are_weapons_and_times_before_1970_are_listed_and_changed_with_small_tools() {
    for kind in KINDS {
        let test = "sec_f01_names_that_are_weapons_and_times_before_1970_are_listed_and_changed_with_small_tools";
        let Some(scene) = Scene::of(kind, test).await else { return };
        scene.system.run(
            r#"cd /srv/files && for name in -rf "$(printf 'a\nb')" "$(printf '\377')" "q'\"\`\$(id)\\" .hidden '..?' ' '; do
                 printf x >"./$name" && touch -d '1965-03-04 05:06:07' "./$name"
               done && touch -d '1970-01-01 00:00:05' ./-rf && chown deploy ./* ./.h* ./..?"#,
        );
        let entries = scene.entries().await;
        let names: Vec<&[u8]> = entries.iter().map(|entry| entry.name.as_slice()).collect();
        let expected: [&[u8]; 7] = [b" ", b"-rf", b"..?", b".hidden", b"a\nb", b"q'\"`$(id)\\", b"\xff"];
        assert_eq!(names, expected, "{kind:?}");
        for entry in entries {
            let path = at("").join(&entry.name).unwrap();
            assert_eq!(entry.kind, Kind::File, "{}", path.shown());
            let year = entry.seen.modified.at().unwrap().format("%Y").to_string();
            assert_eq!(year, if entry.name == b"-rf" { "1970" } else { "1965" }, "{}", path.shown());
            let delete = DeleteFile { path, seen: entry.seen, with_content: false, acting: Acting::User };
            scene.host.change(delete).await.unwrap();
        }
        assert_eq!(scene.system.run("ls -A /srv/files"), "", "{kind:?}");
    }
}

#[tokio::test]
async fn an_archive_with_something_missing_is_a_failure_and_not_an_archive() {
    for kind in KINDS {
        let test = "an_archive_with_something_missing_is_a_failure_and_not_an_archive";
        let Some(scene) = Scene::of(kind, test).await else { return };
        scene.system.run("cd /srv/files && mkdir tree && echo a >tree/a && chown -R deploy tree");
        let archive = async || {
            let mut flow = scene.host.follow(ArchiveDirectory { path: at("tree"), acting: Acting::User }).await?;
            let mut bytes = Vec::new();
            while let Some(piece) = flow.next().await? {
                bytes.extend_from_slice(&piece);
            }
            Ok::<_, Error>(bytes)
        };
        let whole = archive().await.unwrap();
        assert!(whole.starts_with(b"./tree/") && whole.windows(2).any(|bytes| bytes == b"a\n"), "{kind:?}");
        scene.system.run("cd /srv/files && echo secret >tree/secret && chmod 600 tree/secret");
        let error = archive().await.unwrap_err();
        let Error::Remote(said) = &error else { panic!("{error:?}") };
        assert!(said.evidence().contains("ermission denied"), "{kind:?}: {error:?}");
    }
}

#[tokio::test]
async fn what_is_added_to_a_file_is_told_with_small_tools() {
    for kind in KINDS {
        let test = "what_is_added_to_a_file_is_told_with_small_tools";
        let Some(scene) = Scene::of(kind, test).await else { return };
        scene.system.run("echo first >/srv/files/log");
        let follow = FollowFile { path: at("log"), acting: Acting::User };
        let tail = Tail::of(scene.host.follow(follow).await.unwrap());
        assert_eq!(tail.next().await.unwrap().unwrap().lines, [b"first"], "{kind:?}");
        scene.system.run("echo second >>/srv/files/log");
        assert_eq!(tail.next().await.unwrap().unwrap().lines, [b"second"], "{kind:?}");
        scene.system.run("mv /srv/files/log /srv/files/log.1 && echo third >/srv/files/log");
        let mut last = Vec::new();
        while last.last().is_none_or(|line: &Vec<u8>| line != b"third") {
            last = tail.next().await.unwrap().unwrap().lines;
        }
    }
}
