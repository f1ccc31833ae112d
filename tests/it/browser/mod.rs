//! What a person sees, in a real browser, of the program as `script/server` starts it.

mod charts;
mod consumers;
mod content;
mod files;
mod firewall;
mod hostile;
mod imports;
mod inventory;
mod keys;
mod live;
mod operating_system;
mod packages;
pub(crate) mod people;
mod processes;
mod screens;
mod shell;
mod tabs;

use thirtyfour::prelude::*;

use crate::harness::browser::Browser;
use crate::harness::running::Running;

/// The password of the first administrator.
const PASSWORD: &str = "violet-otter-92-lanterns";

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
