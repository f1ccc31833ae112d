//! Work that hannun does by itself.

mod recurring;
mod workers;
