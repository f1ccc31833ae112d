//! Crontabs of real servers, through their own cron: Debian's, that of an rpm system, BusyBox's.

use diesel::prelude::*;
use hannun::commands::cron::{Edit, Flavour, Meaning, Place, Timetables};
use hannun::crontabs::{self, Crontabs};
use hannun::error::{Error, Result};
use hannun::models::actor::{Actor, Rights, Role, Scope};
use hannun::models::audit::AuditEvent;
use hannun::models::ids::CrontabVersionId;
use hannun::remote::Endpoint;
use hannun::remote::host::Host;
use hannun::secret::SecretText;

use crate::harness::app::TestApp;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

struct Scene {
    app: TestApp,
    system: TestHost,
    host: Host,
}

impl Scene {
    async fn start(kind: Kind, test: &str, who: impl Fn(&TestHost) -> Endpoint) -> Option<Self> {
        let system = TestHost::start(kind, test)?;
        let app = TestApp::start().await;
        known::add(&app, "web-1", &who(&system)).await;
        let host = app.app.hosts.open(Actor::system("test"), "web-1".to_owned()).await.unwrap();
        Some(Self { app, system, host })
    }

    async fn read(&self) -> Timetables {
        crontabs::read(&self.host).await.unwrap().value
    }

    fn crontabs(&self) -> Crontabs {
        let app = &self.app.app;
        Crontabs { db: app.db.clone(), sealer: app.sealer.clone(), clock: app.clock.clone() }
    }

    /// Makes a change of a table as it is now.
    async fn make(&self, place: &Place, edit: Edit) -> Result<()> {
        let found = self.read().await;
        let seen = crontabs::digest_of(&crontabs::tab_of(&found, place)?);
        self.make_seen(&found, place, &seen, edit).await
    }

    async fn make_seen(&self, found: &Timetables, place: &Place, seen: &str, edit: Edit) -> Result<()> {
        let plan = crontabs::plan(found, place, seen, &edit)?;
        self.crontabs().save(&self.host.clone().operable().await?, plan, found.by_root).await
    }

    /// What hannun reads of a user's table, without what `crontab` writes by itself.
    async fn text(&self, place: &Place) -> String {
        let found = self.read().await;
        let tab = found.tab(place).expect("the table is there");
        String::from_utf8(tab.table.without_header()).unwrap()
    }
}

fn of(user: &str) -> Place {
    Place::User(user.to_owned())
}

fn add(time: &str, command: &str) -> Edit {
    Edit::Add {
        comment: String::new(),
        time: time.to_owned(),
        user: "root".to_owned(),
        command: command.as_bytes().to_vec(),
    }
}

const TEXT: &str = "# mine\n\nSHELL=/bin/sh\n  */5  * * * *\ttrue  # every five\n0 3 * * 1-5 tar cf /tmp/b.tar \"/srv/a b\" 2>&1\n#end\n";

async fn a_user_s_table_is_changed_and_keeps_every_other_byte(kind: Kind, test: &str, daemon: Flavour) {
    let Some(scene) = Scene::start(kind, test, TestHost::root).await else { return };
    scene.make(&of("root"), Edit::Whole(TEXT.as_bytes().to_vec())).await.unwrap();
    assert_eq!(scene.read().await.daemon, daemon);
    assert_eq!(scene.text(&of("root")).await, TEXT);
    let line_of = |found: &Timetables, part: &str| {
        let lines = found.tab(&of("root")).unwrap().table.lines().iter();
        lines.enumerate().find(|(_, line)| line.text().contains(part)).map(|(at, _)| at + 1).unwrap()
    };
    let line = line_of(&scene.read().await, "every five");
    scene.make(&of("root"), Edit::SwitchOff(line)).await.unwrap();
    let off = TEXT.replace("  */5", "#hannun-off:   */5");
    assert_eq!(scene.text(&of("root")).await, off);
    let found = scene.read().await;
    let line = line_of(&found, "every five");
    assert!(matches!(found.tab(&of("root")).unwrap().table.line(line).unwrap().meaning, Meaning::Off(..)));
    scene.make(&of("root"), Edit::SwitchOn(line)).await.unwrap();
    assert_eq!(scene.text(&of("root")).await, TEXT);
    scene.make(&of("root"), add("@daily", "echo added")).await.unwrap();
    assert_eq!(scene.text(&of("root")).await, format!("{TEXT}@daily echo added\n"));
    let line = line_of(&scene.read().await, "tar cf");
    scene.make(&of("root"), Edit::Delete(line)).await.unwrap();
    assert!(!scene.text(&of("root")).await.contains("tar cf"));
    // The first of what was replaced is put back.
    let versions = scene.crontabs().versions(&scene.host, &of("root")).await.unwrap();
    let (version, content) = scene.crontabs().version(&scene.host, versions.last().unwrap().id).await.unwrap();
    assert_eq!(version.replaced_by, "test");
    scene.make(&of("root"), Edit::Whole(content)).await.unwrap();
    assert_eq!(scene.text(&of("root")).await, TEXT);
    let audit = told(&scene.app).await;
    assert!(audit.contains("replace_crontab crontab of root: a line added succeeded"), "{audit}");
    assert!(audit.contains("list_cron crontabs succeeded") && !audit.contains("echo added"), "{audit}");
}

#[actix_web::test]
async fn a_table_of_debian_s_cron_is_changed_and_keeps_every_other_byte() {
    let test = "a_table_of_debian_s_cron_is_changed_and_keeps_every_other_byte";
    a_user_s_table_is_changed_and_keeps_every_other_byte(Kind::Debian, test, Flavour::Vixie).await;
}

#[actix_web::test]
async fn a_table_of_an_rpm_system_is_changed_and_keeps_every_other_byte() {
    let test = "a_table_of_an_rpm_system_is_changed_and_keeps_every_other_byte";
    // Debian's cron stands in for cronie there: Debian 12, of which that system is made, has no package of cronie.
    a_user_s_table_is_changed_and_keeps_every_other_byte(Kind::Rpm, test, Flavour::Vixie).await;
}

#[actix_web::test]
async fn a_table_of_busybox_crond_is_changed_and_keeps_every_other_byte() {
    let test = "a_table_of_busybox_crond_is_changed_and_keeps_every_other_byte";
    a_user_s_table_is_changed_and_keeps_every_other_byte(Kind::BusyBox, test, Flavour::BusyBox).await;
}

#[actix_web::test]
async fn sec_x06_a_table_that_somebody_else_changed_meanwhile_is_left_alone() {
    let test = "sec_x06_a_table_that_somebody_else_changed_meanwhile_is_left_alone";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::deploy).await else { return };
    scene.system.run("printf '0 1 * * * a\\n' | crontab -u deploy -");
    let (found, place) = (scene.read().await, of("deploy"));
    let seen = crontabs::digest_of(found.tab(&place).unwrap());
    scene.system.run("printf '0 1 * * * b\\n' | crontab -u deploy -");
    // What was read still says what was seen; the server knows better.
    let error = scene.make_seen(&found, &place, &seen, add("@daily", "c")).await.unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error}");
    assert_eq!(scene.text(&place).await, "0 1 * * * b\n");
    assert!(scene.crontabs().versions(&scene.host, &place).await.unwrap().is_empty(), "nothing was replaced");
    // Seen here already.
    let now = scene.read().await;
    assert!(matches!(crontabs::plan(&now, &place, &seen, &Edit::Delete(1)), Err(Error::Conflict(_))));
    assert_eq!(scene.system.run("find /tmp /etc/cron.d -name '*hannun*'"), "", "nothing is left behind");
}

#[actix_web::test]
async fn a_file_of_the_system_keeps_its_mode_and_owner_and_is_whole_at_any_time() {
    let test = "a_file_of_the_system_keeps_its_mode_and_owner_and_is_whole_at_any_time";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::deploy).await else { return };
    scene
        .system
        .run("printf 'A=1\\r\\n0 1 * * *  root\\t/bin/x\\r\\n' >/etc/cron.d/backup && chmod 600 /etc/cron.d/backup");
    let place = Place::File("/etc/cron.d/backup".to_owned());
    let change = Edit::Change { line: 2, time: "30 1 * * *".into(), user: "root".into(), command: b"/bin/x".to_vec() };
    scene.make(&place, change).await.unwrap();
    assert_eq!(scene.system.run("cat /etc/cron.d/backup"), "A=1\r\n30 1 * * *  root\t/bin/x\r\n");
    assert_eq!(
        scene.system.run("stat -c '%a %U' /etc/cron.d/backup; ls -A /etc/cron.d | grep hannun || true"),
        "600 root\n"
    );
    // A new one.
    let new = Place::File("/etc/cron.d/new-one".to_owned());
    scene.make(&new, add("@hourly", "true")).await.unwrap();
    assert_eq!(
        scene.system.run("cat /etc/cron.d/new-one; stat -c '%a %U' /etc/cron.d/new-one"),
        "@hourly root true\n644 root\n"
    );
    // A link is not written through.
    scene.system.run("ln -s /etc/passwd /etc/cron.d/link");
    let link = Place::File("/etc/cron.d/link".to_owned());
    assert!(matches!(scene.make(&link, add("@hourly", "true")).await, Err(Error::Conflict(_))));
    assert!(scene.system.run("cat /etc/passwd").starts_with("root:"));
}

#[actix_web::test]
async fn whoever_is_not_root_sees_and_changes_their_own_table_alone() {
    let test = "whoever_is_not_root_sees_and_changes_their_own_table_alone";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::plain).await else { return };
    scene.system.run(
        "printf '# a\\n# b\\n# c\\n# d\\n@daily x\\n' | crontab -u plain - && printf '@daily y\\n' | crontab -u root -",
    );
    let found = scene.read().await;
    assert!(
        !found.by_root && found.tab(&of("root")).is_none() && found.tab(&Place::File("/etc/crontab".into())).is_some()
    );
    // Debian's `crontab -l` leaves out the first comments.
    assert_eq!(scene.text(&of("plain")).await, "# a\n# b\n# c\n# d\n@daily x\n");
    scene.make(&of("plain"), add("@hourly", "z")).await.unwrap();
    assert_eq!(scene.text(&of("plain")).await, "# a\n# b\n# c\n# d\n@daily x\n@hourly z\n");
    for place in [of("root"), Place::File("/etc/crontab".into()), Place::File("/etc/cron.d/new".into())] {
        assert!(scene.make(&place, add("@daily", "no")).await.is_err(), "{place:?}");
    }
    assert!(!scene.system.run("cat /etc/crontab; crontab -l -u root").contains("no\n"));
}

#[actix_web::test]
async fn cron_allow_and_cron_deny_are_honoured_also_by_root() {
    let test = "cron_allow_and_cron_deny_are_honoured_also_by_root";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::deploy).await else { return };
    for (how, is_let) in [
        ("printf 'plain\\n' >/etc/cron.deny", false),
        ("printf 'deploy\\n' >/etc/cron.deny", true),
        ("printf 'deploy\\n' >/etc/cron.allow; rm /etc/cron.deny", false),
        ("printf 'deploy\\nplain\\n' >/etc/cron.allow", true),
    ] {
        scene.system.run(how);
        let made = scene.make(&of("plain"), add("@daily", "x")).await;
        assert_eq!(made.is_ok(), is_let, "{how}: {made:?}");
    }
}

#[actix_web::test]
async fn what_crontab_does_not_take_is_told_in_its_own_words_and_changes_nothing() {
    let test = "what_crontab_does_not_take_is_told_in_its_own_words_and_changes_nothing";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::deploy).await else { return };
    scene.system.run("printf '@daily x\\n' | crontab -u deploy -");
    let error = scene.make(&of("deploy"), Edit::Whole(b"61 * * * * no\n".to_vec())).await.unwrap_err();
    let Error::Remote(error) = error else { panic!("{error}") };
    assert!(error.evidence().contains("bad minute"), "{}", error.evidence());
    assert_eq!(scene.text(&of("deploy")).await, "@daily x\n");
    assert!(scene.crontabs().versions(&scene.host, &of("deploy")).await.unwrap().is_empty());
    // One without an end of its own gets one: Debian's cron would not read it.
    scene.make(&of("deploy"), Edit::Whole(b"@weekly y".to_vec())).await.unwrap();
    assert_eq!(scene.text(&of("deploy")).await, "@weekly y\n");
}

#[actix_web::test]
async fn sec_s07_a_command_with_a_password_is_in_no_list_of_processes_and_in_no_row_of_ours() {
    let test = "sec_s07_a_command_with_a_password_is_in_no_list_of_processes_and_in_no_row_of_ours";
    let Some(scene) = Scene::start(Kind::Debian, test, TestHost::asks).await else { return };
    let watch = "while [ ! -e /tmp/stop ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; done";
    scene.system.run(&format!("({watch}) >/tmp/seen 2>/dev/null </dev/null &"));
    for _ in 0..3 {
        scene.make(&of("asks"), add("@daily", "backup --password canary-5f2c")).await.unwrap();
    }
    assert!(scene.text(&of("asks")).await.contains("canary-5f2c"));
    scene.system.run("touch /tmp/stop");
    let seen = |word: &str| scene.system.run(&format!("grep -a -c {word} /tmp/seen || true")).trim().to_owned();
    assert_ne!(seen("cron.allow"), "0", "the watcher saw the script");
    assert_eq!(seen("canary-5f2c"), "0");
    assert!(!told(&scene.app).await.contains("canary-5f2c"));
    let versions = scene.crontabs().versions(&scene.host, &of("asks")).await.unwrap();
    assert_eq!(versions.len(), 2, "what was there before the second and the third");
    let written = "select count(*) as count from crontab_versions where concat(content, what, place) like '%canary%'";
    let written: Count = diesel::sql_query(written).get_result(&mut scene.app.database.owner()).unwrap();
    assert_eq!(written.count, 0);
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// What the audit log tells: what was done, to what, how it ended.
async fn told(app: &TestApp) -> String {
    let line = |event: AuditEvent| format!("{} {} {}\n", event.action, event.target, event.outcome.name());
    app.audit().await.into_iter().map(line).collect()
}

#[actix_web::test]
async fn where_root_is_refused_tables_and_their_log_are_those_of_the_user() {
    let test = "where_root_is_refused_tables_and_their_log_are_those_of_the_user";
    let wrong = |system: &TestHost| {
        let sudo_password = Some(SecretText::new("not the password of asks".to_owned()));
        Endpoint { sudo_password, ..system.asks() }
    };
    let Some(scene) = Scene::start(Kind::Debian, test, wrong).await else { return };
    let found = scene.read().await;
    assert_eq!((found.by_root, found.user.as_str()), (false, "asks"));
    assert!(crontabs::runs(&scene.host).await.is_ok());
}

#[actix_web::test]
async fn sec_z07_who_may_not_read_crontabs_reads_none_of_what_stood_there() {
    let app = TestApp::start().await;
    known::answering(&app, "web-1").await;
    let crontabs = app.app.crontabs();
    for (role, may) in [(Role::Viewer, false), (Role::Operator, true)] {
        let actor = Actor { rights: Rights::new(role, Scope::All), ..Actor::system("jiwon") };
        let host = app.app.hosts.open(actor, "web-1".to_owned()).await.unwrap();
        let versions = crontabs.versions(&host, &of("root")).await;
        let version = crontabs.version(&host, CrontabVersionId(1)).await;
        assert_eq!(versions.is_ok(), may, "{role:?}");
        assert_eq!(matches!(version, Err(Error::Forbidden(_))), !may, "{role:?}");
    }
}
