//! The navigation: what a screen declares, and the menu that follows from all declarations. Knows no screen by name.

use crate::commands::CommandType;
use crate::language::Message;
use crate::models::actor::Role;

/// Where a screen stands in the navigation, and what its address looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// About all servers: `/alerts`.
    Fleet,
    /// About the selected server: `/servers/web-1/processes`.
    Server,
    /// What hannun does by itself: `/scenarios`.
    Automation,
    /// What hannun knows: `/admin/servers`.
    Admin,
}

impl Group {
    /// All of them, from top to bottom.
    pub const ALL: [Self; 4] = [Self::Fleet, Self::Server, Self::Automation, Self::Admin];
}

/// What a screen says about itself; the menu, the server picker and the keyboard follow from it.
#[derive(Debug)]
pub struct Screen {
    /// The last part of its address; empty for the first screen of its group.
    pub slug: &'static str,
    /// Its name in the menu.
    pub label: &'static str,
    /// A symbol of `static/icons/icons.svg`.
    pub icon: &'static str,
    /// Where it stands.
    pub group: Group,
    /// What it asks of a server and cannot do without.
    pub needs: &'static [CommandType],
    /// Who sees it.
    pub role: Role,
    /// The letter after `g` that opens it.
    pub key: Option<char>,
}

impl Screen {
    /// Its address; a screen about a server has none while no server is selected.
    pub fn path(&self, server: Option<&str>) -> Option<String> {
        let base = match self.group {
            Group::Fleet | Group::Automation => String::new(),
            Group::Server => format!("/servers/{}", server?),
            Group::Admin => "/admin".to_owned(),
        };
        Some(match (base.as_str(), self.slug) {
            ("", "") => "/".to_owned(),
            (_, "") => base,
            (_, slug) => format!("{base}/{slug}"),
        })
    }
}

/// One line of the navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuItem {
    /// Its name, in English.
    pub label: &'static str,
    /// A symbol of the icon file.
    pub icon: &'static str,
    /// Where it leads; none while no server is selected.
    pub href: Option<String>,
    /// The letter after `g` that opens it.
    pub key: Option<char>,
    /// How many things it lists, where that is known.
    pub count: Option<i64>,
    /// How many things on it somebody should look at.
    pub troubles: Option<i64>,
    /// Whether it is the page being looked at.
    pub current: bool,
    /// Why the selected server cannot do it.
    pub why_not: Option<Message>,
}

/// The lines of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuGroup {
    /// Which one.
    pub group: Group,
    /// Its lines; never empty.
    pub items: Vec<MenuItem>,
}

impl MenuGroup {
    /// The words above the lines, in English; the first group has none.
    pub fn heading(&self) -> Option<&'static str> {
        match self.group {
            Group::Fleet => None,
            Group::Server => Some("Server"),
            Group::Automation => Some("Automation"),
            Group::Admin => Some("Admin"),
        }
    }

    /// Whether the lines are about the selected server.
    pub fn is_about_server(&self) -> bool {
        self.group == Group::Server
    }
}

/// What the menu is made for.
pub struct MenuFor<'a> {
    /// The reader's role.
    pub role: Role,
    /// The path of the page being looked at.
    pub path: &'a str,
    /// The selected server's name.
    pub server: Option<&'a str>,
    /// How many servers the reader may know of.
    pub server_count: i64,
    /// Why the selected server cannot do a screen, if it cannot.
    pub why_not: &'a dyn Fn(&Screen) -> Option<Message>,
    /// How many things on a screen of the selected server somebody should look at, where that is known.
    pub troubles: &'a dyn Fn(&Screen) -> Option<i64>,
}

/// The navigation for one reader on one page.
pub fn menu(screens: &[&'static Screen], about: &MenuFor<'_>) -> Vec<MenuGroup> {
    let current = current_screen(screens, about);
    Group::ALL
        .into_iter()
        .map(|group| MenuGroup {
            group,
            items: screens
                .iter()
                .filter(|screen| screen.group == group && about.role >= screen.role)
                .filter(|_| group != Group::Server || about.server.is_some())
                .map(|screen| item(screen, about, current))
                .collect(),
        })
        .filter(|group| !group.items.is_empty())
        .collect()
}

fn item(screen: &'static Screen, about: &MenuFor<'_>, current: Option<&Screen>) -> MenuItem {
    MenuItem {
        label: screen.label,
        icon: screen.icon,
        href: screen.path(about.server),
        key: screen.key,
        count: (screen.group == Group::Fleet && screen.slug.is_empty()).then_some(about.server_count),
        troubles: (about.troubles)(screen).filter(|count| *count > 0),
        current: current.is_some_and(|current| std::ptr::eq(current, screen)),
        why_not: if screen.group == Group::Server { (about.why_not)(screen) } else { None },
    }
}

/// The screen with the longest address that the page's path begins with.
fn current_screen(screens: &[&'static Screen], about: &MenuFor<'_>) -> Option<&'static Screen> {
    screens
        .iter()
        .filter_map(|screen| screen.path(about.server).map(|path| (*screen, path)))
        .filter(|(_, path)| {
            about.path == path
                || (path != "/" && about.path.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/')))
        })
        .max_by_key(|(_, path)| path.len())
        .map(|(screen, _)| screen)
}

/// The slug of a path under `/servers/{server}`; empty elsewhere. Choosing another server keeps it.
pub fn slug_of<'p>(screens: &[&'static Screen], path: &'p str) -> &'p str {
    let slug = path.strip_prefix("/servers/").and_then(|rest| rest.split('/').nth(1)).unwrap_or_default();
    let known = screens.iter().any(|screen| screen.group == Group::Server && screen.slug == slug);
    if known { slug } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    static HOME: Screen = screen("", "All servers", Group::Fleet, Role::Viewer);
    static OVERVIEW: Screen = screen("", "Overview", Group::Server, Role::Viewer);
    static PROCESSES: Screen = screen("processes", "Processes", Group::Server, Role::Viewer);
    static USERS: Screen = screen("users", "Users", Group::Admin, Role::Administrator);
    static ALL: [&Screen; 4] = [&HOME, &OVERVIEW, &PROCESSES, &USERS];

    const fn screen(slug: &'static str, label: &'static str, group: Group, role: Role) -> Screen {
        Screen { slug, label, icon: "server", group, needs: &[], role, key: None }
    }

    fn about<'a>(role: Role, path: &'a str, server: Option<&'a str>) -> MenuFor<'a> {
        MenuFor {
            role,
            path,
            server,
            server_count: 4,
            why_not: &|screen| (!screen.slug.is_empty()).then(|| "No ps here".into()),
            troubles: &|screen| (screen.slug == "processes").then_some(2),
        }
    }

    #[test]
    fn the_current_screen_is_the_one_with_the_longest_matching_address() {
        let menu = menu(&ALL, &about(Role::Viewer, "/servers/web-1/processes/4121", Some("web-1")));
        let current: Vec<_> = menu.iter().flat_map(|group| &group.items).filter(|item| item.current).collect();
        assert_eq!(current.iter().map(|item| item.label).collect::<Vec<_>>(), ["Processes"]);
        assert_eq!((current[0].why_not.clone(), current[0].troubles), (Some("No ps here".into()), Some(2)));
    }

    #[test]
    fn a_viewer_sees_no_administration_and_nobody_sees_server_screens_without_a_server() {
        let labels = |role, server| -> Vec<_> {
            menu(&ALL, &about(role, "/", server)).iter().flat_map(|group| &group.items).map(|item| item.label).collect()
        };
        assert_eq!(labels(Role::Viewer, None), ["All servers"]);
        assert_eq!(labels(Role::Administrator, Some("a")), ["All servers", "Overview", "Processes", "Users"]);
    }

    #[test]
    fn choosing_another_server_keeps_the_screen() {
        assert_eq!(slug_of(&ALL, "/servers/web-1/processes/4121"), "processes");
        assert_eq!(slug_of(&ALL, "/servers/web-1/strange"), "");
        assert_eq!(slug_of(&ALL, "/admin/users"), "");
    }
}
