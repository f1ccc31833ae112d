//! The page, as a person uses it without any script.

use std::os::unix::ffi::OsStrExt;

use hannun::commands::Acting;
use hannun::commands::files::SetFileMode;
use hannun::commands::script::Privilege;
use hannun::remote::Endpoint;

use super::{files, path};
use crate::harness::known;

#[actix_web::test]
async fn a_directory_is_shown_sorted_and_a_file_is_opened_edited_and_deleted() {
    let test = "a_directory_is_shown_sorted_and_a_file_is_opened_edited_and_deleted";
    let Some(files) = files(test).await else { return };
    let file = files.file("motd", b"hello\nworld\n");
    files.file("<img src=x onerror=alert(1)>", b"");
    let operator = files.app.operator().await;
    // The first answer waits for a whole connection; the page would ask again.
    files.entries().await;
    let folder = path(&files.folder).to_url();
    let page = operator.get(&format!("/servers/web-1/files?path={folder}&open=motd")).await.ok();
    assert_eq!(page.heading(), "Files web-1");
    assert_eq!(page.texts("#dir-rows .file-name"), ["<img src=x onerror=alert(1)>", "motd"]);
    assert_eq!(page.text(".drawer pre"), "hello world");
    let editor = page.attribute(".drawer a[href*='/editor']", "href").unwrap();
    let page = operator.get(&editor).await.ok();
    let mut form = page.form("form.file-editor");
    form.iter_mut().find(|(name, _)| name == "text").unwrap().1 = "hello\r\nthere\r\n".to_owned();
    let fields = |form: &[(String, String)]| -> Vec<(String, String)> { form.to_vec() };
    let post = async |path: &str, form: Vec<(String, String)>| {
        operator.post(path, form.iter().map(|(name, value)| (name.as_str(), value.as_str()))).await
    };
    let page = post("/servers/web-1/files/edits", fields(&form)).await.ok();
    assert_eq!(page.texts(".diff p"), ["hello", "- world", "+ there"]);
    assert_eq!(std::fs::read(&file).unwrap(), b"hello\nworld\n", "nothing is saved before it was confirmed");
    form.push(("confirmed".to_owned(), "on".to_owned()));
    post("/servers/web-1/files/edits", form.clone())
        .await
        .leads_to(&format!("/servers/web-1/files?path={folder}&open=motd"));
    assert_eq!(std::fs::read(&file).unwrap(), b"hello\nthere\n");
    // The same again is an edit of what is no longer there.
    assert_eq!(post("/servers/web-1/files/edits", form).await.status.as_u16(), 409);
    let page = operator.get(&format!("/servers/web-1/files?path={folder}&open=motd")).await.ok();
    post("/servers/web-1/files/deletions", page.form("#delete form"))
        .await
        .leads_to(&format!("/servers/web-1/files?path={folder}"));
    assert!(!file.exists());
}

#[actix_web::test]
async fn a_viewer_is_told_what_is_missing_and_a_directory_that_is_not_there_is_a_failure() {
    let test = "a_viewer_is_told_what_is_missing_and_a_directory_that_is_not_there_is_a_failure";
    let Some(files) = files(test).await else { return };
    files.entries().await;
    let page = files.app.viewer().await.get("/servers/web-1/files?path=/").await.ok();
    assert!(page.text(".notice").contains("read files and logs"), "{}", page.text(".notice"));
    assert!(!page.has("#dir-rows") && !page.has("dialog#upload"));
    let page = files.app.operator().await.get("/servers/web-1/files?path=/not/there").await.ok();
    assert!(page.text(".fail").contains("exited with"), "{}", page.text(".fail"));
    assert!(page.text(".fail pre").contains("not/there"));
}

#[actix_web::test]
async fn sec_f01_the_dialog_to_rename_holds_the_name_itself_or_none() {
    let Some(files) = files("sec_f01_the_dialog_to_rename_holds_the_name_itself_or_none").await else { return };
    files.entries().await;
    let operator = files.app.operator().await;
    let folder = path(&files.folder).to_url();
    for (name, offered) in [(&b"a\\b"[..], "a\\b"), (b"\"><img src=x>", "\"><img src=x>"), (b"a\nb", ""), (b"\xff", "")]
    {
        let file = files.file(std::ffi::OsStr::from_bytes(name), b"");
        let open = path(&file).to_url();
        let open = open.rsplit('/').next().unwrap();
        let page = operator.get(&format!("/servers/web-1/files?path={folder}&open={open}")).await.ok();
        assert_eq!(page.attribute("#rename input[name=name]", "value").as_deref(), Some(offered), "{open}");
    }
}

#[actix_web::test]
async fn a_page_beyond_the_last_is_empty_and_one_before_1970_is_not() {
    let Some(files) = files("a_page_beyond_the_last_is_empty_and_one_before_1970_is_not").await else { return };
    let file = files.file("old", b"");
    let old = std::time::SystemTime::UNIX_EPOCH - std::time::Duration::from_millis(1500);
    std::fs::File::open(&file).unwrap().set_modified(old).unwrap();
    // What was listed is what stat knows: a change of it is taken.
    let entry = files.entries().await.remove(0);
    assert_eq!(entry.seen, files.seen(&file).await);
    let mode = SetFileMode { path: path(&file), seen: entry.seen, mode: 0o600, acting: Acting::User };
    files.operable().await.change(mode).await.unwrap();
    let operator = files.app.operator().await;
    let url = format!("/servers/web-1/files?path={}", path(&files.folder).to_url());
    let page = operator.get(&url).await.ok();
    assert_eq!(page.texts("#dir-rows .file-name"), ["old"]);
    assert_eq!(page.texts("#dir-rows td.nowrap")[0], "31 Dec 1969");
    let page = operator.get(&format!("{url}&from={}", usize::MAX)).await.ok();
    assert!(!page.has("#dir-rows .file-name"));
}

#[actix_web::test]
async fn a_new_file_is_made_empty_and_opened_in_the_editor_and_one_that_exists_stays() {
    let test = "a_new_file_is_made_empty_and_opened_in_the_editor_and_one_that_exists_stays";
    let Some(files) = files(test).await else { return };
    files.entries().await;
    let operator = files.app.operator().await;
    let folder = path(&files.folder).to_url();
    let page = operator.get(&format!("/servers/web-1/files?path={folder}")).await.ok();
    let mut form = page.form("#new-file form");
    form.iter_mut().find(|(name, _)| name == "name").unwrap().1 = "a b.conf".to_owned();
    let fields = || form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let made = operator.post("/servers/web-1/files/texts", fields()).await;
    made.leads_to(&format!("/servers/web-1/files/editor?path={folder}/a%20b.conf"));
    let page = operator.get(&format!("/servers/web-1/files/editor?path={folder}/a%20b.conf")).await.ok();
    assert!(page.has("form.file-editor textarea"));
    std::fs::write(files.folder.join("a b.conf"), "kept").unwrap();
    assert_eq!(operator.post("/servers/web-1/files/texts", fields()).await.status, 409);
    assert_eq!(std::fs::read(files.folder.join("a b.conf")).unwrap(), b"kept");
}

#[actix_web::test]
async fn opening_as_root_is_offered_where_a_command_failed_and_not_where_the_server_is_away() {
    let test = "opening_as_root_is_offered_where_a_command_failed_and_not_where_the_server_is_away";
    let Some(files) = files(test).await else { return };
    files.entries().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let gone = Endpoint { port: closed, privilege: Privilege::Sudo, ..files.sshd.endpoint() };
    known::add(&files.app, "gone", &gone).await;
    let operator = files.app.operator().await;
    let missing = operator.get("/servers/web-1/files?path=/not/there").await.ok();
    assert_eq!(missing.text(".fail + p"), "Open as root");
    // The page asks for itself again, and waits longer then.
    let away = operator.hx().get("/servers/gone/files?path=/").await.ok();
    assert!(away.has(".fail") && !away.has(".fail + p"), "{}", away.text(".fail"));
}

#[actix_web::test]
async fn what_is_no_file_to_read_is_told_so_and_not_as_something_that_was_changed() {
    let test = "what_is_no_file_to_read_is_told_so_and_not_as_something_that_was_changed";
    let Some(files) = files(test).await else { return };
    files.entries().await;
    files.file("bytes", b"\xff\xfe");
    let operator = files.app.operator().await;
    let folder = path(&files.folder).to_url();
    for (url, why) in [
        (format!("/servers/web-1/files/content?path={folder}"), "This is not a file with content"),
        (format!("/servers/web-1/files/editor?path={folder}"), "This is not a file with content"),
        (format!("/servers/web-1/files/editor?path={folder}/bytes"), "Only texts in UTF-8"),
    ] {
        let page = operator.get(&url).await.with_status(409);
        assert_eq!(page.heading(), "Not possible with this file", "{url}");
        assert!(page.text("main").contains(why), "{url}: {}", page.text("main"));
    }
}

#[actix_web::test]
async fn what_deleting_a_directory_runs_and_how_long_a_file_is_are_said_once() {
    let Some(files) = files("what_deleting_a_directory_runs_and_how_long_a_file_is_are_said_once").await else {
        return;
    };
    files.entries().await;
    std::fs::create_dir(files.folder.join("sub")).unwrap();
    files.file("small", b"0123456789");
    files.file("large", &[b'x'; 2048]);
    let operator = files.app.operator().await;
    let folder = path(&files.folder).to_url();
    let open = async |name: &str| operator.get(&format!("/servers/web-1/files?path={folder}&open={name}")).await.ok();
    let sub = open("sub").await;
    assert!(sub.text("#delete .when-empty").starts_with("rmdir /"));
    assert!(sub.text("#delete .when-full").starts_with("rm -r --one-file-system /"));
    assert_eq!(sub.text("#delete h2"), "Delete sub, web-1");
    assert!(open("small").await.texts(".drawer dd").contains(&"10 B".to_owned()));
    assert!(open("large").await.texts(".drawer dd").contains(&"2 KiB (2048 B)".to_owned()));
}
