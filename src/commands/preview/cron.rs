//! Timetables, as rows for people who write a command.

use super::Preview;
use crate::commands::cron::Timetables;
use crate::commands::cron::runs::CronLog;

/// Each line that runs or could.
pub(super) fn list(found: &Timetables) -> Preview {
    let rows = found.tabs.iter().flat_map(|tab| {
        tab.table.lines().iter().filter_map(|line| line.entry()).map(|entry| {
            let command = String::from_utf8_lossy(entry.command()).into_owned();
            vec![tab.place.key(), entry.time(), tab.user_of(entry).to_owned(), command]
        })
    });
    Preview::of(&["Table", "Time", "User", "Command"], &rows.collect::<Vec<_>>(), Clone::clone)
}

/// What cron ran.
pub(super) fn runs(log: &CronLog) -> Preview {
    Preview::of(&["When", "User", "Command"], &log.runs, |run| {
        vec![run.at.to_rfc3339(), run.user.clone(), run.command.clone()]
    })
}
