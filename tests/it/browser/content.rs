//! F04: what a file of a server holds, and what it is called, never runs in a browser that shows or saves it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;

use super::hostile::Canary;
use super::set_up;
use crate::harness::browser::{Browser, Window};
use crate::harness::running::Running;

/// Files that would do something, were they more than bytes, by their names.
fn hostile(canary: &Canary) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let here = format!("http://127.0.0.1:{}", canary.port);
    let script = format!("document.title='ran';alert(1);fetch('{here}/s');new Image().src='{here}/i'");
    let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' onload=\"{script}\"><script>{script}</script></svg>");
    let html = format!("<!doctype html><body onload=\"{script}\"><script>{script}</script><img src='{here}/h'>");
    let pdf = format!("%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS({script})>>>>endobj");
    let files: [(&[u8], &str); 9] = [
        (b"evil.svg", &svg),
        (b"evil.html", &html),
        (b"evil.xhtml", &html),
        (b"evil.pdf", &pdf),
        (b"no-ending", &html),
        (b"<img src=x onerror=alert(1)>.html", &html),
        (b"a\r\nX-Evil: 1\r\nContent-Type: text%2Fhtml\r\n\r\n\".svg", &svg),
        (b"x\"; filename=\"y.html", &html),
        (b"\xff\xfe.svg", &svg),
    ];
    files.map(|(name, content)| (name.to_vec(), content.as_bytes().to_vec())).into()
}

fn encoded(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}%{byte:02x}"))
}

/// What lies in the folder of downloads, once there are so many and none is still coming.
fn saved(folder: &Path, wanted: usize) -> Vec<(String, Vec<u8>)> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        // One that is renamed between the two is found under its last name in the next round.
        let found: Vec<_> =
            found.filter_map(|path| Some((path.to_string_lossy().into_owned(), std::fs::read(path).ok()?))).collect();
        let comes = |name: &str| name.ends_with(".crdownload") || name.contains(".org.chromium.");
        if found.len() >= wanted && !found.iter().any(|(name, content)| comes(name) || content.is_empty()) {
            return found;
        }
        assert!(Instant::now() < end, "{wanted} were wanted: {:?}", found.iter().map(|one| &one.0).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn sec_f04_a_hostile_file_is_shown_as_text_and_saved_as_it_is_and_runs_nowhere() {
    let test = "sec_f04_a_hostile_file_is_shown_as_text_and_saved_as_it_is_and_runs_nowhere";
    let (Some(hannun), Some(browser)) = (Running::demo(test), Browser::start(test).await) else { return };
    let (folder, downloads, canary) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Canary::start().await);
    let files = hostile(&canary);
    for (name, content) in &files {
        std::fs::write(folder.path().join(OsStr::from_bytes(name)), content).unwrap();
    }
    browser.look(Window::Desk, false).await;
    set_up(&browser, &hannun).await;
    let save = json!({ "behavior": "allow", "downloadPath": downloads.path() });
    browser.cdp("Browser.setDownloadBehavior", save).await;
    let base = format!("{}/servers/this-machine/files", hannun.origin);
    let place = format!("{base}?path={}", folder.path().display());
    browser.driver.goto(&place).await.unwrap();
    let listed = format!("return document.querySelectorAll('#dir-rows .key').length === {}", files.len());
    browser.wait_until("the directory", &listed).await;
    browser.driver.execute("window.here = true", vec![]).await.unwrap();

    // To the address itself, as from a link that somebody was sent: it is saved, and the page stays.
    for (count, (name, content)) in files.iter().enumerate() {
        let path = encoded(folder.path().join(OsStr::from_bytes(name)).as_os_str().as_bytes());
        let address = format!("{base}/content?path={path}");
        let go = format!("location.href = '{address}'");
        browser.driver.execute(&go, vec![]).await.unwrap();
        let found = saved(downloads.path(), count + 1);
        assert!(found.iter().any(|(_, saved)| saved == content), "{}", String::from_utf8_lossy(name));
        let stays = "return window.here === true && location.pathname.endsWith('/files')";
        browser.wait_until("the page that was there", stays).await;
        // Nor is it a document in a frame, a picture, a script or a style sheet of ours.
        let embedded = format!(
            "const done = arguments[0], found = [];
             const add = (tag, set) => new Promise((resolve) => {{
                 const one = Object.assign(document.createElement(tag), set);
                 one.onload = () => {{ found.push(tag + ' loaded'); resolve(); }};
                 one.onerror = resolve;
                 document.body.append(one);
             }});
             Promise.all([add('img', {{ src: '{address}' }}), add('script', {{ src: '{address}' }}),
                 add('link', {{ rel: 'stylesheet', href: '{address}' }})])
                 .then(() => fetch('{address}'))
                 .then((answer) => {{ const head = (name) => answer.headers.get(name);
                     done([found, head('content-type'), head('content-security-policy'), head('x-content-type-options'),
                         head('x-evil'), head('content-disposition').startsWith('attachment')]); }});"
        );
        let told = browser.driver.execute_async(&embedded, vec![]).await.unwrap();
        let expected = json!([[], "application/octet-stream", "default-src 'none'; sandbox", "nosniff", null, true]);
        assert_eq!(told.json(), &expected, "{}", String::from_utf8_lossy(name));
    }
    let names: Vec<String> = saved(downloads.path(), files.len()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), files.len(), "one each, and nothing else: {names:?}");

    // Opened on the page, each is the text that it is.
    for (name, content) in &files {
        browser.driver.goto(&format!("{place}&open={}", encoded(name))).await.unwrap();
        let there = "return !!document.querySelector('.drawer pre')";
        browser.wait_within(Duration::from_secs(20), "its text", there).await;
        let shown =
            browser.driver.execute("return document.querySelector('.drawer pre').textContent", vec![]).await.unwrap();
        assert_eq!(shown.json(), &json!(String::from_utf8_lossy(content)), "{}", String::from_utf8_lossy(name));
        let inside = "return document.querySelectorAll('main pre *, main img, main script, main iframe, main object, main embed').length";
        assert_eq!(browser.driver.execute(inside, vec![]).await.unwrap().json(), 0);
        let title = browser.driver.title().await.unwrap();
        assert!(title.contains("this-machine") && !title.contains("ran"), "{title}");
        assert_eq!(browser.problems().await, Vec::<String>::new());
    }
    assert!(browser.driver.get_alert_text().await.is_err(), "a dialog was opened");
    assert_eq!(canary.asked.load(Ordering::SeqCst), 0, "somebody was asked for something");
    browser.quit().await;
}
