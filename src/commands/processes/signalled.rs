//! How a signal went, in the words of whoever sent it.

use std::time::Duration;

use super::signals::{Refusal, Signal, Signalled};
use crate::language::Message;

/// Why nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSent {
    /// The process is not the one that was seen any more.
    Gone(Message),
    /// No signal may go there.
    Refused(Message),
}

/// How it went, for the person who asked, or why nothing was sent.
pub fn sentence(outcome: &Signalled, signal: Signal, pid: u32) -> Result<Message, NotSent> {
    let done = |sentence: &'static str, after: Duration| {
        Message::new(sentence).with("signal", signal.name()).with("pid", pid).with("after", seconds(after))
    };
    match outcome {
        Signalled::Ended(after) => Ok(done("Sent {signal} to {pid}: it ended within {after} s", *after)),
        Signalled::Zombie(after) => {
            Ok(done("Sent {signal} to {pid}: it ended, and its parent has not fetched it after {after} s", *after))
        }
        Signalled::There(after, state) => {
            Ok(done("Sent {signal} to {pid}: it is still there after {after} s, state {state}", *after)
                .with("state", state))
        }
        Signalled::Gone => Err(NotSent::Gone(
            Message::new("Process {pid} is gone: it had ended before, and nothing was sent").with("pid", pid),
        )),
        Signalled::Changed => Err(NotSent::Gone(
            Message::new("Process {pid} is another one now than the one that you saw: nothing was sent")
                .with("pid", pid),
        )),
        Signalled::Refused(Refusal::First) => Err(refused(
            "Process {pid} is the first one of the server, which all others depend on: hannun sends it no signals",
            pid,
        )),
        Signalled::Refused(Refusal::Kernel) => {
            Err(refused("Process {pid} is a thread of the kernel: it takes no signals", pid))
        }
        Signalled::Refused(Refusal::OurOwn) => {
            Err(refused("hannun is signed in through process {pid}: it does not cut itself off", pid))
        }
    }
}

/// `0.2`, `3`
fn seconds(after: Duration) -> String {
    let text = format!("{:.1}", after.as_secs_f64());
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

fn refused(sentence: &'static str, pid: u32) -> NotSent {
    NotSent::Refused(Message::new(sentence).with("pid", pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_a_sentence_and_nothing_sent_is_an_error() {
        let said = |outcome: Signalled| sentence(&outcome, Signal::Term, 4121);
        let there = Signalled::There(Duration::from_millis(3020), "S".into());
        assert_eq!(said(there).unwrap().to_string(), "Sent TERM to 4121: it is still there after 3 s, state S");
        let ended = said(Signalled::Ended(Duration::from_millis(210))).unwrap().to_string();
        assert_eq!(ended, "Sent TERM to 4121: it ended within 0.2 s");
        assert!(matches!(said(Signalled::Gone), Err(NotSent::Gone(_))));
        assert!(matches!(said(Signalled::Changed), Err(NotSent::Gone(_))));
        for refusal in [Refusal::First, Refusal::Kernel, Refusal::OurOwn] {
            assert!(matches!(said(Signalled::Refused(refusal)), Err(NotSent::Refused(_))));
        }
    }
}
