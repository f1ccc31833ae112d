//! The HTTP toolkit, and the pages of people: sign-in, setup, account.

mod account;
mod assets;
mod csrf;
mod errors;
mod favourites;
mod group_roles;
mod headers;
mod limits;
mod permissions;
mod proof;
mod reading;
mod scopes;
mod sessions;
mod setup;
mod sign_in;
mod sign_in_load;
mod templates;
mod words;
