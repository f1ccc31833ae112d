//! One page of a list as the template shows it: words, addresses, cells.

use super::asked::{Asked, BEFORE};
use super::cell::Cell;
use super::index::DELETE;
use super::list::{Column, Facet, Found, Input, PER_PAGE};
use super::resource::Resource;
use crate::language::Message;

/// One page of a list.
#[derive(Debug, Clone)]
pub struct ListView {
    /// The headings.
    pub columns: Vec<ColumnView>,
    /// The rows.
    pub rows: Vec<RowView>,
    /// The filters.
    pub facets: Vec<FacetView>,
    /// The filters that people type, with what they typed.
    pub inputs: Vec<(Input, String)>,
    /// Search, choices and order that typing another of those keeps.
    pub kept_by_inputs: Vec<(String, String)>,
    /// The question itself, as it stands in an address, without its page.
    pub query: String,
    /// What stands in the search box.
    pub search: String,
    /// What the search box says it searches; none: no search.
    pub search_hint: Option<&'static str>,
    /// Filters and order that a new search keeps.
    pub kept: Vec<(String, String)>,
    /// The plain list without search and filters.
    pub is_plain: bool,
    /// What can be done to the chosen rows.
    pub actions: Vec<ActionView>,
    /// The number of the first row shown, from 1.
    pub first: usize,
    /// The number of the last row shown.
    pub last: usize,
    /// Rows on all pages.
    pub matched: usize,
    /// The pages, where there are several.
    pub pages: Vec<PageView>,
    /// Whether the rows are counted and people may choose their order.
    pub sorts: bool,
}

/// One heading.
#[derive(Debug, Clone)]
pub struct ColumnView {
    /// In English.
    pub label: &'static str,
    /// The address of the list in this column's order.
    pub href: String,
    /// `ascending`, `descending`, or empty.
    pub sorted: &'static str,
    /// Aligned to the end.
    pub is_figure: bool,
}

/// One row.
#[derive(Debug, Clone)]
pub struct RowView {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The address of its form; empty where it has none.
    pub href: String,
    /// Its columns.
    pub cells: Vec<Cell>,
}

/// One filter.
#[derive(Debug, Clone)]
pub struct FacetView {
    /// In English.
    pub label: &'static str,
    /// The choices, the first being all.
    pub choices: Vec<ChoiceView>,
}

/// One choice of a filter.
#[derive(Debug, Clone)]
pub struct ChoiceView {
    /// As people read it.
    pub label: String,
    /// Whether the label is a word of ours.
    pub is_word: bool,
    /// The address of the list with it.
    pub href: String,
    /// Rows that have it.
    pub count: Option<usize>,
    /// Whether it is chosen.
    pub current: bool,
}

/// Something to do with the chosen rows.
#[derive(Debug, Clone, Copy)]
pub struct ActionView {
    /// Its name in the form.
    pub name: &'static str,
    /// In English.
    pub label: &'static str,
}

/// A link to another page of the list.
#[derive(Debug, Clone)]
pub struct PageView {
    /// A number, or `Previous`, `Next`, `…`.
    pub label: String,
    /// Whether the label is a word of ours.
    pub is_word: bool,
    /// Its address; empty for a gap.
    pub href: String,
    /// Whether it is the page shown.
    pub current: bool,
}

impl ListView {
    /// The page of `found`.
    pub fn of<R: Resource>(found: &Found<R::Row>, asked: &Asked) -> Self {
        let (list, path) = (R::list(), format!("/admin/{}", R::screen().slug));
        let (order, has_form) = (list.order(asked), !R::form().is_empty());
        let pages = found.matched.div_ceil(PER_PAGE).max(1);
        let page = asked.page.min(pages);
        // A column that says nothing about any row of the page takes its room from those that do.
        let says = |column: &&Column<R::Row>| {
            column.slug() == order.column || found.rows.iter().any(|row| !column.cell(row).is_empty())
        };
        let shown: Vec<_> = list.columns().iter().filter(says).collect();
        let rows: Vec<RowView> = found
            .rows
            .iter()
            .map(|row| RowView {
                id: R::id(row),
                name: R::name(row),
                href: if has_form { format!("{path}/{}", R::id(row)) } else { String::new() },
                cells: shown.iter().map(|column| column.cell(row)).collect(),
            })
            .collect();
        let columns = shown.iter().enumerate().map(|(index, column)| {
            let is_sorted = column.slug() == order.column;
            ColumnView {
                label: column.label,
                href: format!("{path}{}", asked.sorted(&column.slug(), is_sorted && !order.descending).query()),
                sorted: if !is_sorted {
                    ""
                } else if order.descending {
                    "descending"
                } else {
                    "ascending"
                },
                is_figure: rows.iter().filter_map(|row| row.cells.get(index)).any(Cell::is_figure),
            }
        });
        let actions = R::actions().into_iter().map(|action| ActionView { name: action.name, label: action.label });
        let delete = ActionView { name: DELETE, label: R::DELETING.ask };
        Self {
            columns: columns.collect(),
            facets: found.facets.iter().map(|facet| facet_view(facet, asked, &path)).collect(),
            inputs: list.inputs().iter().map(|input| typed(*input, asked)).collect(),
            kept_by_inputs: kept_by_inputs(list.inputs(), asked),
            query: asked.filtered(BEFORE, None).query(),
            search: asked.search.clone(),
            search_hint: list.search_hint(),
            kept: kept(asked),
            is_plain: asked.search.is_empty() && asked.filters.is_empty(),
            actions: actions.chain(R::DELETES.then_some(delete)).collect(),
            first: (page - 1) * PER_PAGE + usize::from(!rows.is_empty()),
            last: (page - 1) * PER_PAGE + rows.len(),
            matched: found.matched,
            pages: match found.older {
                Some(number) => vec![older(number, asked, &path)],
                None => page_views(page, pages, asked, &path),
            },
            sorts: list.sorts(),
            rows,
        }
    }

    /// Whether rows lead somewhere: without a link, the keyboard scrolls the list itself.
    pub fn has_links(&self) -> bool {
        self.rows.iter().any(|row| !row.href.is_empty())
    }

    /// Whether rows can be chosen.
    pub fn can_choose(&self) -> bool {
        !self.actions.is_empty()
    }

    /// Which rows are shown, of how many.
    pub fn summary(&self) -> Message {
        if !self.sorts {
            return Message::new("Newest first");
        }
        if self.pages.is_empty() {
            return Message::new("{matched} in all").with("matched", self.matched);
        }
        let message = Message::new("{first} to {last} of {matched}");
        message.with("first", self.first).with("last", self.last).with("matched", self.matched)
    }
}

fn typed(input: Input, asked: &Asked) -> (Input, String) {
    (input, asked.filter(input.name).unwrap_or_default().to_owned())
}

fn kept_by_inputs(inputs: &[Input], asked: &Asked) -> Vec<(String, String)> {
    let is_typed = |name: &str| inputs.iter().any(|input| input.name == name);
    let search = (!asked.search.is_empty()).then(|| ("q".to_owned(), asked.search.clone()));
    kept(asked).into_iter().filter(|(name, _)| !is_typed(name)).chain(search).collect()
}

fn kept(asked: &Asked) -> Vec<(String, String)> {
    let sort = asked.sort.iter().map(|sort| ("sort".to_owned(), sort.text()));
    asked.filters.iter().filter(|(name, _)| name != BEFORE).cloned().chain(sort).collect()
}

fn facet_view(facet: &Facet, asked: &Asked, path: &str) -> FacetView {
    let chosen = asked.filter(facet.name);
    let all = ChoiceView {
        label: "All".to_owned(),
        is_word: true,
        href: format!("{path}{}", asked.filtered(facet.name, None).query()),
        count: facet.all,
        current: chosen.is_none(),
    };
    let choices = facet.choices.iter().map(|choice| ChoiceView {
        label: choice.label.clone(),
        is_word: choice.is_word,
        href: format!("{path}{}", asked.filtered(facet.name, Some(&choice.value)).query()),
        count: choice.count,
        current: chosen == Some(choice.value.as_str()),
    });
    FacetView { label: facet.label, choices: std::iter::once(all).chain(choices).collect() }
}

fn older(number: i64, asked: &Asked, path: &str) -> PageView {
    let href = format!("{path}{}", asked.filtered(BEFORE, Some(&number.to_string())).query());
    PageView { label: "Older".to_owned(), is_word: true, href, current: false }
}

/// The first page, the last, and those around the current one.
fn page_views(page: usize, pages: usize, asked: &Asked, path: &str) -> Vec<PageView> {
    if pages < 2 {
        return Vec::new();
    }
    let link = |label: String, is_word, to: usize| PageView {
        label,
        is_word,
        href: format!("{path}{}", asked.on_page(to).query()),
        current: false,
    };
    let mut views = Vec::new();
    if page > 1 {
        views.push(link("Previous".to_owned(), true, page - 1));
    }
    let mut last = 0;
    for number in (1..=pages).filter(|number| *number == 1 || *number == pages || number.abs_diff(page) <= 2) {
        if number > last + 1 {
            views.push(PageView { label: "…".to_owned(), is_word: false, href: String::new(), current: false });
        }
        views.push(PageView { current: number == page, ..link(number.to_string(), false, number) });
        last = number;
    }
    if page < pages {
        views.push(link("Next".to_owned(), true, page + 1));
    }
    views
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_around_the_current_one_are_linked_and_gaps_are_marked() {
        let labels = |page, pages| -> Vec<String> {
            page_views(page, pages, &Asked::default(), "/admin/servers").into_iter().map(|page| page.label).collect()
        };
        assert_eq!(labels(1, 1), Vec::<String>::new());
        assert_eq!(labels(1, 3), ["1", "2", "3", "Next"]);
        assert_eq!(labels(10, 20), ["Previous", "1", "…", "8", "9", "10", "11", "12", "…", "20", "Next"]);
    }
}
