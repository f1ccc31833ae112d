//! A crontab of a thousand lines: the page of it, each line with its sentence and its next time, without what the command takes.

use hannun::models::commands::NewStoredCommand;

use crate::packages::{Packed, pages};
use crate::stage::Stage;

/// More than any server should have.
const LINES: usize = 1_000;
const PAGE: &str = "/servers/server-1/cron";

/// One round.
pub(crate) async fn round(stage: &Stage) -> Packed {
    add_command(stage).await;
    pages(stage, PAGE, &format!("/bin/job-{LINES} ")).await
}

/// The command, which is there once however often it is measured. No machine that this runs on has such a table.
async fn add_command(stage: &Stage) {
    let script = format!(
        "text=$(seq {LINES} | awk '{{ printf \"%d %d %d * %d /bin/job-%d \\n\", $1 % 60, $1 % 24, 1 + $1 % 28, $1 % 7, $1 }}')\n\
         printf 'now\\t%s\\t+0100\\tEurope/Berlin\\ndaemon\\tvixie\\tyes\\nme\\t0\\troot\\n' \"$(date +%s)\"\n\
         printf 'file\\tuser\\troot\\t600\\t0\\t%s\\twhole\\tknown\\n%s\\n\\n' \"$((${{#text}} + 1))\" \"$text\""
    );
    let added = stage.app.db.run(move |connection| {
        let known = hannun::models::commands::StoredCommand::all(connection)?;
        if known.iter().all(|command| command.command_type != "list_cron") {
            let platform = serde_json::json!({ "os": ["linux"], "like": ["debian", "ubuntu"] });
            let new = NewStoredCommand {
                command_type: "list_cron",
                name: "many",
                platform: &platform,
                script: &script,
                format: "timetables",
            };
            new.insert(connection)?;
        }
        Ok::<_, hannun::error::Error>(())
    });
    added.await.unwrap();
}
