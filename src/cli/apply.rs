//! `hannun apply`: servers as code. Shows what a file would change, and changes it: all of it or nothing.

pub(super) mod report;
mod secrets;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::connect::{self, Database, actor};
use super::{Failure, Outcome, output};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::inventory::{self, Applied, Means, Prune, Request, Source};
use crate::language::Message;
use crate::models::data_keys::DataKey;
use crate::models::inventory_files::InventoryFile;

/// The largest file that is read; the reader of YAML refuses less.
const MOST_BYTES: u64 = 2 << 20;

/// Add, change and remove servers as files say (docs/servers-yml.md)
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hannun apply --dry-run servers.yml\n  hannun apply --prune servers.yml\n  hannun export | hannun apply --dry-run -"
)]
pub(super) struct Apply {
    /// The files; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,

    /// Also remove what came from these files and is not in them any more
    #[arg(long)]
    prune: bool,

    /// What hannun calls the file that manages what is in it, instead of the file's own name
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Apply {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let request = self.request()?;
        let database = connect::database(&config).await?;
        let applied = if self.dry_run {
            plan(&database, &config, request).await?
        } else {
            apply(&database, &config, request).await?
        };
        match applied {
            Applied::Done(done) => Ok(report::print(&done.plan, self.dry_run, self.json)?),
            Applied::Otherwise(plan) => Ok(report::print(&plan, true, self.json)?),
            Applied::Rejected(problems) => {
                report::complain(&problems);
                Err(Failure::Said)
            }
        }
    }

    fn request(&self) -> Result<Request, Failure> {
        if self.files.len() > 1 && self.name.is_some() {
            return Err(Failure::Usage("--as names one file; apply the others by themselves".to_owned()));
        }
        let mut request = Request::default();
        let mut named: BTreeMap<String, &Path> = BTreeMap::new();
        for (index, path) in self.files.iter().enumerate() {
            let source = self.source(path)?;
            if let Some(name) = &source.file
                && let Some(first) = named.insert(name.clone(), path)
            {
                // The text that is kept of one would be that of the other.
                let (one, other) = (first.display(), path.display());
                let what = format!("{one} and {other} would both be called {name}: apply each by itself with --as");
                return Err(Failure::Usage(what));
            }
            for reference in inventory::references(index, &source) {
                let secret = secrets::find(&reference, path.parent().filter(|_| path.as_os_str() != "-"));
                request.secrets.0.insert((index, reference), secret);
            }
            request.sources.push(source);
        }
        if self.prune {
            request.prune = Prune::Everything;
            if request.sources.iter().any(|source| source.file.is_none()) {
                return Err(Failure::Usage("--prune needs the name of a file: add --as servers.yml".to_owned()));
            }
        }
        Ok(request)
    }

    fn source(&self, path: &Path) -> Result<Source, Failure> {
        let text = read(path)?;
        let own = path.file_name().filter(|_| path.as_os_str() != "-").map(|name| name.to_string_lossy().into_owned());
        let file = self.name.clone().or(own);
        if let Some(problem) = file.as_deref().and_then(InventoryFile::name_problem) {
            return Err(Error::BadRequest(problem).into());
        }
        Ok(Source { file, called: "standard input".to_owned(), text })
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
    };
    read.map_err(|error| anyhow::anyhow!("{} cannot be read: {error}", path.display()))?;
    String::from_utf8(bytes).map_err(|_not_text| anyhow::anyhow!("{} is no text in UTF-8", path.display()).into())
}

async fn plan(database: &Database, config: &Config, request: Request) -> Result<Applied> {
    let key_path = config.secret_key_path();
    database
        .db
        .run(move |connection| {
            let sealer = DataKey::open_sealer(connection, &key_path)?;
            let (actor, now) = (actor(), Clock::system().now());
            let means = Means { actor: &actor, sealer: &sealer, now };
            inventory::plan(connection, means, &request).map(Applied::from)
        })
        .await
}

async fn apply(database: &Database, config: &Config, request: Request) -> Result<Applied> {
    let key_path = config.secret_key_path();
    let sealer = database.db.run(move |connection| DataKey::open_sealer(connection, &key_path)).await?;
    let sealer = Arc::new(sealer);
    output::progress("Applying …");
    database
        .db
        .transaction(move |connection| {
            let (actor, now) = (actor(), Clock::system().now());
            inventory::apply(connection, Means { actor: &actor, sealer: &sealer, now }, &request, None)
        })
        .await
}

/// What cannot be read says so as a message of ours.
fn unreadable(reference: &inventory::SecretReference, why: impl std::fmt::Display) -> Message {
    Message::new("{reference} cannot be read: {why}").with("reference", reference).with("why", why)
}
