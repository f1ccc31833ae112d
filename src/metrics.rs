//! Numbers over time: sampling, rates, the live ring, storage in tiers. Knows no page and no URL.

pub mod catalogue;
pub mod rates;
