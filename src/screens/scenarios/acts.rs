//! What the buttons of the builder do to a draft: steps are added, moved, removed, opened. Pure.

use super::draft::{Draft, Texts, unknown_act};
use crate::error::Result;
use crate::models::channels::Channel;
use crate::scenarios::destinations::{self, Kind};
use crate::scenarios::fields::{Default as Otherwise, Field, Takes};
use crate::scenarios::sources::{self, Source};

impl Draft {
    /// Does what a button says: `add:slack`, `add:slack:0`, `move:1:up`, `remove:1`, `open:1`, `order:2,0,1`, `source:load`,
    /// `when:interval`; `preview` and `redraw` change nothing.
    pub(super) fn apply(&mut self, act: &str, channels: &[Channel]) -> Result<()> {
        let (deed, rest) = act.split_once(':').unwrap_or((act, ""));
        match deed {
            "preview" | "redraw" => {}
            "when" if matches!(rest, "cron" | "date" | "interval") => self.general.set("when", rest),
            "source" => self.choose_source(rest)?,
            "add" => {
                let (kind, place) = rest.split_once(':').unwrap_or((rest, ""));
                let kind = destinations::of(kind).ok_or_else(unknown_act)?;
                let place = place.parse().unwrap_or(self.destinations.len());
                self.add(kind, place, channels);
            }
            "move" => {
                let (place, way) = rest.split_once(':').ok_or_else(unknown_act)?;
                let place = self.place(place)?;
                let other = if way == "up" { place.checked_sub(1) } else { Some(place + 1) };
                // At an end it stays where it is.
                if let Some(other) = other.filter(|other| *other < self.destinations.len()) {
                    self.destinations.swap(place, other);
                }
            }
            "remove" => {
                let place = self.place(rest)?;
                self.destinations.remove(place);
            }
            "open" => {
                let place = self.place(rest)?;
                if let Some(one) = self.destinations.get_mut(place) {
                    let open = if one.is_on("open") { "off" } else { "on" };
                    one.set("open", open);
                }
            }
            "order" => self.order(rest)?,
            _ => return Err(unknown_act()),
        }
        Ok(())
    }

    fn place(&self, word: &str) -> Result<usize> {
        word.parse().ok().filter(|place| *place < self.destinations.len()).ok_or_else(unknown_act)
    }

    /// Another source begins with what holds where nothing is entered; none where the word is empty.
    fn choose_source(&mut self, word: &str) -> Result<()> {
        let fields = match sources::of(word) {
            Some(source) => source.fields,
            None if word.is_empty() => &[],
            None => return Err(unknown_act()),
        };
        if self.general.get("source") != word {
            self.source = Texts::default();
            begin(&mut self.source, fields, None);
        }
        self.general.set("source", word);
        Ok(())
    }

    fn add(&mut self, kind: &Kind, place: usize, channels: &[Channel]) {
        let mut new = Texts::default();
        new.set("kind", kind.kind);
        new.set("condition.kind", "always");
        begin(&mut new, kind.fields, sources::of(self.general.get("source")));
        if let Some(channel) = channels.iter().find(|channel| kind.channel.is_some() && channel.kind == kind.kind) {
            new.set("channel", &*channel.name);
        }
        for one in &mut self.destinations {
            one.set("open", "off");
        }
        new.set("open", "on");
        let place = place.min(self.destinations.len());
        self.destinations.insert(place, new);
        self.name_keys();
        self.fresh = self.destinations.get(place).map(|one| one.get("key").to_owned());
    }

    /// Another order: the places of before. Each must come once.
    fn order(&mut self, word: &str) -> Result<()> {
        let places: Option<Vec<usize>> = word.split(',').map(|place| place.parse().ok()).collect();
        let places = places.ok_or_else(unknown_act)?;
        let mut sorted = places.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..self.destinations.len()) {
            return Err(unknown_act());
        }
        self.destinations = places.iter().filter_map(|place| self.destinations.get(*place).cloned()).collect();
        Ok(())
    }
}

/// Fields as they begin. A message that must be written begins with what the source gives.
fn begin(texts: &mut Texts, fields: &[Field], source: Option<&Source>) {
    for field in fields {
        let text = match (field.default, field.takes) {
            (Otherwise::Text(text), _) => text.to_owned(),
            (Otherwise::Number(number), _) => number.to_string(),
            (Otherwise::Switch(on), _) => if on { "on" } else { "off" }.to_owned(),
            (Otherwise::Required, Takes::Template { .. }) => source.map(suggested).unwrap_or_default(),
            (Otherwise::Required, _) => String::new(),
        };
        texts.set(field.name, text);
    }
}

/// A message with the first values of a source.
fn suggested(source: &Source) -> String {
    let values = source.gives.iter().take(3).map(|(name, _)| format!("{name} {{{{ {name} }}}}"));
    format!("{{{{ server.name }}}} {{{{ time|hm }}}}\n{}", values.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    fn draft(kinds: &[&str]) -> Draft {
        let mut draft = Draft::new(Tz::UTC, "web-1");
        for kind in kinds {
            draft.apply(&format!("add:{kind}"), &[]).unwrap();
        }
        draft
    }

    fn kinds(draft: &Draft) -> Vec<&str> {
        draft.destinations.iter().map(|one| one.get("kind")).collect()
    }

    #[test]
    fn destinations_are_added_moved_ordered_and_removed() {
        let mut draft = draft(&["slack", "http_get", "http_post"]);
        draft.apply("move:2:up", &[]).unwrap();
        assert_eq!(kinds(&draft), ["slack", "http_post", "http_get"]);
        draft.apply("move:0:up", &[]).unwrap();
        draft.apply("move:2:down", &[]).unwrap();
        assert_eq!(kinds(&draft), ["slack", "http_post", "http_get"], "an end is an end");
        draft.apply("order:2,0,1", &[]).unwrap();
        assert_eq!(kinds(&draft), ["http_get", "slack", "http_post"]);
        draft.apply("add:webhook:1", &[]).unwrap();
        assert_eq!(kinds(&draft), ["http_get", "webhook", "slack", "http_post"]);
        assert_eq!(draft.destinations.iter().filter(|one| one.is_on("open")).count(), 1, "the new one");
        draft.apply("remove:0", &[]).unwrap();
        assert_eq!(kinds(&draft), ["webhook", "slack", "http_post"]);
        assert_eq!(draft.destinations[1].get("key"), "1", "it keeps its key");
    }

    #[test]
    fn another_source_begins_with_its_own_fields() {
        let mut draft = draft(&[]);
        draft.apply("source:cpu_usage", &[]).unwrap();
        draft.source.set("window_seconds", "90");
        draft.apply("source:cpu_usage", &[]).unwrap();
        assert_eq!(draft.source.get("window_seconds"), "90", "the same one keeps what was entered");
        draft.apply("source:disk_usage", &[]).unwrap();
        assert_eq!((draft.source.get("mount"), draft.source.get("window_seconds")), ("/", "300"));
        draft.apply("add:slack", &[]).unwrap();
        assert!(draft.destinations[0].get("text").contains("{{ filesystem.used_percent }}"));
    }

    #[test]
    fn what_no_button_says_is_refused() {
        for odd in [
            "",
            "drop",
            "add:pigeon",
            "move:0:up",
            "move:9",
            "remove:x",
            "order:0,0",
            "order:1",
            "source:x",
            "when:never",
        ] {
            assert!(draft(&[]).apply(odd, &[]).is_err(), "{odd}");
        }
    }
}
