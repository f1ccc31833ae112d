//! hannun (한눈, "at one glance"): one person sees and runs all their servers from a browser, over nothing but SSH.
//!
//! The rooms, from the ground up (`docs/architecture.md` has the plan of the house):
//! pure — [`commands`], [`error`], [`language`], [`config`], [`clock`], [`secret`], [`yaml`];
//! infrastructure — [`db`], [`models`], [`remote`], [`outbound`], [`queue`], [`app`];
//! domain — [`metrics`], [`checks`], [`accounts`], [`crontabs`], [`firewalls`], [`guarded_changes`], [`services`], [`logs`], [`power`],
//! [`logins`], [`ip_lookup`], [`executions`], [`terminals`], [`inventory`], [`backup`];
//! edges — [`web`], [`screens`], [`admin`], [`api`], [`jobs`], [`cli`]; above them [`routes`] and [`startup`].

pub mod accounts;
pub mod admin;
pub mod api;
pub mod app;
pub mod backup;
pub mod checks;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod crontabs;
pub mod db;
pub mod error;
pub mod executions;
pub mod firewalls;
pub mod guarded_changes;
pub mod installations;
pub mod inventory;
pub mod ip_lookup;
pub mod jobs;
pub mod language;
pub mod logins;
pub mod logs;
pub mod metrics;
pub mod models;
pub mod outbound;
pub mod power;
pub mod queue;
pub mod remote;
pub mod routes;
pub mod scenarios;
pub mod screens;
pub mod secret;
pub mod services;
pub mod startup;
pub mod telemetry;
pub mod terminals;
pub mod transfers;
pub mod web;
pub mod yaml;
