//! The life of a terminal: it is opened, recorded as it is shown, typed into, and its end is written and told.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::super::recording::{Moment, Recorder, What, record};
use super::super::ring::Ring;
use super::super::watch::watch_over;
use super::super::{Inner, Keeper, Place};
use super::{End, Ending, Input, Inside, KEPT, Live};
use crate::language::Message;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::terminals::Terminal;
use crate::remote::terminal::{Keyboard, Opened, Screen, Shown, Size};

/// Lets a terminal live, on the threads that own the connections.
pub(in crate::terminals) fn start(
    inner: &Arc<Inner>,
    (server, row): (&str, Terminal),
    opened: Opened,
    keeper: Keeper,
    place: Place,
    size: Size,
) -> Arc<Live> {
    let Opened { screen, keyboard, run_as } = opened;
    let (input, typed) = mpsc::unbounded_channel();
    let backlog = Arc::new(AtomicUsize::new(0));
    let live = Arc::new(Live {
        id: row.id,
        server: server.to_owned(),
        run_as,
        inside: Mutex::new(Inside { ring: Ring::new(KEPT), looking: None, looks: 0, size }),
        input,
        waiting: Arc::clone(&backlog),
        shown: watch::Sender::new(0),
        moved: watch::Sender::new(0),
        asked: watch::Sender::new(None),
        over: watch::Sender::new(None),
        typed_at: AtomicI64::new(inner.clock.now().timestamp_micros()),
        typed_lately: AtomicBool::new(false),
        clock: inner.clock.clone(),
    });
    inner.all().live.insert(live.id, Arc::clone(&live));
    let runtime = inner.hosts.pool().runtime().clone();
    let watching = runtime.spawn(watch_over(Arc::clone(inner), Arc::clone(&live), keeper));
    let (inner, held) = (Arc::clone(inner), Arc::clone(&live));
    runtime.spawn(async move {
        let (recorder, scribe) = record(inner.db.clone(), Arc::clone(&inner.sealer), held.id);
        let scribe = tokio::spawn(scribe);
        let hang_up = CancellationToken::new();
        let hands = tokio::spawn(type_all(keyboard, typed, backlog, hang_up.clone()));
        let end = show_all(&held, screen, recorder, size).await;
        hang_up.cancel();
        drop(hands.await);
        let is_whole = matches!(scribe.await, Ok(Ok(())));
        let end = if is_whole { end } else { not_recorded() };
        watching.abort();
        write_end(&inner, &held, &row, &end).await;
        inner.all().live.remove(&held.id);
        // Before anybody hears of the end: whoever does may open another one at once.
        drop(place);
        held.over.send_replace(Some(end));
    });
    live
}

/// Types what comes until it is told to hang up.
async fn type_all(
    keyboard: Keyboard,
    mut typed: mpsc::UnboundedReceiver<Input>,
    backlog: Arc<AtomicUsize>,
    hang_up: CancellationToken,
) {
    let typing = async {
        while let Some(input) = typed.recv().await {
            match input {
                Input::Typed(bytes) => {
                    let size = bytes.len();
                    keyboard.type_in(bytes).await;
                    backlog.fetch_sub(size, Ordering::Relaxed);
                }
                Input::Resized(size) => keyboard.resize(size).await,
            }
        }
    };
    tokio::select! {
        () = typing => {}
        () = hang_up.cancelled() => {}
    }
    keyboard.close().await;
}

/// Records and shows what comes, until its end.
async fn show_all(live: &Live, mut screen: Screen, recorder: Recorder, size: Size) -> End {
    let began = Instant::now();
    let at = || u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
    let mut asked = live.asked.subscribe();
    let mut known = size;
    let mut how = None;
    if !recorder.note(Moment { at_ms: 0, what: What::Resized(size) }).await {
        return not_recorded();
    }
    loop {
        let shown = tokio::select! {
            biased;
            end = asked.wait_for(Option::is_some) => {
                return end.ok().and_then(|end| end.clone()).unwrap_or_else(not_recorded);
            }
            () = recorder.is_gone() => return not_recorded(),
            shown = async { live.room().await; screen.next().await } => shown,
        };
        match shown {
            Shown::Output(bytes) => {
                let now = live.inside().size;
                let resized = (now != known).then_some(Moment { at_ms: at(), what: What::Resized(now) });
                known = now;
                for moment in resized.into_iter().chain([Moment { at_ms: at(), what: What::Output(bytes.clone()) }]) {
                    if !recorder.note(moment).await {
                        return not_recorded();
                    }
                }
                live.show(bytes);
            }
            Shown::Exited(status) => {
                how = Some(Message::new("The shell ended with status {status}").with("status", status));
            }
            Shown::Killed(signal) => {
                how = Some(Message::new("The shell was ended by the signal {signal}").with("signal", signal));
            }
            Shown::Closed => {
                let why = how.unwrap_or_else(|| Message::new("The server closed the terminal"));
                return End::new(Ending::Other, why);
            }
            Shown::Gone => return End::new(Ending::Other, Message::new("The connection to the server was lost")),
        }
    }
}

fn not_recorded() -> End {
    let why = "It could not be recorded, and nobody has a terminal that is not: look at the database of hannun";
    End::new(Ending::Other, Message::new(why))
}

/// Writes the end into its row and the audit log.
async fn write_end(inner: &Inner, live: &Live, row: &Terminal, end: &End) {
    let (id, bytes, now) = (live.id, i64::try_from(live.shown_bytes()).unwrap_or(i64::MAX), inner.clock.now());
    let entry = AuditEntry::by_kept("user", &row.actor, row.address, "close_terminal")
        .server(&live.server)
        .run_as(&live.run_as)
        .detail("terminal", id)
        .detail("why", &end.why)
        .detail("seconds", (now - row.begun_at).num_seconds())
        .detail("output_bytes", bytes);
    let why = end.why.clone();
    let written = inner.db.transaction(move |connection| {
        if Terminal::end(connection, id, (bytes, &why), now)? {
            entry.record(connection, Outcome::Succeeded, now)?;
        }
        Ok(())
    });
    if let Err(problem) = written.await {
        // Without signs of life it is found by the reconcile job.
        tracing::error!(%problem, "the end of a terminal could not be written");
    }
}
