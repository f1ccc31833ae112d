//! The walk-through of `docs/commands.md`: an operating system that hannun does not know is added from the browser.

use hannun::models::actor::{Role, Scope};
use thirtyfour::prelude::*;

use super::people::sign_in;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};
use crate::harness::known;
use crate::harness::sshd::{Setup, Sshd};

/// What the page says to type.
struct WalkThrough {
    fields: Vec<(String, String)>,
    on: String,
    script: String,
}

impl WalkThrough {
    fn read() -> Self {
        let page = include_str!("../../../docs/commands.md");
        let part = page.split("## Adding an operating system in the browser").nth(1).unwrap();
        let part = part.split("\n## ").next().unwrap();
        let row = |line: &str| -> Option<(String, String)> {
            let mut cells = line.trim().strip_prefix('|')?.split('|').map(str::trim);
            let (name, value) = (cells.next()?, cells.next()?);
            let value = value.strip_prefix('`')?.strip_suffix('`')?;
            Some((name.to_owned(), value.to_owned()))
        };
        let block = |language: &str| {
            let rest = part.split(&format!("```{language}\n")).nth(1).unwrap();
            rest.split("```").next().unwrap().to_owned()
        };
        Self { fields: part.lines().filter_map(row).collect(), on: block("yaml"), script: block("sh") }
    }
}

/// A person at the browser.
struct Hands<'b> {
    browser: &'b Browser,
    base: String,
}

impl Hands<'_> {
    /// The control of the form with this label.
    async fn control(&self, label: &str) -> WebElement {
        let path = format!("//form[@id='record']//label[normalize-space()='{label}']");
        let label = self.browser.driver.find(By::XPath(path)).await.unwrap();
        let id = label.attr("for").await.unwrap().unwrap();
        self.browser.driver.find(By::Id(id)).await.unwrap()
    }

    async fn fill(&self, label: &str, value: &str) {
        let control = self.control(label).await;
        if control.tag_name().await.unwrap() == "select" {
            let option = format!("./option[normalize-space()='{value}']");
            control.find(By::XPath(option)).await.unwrap().click().await.unwrap();
        } else {
            control.send_keys(value).await.unwrap();
        }
    }

    /// Presses what has these words.
    async fn press(&self, words: &str) {
        let path = format!("//main//*[self::a or self::button][normalize-space()='{words}']");
        self.browser.driver.find(By::XPath(path)).await.unwrap().click().await.unwrap();
    }

    async fn open(&self, path: &str) {
        self.browser.driver.goto(format!("{}{path}", self.base)).await.unwrap();
        self.browser.wait_until("the page", "return document.readyState === 'complete'").await;
    }

    async fn until(&self, what: &str, condition: &str) {
        self.browser.wait_until(what, &format!("return !!({condition})")).await;
    }
}

async fn scene(test: &str) -> Option<(TestApp, Sshd, Browser)> {
    let sshd = Setup::default().user("hannun-test", "/bin/sh").system("NetBSD", "10.0").start(test)?;
    let browser = Browser::start(test).await?;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &sshd.endpoint()).await;
    app.user("jiwon", Role::Administrator, Scope::All).await;
    browser.look(Window::Desk, false).await;
    Some((app, sshd, browser))
}

#[actix_web::test]
async fn an_operating_system_is_added_in_the_browser_as_the_page_says() {
    let test = "an_operating_system_is_added_in_the_browser_as_the_page_says";
    let Some((app, _sshd, browser)) = scene(test).await else { return };
    let hands = Hands { browser: &browser, base: app.listen() };
    sign_in(&browser, &hands.base, "jiwon").await;

    hands.open("/servers/web-1/capabilities").await;
    hands.press("Check again").await;
    hands.until("the platform", "document.querySelector('.facts')?.textContent.includes('netbsd')").await;
    let row = browser.text("tr#list_filesystems").await;
    assert!(row.contains("Off") && row.contains("netbsd"), "{row}");
    let dim = "document.querySelector('#nav a[href=\"/servers/web-1/disks\"]').hasAttribute('data-dim')";
    hands.until("Disks to be dimmed", dim).await;
    browser.all_is_well("capabilities").await;

    let say = WalkThrough::read();
    assert_eq!(say.fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Type", "Name", "Format"]);
    hands.open("/admin/commands").await;
    hands.press("Add command").await;
    hands.until("the form", "document.querySelector('#record')").await;
    for (field, value) in &say.fields {
        hands.fill(field, value).await;
        // The columns follow from the type.
        hands.until("the columns", "document.querySelector('.columns')").await;
        if field == "Type" {
            let columns =
                "[...document.querySelectorAll('.columns td')].some(cell => cell.textContent.startsWith('inodes'))";
            hands.until("the columns of this type", columns).await;
        }
    }
    hands.fill("For", &say.on).await;
    hands.fill("Script", &say.script).await;
    browser.all_is_well("the form of a command").await;

    hands.press("Try").await;
    hands.until("how it went", "document.querySelector('#trial-result .evidence')").await;
    let tried = browser.text("#trial-result").await;
    assert!(tried.contains("It worked: every row could be read") && tried.contains("Ran on web-1"), "{tried}");
    let root = "[...document.querySelectorAll('#trial-result td')].some(cell => cell.textContent === '/')";
    hands.until("the row of /", root).await;
    browser.all_is_well("a trial").await;
    browser.keep_picture("trial").await;

    hands.press("Save").await;
    hands.until("the list", "location.pathname === '/admin/commands' && document.querySelector('table')").await;
    assert!(browser.text("main").await.contains("df-netbsd"));
    hands.open("/servers/web-1/disks").await;
    let mounts =
        "[...document.querySelectorAll('#filesystems tr')].some(row => /(^|\\s)\\/(\\s|$)/.test(row.innerText))";
    hands.until("the filesystems", mounts).await;
    hands.until("Disks not to be dimmed", &format!("!{dim}")).await;
    assert!(browser.text("#filesystems").await.contains("df -P -k"), "how we know");
    browser.all_is_well("disks").await;
    browser.quit().await;
}
