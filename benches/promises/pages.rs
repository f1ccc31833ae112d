//! The overview of a server that is being sampled, asked for again and again, beside a bare page of the same bytes.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::time::sleep;

use crate::http::{fetch, percentile, serve_bare, sign_in};
use crate::stage::{Stage, USER};

const REQUESTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(40);

/// The 95th percentile of one round's requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Served {
    /// The whole time without the longest remote command of each page.
    pub(crate) overview: Duration,
    /// A page without anything behind it.
    pub(crate) bare: Duration,
}

/// One round; the console samples meanwhile.
pub(crate) async fn round(stage: &Stage) -> Served {
    let cookie = sign_in(&stage.app, USER).await;
    let console = SocketAddr::from((Ipv4Addr::LOCALHOST, stage.settings.web_port));
    let page = || fetch(console, "/servers/server-1", &cookie);
    for _ in 0..5 {
        page().await;
    }
    let (_, text) = page().await;
    let (bare, stop) = serve_bare(text);
    let (mut of_overview, mut of_bare) = (Vec::new(), Vec::new());
    for _ in 0..REQUESTS {
        let (took, text) = page().await;
        // A page that went without its server says so; there is nothing to take off then.
        if let Some(remote) = remote(&text) {
            of_overview.push(took.saturating_sub(remote));
        }
        of_bare.push(fetch(bare, "/", "").await.0);
        sleep(PAUSE).await;
    }
    assert!(2 * of_overview.len() > REQUESTS, "most pages went without their server: the machine is too busy");
    stop.stop(false).await;
    Served { overview: percentile(&mut of_overview), bare: percentile(&mut of_bare) }
}

/// The longest time that a remote command took, as the page itself says it below what it shows; in whole milliseconds,
/// rounded down. Commands of one page run at the same time.
fn remote(page: &str) -> Option<Duration> {
    let evidence = page.split("class=\"evidence\"").skip(1).filter_map(|part| part.split("</p>").next());
    let took = evidence.filter(|line| line.contains(">exit 0<")).filter_map(|line| {
        let milliseconds = line.split("<span>").find_map(|span| span.strip_suffix(" ms</span> "))?;
        milliseconds.parse().ok().map(Duration::from_millis)
    });
    took.max()
}
