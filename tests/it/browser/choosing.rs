//! Servers that are ticked in the fleet, and the command that is run on them: once, however often the button is clicked.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use hannun::db::roles;
use hannun::db::schema::{fan_outs, favourite_servers};
use hannun::error::RemoteError;
use hannun::models::actor::{Role, Scope};
use hannun::models::server_states::ServerState;
use hannun::queue;

use super::people::sign_in;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};
use crate::harness::known;
use crate::harness::ssh::eventually;

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Whether somebody waits for a lock that the test holds.
fn is_held_up(connection: &mut PgConnection) -> bool {
    let waiting = "select count(*) from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())";
    diesel::sql_query(waiting).get_result::<Waiting>(connection).unwrap().count > 0
}

#[actix_web::test]
async fn servers_are_ticked_in_the_fleet_and_a_double_click_runs_a_command_once() {
    let Some(browser) = Browser::start("choosing").await else { return };
    let app = TestApp::start().await;
    queue::set_up(&app.database.owner_url(), Some(roles::APPLICATION_ROLE)).await.unwrap();
    app.user("jiwon", Role::Operator, Scope::All).await;
    let server = known::answering(&app, "web-1").await;
    known::answering(&app, "web-2").await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/")).await.unwrap();
    browser.wait_until("an open stream", "return document.querySelector('live-stream').opened === true").await;
    let is_shown = |shown: bool| {
        format!("return (getComputedStyle(document.querySelector('.bulk')).display !== 'none') === {shown}")
    };
    browser.wait_until("no bar where nothing is ticked", &is_shown(false)).await;
    browser.click("thead .all-rows").await;
    assert_eq!(browser.text(".bulk .count").await, "(2)");
    browser.click(".bulk [type=reset]").await;
    browser.wait_until("no bar once that is taken back", &is_shown(false)).await;
    browser.click("#s-web-1").await;
    browser.keep_picture("fleet-chosen").await;

    // A row that is swapped stays ticked.
    let (id, now) = (server.id, app.database.now());
    let gone = RemoteError::Unreachable { server: "web-1".into(), why: "connection refused".into() };
    app.app.db.run(move |connection| ServerState::failed(connection, id, &gone, now)).await.unwrap();
    browser.wait_until("the row swapped", "return !!document.querySelector('#r-web-1 [data-state=down]')").await;
    assert_eq!(browser.text(".bulk .count").await, "(1)");
    browser.in_every_look("fleet-chosen").await;
    browser.look(Window::Desk, false).await;
    browser.all_is_well("the fleet").await;
    browser.click(".bulk [type=submit]").await;
    browser.wait_until("the form", "return document.querySelector('#servers')?.value === 'web-1'").await;
    assert_eq!(browser.text("#able").await, "1");

    browser.type_into("#command", "uptime").await;
    let connection = &mut app.database.owner();
    connection.batch_execute("begin; lock table fan_outs in share mode").unwrap();
    // The second click does nothing that could be waited for: right after it, the page stars a server.
    let twice = "const run = document.querySelector('#run'), token = document.querySelector('#run-form [name=csrf_token]').value;
        const star = new URLSearchParams({ favourite: 'on', csrf_token: token });
        setTimeout(() => run.click(), 50);
        setTimeout(() => (run.click(), fetch('/servers/web-2/favourite', { method: 'POST', body: star })), 700);";
    browser.driver.execute(twice, vec![]).await.unwrap();
    eventually("the first one is under way", || is_held_up(connection)).await;
    let stars = |connection: &mut PgConnection| favourite_servers::table.count().get_result::<i64>(connection).unwrap();
    eventually("it was clicked again", || stars(connection) == 1).await;
    connection.batch_execute("commit").unwrap();
    browser.wait_until("its page", "return /^.run.[0-9]+$/.test(location.pathname)").await;
    assert_eq!(fan_outs::table.count().get_result::<i64>(connection).unwrap(), 1);
    browser.quit().await;
}

#[actix_web::test]
async fn who_may_run_nothing_is_offered_no_boxes() {
    let app = TestApp::start().await;
    known::answering(&app, "web-1").await;
    let page = app.signed_in("viewer", Role::Viewer, Scope::All).await.get("/").await.ok();
    assert!(page.texts("#fleet-rows tr").len() == 1 && page.texts(".bulk, #fleet-rows [type=checkbox]").is_empty());
}
