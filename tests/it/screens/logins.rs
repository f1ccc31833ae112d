//! Logins as people see them: who failed, who was let in, who is there now, and one address.

use chrono::TimeDelta;
use hannun::commands::logins::{Login, LoginOutcome};
use hannun::models::actor::{Role, Scope};
use hannun::models::servers::Server;

use super::{HOSTILE, add_server};
use crate::harness::app::TestApp;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;
use crate::harness::page::Page;
use crate::logins::kept::{attempt, keep};

/// A server of which some logins are known, one of them under a name that is nobody's there.
async fn scene() -> (TestApp, Server) {
    let app = TestApp::start().await;
    let server = known::answering(&app, "web-1").await;
    let now = app.database.now();
    let ago = |minutes| now - TimeDelta::minutes(minutes);
    let unknown = Login { is_unknown_user: true, ..attempt(ago(9), "hunter2", "203.0.113.5") };
    let accepted = Login {
        outcome: LoginOutcome::Accepted,
        ended_at: Some(ago(1)),
        key: "SHA256:abcdef".into(),
        method: "publickey".into(),
        ..attempt(ago(6), "deploy", "10.20.0.5")
    };
    let logins =
        vec![attempt(ago(8), "root", "203.0.113.5"), unknown, attempt(ago(7), "root", "198.51.100.7"), accepted];
    keep(&app, server.id, logins).await;
    (app, server)
}

#[actix_web::test]
async fn what_failed_is_shown_by_address_the_busiest_first() {
    let (app, _) = scene().await;
    let page = app.operator().await.get("/servers/web-1/logins").await.ok();
    assert_eq!(page.heading(), "Logins web-1");
    assert_eq!(page.texts(".tabs a"), ["Accepted 1", "Failed 3", "Now signed in"]);
    let rows = page.table("#logins table").rows;
    assert!(rows[0][0].contains("203.0.113.5"), "{rows:?}");
    assert_eq!(rows[0][2..4], ["hunter2, root", "2"]);
    assert!(rows[1][0].contains("198.51.100.7"), "{rows:?}");
    let narrowed = app.operator().await.get("/servers/web-1/logins?q=198.51").await.ok();
    assert_eq!(narrowed.texts("#logins tbody tr").len(), 1);
    let nothing = app.operator().await.get("/servers/web-1/logins?q=nobody-there").await.ok();
    assert_eq!(nothing.text("#logins .empty h3"), "No login matches “nobody-there”");
}

#[actix_web::test]
async fn when_it_failed_is_shown_over_time_and_by_hour_and_weekday_in_the_reader_s_zone() {
    let (app, _) = scene().await;
    let operator = app.operator().await;
    // A Monday in UTC is a Tuesday there.
    for (zone, peak, busiest, [hour, day]) in [
        ("UTC", "peak 3, 11:45:00", "Mon 11:00: 3", ["11", "0"]),
        ("Pacific/Kiritimati", "peak 3, 01:45:00", "Tue 01:00: 3", ["1", "1"]),
    ] {
        operator.post("/account/preferences", [("time_zone", zone)]).await;
        let page = operator.get("/servers/web-1/logins").await.ok();
        assert_eq!(page.text("figure.strip figcaption"), format!("Failed attempts {peak}"), "{zone}");
        assert_eq!(page.attributes("figure.strip rect", "x"), ["950"], "all within the last quarter of an hour");
        assert_eq!(page.text("figure.week figcaption"), format!("By hour and weekday {busiest}"), "{zone}");
        let cell = |name| page.attributes("figure.week rect[data-heat]", name);
        assert_eq!([cell("x"), cell("y")], [[hour], [day]], "{zone}");
        assert_eq!(page.texts("figure.week rect[data-heat] title"), ["3"], "{zone}");
    }
}

#[actix_web::test]
async fn sec_z07_a_name_that_may_be_a_password_is_not_for_viewers() {
    let (app, _) = scene().await;
    let viewer = app.viewer().await;
    for path in [
        "/servers/web-1/logins",
        "/servers/web-1/logins?group=none",
        "/servers/web-1/logins?q=hunter2",
        "/servers/web-1/logins?ip=203.0.113.5",
    ] {
        let page = viewer.get(path).await.ok();
        assert!(!page.text("#logins").contains("hunter2, ") && !page.text("#drawer").contains("hunter2"), "{path}");
    }
    let each = viewer.get("/servers/web-1/logins?group=none").await.ok();
    assert!(each.text("#logins tbody").contains("hidden: no such user"));
    assert!(
        !viewer.get("/servers/web-1/logins?q=hunter2").await.ok().has("#logins tbody tr"),
        "it cannot be guessed either"
    );
    let operator = app.operator().await.get("/servers/web-1/logins?group=none").await.ok();
    assert!(operator.text("#logins tbody").contains("hunter2"));
}

#[actix_web::test]
async fn who_was_let_in_is_shown_with_key_and_how_long() {
    let (app, _) = scene().await;
    let page = app.viewer().await.get("/servers/web-1/logins?show=accepted").await.ok();
    let row = page.text("#logins tbody tr");
    for said in ["deploy", "10.20.0.5", "private network", "publickey", "SHA256:abcdef", "5 min"] {
        assert!(row.contains(said), "{said}: {row}");
    }
}

#[actix_web::test]
async fn sec_w05_names_and_hosts_are_text() {
    let (app, server) = scene().await;
    let hostile = Login {
        host: HOSTILE.into(),
        address: None,
        ..attempt(app.database.now() - TimeDelta::minutes(1), HOSTILE, "x")
    };
    keep(&app, server.id, vec![hostile]).await;
    for path in ["/servers/web-1/logins", "/servers/web-1/logins?group=none"] {
        let page = app.operator().await.get(path).await.ok();
        assert!(!page.has("main img") && !page.has("main [hx-get='//evil']"), "{path}");
        let text = page.text("#logins tbody");
        assert!(text.contains("<img src=x onerror=alert(1)>") && !text.contains('\u{1b}'), "{text}");
    }
}

#[actix_web::test]
async fn sec_z02_an_address_is_told_of_servers_within_the_reader_s_groups_alone() {
    let (app, _) = scene().await;
    let now = app.database.now();
    let other = add_server(&app, "db-1", "databases").await;
    keep(&app, other.id, vec![attempt(now - TimeDelta::minutes(3), "postgres", "203.0.113.5")]).await;
    let all = app.operator().await.get("/servers/db-1/logins?ip=203.0.113.5").await.ok();
    assert_eq!(all.texts("#drawer tbody .key"), ["web-1", "db-1"]);
    let group = app.app.db.run(move |connection| other.groups(connection)).await.unwrap()[0].id;
    let reader = app.signed_in("narrow", Role::Operator, Scope::Groups(vec![group])).await;
    let narrow = reader.get("/servers/db-1/logins?ip=203.0.113.5").await.ok();
    assert_eq!(narrow.texts("#drawer tbody .key"), ["db-1"]);
    assert!(!narrow.text("#drawer").contains("web-1") && !narrow.text("#drawer").contains("root"));
}

#[actix_web::test]
async fn who_is_there_is_seen_and_their_session_ended() {
    let Some(system) = TestHost::start(Kind::Debian, "who_is_there_is_seen_and_their_session_ended") else { return };
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.deploy()).await;
    let other = crate::harness::ssh::pool();
    let stays = other.run(&system.plain(), crate::harness::ssh::ask("true")).await;
    assert!(stays.is_ok(), "it is kept open by its pool");
    let operator = app.operator().await;
    let page = operator.region("/servers/web-1/logins?show=now", "logins").await;
    let rows = page.texts("#logins tbody tr");
    let theirs = rows.iter().find(|row| row.contains("plain")).unwrap_or_else(|| panic!("{rows:?}"));
    assert!(
        theirs.contains("End session") && rows.iter().any(|row| row.contains("deploy") && row.contains("hannun")),
        "{rows:?}"
    );
    let dialogs = page.attributes("dialog form", "action");
    let users = page.attributes("dialog input[name=user]", "value");
    let started = page.attributes("dialog input[name=started]", "value");
    let at = users.iter().position(|user| user == "plain").unwrap();
    let fields = [("started", started[at].as_str()), ("user", "plain")];
    operator.post(&dialogs[at], fields).await.leads_to("/");
    let page = operator.region("/servers/web-1/logins?show=now", "logins").await;
    assert!(!page.texts("#logins tbody tr").iter().any(|row| row.contains("plain")));
    let again = operator.post(&dialogs[at], fields).await;
    assert_eq!(again.status, 409, "it was over before");
}

#[actix_web::test]
async fn what_failed_is_grouped_by_network_and_by_name() {
    let (app, server) = scene().await;
    let now = app.database.now();
    let six = attempt(now - TimeDelta::minutes(2), "root", "2001:db8:7:1::9");
    let near = attempt(now - TimeDelta::minutes(2), "root", "203.0.113.77");
    keep(&app, server.id, vec![six, near]).await;
    let operator = app.operator().await;
    let networks = operator.get("/servers/web-1/logins?group=network").await.ok();
    let rows = networks.texts("#logins tbody tr");
    assert!(rows[0].contains("203.0.113.0/24") && rows[0].contains("203.0.113.5 , 203.0.113.77"), "{rows:?}");
    assert!(rows.iter().any(|row| row.contains("2001:db8:7::/48")), "{rows:?}");
    let inside = &networks.attributes("#logins tbody td:first-child a", "href")[0];
    let narrowed = operator.get(inside).await.ok();
    assert_eq!(narrowed.texts("#logins tbody tr").len(), 2, "its addresses, and no others");
    let names = operator.get("/servers/web-1/logins?group=user").await.ok();
    let rows = names.table("#logins table").rows;
    assert_eq!((rows[0][0].as_str(), rows[0][3].as_str()), ("root", "4"));
    assert_eq!(rows[1][..2], ["hunter2", "no such user"]);
}

#[actix_web::test]
async fn sec_z07_names_that_may_be_passwords_are_one_row_for_viewers() {
    let (app, server) = scene().await;
    let other = Login { is_unknown_user: true, ..attempt(app.database.now(), "letmein", "198.51.100.7") };
    keep(&app, server.id, vec![other]).await;
    let viewer = app.viewer().await;
    let names = viewer.get("/servers/web-1/logins?group=user").await.ok();
    let rows = names.table("#logins table").rows;
    assert!(rows.iter().any(|row| row[0] == "hidden: no such user" && row[3] == "2"), "{rows:?}");
    let table = viewer.get("/servers/web-1/logins/table").await.body;
    for password in ["hunter2", "letmein"] {
        assert!(!names.text("main").contains(password) && !table.contains(password), "{password}");
        let guessed = viewer.get(&format!("/servers/web-1/logins/table?q={password}")).await.body;
        assert_eq!(guessed.lines().count(), 1, "{guessed}");
    }
}

#[actix_web::test]
async fn what_the_filter_lets_through_is_taken_away_as_a_table() {
    let (app, server) = scene().await;
    let now = app.database.now();
    let formula = attempt(now - TimeDelta::minutes(3), "=HYPERLINK(\"//evil\")", "198.51.100.7");
    let many = (0..2_500).map(|at| attempt(now - TimeDelta::seconds(600 + at), "root", "192.0.2.9")).collect();
    keep(&app, server.id, vec![formula]).await;
    keep(&app, server.id, many).await;
    let operator = app.operator().await;
    let reply = operator.get("/servers/web-1/logins/table").await;
    assert!(reply.header("content-disposition").unwrap().contains("web-1-logins.csv"));
    let text = reply.body.clone();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 4 + 2_500, "all of them, in as many batches as it takes");
    assert!(lines[0].trim_start_matches('\u{feff}').starts_with("time,outcome,user,"), "{}", lines[0]);
    assert!(text.contains("\"'=HYPERLINK(\"\"//evil\"\")\""), "a spreadsheet calculates nothing");
    let narrowed = operator.get("/servers/web-1/logins/table?q=hunter2").await.body;
    assert!(narrowed.lines().count() == 2 && narrowed.contains("\"hunter2\",\"yes\",\"203.0.113.5\""), "{narrowed}");
    let accepted = operator.get("/servers/web-1/logins/table?show=accepted").await.body;
    assert!(accepted.lines().count() == 2 && accepted.contains("\"SHA256:abcdef\""), "{accepted}");
    let page = operator.get("/servers/web-1/logins?q=hunter2").await.ok();
    assert_eq!(page.attributes("#logins a[download]", "href"), ["/servers/web-1/logins/table?q=hunter2"]);
}

#[actix_web::test]
async fn an_address_leads_to_a_page_of_its_own_and_to_a_rule_that_is_filled_in() {
    let (app, _) = scene().await;
    let administrator = app.administrator().await;
    let page = administrator.get("/servers/web-1/logins?ip=203.0.113.5").await.ok();
    assert_eq!(page.attributes("#drawer h2 a", "href"), ["/ips/203.0.113.5"]);
    let rule = page.attributes("#drawer a[href*='firewall']", "href");
    assert!(rule[0].starts_with("/servers/web-1/firewall/rules/new?action=deny&protocol=tcp&port="), "{rule:?}");
    assert!(rule[0].ends_with("&source=203.0.113.5"), "{rule:?}");
    assert!(
        !app.viewer().await.get("/servers/web-1/logins?ip=203.0.113.5").await.ok().has("#drawer a[href*='firewall']")
    );
    let own = administrator.get("/ips/203.0.113.5").await.ok();
    assert_eq!(own.heading(), "Address 203.0.113.5");
    assert_eq!(own.texts("main tbody .key"), ["web-1"]);
    assert!(own.text("main").contains("for documentation") && own.text("main").contains("hunter2"));
    assert_eq!(administrator.get("/ips/::ffff:203.0.113.5").await.ok().heading(), "Address 203.0.113.5");
}

#[actix_web::test]
async fn sec_z02_the_page_of_an_address_knows_servers_within_the_reader_s_groups_alone() {
    let (app, _) = scene().await;
    let other = add_server(&app, "db-1", "databases").await;
    keep(&app, other.id, vec![attempt(app.database.now(), "postgres", "203.0.113.5")]).await;
    let group = app.app.db.run(move |connection| other.groups(connection)).await.unwrap()[0].id;
    let reader = app.signed_in("narrow", Role::Operator, Scope::Groups(vec![group])).await;
    let page = reader.get("/ips/203.0.113.5").await.ok();
    assert_eq!(page.texts("main tbody .key"), ["db-1"]);
    assert!(!page.text("main").contains("web-1") && !page.text("main").contains("hunter2"));
}

#[actix_web::test]
async fn whose_key_it_is_is_said_where_a_server_told() {
    let Some(system) = TestHost::start(Kind::Debian, "whose_key_it_is_is_said_where_a_server_told") else { return };
    let app = TestApp::start().await;
    let server = known::add(&app, "web-1", &system.root()).await;
    let operator = app.operator().await;
    let accounts = operator.region("/servers/web-1/accounts", "accounts").await;
    assert!(!accounts.text("#accounts").is_empty());
    let known = app.app.db.run(|connection| {
        use hannun::models::known_keys::KnownKey;
        Ok::<_, hannun::error::Error>(KnownKey::all(connection)?)
    });
    let known = known.await.unwrap();
    let key = known.first().unwrap_or_else(|| panic!("no key was remembered"));
    let now = app.database.now();
    let login = Login {
        outcome: LoginOutcome::Accepted,
        key: key.fingerprint.clone(),
        method: "publickey".into(),
        ..attempt(now - TimeDelta::minutes(1), &key.user_name, "10.20.0.5")
    };
    keep(&app, server.id, vec![login]).await;
    let said = if key.comment.is_empty() { format!("{}@web-1", key.user_name) } else { key.comment.clone() };
    let row = |page: Page| page.text("#logins tbody tr");
    let seen = row(operator.get("/servers/web-1/logins?show=accepted").await.ok());
    assert!(seen.contains(&said), "{said}: {seen}");
    let hidden = row(app.viewer().await.get("/servers/web-1/logins?show=accepted").await.ok());
    assert!(!hidden.contains(&said), "{hidden}");
}
