//! One script over a connection of its own, which no other command uses: it proves that connecting and signing in work now.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::channel::ShellChannel;
use super::connect::{Progress, approach, connect};
use super::connection::{Lease, Use};
use super::endpoint::Endpoint;
use super::exec;
use super::pool::Pool;
use super::request::{Answer, Request};
use crate::error::RemoteError;

impl Pool {
    /// Connects, signs in, runs `request` and hangs up. The breaker is neither asked nor told: this is a question of its own.
    pub async fn run_anew(&self, endpoint: &Endpoint, request: Request) -> Result<Answer, RemoteError> {
        let cut_off = RemoteError::CutOff { server: endpoint.name.clone(), command: request.command.clone() };
        let (mut caller, answer) = oneshot::channel();
        let (pool, endpoint, began) = (self.clone(), endpoint.clone(), Instant::now());
        self.runtime().spawn(async move {
            let outcome = pool.run_anew_here(&endpoint, request, began, &mut caller).await;
            // Nobody waits: then nobody hears.
            drop(caller.send(outcome));
        });
        answer.await.unwrap_or(Err(cut_off))
    }

    async fn run_anew_here(
        &self,
        endpoint: &Endpoint,
        mut request: Request,
        began: Instant,
        caller: &mut oneshot::Sender<Result<Answer, RemoteError>>,
    ) -> Result<Answer, RemoteError> {
        let mut progress = Progress::new();
        let means = self.means(endpoint, Use::Command).await?;
        let approach = approach(endpoint, &means, &mut progress).await?;
        let connection = Arc::new(Box::pin(connect(endpoint, means, approach, &mut progress)).await?);
        let script = Bytes::from(std::mem::take(&mut request.stdin));
        let until = began + request.deadline;
        let ran = async {
            let lease = Lease::new(Arc::clone(&connection));
            let channel = ShellChannel::start(lease, Use::Command, script, until).await?;
            let inner = self.inner();
            exec::run(channel, endpoint, request, &inner.config, &inner.budget, began, caller).await
        };
        let outcome = ran.await;
        self.runtime().spawn(connection.close());
        outcome
    }
}
