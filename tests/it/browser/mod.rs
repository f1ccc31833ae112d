//! What a person sees, in a real browser.

mod people;
mod shell;

use crate::harness::browser::{Browser, Window};

#[tokio::test]
async fn the_browser_of_the_harness_shows_a_page() {
    let Some(browser) = Browser::start("the_browser_of_the_harness_shows_a_page").await else { return };
    browser.look(Window::Phone, true).await;
    browser.driver.goto("data:text/html,<title>x</title><p>hello</p>").await.unwrap();
    browser.wait_until("the page", "return document.title === 'x'").await;
    assert_eq!(browser.overflow().await, 0);
    assert_eq!(browser.problems().await, Vec::<String>::new());
    browser.quit().await;
}
