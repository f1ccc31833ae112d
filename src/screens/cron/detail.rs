//! One line of a crontab in detail, beside the list. Pure. Texts are the server's own, and hostile.

use super::rows::{command_of, is_ours, local};
use crate::commands::cron::runs::CronLog;
use crate::commands::cron::{Entry, Flavour, Line, Meaning, Place, Schedule, Tab, Timetables, Zone, upcoming};
use crate::commands::files::path::encoded;
use crate::language::Message;

/// Times that are told of one line.
const TIMES: usize = 5;

/// One line beside the list.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "one for each thing that the page says or offers")]
pub(super) struct Detail {
    pub(super) key: String,
    pub(super) label: Message,
    pub(super) number: usize,
    pub(super) text: String,
    pub(super) sentence: Message,
    pub(super) time: String,
    pub(super) user: String,
    pub(super) command: String,
    pub(super) input: Option<String>,
    pub(super) times: Vec<String>,
    /// When it came last, by the log; none where no log tells of cron.
    pub(super) last: Option<Vec<String>>,
    pub(super) zone: String,
    pub(super) variables: Vec<(String, String)>,
    pub(super) is_off: bool,
    pub(super) is_readable: bool,
    pub(super) is_ours: bool,
    /// What cron does otherwise than one might think.
    pub(super) notes: Vec<Message>,
    /// Who is sent what it prints.
    pub(super) mail: Option<Message>,
    pub(super) change: String,
    pub(super) digest: String,
    /// It can be run now: root is there, and becomes its user.
    pub(super) may_run: bool,
}

impl Detail {
    pub(super) fn new(found: &Timetables, tab: &Tab, number: usize, log: Option<&CronLog>) -> Option<Self> {
        let line = tab.table.line(number).filter(|_| tab.place != Place::Anacron)?;
        let (entry, why) = match &line.meaning {
            Meaning::Entry(entry) | Meaning::Off(entry, _) => (Some(entry), None),
            Meaning::Unreadable(why) => (None, Some(why.clone())),
            _ => return None,
        };
        let zone = tab.zone_of(number, found.zone);
        let times =
            entry.map(|entry| upcoming(&entry.schedule, zone, found.now, TIMES, found.daemon)).unwrap_or_default();
        let (_, input) = entry.map(|entry| entry.divided(found.daemon.divides_by_percent())).unwrap_or_default();
        Some(Self {
            label: tab.place.label(),
            number,
            text: line.text(),
            sentence: entry.map(|entry| entry.schedule.sentence()).or(why).unwrap_or_else(|| Message::new("")),
            time: entry.map(Entry::time).unwrap_or_default(),
            user: entry.map(|entry| tab.user_of(entry).to_owned()).unwrap_or_default(),
            command: entry.map(command_of).unwrap_or_default(),
            input: input.map(|input| String::from_utf8_lossy(&input).into_owned()),
            times: times.into_iter().map(|time| local(found.zone, time)).collect(),
            last: entry.zip(log).filter(|(_, log)| !log.source.is_empty()).map(|(entry, log)| {
                let command = command_of(entry);
                let times = log.of(tab.user_of(entry), &command).take(TIMES);
                times.map(|time| local(found.zone, time)).collect::<Vec<_>>()
            }),
            zone: found.zone.name(),
            variables: tab
                .table
                .variables_at(number)
                .map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into_owned()))
                .collect(),
            is_off: matches!(line.meaning, Meaning::Off(..)),
            is_readable: entry.is_some(),
            is_ours: is_ours(found, &tab.place) && !tab.is_cut,
            notes: notes(tab, line, zone, found),
            mail: entry.and_then(|entry| mail(tab, number, tab.user_of(entry), found.daemon)),
            change: format!("tab={}&line={number}", encoded(tab.place.key())),
            key: tab.place.key(),
            digest: crate::crontabs::digest_of(tab),
            may_run: found.by_root && entry.is_some() && !tab.is_cut,
        })
    }
}

fn notes(tab: &Tab, line: &Line, zone: Zone, found: &Timetables) -> Vec<Message> {
    let mut notes: Vec<Message> = tab.ignored.iter().cloned().collect();
    let Some(entry) = line.entry() else { return notes };
    if entry.has_carriage_return() {
        notes.push(Message::new("The line ends in a carriage return, which cron gives to the command"));
    }
    if zone != found.zone {
        notes.push(Message::new("CRON_TZ: it comes by the clock of {zone}").with("zone", zone.name()));
    }
    let can_be_told = entry.schedule != Schedule::Reboot && !entry.schedule.is_random();
    if can_be_told && upcoming(&entry.schedule, zone, found.now, 1, found.daemon).is_empty() {
        notes.push(Message::new("This time never comes"));
    }
    notes
}

/// Who is sent what a line prints: `MAILTO` above it, else its user.
fn mail(tab: &Tab, number: usize, user: &str, daemon: Flavour) -> Option<Message> {
    if !matches!(daemon, Flavour::Vixie | Flavour::Cronie) {
        return None;
    }
    Some(match tab.table.variable_at(number, "MAILTO") {
        Some(to) if to.trim().is_empty() => Message::new("What it prints is mailed to nobody"),
        Some(to) => Message::new("What it prints is mailed to {to}").with("to", to),
        None => Message::new("What it prints is mailed to {to}").with("to", user),
    })
}
