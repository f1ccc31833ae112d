//! `hannun restore`: a backup into an empty database (R09).

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::connect::{self, Empty, actor};
use super::{Failure, Outcome, output};
use crate::backup::{self, About, Checked, Restored, Target};
use crate::config::Config;
use crate::queue;
use crate::telemetry::escape;

/// Put a backup into an empty database; everybody has to sign in again, and schedules stay paused
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hannun restore /mnt/backups/hannun-monday --check\n  hannun restore /mnt/backups/hannun-monday\n  DATABASE_URL_FILE=/etc/hannun/owner-url hannun restore /mnt/backups/hannun-monday --grant hannun\n\nThe key file that hannun had when the backup was made has to be in its place first. Everything in the file is checked\nbefore anything is changed. Afterwards nobody is signed in, what was at work counts as unknown, and no scenario runs by its\nschedule until an administrator starts the scheduler."
)]
pub(super) struct Restore {
    /// The file that `hannun backup` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only check that the file is whole and that the key file opens it; needs no database
    #[arg(long)]
    check: bool,
    /// Also let this database role, which hannun serve then works as, use the tables, all but rewrite the audit log
    #[arg(long, value_name = "ROLE", conflicts_with = "check")]
    grant: Option<String>,
    /// Where `pg_restore` is, if not in one of the usual places
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A backup that was only looked at.
#[derive(Serialize)]
struct Look<'a> {
    about: &'a About,
    files: usize,
    seconds: f64,
}

/// What was restored.
#[derive(Serialize)]
struct Report<'a> {
    seconds: f64,
    #[serde(flatten)]
    restored: &'a Restored,
}

impl Restore {
    pub(super) async fn run(self, config: Config) -> Outcome {
        if config.database_url.is_none() && self.grant.is_some() {
            let words = "--grant is for a PostgreSQL of your own: the private one has its two roles already";
            return Err(Failure::Usage(words.to_owned()));
        }
        let began = Instant::now();
        let (file, key_path) = (self.file.clone(), config.secret_key_path());
        let checked = connect::aside(move || backup::check(&file, &key_path, |words| output::progress(words))).await?;
        if self.check {
            return self.tell_of(&checked, began);
        }
        let empty = connect::empty(&config, self.grant.clone())?;
        let target = Target {
            owner: empty.owner.clone(),
            application_role: empty.application_role.clone(),
            data_dir: config.data_dir.clone(),
            programs: self.programs.clone(),
        };
        let restored = into(&empty, checked, target).await?;
        let seconds = began.elapsed().as_secs_f64();
        if self.json {
            return Ok(output::json(&Report { seconds, restored: &restored })?);
        }
        for line in lines(seconds, &restored) {
            output::line(escape(&line))?;
        }
        Ok(())
    }

    fn tell_of(&self, checked: &Checked, began: Instant) -> Outcome {
        let (about, files, seconds) = (&checked.about, checked.files, began.elapsed().as_secs_f64());
        if self.json {
            return Ok(output::json(&Look { about, files, seconds })?);
        }
        let (file, version, time, rows) = (self.file.display(), &about.version, about.time(), about.all_rows());
        let line = format!(
            "{file} is whole, and the key file opens it: hannun {version} as it was at {time}, {rows} rows, {files} uploaded files"
        );
        Ok(output::line(escape(&line))?)
    }
}

/// Each step needs the one before; only after the last one hannun works with the database.
async fn into(empty: &Empty, checked: Checked, target: Target) -> Result<Restored, Failure> {
    let filled =
        connect::aside(move || backup::fill(checked, target, |words| output::progress(words))?.migrate()).await?;
    queue::set_up(&empty.owner, empty.application_role.as_deref()).await?;
    connect::aside(move || filled.finish(&actor())).await
}

fn lines(seconds: f64, restored: &Restored) -> Vec<String> {
    let Restored { about, files, ended, earlier_heads } = restored;
    let (time, rows) = (about.time(), about.all_rows());
    let mut lines = vec![
        format!("hannun is as it was at {time}: {rows} rows and {files} uploaded files, restored in {seconds:.1} s"),
        format!(
            "{} sessions ended: everybody signs in again. {} commands, {} runs and {} messages had not ended then, and count as unknown",
            ended.sessions, ended.executions, ended.runs, ended.deliveries
        ),
    ];
    if let Some(earlier) = earlier_heads {
        let (place, told) = (earlier.display(), "of an audit log that is not here any more");
        lines.push(format!("The kept ends {told} are in {place} now"));
    }
    lines.push(
        "No scenario runs by its schedule until an administrator starts the scheduler, on its page. Start hannun, then \
         look with hannun doctor"
            .to_owned(),
    );
    lines
}
