//! What was found, as the page shows it.

use std::collections::BTreeSet;

use crate::inventory::import::{FoundSecret, Offer, Offered, Skipped};
use crate::inventory::{Action, Kind, Plan, Planned, Problem};
use crate::language::Message;

/// Lines of what was left out that are shown.
const MOST_SKIPPED: usize = 200;

/// What a text holds, and what importing would add.
#[derive(Debug, Clone)]
pub(super) struct Preview {
    /// The servers that can be chosen.
    pub(super) new: Vec<OfferView>,
    /// The names of those that are registered already.
    pub(super) registered: Vec<String>,
    /// What was left out.
    pub(super) skipped: Vec<NoteView>,
    /// How many more were left out.
    pub(super) more_skipped: usize,
    /// Credentials that are added with the servers.
    pub(super) credentials: Vec<String>,
    /// Groups that are added with the servers.
    pub(super) groups: Vec<String>,
    /// New servers whose host key nobody knows yet.
    pub(super) without_host_keys: usize,
    /// Why nothing can be imported.
    pub(super) problems: Vec<Message>,
}

/// A server that can be chosen.
#[derive(Debug, Clone)]
pub(super) struct OfferView {
    /// Its name in hannun.
    pub(super) name: String,
    /// Its name in the file, where that is another.
    pub(super) original: Option<String>,
    /// `deploy@192.0.2.7:2222`
    pub(super) place: String,
    /// The server that it is reached through.
    pub(super) jump: Option<String>,
    /// Its groups.
    pub(super) groups: Vec<String>,
    /// The key's file on the person's own machine.
    pub(super) key_file: Option<String>,
    /// The file has a password that can be used.
    pub(super) has_password: bool,
    /// Fingerprints.
    pub(super) host_keys: Vec<String>,
    /// The line of the file.
    pub(super) line: String,
    /// What is not used of what the file says.
    pub(super) ignored: Vec<NoteView>,
    /// It is ticked.
    pub(super) is_chosen: bool,
}

/// Something that was left out.
#[derive(Debug, Clone)]
pub(super) struct NoteView {
    /// A host, a keyword.
    pub(super) what: String,
    /// `config:12`
    pub(super) place: String,
    /// The reason.
    pub(super) why: Message,
}

impl Preview {
    pub(super) fn of(offered: &Offered, chosen: &BTreeSet<String>, planned: Planned) -> Self {
        let (registered, new): (Vec<&Offer>, Vec<&Offer>) =
            offered.offers.iter().partition(|offer| offer.is_registered);
        let mut preview = Self {
            new: new.into_iter().map(|offer| OfferView::of(offer, chosen)).collect(),
            registered: registered.into_iter().map(|offer| offer.name().to_owned()).collect(),
            skipped: offered.skipped.iter().take(MOST_SKIPPED).map(NoteView::of).collect(),
            more_skipped: offered.skipped.len().saturating_sub(MOST_SKIPPED),
            credentials: Vec::new(),
            groups: Vec::new(),
            without_host_keys: 0,
            problems: Vec::new(),
        };
        match planned {
            Planned::Ready(plan) => preview.take(&plan),
            Planned::Rejected(problems) => preview.problems = problems.into_iter().map(said).collect(),
        }
        preview
    }

    fn take(&mut self, plan: &Plan) {
        let added = |kind| {
            let items = plan.items.iter().filter(move |item| item.kind == kind && item.action == Action::Add);
            items.map(|item| item.name.clone()).collect()
        };
        self.credentials = added(Kind::Credential);
        self.groups = added(Kind::Group);
        self.without_host_keys = plan.without_host_keys();
    }

    /// What is left out, as a count.
    pub(super) fn skipped_count(&self) -> usize {
        self.skipped.len() + self.more_skipped
    }

    /// The sentence about credentials.
    pub(super) fn credentials_sentence(&self) -> Message {
        Message::new("New credentials: {names}").with("names", self.credentials.join(", "))
    }

    /// The sentence about groups.
    pub(super) fn groups_sentence(&self) -> Message {
        Message::new("New groups: {names}").with("names", self.groups.join(", "))
    }

    /// The sentence about servers whose key somebody must approve.
    pub(super) fn keys_sentence(&self) -> Message {
        let sentence = "{count} servers wait until somebody approves their host key";
        Message::new(sentence).with("count", self.without_host_keys)
    }

    /// The sentence about what is not shown.
    pub(super) fn more_sentence(&self) -> Message {
        Message::new("{count} more").with("count", self.more_skipped)
    }
}

/// The problem without its place: the text that it stands in was made by us.
fn said(problem: Problem) -> Message {
    problem.what
}

impl OfferView {
    fn of(offer: &Offer, chosen: &BTreeSet<String>) -> Self {
        let server = &offer.server;
        let host = if server.address.contains(':') { format!("[{}]", server.address) } else { server.address.clone() };
        let port = if server.port == 22 { String::new() } else { format!(":{}", server.port) };
        let user = server.sign_in.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        Self {
            name: server.name.clone(),
            original: Some(server.original.clone()).filter(|original| *original != server.name),
            place: format!("{user}{host}{port}"),
            jump: server.jump.clone(),
            groups: server.groups.clone(),
            key_file: server.sign_in.key_file.clone(),
            has_password: matches!(server.sign_in.password, FoundSecret::Given(_)),
            host_keys: server.host_keys.iter().map(|key| format!("{} {}", key.algorithm, key.fingerprint)).collect(),
            line: server.place.to_string(),
            ignored: server.ignored.iter().map(NoteView::of).collect(),
            is_chosen: chosen.contains(&server.name),
        }
    }

    /// What there is to say about its notes.
    pub(super) fn notes_sentence(&self) -> Message {
        Message::new("Not taken over: {count}").with("count", self.ignored.len())
    }

    /// What there is to say about its keys.
    pub(super) fn keys_sentence(&self) -> Message {
        Message::new("Host keys: {count}").with("count", self.host_keys.len())
    }

    /// The way to it.
    pub(super) fn jump_sentence(&self) -> Message {
        Message::new("through {name}").with("name", self.jump.as_deref().unwrap_or_default())
    }
}

impl NoteView {
    fn of(skipped: &Skipped) -> Self {
        Self { what: skipped.what.clone(), place: skipped.place.to_string(), why: skipped.why.clone() }
    }
}
