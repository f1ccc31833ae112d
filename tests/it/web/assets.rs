//! Static files: what browsers may keep, and what we took from others (D05).

use std::path::Path;

use actix_web::http::Method;
use hannun::web::assets;
use sha2::{Digest, Sha256};

use crate::harness::app::TestApp;

#[test]
fn sec_d05_every_vendored_file_is_the_one_that_was_reviewed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static/vendor");
    let listed = std::fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    let mut known = Vec::new();
    for line in listed.lines() {
        let (sum, path) = line.split_once("  ").unwrap();
        assert_eq!(hex::encode(Sha256::digest(std::fs::read(folder.join(path)).unwrap())), sum, "{path}");
        known.push(path.to_owned());
    }
    let mut present: Vec<String> =
        assets::paths().filter_map(|path| path.strip_prefix("vendor/").map(str::to_owned)).collect();
    present.sort();
    known.sort();
    assert_eq!(present, known, "a file that nobody listed");
    for path in known {
        let library = path.split('/').next().unwrap();
        assert!(library.contains('-') && library.ends_with(|c: char| c.is_ascii_digit()), "{path}: name and version");
        assert!(folder.join(library).join("LICENSE").exists(), "{path}: licence");
    }
    assert!(folder.join("htmx-2.0.11/htmx.min.js").exists(), "htmx 2");
}

#[actix_web::test]
async fn a_file_that_the_browser_has_is_not_sent_again() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let url = assets::url("js/toast_note.js");
    let first = browser.get(&url).await;
    let tag = first.header("etag").unwrap().to_owned();
    let second = browser.ask(Method::GET, &url).header("If-None-Match", &tag).send().await;
    assert_eq!((second.status.as_u16(), second.body.as_str()), (304, ""));
    assert_eq!(browser.get("/static/../Cargo.toml").await.status, 404);
    assert_eq!(browser.get("/static/vendor/SHA256SUMS").await.status, 404);
    let packed = browser.ask(Method::GET, &url).header("Accept-Encoding", "br").send().await;
    assert_eq!(packed.header("content-encoding"), Some("br"));
}

#[actix_web::test]
async fn every_file_that_a_page_names_is_there() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    let body = viewer.get("/account").await.body;
    let mut named: Vec<&str> =
        body.split("=\"/static/").skip(1).filter_map(|rest| rest.split(['"', '#']).next()).collect();
    named.sort_unstable();
    named.dedup();
    assert!(named.len() >= 8, "{named:?}");
    for path in named {
        assert!(path.contains("?v="), "{path} has no hash");
        assert_eq!(viewer.get(&format!("/static/{path}")).await.status, 200, "{path}");
    }
}
