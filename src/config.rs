//! The settings of one process, read once at the start. Pure: a test builds a [`Config`] as a value.

mod outbound;
mod read;
mod variables;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

pub use outbound::{Allowed, OutboundConfig, is_metadata};
pub use read::ConfigProblems;
pub(crate) use read::duration;
pub use variables::{VARIABLES, Variable};

use crate::secret::SecretText;

/// Everything that can be set from outside. Each field's environment variable is in [`VARIABLES`].
#[derive(Debug, Clone)]
pub struct Config {
    /// Where hannun keeps its key file, the private PostgreSQL and uploads.
    pub data_dir: PathBuf,
    /// The address that the web server listens on.
    pub bind: SocketAddr,
    /// The address that people type, where it is not the bind address: `https://hannun.example.com`.
    pub public_url: Option<PublicUrl>,
    /// Further `Host` values that are answered (W03).
    pub hosts: Vec<String>,
    /// Plain HTTP on an address that others can reach (W09).
    pub insecure_http: bool,
    /// Where PostgreSQL is; absent: a private one in the data directory.
    pub database_url: Option<SecretText>,
    /// Database connections of this process.
    pub database_connections: u32,
    /// The file with the 32 bytes that open every stored secret; absent: `secret.key` in the data directory.
    pub secret_key_file: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` is believed (A04).
    pub trusted_proxies: Vec<IpNet>,
    /// Log filter, as `tracing` reads it.
    pub log: String,
    /// How hannun reaches servers.
    pub remote: RemoteConfig,
    /// How long numbers are kept.
    pub retention: Retention,
    /// How long it is known who signed in to servers, and who tried to.
    pub logins_kept: Duration,
    /// Files that know countries and networks of addresses; what several tell is put together.
    pub ip_databases: Vec<PathBuf>,
    /// What hannun asks of others by HTTP, and of name servers about addresses.
    pub outbound: OutboundConfig,
    /// How long people stay signed in.
    pub sessions: SessionConfig,
    /// How long a process that shows no sign of life keeps its servers, before others that share the database take them
    /// over (J05).
    pub lease: Duration,
    /// How much and how slowly may be asked of the web server.
    pub requests: RequestConfig,
    /// How much of the disk uploaded package files may take.
    pub uploads: UploadConfig,
}

/// Limits of package files that people upload (F06).
#[derive(Debug, Clone, Copy)]
pub struct UploadConfig {
    /// The largest file, bytes.
    pub largest: u64,
    /// What all files together may take, those that are still coming too; bytes.
    pub total: u64,
    /// What stays free of the disk, bytes, or [`UploadConfig::spare_percent`] of it, whichever is more.
    pub spare: u64,
    /// See [`UploadConfig::spare`].
    pub spare_percent: u64,
}

/// Limits of what is asked of the web server (W10).
#[derive(Debug, Clone, Copy)]
pub struct RequestConfig {
    /// Requests of one session or token.
    pub per_session: Rate,
    /// Requests of one address, of those who are not signed in.
    pub per_address: Rate,
    /// How long the head of a request may take.
    pub head: Duration,
    /// How long the body of a request may pause.
    pub body_pause: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How long nothing may be taken of a file that is given, or followed.
    pub answer_pause: Duration,
}

/// So many in a second, and so many at once after a pause; at least one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In the long run.
    pub per_second: u32,
    /// At once.
    pub burst: u32,
}

/// Limits of talking to servers (security H06, R01, X01).
#[derive(Debug, Clone)]
pub struct RemoteConfig {
    /// Name lookup.
    pub name_timeout: Duration,
    /// TCP connect, key exchange and sign-in together.
    pub connect_timeout: Duration,
    /// Opening a channel.
    pub channel_timeout: Duration,
    /// A command, unless it says otherwise.
    pub command_timeout: Duration,
    /// Silence after which the peer is asked whether it lives; three unanswered questions end the connection.
    pub keepalive: Duration,
    /// A connection nobody used for this long is closed.
    pub idle: Duration,
    /// Connections being opened at the same time.
    pub connecting: usize,
    /// Standard output kept of one command, bytes.
    pub output_limit: usize,
    /// Standard error kept of one command, bytes.
    pub error_limit: usize,
}

/// How long each tier of metrics is kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Points of 10 seconds.
    pub tier_10: Duration,
    /// Points of a minute.
    pub tier_60: Duration,
    /// Points of ten minutes.
    pub tier_600: Duration,
    /// Points of an hour.
    pub tier_3600: Duration,
}

/// How long a session lasts (A07, A11).
#[derive(Debug, Clone, Copy)]
pub struct SessionConfig {
    /// Without a request of the person.
    pub idle: Duration,
    /// At most.
    pub absolute: Duration,
    /// How long an entered password opens what needs it again.
    pub proof: Duration,
}

/// Scheme, host and port that people type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// `https`: cookies are `Secure` and carry the `__Host-` name.
    pub https: bool,
    /// `hannun.example.com` or `hannun.example.com:8443`.
    pub authority: String,
}

impl PublicUrl {
    /// `https://hannun.example.com`
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.https { "https" } else { "http" }, self.authority)
    }
}

impl Config {
    /// The log filter where none is set.
    pub const USUAL_LOG: &str = "info";

    /// Settings for `data_dir` with every default.
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            hosts: Vec::new(),
            insecure_http: false,
            database_url: None,
            database_connections: 8,
            secret_key_file: None,
            trusted_proxies: Vec::new(),
            log: Self::USUAL_LOG.to_owned(),
            remote: RemoteConfig::default(),
            retention: Retention::default(),
            logins_kept: Duration::from_secs(365 * DAY),
            ip_databases: Vec::new(),
            outbound: OutboundConfig::default(),
            sessions: SessionConfig::default(),
            lease: Duration::from_mins(1),
            requests: RequestConfig::default(),
            uploads: UploadConfig::default(),
        }
    }

    /// The settings of this process's environment; every problem at once.
    pub fn from_env() -> Result<Self, ConfigProblems> {
        read::config(&|name| std::env::var(name).ok())
    }

    /// The key file's place.
    pub fn secret_key_path(&self) -> PathBuf {
        self.secret_key_file.clone().unwrap_or_else(|| self.data_dir.join("secret.key"))
    }

    /// Whether cookies are `Secure`.
    pub fn https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.https)
    }

    /// The origin that the browser sends: `http://127.0.0.1:8080`.
    pub fn origin(&self) -> String {
        match &self.public_url {
            Some(url) => url.origin(),
            None => format!("http://{}", self.bind),
        }
    }
}

impl Default for RemoteConfig {
    fn default() -> Self {
        Self {
            name_timeout: Duration::from_secs(3),
            connect_timeout: Duration::from_secs(10),
            channel_timeout: Duration::from_secs(5),
            command_timeout: Duration::from_secs(15),
            keepalive: Duration::from_secs(10),
            idle: Duration::from_mins(5),
            connecting: 64,
            output_limit: 4 << 20,
            error_limit: 1 << 20,
        }
    }
}

const DAY: u64 = 24 * 60 * 60;

impl Default for Retention {
    fn default() -> Self {
        Self {
            tier_10: Duration::from_secs(2 * DAY),
            tier_60: Duration::from_secs(14 * DAY),
            tier_600: Duration::from_secs(90 * DAY),
            tier_3600: Duration::from_secs(2 * 365 * DAY),
        }
    }
}

impl Default for RequestConfig {
    fn default() -> Self {
        Self {
            per_session: Rate { per_second: 20, burst: 60 },
            per_address: Rate { per_second: 5, burst: 20 },
            head: Duration::from_secs(5),
            body_pause: Duration::from_secs(10),
            body: Duration::from_mins(1),
            answer_pause: Duration::from_mins(2),
        }
    }
}

impl Default for UploadConfig {
    fn default() -> Self {
        Self { largest: 1 << 30, total: 20 << 30, spare: 1 << 30, spare_percent: 10 }
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self { idle: Duration::from_mins(30), absolute: Duration::from_hours(12), proof: Duration::from_mins(10) }
    }
}
