//! The file that is open beside its directory: what is told of it, its text, and what may be done with it.

use chrono::{DateTime, Utc};

use super::place::{Place, file_query};
use super::told::{Told, tell};
use crate::commands::files::entry::letters;
use crate::commands::files::path::shown;
use crate::commands::files::{DescribeFile, Details, FilePath, Kind, Part, ReadFile, Text};
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Role;
use crate::remote::host::Host;
use crate::web::format;

/// What is told of the open file.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub(super) name: String,
    /// Its name as a field of a form can hold it and give it back; empty where that cannot be.
    pub(super) entered_name: String,
    /// Its path, for people.
    pub(super) path: String,
    /// Its path in forms.
    pub(super) field: String,
    pub(super) seen: String,
    /// The end of a link, where there is something.
    pub(super) real: Option<(String, String)>,
    pub(super) facts: Vec<(&'static str, Message)>,
    pub(super) times: Vec<(&'static str, DateTime<Utc>)>,
    pub(super) is_directory: bool,
    pub(super) is_link: bool,
    pub(super) mode: String,
    pub(super) owner: String,
    pub(super) group: String,
    pub(super) download: Option<String>,
    pub(super) editor: Option<String>,
    pub(super) text: Option<Told<Preview>>,
    /// Where its lines come from, where it is followed.
    pub(super) follow: Option<String>,
    /// Links to the beginning, the end, and to following it.
    pub(super) views: Vec<(&'static str, String, bool)>,
}

/// A part of a file as text.
#[derive(Debug, Clone)]
pub(super) struct Preview {
    pub(super) text: String,
    /// What is not shown of it, or not as it is.
    pub(super) remark: Option<Message>,
}

impl Opened {
    /// What the server tells of the file that is open at `place`.
    pub(super) async fn ask(host: &Host, place: &Place, role: Role) -> Result<Option<Told<Self>>> {
        let Some(path) = place.open.as_ref().and_then(|name| place.path.join(name)) else { return Ok(None) };
        let answer = host.read(DescribeFile { path: path.clone(), acting: place.acting }).await;
        let details = match tell(answer, role, |details| details)? {
            Told::Ready(details, evidence) => (details, evidence),
            Told::Failed(fail) => return Ok(Some(Told::Failed(fail))),
            Told::Refused(why) => return Ok(Some(Told::Refused(why))),
        };
        let (details, evidence) = details;
        let mut opened = Self::new(host.name(), &path, place, &details);
        if details.leads_to == Some(Kind::File) && !place.follow {
            let read = ReadFile { path: path.clone(), part: place.part, acting: place.acting };
            let text = tell(host.read(read).await, role, |text| text)?;
            if let Told::Ready(text, _) = &text
                && details.kind == Kind::File
                && super::editor::is_editable(text)
            {
                opened.editor =
                    Some(format!("/servers/{}/files/editor{}", host.name(), file_query(&path, place.acting)));
            }
            opened.text = Some(text.map(|text| Preview::new(&text, place.part)));
        }
        Ok(Some(Told::Ready(opened, evidence)))
    }

    fn new(server: &str, path: &FilePath, place: &Place, details: &Details) -> Self {
        let base = format!("/servers/{server}/files");
        let query = file_query(path, place.acting);
        let is_file = details.leads_to == Some(Kind::File);
        let times =
            [("Modified", details.seen.modified), ("Changed", details.seen.changed), ("Read", details.accessed)];
        let mode = format!("{:04o}", details.mode);
        let fact = |text: String| Message::heard(text);
        let kind = match details.kind {
            Kind::Directory => Message::new("Directory"),
            Kind::File => Message::new("File"),
            Kind::Link => Message::new("Link"),
            // Pipe, socket or device: the server says which.
            Kind::Special => fact(details.kind_words.clone()),
        };
        let mut facts = vec![("Kind", kind)];
        if details.kind == Kind::File {
            let (size, exactly) = (format::bytes(details.seen.size), format!("{} B", details.seen.size));
            facts.push(("Size", fact(if size == exactly { exactly } else { format!("{size} ({exactly})") })));
        }
        if details.kind == Kind::Link {
            facts.push(("Leads to", fact(shown(&details.target))));
        }
        facts.push(("Mode", fact(format!("{} {mode}", letters(details.kind, details.mode)))));
        facts.push(("Owner", fact(format!("{}:{}", details.owner, details.group))));
        // Saving would part them: the others would keep what is in it now.
        if details.kind == Kind::File && details.links > 1 {
            facts.push(("Hard links", fact(details.links.to_string())));
        }
        if !details.content.is_empty() {
            facts.push(("Content", fact(details.content.clone())));
        }
        let view = |part, follow| Place { part, follow, ..place.clone() }.query();
        let is_directory = details.leads_to == Some(Kind::Directory);
        Self {
            name: shown(path.name()),
            entered_name: entered(path.name()),
            path: path.shown(),
            field: path.to_url(),
            seen: details.seen.to_string(),
            real: details.real.as_ref().filter(|real| *real != path).map(|real| {
                let name = real.name().to_vec();
                let parent = real.parent().unwrap_or_else(FilePath::root);
                (
                    real.shown(),
                    if is_directory { place.at(real.clone()) } else { place.at(parent).opened(&name) }.query(),
                )
            }),
            facts,
            times: times.into_iter().filter_map(|(name, at)| Some((name, at.at()?))).collect(),
            is_directory: details.kind == Kind::Directory,
            is_link: details.kind == Kind::Link,
            mode,
            owner: details.owner.clone(),
            group: details.group.clone(),
            download: match (is_file, is_directory) {
                (true, _) => Some(format!("{base}/content{query}")),
                (_, true) => Some(format!("{base}/archive{query}")),
                _ => None,
            },
            editor: None,
            text: None,
            follow: (is_file && place.follow).then(|| format!("{base}/follow{query}")),
            views: if is_file {
                vec![
                    ("Beginning", view(Part::Head, false), place.part == Part::Head && !place.follow),
                    ("End", view(Part::Tail, false), place.part == Part::Tail && !place.follow),
                    ("Follow", view(Part::Tail, true), place.follow),
                ]
            } else {
                Vec::new()
            },
        }
    }
}

impl Opened {
    /// The heading of the dialog that gives it another name.
    pub(super) fn to_rename(&self, server: &str) -> Message {
        Message::new("Rename {name}, {server}").with("name", &self.name).with("server", server)
    }

    /// The heading of the dialog that deletes it.
    pub(super) fn to_delete(&self, server: &str) -> Message {
        Message::new("Delete {name}, {server}").with("name", &self.name).with("server", server)
    }
}

/// A field of one line holds UTF-8 without line ends.
fn entered(name: &[u8]) -> String {
    let fits = |name: &&str| !name.contains(['\n', '\r']);
    std::str::from_utf8(name).ok().filter(fits).unwrap_or_default().to_owned()
}

impl Preview {
    fn new(text: &Text, part: Part) -> Self {
        let remark = match (text.as_text(), text.is_whole(), part) {
            (None, _, _) => Some("This is no text in UTF-8: what cannot be read is shown as �"),
            (_, false, Part::Head) => Some("The first 256 KiB"),
            (_, false, Part::Tail) => Some("The last 256 KiB"),
            _ => None,
        };
        Self { text: String::from_utf8_lossy(&text.bytes).into_owned(), remark: remark.map(Message::new) }
    }
}
