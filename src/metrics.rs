//! Numbers over time: sampling, rates, the live ring, storage in tiers.
