//! `hannun backup`: everything in one sealed file (R09).

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::connect::{self, actor};
use super::{Outcome, output};
use crate::backup::{self, Made, Source};
use crate::config::Config;
use crate::db::private_server::PrivateServer;
use crate::telemetry::escape;

/// Write everything that hannun knows into one sealed file; hannun may run meanwhile
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hannun backup /mnt/backups/hannun-monday\n  hannun backup /mnt/backups/hannun-monday --json\n\nThe file holds the database, uploaded files and the kept ends of the audit log. It does not hold the key file: keep that\napart from it. Without the key file the backup cannot be opened, and nobody can help. The way back: hannun restore."
)]
pub(super) struct Backup {
    /// The file to write, which must not be there yet; only its owner may read it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where `pg_dump` is, if not in one of the usual places
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was made.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a PathBuf,
    seconds: f64,
    #[serde(flatten)]
    made: &'a Made,
}

impl Backup {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let began = Instant::now();
        if config.database_url.is_none() && !PrivateServer::is_made(&config.data_dir) {
            let place = config.data_dir.display();
            let problem = "there is nothing to back up in";
            let next = "Run this as the account that hannun runs as, or set HANNUN_DATA_DIR or DATABASE_URL as for hannun serve";
            return Err(anyhow::anyhow!("{problem} {place}: no database was made there yet. {next}").into());
        }
        let database = connect::database(&config).await?;
        let source = Source {
            url: database.url().clone(),
            data_dir: config.data_dir.clone(),
            key_path: config.secret_key_path(),
            programs: self.programs,
        };
        let file = self.file.clone();
        let made =
            connect::aside(move || backup::back_up(&source, &file, &actor(), |words| output::progress(words))).await?;
        let seconds = began.elapsed().as_secs_f64();
        if self.json {
            return Ok(output::json(&Report { file: &self.file, seconds, made: &made })?);
        }
        for line in lines(&self.file.display().to_string(), seconds, &made) {
            output::line(escape(&line))?;
        }
        Ok(())
    }
}

fn lines(file: &str, seconds: f64, made: &Made) -> Vec<String> {
    let Made { about, bytes, files, missing, key, key_path, .. } = made;
    let (time, tables, rows) = (about.time(), about.rows.len(), about.all_rows());
    let mut lines = vec![
        format!("{file} holds everything as it was at {time}: {bytes} bytes, made in {seconds:.1} s"),
        format!("{rows} rows of {tables} tables, {files} uploaded files"),
    ];
    if !missing.is_empty() {
        let names = missing.join(", ");
        lines.push(format!("Not in it, because they are not in the data directory of this machine: {names}"));
    }
    let key_path = key_path.display();
    lines.push(format!(
        "Only the key file {key_path} (mark {key}) opens it, and is not in it. Keep a copy of the key file apart from the backup"
    ));
    lines
}
