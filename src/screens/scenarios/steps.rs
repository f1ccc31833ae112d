//! The steps of the builder: when, read, send to. Pure.

use chrono::{DateTime, Utc};

use super::control::{Control, Place};
use super::draft::{Draft, Texts};
use super::load::Known;
use super::times::{Slot, slot};
use crate::error::FieldErrors;
use crate::language::{Language, Message};
use crate::models::channels::Channel;
use crate::scenarios::destinations::{self, Kind};
use crate::scenarios::schedule::{Schedule, When};
use crate::scenarios::sources::{self, Source};

/// Times that are told of a schedule.
const NEXT: usize = 5;
/// Fields of schedules that depend on the kind.
const TIMES: &[&str] = &["expression", "at", "every", "unit", "starts_at", "ends_at"];
/// Fields of conditions that depend on the kind.
const ASKED: &[&str] = &["condition.value", "condition.limit", "condition.pattern", "condition.for_runs"];
/// Seconds of a day.
const DAY: i64 = 86_400;

/// When it runs.
#[derive(Debug)]
pub(super) struct WhenStep {
    /// `cron`, `date` or `interval`
    pub(super) kind: String,
    pub(super) controls: Vec<Control>,
    /// What few people change.
    pub(super) more: Vec<Control>,
    /// Something among that is wrong.
    pub(super) more_open: bool,
    /// The sentence, or what is wrong.
    pub(super) says: Result<Message, Message>,
    pub(super) next: Vec<Slot>,
    /// What was entered for other kinds, under its names: who goes back finds it again.
    pub(super) hidden: Vec<(String, String)>,
    /// The fields of a cron expression, each with its name.
    pub(super) parts: Vec<(String, &'static str)>,
}

/// What is read.
pub(super) struct ReadStep {
    /// None: nothing was chosen yet.
    pub(super) source: Option<&'static Source>,
    pub(super) servers: Control,
    pub(super) controls: Vec<Control>,
    pub(super) problem: Option<Message>,
    /// The servers that are meant now, or why none.
    pub(super) meant: Result<Message, Message>,
    pub(super) gives: Vec<&'static str>,
}

/// One destination.
#[derive(Debug)]
pub(super) struct SendStep {
    pub(super) place: usize,
    pub(super) key: String,
    pub(super) kind: String,
    pub(super) label: &'static str,
    pub(super) icon: &'static str,
    pub(super) open: bool,
    pub(super) is_first: bool,
    pub(super) is_last: bool,
    /// Where it goes, and when.
    pub(super) target: String,
    pub(super) condition: Message,
    pub(super) controls: Vec<Control>,
    /// What was entered for other conditions, under its names.
    pub(super) hidden: Vec<(String, String)>,
    /// What is wrong with it as a whole.
    pub(super) problem: Option<Message>,
}

impl WhenStep {
    /// `kept` is the schedule that is kept: it may have passed since.
    pub(super) fn of(
        draft: &Draft,
        (kept, problems): (Option<&Schedule>, &FieldErrors),
        now: DateTime<Utc>,
        language: Language,
    ) -> Self {
        let mut unread = FieldErrors::default();
        let schedule = draft.schedule(now, &mut unread);
        let wrong = unread.iter().map(|(_, why)| why.clone()).next();
        let wrong = wrong.or_else(|| schedule.problems_over(kept, now).iter().map(|(_, why)| why.clone()).next());
        let next = if wrong.is_none() { schedule.upcoming(now, NEXT) } else { Vec::new() };
        let place = Place { prefix: "", id: "f", texts: &draft.general, problems };
        let mut controls = match &schedule.when {
            When::Cron { .. } => vec![place.line(
                "expression",
                ("Cron expression", "Minute, hour, day of the month, month, day of the week. Or @daily, @hourly"),
                "",
            )],
            When::Date { .. } => vec![place.moment("at", ("Date and time", ""))],
            When::Interval { .. } => vec![
                place.number("every", ("Every", ""), (1, 366 * DAY)),
                place.choice(
                    "unit",
                    "Unit",
                    &[("1", "seconds"), ("60", "minutes"), ("3600", "hours"), ("86400", "days")],
                ),
                place.moment("starts_at", ("From", "Empty: from now on")),
                place.moment("ends_at", ("Until", "Empty: without an end")),
            ],
        };
        controls.push(place.line("time_zone", ("Time zone", ""), "time-zones"));
        let more = more(place);
        Self {
            kind: match schedule.when {
                When::Cron { .. } => "cron",
                When::Date { .. } => "date",
                When::Interval { .. } => "interval",
            }
            .to_owned(),
            more_open: more.iter().any(|control| control.problem.is_some()),
            more,
            says: wrong.map_or_else(|| Ok(schedule.sentence()), Err),
            next: next.into_iter().map(|at| slot(at, schedule.time_zone, language)).collect(),
            parts: parts(&schedule),
            hidden: hidden(place, TIMES, &controls),
            controls,
        }
    }
}

/// What was entered into fields that are not shown now.
fn hidden(place: Place<'_>, fields: &[&str], shown: &[Control]) -> Vec<(String, String)> {
    let entered = fields.iter().map(|field| (format!("{}{field}", place.prefix), place.texts.get(field).to_owned()));
    entered.filter(|(name, text)| !text.is_empty() && !shown.iter().any(|control| control.name == *name)).collect()
}

fn more(place: Place<'_>) -> Vec<Control> {
    vec![
        place.choice(
            "missed",
            "If it was missed",
            &[("coalesce", "Run once, late"), ("skip", "Leave it out, and say so")],
        ),
        place.choice(
            "overlap",
            "If the run before still goes on",
            &[("skip", "Leave it out, and say so"), ("queue", "Wait for its end"), ("parallel", "Run beside it")],
        ),
        place.number("parallel_most", ("Side by side at most", "Where it may run beside others"), (1, 10)),
        place.number("grace_seconds", ("Late after, seconds", "Empty: half the time to the next run"), (1, DAY)),
        place.number("jitter_seconds", ("Put off by chance, seconds", "Up to so many"), (0, 3_600)),
    ]
}

fn parts(schedule: &Schedule) -> Vec<(String, &'static str)> {
    let When::Cron { expression } = &schedule.when else { return Vec::new() };
    let names = ["minute", "hour", "day", "month", "weekday"];
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let is_whole = fields.len() == names.len();
    fields.into_iter().map(str::to_owned).zip(names).filter(|_| is_whole).collect()
}

impl ReadStep {
    pub(super) fn of(draft: &Draft, problems: &FieldErrors, known: &Known) -> Self {
        let source = sources::of(draft.general.get("source"));
        let general = Place { prefix: "", id: "f", texts: &draft.general, problems };
        let place = Place { prefix: "source.", id: "source", texts: &draft.source, problems };
        let fields = source.map(|source| source.fields).unwrap_or_default();
        Self {
            source,
            servers: general.line(
                "servers",
                ("Servers", "With commas between: web-1, group:web, label:env=prod, all"),
                "servers-known",
            ),
            controls: fields.iter().map(|field| place.declared(field)).collect(),
            problem: problems.of("source.kind").cloned(),
            meant: match &known.meant {
                Ok(names) => Ok(meant(names)),
                Err(why) => Err(why.clone()),
            },
            gives: source
                .into_iter()
                .flat_map(|source| source.gives.iter().map(|(name, _)| *name))
                .chain(["server.name", "time"])
                .collect(),
        }
    }
}

/// `3 servers: db-1, web-1, web-2`
fn meant(names: &[String]) -> Message {
    let first = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        1 => Message::new("Reads {name}").with("name", first),
        n @ ..=5 => Message::new("Reads {n} servers: {names}").with("n", n).with("names", first),
        n => Message::new("Reads {n} servers: {names} and others").with("n", n).with("names", first),
    }
}

impl SendStep {
    pub(super) fn all(draft: &Draft, problems: &FieldErrors, channels: &[Channel]) -> Vec<Self> {
        let last = draft.destinations.len().saturating_sub(1);
        let step = |(place, texts): (usize, &Texts)| {
            let prefix = format!("destinations.{place}.");
            let key = texts.get("key").to_owned();
            let id = format!("d{key}");
            let at = Place { prefix: &prefix, id: &id, texts, problems };
            let kind = destinations::of(texts.get("kind"));
            let mut controls = controls(at, kind, channels);
            if let Some(first) = controls.first_mut().filter(|_| draft.fresh.as_ref() == Some(&key)) {
                first.first = true;
            }
            let is_wrong = problems.iter().any(|(name, _)| name.starts_with(&prefix));
            let whole = ["kind", "settings"].into_iter().find_map(|name| problems.of(&format!("{prefix}{name}")));
            Self {
                place,
                kind: texts.get("kind").to_owned(),
                label: kind.map_or("Unknown", |kind| kind.label),
                icon: kind.map_or("send", |kind| kind.icon),
                open: is_wrong || texts.is_on("open"),
                is_first: place == 0,
                is_last: place == last,
                target: target(kind, texts),
                condition: condition(texts),
                problem: whole.cloned(),
                hidden: hidden(at, ASKED, &controls),
                controls,
                key,
            }
        };
        draft.destinations.iter().enumerate().map(step).collect()
    }
}

fn controls(place: Place<'_>, kind: Option<&'static Kind>, channels: &[Channel]) -> Vec<Control> {
    let Some(kind) = kind else { return Vec::new() };
    let mut controls = Vec::new();
    if kind.channel.is_some() {
        let names = channels.iter().filter(|channel| channel.kind == kind.kind).map(|channel| channel.name.as_str());
        controls.push(place.names("channel", "Channel", &names.collect::<Vec<_>>()));
    }
    let chosen = place.texts.get("condition.kind");
    let mut condition = place.choice("condition.kind", "Send when", CONDITIONS);
    condition.redraws = true;
    controls.push(condition);
    if !matches!(chosen, "" | "always" | "failed") {
        controls.push(place.line("condition.value", ("Value", "cpu.total"), "values-known"));
    }
    if chosen.ends_with("above") || chosen.ends_with("below") {
        controls.push(place.line("condition.limit", ("Limit", ""), ""));
    }
    if chosen.ends_with("matches") {
        controls.push(place.line("condition.pattern", ("Regular expression", ""), ""));
    }
    if matches!(chosen, "above" | "below" | "matches" | "failed") {
        controls.push(place.number("condition.for_runs", ("Runs in a row", "1: at once"), (1, 100)));
    }
    controls.push(place.choice(
        "at_most_once",
        "If nobody knows whether it arrived",
        &[("off", "Send it again"), ("on", "Leave it")],
    ));
    controls.extend(kind.fields.iter().map(|field| place.declared(field)));
    controls
}

/// What may be asked of a reading before it is sent.
const CONDITIONS: &[(&str, &str)] = &[
    ("always", "Always"),
    ("above", "A value is above a limit"),
    ("below", "A value is below a limit"),
    ("matches", "A text matches"),
    ("changed", "A value has changed"),
    ("no_longer_above", "A value is no longer above a limit"),
    ("no_longer_below", "A value is no longer below a limit"),
    ("no_longer_matches", "A text no longer matches"),
    ("failed", "Nothing could be read"),
];

/// Where it goes, in a few words: its channel, or the first thing that its kind wants to know.
fn target(kind: Option<&Kind>, texts: &Texts) -> String {
    let channel = texts.get("channel");
    let first = kind.and_then(|kind| kind.fields.first()).map(|field| texts.get(field.name)).unwrap_or_default();
    let text = if channel.is_empty() { first } else { channel };
    text.lines().next().unwrap_or_default().chars().take(80).collect()
}

/// When it is told, in a few words.
fn condition(texts: &Texts) -> Message {
    let words = match texts.get("condition.kind") {
        "above" => Message::new("when {value} > {limit}"),
        "below" => Message::new("when {value} < {limit}"),
        "matches" => Message::new("when {value} matches {pattern}"),
        "changed" => Message::new("when {value} has changed"),
        "no_longer_above" => Message::new("when {value} is no longer > {limit}"),
        "no_longer_below" => Message::new("when {value} is no longer < {limit}"),
        "no_longer_matches" => Message::new("when {value} no longer matches {pattern}"),
        "failed" => Message::new("when nothing could be read"),
        _ => Message::new("always"),
    };
    let words = words.with("value", texts.get("condition.value")).with("limit", texts.get("condition.limit"));
    words.with("pattern", texts.get("condition.pattern"))
}
