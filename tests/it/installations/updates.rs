//! Lists of packages that are fetched anew, and updates that come together: all of them, or those for security.

use std::time::Duration;

use actix_web::http::Method;
use hannun::commands::packages::{ListUpdates, PackagePlan, UpdateList};
use hannun::error::Error;
use hannun::installations::ask;
use hannun::installations::wanted::Wanted;
use hannun::models::actor::{Role, Scope};
use hannun::models::executions::{Execution, ExecutionState};
use hannun::remote::host::OperableHost;
use serde_json::{Value, json};

use super::programs::ended;
use super::{Stage, why};
use crate::api::program::program;
use crate::browser::people::sign_in;
use crate::harness::browser::{Browser, Window};
use crate::harness::client::Client;
use crate::harness::hosts::{Kind, TestHost};

/// Two packages that have an update, of which `mended` alone is for security; the lists know nothing of that yet, and are said
/// to be from 2001.
fn with_updates(kind: Kind, test: &str) -> Option<TestHost> {
    let system = TestHost::start(kind, test)?;
    match kind {
        Kind::Debian => system.run(
            "set -e; export DEBIAN_FRONTEND=noninteractive
             apt-get -y -q install probe=1.0 kept=1.0 >/dev/null 2>&1
             mkdir /srv/security; cd /srv/security; cp /srv/repository/kept_1.1_all.deb .
             awk 'BEGIN { RS = \"\"; ORS = \"\\n\\n\" } /Package: kept\\n/ && /Version: 1.1\\n/' /srv/repository/Packages >Packages
             { printf 'Origin: Own-Security\\nSuite: oldstable-security\\nVersion: 12\\nCodename: bookworm-security\\n'
               printf 'Date: Sat, 01 Nov 2025 00:00:00 UTC\\nSHA256:\\n %s %s Packages\\n' \
                 \"$(sha256sum <Packages | cut -c 1-64)\" \"$(wc -c <Packages)\"; } >Release
             echo 'deb [trusted=yes] file:/srv/security ./' >>/etc/apt/sources.list
             touch -d @1000000000 /var/lib/apt/lists/partial",
        ),
        _ => system.run(
            "set -e
             for version in 1.0 1.1; do
               printf '%s\\n' 'Name: kept' \"Version: $version\" 'Release: 1' 'Summary: s' 'License: MIT' 'BuildArch: noarch' \
                 '%description' 'd' '%files' >/tmp/kept.spec
               rpmbuild --quiet --define '_topdir /tmp/build' --define '_rpmdir /srv/repository' \
                 --define '_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm' -bb /tmp/kept.spec >/dev/null 2>&1
             done
             rm -r /srv/repository/repodata; createrepo_c --quiet --excludes 'loose/*' /srv/repository
             dnf -q -y --refresh install probe-1.0-1 kept-1.0-1 >/dev/null 2>&1
             printf '%s' '<updates><update from=\"t\" status=\"final\" type=\"security\" version=\"1\"><id>OWN-1</id>' \
               '<title>t</title><issued date=\"2026-01-01 00:00:00\"/><updated date=\"2026-01-01 00:00:00\"/>' \
               '<severity>Important</severity><description>d</description><pkglist><collection short=\"t\"><name>t</name>' \
               '<package name=\"kept\" version=\"1.1\" release=\"1\" epoch=\"0\" arch=\"noarch\" src=\"kept-1.1-1.src.rpm\">' \
               '<filename>kept-1.1-1.noarch.rpm</filename></package></collection></pkglist></update></updates>' >/tmp/updateinfo.xml
             modifyrepo_c --mdtype=updateinfo /tmp/updateinfo.xml /srv/repository/repodata >/dev/null
             touch -d @1000000000 /var/cache/dnf/*/repodata/*",
        ),
    };
    Some(system)
}

async fn updates(host: &OperableHost) -> UpdateList {
    host.read(ListUpdates).await.unwrap().value
}

fn security(list: &UpdateList) -> Vec<&str> {
    list.updates.iter().filter(|update| update.security).map(|update| update.name.as_str()).collect()
}

fn renewed(plan: &PackagePlan) -> Vec<&str> {
    let mut names: Vec<&str> = plan.renewed.iter().map(|item| item.name.as_str()).collect();
    names.sort_unstable();
    names
}

async fn refreshed(stage: &Stage, host: &OperableHost) -> Execution {
    let run = ask::refresh_lists(host).await.unwrap();
    stage.ended(run.id).await
}

#[actix_web::test]
async fn lists_that_are_fetched_anew_tell_what_is_new_and_how_old_they_are() {
    for kind in [Kind::Debian, Kind::Rpm] {
        let test = "lists_that_are_fetched_anew_tell_what_is_new_and_how_old_they_are";
        let Some(system) = with_updates(kind, test) else { return };
        let stage = Stage::set(&system.deploy()).await;
        let host = stage.host().await;
        let before = updates(&host).await;
        assert_eq!(before.lists_from.unwrap().timestamp(), 1_000_000_000, "{kind:?}");
        assert_eq!(security(&before), [""; 0], "{kind:?}");
        let asked_at = chrono::Utc::now();
        let run = refreshed(&stage, &host).await;
        assert_eq!(run.state, ExecutionState::Succeeded, "{kind:?}: {} {}", why(&run), stage.log(run.id).await);
        assert!(run.as_root && run.log_bytes > 0, "{run:?}");
        let after = updates(&host).await;
        assert!(after.lists_from.unwrap().timestamp() >= asked_at.timestamp() - 1, "{kind:?}: {after:?}");
        assert_eq!(security(&after), ["kept"], "{kind:?}: {after:?}");
        for (person, is_offered) in [(stage.app.viewer().await, false), (stage.app.operator().await, true)] {
            let list = list(&person).await;
            for words in ["Update all…", "Security updates only…"] {
                assert_eq!(list.contains(words), is_offered, "{kind:?} {words}: {list}");
            }
        }
        let of_it = stage.app.audit().await.into_iter().filter(|event| event.action == "refresh_lists");
        let told: Vec<_> = of_it.map(|event| (event.outcome.label(), event.target, event.run_as)).collect();
        let is = |outcome| (outcome, "package lists".to_owned(), "deploy".to_owned());
        assert_eq!(told, [is("Succeeded"), is("Asked")], "{kind:?}");
        stage.leave().await;
    }
}

/// The list of updates as the page asks for it.
async fn list(person: &Client) -> String {
    let page = "/servers/web-1/packages?view=updates";
    let asked = person.ask(Method::GET, page).header("HX-Request", "true").header("HX-Target", "packages");
    asked.send().await.ok().text("#packages")
}

#[actix_web::test]
async fn who_may_not_install_is_offered_no_updates_and_hears_how_old_the_lists_are() {
    let test = "who_may_not_install_is_offered_no_updates_and_hears_how_old_the_lists_are";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.run("touch -d @1000000000 /var/lib/apt/lists/partial");
    let stage = Stage::set(&system.deploy()).await;
    stage.host().await.platform().await.unwrap();
    let page = "/servers/web-1/packages?view=updates";
    for (person, is_offered) in [(stage.app.viewer().await, false), (stage.app.operator().await, true)] {
        let whole = person.get(page).await.ok().text("main");
        assert_eq!(whole.contains("Refresh package lists"), is_offered, "{whole}");
        let list = list(&person).await;
        assert!(!list.contains("Update all…") && !list.contains("Security updates only…"), "there are none: {list}");
        assert!(list.contains("Everything is up to date, by the lists that the server has"), "{list}");
        assert!(list.contains("The server's lists are from"), "{list}");
    }
    stage.leave().await;
}

#[actix_web::test]
async fn lists_that_cannot_be_fetched_say_so_and_do_not_look_new() {
    for (kind, source) in [
        (Kind::Debian, "echo 'deb [trusted=yes] file:/srv/nowhere ./' >/etc/apt/sources.list.d/gone.list"),
        (Kind::Rpm, "printf '[gone]\nname=gone\nbaseurl=file:///srv/nowhere\nenabled=1\n' >/etc/yum.repos.d/gone.repo"),
    ] {
        let Some(system) = with_updates(kind, "lists_that_cannot_be_fetched_say_so_and_do_not_look_new") else {
            return;
        };
        let stage = Stage::set(&system.deploy()).await;
        let host = stage.host().await;
        system.run(source);
        let run = refreshed(&stage, &host).await;
        assert_eq!(run.state, ExecutionState::Failed, "{kind:?}: {}", stage.log(run.id).await);
        assert!(why(&run).starts_with("Not every list could be fetched"), "{kind:?}: {}", why(&run));
        system.run("rm -f /etc/apt/sources.list.d/gone.list /etc/yum.repos.d/gone.repo");
        assert_eq!(updates(&host).await.lists_from.unwrap().timestamp(), 1_000_000_000, "{kind:?}");
        stage.leave().await;
    }
}

#[actix_web::test]
async fn another_one_s_lock_of_the_lists_is_waited_for() {
    let Some(system) = with_updates(Kind::Debian, "another_one_s_lock_of_the_lists_is_waited_for") else { return };
    let stage = Stage::set(&system.deploy()).await;
    let host = stage.host().await;
    system.run(
        "setsid perl -MFcntl -e 'open F, q(>>), q(/var/lib/apt/lists/lock) or die;
           my $lock = pack(q(s s x4 q q i x4), F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $lock) or die;
           open G, q(>), q(/tmp/held); select undef, undef, undef, 0.05 until -e q(/tmp/go)' \
           </dev/null >/dev/null 2>&1 &
         for n in $(seq 100); do [ -e /tmp/held ] && exit 0; sleep 0.1; done; exit 1",
    );
    let run = ask::refresh_lists(&host).await.unwrap();
    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    while !stage.log(run.id).await.contains("Another program holds the lock") {
        assert!(tokio::time::Instant::now() < end, "{}", stage.log(run.id).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(stage.run(run.id).await.state, ExecutionState::Running);
    let refused = ask::refresh_lists(&host).await.unwrap_err();
    assert!(refused.to_string().contains("busy with package lists"), "{refused}");
    system.run("touch /tmp/go");
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
    stage.leave().await;
}

#[actix_web::test]
async fn sec_x06_security_updates_come_alone_and_the_others_when_all_are_wanted() {
    for kind in [Kind::Debian, Kind::Rpm] {
        let test = "sec_x06_security_updates_come_alone_and_the_others_when_all_are_wanted";
        let Some(system) = with_updates(kind, test) else { return };
        let installed = || match kind {
            Kind::Debian => system.run("dpkg-query -W -f '${Package} ${Version}\n' kept probe"),
            _ => system.run("rpm -q --qf '%{NAME} %{VERSION}\n' kept probe"),
        };
        let stage = Stage::set(&system.deploy()).await;
        let host = stage.host().await;
        let run = refreshed(&stage, &host).await;
        assert_eq!(run.state, ExecutionState::Succeeded, "{kind:?}: {} {}", why(&run), stage.log(run.id).await);
        for (wanted, renews, there) in [
            (Wanted::SecurityUpdates, "kept", "kept 1.1\nprobe 1.0\n"),
            (Wanted::Updates, "probe", "kept 1.1\nprobe 1.1\n"),
        ] {
            let plan = wanted.plan(&host).await.unwrap().value;
            assert_eq!(renewed(&plan), [renews], "{kind:?}: {plan:?}");
            let changed = ask::come_or_go(&host, wanted.clone(), Some("another plan")).await.unwrap_err();
            assert!(matches!(changed, Error::Conflict(_)), "{changed}");
            let run = ask::come_or_go(&host, wanted.clone(), Some(&plan.fingerprint())).await.unwrap();
            let run = stage.ended(run.id).await;
            assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
            assert_eq!(installed(), there, "{kind:?}");
            assert!(wanted.plan(&host).await.unwrap().value.is_empty(), "{kind:?}");
        }
        stage.leave().await;
    }
}

#[actix_web::test]
async fn a_package_whose_setup_fails_is_named_among_all_that_were_updated() {
    let test = "a_package_whose_setup_fails_is_named_among_all_that_were_updated";
    let Some(system) = with_updates(Kind::Debian, test) else { return };
    // Its setup is tried again with the updates, and fails again.
    system.run("DEBIAN_FRONTEND=noninteractive apt-get -y -q install broken >/dev/null 2>&1 || true");
    let stage = Stage::set(&system.deploy()).await;
    let run = ask::come_or_go(&stage.host().await, Wanted::Updates, None).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Failed, "{}", stage.log(run.id).await);
    assert!(why(&run).starts_with("broken was left half installed"), "{}", why(&run));
    assert!(!run.answer.contains("probe"), "only what is not as it should be: {}", run.answer);
    assert_eq!(system.run("dpkg-query -W -f '${Version}' probe"), "1.1");
    stage.leave().await;
}

#[actix_web::test]
async fn a_program_fetches_the_lists_and_installs_the_updates_that_it_saw() {
    let test = "a_program_fetches_the_lists_and_installs_the_updates_that_it_saw";
    let Some(system) = with_updates(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let operator = program(&stage.app, Role::Operator).await;
    let of = |path: &str| format!("/api/v1/servers/web-1/{path}");
    let list = operator.get(&of("packages/updates")).await.status(200);
    assert_eq!(list["lists_from"], "2001-09-09T01:46:40Z", "{list}");
    let asked = operator.post(&of("packages/refreshes"), json!({})).await.status(202);
    assert_eq!(asked["command_type"], "refresh_lists", "{asked}");
    assert_eq!(ended(&operator, &asked).await["state"], "succeeded");
    let plan = operator.get(&of("updates/plan?only=security")).await.status(200);
    let names = |plan: &Value| -> Vec<String> {
        plan["renewed"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&plan), ["kept"], "{plan}");
    assert_eq!((&plan["download_bytes"], &plan["disk_bytes"]), (&json!(0), &json!(0)), "{plan}");
    let other = json!({"seen": plan["seen"]});
    assert_eq!(operator.post(&of("updates"), other).await.problem(409), "conflict");
    let asked = operator.post(&of("updates"), json!({"only": "security", "seen": plan["seen"]})).await.status(202);
    assert_eq!(ended(&operator, &asked).await["state"], "succeeded");
    let plan = operator.get(&of("updates/plan")).await.status(200);
    assert_eq!(names(&plan), ["probe"], "{plan}");
    let viewer = program(&stage.app, Role::Viewer).await;
    for path in ["packages/refreshes", "updates"] {
        assert_eq!(viewer.post(&of(path), json!({})).await.problem(403), "forbidden", "{path}");
    }
    stage.leave().await;
}

#[actix_web::test]
async fn a_person_fetches_the_lists_and_installs_the_security_updates_alone() {
    let test = "a_person_fetches_the_lists_and_installs_the_security_updates_alone";
    let Some(browser) = Browser::start(test).await else { return };
    let Some(system) = with_updates(Kind::Rpm, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    // What it can be asked for is known once it was looked at.
    stage.host().await.platform().await.unwrap();
    stage.app.user("jiwon", Role::Operator, Scope::All).await;
    let base = stage.app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    let page = format!("{base}/servers/web-1/packages?view=updates");
    browser.driver.goto(&page).await.unwrap();
    browser.wait_until("the list", "return document.querySelector('#packages tbody') !== null").await;
    browser.all_is_well("the updates").await;
    browser.keep_picture("packages-updates").await;
    browser.look(Window::Phone, false).await;
    browser.all_is_well("the updates on a phone").await;
    browser.look(Window::Desk, false).await;

    browser.click("button[form=refresh-lists]").await;
    let ended = "return ['Done', 'Failed', 'Done, but not whole'].includes(document.querySelector('#run h2')?.textContent.trim())";
    browser.wait_until("its end", ended).await;
    assert_eq!(browser.text("#run h2").await.trim(), "Done", "{}", browser.text("#run").await);

    browser.driver.goto(&page).await.unwrap();
    // The list alone offers it: while it is awaited, a table without anything stands there.
    let offer = "return document.querySelector(\"a[href$='only_security=true']\") !== null";
    browser.wait_until("the offer", offer).await;
    browser.click("a[href$='only_security=true']").await;
    let button = "return document.querySelector('#plan button[type=submit]')?.textContent.includes('Update 1 package')";
    browser.wait_until("the plan", button).await;
    assert!(browser.text("#plan").await.contains("kept"), "{}", browser.text("#plan").await);
    browser.all_is_well("the plan").await;
    browser.click("#plan button[type=submit]").await;
    browser.wait_until("its end", ended).await;
    assert_eq!(browser.text("#run h2").await.trim(), "Done", "{}", browser.text("#run").await);
    assert_eq!(system.run("rpm -q kept probe"), "kept-1.1-1.noarch\nprobe-1.0-1.noarch\n");
    browser.quit().await;
    stage.leave().await;
}
