//! The list of a resource: columns and filters are functions of the row. Pure: knows no database and no page.

use std::collections::BTreeMap;

use super::asked::{Asked, Sort};
use super::cell::Cell;

/// Rows on one page of a list.
pub const PER_PAGE: usize = 50;

/// How the rows of a resource are listed.
pub struct List<R> {
    columns: Vec<Column<R>>,
    filters: Vec<Filter<R>>,
    inputs: Vec<Input>,
    search: Option<Search<R>>,
    order: &'static str,
    sorts: bool,
}

/// One column.
pub struct Column<R> {
    /// Its heading, in English.
    pub label: &'static str,
    cell: fn(&R) -> Cell,
}

/// A way to narrow the list to the rows with one value.
pub struct Filter<R> {
    /// Its name in the address.
    pub name: &'static str,
    /// Its heading, in English.
    pub label: &'static str,
    /// The values to choose from, in this order; none: those that the rows have.
    words: Option<&'static [(&'static str, &'static str)]>,
    values: fn(&R) -> Vec<String>,
}

/// A filter that people type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// Its name in the address.
    pub name: &'static str,
    /// Its label, in English.
    pub label: &'static str,
    /// `date`, `text`
    pub kind: &'static str,
}

struct Search<R> {
    hint: &'static str,
    text: fn(&R) -> String,
}

/// The rows of one page, and what there is to choose from.
#[derive(Debug)]
pub struct Found<R> {
    /// The rows of the page.
    pub rows: Vec<R>,
    /// How many rows match, on all pages.
    pub matched: usize,
    /// The filters with their choices.
    pub facets: Vec<Facet>,
    /// In a list without numbered pages: where the older rows go on.
    pub older: Option<i64>,
}

/// One filter with its choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// The filter's name in the address.
    pub name: &'static str,
    /// Its heading, in English.
    pub label: &'static str,
    /// How many rows there are without it.
    pub all: Option<usize>,
    /// The values to choose from.
    pub choices: Vec<FacetChoice>,
}

/// One value of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetChoice {
    /// As it stands in the address.
    pub value: String,
    /// As people read it.
    pub label: String,
    /// Whether the label is a word of ours, which has a translation.
    pub is_word: bool,
    /// How many rows have it, as far as the other choices allow; none where nobody counted.
    pub count: Option<usize>,
}

impl<R> List<R> {
    /// A list without columns, in the order of the column `order` (`name`, or `-changed` for the largest first).
    pub fn in_order_of(order: &'static str) -> Self {
        Self { columns: Vec::new(), filters: Vec::new(), inputs: Vec::new(), search: None, order, sorts: true }
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, label: &'static str, cell: fn(&R) -> Cell) -> Self {
        self.columns.push(Column { label, cell });
        self
    }

    /// Lets people search in `text`; `hint` says what is searched.
    #[must_use]
    pub fn search(mut self, hint: &'static str, text: fn(&R) -> String) -> Self {
        self.search = Some(Search { hint, text });
        self
    }

    /// A filter by names that the rows carry, such as their groups.
    #[must_use]
    pub fn filter_names(mut self, name: &'static str, label: &'static str, values: fn(&R) -> Vec<String>) -> Self {
        self.filters.push(Filter { name, label, words: None, values });
        self
    }

    /// A filter by words of ours: the value in the address and the word that people read.
    #[must_use]
    pub fn filter_words(
        mut self,
        name: &'static str,
        label: &'static str,
        words: &'static [(&'static str, &'static str)],
        values: fn(&R) -> Vec<String>,
    ) -> Self {
        self.filters.push(Filter { name, label, words: Some(words), values });
        self
    }

    /// A filter that people type; the resource's `find` reads it.
    #[must_use]
    pub fn input(mut self, name: &'static str, label: &'static str, kind: &'static str) -> Self {
        self.inputs.push(Input { name, label, kind });
        self
    }

    /// The filters that people type.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The same, always in its own order: for tables that are too long to be sorted.
    #[must_use]
    pub fn unsorted(mut self) -> Self {
        self.sorts = false;
        self
    }

    /// Whether people may choose the order.
    pub fn sorts(&self) -> bool {
        self.sorts
    }

    /// Its columns.
    pub fn columns(&self) -> &[Column<R>] {
        &self.columns
    }

    /// Its filters.
    pub fn filters(&self) -> &[Filter<R>] {
        &self.filters
    }

    /// What the search box says it searches; none where there is no search.
    pub fn search_hint(&self) -> Option<&'static str> {
        self.search.as_ref().map(|search| search.hint)
    }

    /// The order that was asked for, or the list's own.
    pub fn order(&self, asked: &Asked) -> Sort {
        let known = asked.sort.clone().filter(|sort| self.columns.iter().any(|column| column.slug() == sort.column));
        known.or_else(|| Sort::of(self.order)).unwrap_or(Sort { column: String::new(), descending: false })
    }

    /// Finds, narrows, counts, sorts and cuts to one page.
    pub fn arrange(&self, mut rows: Vec<R>, asked: &Asked) -> Found<R> {
        if let Some(search) = &self.search {
            let wanted: Vec<String> = asked.search.split_whitespace().map(str::to_lowercase).collect();
            rows.retain(|row| {
                let text = (search.text)(row).to_lowercase();
                wanted.iter().all(|word| text.contains(word))
            });
        }
        let facets = self.filters.iter().map(|filter| self.facet(filter, &rows, asked)).collect();
        rows.retain(|row| self.filters.iter().all(|filter| filter.lets_through(row, asked)));
        let order = self.order(asked);
        if let Some(column) = self.columns.iter().find(|column| column.slug() == order.column) {
            rows.sort_by_cached_key(|row| (column.cell)(row).sort_key());
            if order.descending {
                rows.reverse();
            }
        }
        let matched = rows.len();
        let page = asked.page.min(matched.div_ceil(PER_PAGE).max(1));
        let rows = rows.into_iter().skip((page - 1) * PER_PAGE).take(PER_PAGE).collect();
        Found { rows, matched, facets, older: None }
    }

    /// Counts each value among the rows that all other filters let through.
    fn facet(&self, filter: &Filter<R>, rows: &[R], asked: &Asked) -> Facet {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut all = 0;
        for row in rows {
            let others = self.filters.iter().filter(|other| other.name != filter.name);
            if others.into_iter().all(|other| other.lets_through(row, asked)) {
                all += 1;
                // What has no value is among "all" only: nobody can ask for nothing.
                for value in (filter.values)(row).into_iter().filter(|value| !value.is_empty()) {
                    *counts.entry(value).or_default() += 1;
                }
            }
        }
        let choices = match filter.words {
            Some(words) => words
                .iter()
                .map(|(value, label)| FacetChoice {
                    value: (*value).to_owned(),
                    label: (*label).to_owned(),
                    is_word: true,
                    count: Some(counts.get(*value).copied().unwrap_or_default()),
                })
                .collect(),
            None => counts
                .into_iter()
                .map(|(value, count)| FacetChoice { label: value.clone(), value, is_word: false, count: Some(count) })
                .collect(),
        };
        Facet { name: filter.name, label: filter.label, all: Some(all), choices }
    }
}

impl<R> Column<R> {
    /// Its name in the address.
    pub fn slug(&self) -> String {
        self.label.to_lowercase().replace(' ', "-")
    }

    /// What stands in it for `row`.
    pub fn cell(&self, row: &R) -> Cell {
        (self.cell)(row)
    }
}

impl<R> Filter<R> {
    /// The words to choose from, where they are fixed.
    pub fn words(&self) -> &'static [(&'static str, &'static str)] {
        self.words.unwrap_or_default()
    }

    fn lets_through(&self, row: &R, asked: &Asked) -> bool {
        asked.filter(self.name).is_none_or(|wanted| (self.values)(row).iter().any(|value| value == wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, &'static str, bool);

    fn list() -> List<Row> {
        List::in_order_of("name")
            .column("Name", |row: &Row| Cell::Key(row.0.to_owned()))
            .column("Host key", |row| Cell::Word(if row.2 { "Trusted" } else { "To approve" }))
            .search("Name", |row| row.0.to_owned())
            .filter_names("group", "Group", |row| vec![row.1.to_owned()])
            .filter_words("key", "Host key", &[("yes", "Trusted"), ("no", "To approve")], |row| {
                vec![if row.2 { "yes" } else { "no" }.to_owned()]
            })
    }

    fn rows() -> Vec<Row> {
        vec![("web-10", "web", true), ("web-9", "web", false), ("db-1", "db", true)]
    }

    fn names(query: &str) -> Vec<&'static str> {
        list().arrange(rows(), &Asked::of(query)).rows.iter().map(|row| row.0).collect()
    }

    #[test]
    fn rows_are_searched_filtered_and_sorted() {
        assert_eq!(names(""), ["db-1", "web-9", "web-10"]);
        assert_eq!(names("q=WEB"), ["web-9", "web-10"]);
        assert_eq!(names("group=web&key=yes"), ["web-10"]);
        assert_eq!(names("sort=-name"), ["web-10", "web-9", "db-1"]);
        assert_eq!(names("sort=host-key"), ["web-9", "web-10", "db-1"]);
        assert_eq!(names("sort=nonsense&unknown=1"), ["db-1", "web-9", "web-10"]);
    }

    #[test]
    fn a_filter_counts_what_the_other_filters_let_through() {
        let found = list().arrange(rows(), &Asked::of("group=web"));
        let counts = |facet: &Facet| -> Vec<(String, usize)> {
            facet.choices.iter().map(|choice| (choice.value.clone(), choice.count.unwrap())).collect()
        };
        assert_eq!(counts(&found.facets[0]), [("db".to_owned(), 1), ("web".to_owned(), 2)]);
        assert_eq!(counts(&found.facets[1]), [("yes".to_owned(), 1), ("no".to_owned(), 1)]);
        assert_eq!((found.facets[0].all, found.facets[1].all), (Some(3), Some(2)));
    }

    #[test]
    fn a_page_past_the_end_is_the_last_page() {
        let many: Vec<Row> = std::iter::repeat_n(("web-1", "web", true), PER_PAGE + 1).collect();
        let found = list().arrange(many, &Asked::of("page=99"));
        assert_eq!((found.rows.len(), found.matched), (1, PER_PAGE + 1));
    }
}
