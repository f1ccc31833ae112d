//! `hannun serve` and `hannun work`: the web server, sampler and jobs, or all of them.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};

use super::Outcome;
use crate::config::Config;
use crate::startup::{self, ProcessRole, ServeOptions};

/// Run the web server, and sampler and jobs unless told otherwise; prints the address, and at the first start the setup link
#[derive(Debug, Args)]
#[command(
    after_help = "Any number of processes may share one DATABASE_URL and one key file; those that sample share the servers evenly.\n\nExamples:\n  hannun serve --demo\n  hannun serve --bind 127.0.0.1:9000 --role web"
)]
pub(super) struct Serve {
    /// Address and port to listen on, instead of `HANNUN_BIND`
    #[arg(long, value_name = "ADDRESS:PORT")]
    bind: Option<SocketAddr>,
    /// What this process does
    #[arg(long, value_enum, default_value_t = Role::All)]
    role: Role,
    /// Also register this machine as the first server, through a private sshd on loopback
    #[arg(long)]
    demo: bool,
    /// Allow plain HTTP on an address that others can reach
    #[arg(long)]
    insecure_http: bool,
}

/// Sample servers and run jobs, without a web server: the same as `serve --role work`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  DATABASE_URL_FILE=/run/secrets/database-url hannun work")]
pub(super) struct Work {}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    /// Web server, sampler and jobs
    All,
    /// Web server only; shows what other processes sample
    Web,
    /// Sampler and jobs only
    Work,
}

impl From<Role> for ProcessRole {
    fn from(role: Role) -> Self {
        match role {
            Role::All => Self::All,
            Role::Web => Self::Web,
            Role::Work => Self::Work,
        }
    }
}

impl Serve {
    pub(super) async fn run(self, mut config: Config) -> Outcome {
        if let Some(bind) = self.bind {
            config.bind = bind;
        }
        config.insecure_http |= self.insecure_http;
        startup::serve(config, ServeOptions { role: self.role.into(), demo: self.demo }).await?;
        Ok(())
    }
}

impl Work {
    pub(super) async fn run(self, config: Config) -> Outcome {
        startup::serve(config, ServeOptions { role: ProcessRole::Work, demo: false }).await?;
        Ok(())
    }
}
