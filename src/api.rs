//! `/api/v1`: one file per resource, the same domain calls as screens; the document comes from the code.

pub mod audit_events;
pub mod capabilities;
pub mod connection;
pub mod credentials;
pub mod evidence;
pub mod filesystems;
pub mod groups;
pub mod host_key;
pub mod idempotency;
pub mod imports;
mod input;
pub mod inventory;
pub mod latest;
pub mod metrics;
pub mod openapi;
mod paging;
pub mod platform;
pub mod problem;
pub mod processes;
mod recorded;
mod scope;
pub mod servers;
pub mod sockets;
pub mod stream;
pub mod tokens;
pub mod users;
