//! `hannun export`: everything that is known, as a file that applies to no change.

use clap::{Args, ValueEnum};

use super::connect::{self, actor};
use super::{Outcome, output};
use crate::config::Config;
use crate::inventory::{self, Extras};

/// Print what is known as YAML, without secrets
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hannun export --with commands > servers.yml")]
pub(super) struct Export {
    /// What else to print, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "WHAT")]
    with: Vec<Extra>,
}

/// What else can be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Extra {
    /// Commands of your own
    Commands,
}

impl Export {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let database = connect::database(&config).await?;
        let extras = Extras { commands: self.with.contains(&Extra::Commands) };
        let text = database.db.run(move |connection| inventory::export(connection, &actor(), extras)).await?;
        Ok(output::line(text.trim_end())?)
    }
}
