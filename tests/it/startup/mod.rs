//! Whole processes as they are started: alone, and several on one database.

mod sharing;
