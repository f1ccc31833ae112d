//! Files by the API: a program lists, reads, writes and deletes, and is told where something is another file now.

use std::os::unix::fs::MetadataExt;

use actix_web::http::Method;
use hannun::models::actor::Role;
use serde_json::Value;

use super::{Files, files, path};
use crate::api::program::{Program, program};
use crate::harness::client::Reply;

async fn ask(
    files: &Files,
    program: &Program,
    method: Method,
    url: &str,
    condition: Option<(&'static str, &str)>,
    body: &'static [u8],
) -> Reply {
    let bearer = format!("Bearer {}", program.token());
    let browser = files.app.browser();
    let mut ask = browser.ask(method, url).header("Authorization", &bearer);
    if let Some((name, value)) = condition {
        ask = ask.header(name, value);
    }
    ask.body("application/octet-stream", body).send().await
}

fn etag(reply: &Reply) -> String {
    reply.header("etag").unwrap().to_owned()
}

#[actix_web::test]
async fn sec_x06_a_program_writes_and_deletes_what_it_saw_and_nothing_else() {
    let Some(files) = files("sec_x06_a_program_writes_and_deletes_what_it_saw_and_nothing_else").await else { return };
    let program = program(&files.app, Role::Operator).await;
    let place = path(&files.folder.join("a %\u{e9}")).to_url();
    let url = format!("/api/v1/servers/web-1/files/content?path={place}");
    let put = async |condition, body| ask(&files, &program, Method::PUT, &url, condition, body).await;
    assert_eq!(put(None, b"one").await.status, 400);
    let made = put(Some(("If-None-Match", "*")), b"one").await;
    assert_eq!((made.status.as_u16(), std::fs::read(files.folder.join("a %\u{e9}")).unwrap()), (204, b"one".to_vec()));
    assert_eq!(put(Some(("If-None-Match", "*")), b"two").await.status, 409);
    let first = etag(&made);
    let replaced = put(Some(("If-Match", &first)), b"three").await;
    assert_eq!(replaced.status, 204);
    assert_eq!(put(Some(("If-Match", &first)), b"four").await.status, 409, "it is another file now");
    let read = ask(&files, &program, Method::GET, &url, None, b"").await;
    assert_eq!((read.body.as_str(), etag(&read)), ("three", etag(&replaced)));
    assert_eq!(ask(&files, &program, Method::DELETE, &url, Some(("If-Match", &first)), b"").await.status, 409);
    assert_eq!(ask(&files, &program, Method::DELETE, &url, Some(("If-Match", &etag(&read))), b"").await.status, 204);
    assert_eq!(std::fs::read_dir(&files.folder).unwrap().count(), 0);
}

#[actix_web::test]
async fn a_program_lists_a_directory_page_by_page_and_changes_what_is_in_it() {
    let test = "a_program_lists_a_directory_page_by_page_and_changes_what_is_in_it";
    let Some(files) = files(test).await else { return };
    let program = program(&files.app, Role::Operator).await;
    for name in ["a", "b", "c"] {
        files.file(name, name.as_bytes());
    }
    let (base, folder) = ("/api/v1/servers/web-1/files", path(&files.folder).to_url());
    let mut names = Vec::new();
    let mut url = format!("{base}?path={folder}&limit=2");
    let first = loop {
        let page: Value = program.get(&url).await.status(200);
        names.extend(page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => url = format!("{base}?path={folder}&limit=2&cursor={next}"),
            None => break page["items"][0].clone(),
        }
    };
    assert_eq!(names, ["a", "b", "c"]);
    let attributes = serde_json::json!({ "path": first["path"], "seen": first["etag"], "mode": "0600" });
    program.post(&format!("{base}/attributes"), attributes.clone()).await.status(204);
    assert_eq!(program.post(&format!("{base}/attributes"), attributes).await.problem(409), "conflict");
    let made = serde_json::json!({ "path": format!("{folder}/made") });
    program.post(&format!("{base}/directories"), made.clone()).await.status(201);
    assert_eq!(program.post(&format!("{base}/directories"), made).await.problem(409), "conflict");
    let list = program.get(&format!("{base}?path={folder}&q=made")).await.status(200);
    let deletion =
        serde_json::json!({ "path": list["items"][0]["path"], "seen": list["items"][0]["etag"], "with_content": true });
    program.post(&format!("{base}/deletions"), deletion).await.status(204);
    assert!(!files.folder.join("made").exists());
    let missing = program.get(&format!("{base}?path=/not/there")).await.status(502);
    assert_eq!(missing["command_type"], "list_directory");
}

#[actix_web::test]
async fn sec_f02_the_root_is_neither_deleted_nor_moved_nor_changed_however_it_is_written() {
    let test = "sec_f02_the_root_is_neither_deleted_nor_moved_nor_changed_however_it_is_written";
    let Some(files) = files(test).await else { return };
    let program = program(&files.app, Role::Operator).await;
    let (base, seen) = ("/api/v1/servers/web-1/files", "1:1:1:1");
    for root in ["/", "//", "/.", "/..", "/etc/..", "/etc/../../.", "%2F", "/%2e%2e", "/etc%2F.."] {
        for (what, body) in [
            ("directories", serde_json::json!({ "path": root })),
            ("moves", serde_json::json!({ "path": root, "seen": seen, "to": "/a" })),
            ("moves", serde_json::json!({ "path": "/a", "seen": seen, "to": root })),
            ("deletions", serde_json::json!({ "path": root, "seen": seen, "with_content": true })),
            ("attributes", serde_json::json!({ "path": root, "seen": seen, "mode": "0000" })),
        ] {
            let refused = program.post(&format!("{base}/{what}"), body).await.status(422);
            assert!(refused.to_string().contains("The root itself is not changed here"), "{what} {root}: {refused}");
        }
        let url = format!("{base}/content?path={root}");
        for method in [Method::PUT, Method::DELETE] {
            let reply = ask(&files, &program, method.clone(), &url, Some(("If-Match", seen)), b"").await;
            assert_eq!(reply.status, 422, "{method} {root}");
        }
    }
}

#[actix_web::test]
async fn sec_x06_mode_and_owner_are_both_set_or_it_is_said_which_was_not() {
    let test = "sec_x06_mode_and_owner_are_both_set_or_it_is_said_which_was_not";
    let Some(files) = files(test).await else { return };
    let program = program(&files.app, Role::Operator).await;
    let file = files.file("a", b"a");
    std::os::unix::fs::symlink("a", files.folder.join("link")).unwrap();
    let set = async |name: &str, more: Value| {
        let file = files.folder.join(name);
        let mut body = serde_json::json!({ "path": path(&file).to_url(), "seen": files.seen(&file).await.to_string() });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        program.post("/api/v1/servers/web-1/files/attributes", body).await
    };
    let owner = |name: &str| file.parent().unwrap().join(name).symlink_metadata().unwrap().uid();
    assert!(set("a", serde_json::json!({})).await.status(422).to_string().contains("a mode, an owner or both"));
    let both = serde_json::json!({ "mode": "4711", "owner": "root:root", "as": "root" });
    assert_eq!(set("link", both.clone()).await.problem(409), "conflict");
    assert_eq!((owner("link"), owner("a")), (0, 52_000), "neither the link nor what it leads to");
    set("a", both).await.status(204);
    let now = file.metadata().unwrap();
    assert_eq!((now.mode() & 0o7777, now.uid()), (0o4711, 0), "the owner first: it takes bits away");
}
