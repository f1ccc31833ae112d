//! What a managed server says, in every place where pages show it, in a real browser: it is text, and nothing is asked for
//! because of it (W05, W06, X04).

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hannun::error::RemoteError;
use hannun::language::Message;
use hannun::metrics::catalogue::Metric;
use hannun::models::actor::{Role, Scope};
use hannun::models::platforms::DetectedPlatform;
use hannun::models::server_states::ServerState;
use hannun::models::servers::Server;
use hannun::remote::Endpoint;
use tokio::net::TcpListener;

use super::people::sign_in;
use crate::faults::register;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::screens::measured;

/// A server that nobody should ever ask for anything.
pub(super) struct Canary {
    pub(super) port: u16,
    pub(super) asked: Arc<AtomicUsize>,
}

impl Canary {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, asked) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, asked }
    }

    /// The corpus of security.md, with addresses that lead here.
    fn corpus(&self) -> Vec<String> {
        let here = format!("//127.0.0.1:{}", self.port);
        vec![
            format!("<script src={here}/s></script><script>alert(1)</script>"),
            format!("\"><img src={here}/i onerror=alert(1)>"),
            "'-alert(1)-'".to_owned(),
            "javascript:alert(1)".to_owned(),
            format!("</textarea><svg onload=fetch('{here}/f')>"),
            "{{7*7}}".to_owned(),
            format!("<div hx-get={here}/g hx-trigger=load>"),
            "<button hx-post=/sign-out hx-trigger=load>".to_owned(),
            "<img hx-on::load=alert(1) src=/static/icons/icons.svg>".to_owned(),
            format!("<base href={here}/>"),
            format!("<meta http-equiv=refresh content=0;url={here}/>"),
            "\u{202e}gnp.exe".to_owned(),
            "line\u{2028}separator".to_owned(),
            "<".repeat(100_000),
        ]
    }
}

/// One text with everything in it, on one line, as wide columns allow.
fn all_in_one(corpus: &[String]) -> String {
    corpus.iter().filter(|text| text.len() < 1_000).cloned().collect::<Vec<_>>().join(" ")
}

fn platform(server: &Server, hostile: &str, now: chrono::DateTime<chrono::Utc>) -> DetectedPlatform {
    let text = || hostile.to_owned();
    DetectedPlatform {
        server_id: server.id,
        os: "linux".to_owned(),
        distro: text(),
        distro_like: vec![text()],
        version: text(),
        arch: text(),
        pretty_name: text(),
        kernel: text(),
        hostname: text(),
        capabilities: ["procps-ps", "df-output", "timeout"].map(str::to_owned).to_vec(),
        cores: Some(4),
        cpu_model: text(),
        memory_bytes: Some(8 << 30),
        boot_id: text(),
        booted_at: None,
        time_zone: text(),
        virtualisation: text(),
        detected_at: now,
    }
}

/// A server whose processes and file systems have these names.
async fn hostile_host(corpus: &[String]) -> FakeHost {
    let mut processes = "@clock\n100\n@uptime\n5032.90\n@ps\n".to_owned();
    for (index, text) in corpus.iter().enumerate() {
        let cpu = 90 - index;
        let (pid, user) = (100 + index, "<b>root</b>");
        writeln!(processes, "{pid:>7}       1 {user:<32} {cpu}.0  0.0  1700 S    {text}").unwrap();
    }
    let mut processes = processes.into_bytes();
    processes.extend_from_slice(b"     50       1 root                              95.0  0.0  1700 S    lone \xff\xfe bytes \x00\x1b]0;title\x07\n@stat\n");
    let (mut mounts, mut df) = ("@mounts\n".to_owned(), String::new());
    for (index, text) in corpus.iter().filter(|text| text.len() < 1_000).enumerate() {
        let mount = format!("/mnt/{index}/{}", text.replace(' ', "\\040"));
        writeln!(mounts, "/dev/{} {mount} ext4 rw 0 0", text.replace(' ', "\\040")).unwrap();
        writeln!(df, "270553174016 48364933120 49207816192 16777216 524163 /mnt/{index}/{text}").unwrap();
    }
    let filesystems = format!("{mounts}@df\n   1B-blocks        Used       Avail   Inodes  IUsed Mounted on\n{df}");
    let answer = |stdout: Vec<u8>| Act::Answer { stdout, stderr: Vec::new(), status: 0 };
    let manner =
        Manner::default().when("ps -ww", answer(processes)).when("echo @mounts", answer(filesystems.into_bytes()));
    FakeHost::start(manner).await
}

async fn server(app: &TestApp, name: &'static str) -> Server {
    app.app.db.run(move |connection| Server::by_name(connection, &Scope::All, name)).await.unwrap()
}

#[actix_web::test]
async fn sec_w05_w06_x04_nothing_that_a_server_says_runs_asks_or_hides_in_a_browser() {
    let test = "sec_w05_w06_x04_nothing_that_a_server_says_runs_asks_or_hides_in_a_browser";
    let Some(browser) = Browser::start(test).await else { return };
    let (app, canary) = (TestApp::start().await, Canary::start().await);
    let corpus = canary.corpus();
    let hostile = all_in_one(&corpus);
    let host = hostile_host(&corpus).await;
    let failing = FakeHost::start(Manner::default().when("", Act::answer("", &corpus.join("\n"), 7))).await;
    register(&app, "web-1", &host.endpoint(), 10).await;
    register(&app, "odd-1", &failing.endpoint(), 10).await;
    register(&app, "gone-1", &Endpoint { port: 1, ..host.endpoint() }, 10).await;
    let now = app.database.now();
    for name in ["web-1", "odd-1", "gone-1"] {
        let server = server(&app, name).await;
        let row = platform(&server, &hostile, now);
        let error = RemoteError::Unreachable { server: name.to_owned(), why: Message::heard(&hostile) };
        let found = move |connection: &mut hannun::db::Connection| {
            row.save(connection)?;
            match name {
                "gone-1" => ServerState::failed(connection, server.id, &error, now).map(drop),
                _ => ServerState::up(connection, server.id, now).map(drop),
            }
        };
        app.app.db.run(found).await.unwrap();
    }
    let web = server(&app, "web-1").await;
    for metric in [Metric::NetworkSent, Metric::DiskRead, Metric::FilesystemUsed] {
        for text in corpus.iter().filter(|text| text.len() < 100) {
            measured(&app, web.id, metric, text, (600, 0), 10.0).await;
        }
    }

    app.user("jiwon", Role::Administrator, Scope::All).await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    let admin = format!("/admin/servers/{}", web.id);
    let pages = [
        "/",
        "/?view=map",
        "/servers/web-1",
        "/servers/web-1/cpu",
        "/servers/web-1/memory",
        "/servers/web-1/disks",
        "/servers/odd-1",
        "/servers/gone-1",
        "/admin/servers",
        &admin,
        "/admin/audit-events",
    ];
    let mut seen = String::new();
    for page in pages {
        browser.driver.goto(format!("{base}{page}")).await.unwrap();
        browser.wait_until(page, "return document.readyState === 'complete'").await;
        if page == "/servers/web-1" || page == "/servers/odd-1" {
            let there = "return !!document.querySelector('#processes table, #processes .fail')";
            browser.wait_until("its processes", there).await;
        }
        // What hangs on a load event or a timer has had its time.
        browser.settle().await;
        assert_eq!(browser.problems().await, Vec::<String>::new(), "{page}");
        assert!(browser.driver.get_alert_text().await.is_err(), "{page} opens a dialog");
        assert_eq!(browser.path().await, page.split('?').next().unwrap(), "{page} leads elsewhere");
        let inside = "return document.querySelectorAll('main script, main img, main base, main meta, main iframe, main [hx-on], \
                      main [hx-get^=\"//\"], main svg[onload]').length";
        assert_eq!(browser.driver.execute(inside, vec![]).await.unwrap().json(), 0, "{page}");
        let text = browser.driver.execute("return document.querySelector('main').textContent", vec![]).await.unwrap();
        seen.push_str(text.json().as_str().unwrap());
    }
    assert_eq!(canary.asked.load(Ordering::SeqCst), 0, "somebody was asked for something");
    for text in &corpus {
        let shown = text.replace('\u{202e}', "⟨U+202E⟩").replace('\u{2028}', "⟨U+2028⟩");
        let shown: String = shown.chars().take(200).collect();
        assert!(seen.contains(&shown), "{shown} was not shown as it is");
    }
    let odd = seen.split("lone ").nth(1).expect("the bytes that are no text").chars().take(60).collect::<String>();
    assert!(odd.starts_with("\u{fffd}\u{fffd} bytes ␀␛]0;title␇"), "{odd:?}");
    assert!(!seen.contains('\u{1b}'), "a control character is not seen");
    browser.quit().await;
}
