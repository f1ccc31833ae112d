//! The firewall page: what it says where nobody can tell, who may change, and what is refused.

use hannun::error::Error;
use hannun::models::actor::Scope;
use hannun::models::allowance::Allowance;
use hannun::models::servers::{Server, ServerChanges};
use hannun::remote::Endpoint;

use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;
use crate::harness::page::Page;

async fn scene(test: &str) -> Option<(TestApp, TestHost)> {
    let system = TestHost::start(Kind::Debian, test)?;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.deploy()).await;
    known::add(&app, "web-2", &system.plain()).await;
    Some((app, system))
}

/// The page once the server has answered: the first one does not wait long for it, and asks again by itself in a browser.
async fn answered(client: &Client, path: &str) -> Page {
    for _ in 0..20 {
        let page = client.get(path).await.ok();
        if page.attribute("#firewall", "hx-trigger").as_deref() != Some("load") {
            return page;
        }
    }
    panic!("{path} waits for its server for ever");
}

#[actix_web::test]
async fn a_question_is_answered_by_a_sentence_and_three_checks() {
    let test = "a_question_is_answered_by_a_sentence_and_three_checks";
    let Some((app, system)) = scene(test).await else { return };
    system.run("ufw allow 22/tcp >/dev/null && ufw deny 8080/tcp comment '<img src=x onerror=alert(1)>' >/dev/null && ufw --force enable >/dev/null");
    let viewer = app.viewer().await;
    let page = answered(&viewer, "/servers/web-1/firewall?port=22&protocol=tcp").await;
    assert_eq!(page.texts(".verdict b"), ["Yes."]);
    assert_eq!(page.texts(".chain h3").len(), 3);
    assert!(page.text(".chain").contains("22/tcp ALLOW IN Anywhere"), "{}", page.text(".chain"));
    let page = answered(&viewer, "/servers/web-1/firewall?port=8080").await;
    assert_eq!(page.texts(".verdict b"), ["No."]);
    assert!(page.text("table.rules").contains("<img src=x onerror=alert(1)>"), "sec_w05: it is text");
    let page = viewer.get("/servers/web-1/firewall?port=70000").await.ok();
    assert!(page.text("#verdict").contains("from 1 to 65535"));
    let page = answered(&viewer, "/servers/web-2/firewall?port=22").await;
    assert!(page.text(".page-head").contains("that needs root"), "{}", page.text(".page-head"));
    assert!(!page.text("main").contains("No firewall"), "denied is not absent");
}

#[actix_web::test]
async fn where_no_rule_can_be_added_the_page_says_why_and_what_would_make_it_work() {
    let test = "where_no_rule_can_be_added_the_page_says_why_and_what_would_make_it_work";
    let Some((app, _system)) = scene(test).await else { return };
    let operator = app.operator().await;
    let page = answered(&operator, "/servers/web-2/firewall").await;
    assert!(!page.has("a[href$='/firewall/rules/new']") && page.text("#firewall").contains("use sudo"));
    for path in ["/servers/web-2/firewall/rules/new", "/servers/web-2/firewall/rules/new?port=80&action=allow"] {
        let page = operator.get(path).await.ok();
        assert!(!page.has("#port") && !page.has("#make"), "{path}");
        assert!(page.text(".empty").contains("use sudo"), "{}", page.text("main"));
    }
    let page = operator.get("/servers/web-1/firewall/rules/new").await.ok();
    assert!(page.text(".empty").contains("Enable firewalld or ufw"), "{}", page.text("main"));
}

#[actix_web::test]
async fn a_change_that_a_restart_of_the_server_forgets_says_so_before_and_after() {
    let test = "a_change_that_a_restart_of_the_server_forgets_says_so_before_and_after";
    let Some((app, system)) = scene(test).await else { return };
    system.run(
        "nft add table inet mine && nft add chain inet mine input '{ type filter hook input priority 0; policy drop; }' && nft add rule inet mine input tcp dport 22 accept",
    );
    let operator = app.operator().await;
    let shown = operator.get("/servers/web-1/firewall/rules/new?action=allow&protocol=tcp&port=8443").await.ok();
    assert!(shown.text("#make").contains("Make it in /etc/nftables.conf as well"), "{}", shown.text("main"));
    let form = [("action", "allow"), ("protocol", "tcp"), ("port", "8443")];
    assert_eq!(operator.post("/servers/web-1/firewall/rules", form).await.status, 303);
    let page = answered(&operator, "/servers/web-1/firewall").await;
    let said = page.text("#firewall-change");
    assert!(said.contains("This change is kept") && said.contains("Make it in /etc/nftables.conf as well"), "{said}");
}

#[actix_web::test]
async fn while_a_change_waits_no_other_is_offered_and_the_reason_is_said() {
    let test = "while_a_change_waits_no_other_is_offered_and_the_reason_is_said";
    let Some((app, system)) = scene(test).await else { return };
    system.run("ufw allow 22/tcp >/dev/null && ufw --force enable >/dev/null");
    let operator = app.operator().await;
    let page = answered(&operator, "/servers/web-1/firewall").await;
    let removal = page.attributes("table.rules a", "href").remove(0);
    let form = [("action", "allow"), ("protocol", "tcp"), ("port", "8443"), ("keep", "ask")];
    assert_eq!(operator.post("/servers/web-1/firewall/rules", form).await.status, 303);

    let why = "Another change of this firewall waits to be kept or undone";
    let page = answered(&operator, "/servers/web-1/firewall").await;
    assert!(!page.has("a[href$='/firewall/rules/new']") && !page.has("table.rules a"), "{}", page.text("#firewall"));
    assert!(page.text("#firewall section:last-of-type .region-head").contains(why), "{}", page.text("#firewall"));
    for path in ["/servers/web-1/firewall/rules/new?action=allow&protocol=tcp&port=80", &removal] {
        let page = operator.get(path).await.ok();
        assert!(page.has("#make .cmdline") && !page.has("#make button"), "{path}: the command is shown, not offered");
        assert!(page.text(".notice").contains(why), "{path}: {}", page.text("main"));
    }
    // Whoever looks may still decide about the one that waits.
    let change = page.attributes("input[name=change]", "value").remove(0);
    let undone = operator.post("/servers/web-1/firewall/undoings", [("change", change.as_str())]).await;
    assert_eq!(undone.status, 303, "{}", undone.body);
    let page = answered(&operator, "/servers/web-1/firewall").await;
    assert!(page.has("a[href$='/firewall/rules/new']") && page.has("table.rules a"), "{}", page.text("#firewall"));
    assert!(!page.text("#firewall").contains(why));
}

#[actix_web::test]
async fn the_port_of_a_server_that_does_not_answer_is_not_said_to_be_open() {
    let test = "the_port_of_a_server_that_does_not_answer_is_not_said_to_be_open";
    let Some((app, system)) = scene(test).await else { return };
    known::add(&app, "web-3", &Endpoint { port: 9, ..system.deploy() }).await;
    let page = app.viewer().await.get("/servers/web-3/firewall?port=9").await.ok();
    assert_eq!(page.texts(".verdict b"), ["Cannot tell."]);
    assert!(page.text(".chain li:last-child").contains("Not tried"), "{}", page.text(".chain"));
}

#[actix_web::test]
async fn where_sudo_refuses_or_is_missing_its_own_words_are_the_reason() {
    let test = "where_sudo_refuses_or_is_missing_its_own_words_are_the_reason";
    let Some((app, system)) = scene(test).await else { return };
    system.run("ufw allow 22/tcp >/dev/null && ufw --force enable >/dev/null");
    let operator = app.operator().await;
    // sudo has worked until now.
    assert!(answered(&operator, "/servers/web-1/firewall").await.has("table.rules"));
    let wants_a_tty = "echo 'Defaults:deploy requiretty' >/etc/sudoers.d/tty && chmod 440 /etc/sudoers.d/tty";
    for (how, said) in [
        (wants_a_tty, "you must have a tty to run sudo"),
        ("rm /etc/sudoers.d/tty && mv /usr/bin/sudo /usr/bin/sudo.away", "sudo: not found"),
    ] {
        system.run(how);
        let page = answered(&operator, "/servers/web-1/firewall?port=22").await;
        let rules = page.text("#firewall section:last-of-type");
        assert!(rules.contains(said) && !rules.contains("No firewall"), "{rules}");
        assert_eq!(page.texts(".verdict b"), ["Cannot tell."], "{said}");
        let change =
            operator.post("/servers/web-1/firewall/rules", [("action", "allow"), ("protocol", "tcp"), ("port", "80")]);
        assert_ne!(change.await.status, 303, "{said}");
    }
    assert!(!system.run("ls /run").contains("hannun"), "nothing was armed");
}

#[actix_web::test]
async fn a_process_that_takes_root_to_name_is_said_to_be_one() {
    let test = "a_process_that_takes_root_to_name_is_said_to_be_one";
    let Some((app, _system)) = scene(test).await else { return };
    let page = answered(&app.viewer().await, "/servers/web-2/firewall?port=22").await;
    let said = page.text(".chain li:first-child");
    assert!(said.contains("A process that only root can name, on 0.0.0.0"), "{said}");
}

#[actix_web::test]
async fn sec_z07_only_who_may_change_files_and_act_as_root_changes_a_firewall_and_only_where_the_switch_allows_it() {
    let test =
        "sec_z07_only_who_may_change_files_and_act_as_root_changes_a_firewall_and_only_where_the_switch_allows_it";
    let Some((app, system)) = scene(test).await else { return };
    system.run("ufw allow 22/tcp >/dev/null && ufw --force enable >/dev/null");
    let rules = system.run("ufw status");
    let new = |port: &'static str| [("action", "allow"), ("protocol", "tcp"), ("port", port)];
    let (viewer, operator) = (app.viewer().await, app.operator().await);
    assert_eq!(viewer.post("/servers/web-1/firewall/rules", new("8080")).await.status, 403);
    for port in ["70000", "0", "22;id", "$(id)"] {
        assert_eq!(operator.post("/servers/web-1/firewall/rules", new(port)).await.status, 422, "{port}");
    }
    let long = [("action", "allow"), ("protocol", "tcp"), ("port", "8080"), ("seconds", "5"), ("keep", "ask")];
    let page = operator.post("/servers/web-1/firewall/rules", long).await.with_status(422);
    assert_eq!(
        (page.attribute("#port", "value").as_deref(), page.attribute("#seconds", "value").as_deref()),
        (Some("8080"), Some("5"))
    );
    assert!(
        page.text("#make").contains("from 20 to 600") && page.text("#make [selected]").starts_with("when I say so")
    );
    let changes = ServerChanges { allow: Some(Allowance::ReadFiles), ..ServerChanges::default() };
    let now = app.database.now();
    let narrower = app.app.db.run(move |connection| {
        let server = Server::by_name(connection, &Scope::All, "web-1")?;
        Server::change(connection, server.id, &changes, now)?;
        Ok::<_, Error>(())
    });
    narrower.await.unwrap();
    assert_eq!(operator.post("/servers/web-1/firewall/rules", new("8080")).await.status, 403, "the switch");
    assert_eq!(system.run("ufw status"), rules, "nothing was changed");
    assert!(!system.run("ls /run").contains("hannun"), "nothing was armed");
}
