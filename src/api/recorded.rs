//! A change of what hannun knows, and its line in the audit log: both or neither (L01).

use crate::app::App;
use crate::db::Connection;
use crate::error::Result;
use crate::models::audit::{AuditEntry, Outcome};

/// Does `work` and writes `entry`, in one transaction.
pub(super) async fn recorded<T: Send + 'static>(
    app: &App,
    entry: AuditEntry,
    work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
) -> Result<T> {
    let now = app.clock.now();
    app.db
        .transaction(move |connection| {
            let value = work(connection)?;
            entry.record(connection, Outcome::Succeeded, now)?;
            Ok(value)
        })
        .await
}
