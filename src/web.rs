//! The HTTP toolkit: rendering, errors, extractors, middleware. Knows no screen and no job.

pub mod assets;
pub mod chart;
pub mod condition;
pub mod cookies;
pub mod errors;
pub mod events;
pub mod extract;
pub mod filters;
pub mod flash;
pub mod form_data;
pub mod format;
pub mod health;
pub mod hx;
pub mod menu;
pub mod middleware;
pub mod password_check;
pub mod picker;
pub mod render;
pub mod return_to;
pub mod router;
pub mod shell;
pub mod signing;
pub mod site;
pub mod still_signed_in;
pub mod visitor;
