//! `hannun audit`: whether the audit log is what was written into it (L02).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::connect;
use super::{Failure, Outcome, output};
use crate::config::Config;
use crate::models::audit::kept_heads::KeptHeads;
use crate::models::audit::{self, Head, Verification};

/// Look after the audit log
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hannun audit verify")]
pub(super) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Verify(Verify),
}

/// Check that no event of the audit log was changed, taken out, moved or cut off; exit status 1 where one was
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hannun audit verify\n  hannun audit verify --heads /mnt/elsewhere/audit-heads --json\n\nEach hour the end of the log is also written to the file audit-heads in the data directory. Copy that file to another\nmachine now and then: with it, a log that was written anew from the beginning is seen too."
)]
struct Verify {
    /// Also compare with the ends kept in this file; may be given several times
    #[arg(long, value_name = "FILE")]
    heads: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(Serialize)]
struct Finding {
    intact: bool,
    /// The newest event's number.
    events: Option<i64>,
    /// The first number that is not as it was written.
    first_bad: Option<i64>,
    why: Option<&'static str>,
    /// How many ends kept outside the database it was compared with.
    kept_heads: usize,
}

impl Audit {
    pub(super) async fn run(self, config: Config) -> Outcome {
        match self.action {
            Action::Verify(verify) => verify.run(config).await,
        }
    }
}

impl Verify {
    async fn run(self, config: Config) -> Outcome {
        let known = self.known(&config)?;
        let kept_heads = known.len();
        let database = connect::database(&config).await?;
        let verification = database.db.run(move |connection| audit::verify(connection, &known)).await?;
        let finding = match verification {
            Verification::Intact(Head { number, .. }) => {
                Finding { intact: true, events: Some(number), first_bad: None, why: None, kept_heads }
            }
            Verification::Broken { number, why } => {
                Finding { intact: false, events: None, first_bad: Some(number), why: Some(why), kept_heads }
            }
        };
        if self.json {
            output::json(&finding)?;
        } else {
            for line in finding.lines() {
                output::line(line)?;
            }
        }
        if finding.intact { Ok(()) } else { Err(Failure::Said) }
    }

    /// The ends of the log that were kept outside the database.
    fn known(&self, config: &Config) -> Result<Vec<Head>, Failure> {
        let mut known = Vec::new();
        let own = KeptHeads::in_folder(&config.data_dir);
        for file in std::iter::once(own).chain(self.heads.iter().cloned().map(KeptHeads::at)) {
            let place = file.path().display();
            let named = self.heads.iter().any(|path| path == file.path());
            if named && !file.path().exists() {
                return Err(Failure::Usage(format!("there is no file {place}")));
            }
            let kept = file.read().map_err(|problem| anyhow::anyhow!("{place} cannot be read: {problem}"))?;
            if let Some(line) = kept.unreadable.first() {
                let problem = "is not a time, a number and a hash: somebody changed the file, or it is another one";
                return Err(anyhow::anyhow!("line {line} of {place} {problem}").into());
            }
            known.extend(kept.heads);
        }
        Ok(known)
    }
}

impl Finding {
    fn lines(&self) -> Vec<String> {
        let mut lines = match (self.first_bad, self.why) {
            (Some(number), Some(why)) => vec![
                format!("the audit log is broken at event {number}: {why}"),
                "Whoever did it could write to the database as its owner. Keep a copy of the database and of the file \
                 audit-heads as they are, and compare with a backup from before"
                    .to_owned(),
            ],
            _ => vec![format!("the audit log is whole: {} events", self.events.unwrap_or_default())],
        };
        if self.intact {
            lines.push(match self.kept_heads {
                0 => "no end of it was kept outside the database yet: events that were cut off together with the \
                      database's own record of the end would not be missed"
                    .to_owned(),
                count => format!("it agrees with {count} ends that were kept outside the database"),
            });
        }
        lines
    }
}
