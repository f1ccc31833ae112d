//! Every integration test, in one binary; modules mirror `src/`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a panic in a test is a failed test with a place"
)]

mod admin;
mod api;
mod bad_input;
mod browser;
mod checks;
mod cli;
mod commands;
mod db;
mod docs;
mod executions;
mod faults;
mod files;
mod harness;
mod house;
mod installations;
mod inventory;
mod jobs;
mod logins;
mod metrics;
mod models;
mod outbound;
mod power;
mod remote;
mod scenarios;
mod screens;
mod startup;
mod terminals;
mod web;
