//! Work that hannun does by itself.

mod audit_head;
mod recurring;
mod workers;
