//! The JSON API, version 1: one file per resource. Knows no screen.
