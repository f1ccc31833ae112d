//! The list of a server with six thousand packages: the page of it, without what the command takes.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use hannun::models::commands::NewStoredCommand;
use tokio::time::{Instant, sleep};

use crate::crowd::remote;
use crate::http::{fetch, percentile, sign_in};
use crate::stage::{Stage, USER};

/// As many packages as a large server has. No machine that this runs on has them: a command of an administrator's own lists them.
const PACKAGES: usize = 6_000;
const PAGE: &str = "/servers/server-1/packages";
const REQUESTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(600);
/// How soon every process has a command that was added.
const SOON: Duration = Duration::from_mins(1);

/// One round's requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed {
    /// The 95th percentile of the page without the remote command.
    pub(crate) page: Duration,
    /// The same of the remote command alone, as the page itself tells it.
    pub(crate) remote: Duration,
}

/// One round.
pub(crate) async fn round(stage: &Stage) -> Packed {
    add_command(stage).await;
    pages(stage, PAGE, &format!("{PACKAGES} of {PACKAGES}")).await
}

/// Requests of a page, once it tells `all` that an added command lists.
pub(crate) async fn pages(stage: &Stage, page: &str, all: &str) -> Packed {
    let cookie = sign_in(&stage.app, USER).await;
    let console = SocketAddr::from((Ipv4Addr::LOCALHOST, stage.settings.web_port));
    let until = Instant::now() + SOON;
    while !fetch(console, page, &cookie).await.1.contains(all) {
        assert!(Instant::now() < until, "{page} never listed what it should");
        sleep(PAUSE).await;
    }
    let (mut of_page, mut of_remote) = (Vec::new(), Vec::new());
    for _ in 0..REQUESTS {
        let (took, text) = fetch(console, page, &cookie).await;
        // A page that went without its server says so; there is nothing to take off then.
        if let Some(remote) = remote(&text) {
            of_page.push(took.saturating_sub(remote));
            of_remote.push(remote);
        }
        sleep(PAUSE).await;
    }
    assert!(2 * of_page.len() > REQUESTS, "most pages went without their server: the machine is too busy");
    Packed { page: percentile(&mut of_page), remote: percentile(&mut of_remote) }
}

/// The command, which is there once however often it is measured.
async fn add_command(stage: &Stage) {
    let row = r"package-&\t1.&-1\tamd64\t1048576\t1700000000\tA maker of packages\tA package of nothing\tinstalled";
    let script = format!("seq {PACKAGES} | sed 's/.*/{row}/'");
    let added = stage.app.db.run(move |connection| {
        let known = hannun::models::commands::StoredCommand::all(connection)?;
        if known.iter().all(|command| command.command_type != "list_packages") {
            // As precise as the built-in one for dpkg: of two such, the one that was added wins.
            let platform = serde_json::json!({ "like": ["debian", "ubuntu"], "has": ["dpkg"] });
            let new = NewStoredCommand {
                command_type: "list_packages",
                name: "many",
                platform: &platform,
                script: &script,
                format: "table",
            };
            new.insert(connection)?;
        }
        Ok::<_, hannun::error::Error>(())
    });
    added.await.unwrap();
}
