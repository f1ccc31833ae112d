//! A page as a person reads it: heading, tables, forms. Asks by CSS selector, never by place in the markup.

use scraper::{ElementRef, Html, Selector};

/// A whole page or a block of one.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    html: Html,
}

impl Page {
    pub(crate) fn read(text: &str) -> Self {
        Self { html: Html::parse_document(text) }
    }

    /// The text of the one `h1`.
    #[track_caller]
    pub(crate) fn heading(&self) -> String {
        self.text("h1")
    }

    /// What the browser shows in its tab.
    #[track_caller]
    pub(crate) fn title(&self) -> String {
        self.text("title")
    }

    /// The text of the first element of a selector, blanks pulled together.
    #[track_caller]
    pub(crate) fn text(&self, css: &str) -> String {
        let found = self.all(css);
        let first = found.first().unwrap_or_else(|| panic!("no {css} in {}", self.html.html()));
        words(*first)
    }

    /// The texts of all elements of a selector.
    pub(crate) fn texts(&self, css: &str) -> Vec<String> {
        self.all(css).into_iter().map(words).collect()
    }

    /// An attribute of the first element of a selector.
    #[track_caller]
    pub(crate) fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let found = self.all(css);
        let first = found.first().unwrap_or_else(|| panic!("no {css} in {}", self.html.html()));
        first.value().attr(name).map(str::to_owned)
    }

    /// An attribute of every element of a selector that has it.
    pub(crate) fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        self.all(css).into_iter().filter_map(|element| element.value().attr(name).map(str::to_owned)).collect()
    }

    /// Whether there is such an element.
    pub(crate) fn has(&self, css: &str) -> bool {
        !self.all(css).is_empty()
    }

    /// The table of a selector.
    #[track_caller]
    pub(crate) fn table(&self, css: &str) -> Table {
        let found = self.all(css);
        let table = found.first().unwrap_or_else(|| panic!("no {css} in {}", self.html.html()));
        let cells =
            |row: ElementRef<'_>, kind: &str| -> Vec<String> { row.select(&selector(kind)).map(words).collect() };
        Table {
            head: cells(*table, "thead th"),
            rows: table.select(&selector("tbody tr")).map(|row| cells(row, "td, th")).collect(),
        }
    }

    /// What the form of a selector would send as it stands, without its token.
    #[track_caller]
    pub(crate) fn form(&self, css: &str) -> Vec<(String, String)> {
        let found = self.all(css);
        let form = found.first().unwrap_or_else(|| panic!("no {css} in {}", self.html.html()));
        form.select(&selector("input, select, textarea"))
            .filter_map(entry)
            .filter(|(name, _)| name != "csrf_token")
            .collect()
    }

    fn all(&self, css: &str) -> Vec<ElementRef<'_>> {
        self.html.select(&selector(css)).collect()
    }
}

/// What a table says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its column heads.
    pub(crate) head: Vec<String>,
    /// Its rows, cell by cell.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// There is a row that begins with these cells.
    #[track_caller]
    pub(crate) fn has_row<const N: usize>(&self, cells: [&str; N]) {
        let found = self.rows.iter().any(|row| row.iter().map(String::as_str).take(N).eq(cells));
        assert!(found, "no row {cells:?} in {:#?}", self.rows);
    }
}

/// What a field sends: nothing where it has no name, is disabled, or is a box without its tick.
fn entry(field: ElementRef<'_>) -> Option<(String, String)> {
    let element = field.value();
    let name = element.attr("name")?.to_owned();
    if element.attr("disabled").is_some() {
        return None;
    }
    let value = match (element.name(), element.attr("type")) {
        ("textarea", _) => field.text().collect(),
        ("select", _) => {
            let chosen = field.select(&selector("option[selected]")).next();
            let option = chosen.or_else(|| field.select(&selector("option")).next())?;
            option.value().attr("value").map_or_else(|| words(option), str::to_owned)
        }
        (_, Some("checkbox" | "radio")) => {
            element.attr("checked")?;
            element.attr("value").unwrap_or("on").to_owned()
        }
        _ => element.attr("value").unwrap_or_default().to_owned(),
    };
    Some((name, value))
}

fn words(element: ElementRef<'_>) -> String {
    element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|problem| panic!("{css}: {problem}"))
}
