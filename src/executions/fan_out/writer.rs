//! What executions of a fan-out print and how they end, written together: many at once in one transaction, so that each costs little,
//! and none waits for the database while its server talks.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Duration, sleep};

use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::executions::run::ends::outcome_of;
use crate::models::audit::Asked;
use crate::models::executions::End;
use crate::models::fan_outs::Progress;
use crate::models::ids::ExecutionId;

/// Pieces that are written together.
const TOGETHER: usize = 256;
/// Bytes that may wait to be written, of all executions: whoever has more waits, and its server with it.
const WAITING: usize = 64 << 20;
/// Between two tries while the database is away.
const PATIENCE: Duration = Duration::from_secs(2);

/// One piece on its way.
struct Piece {
    progress: Progress,
    /// What the audit log is told, of an end.
    asked: Option<Asked>,
    /// Told when it is written.
    written: Option<oneshot::Sender<()>>,
    _room: OwnedSemaphorePermit,
}

/// Where pieces are given; cheap to clone. Writing ends when the last one is dropped.
#[derive(Clone)]
pub(super) struct Writer {
    pieces: mpsc::Sender<Piece>,
    room: Arc<Semaphore>,
}

impl Writer {
    /// Begins to write.
    pub(super) fn start(db: Db, clock: Clock) -> Self {
        let (pieces, taken) = mpsc::channel(TOGETHER);
        tokio::spawn(write(db, clock, taken));
        Self { pieces, room: Arc::new(Semaphore::new(WAITING)) }
    }

    /// What an execution printed.
    pub(super) async fn output(&self, execution: ExecutionId, at_byte: usize, bytes: Bytes) -> Result<()> {
        let progress = Progress { execution, at_byte: position(at_byte), bytes: bytes.to_vec(), end: None };
        self.give(progress, None, None).await
    }

    /// How one ended, with the last of what it printed; returns once that is written.
    pub(super) async fn end(
        &self,
        execution: ExecutionId,
        (at_byte, bytes): (usize, Bytes),
        (end, digest): (End, Vec<u8>),
        asked: Asked,
    ) -> Result<()> {
        let (written, heard) = oneshot::channel();
        let at_byte = position(at_byte);
        let progress = Progress { execution, at_byte, bytes: bytes.to_vec(), end: Some((end, digest)) };
        self.give(progress, Some(asked), Some(written)).await?;
        heard.await.map_err(|_gone| ended())
    }

    async fn give(&self, progress: Progress, asked: Option<Asked>, written: Option<oneshot::Sender<()>>) -> Result<()> {
        let size = u32::try_from(progress.bytes.len().clamp(1, WAITING)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(size).await.map_err(|_closed| ended())?;
        self.pieces.send(Piece { progress, asked, written, _room: room }).await.map_err(|_gone| ended())
    }
}

fn position(at_byte: usize) -> i64 {
    i64::try_from(at_byte).unwrap_or(i64::MAX)
}

fn ended() -> Error {
    Error::internal(anyhow::anyhow!("what executions print is not written any more"))
}

async fn write(db: Db, clock: Clock, mut taken: mpsc::Receiver<Piece>) {
    let mut pieces = Vec::with_capacity(TOGETHER);
    while taken.recv_many(&mut pieces, TOGETHER).await > 0 {
        let mut together: Vec<Piece> = Vec::with_capacity(pieces.len());
        for piece in pieces.drain(..) {
            // One statement changes a row once: two pieces of one execution are written one after the other.
            if together.iter().any(|other| other.progress.execution == piece.progress.execution) {
                keep(&db, &clock, std::mem::take(&mut together)).await;
            }
            together.push(piece);
        }
        keep(&db, &clock, together).await;
    }
}

async fn keep(db: &Db, clock: &Clock, pieces: Vec<Piece>) {
    let progress: Arc<Vec<Progress>> = Arc::new(pieces.iter().map(|piece| piece.progress.clone()).collect());
    let asked: Arc<Vec<(ExecutionId, Asked, End)>> = Arc::new(
        pieces
            .iter()
            .filter_map(|piece| {
                let (end, _) = piece.progress.end.as_ref()?;
                Some((piece.progress.execution, piece.asked.clone()?, end.clone()))
            })
            .collect(),
    );
    loop {
        let (progress, asked, now) = (Arc::clone(&progress), Arc::clone(&asked), clock.now());
        let written = db.transaction(move |connection| {
            let ended = Progress::write(connection, &progress, now)?;
            let told: Vec<_> = asked
                .iter()
                .filter(|(id, ..)| ended.contains(id))
                .map(|(id, asked, end)| (told(asked.clone(), *id, end), outcome_of(end.state)))
                .collect();
            Asked::ended_all(connection, &told, now)
        });
        match written.await {
            Ok(()) => break,
            // Their leases run out meanwhile; whoever frees them says that nobody knows.
            Err(Error::Unavailable(_)) => sleep(PATIENCE).await,
            Err(error) => {
                tracing::error!(?error, "what executions printed could not be written");
                return;
            }
        }
    }
    for piece in pieces {
        if let Some(written) = piece.written {
            // Who asked may have gone.
            written.send(()).ok();
        }
    }
}

fn told(asked: Asked, id: ExecutionId, end: &End) -> Asked {
    asked
        .detail("execution", id)
        .detail("state", end.state.name())
        .detail("why", end.why.as_ref().map(ToString::to_string).unwrap_or_default())
        .detail("exit_status", end.exit_status.map(|status| status.to_string()).unwrap_or_default())
}
