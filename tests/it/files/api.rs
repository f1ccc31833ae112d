//! Files by the API: a program lists, reads, writes and deletes, and is told where something is another file now.

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
