//! The list of a server that runs five thousand processes: the page of it, and its largest answer.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Stdio};
use std::time::Duration;

use tokio::time::sleep;

use crate::http::{fetch_counted, percentile, sign_in};
use crate::stage::{Stage, USER};

/// How many processes are started besides those that the machine runs.
const PROCESSES: usize = 5_000;
const REQUESTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(600);

/// One round's requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowded {
    /// The 95th percentile of the page without the remote command.
    pub(crate) page: Duration,
    /// The same of the remote command alone, as the page itself tells it.
    pub(crate) remote: Duration,
    /// The largest answer that the list gives, over the wire, bytes.
    pub(crate) wire: u64,
    /// The same without compression.
    pub(crate) unpacked: u64,
}

/// Processes that sleep on the first server; they end when it is dropped.
struct Crowd(Child);

impl Crowd {
    fn gather(stage: &Stage) -> Self {
        let script = format!(
            "i=0; while [ $i -lt {PROCESSES} ]; do sleep 100000 </dev/null >/dev/null & i=$((i + 1)); done; echo there; read -r end; kill 0"
        );
        let mut command = stage.fleet.beside_first("setsid");
        let mut child =
            command.args(["sh", "-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "there\n");
        Self(child)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // The shell reads the end of its input, and ends all that it started.
        drop(self.0.stdin.take());
        drop(self.0.wait());
    }
}

/// One round.
pub(crate) async fn round(stage: &Stage) -> Crowded {
    let crowd = Crowd::gather(stage);
    let cookie = sign_in(&stage.app, USER).await;
    let console = SocketAddr::from((Ipv4Addr::LOCALHOST, stage.settings.web_port));
    let (mut of_page, mut of_remote) = (Vec::new(), Vec::new());
    for _ in 0..REQUESTS {
        let (took, _, text) = fetch_counted(console, "/servers/server-1/processes", &cookie).await;
        // A page that went without its server says so; there is nothing to take off then.
        if let Some(remote) = remote(&text) {
            of_page.push(took.saturating_sub(remote));
            of_remote.push(remote);
        }
        sleep(PAUSE).await;
    }
    assert!(2 * of_page.len() > REQUESTS, "most pages went without their server: the machine is too busy");
    let (mut wire, mut unpacked) = (0, 0);
    for _ in 0..REQUESTS {
        let (_, bytes, text) = fetch_counted(console, "/servers/server-1/processes?rows=1000", &cookie).await;
        if text.matches("<tr id=\"p-").count() == 1_000 {
            (wire, unpacked) = (bytes, text.len() as u64);
            break;
        }
        sleep(PAUSE).await;
    }
    assert!(wire > 0, "no answer held a thousand rows");
    drop(crowd);
    Crowded { page: percentile(&mut of_page), remote: percentile(&mut of_remote), wire, unpacked }
}

/// How long the remote command took, as the page itself says it: `412 ms` or `1.2 s`.
pub(crate) fn remote(page: &str) -> Option<Duration> {
    let line = page.split("class=\"evidence\"").nth(1)?.split("</p>").next()?;
    line.split("<span>").filter_map(|span| span.split("</span>").next()).find_map(|span| {
        let number = |unit| span.strip_suffix(unit).and_then(|number: &str| number.parse::<f64>().ok());
        number(" ms").map(|ms| ms / 1_000.0).or_else(|| number(" s")).map(Duration::from_secs_f64)
    })
}
