//! What a person sees, in a real browser, of the program as `script/server` starts it.

mod accounts;
mod charts;
mod choosing;
mod consumers;
mod content;
mod cron;
mod files;
mod firewall;
mod hostile;
mod imports;
mod inventory;
mod keys;
mod korean;
mod live;
mod logins;
mod logs;
mod operating_system;
mod packages;
pub(crate) mod people;
mod processes;
mod scenarios;
mod scheduler;
mod screens;
mod services;
mod shell;
mod tabs;
mod trials;

use hannun::models::actor::{Role, Scope};
use hannun::remote::Endpoint;
use thirtyfour::prelude::*;

use self::people::sign_in;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;
use crate::harness::running::Running;

/// The password of the first administrator.
const PASSWORD: &str = "violet-otter-92-lanterns";

/// A browser in which an operator is signed in, at the address that comes last, and a host on which `prepare` ran: `web-1`, to
/// which hannun signs in as `who`. Notes why `test` cannot have them.
async fn scene(
    test: &str,
    prepare: &str,
    who: fn(&TestHost) -> Endpoint,
) -> Option<(Browser, TestHost, TestApp, String)> {
    let browser = Browser::start(test).await?;
    let system = TestHost::start(Kind::Debian, test)?;
    system.run(prepare);
    let app = TestApp::start().await;
    known::add(&app, "web-1", &who(&system)).await;
    app.user("jiwon", Role::Operator, Scope::All).await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    Some((browser, system, app, base))
}

/// Opens the setup link, chooses a name and a password, and waits for the first page.
async fn set_up(browser: &Browser, hannun: &Running) {
    browser.driver.goto(&hannun.setup_link).await.unwrap();
    let field = async |name: &str| browser.driver.find(By::Css(format!("input[name='{name}']"))).await.unwrap();
    let name = field("name").await;
    name.clear().await.unwrap();
    name.send_keys("jiwon").await.unwrap();
    let password = field("password").await;
    password.send_keys(PASSWORD).await.unwrap();
    password.send_keys(Key::Enter).await.unwrap();
    browser.wait_until("the fleet", "return location.pathname === '/'").await;
}
