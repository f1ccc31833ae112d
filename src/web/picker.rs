//! What the server selector and the palette offer for a few typed letters. Pure: knows no request and no database.

use crate::language::Message;
use crate::metrics::health::Level;

/// At most this many options are sent; typing more narrows.
const LIMIT: usize = 60;
/// How many of the servers looked at last are offered.
pub const RECENT: usize = 5;

/// A server that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Its groups, separated by commas.
    pub groups: String,
    /// Its labels: `env=prod role=web`.
    pub labels: String,
    /// Whether the reader starred it.
    pub favourite: bool,
    /// How it is.
    pub level: Level,
    /// The same in two words: `disk 82 %`.
    pub brief: Message,
}

/// A text in three parts, the middle one what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Before the hit.
    pub before: String,
    /// The hit; empty where this text has none.
    pub hit: String,
    /// After the hit.
    pub after: String,
}

/// What stands before an option's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// How a server is.
    Level(Level),
    /// The symbol of a page.
    Icon(&'static str),
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickerOption {
    /// Its sign.
    pub sign: Sign,
    /// Its name, with the hit.
    pub name: Marked,
    /// Where choosing it leads; no other option leads there.
    pub href: String,
    /// Groups and address of a server; the place of a page.
    pub about: String,
    /// What stands at the end: `disk 82 %`, `CPU 31 %`.
    pub brief: Option<Message>,
    /// Whether it is the selected one.
    pub selected: bool,
    /// The star of a server; a page has none.
    pub star: Option<Star>,
}

/// What stars a server, or takes its star away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Star {
    /// The server's name.
    pub server: String,
    /// Whether it has one.
    pub on: bool,
}

impl PickerOption {
    /// How its words at the end are coloured: only what deserves attention.
    pub fn tone(&self) -> &'static str {
        match self.sign {
            Sign::Level(Level::Critical | Level::Unreachable) => "t-crit",
            Sign::Level(Level::Warning) => "t-warn",
            _ => "",
        }
    }
}

/// Lines under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// `Needs attention`, `Recent`, `41 matches`.
    pub heading: Message,
    /// Its lines; never empty.
    pub options: Vec<PickerOption>,
}

/// What the list is made for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// What was typed.
    pub query: &'a str,
    /// Names of the servers looked at last, latest first.
    pub recent: &'a [String],
    /// The screen that choosing keeps.
    pub slug: &'a str,
    /// The selected server.
    pub selected: Option<&'a str>,
}

/// Needs attention first, then the favourites, the recent ones, every match. Each server stands in one section only.
pub fn sections(candidates: &[Candidate], wanted: &Wanted<'_>) -> Vec<Section> {
    let query = wanted.query.trim().to_lowercase();
    let count = candidates.iter().filter(|candidate| candidate.has(&query)).count();
    let all = if query.is_empty() { Message::new("All servers") } else { counted(count) };
    let Sorted { bad, favourites, recent, rest } = sorted(candidates, &query, wanted.recent);
    let mut room = LIMIT;
    let parts = [
        (Message::new("Needs attention"), bad),
        (Message::new("Favourites"), favourites),
        (Message::new("Recent"), recent),
        (all, rest),
    ];
    parts
        .into_iter()
        .map(|(heading, found)| {
            let options: Vec<_> = found.into_iter().take(room).map(|one| one.option(&query, wanted)).collect();
            room -= options.len();
            Section { heading, options }
        })
        .filter(|section| !section.options.is_empty())
        .collect()
}

fn counted(count: usize) -> Message {
    Message::new(if count == 1 { "{n} match" } else { "{n} matches" }).with("n", count)
}

/// The servers that fit, each in one of these.
#[derive(Debug)]
pub struct Sorted<'c> {
    /// What needs attention, worst first.
    pub bad: Vec<&'c Candidate>,
    /// What the reader starred.
    pub favourites: Vec<&'c Candidate>,
    /// What was looked at last, latest first.
    pub recent: Vec<&'c Candidate>,
    /// All others.
    pub rest: Vec<&'c Candidate>,
}

/// Those that fit, sorted.
pub fn sorted<'c>(candidates: &'c [Candidate], query: &str, recent_names: &[String]) -> Sorted<'c> {
    let matching = candidates.iter().filter(|candidate| candidate.has(query));
    let (mut bad, well): (Vec<_>, Vec<_>) = matching.partition(|one| one.level.needs_attention());
    bad.sort_by_key(|one| one.level);
    let (favourites, well): (Vec<_>, Vec<_>) = well.into_iter().partition(|one| one.favourite);
    let (mut recent, rest): (Vec<_>, Vec<_>) = well.into_iter().partition(|one| recent_names.contains(&one.name));
    recent.sort_by_key(|one| recent_names.iter().position(|name| *name == one.name));
    Sorted { bad, favourites, recent, rest }
}

impl Candidate {
    /// Whether every word of `query` is in its name, address, groups or labels.
    pub fn has(&self, query: &str) -> bool {
        query.split_whitespace().all(|word| {
            [&self.name, &self.address, &self.groups, &self.labels]
                .iter()
                .any(|text| text.to_lowercase().contains(word))
        })
    }

    /// The line that leads to the page `wanted.slug` of this server.
    pub fn option(&self, query: &str, wanted: &Wanted<'_>) -> PickerOption {
        let slug = if wanted.slug.is_empty() { String::new() } else { format!("/{}", wanted.slug) };
        let about = [&self.groups, &self.address].into_iter().filter(|text| !text.is_empty());
        PickerOption {
            sign: Sign::Level(self.level),
            name: mark(&self.name, query.split_whitespace().next().unwrap_or_default()),
            href: format!("/servers/{}{slug}", self.name),
            about: about.cloned().collect::<Vec<_>>().join(", "),
            brief: Some(self.brief.clone()),
            selected: wanted.selected == Some(self.name.as_str()),
            star: Some(Star { server: self.name.clone(), on: self.favourite }),
        }
    }
}

/// `text` with its first occurrence of `word`, which is in small letters, in the middle.
pub fn mark(text: &str, word: &str) -> Marked {
    // A lower-case copy has the same places where no letter changes its length.
    let lower = text.to_lowercase();
    let at = (!word.is_empty() && lower.len() == text.len()).then(|| lower.find(word)).flatten();
    let parts = at.and_then(|at| {
        let (before, rest) = text.split_at_checked(at)?;
        let (hit, after) = rest.split_at_checked(word.len())?;
        Some(Marked { before: before.to_owned(), hit: hit.to_owned(), after: after.to_owned() })
    });
    parts.unwrap_or_else(|| Marked { before: text.to_owned(), hit: String::new(), after: String::new() })
}

/// `seen` put first in the list of servers looked at last.
pub fn remember(recent: &[String], seen: &str) -> Vec<String> {
    std::iter::once(seen.to_owned()).chain(recent.iter().filter(|name| *name != seen).cloned()).take(RECENT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, level: Level) -> Candidate {
        Candidate {
            name: name.to_owned(),
            address: "10.22.1.10".to_owned(),
            groups: "web".to_owned(),
            labels: "env=prod".to_owned(),
            favourite: false,
            level,
            brief: Message::new(level.label()),
        }
    }

    fn wanted<'a>(query: &'a str, recent: &'a [String]) -> Wanted<'a> {
        Wanted { query, recent, slug: "processes", selected: Some("web-2") }
    }

    fn names(sections: &[Section]) -> Vec<(String, Vec<String>)> {
        let name = |option: &PickerOption| format!("{}{}{}", option.name.before, option.name.hit, option.name.after);
        sections.iter().map(|part| (part.heading.to_string(), part.options.iter().map(name).collect())).collect()
    }

    #[test]
    fn what_needs_attention_comes_first_then_favourites_then_recent_then_the_rest() {
        let starred = |name, level| Candidate { favourite: true, ..candidate(name, level) };
        let servers = [
            candidate("db-1", Level::Up),
            starred("web-1", Level::Warning),
            candidate("web-2", Level::Unreachable),
            candidate("web-3", Level::Up),
            candidate("web-4", Level::Up),
            starred("web-5", Level::Up),
        ];
        let recent = ["web-3".to_owned(), "gone".to_owned()];
        let found = sections(&servers, &wanted("web-", &recent));
        let expected = [
            ("Needs attention", vec!["web-2", "web-1"]),
            ("Favourites", vec!["web-5"]),
            ("Recent", vec!["web-3"]),
            ("5 matches", vec!["web-4"]),
        ];
        let expected =
            expected.map(|(heading, names)| (heading.to_owned(), names.into_iter().map(str::to_owned).collect()));
        assert_eq!(names(&found), expected);
        let first = &found[0].options[0];
        assert_eq!(
            (first.name.hit.as_str(), first.href.as_str(), first.selected),
            ("web-", "/servers/web-2/processes", true)
        );
    }

    #[test]
    fn group_address_and_label_are_searched_too_and_every_word_must_be_found() {
        let servers = [candidate("a", Level::Up)];
        for query in ["WEB", "10.22", "env=prod a", ""] {
            assert_eq!(sections(&servers, &wanted(query, &[])).len(), 1, "{query}");
        }
        assert!(sections(&servers, &wanted("web nothing", &[])).is_empty());
    }

    #[test]
    fn the_server_seen_last_is_first_and_five_are_kept() {
        let recent: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        assert_eq!(remember(&recent, "c"), ["c", "a", "b", "d", "e"]);
        assert_eq!(remember(&recent, "x"), ["x", "a", "b", "c", "d"]);
    }
}
