//! `hannun import`: servers out of `~/.ssh/config` or an Ansible inventory. What is new is added as a whole, or nothing is.

mod disk;
mod report;

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::apply::report as plan_report;
use super::connect::{self, Database, actor};
use super::{Failure, Outcome};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::inventory::import::known_hosts::KnownHosts;
use crate::inventory::import::{self, Files, Format, Found, NoFiles, Offered, Owner, Source, ansible};
use crate::inventory::{self, Applied, Means};
use crate::models::actor::Scope;
use crate::models::data_keys::DataKey;
use disk::Disk;

/// Bring in the servers of ~/.ssh/config or of an Ansible inventory
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hannun import ssh-config ~/.ssh/config --known-hosts ~/.ssh/known_hosts --dry-run\n  hannun import ansible inventory/hosts.yml\n  ansible-inventory -i inventory --list --yaml | hannun import ansible -"
)]
pub(super) struct Import {
    /// What kind of file it is
    #[arg(value_enum)]
    format: Kind,

    /// The file; of an inventory also its folder; `-` for standard input
    path: PathBuf,

    /// Bring in the host keys of this file too: nobody has to approve those again
    #[arg(long, value_name = "FILE")]
    known_hosts: Option<PathBuf>,

    /// Who signs in where the file names nobody
    #[arg(long, value_name = "NAME")]
    user: Option<String>,

    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The client configuration of OpenSSH
    SshConfig,
    /// An inventory in INI, YAML or JSON
    Ansible,
}

impl From<Kind> for Format {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::SshConfig => Self::SshConfig,
            Kind::Ansible => Self::Ansible,
        }
    }
}

impl Import {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let found = self.read()?;
        let database = connect::database(&config).await?;
        let (offered, applied) = self.bring_in(&database, &config, found).await?;
        match applied {
            Applied::Done(done) => Ok(report::print(&offered, &done.plan, self.dry_run, self.json)?),
            Applied::Otherwise(plan) => Ok(report::print(&offered, &plan, true, self.json)?),
            Applied::Rejected(problems) => {
                plan_report::complain(&problems);
                Err(Failure::Said)
            }
        }
    }

    fn read(&self) -> Result<Found, Failure> {
        let known_hosts = match &self.known_hosts {
            None => None,
            Some(path) => {
                let text = disk::read_plain(path).map_err(|why| unreadable(path, &why))?;
                Some(KnownHosts::read(Source { name: &called(path), text: &text }))
            }
        };
        let known_hosts = known_hosts.as_ref();
        if self.path.is_dir() {
            if self.format == Kind::SshConfig {
                return Err(Failure::Usage(format!("{} is a folder, name the file in it", self.path.display())));
            }
            let disk = Disk::below(&self.path).map_err(|why| unreadable(&self.path, &why))?;
            return Ok(ansible::read_folder(&disk, &self.owner(), known_hosts));
        }
        let (text, name) = self.text()?;
        let source = Source { name: &name, text: &text };
        let files = self.files()?;
        Ok(import::read(self.format.into(), source, files.as_ref(), &self.owner(), known_hosts))
    }

    /// Whose file it is: `ssh` signs in under the name of the person who runs it, Ansible as its own settings say.
    fn owner(&self) -> Owner {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let runs_this = || match self.format {
            Kind::SshConfig => variable("USER").or_else(|| variable("LOGNAME")),
            Kind::Ansible => None,
        };
        Owner {
            user: self.user.clone().or_else(runs_this),
            home: std::env::home_dir().and_then(|home| home.into_os_string().into_string().ok()),
        }
    }

    fn is_standard_input(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    fn text(&self) -> Result<(String, String), Failure> {
        if !self.is_standard_input() {
            let text = disk::read_plain(&self.path).map_err(|why| unreadable(&self.path, &why))?;
            return Ok((text, called(&self.path)));
        }
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(disk::LONGEST + 1).read_to_end(&mut bytes);
        read.map_err(|why| unreadable(&self.path, &why.to_string()))?;
        Ok((String::from_utf8_lossy(&bytes).into_owned(), "standard input".to_owned()))
    }

    /// What the text may refer to: an inventory to what lies below its folder, a configuration to what it includes.
    fn files(&self) -> Result<Box<dyn Files>, Failure> {
        if self.is_standard_input() {
            return Ok(Box::new(NoFiles));
        }
        Ok(Box::new(match self.format {
            Kind::SshConfig => Disk::of_home(std::env::home_dir()),
            Kind::Ansible => {
                let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
                Disk::below(folder.unwrap_or_else(|| Path::new("."))).map_err(|why| unreadable(&self.path, &why))?
            }
        }))
    }

    /// Adds what is new in one transaction, or plans that.
    async fn bring_in(&self, database: &Database, config: &Config, found: Found) -> Result<(Offered, Applied)> {
        let (key_path, dry_run, called) = (config.secret_key_path(), self.dry_run, called(&self.path));
        let sealer = database.db.run(move |connection| DataKey::open_sealer(connection, &key_path)).await?;
        let sealer = Arc::new(sealer);
        database
            .db
            .transaction(move |connection| {
                let actor = actor();
                let means = Means { actor: &actor, sealer: &sealer, now: Clock::system().now() };
                let offered = import::offer(connection, &Scope::All, found)?;
                let chosen: BTreeSet<String> = offered.new_names();
                let request = offered.request(connection, means, &chosen, &called)?;
                let applied = if dry_run {
                    inventory::plan(connection, means, &request)?.into()
                } else {
                    inventory::apply(connection, means, &request, None)?
                };
                Ok::<_, Error>((offered, applied))
            })
            .await
    }
}

/// What messages call a file.
fn called(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn unreadable(path: &Path, why: &str) -> Failure {
    anyhow::anyhow!("{} cannot be read: {why}", path.display()).into()
}
