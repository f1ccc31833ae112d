//! `hannun keys`: the keys under which secrets are stored (S04).

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::connect::{self, actor};
use super::{Failure, Outcome, output};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Connection;
use crate::error::Result;
use crate::models::audit::{self, AuditEntry};
use crate::models::data_keys::rotation::{Rotation, Step};

/// Look after the keys under which passwords and private keys are stored
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hannun keys rotate")]
pub(super) struct Keys {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Rotate(Rotate),
}

/// Make a new key file and seal every stored secret anew; hannun may run meanwhile
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hannun keys rotate\n\nInterrupted, it goes on where it was when it is run again; until then everything can be read.\nThe old key file is kept beside the new one: older backups of the database need it."
)]
struct Rotate {}

impl Keys {
    pub(super) async fn run(self, config: Config) -> Outcome {
        match self.action {
            Action::Rotate(Rotate {}) => rotate(config).await,
        }
    }
}

/// What a whole rotation came to.
#[derive(Default)]
struct Report {
    kept: Option<PathBuf>,
    resealed: usize,
    unreadable: Vec<String>,
}

async fn rotate(config: Config) -> Outcome {
    let database = connect::database(&config).await?;
    let rotation = Rotation::new(&config.secret_key_path())?;
    let path = rotation.path().display().to_string();
    let report = database.db.run(move |connection| rotate_alone(connection, rotation)).await?;
    output::line(format_args!("{path} holds a new key; {} credentials were sealed with it", report.resealed))?;
    if let Some(kept) = &report.kept {
        output::line(format_args!(
            "The old key was kept as {}. Remove it once no backup of the database from before is needed",
            kept.display()
        ))?;
    }
    output::line("Back up the new key file now. Where other machines run hannun on this database, copy it to them")?;
    if report.unreadable.is_empty() {
        return Ok(());
    }
    let names = report.unreadable.join(", ");
    Err(Failure::Failed(anyhow::anyhow!(
        "no key opens what is stored in these: {names}. Enter the secrets of credentials again in the admin area, then run this again; other things are lost"
    )))
}

fn rotate_alone(connection: &mut Connection, mut rotation: Rotation) -> Result<Report> {
    Rotation::begin_alone(connection)?;
    let now = || Clock::system().now();
    let asked = AuditEntry::by(&actor(), "rotate_keys").asked(connection, now())?;
    let report = run_to_the_end(connection, &mut rotation);
    let outcome = match &report {
        Ok(report) if report.unreadable.is_empty() => audit::Outcome::Succeeded,
        _ => audit::Outcome::Failed,
    };
    let resealed = report.as_ref().map_or(0, |report| report.resealed);
    asked.detail("credentials", resealed).ended(connection, outcome, now())?;
    Rotation::end(connection)?;
    report
}

fn run_to_the_end(connection: &mut Connection, rotation: &mut Rotation) -> Result<Report> {
    let mut report = Report::default();
    loop {
        match rotation.step(connection)? {
            Step::NewKey | Step::Wrapped => {}
            Step::Exchanged(kept) => report.kept = Some(kept),
            Step::Resealed(count) => {
                report.resealed += count;
                output::progress(format_args!("{} credentials sealed anew …", report.resealed));
            }
            Step::Done { unreadable } => {
                report.unreadable = unreadable;
                return Ok(report);
            }
        }
    }
}
