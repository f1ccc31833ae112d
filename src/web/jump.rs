//! What the palette offers: servers, the pages of one server, every other page. Pure: knows no request and no database.

use super::menu::{Group, MenuGroup, MenuItem};
use super::picker::{Candidate, PickerOption, Section, Sign, Sorted, Wanted, mark, sorted};
use crate::language::{Language, Message};

/// Servers of each kind, before a letter is typed and after.
const FEW: usize = 5;
const MANY: usize = 12;

/// What the list is made for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What was typed.
    pub query: &'a str,
    /// Names of the servers looked at last, latest first.
    pub recent: &'a [String],
    /// The selected server.
    pub server: Option<&'a str>,
    /// The reader's language: pages are found by their names in it, and in English.
    pub language: Language,
}

/// Servers first, what needs attention before all others; then pages. Two words may be a server and one of its pages.
///
/// `menu` has the pages of a server, whichever: also where none is selected.
pub fn sections(candidates: &[Candidate], menu: &[MenuGroup], asked: &Asked<'_>) -> Vec<Section> {
    let query = asked.query.trim().to_lowercase();
    let wanted = Wanted { query: &query, recent: asked.recent, slug: "", selected: asked.server };
    let Sorted { bad, favourites, recent, rest } = sorted(candidates, &query, asked.recent);
    let limit = if query.is_empty() { FEW } else { MANY };
    let servers =
        |found: Vec<&Candidate>, limit| found.into_iter().take(limit).map(|one| one.option(&query, &wanted)).collect();
    // Without a letter the whole fleet is one key away: it has a page.
    let rest = if query.is_empty() { Vec::new() } else { rest };
    let mut found = vec![
        Section { heading: Message::new("Needs attention"), options: servers(bad, limit) },
        Section { heading: Message::new("Favourites"), options: servers(favourites, MANY) },
        Section { heading: Message::new("Recent"), options: servers(recent, FEW) },
        Section { heading: Message::new("Servers"), options: servers(rest, limit) },
        Section {
            heading: Message::new("Pages of servers"),
            options: pages_of_servers(candidates, menu, &query, asked),
        },
    ];
    let about_a_server = |group: &&MenuGroup| group.group == Group::Server && asked.server.is_none();
    found.extend(menu.iter().filter(|group| !about_a_server(group)).map(|group| pages(group, &query, asked)));
    found.retain(|section| !section.options.is_empty());
    found
}

/// The pages of one group of the menu.
fn pages(group: &MenuGroup, query: &str, asked: &Asked<'_>) -> Section {
    let heading = match (group.group, asked.server) {
        (Group::Server, Some(server)) => Message::new("On {server}").with("server", server),
        _ => Message::new(group.heading().unwrap_or("Pages")),
    };
    let fits = |item: &&MenuItem| query.split_whitespace().all(|word| says(item, word, asked.language));
    let options = group.items.iter().filter(fits).filter_map(|item| Some(page(item, item.href.clone()?, query, asked)));
    Section { heading, options: options.collect() }
}

/// `web-1 mem`: the memory of `web-1`. One word alone is a server or a page, never both.
fn pages_of_servers(candidates: &[Candidate], menu: &[MenuGroup], query: &str, asked: &Asked<'_>) -> Vec<PickerOption> {
    let (Some((server, page_word)), Some(group)) =
        (query.rsplit_once(' '), menu.iter().find(|group| group.group == Group::Server))
    else {
        return Vec::new();
    };
    let items = || group.items.iter().filter(|item| says(item, page_word, asked.language));
    let servers = candidates.iter().filter(|candidate| candidate.has(server));
    let option = |candidate: &Candidate, item: &MenuItem| {
        let slug = item.href.as_deref()?.splitn(4, '/').nth(3).map(|slug| format!("/{slug}"));
        let href = format!("/servers/{}{}", candidate.name, slug.unwrap_or_default());
        let option = page(item, href, page_word, asked);
        Some(PickerOption { about: candidate.name.clone(), sign: Sign::Level(candidate.level), ..option })
    };
    servers.flat_map(|candidate| items().filter_map(move |item| option(candidate, item))).take(MANY).collect()
}

fn page(item: &MenuItem, href: String, query: &str, asked: &Asked<'_>) -> PickerOption {
    let label = asked.language.translate(item.label);
    let about = item.why_not.as_ref().map(|why| why.in_language(asked.language)).unwrap_or_default();
    let word = query.split_whitespace().next().unwrap_or_default();
    let name = mark(label, word);
    PickerOption { sign: Sign::Icon(item.icon), name, href, about, brief: None, selected: false, star: None }
}

/// Whether a page's name has `word` in it, in the reader's language or in English.
fn says(item: &MenuItem, word: &str, language: Language) -> bool {
    [item.label, language.translate(item.label)].into_iter().any(|label| label.to_lowercase().contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::health::Level;
    use crate::models::actor::Role;
    use crate::web::menu::{MenuFor, Screen, menu};

    static HOME: Screen = screen("", "All servers", Group::Fleet);
    static OVERVIEW: Screen = screen("", "Overview", Group::Server);
    static MEMORY: Screen = screen("memory", "Memory", Group::Server);
    static USERS: Screen = screen("users", "Users", Group::Admin);
    static ALL: [&Screen; 4] = [&HOME, &OVERVIEW, &MEMORY, &USERS];

    const fn screen(slug: &'static str, label: &'static str, group: Group) -> Screen {
        Screen { slug, label, icon: "server", group, needs: &[], role: Role::Viewer, key: None }
    }

    fn candidate(name: &str, level: Level) -> Candidate {
        let brief = Message::new(level.label());
        let (name, address) = (name.to_owned(), "192.0.2.1".to_owned());
        Candidate { name, address, groups: String::new(), labels: String::new(), favourite: false, level, brief }
    }

    fn found(query: &str, language: Language) -> Vec<(String, Vec<String>)> {
        let candidates =
            [candidate("db-1", Level::Up), candidate("web-1", Level::Unreachable), candidate("web-2", Level::Up)];
        let (server, recent) = (Some("web-2"), ["web-2".to_owned()]);
        let about = MenuFor {
            role: Role::Administrator,
            path: "",
            server,
            server_count: 3,
            why_not: &|_: &Screen| None,
            troubles: &|_: &Screen| None,
        };
        let menu = menu(&ALL, &about);
        let asked = Asked { query, recent: &recent, server, language };
        let hrefs = |section: &Section| section.options.iter().map(|option| option.href.clone()).collect();
        sections(&candidates, &menu, &asked)
            .iter()
            .map(|section| (section.heading.to_string(), hrefs(section)))
            .collect()
    }

    fn expected(sections: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let owned = |hrefs: &[&str]| hrefs.iter().map(|href| (*href).to_owned()).collect();
        sections.iter().map(|(heading, hrefs)| ((*heading).to_owned(), owned(hrefs))).collect()
    }

    #[test]
    fn without_a_letter_it_offers_what_needs_attention_then_recent_then_pages() {
        let all = [
            ("Needs attention", &["/servers/web-1"][..]),
            ("Recent", &["/servers/web-2"]),
            ("On web-2", &["/servers/web-2", "/servers/web-2/memory"]),
            ("Admin", &["/admin/users"]),
        ];
        let mut all = expected(&all);
        all.insert(2, ("Pages".to_owned(), vec!["/".to_owned()]));
        assert_eq!(found("", Language::En), all);
    }

    #[test]
    fn a_letter_finds_servers_and_pages_alike() {
        assert_eq!(found("db", Language::En), expected(&[("Servers", &["/servers/db-1"])]));
        assert_eq!(found("user", Language::En), expected(&[("Admin", &["/admin/users"])]));
    }

    #[test]
    fn a_server_and_a_page_of_it_are_two_words() {
        let one = expected(&[("Pages of servers", &["/servers/db-1/memory"])]);
        assert_eq!(found("db mem", Language::En), one);
    }

    #[test]
    fn pages_are_found_by_their_names_in_both_languages() {
        let page = expected(&[("On web-2", &["/servers/web-2/memory"])]);
        assert_eq!(found("메모", Language::Ko), page);
        assert_eq!(found("mem", Language::Ko), page);
    }
}
