//! One message on its way, whichever way that is: sent once, and what was said to it is judged. Whoever sends decides whether to send
//! it again.

use chrono::TimeDelta;

use super::destinations::{Judgement, Sent, Way};
use crate::language::Message;
use crate::outbound::header::RETRY_AFTER;
use crate::outbound::{Answer, MailAnswer, Outbound, OutboundError};

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Carried {
    /// Whether it arrived, or may yet.
    pub(super) judgement: Judgement,
    /// The status of what was answered, where something was.
    pub(super) status: Option<u16>,
    /// The beginning of what was answered.
    pub(super) said: String,
    /// Why it did not arrive; none: it did.
    pub(super) why: Option<Message>,
    /// For how long the receiver wants to be left alone.
    pub(super) pause: Option<TimeDelta>,
    /// Nobody said what became of it, and it may have been sent: another try may be the second one that arrives (J04).
    pub(super) may_have_arrived: bool,
}

/// Sends a message once.
pub(super) async fn carry(outbound: &Outbound, way: Way, sent: Sent<'_>) -> Carried {
    match way {
        Way::Http { request, judge } => {
            let answered = match request(sent) {
                Ok(request) => outbound.send(&request).await,
                Err(error) => Err(error),
            };
            match answered {
                Ok(answer) => answered_with(judge(&answer), &answer),
                Err(error) => lost(&error),
            }
        }
        Way::Mail { letter } => match letter(sent) {
            Ok(mail) => match outbound.mail(&mail).await {
                Ok(answer) => said_of_letter(answer),
                Err(error) => lost(&error),
            },
            Err(why) => never(why),
        },
        // It is asked for with the rights of whoever owns the scenario: a channel has none.
        Way::Command => never(Message::new("A command is no message")),
    }
}

/// What a server of mail says: 4xx may be otherwise later, 5xx never will (RFC 5321, 4.2.1).
fn said_of_letter(answer: MailAnswer) -> Carried {
    let (status, said) = (Some(answer.code), answer.said);
    let why =
        || Message::new("The server of mail answered: {said}").with("said", said.chars().take(200).collect::<String>());
    let (judgement, why) = match answer.code {
        200..=299 => (Judgement::Arrived, None),
        400..=499 => (Judgement::Later, Some(why())),
        _ => (Judgement::Never(why()), Some(why())),
    };
    Carried { judgement, status, said, why, ..nothing_said() }
}

fn never(why: Message) -> Carried {
    Carried { judgement: Judgement::Never(why.clone()), why: Some(why), ..nothing_said() }
}

fn nothing_said() -> Carried {
    Carried {
        judgement: Judgement::Later,
        status: None,
        said: String::new(),
        why: None,
        pause: None,
        may_have_arrived: false,
    }
}

fn answered_with(judgement: Judgement, answer: &Answer) -> Carried {
    let asked = answer.headers.get(RETRY_AFTER).and_then(|asked| asked.to_str().ok()?.trim().parse().ok());
    Carried {
        why: match &judgement {
            Judgement::Arrived => None,
            Judgement::Later => Some(Message::new("It answered {status}").with("status", answer.status)),
            Judgement::Never(why) => Some(why.clone()),
        },
        judgement,
        status: Some(answer.status),
        said: String::from_utf8_lossy(&answer.body).into_owned(),
        pause: asked.and_then(TimeDelta::try_seconds),
        may_have_arrived: false,
    }
}

/// What got no answer: worth another try where it may pass by itself (O06).
fn lost(error: &OutboundError) -> Carried {
    let why = error.message();
    let judgement = match error {
        OutboundError::NoAddress { .. }
        | OutboundError::Unreachable { .. }
        | OutboundError::TimedOut { .. }
        | OutboundError::NoAnswer { .. } => Judgement::Later,
        OutboundError::NoUrl(_)
        | OutboundError::Refused { .. }
        | OutboundError::Untrusted { .. }
        | OutboundError::Redirected { .. }
        | OutboundError::Unsafe { .. } => Judgement::Never(why.clone()),
    };
    let may_have_arrived = matches!(error, OutboundError::TimedOut { .. } | OutboundError::NoAnswer { .. });
    Carried { judgement, why: Some(why), may_have_arrived, ..nothing_said() }
}
