//! The sampler with servers that fail on demand.
