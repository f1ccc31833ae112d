//! `hannun help`: how to use a subcommand, and every environment variable.

use clap::Args;
use clap::error::ErrorKind;

use super::{Failure, Outcome, output};
use crate::config::VARIABLES;

/// Show how to use hannun, one of its subcommands, or its environment variables (config)
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  hannun help config\n  hannun help user add")]
pub(super) struct Help {
    /// A subcommand, or `config` for the environment variables
    topic: Vec<String>,
}

impl Help {
    pub(super) fn run(self, command: clap::Command) -> Outcome {
        if self.topic == ["config"] {
            return variables();
        }
        let words = ["hannun"].into_iter().chain(self.topic.iter().map(String::as_str)).chain(["--help"]);
        match command.try_get_matches_from(words) {
            Err(help) if help.kind() == ErrorKind::DisplayHelp => Ok(output::line(help.to_string().trim_end())?),
            _ => Err(Failure::Usage(format!("there is no help about `{}`", self.topic.join(" ")))),
        }
    }
}

fn variables() -> Outcome {
    for variable in VARIABLES {
        output::line(format_args!(
            "{}\n    {}\n    default: {}\n    example: {}={}\n",
            variable.name, variable.meaning, variable.default, variable.name, variable.example
        ))?;
    }
    Ok(())
}
