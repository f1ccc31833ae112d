//! Servers as code: a text is read, planned against what is known, applied as a whole, and written again.
//!
//! [`plan()`] says what applying would do and changes nothing; [`apply()`] does it in one transaction, or nothing of it;
//! [`export()`] writes a text that applies to no change. Secrets never stand in a text: they are named, and whoever calls
//! brings them. Knows no page, no command line, no environment and no file system.

mod apply;
mod document;
mod drift;
mod export;
mod facts;
pub mod import;
mod nearest;
mod plan;
mod problem;
mod read;
mod registry;
pub mod report;
mod request;
pub mod schema;
mod shape;

pub use apply::{Applied, Done, apply};
pub use document::SecretReference;
pub use drift::{Drift, drift};
pub use export::{Extras, export};
pub use plan::{Action, FieldChange, Item, Kind, Means, Plan, Planned, Shown, plan};
pub use problem::Problem;
pub use request::{Prune, Request, SecretsAtHand, Source, references};
