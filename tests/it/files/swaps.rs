//! F02, F10: what somebody puts in a file's place between the look and the deed. The server's own programs do it here, at the
//! moment that hurts most: `stat` after it has looked, `mv` and `ln` before they move.

use hannun::commands::Acting;
use hannun::commands::files::changes::Account;
use hannun::commands::files::{DeleteFile, MoveFile, NewContent, SetFileMode, SetFileOwner};

use super::systems::{Scene, at, is_refused};
use crate::harness::hosts::Kind;

/// From now on `stat` runs `/srv/after-N` when it was asked for the Nth time, and `mv` and `ln` run `/srv/before-mv` or
/// `/srv/before-ln` once.
const BAD_PROGRAMS: &str = r#"
    chown deploy /srv
    cd /usr/bin && mv stat stat.own && mv mv mv.own && cp ln ln.own
    cat >stat <<'END'
#!/bin/sh
stat.own "$@"
status=$?
number=$(($(cat /srv/asked 2>/dev/null || echo 0) + 1))
echo "$number" >/srv/asked
[ ! -e "/srv/after-$number" ] || sh "/srv/after-$number" >/dev/null 2>&1
exit "$status"
END
    for name in mv ln; do
        cat >"$name.new" <<END
#!/bin/sh
[ ! -e /srv/before-$name ] || { mv.own /srv/before-$name /srv/now && sh /srv/now; } >/dev/null 2>&1
exec $name.own "\$@"
END
        chmod 755 "$name.new" && mv.own "$name.new" "$name"
    done
    chmod 755 stat"#;

async fn scene(test: &str) -> Option<Scene> {
    let scene = Scene::of(Kind::Coreutils, test).await?;
    scene.system.run("mkdir /srv/outside && chown deploy /srv/outside");
    // What it runs is known before it turns bad.
    assert!(scene.entries().await.is_empty());
    scene.root.platform().await.unwrap();
    scene.system.run(BAD_PROGRAMS);
    Some(scene)
}

impl Scene {
    /// The next time that it comes to `when`, the server does this.
    fn arm(&self, when: &str, script: &str) {
        self.system.run(&format!(
            "rm -f /srv/asked /srv/after-* /srv/before-* /srv/now; cat >/srv/{when} <<'END'\ncd /srv/files\n{script}\nEND\nchmod 644 /srv/{when}"
        ));
    }
}

#[tokio::test]
async fn sec_f02_a_file_that_takes_another_s_place_after_the_look_is_not_changed_instead() {
    let test = "sec_f02_a_file_that_takes_another_s_place_after_the_look_is_not_changed_instead";
    let Some(scene) = scene(test).await else { return };
    let acting = Acting::User;
    for (when, link) in
        [("after-1", "ln.own -s"), ("after-1", "ln.own"), ("after-2", "ln.own -s"), ("after-2", "ln.own")]
    {
        scene.system.run(
            "cd /srv && rm -rf victim files/a files/b && echo victim >victim && chmod 600 victim &&
             echo mine >files/a && chown deploy victim files/a && chmod 640 files/a",
        );
        let (path, swap) = (at("a"), format!("mv.own a b && {link} /srv/victim a"));
        let seen = scene.seen("a").await;
        scene.arm(when, &swap);
        let outcome = scene.host.change(SetFileMode { path: path.clone(), seen, mode: 0o777, acting }).await;
        assert_eq!(scene.system.run("stat.own -c %a /srv/victim"), "600\n", "{when} {link}");
        if when == "after-1" {
            is_refused(outcome, "changed since you looked");
        } else {
            outcome.unwrap();
            assert_eq!(scene.system.run("stat.own -c %a /srv/files/b"), "777\n", "what was seen, wherever it is now");
        }
        scene.system.run("cd /srv/files && rm a && mv.own b a");
        let seen = scene.seen("a").await;
        scene.arm(when, &swap);
        let account = || Account::new("daemon").unwrap();
        let (owner, group) = (account(), account());
        // A link is its own: what it leads to is not.
        drop(scene.root.change(SetFileOwner { path, seen, owner, group, acting }).await);
        assert_eq!(scene.system.run("stat.own -c %U /srv/victim"), "deploy\n", "{when} {link}");
    }
}

#[tokio::test]
async fn sec_f02_a_directory_on_the_way_that_becomes_a_link_leads_nowhere_else() {
    let test = "sec_f02_a_directory_on_the_way_that_becomes_a_link_leads_nowhere_else";
    let Some(scene) = scene(test).await else { return };
    scene.system.run("cd /srv/files && mkdir way && echo mine >way/a && echo kept >/srv/outside/a && chown -R deploy way /srv/outside");
    let (path, acting) = (at("way/a"), Acting::User);
    let seen = scene.seen("way/a").await;
    scene.arm("after-1", "mv.own way old && ln.own -s /srv/outside way");
    scene.host.change(DeleteFile { path, seen, with_content: false, acting }).await.unwrap();
    assert_eq!(scene.system.run("cat /srv/outside/a; ls -A /srv/files/old"), "kept\n");
}

#[tokio::test]
async fn sec_f10_nothing_is_moved_into_a_directory_that_came_meanwhile() {
    let test = "sec_f10_nothing_is_moved_into_a_directory_that_came_meanwhile";
    let Some(scene) = scene(test).await else { return };
    let acting = Acting::User;
    scene.write("a", NewContent::OfNewFile, "one").await.unwrap();
    let seen = scene.seen("a").await;
    scene.arm("before-mv", "mkdir to");
    is_refused(scene.host.change(MoveFile { path: at("a"), seen, to: at("to"), acting }).await, "exists already");
    assert_eq!(scene.system.run("cd /srv/files && ls -A to && cat a && rmdir to"), "one");
    scene.arm("before-mv", "echo another >to");
    is_refused(scene.host.change(MoveFile { path: at("a"), seen, to: at("to"), acting }).await, "exists already");
    assert_eq!(scene.system.run("cd /srv/files && cat to a && rm to"), "another\none");
    scene.arm("before-mv", "rm a && mkdir a");
    scene.write("a", NewContent::InsteadOf(seen, None), "two").await.unwrap_err();
    assert_eq!(scene.system.run("cd /srv/files && ls -A a && ls -A && rmdir a"), "a\n");
    scene.arm("before-ln", "mkdir a");
    is_refused(scene.write("a", NewContent::OfNewFile, "three").await, "exists already");
    assert_eq!(scene.system.run("cd /srv/files && ls -A a && ls -A"), "a\n");
}
