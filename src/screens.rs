//! Screens: one file each.
