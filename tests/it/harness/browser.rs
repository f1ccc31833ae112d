//! A real browser: Debian's Chromium, headless, driven by its `WebDriver`. Each test has its own.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::skip::skip;

/// A window of a size that people have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Window {
    /// 1440 × 900.
    Desk,
    /// 390 × 844.
    Phone,
}

impl Window {
    fn size(self) -> (u32, u32) {
        match self {
            Self::Desk => (1440, 900),
            Self::Phone => (390, 844),
        }
    }
}

/// A browser with an empty profile; it ends with the test.
pub(crate) struct Browser {
    /// The window, as `WebDriver` knows it.
    pub(crate) driver: WebDriver,
    process: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one, or says why it cannot and gives `None`: the test is then skipped by name.
    pub(crate) async fn start(test: &str) -> Option<Self> {
        let (Some(chromium), Some(chromedriver)) = (find("chromium"), find("chromedriver")) else {
            skip(test, "chromium and chromedriver are not installed");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(chromedriver)
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let profile = tempfile::tempdir().unwrap();
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(&chromium).unwrap();
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--lang=en",
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let driver = loop {
            match WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities.clone()).await {
                Ok(driver) => break driver,
                Err(problem) => assert!(Instant::now() < deadline, "the browser did not start: {problem}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let browser = Self { driver, process, _profile: profile };
        browser.watch_for_violations().await;
        Some(browser)
    }

    /// Every page from now on writes down what its content security policy refused, and every uncaught error.
    async fn watch_for_violations(&self) {
        let source = "window.__problems = [];\
            addEventListener('securitypolicyviolation', e => __problems.push(`csp ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));\
            addEventListener('error', e => __problems.push(`error ${e.message} ${e.filename}:${e.lineno}`));\
            addEventListener('unhandledrejection', e => __problems.push(`rejection ${e.reason}`));";
        self.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
    }

    /// What the page's policy refused and what went wrong in its scripts.
    pub(crate) async fn problems(&self) -> Vec<String> {
        let found = self.driver.execute("return window.__problems || []", vec![]).await.unwrap();
        found.convert().unwrap()
    }

    /// Sets the window and the theme that the system asks for.
    pub(crate) async fn look(&self, window: Window, dark: bool) {
        let (width, height) = window.size();
        let phone = matches!(window, Window::Phone);
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.cdp("Emulation.setEmulatedMedia", media).await;
    }

    /// Keeps a picture of the window as `name`.png where `HANNUN_SCREENSHOTS` names a folder.
    pub(crate) async fn keep_picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("HANNUN_SCREENSHOTS") {
            self.driver.screenshot(&std::path::Path::new(&folder).join(format!("{name}.png"))).await.unwrap();
        }
    }

    /// The page in every look that people have: light, dark, on a phone; in each all is well, and a picture is kept.
    pub(crate) async fn in_every_look(&self, name: &str) {
        for (look, window, dark) in
            [("light", Window::Desk, false), ("dark", Window::Desk, true), ("390", Window::Phone, false)]
        {
            self.look(window, dark).await;
            self.all_is_well(name).await;
            self.keep_picture(&format!("{name}-{look}")).await;
        }
        self.look(Window::Desk, false).await;
    }

    /// From now on it asks for pages in this language.
    pub(crate) async fn speak(&self, language: &str) {
        self.cdp("Network.enable", json!({})).await;
        self.cdp("Network.setExtraHTTPHeaders", json!({ "headers": { "Accept-Language": language } })).await;
    }

    /// Presses keys where the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        self.driver.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Types into the field of a selector.
    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        self.driver.find(By::Css(css)).await.unwrap().send_keys(text).await.unwrap();
    }

    /// Clicks what a selector finds first, once it can be clicked: a dialog may still be opening.
    pub(crate) async fn click(&self, css: &str) {
        let deadline = Instant::now() + super::PATIENCE;
        while let Err(problem) = self.driver.find(By::Css(css)).await.unwrap().click().await {
            assert!(Instant::now() < deadline, "{css} cannot be clicked: {problem}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The text of what a selector finds first.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.driver.find(By::Css(css)).await.unwrap().text().await.unwrap()
    }

    /// The path of the page.
    pub(crate) async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    /// What keeps people from using the page who do not see it, as far as a few rules tell: one `h1`, headings in order,
    /// a name for everything that can be used, a caption for every table, identifiers that are one thing.
    pub(crate) async fn barriers(&self) -> Vec<String> {
        let script = "const found = [], all = (css) => [...document.querySelectorAll(css)].filter((e) => !e.closest('[aria-hidden=true], [hidden], noscript'));
            const show = (e) => e.outerHTML.slice(0, 120);
            if (all('h1').length !== 1) found.push(`${all('h1').length} h1`);
            all('h1, h2, h3, h4').map((e) => [Number(e.tagName[1]), e]).reduce((last, [level, e]) => {
                if (last && level > last + 1) found.push(`h${level} after h${last}: ${show(e)}`);
                return level;
            }, 0);
            const labelled = (e) => e.labels?.length || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby');
            all('input:not([type=hidden]), select, textarea').filter((e) => !labelled(e)).forEach((e) => found.push(`no label: ${show(e)}`));
            const named = (e) => e.textContent.trim() || e.getAttribute('aria-label') || e.querySelector('[aria-label]');
            all('a[href], button, summary').filter((e) => !named(e)).forEach((e) => found.push(`no name: ${show(e)}`));
            all('table').filter((e) => !e.caption?.textContent.trim()).forEach((e) => found.push(`no caption: ${show(e)}`));
            const ids = all('[id]').map((e) => e.id);
            new Set(ids.filter((id, at) => ids.indexOf(id) !== at)).forEach((id) => found.push(`twice: #${id}`));
            return found;";
        self.driver.execute(script, vec![]).await.unwrap().convert().unwrap()
    }

    /// Nothing was refused by the policy, nothing failed in a script, nothing bars anybody, and nothing scrolls sideways.
    pub(crate) async fn all_is_well(&self, place: &str) {
        assert_eq!(self.problems().await, Vec::<String>::new(), "{place}");
        assert_eq!(self.barriers().await, Vec::<String>::new(), "{place}");
        assert_eq!(self.overflow().await, 0, "{place} scrolls sideways");
    }

    /// How far the page scrolls sideways, in pixels.
    pub(crate) async fn overflow(&self) -> i64 {
        let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.driver.execute(script, vec![]).await.unwrap().convert().unwrap()
    }

    /// Waits until `script` returns true, as long as a test is patient.
    pub(crate) async fn wait_until(&self, what: &str, script: &str) {
        self.wait_within(super::PATIENCE, what, script).await;
    }

    /// The same with another patience.
    pub(crate) async fn wait_within(&self, patience: Duration, what: &str, script: &str) {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.driver.execute(script, vec![]).await.ok();
            if answer.is_some_and(|value| value.json() == &Value::Bool(true)) {
                return;
            }
            if Instant::now() > deadline {
                let shown = self.driver.execute("return document.querySelector('main')?.innerText", vec![]).await;
                panic!("{what} did not happen within {patience:?}: {:?}", shown.map(|value| value.json().clone()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Gives a live page the time for a few values: for pictures, not for a test.
    pub(crate) async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
    }

    /// Sends one command of the Chrome `DevTools` protocol.
    pub(crate) async fn cdp(&self, method: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(method, parameters).await.unwrap()
    }

    /// Ends chromedriver and the browsers that it started: a test that failed comes here without `quit`.
    fn end_group(&mut self) {
        let group = format!("-{}", self.process.id());
        drop(Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status());
        drop(self.process.wait());
    }

    /// Closes the window and ends the processes.
    pub(crate) async fn quit(mut self) {
        self.driver.clone().quit().await.unwrap();
        self.end_group();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Of a test that failed, the driver would ask its browser for an end first, for two minutes.
        drop(self.driver.clone().leak());
        self.end_group();
    }
}

fn find(program: &str) -> Option<String> {
    ["/usr/bin", "/usr/local/bin"]
        .iter()
        .map(|folder| format!("{folder}/{program}"))
        .find(|path| std::path::Path::new(path).exists())
}
