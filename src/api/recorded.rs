//! A change of what hannun knows, and its line in the audit log: both or neither (L01).

use crate::app::App;
use crate::db::Connection;
use crate::error::Result;
use crate::models::audit::{AuditEntry, Outcome};

/// Does `work`, which gives the id of the row that it was about, and writes `entry`, in one transaction. The detail
/// `object` names the row, as it does for changes in the admin area: `servers/12`.
pub(super) async fn recorded<T: Send + 'static>(
    app: &App,
    entry: AuditEntry,
    table: &'static str,
    work: impl FnOnce(&mut Connection) -> Result<(i64, T)> + Send + 'static,
) -> Result<T> {
    let now = app.clock.now();
    app.db
        .transaction(move |connection| {
            let (id, value) = work(connection)?;
            let entry = entry.detail("object", format!("{table}/{id}"));
            entry.record(connection, Outcome::Succeeded, now)?;
            Ok(value)
        })
        .await
}
