//! Sealing secrets at rest (S01, S02): a key file wraps data keys, data keys seal values.
