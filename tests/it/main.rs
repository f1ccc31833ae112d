//! Every integration test, in one binary; modules mirror `src/`.

mod harness;
mod house;
