//! What a handler asks for in its arguments: who may call it, and what was entered.

mod form;
mod people;
mod proof;

pub use form::{Form, Pairs, Submitted, ValidForm};
pub use people::{Admin, Asking, Operator, SignedIn};
pub use proof::Reauthenticated;
