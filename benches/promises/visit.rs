//! A person's first visit in a real browser that has nothing of ours: sign-in, fleet, overview.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use thirtyfour::prelude::*;
use tokio::time::sleep;

use crate::fleet::program;
use crate::stage::{PASSWORD, Stage, USER};

/// How long anything in the browser may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// After a page has loaded: fonts, icons, regions that ask for themselves.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// What the pages and their files were, bytes. Event streams are not in it: they go on for as long as somebody looks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Visit {
    /// As they came over the wire, with headers.
    pub(crate) wire: u64,
    /// As they are without compression.
    pub(crate) unpacked: u64,
}

/// One visit.
pub(crate) async fn visit(stage: &Stage) -> Visit {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut chromedriver = Command::new(program("chromedriver").unwrap());
    chromedriver.arg(format!("--port={port}")).process_group(0);
    let mut process = chromedriver.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let profile = tempfile::tempdir().unwrap();
    let driver = start(port, profile.path()).await;
    let origin = format!("http://127.0.0.1:{}", stage.settings.web_port);
    let visited = tokio::spawn(drive(driver.clone(), origin)).await;
    drop(driver.quit().await);
    drop(Command::new("kill").args(["-KILL", "--", &format!("-{}", process.id())]).stderr(Stdio::null()).status());
    drop(process.wait());
    visited.unwrap().unwrap()
}

async fn start(port: u16, profile: &std::path::Path) -> WebDriver {
    let mut capabilities = DesiredCapabilities::chrome();
    capabilities.set_binary(program("chromium").unwrap().to_str().unwrap()).unwrap();
    for argument in
        ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--lang=en", "--window-size=1440,900"]
    {
        capabilities.add_arg(argument).unwrap();
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.display())).unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        match WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities.clone()).await {
            Ok(driver) => return driver,
            Err(problem) => assert!(Instant::now() < deadline, "the browser did not start: {problem}"),
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn drive(driver: WebDriver, origin: String) -> WebDriverResult<Visit> {
    let mut visit = Visit::default();
    driver.goto(format!("{origin}/sign-in")).await?;
    visit.add(&driver).await?;
    driver.find(By::Id("name")).await?.send_keys(USER).await?;
    driver.find(By::Id("password")).await?.send_keys(PASSWORD).await?;
    driver.find(By::Css("button[type=submit]")).await?.click().await?;
    wait_for(&driver, |path| path == "/").await?;
    visit.add(&driver).await?;
    // By script: the fleet's rows are replaced all the time, also between finding a link and pressing it.
    driver.execute("document.querySelector('#fleet-rows a[href^=\"/servers/\"]').click()", vec![]).await?;
    wait_for(&driver, |path| path.starts_with("/servers/")).await?;
    visit.add(&driver).await?;
    Ok(visit)
}

async fn wait_for(driver: &WebDriver, is_there: impl Fn(&str) -> bool) -> WebDriverResult<()> {
    let deadline = Instant::now() + PATIENCE;
    while !is_there(driver.current_url().await?.path()) {
        assert!(Instant::now() < deadline, "the browser stayed at {}", driver.current_url().await?);
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

impl Visit {
    /// Adds what came since the last time; what was in the cache did not come.
    async fn add(&mut self, driver: &WebDriver) -> WebDriverResult<()> {
        sleep(AFTERWARDS).await;
        let script = "const entries = performance.getEntriesByType('resource');\
                      performance.clearResourceTimings();\
                      if (!window.counted) entries.push(...performance.getEntriesByType('navigation'));\
                      window.counted = true;\
                      const came = entries.filter(entry => entry.transferSize > 0);\
                      const sum = (what) => came.reduce((sum, entry) => sum + entry[what], 0);\
                      return [sum('transferSize'), sum('decodedBodySize')]";
        let [wire, unpacked]: [u64; 2] = driver.execute(script, vec![]).await?.convert()?;
        self.wire += wire;
        self.unpacked += unpacked;
        Ok(())
    }
}
