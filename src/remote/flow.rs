//! Commands of which the output or the input flows: permission and audit like those of other commands, and a meaning for
//! what is left at the end.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::Endpoint;
use super::host::{Answer, Evidence, Host, OperableHost, ended, outcome_of, outcome_of_reading};
use super::hosts::{Hosts, Script};
use super::pipe::Pipe;
use crate::commands::catalog::Chosen;
use crate::commands::platform::Platform;
use crate::commands::script::takes_input;
use crate::commands::told::told;
use crate::commands::{Change, Command, ParseError, Read};
use crate::error::{Error, RemoteError, Result};
use crate::models::audit::{Asked, Outcome};

/// A running command whose output is taken as it comes. Dropping it ends what runs on the server.
///
/// At most 2 MiB of output are on their way in this process; when nobody takes them, the server's side stops.
pub struct Flow<C: Command> {
    pipe: Pipe,
    command: C,
    chosen: Chosen,
    server: String,
    signs_in_as_root: bool,
    at: DateTime<Utc>,
}

impl<C: Command> Flow<C> {
    /// Whether signing in to the server alone made it root.
    pub fn signs_in_as_root(&self) -> bool {
        self.signs_in_as_root
    }

    /// What was asked for.
    pub fn command(&self) -> &C {
        &self.command
    }

    /// Of which format its output is.
    pub fn format(&self) -> &str {
        &self.chosen.format
    }

    /// What runs, in one line for people.
    pub fn line(&self) -> String {
        told(&self.chosen.script)
    }

    /// The next piece of output; none where there is no more and the command succeeded.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        let next = self.pipe.next().await;
        next.map_err(|error| self.meaning(error))
    }

    async fn give(&mut self, bytes: Bytes) -> Result<()> {
        let given = self.pipe.give(bytes).await;
        given.map_err(|error| self.meaning(error))
    }

    /// What came is none of what the command answers.
    pub fn unparsable(&self, problem: ParseError) -> Error {
        RemoteError::unparsable(&self.server, &self.chosen.name, problem).into()
    }

    /// What an end of the script means to its command.
    fn meaning(&self, error: RemoteError) -> Error {
        let refusal = match &error {
            RemoteError::Failed { status, .. } => self.command.refusal(*status),
            _ => None,
        };
        refusal.map_or_else(|| error.into(), Error::from)
    }

    /// Takes what is left of the output, and reads it as the command's answer.
    pub async fn finish(mut self) -> Result<Answer<C::Output>> {
        self.conclude().await
    }

    async fn conclude(&mut self) -> Result<Answer<C::Output>> {
        self.pipe.end_input();
        let mut rest = Vec::new();
        while let Some(bytes) = self.next().await? {
            rest.extend_from_slice(&bytes);
            if rest.len() > LEFT {
                let (server, command) = (self.server.clone(), self.chosen.name.clone());
                return Err(RemoteError::OutputLimit { server, command, limit_bytes: LEFT }.into());
            }
        }
        let (status, took) = self.pipe.outcome()?;
        let value = self.command.parse(&self.chosen.format, &rest).map_err(|problem| self.unparsable(problem))?;
        let (line, command) = (told(&self.chosen.script), self.chosen.name.clone());
        Ok(Answer { value, evidence: Evidence { command, line, status, took, at: self.at } })
    }
}

/// How much output may be left when a flow is finished, bytes.
const LEFT: usize = 1 << 20;

/// A running change that is given content. Dropping it ends what runs on the server, and its outcome is unknown.
pub struct ChangeFlow<C: Change> {
    flow: Flow<C>,
    record: Record,
}

impl<C: Change> ChangeFlow<C> {
    /// Gives content; returns when it is on its way, and with the server's error where it takes no more.
    pub async fn give(&mut self, bytes: Bytes) -> Result<()> {
        let given = self.flow.give(bytes).await;
        self.record.unless_it_goes_on(given).await
    }

    /// Ends the content, waits for the end, and reads what is left of the output as the command's answer.
    pub async fn finish(mut self) -> Result<Answer<C::Output>> {
        let answer = self.flow.conclude().await;
        let answer = self.record.unless_it_goes_on(answer).await?;
        let (outcome, why) = ended(&self.flow.command, &answer.value);
        self.record.end(outcome, why).await;
        Ok(answer)
    }
}

/// The audit log's half of a change that is on its way: dropped without an end, the end is unknown.
struct Record {
    hosts: Hosts,
    asked: Option<Asked>,
}

impl Record {
    async fn unless_it_goes_on<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.end(outcome_of(error), error.to_string()).await;
        }
        result
    }

    async fn end(&mut self, outcome: Outcome, why: String) {
        if let Some(asked) = self.asked.take() {
            self.hosts.write_outcome(asked, outcome, why).await;
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if let Some(asked) = self.asked.take() {
            let hosts = self.hosts.clone();
            let runtime = hosts.pool().runtime().clone();
            runtime.spawn(async move {
                let why = "it was given up before its end".to_owned();
                hosts.write_outcome(asked, Outcome::Unknown, why).await;
            });
        }
    }
}

impl Host {
    /// Starts something that changes nothing and of which the output flows: a file, a log that is followed.
    #[tracing::instrument(skip_all, fields(server = %self.name(), command = C::TYPE.name()))]
    pub async fn follow<C: Read>(&self, command: C) -> Result<Flow<C>> {
        self.may_read(&command, false).await?;
        let (endpoint, platform) = self.hosts().endpoint_and_platform(self.server().id).await?;
        let target = command.target();
        let is_by_root = self.reads_as_root(&command, &endpoint).await?;
        let flow = self.flow(command, (&endpoint, &platform), true).await;
        if let Some(ended) = outcome_of_reading(&flow).filter(|_| is_by_root) {
            self.record_reading::<C>((&target, "root"), ended).await?;
        }
        flow
    }

    async fn flow<C: Command>(
        &self,
        command: C,
        (endpoint, platform): (&Endpoint, &Platform),
        may_be_root: bool,
    ) -> Result<Flow<C>> {
        let hosts = self.hosts();
        let chosen = self.choose_on::<C>(platform)?;
        let parameters = command.parameters();
        let mut script = Script::new(&chosen.name, &chosen.script, &parameters, hosts.command_timeout());
        script.privilege = self.privilege(&command, (endpoint, platform), &chosen, may_be_root).await?;
        let takes_input = takes_input(script.text);
        let at = hosts.clock().now();
        let request = script.request(platform.locale())?;
        let pipe = hosts.pool().pipe(endpoint, request, takes_input, C::SILENCE).await?;
        let signs_in_as_root = endpoint.user == "root";
        Ok(Flow { pipe, command, chosen, server: self.name().to_owned(), signs_in_as_root, at })
    }
}

impl OperableHost {
    /// Starts a change that is given content; who asked and how it ended is recorded as by [`OperableHost::change`].
    #[tracing::instrument(skip_all, fields(server = %self.name(), command = C::TYPE.name()))]
    pub async fn feed<C: Change>(&self, command: C) -> Result<ChangeFlow<C>> {
        let (asked, permitted) = self.asked(&command).await?;
        let mut record = Record { hosts: self.hosts().clone(), asked: Some(asked) };
        let flow = match permitted.platform(self.hosts()).await {
            Ok(platform) => self.flow(command, (&permitted.endpoint, &platform), permitted.may_be_root).await,
            Err(error) => Err(error),
        };
        let flow = record.unless_it_goes_on(flow).await?;
        Ok(ChangeFlow { flow, record })
    }
}
