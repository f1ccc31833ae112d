//! The same on systems with other tools: an RPM system (a stand-in: Debian with rpm and dnf that says it is an EL), and BusyBox.

use serde_json::json;

use super::{Stage, open};
use crate::harness::hosts::{Kind, TestHost};

/// What a system lacks of the user `deploy`.
const SETUP: &str = "
    id deploy >/dev/null 2>&1 || {
        echo 'deploy:x:1000:1000::/home/deploy:/bin/sh' >>/etc/passwd
        echo 'deploy:*:19000:0:99999:7:::' >>/etc/shadow
        mkdir -p /home/deploy/.ssh && cp /root/.ssh/authorized_keys /home/deploy/.ssh && chown -R deploy /home/deploy
    }";

async fn a_terminal_works_on(kind: Kind, test: &str) {
    let Some(system) = TestHost::start(kind, test) else { return };
    system.run(SETUP);
    let stage = Stage::at(&system.deploy(), system).await;
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.type_in("PS1='> '; echo re''ady\r").await;
    looker.until("ready\r\n").await;
    for (columns, rows) in [(132, 43), (61, 17)] {
        looker.socket.say(&json!({ "columns": columns, "rows": rows }).to_string()).await;
        looker.type_in("stty size\r").await;
        looker.until(&format!("{rows} {columns}\r\n")).await;
    }
    // What is typed in Korean arrives as it was typed: once it is echoed, once it is answered.
    looker.type_in("echo no''w; cat\r").await;
    looker.until("now\r\n").await;
    looker.type_in("안녕 하세요\r").await;
    looker.until("안녕 하세요\r\n안녕 하세요\r\n").await;
    looker.type_in("\u{4}").await;
    // Ctrl C ends what runs, and not the shell.
    looker.type_in("sh -c 'echo sl\"\"eeps; exec sleep 300'; echo ne''ver\r").await;
    looker.until("sleeps\r\n").await;
    looker.type_in("\u{3}").await;
    looker.until("^C").await;
    looker.type_in("echo go''es on\r").await;
    looker.until("goes on\r\n").await;
    assert!(!looker.text().contains("never\r"), "{}", looker.text());
    looker.type_in("exit 7\r").await;
    assert_eq!(looker.end().await, ("The shell ended with status 7".to_owned(), 4000));
    assert_eq!(stage.row(shell.id).await.run_as, "deploy");
}

#[actix_web::test]
async fn a_terminal_on_an_rpm_system_has_size_korean_interrupts_and_a_status() {
    let test = "a_terminal_on_an_rpm_system_has_size_korean_interrupts_and_a_status";
    a_terminal_works_on(Kind::Rpm, test).await;
}

#[actix_web::test]
async fn a_terminal_on_busybox_has_size_korean_interrupts_and_a_status() {
    let test = "a_terminal_on_busybox_has_size_korean_interrupts_and_a_status";
    a_terminal_works_on(Kind::BusyBox, test).await;
}
