//! The HTTP toolkit: rendering, errors, extractors, middleware. Knows no screen and no job.
