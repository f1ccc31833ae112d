//! Where somebody is among the files of a server: the query string of the page, and the links that lead from there. Pure.

use crate::commands::Acting;
use crate::commands::files::path::{self, NO_PATH, encoded};
use crate::commands::files::{FilePath, ListDirectory, NO_ACTING, Order, Part};
use crate::error::{Error, Result};
use crate::language::Message;

/// Entries on a page.
pub(super) const PAGE: usize = 200;

/// A directory, how it is shown, and what is open of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: FilePath,
    pub(super) acting: Acting,
    pub(super) order: Order,
    pub(super) falling: bool,
    pub(super) hidden: bool,
    pub(super) filter: String,
    pub(super) from: usize,
    /// The name of the file that is open.
    pub(super) open: Option<Vec<u8>>,
    pub(super) part: Part,
    pub(super) follow: bool,
}

impl Place {
    /// A directory from its beginning, with nothing open.
    pub(super) fn new(path: FilePath, acting: Acting) -> Self {
        Self {
            path,
            acting,
            order: Order::Name,
            falling: false,
            hidden: false,
            filter: String::new(),
            from: 0,
            open: None,
            part: Part::Head,
            follow: false,
        }
    }

    /// What a query string says. Names in it are bytes, percent-encoded.
    pub(super) fn of(query: &str) -> Result<Self> {
        let mut place = Self::new(FilePath::root(), Acting::User);
        for (name, value) in pairs(query)? {
            let text = || String::from_utf8_lossy(&value).into_owned();
            match name.as_str() {
                "path" => place.path = of_bytes(&value)?,
                // From a form, which encodes once more what may be any bytes.
                "at" => place.path = field_path(&text())?,
                "as" => place.acting = acting(&text())?,
                "sort" => place.order = Order::from_name(&text()).unwrap_or_default(),
                "falling" => place.falling = value == b"1",
                "hidden" => place.hidden = value == b"1",
                "q" => place.filter = text().chars().take(255).collect(),
                "from" => place.from = text().parse().unwrap_or_default(),
                "open" => place.open = Some(value),
                "part" => place.part = if value == b"tail" { Part::Tail } else { Part::Head },
                "follow" => place.follow = value == b"1",
                _ => {}
            }
        }
        Ok(place)
    }

    /// What is asked of the server.
    pub(super) fn listing(&self) -> ListDirectory {
        ListDirectory {
            order: self.order,
            falling: self.falling,
            hidden: self.hidden,
            filter: self.filter.clone(),
            from: self.from,
            ..ListDirectory::new(self.path.clone(), self.acting, PAGE)
        }
    }

    /// The query string of this place, with its question mark.
    pub(super) fn query(&self) -> String {
        let mut query = format!("?path={}", self.path.to_url());
        let mut add = |name: &str, value: &str| {
            query.push('&');
            query.push_str(name);
            query.push('=');
            query.push_str(value);
        };
        if self.acting == Acting::Root {
            add("as", "root");
        }
        if self.order != Order::Name {
            add("sort", self.order.name());
        }
        for (name, is_on) in [("falling", self.falling), ("hidden", self.hidden), ("follow", self.follow)] {
            if is_on {
                add(name, "1");
            }
        }
        if !self.filter.is_empty() {
            add("q", &encoded(self.filter.as_bytes()));
        }
        if self.from > 0 {
            add("from", &self.from.to_string());
        }
        if let Some(open) = &self.open {
            add("open", &encoded(open));
        }
        if self.part == Part::Tail {
            add("part", "tail");
        }
        query
    }

    /// The address of this place on a server.
    pub(super) fn address(&self, server: &str) -> String {
        format!("/servers/{server}/files{}", self.query())
    }

    /// The same with nothing open.
    pub(super) fn closed(&self) -> Self {
        Self { open: None, part: Part::Head, follow: false, ..self.clone() }
    }

    /// The same with this file open.
    pub(super) fn opened(&self, name: &[u8]) -> Self {
        Self { open: Some(name.to_vec()), ..self.closed() }
    }

    /// Another directory, shown alike.
    pub(super) fn at(&self, path: FilePath) -> Self {
        Self { path, from: 0, filter: String::new(), ..self.closed() }
    }

    /// Sorted by this; the other way round where it is already.
    pub(super) fn sorted(&self, order: Order) -> Self {
        Self { order, falling: self.order == order && !self.falling, from: 0, ..self.clone() }
    }
}

/// The query of one file: `?path=/etc/motd&as=root`.
pub(super) fn file_query(path: &FilePath, acting: Acting) -> String {
    let role = if acting == Acting::Root { "&as=root" } else { "" };
    format!("?path={}{role}", path.to_url())
}

/// What such a query says.
pub(super) fn file_of(query: &str) -> Result<(FilePath, Acting)> {
    let place = Place::of(query)?;
    Ok((place.path, place.acting))
}

/// As whom, by the word in URLs and forms.
pub(super) fn acting(word: &str) -> Result<Acting> {
    let word = if word.is_empty() { Acting::User.word() } else { word };
    Acting::from_word(word).ok_or_else(|| Error::BadRequest(Message::new(NO_ACTING)))
}

/// The path in a URL or form, after its percent signs were read.
fn of_bytes(bytes: &[u8]) -> Result<FilePath> {
    FilePath::new(bytes).ok_or_else(no_path)
}

/// The path of a form field, which holds it percent-encoded.
pub(super) fn field_path(text: &str) -> Result<FilePath> {
    FilePath::from_url(text).ok_or_else(no_path)
}

fn no_path() -> Error {
    Error::BadRequest(Message::new(NO_PATH))
}

fn pairs(query: &str) -> Result<Vec<(String, Vec<u8>)>> {
    path::pairs(query).ok_or_else(|| Error::BadRequest(Message::new("The request could not be read")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_f01_a_place_with_any_names_is_read_back_from_its_link() {
        let place = Place {
            path: FilePath::new(b"/var/\xff &%+\n<img src=x>").unwrap(),
            acting: Acting::Root,
            order: Order::Size,
            falling: true,
            hidden: true,
            filter: "a&b=c 한".to_owned(),
            from: 400,
            open: Some(b"-rf\xfe&open=x".to_vec()),
            part: Part::Tail,
            follow: true,
        };
        let query = place.query();
        assert_eq!(Place::of(query.trim_start_matches('?')).unwrap(), place, "{query}");
        assert!(query.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"'".contains(&byte)), "{query}");
    }

    #[test]
    fn sec_f02_a_link_with_steps_up_is_worked_out_and_a_bad_one_refused() {
        assert_eq!(Place::of("path=/var/%2e%2e/etc").unwrap().path.shown(), "/etc");
        for bad in ["path=etc", "path=/a%00b", "path=%zz", "as=admin"] {
            assert!(Place::of(bad).is_err(), "{bad}");
        }
    }
}
