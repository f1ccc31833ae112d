//! Pages that live: from skeletons to values, through a stream that was cut, a hidden tab, and a server that went away.

use std::time::Duration;

use hannun::error::RemoteError;
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::credentials::Credential;
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::server_states::ServerState;
use hannun::models::servers::{NewServer, Server};
use hannun::models::users::NewUser;
use hannun::secret::SecretText;
use hannun::secret::password::{self, Workspace};
use serde_json::json;

use super::people::sign_in;
use crate::harness::app::{PASSWORD, TestApp};
use crate::harness::browser::{Browser, Window};
use crate::harness::known;
use crate::harness::members::Shared;
use crate::harness::relay::Relay;

/// A server that nobody has asked yet, reached by a cable to the `sshd`.
fn add_new_server(shared: &Shared, cable: &Relay) {
    let connection = &mut shared.database.connection();
    let credential_id = Some(Credential::by_name(connection, "test").unwrap().id);
    let server = NewServer { port: cable.port.into(), credential_id, ..NewServer::new("new-1", "127.0.0.1") };
    let server = server.insert(connection).unwrap();
    let pin = &shared.sshd.endpoint().pins[0];
    let key = GivenKey { algorithm: &pin.algorithm, public_key: pin.public_key.trim(), fingerprint: "SHA256:test" };
    HostKey::pin(connection, server.id, &key, "the test", chrono::Utc::now()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_opened_before_the_first_answer_fills_itself_and_is_never_blank_again() {
    let test = "a_page_opened_before_the_first_answer_fills_itself_and_is_never_blank_again";
    let (Some(shared), Some(browser)) = (Shared::new(test, 0), Browser::start(test).await) else { return };
    let password_hash = &password::hash(&SecretText::new(PASSWORD.to_owned()), &mut Workspace::default()).unwrap();
    let user = NewUser { name: "jiwon", password_hash, rights: Rights::new(Role::Operator, Scope::All) };
    user.insert(&mut shared.database.connection()).unwrap();
    let member = shared.start("one", "all", "15s");
    let base = format!("http://{}", member.address());
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    let cable = Relay::holding(shared.sshd.port).await;
    add_new_server(&shared, &cable);
    browser.driver.goto(format!("{base}/servers/new-1")).await.unwrap();
    let skeleton = "return document.querySelector('#facts .state').textContent.includes('Connecting')
        && ['facts', 'charts', 'processes', 'filesystems', 'cores'].every(region => document.querySelector(`#${region} .bone`))";
    browser.wait_until("a skeleton of every region", skeleton).await;
    browser.keep_picture("overview-first-second").await;
    // From here on no region may lose what it shows, and the page may not be loaded again.
    let watch = "window.same = true; window.blanked = [];
        const full = new Set();
        new MutationObserver(() => ['facts', 'charts', 'processes', 'filesystems', 'cores'].forEach((region) => {
            const bones = document.querySelector(`#${region} .bone`);
            if (!bones) full.add(region);
            else if (full.has(region)) window.blanked.push(region);
        })).observe(document.querySelector('main'), { childList: true, subtree: true });";
    browser.driver.execute(watch, vec![]).await.unwrap();
    cable.release();
    let values = "return window.same && !document.querySelector('#overview .bone')
        && /Up|Warning/.test(document.querySelector('#facts .state').textContent)
        && /\\d/.test(document.querySelector('#chart-cpu [data-number]').textContent)
        && !!document.querySelector('#processes td') && !!document.querySelector('#filesystems td')
        && !!document.querySelector('#cores [data-core]')
        && /Up|Warning/.test(document.querySelector('.server-btn [data-level-word]').textContent)";
    browser.wait_within(Duration::from_secs(40), "values in every region", values).await;
    browser.driver.execute("document.querySelector('#processes').old = true", vec![]).await.unwrap();
    browser.wait_until("another look at the processes", "return !document.querySelector('#processes').old").await;
    let blanked = browser.driver.execute("return window.blanked", vec![]).await.unwrap();
    assert_eq!(blanked.json(), &json!([]));
    browser.all_is_well("overview").await;
    browser.quit().await;
}

/// The overview of a server that answers, in a browser; what it shows is in the database.
async fn at_a_server(browser: &Browser) -> (TestApp, Server) {
    let app = TestApp::start().await;
    app.user("jiwon", Role::Operator, Scope::All).await;
    let server = known::answering(&app, "web-1").await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/servers/web-1")).await.unwrap();
    browser.wait_until("an open stream", "return document.querySelector('live-stream').opened === true").await;
    browser.driver.execute("window.same = true", vec![]).await.unwrap();
    (app, server)
}

#[actix_web::test]
async fn a_server_that_goes_away_and_comes_back_is_shown_so_without_a_reload() {
    let Some(browser) = Browser::start("away and back").await else { return };
    let (app, server) = at_a_server(&browser).await;
    let (id, now) = (server.id, app.database.now());
    let gone = RemoteError::Unreachable { server: "web-1".into(), why: "connection refused".into() };
    app.app.db.run(move |connection| ServerState::failed(connection, id, &gone, now)).await.unwrap();
    let away = "return window.same && document.querySelector('.verdict')?.textContent.includes('connection refused')
        && [...document.querySelectorAll('[data-level-dot]')].every(dot => dot.dataset.state === 'down')
        && document.querySelector('[data-level-word]').textContent === 'Unreachable'";
    browser.wait_until("the page of a server that does not answer", away).await;
    app.app.db.run(move |connection| ServerState::up(connection, id, now)).await.unwrap();
    let back = "return window.same && !document.querySelector('.verdict') && !!document.querySelector('#facts')
        && [...document.querySelectorAll('[data-level-dot]')].every(dot => dot.dataset.state === 'up')";
    browser.wait_until("its overview again", back).await;
    browser.all_is_well("overview").await;
    browser.quit().await;
}

#[actix_web::test]
async fn a_stream_that_is_cut_says_so_keeps_the_values_and_catches_up() {
    let Some(browser) = Browser::start("a cut stream").await else { return };
    let (_app, _server) = at_a_server(&browser).await;
    let conditions =
        |offline: bool| json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    browser.driver.execute("document.querySelector('#charts').old = true", vec![]).await.unwrap();
    browser.cdp("Network.enable", json!({})).await;
    browser.cdp("Network.emulateNetworkConditions", conditions(true)).await;
    browser.driver.execute("document.querySelector('live-stream').source.onerror()", vec![]).await.unwrap();
    let stopped = "return /^Updates stopped [6-9] s ago\\. Reconnecting…$/.test(document.querySelector('live-stream').textContent)";
    browser.wait_within(Duration::from_secs(15), "the words", stopped).await;
    let kept = "return document.querySelector('#facts .state').textContent.trim() === 'Up'";
    browser.wait_until("the values still there", kept).await;
    browser.cdp("Network.emulateNetworkConditions", conditions(false)).await;
    let again = "return window.same && !document.querySelector('live-stream').hasAttribute('data-lost')
        && !document.querySelector('#charts').old";
    browser.wait_within(Duration::from_secs(15), "fresh charts", again).await;
    browser.quit().await;
}

#[actix_web::test]
async fn a_hidden_tab_asks_for_nothing_and_catches_up_when_it_is_seen() {
    let Some(browser) = Browser::start("a hidden tab").await else { return };
    let (_app, _server) = at_a_server(&browser).await;
    let show = |hidden: bool| {
        format!(
            "Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }});
             document.dispatchEvent(new Event('visibilitychange'));"
        )
    };
    browser.driver.execute(show(true), vec![]).await.unwrap();
    browser.wait_until("no stream", "return document.querySelector('live-stream').source === null").await;
    // A region that wants to fill itself now must not be forgotten.
    let asked = "window.asked = 0;
        document.addEventListener('htmx:beforeRequest', (event) => { if (event.target.id === 'processes') window.asked += 1; });
        htmx.trigger('#processes', 'refresh');";
    browser.driver.execute(asked, vec![]).await.unwrap();
    let asked = browser.driver.execute("return window.asked", vec![]).await.unwrap();
    assert_eq!(asked.json(), 0, "a hidden page asks for nothing");
    browser.driver.execute(show(false), vec![]).await.unwrap();
    browser.wait_until("the region's request", "return window.asked > 0").await;
    browser.wait_until("the stream again", "return document.querySelector('live-stream').source !== null").await;
    browser.all_is_well("overview").await;
    browser.quit().await;
}
