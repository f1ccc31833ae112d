//! Removes terminals that ended long ago, with their recordings, and ends those whose process is gone.

use chrono::TimeDelta;
use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::error::Error;
use crate::models::actor::Scope;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::servers::Server;
use crate::models::terminals::{KEPT, Terminal};

/// Terminals of one batch, each with up to 50 MiB of recording: nobody else waits for it.
const BATCH: i64 = 20;
/// A process that holds one gives a sign each ten seconds.
const LOST: TimeDelta = TimeDelta::minutes(2);

/// Each minute.
pub(super) const JOB: Recurring = Recurring {
    name: "forget_terminals",
    every_seconds: 60,
    run: |work: Work| {
        async move {
            let now = work.clock.now();
            let lost = work.db.transaction(move |connection| {
                let lost = Terminal::end_lost(connection, now - LOST, now)?;
                let told = |terminal: &Terminal| {
                    let server = Server::by_id(connection, &Scope::All, terminal.server_id)?;
                    Ok::<_, Error>(entry(terminal, &server.name))
                };
                let entries: Vec<AuditEntry> = lost.iter().map(told).collect::<Result<_, _>>()?;
                AuditEntry::record_all(connection, &entries, Outcome::Unknown, now)
            });
            lost.await?;
            let forget = || work.db.run(move |connection| Terminal::forget(connection, now - KEPT, BATCH));
            while forget().await? > 0 {}
            Ok(())
        }
        .boxed()
    },
};

fn entry(terminal: &Terminal, server: &str) -> AuditEntry {
    AuditEntry::by_kept("user", &terminal.actor, terminal.address, "close_terminal")
        .server(server)
        .run_as(&terminal.run_as)
        .detail("terminal", terminal.id)
        .detail("why", terminal.why().map(|why| why.to_string()).unwrap_or_default())
}
