//! Reading whole systems: a journal, log files of every kind, records.

use hannun::commands::logins::SourceState;
use hannun::models::login_events::LoginOutcome;
use hannun::remote::Endpoint;

use super::{knock, logins, read, reading};
use crate::harness::app::TestApp;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

/// What a user could type to be taken for somebody else.
const LIE: &str = " from 192.0.2.1 port 22 ssh2";

/// The clock of a host that is real.
async fn app() -> TestApp {
    let app = TestApp::start().await;
    app.catch_up();
    app
}

#[actix_web::test]
async fn sec_x06_a_debian_s_journal_tells_who_came_and_cannot_be_lied_to() {
    let test = "sec_x06_a_debian_s_journal_tells_who_came_and_cannot_be_lied_to";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let app = app().await;
    let server = known::add(&app, "web-1", &system.root()).await;
    for name in [LIE, "two words"] {
        knock(&system.address, 22, name);
    }
    system.run("logger -t sshd -p auth.info 'Accepted password for root from 192.0.2.7 port 22 ssh2'");
    system.run("su plain -s /bin/sh -c \"logger -t sshd -p auth.info 'Accepted password for root from 192.0.2.8 port 22 ssh2'\"");
    read(&app, &server).await;
    let events = logins(&app, server.id).await;
    let failed: Vec<&str> = events
        .iter()
        .filter(|event| event.outcome == LoginOutcome::Failed)
        .map(|event| event.user_name.as_str())
        .collect();
    assert_eq!(failed, [LIE, "two words"]);
    let lied_about = |event: &&hannun::models::login_events::LoginEvent| {
        event.address.is_none_or(|address| address.0.to_string().starts_with("192.0.2."))
    };
    assert_eq!(events.iter().find(lied_about), None);
    let own = events.iter().find(|event| event.outcome == LoginOutcome::Accepted).expect("hannun itself came");
    assert!(own.is_ours && own.user_name == "root" && own.method == "publickey" && !own.is_over, "{own:?}");
    let place = reading(&app, server.id).await.place.0;
    assert_eq!((place.source("journal"), place.source("file")), (SourceState::Read, SourceState::Unneeded));

    // Read again and again, it stays one event each; what is new is added.
    let before = events.len();
    knock(&system.address, 22, "later");
    read(&app, &server).await;
    read(&app, &server).await;
    let events = logins(&app, server.id).await;
    assert_eq!((events.len(), events.last().unwrap().user_name.as_str()), (before + 1, "later"));
}

#[actix_web::test]
async fn where_only_root_may_read_the_logs_that_is_said() {
    let test = "where_only_root_may_read_the_logs_that_is_said";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let app = app().await;
    let server = known::add(&app, "web-1", &system.plain()).await;
    read(&app, &server).await;
    let place = reading(&app, server.id).await.place.0;
    assert!(place.is_denied(), "{place:?}");
    let page = app.viewer().await.get("/servers/web-1/logins").await.ok();
    assert!(page.text("#logins .notice").contains("Only root may read the logs"), "{}", page.text("#logins"));
    // In its groups it may.
    system.run("usermod -a -G adm,systemd-journal plain");
    app.app.hosts.pool().close_all().await;
    read(&app, &server).await;
    assert!(!reading(&app, server.id).await.place.0.is_denied());
}

/// What rsyslog writes on an EL, about somebody who comes twice; with a file that was put away and one that was packed.
const SECURE: &str = "\
    y=$(date -d '-10 minutes' '+%b %e %H:%M'); o=$(date -d '-2 days' '+%b %e %H:%M'); \
    echo \"$o:01 el9 sshd[71]: Accepted password for ops from 203.0.113.9 port 40 ssh2\" | gzip >/var/log/secure-1.gz; \
    touch -d '-2 days' /var/log/secure-1.gz; \
    echo \"$o:30 el9 sshd[71]: pam_unix(sshd:session): session closed for user ops\" >/var/log/secure.1; \
    touch -d '-1 day' /var/log/secure.1; \
    { echo \"$y:01 el9 sshd[81]: Invalid user x from 203.0.113.5 port 41\"; \
      echo \"$y:03 el9 sshd[81]: Failed password for invalid user x from 203.0.113.5 port 41 ssh2\"; \
      printf 'binary \\000\\001\\377 rubbish\\n'; \
      echo \"$y:04 el9 sudo[9]: sshd[81]: Accepted password for root from 192.0.2.1 port 22 ssh2\"; \
      echo \"$y:05 el9 sshd[82]: Failed password for root from 203.0.113.5 port 42 ssh2\"; } >/var/log/secure; \
    systemctl stop systemd-journald.socket systemd-journald-dev-log.socket systemd-journald-audit.socket systemd-journald 2>/dev/null; \
    rm -rf /run/log/journal /var/log/journal";

#[actix_web::test]
async fn an_rpm_system_s_secure_is_read_with_what_was_put_away_and_packed() {
    let test = "an_rpm_system_s_secure_is_read_with_what_was_put_away_and_packed";
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    let app = app().await;
    system.run(SECURE);
    let server = known::add(&app, "el-1", &system.root()).await;
    for _ in 0..3 {
        read(&app, &server).await;
    }
    let events = logins(&app, server.id).await;
    let told: Vec<_> = events
        .iter()
        .filter(|event| event.address.is_some_and(|address| address.0.to_string().starts_with("203.0.113.")))
        .map(|event| (event.user_name.as_str(), event.port, event.lasted().map(|lasted| lasted.num_seconds())))
        .collect();
    assert_eq!(told, [("ops", Some(40), Some(29)), ("x", Some(41), None), ("root", Some(42), None)]);
    assert!(!events.iter().any(|event| event.address.is_some_and(|address| address.0.to_string() == "192.0.2.1")));
    let place = reading(&app, server.id).await.place.0;
    assert!(place.is_whole && place.source("file") == SourceState::Read, "{place:?}");
    // It goes on, over a rotation.
    system.run(
        "n=$(date '+%b %e %H:%M:%S'); echo \"$n el9 sshd[90]: Failed password for root from 203.0.113.6 port 50 ssh2\" >>/var/log/secure; \
         mv /var/log/secure.1 /var/log/secure.2; mv /var/log/secure /var/log/secure.1; \
         echo \"$n el9 sshd[91]: Failed password for root from 203.0.113.6 port 51 ssh2\" >/var/log/secure",
    );
    read(&app, &server).await;
    let ports: Vec<_> = logins(&app, server.id)
        .await
        .iter()
        .filter_map(|event| event.port)
        .filter(|port| (50..60).contains(port))
        .collect();
    assert_eq!(ports, [50, 51]);
}

#[actix_web::test]
async fn a_busybox_s_messages_are_read() {
    let test = "a_busybox_s_messages_are_read";
    let Some(system) = TestHost::start(Kind::BusyBox, test) else { return };
    let app = app().await;
    // Its own sshd writes to the console.
    system.run(
        "/usr/sbin/sshd -p 2222; n=0; until grep -q ':08AE .* 0A ' /proc/net/tcp; do n=$((n + 1)); [ $n -lt 100 ] || exit 1; sleep 0.1; done",
    );
    knock(&system.address, 2222, LIE);
    let server = known::add(&app, "small-1", &Endpoint { port: 2222, ..system.root() }).await;
    // It is there once its own connection is told.
    read(&app, &server).await;
    read(&app, &server).await;
    let events = logins(&app, server.id).await;
    let told: Vec<_> = events.iter().map(|event| (event.user_name.as_str(), event.outcome, event.is_ours)).collect();
    assert!(told.contains(&(LIE, LoginOutcome::Failed, false)), "{told:?}");
    assert!(told.contains(&("root", LoginOutcome::Accepted, true)), "{told:?}");
}

#[actix_web::test]
async fn a_btmp_of_a_gigabyte_is_read_from_its_end() {
    let test = "a_btmp_of_a_gigabyte_is_read_from_its_end";
    let Some(system) = TestHost::start(Kind::Coreutils, test) else { return };
    let app = app().await;
    // A hole, and one record at its end: type 6, pid 7, ssh:notty, root, 203.0.113.9, now.
    system.run(
        "rm -f /var/log/auth.log /var/log/secure /var/log/messages; now=$(printf '%08x' \"$(date +%s)\"); \
         le=$(echo \"$now\" | sed 's/\\(..\\)\\(..\\)\\(..\\)\\(..\\)/\\\\x\\4\\\\x\\3\\\\x\\2\\\\x\\1/'); \
         truncate -s $((384 * 2796202)) /var/log/btmp; \
         { printf '\\006\\000\\000\\000\\007\\000\\000\\000ssh:notty'; head -c 27 /dev/zero; printf 'root'; head -c 28 /dev/zero; \
           printf '203.0.113.9'; head -c 253 /dev/zero; /usr/bin/printf \"$le\"; head -c 40 /dev/zero; } >>/var/log/btmp; \
         test $(( $(stat -c %s /var/log/btmp) % 384 )) = 0; chmod 600 /var/log/btmp",
    );
    let server = known::add(&app, "old-1", &system.root()).await;
    read(&app, &server).await;
    let events = logins(&app, server.id).await;
    let told: Vec<_> = events.iter().map(|event| (event.user_name.as_str(), event.outcome)).collect();
    assert_eq!(told, [("root", LoginOutcome::Failed)]);
    assert_eq!(reading(&app, server.id).await.place.0.source("btmp"), SourceState::Read);
}
