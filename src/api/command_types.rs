//! `/command-types`: what can be asked of servers, and how the answers of each type may look.

use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::Parameters;
use super::paging::{Key, ListQuery, Page, Shape as ListShape};
use crate::app::App;
use crate::commands::{CommandType, Shape};
use crate::error::Result;
use crate::web::extract::Asking;

/// A type of command: a question in the abstract.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommandType)]
pub struct CommandTypeView {
    /// By which commands name it.
    #[schema(example = "list_processes")]
    pub name: &'static str,
    /// For people.
    pub label: &'static str,
    /// The readers of its answers.
    pub formats: Vec<&'static str>,
    /// What the rows of the format `table` look like.
    pub table: Vec<RowShapeView>,
    /// How many commands are known for it, those that were added included.
    pub commands: usize,
}

/// Rows of one kind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RowShape)]
pub struct RowShapeView {
    /// The word in the first column by which they are known; null where all rows are of one kind.
    pub word: Option<&'static str>,
    /// The columns behind it, separated by tabs.
    pub columns: Vec<ColumnView>,
}

/// One column.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Column)]
pub struct ColumnView {
    /// What problems call it.
    pub name: &'static str,
    /// What stands in it.
    pub meaning: &'static str,
    /// A value that fits.
    pub example: &'static str,
    /// Whether a row without it is refused; else it may be empty, `-`, or left out at the end.
    pub needed: bool,
}

impl From<&Shape> for RowShapeView {
    fn from(shape: &Shape) -> Self {
        let columns = shape.columns.iter().map(|column| ColumnView {
            name: column.name,
            meaning: column.meaning,
            example: column.example,
            needed: column.needed,
        });
        Self { word: Some(shape.word).filter(|word| !word.is_empty()), columns: columns.collect() }
    }
}

const LIST: ListShape<CommandTypeView> = ListShape {
    sorts: &[("name", |known| Key::text(known.name))],
    default_sort: "name",
    identity: |known| known.name.to_owned(),
    texts: |known| vec![known.name, known.label],
};

/// What can be asked of servers.
#[utoipa::path(
    operation_id = "list_command_types",
    get, path = "/api/v1/command-types", tag = "commands",
    params(ListQuery),
    responses((status = 200, body = Page<CommandTypeView>)),
)]
pub async fn index(app: Data<App>, _: Asking, query: Parameters<ListQuery>) -> Result<Json<Page<CommandTypeView>>> {
    let catalog = app.hosts.catalog();
    let view = |known: &CommandType| CommandTypeView {
        name: known.name(),
        label: known.label(),
        formats: known.formats().to_vec(),
        table: known.table().iter().map(RowShapeView::from).collect(),
        commands: catalog.variants(*known).count(),
    };
    LIST.page(CommandType::ALL.iter().map(view).collect(), &query.0).map(Json)
}
