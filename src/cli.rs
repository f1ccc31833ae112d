//! The command line: one file per subcommand. Results on standard output, progress on standard error,
//! exit status 0 done, 1 failed, 2 wrong usage.

mod apply;
mod approve;
mod audit;
mod backup;
mod connect;
mod doctor;
mod exec;
mod export;
mod help;
mod import;
mod keys;
mod migrate;
mod output;
mod password;
mod restore;
mod serve;
mod servers;
mod token;
mod user;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::config::{Config, ConfigProblems};
use crate::error::Error;
use crate::language::Message;
use crate::startup::hardening;
use crate::telemetry;

/// hannun (한눈): see and run all your servers from a browser, over nothing but SSH
#[derive(Debug, Parser)]
#[command(
    name = "hannun",
    version,
    disable_help_subcommand = true,
    after_help = "Example:\n  hannun serve --demo\n\nEnvironment variables: hannun help config"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Work(serve::Work),
    Migrate(migrate::Migrate),
    User(user::User),
    Token(token::Token),
    Servers(servers::Servers),
    Exec(exec::Exec),
    Approve(approve::Approve),
    Apply(apply::Apply),
    Export(export::Export),
    Import(import::Import),
    Audit(audit::Audit),
    Keys(keys::Keys),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Doctor(doctor::Doctor),
    Help(help::Help),
}

impl Command {
    /// What is written to the log. A command that does one thing and ends tells that thing, and its log only what went
    /// wrong, unless the settings ask for another one than usual.
    fn log_filter<'a>(&self, config: &'a Config) -> &'a str {
        let runs_on = matches!(self, Self::Serve(_) | Self::Work(_));
        if runs_on || config.log != Config::USUAL_LOG { &config.log } else { "error" }
    }
}

/// Why a subcommand did not do what it was asked for.
#[derive(Debug)]
enum Failure {
    /// Wrong usage, seen only after parsing: exit status 2.
    Usage(String),
    /// Anything else: exit status 1.
    Failed(anyhow::Error),
    /// The result itself is "no", and has been printed: exit status 1 without another word.
    Said,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(cause: E) -> Self {
        Self::Failed(cause.into())
    }
}

type Outcome = Result<(), Failure>;

/// Every subcommand with its arguments, for whoever wants to check or describe a command line.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Does what `arguments` ask for.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => exit_code(run(arguments.command)),
        Err(answer) => {
            // `--help` and `--version` arrive here too; clap knows where each is printed.
            drop(answer.print());
            ExitCode::from(if answer.use_stderr() { 2 } else { 0 })
        }
    }
}

fn run(command: Command) -> Outcome {
    // Help must work whatever the environment holds.
    if let Command::Help(help) = command {
        return help.run(Arguments::command());
    }
    let config = Config::from_env()?;
    telemetry::start(command.log_filter(&config));
    if let Err(problem) = hardening::keep_memory_private() {
        tracing::warn!(%problem, "this process's memory could not be kept out of core dumps");
    }
    let system = actix_web::rt::System::new();
    system.block_on(async {
        match command {
            Command::Serve(serve) => serve.run(config).await,
            Command::Work(work) => work.run(config).await,
            Command::Migrate(migrate) => migrate.run(config).await,
            Command::User(user) => user.run(config).await,
            Command::Token(token) => token.run(config).await,
            Command::Servers(servers) => servers.run(config).await,
            Command::Exec(exec) => exec.run(config).await,
            Command::Approve(approve) => approve.run(config).await,
            Command::Apply(apply) => apply.run(config).await,
            Command::Export(export) => export.run(config).await,
            Command::Import(import) => import.run(config).await,
            Command::Audit(audit) => audit.run(config).await,
            Command::Keys(keys) => keys.run(config).await,
            Command::Backup(backup) => backup.run(config).await,
            Command::Restore(restore) => restore.run(config).await,
            Command::Doctor(doctor) => doctor.run(config).await,
            Command::Help(help) => help.run(Arguments::command()),
        }
    })
}

fn exit_code(outcome: Outcome) -> ExitCode {
    let (status, words) = match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Said) => return ExitCode::from(1),
        Err(Failure::Usage(words)) => (2, words),
        // Whoever reads our output has read enough: `hannun servers | head -1`.
        Err(Failure::Failed(cause)) if is_broken_pipe(&cause) => return ExitCode::SUCCESS,
        Err(Failure::Failed(cause)) => (1, words_of(&cause)),
    };
    // Nobody can be told that standard error is gone.
    drop(writeln!(io::stderr().lock(), "hannun: {words}"));
    ExitCode::from(status)
}

fn is_broken_pipe(cause: &anyhow::Error) -> bool {
    cause
        .chain()
        .filter_map(|link| link.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The cause in words: what happened, why, and the next step where one is known.
fn words_of(cause: &anyhow::Error) -> String {
    if let Some(problems) = cause.downcast_ref::<ConfigProblems>() {
        return format!("the configuration cannot be used:\n{problems}\nAll variables: hannun help config");
    }
    match cause.downcast_ref::<Error>() {
        Some(error) => words_of_error(error),
        None => telemetry::escape(&format!("{cause:#}")),
    }
}

/// What happened, which fields, and the next step, a line each.
fn words_of_error(error: &Error) -> String {
    let mut words = telemetry::escape(&error.to_string());
    let mut add = |line: &str| {
        words.push('\n');
        words.push_str(&telemetry::escape(line));
    };
    match error {
        Error::Invalid(fields) => fields.iter().for_each(|(field, problem)| add(&format!("  {field}: {problem}"))),
        // The operator of the console reads this, not a visitor: the whole cause helps.
        Error::Internal(inner) => add(&format!("{inner:#}")),
        _ => {}
    }
    if let Some(hint) = next_step(error) {
        add(&hint.to_string());
    }
    words
}

/// What to do about it. That something is not there now says no more on the command line than its own sentence: nobody
/// repeats a start for us.
fn next_step(error: &Error) -> Option<Message> {
    error.hint().filter(|_| !matches!(error, Error::Unavailable(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_every_subcommand_has_an_example() {
        let mut command = Arguments::command();
        command.build();
        command.clone().debug_assert();
        let mut waiting: Vec<clap::Command> = command.get_subcommands().cloned().collect();
        assert!(waiting.len() >= 9);
        while let Some(mut subcommand) = waiting.pop() {
            let help = subcommand.render_long_help().to_string();
            assert!(help.contains("Example"), "{} has no example:\n{help}", subcommand.get_name());
            waiting.extend(subcommand.get_subcommands().cloned());
        }
    }

    #[test]
    fn sec_s07_no_password_can_be_given_as_an_argument() {
        for arguments in [
            &["hannun", "user", "add", "kim", "--role", "viewer", "--password", "correct horse"][..],
            &["hannun", "user", "password", "kim", "correct horse"][..],
        ] {
            assert!(Arguments::try_parse_from(arguments).is_err(), "{arguments:?}");
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let gone = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&anyhow::Error::from(gone).context("The list could not be written")));
        assert!(!is_broken_pipe(&anyhow::anyhow!("something else")));
    }
}
