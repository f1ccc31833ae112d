//! What a list was asked for: everything is in the query string, so that Back, reload and sharing work.

/// The name of the last row that was shown, in lists that go on instead of having numbered pages.
pub const BEFORE: &str = "before";

/// The question in the address of a list: `?q=web&group=edge&sort=-changed&page=2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is searched for; empty for everything.
    pub search: String,
    /// A column's slug; none for the list's own order.
    pub sort: Option<Sort>,
    /// From 1.
    pub page: usize,
    /// Filter name → chosen value.
    pub filters: Vec<(String, String)>,
    /// The zone of its days.
    pub zone: chrono_tz::Tz,
}

impl Default for Asked {
    fn default() -> Self {
        Self { search: String::new(), sort: None, page: 1, filters: Vec::new(), zone: chrono_tz::Tz::UTC }
    }
}

/// A column and a direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The column's slug.
    pub column: String,
    /// Largest first.
    pub descending: bool,
}

impl Asked {
    /// Reads a query string; what it does not know is kept as a filter and ignored by lists that have none of that name.
    pub fn of(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "q" => value.trim().clone_into(&mut asked.search),
                "page" => asked.page = value.parse().unwrap_or(1).max(1),
                "sort" => asked.sort = Sort::of(&value),
                _ if value.is_empty() => {}
                _ => asked.filters.push((name.into_owned(), value.into_owned())),
            }
        }
        asked
    }

    /// The same, whose days are those of a zone.
    #[must_use]
    pub fn in_zone(self, zone: chrono_tz::Tz) -> Self {
        Self { zone, ..self }
    }

    /// The chosen value of a filter.
    pub fn filter(&self, name: &str) -> Option<&str> {
        self.filters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same question with another choice of one filter (none: all), from its first page.
    #[must_use]
    pub fn filtered(&self, name: &str, value: Option<&str>) -> Self {
        let mut asked = Self { page: 1, ..self.clone() };
        asked.filters.retain(|(known, _)| known != name && known != BEFORE);
        asked.filters.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        asked
    }

    /// The same question in the order of a column, from its first page.
    #[must_use]
    pub fn sorted(&self, column: &str, descending: bool) -> Self {
        Self { sort: Some(Sort { column: column.to_owned(), descending }), page: 1, ..self.clone() }
    }

    /// The same question on another page.
    #[must_use]
    pub fn on_page(&self, page: usize) -> Self {
        Self { page, ..self.clone() }
    }

    /// The query string, with its `?`; empty for the plain list.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.search.is_empty() {
            query.append_pair("q", &self.search);
        }
        for (name, value) in &self.filters {
            query.append_pair(name, value);
        }
        if let Some(sort) = &self.sort {
            query.append_pair("sort", &sort.text());
        }
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

impl Sort {
    /// `changed`, or `-changed` for the largest first.
    pub fn of(text: &str) -> Option<Self> {
        let (column, descending) = text.strip_prefix('-').map_or((text, false), |column| (column, true));
        (!column.is_empty()).then(|| Self { column: column.to_owned(), descending })
    }

    /// As it stands in an address.
    pub fn text(&self) -> String {
        if self.descending { format!("-{}", self.column) } else { self.column.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_survives_its_address() {
        let asked = Asked::of("q=%20web%201&group=a%26b&empty=&sort=-changed&page=3");
        assert_eq!(asked.search, "web 1");
        assert_eq!(asked.filter("group"), Some("a&b"));
        assert_eq!(asked.filter("empty"), None);
        assert_eq!(Asked::of(asked.query().trim_start_matches('?')), asked);
    }

    #[test]
    fn another_choice_begins_at_the_first_page() {
        let asked = Asked::of("group=web&page=3");
        assert_eq!(asked.filtered("group", Some("db")).query(), "?group=db");
        assert_eq!(asked.filtered("group", None).query(), "");
        assert_eq!(asked.sorted("name", true).query(), "?group=web&sort=-name");
    }

    #[test]
    fn a_page_that_is_no_number_is_the_first() {
        assert_eq!(Asked::of("page=0").page, 1);
        assert_eq!(Asked::of("page=-1").page, 1);
    }
}
