//! Timetables as people read them: rows of the list, and one line in detail. Pure. Texts are the server's own, and hostile.

use chrono::{DateTime, Utc};

use super::CronQuery;
use super::detail::Detail;
use crate::commands::cron::anacron::Job;
use crate::commands::cron::runs::CronLog;
use crate::commands::cron::{Entry, Flavour, Line, Meaning, Place, Schedule, Tab, Timetables, Zone, upcoming};
use crate::commands::files::path::encoded;
use crate::language::Message;

/// Lines that are shown; a table of a thousand is shown whole.
const MOST_LINES: usize = 2_000;

/// Everything on the page.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) zone: String,
    pub(super) now: String,
    pub(super) daemon: &'static str,
    /// What is wrong with the daemon, if anything.
    pub(super) trouble: Option<Message>,
    pub(super) by_root: bool,
    pub(super) tabs: Vec<TabView>,
    pub(super) folders: Vec<Folder>,
    pub(super) timers: Vec<TimerRow>,
    pub(super) left_out: usize,
    /// Lines that the filter or the limit left out.
    pub(super) hidden: usize,
    pub(super) count: usize,
    /// The filter, for addresses.
    pub(super) q: String,
    pub(super) open: Option<Detail>,
}

/// One table.
#[derive(Debug, Clone)]
pub(super) struct TabView {
    pub(super) encoded: String,
    pub(super) label: Message,
    pub(super) ignored: Option<Message>,
    /// It can be changed by who signed in.
    pub(super) is_ours: bool,
    pub(super) lines: Vec<LineRow>,
}

/// One line of a table.
#[derive(Debug, Clone)]
pub(super) struct LineRow {
    pub(super) number: usize,
    pub(super) dot: &'static str,
    /// The sentence, or why there is none.
    pub(super) sentence: Message,
    pub(super) user: String,
    pub(super) command: String,
    pub(super) next: Next,
    pub(super) href: String,
    pub(super) is_open: bool,
}

/// When a line comes next.
#[derive(Debug, Clone)]
pub(super) enum Next {
    At(String),
    Words(&'static str),
}

/// Scripts that run together.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) path: String,
    /// The line that runs them.
    pub(super) by: Option<(Message, String)>,
    pub(super) next: Option<String>,
    pub(super) scripts: Vec<(String, Option<Message>)>,
}

/// One timer.
#[derive(Debug, Clone)]
pub(super) struct TimerRow {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) when: String,
    pub(super) unit: String,
    pub(super) dot: &'static str,
    pub(super) next: String,
    pub(super) last: String,
}

impl View {
    pub(super) fn new(found: &Timetables, query: &CronQuery, log: Option<&CronLog>) -> Self {
        let (wanted, open_line) = (query.q.trim().to_lowercase(), query.line.parse::<usize>().ok());
        let (mut hidden, mut count) = (0, 0);
        let mut tabs = Vec::new();
        for tab in &found.tabs {
            let mut lines = Vec::new();
            for (at, line) in tab.table.lines().iter().enumerate() {
                let Some(said) = Said::of(tab, line) else { continue };
                // Sentence and next time of what is not shown would be work for nothing.
                if count >= MOST_LINES || !said.holds(&wanted) {
                    hidden += 1;
                    continue;
                }
                let mut row = LineRow::new(found, tab, at + 1, said);
                if !query.q.is_empty() && row.href.starts_with('?') {
                    row.href = format!("{}&q={}", row.href, encoded(&query.q));
                }
                row.is_open = query.tab == tab.place.key() && open_line == Some(row.number);
                count += 1;
                lines.push(row);
            }
            if !lines.is_empty() || wanted.is_empty() && (tab.exists || tab.ignored.is_some()) {
                let (encoded, label) = (encoded(tab.place.key()), tab.place.label());
                tabs.push(TabView {
                    encoded,
                    label,
                    ignored: tab.ignored.clone(),
                    is_ours: is_ours(found, &tab.place),
                    lines,
                });
            }
        }
        let open = Place::from_key(&query.tab).zip(open_line);
        let open = open.and_then(|(place, number)| Detail::new(found, found.tab(&place)?, number, log));
        Self {
            zone: found.zone.name(),
            now: local(found.zone, found.now),
            daemon: found.daemon.label(),
            trouble: trouble(found),
            by_root: found.by_root,
            tabs,
            folders: if wanted.is_empty() { folders(found) } else { Vec::new() },
            timers: if wanted.is_empty() { timers(found) } else { Vec::new() },
            left_out: found.left_out,
            hidden,
            count,
            q: encoded(&query.q),
            open,
        }
    }
}

/// Whether who signed in may write it: root all, a user their own.
pub(super) fn is_ours(found: &Timetables, place: &Place) -> bool {
    found.by_root || matches!(place, Place::User(name) if *name == found.user)
}

fn trouble(found: &Timetables) -> Option<Message> {
    match (found.daemon, found.is_running) {
        (Flavour::Unknown, _) => {
            Some(Message::new("No cron daemon was found on this server: nothing reads these tables"))
        }
        (_, Some(false)) => Some(Message::new("The cron daemon does not run: none of these lines comes")),
        _ => None,
    }
}

/// What a line says, for those who look for something.
struct Said<'l> {
    time: String,
    user: String,
    command: String,
    as_what: As<'l>,
}

enum As<'l> {
    On(&'l Entry),
    Off(&'l Entry),
    Job(Job),
    Unreadable(&'l Message),
}

impl<'l> Said<'l> {
    /// None of a line that is not shown.
    fn of(tab: &Tab, line: &'l Line) -> Option<Self> {
        match &line.meaning {
            // Its lines are delays in days and minutes: no times of cron.
            Meaning::Unreadable(_) | Meaning::Entry(_) if tab.place == Place::Anacron => {
                let job = Job::read(&line.text())?;
                let command = job.command.clone();
                Some(Self { time: String::new(), user: "root".to_owned(), command, as_what: As::Job(job) })
            }
            _ if tab.place == Place::Anacron => None,
            Meaning::Entry(entry) => Some(Self::entry(tab, entry, As::On(entry))),
            Meaning::Off(entry, _) => Some(Self::entry(tab, entry, As::Off(entry))),
            Meaning::Unreadable(why) => {
                let user = if let Place::User(name) = &tab.place { name.clone() } else { String::new() };
                Some(Self { time: String::new(), user, command: line.text(), as_what: As::Unreadable(why) })
            }
            _ => None,
        }
    }

    fn entry(tab: &Tab, entry: &Entry, as_what: As<'l>) -> Self {
        Self { time: entry.time(), user: tab.user_of(entry).to_owned(), command: command_of(entry), as_what }
    }

    /// Whether any of it holds a text in small letters.
    fn holds(&self, wanted: &str) -> bool {
        let holds = |text: &String| text.to_lowercase().contains(wanted);
        wanted.is_empty() || [&self.command, &self.user, &self.time].into_iter().any(holds)
    }
}

impl LineRow {
    fn new(found: &Timetables, tab: &Tab, number: usize, said: Said<'_>) -> Self {
        let key = encoded(tab.place.key());
        let mut href = format!("?tab={key}&line={number}");
        let (dot, sentence, next) = match said.as_what {
            As::Job(job) => {
                href = format!("cron/editor?deed=text&tab={key}");
                let day = found.comes_on(&job).map(|day| Next::At(day.format("%Y-%m-%d").to_string()));
                ("up", job.sentence(), day.unwrap_or(Next::Words("anacron decides")))
            }
            As::On(entry) if tab.ignored.is_some() => ("paused", entry.schedule.sentence(), Next::Words("not read")),
            As::On(entry) => {
                let next = next(found, tab, number, &entry.schedule);
                let dot = if matches!(next, Next::Words("never")) { "warn" } else { "up" };
                (dot, entry.schedule.sentence(), next)
            }
            As::Off(entry) => ("paused", entry.schedule.sentence(), Next::Words("switched off")),
            As::Unreadable(why) => ("crit", why.clone(), Next::Words("not understood")),
        };
        let Said { user, command, .. } = said;
        Self { number, dot, sentence, user, command, next, href, is_open: false }
    }
}

fn next(found: &Timetables, tab: &Tab, number: usize, schedule: &Schedule) -> Next {
    if *schedule == Schedule::Reboot {
        return Next::Words("when it starts");
    }
    if schedule.is_random() {
        return Next::Words("cron chooses");
    }
    let zone = tab.zone_of(number, found.zone);
    let next = upcoming(schedule, zone, found.now, 1, found.daemon).pop();
    next.map_or(Next::Words("never"), |time| Next::At(local(found.zone, time)))
}

/// `2026-11-30 08:50`, by the server's clock.
pub(super) fn local(zone: Zone, at: DateTime<Utc>) -> String {
    zone.local(at).format("%Y-%m-%d %H:%M").to_string()
}

pub(super) fn command_of(entry: &Entry) -> String {
    String::from_utf8_lossy(entry.command()).trim_end_matches('\r').to_owned()
}

/// Scripts by their folder, with the line that runs it: the one that names it.
fn folders(found: &Timetables) -> Vec<Folder> {
    let mut folders: Vec<Folder> = Vec::new();
    for script in &found.scripts {
        let one = (script.name.clone(), script.why_not.clone());
        if let Some(folder) = folders.iter_mut().find(|folder| folder.path == script.directory) {
            folder.scripts.push(one);
            continue;
        }
        let runner =
            found.tabs.iter().filter(|tab| tab.ignored.is_none() && tab.place != Place::Anacron).find_map(|tab| {
                let mut lines = tab.table.lines().iter().enumerate();
                lines.find_map(|(at, line)| match &line.meaning {
                    Meaning::Entry(entry) if command_of(entry).contains(&script.directory) => {
                        Some((tab, entry, at + 1))
                    }
                    _ => None,
                })
            });
        let next = runner.and_then(|(tab, entry, number)| match next(found, tab, number, &entry.schedule) {
            Next::At(time) => Some(time),
            Next::Words(_) => None,
        });
        folders.push(Folder {
            path: script.directory.clone(),
            by: runner.map(|(tab, entry, number)| {
                (entry.schedule.sentence(), format!("?tab={}&line={number}", encoded(tab.place.key())))
            }),
            next,
            scripts: vec![one],
        });
    }
    folders
}

fn timers(found: &Timetables) -> Vec<TimerRow> {
    let told = |at: Option<DateTime<Utc>>| at.map(|at| local(found.zone, at)).unwrap_or_default();
    let rows = found.timers.iter().map(|timer| TimerRow {
        name: timer.name.clone(),
        description: timer.description.clone(),
        when: timer.when.join(", "),
        unit: timer.unit.clone(),
        dot: if timer.is_active { "up" } else { "paused" },
        next: told(timer.next),
        last: told(timer.last),
    });
    rows.collect()
}
