//! Jobs: one file each.
