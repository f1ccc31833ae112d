//! Numbers over time: sampling, rates, the live ring, storage in tiers. Knows no page and no URL.

pub mod catalogue;
mod columns;
mod consumers;
pub mod directories;
pub mod health;
pub mod line;
mod listing;
pub mod live;
pub mod mirror;
pub mod packing;
pub mod ports;
pub mod presence;
pub mod rates;
pub mod readings;
pub mod running;
pub mod sampler;
pub mod series;
pub mod store;
pub mod telling;
pub mod tiers;
pub mod windows;

pub use columns::SeriesName;
