//! The queue: the only file that knows apalis.
