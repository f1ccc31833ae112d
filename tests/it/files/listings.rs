//! F03: what a server lists is bounded, and what is no file of a directory is left out and said to be.

use hannun::commands::Acting;
use hannun::commands::files::listing::MOST;
use hannun::commands::files::{ListDirectory, Listing};
use hannun::models::actor::Role;

use super::systems::{Scene, at};
use super::{files, path};
use crate::api::program::program;
use crate::harness::alone::{alone, forget_peak, peak, resident};
use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::hosts::Kind;
use crate::harness::known;
use crate::harness::page::Page;

/// A server that answers so to whoever asks for a directory.
async fn liar(act: Act) -> (TestApp, FakeHost) {
    let (app, host) = (TestApp::start().await, FakeHost::start(Manner::default().when("list() {", act)).await);
    known::add_with_platform(&app, "web-1", &host.endpoint(), ("linux", &["gnu-find"])).await;
    (app, host)
}

/// The directory as the page asks for it, with the time that a slow server needs.
async fn shown(operator: &Client) -> Page {
    operator.region("/servers/web-1/files?path=/srv", "files").await
}

/// `name` as the server's `find` would print it.
fn record(name: &str) -> String {
    format!("{name}/f/f/3/1700000000.1000000000/1700000000.1000000000/644/7/1/root/root/\0")
}

#[actix_web::test]
async fn sec_f03_what_leads_out_of_a_directory_is_left_out_counted_and_told() {
    let odd = ["../../x", "/etc/passwd", "a/b", "..", ".", ""];
    let answer = odd.into_iter().chain(["kept", "<img src=x onerror=alert(1)>"]).map(record).collect::<String>();
    let (app, _host) = liar(Act::answer(&format!("8\0{answer}"), "", 0)).await;
    let page = shown(&app.operator().await).await;
    assert_eq!(page.texts("#dir-rows .file-name"), ["kept", "<img src=x onerror=alert(1)>"]);
    let said = "6 entries are left out: what the server said of them is no file of this directory";
    assert_eq!(page.texts(".files .notice"), [said]);
    assert!(!page.text("#dir-rows").contains("passwd"), "{}", page.text("#dir-rows"));
    let listed = program(&app, Role::Operator).await.get("/api/v1/servers/web-1/files?path=/srv").await.status(200);
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["left_out"]), (2, &6.into()));
    assert_eq!((&listed["items"][0]["path"], &listed["total"]), (&"/srv/kept".into(), &8.into()));
}

#[actix_web::test]
async fn sec_f03_an_endless_listing_is_an_error_and_takes_no_memory() {
    let test = "files::listings::sec_f03_an_endless_listing_is_an_error_and_takes_no_memory";
    if alone(test).is_some() {
        return;
    }
    let more = record("more").repeat(30_000);
    for (act, why) in [
        (Act::Endless, "printed more than 4096 KiB and was stopped"),
        (Act::answer(&format!("30000\0{more}"), "", 0), "more files came than were asked for"),
        // The length of one name is its own claim, too.
        (Act::answer(&format!("1\0{}", "x".repeat(3 << 20)), "", 0), "the answer ends in the middle of a file"),
    ] {
        let (app, _host) = liar(act).await;
        let operator = app.operator().await;
        operator.get("/servers/web-1").await.ok();
        let before = resident();
        forget_peak();
        let page = shown(&operator).await;
        let grown = peak().saturating_sub(before);
        assert!(grown < 32 << 20, "{why}: grew by {grown}");
        assert!(page.text(".files").contains(why), "{}", page.text(".files"));
        assert!(!page.has("#dir-rows") && !page.has(".files .empty"), "an error is no empty directory");
        let reply = program(&app, Role::Operator).await.get("/api/v1/servers/web-1/files?path=/srv").await;
        assert_eq!(reply.reply.status, 502, "{}", reply.reply.body);
    }
}

#[tokio::test]
async fn sec_f03_of_a_directory_without_end_the_first_ten_thousand_names_are_listed_and_that_is_said() {
    let test = "sec_f03_of_a_directory_without_end_the_first_ten_thousand_names_are_listed_and_that_is_said";
    let Some(files) = files(test).await else { return };
    let count = MOST + 50;
    for number in 0..count {
        std::fs::write(files.folder.join(format!("f{number:05}")), "").unwrap();
    }
    let list = ListDirectory::new(path(&files.folder), Acting::User, usize::MAX);
    let whole = files.host().await.read(list).await.unwrap().value;
    assert_eq!((whole.entries.len(), whole.total, whole.dropped), (MOST, count as u64, 0));
}

#[tokio::test]
async fn sec_f03_small_tools_list_ten_thousand_names_and_fewer_where_they_are_long() {
    let test = "sec_f03_small_tools_list_ten_thousand_names_and_fewer_where_they_are_long";
    let Some(scene) = Scene::of(Kind::BusyBox, test).await else { return };
    let list = async || -> Listing {
        let list = ListDirectory::new(at(""), Acting::User, usize::MAX);
        scene.host.read(list).await.unwrap().value
    };
    let count = MOST + 50;
    let make = |letter: char, length: usize| {
        let long = "n".repeat(length);
        let make = format!("i=0 && while [ $i -lt {count} ]; do : >{letter}{long}$i; i=$((i + 1)); done");
        scene.system.run(&format!("cd /srv/files && rm -rf /srv/files/* && {make}"));
    };
    make('s', 1);
    let short = list().await;
    assert_eq!((short.entries.len(), short.total, short.is_cut), (MOST, count as u64, true));
    // Both their names and what is told of them must fit into what is kept of an answer.
    make('l', 200);
    let long = list().await;
    assert!((4_000..MOST).contains(&long.entries.len()), "{}", long.entries.len());
    assert_eq!((long.total, long.is_cut, long.dropped), (count as u64, true, 0));
}
