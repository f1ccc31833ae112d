//! Administration, declared: one file per resource. Knows no screen and no API.
