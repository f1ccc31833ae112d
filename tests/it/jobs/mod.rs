//! Work that hannun does by itself.

mod audit_head;
mod forgetting;
mod recurring;
mod workers;
