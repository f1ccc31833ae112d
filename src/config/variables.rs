//! Every environment variable, documented where it is declared; `hannun help config` prints this list.

/// One environment variable.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// `HANNUN_BIND`
    pub name: &'static str,
    /// What it sets, in one sentence.
    pub meaning: &'static str,
    /// Its default, as text.
    pub default: &'static str,
    /// An example value.
    pub example: &'static str,
}

/// Where hannun keeps its own things.
pub(super) const DATA_DIR: Variable = variable(
    "HANNUN_DATA_DIR",
    "Directory of the key file, the private PostgreSQL and uploads",
    "/var/lib/hannun as root, ~/.local/state/hannun otherwise",
    "/srv/hannun",
);
pub(super) const BIND: Variable =
    variable("HANNUN_BIND", "Address and port of the web server", "127.0.0.1:8080", "127.0.0.1:9000");
pub(super) const PUBLIC_URL: Variable = variable(
    "HANNUN_PUBLIC_URL",
    "The address people type; https makes cookies Secure",
    "http:// and the bind address",
    "https://hannun.example.com",
);
pub(super) const HOSTS: Variable = variable(
    "HANNUN_HOSTS",
    "Further Host values that are answered, comma-separated",
    "none",
    "hannun.lan,10.0.0.5:8080",
);
pub(super) const INSECURE_HTTP: Variable =
    variable("HANNUN_INSECURE_HTTP", "1 allows plain HTTP on an address that others can reach", "0", "1");
pub(super) const DATABASE_URL: Variable = variable(
    "DATABASE_URL",
    "Where PostgreSQL is",
    "a private PostgreSQL in the data directory",
    "postgres://hannun@db.lan/hannun",
);
pub(super) const DATABASE_URL_FILE: Variable = variable(
    "DATABASE_URL_FILE",
    "A file that holds DATABASE_URL, so that no password is in the environment",
    "none",
    "/run/secrets/database-url",
);
pub(super) const DATABASE_CONNECTIONS: Variable =
    variable("HANNUN_DATABASE_CONNECTIONS", "Database connections of this process", "8", "16");
pub(super) const SECRET_KEY_FILE: Variable = variable(
    "HANNUN_SECRET_KEY_FILE",
    "The file with the 32 bytes that open every stored secret, mode 0600",
    "secret.key in the data directory",
    "/etc/hannun/secret.key",
);
pub(super) const TRUSTED_PROXIES: Variable = variable(
    "HANNUN_TRUSTED_PROXIES",
    "Networks of proxies whose X-Forwarded-For is believed, comma-separated",
    "none",
    "127.0.0.1/32,10.0.0.0/24",
);
pub(super) const LOG: Variable =
    variable("HANNUN_LOG", "Log filter: a level, or target=level pairs", "info", "info,hannun::remote=debug");
pub(super) const COMMAND_TIMEOUT: Variable =
    variable("HANNUN_COMMAND_TIMEOUT", "How long a command on a server may take, with connecting", "15s", "30s");
pub(super) const CONNECT_TIMEOUT: Variable =
    variable("HANNUN_CONNECT_TIMEOUT", "How long connecting and signing in to a server may take", "10s", "20s");
pub(super) const IDLE_CONNECTION: Variable =
    variable("HANNUN_IDLE_CONNECTION", "A connection nobody used for this long is closed", "5m", "1m");
pub(super) const KEEP_10S: Variable =
    variable("HANNUN_KEEP_10S", "How long metrics are kept at 10 seconds", "2d", "7d");
pub(super) const KEEP_1M: Variable = variable("HANNUN_KEEP_1M", "How long metrics are kept at 1 minute", "14d", "30d");
pub(super) const KEEP_10M: Variable =
    variable("HANNUN_KEEP_10M", "How long metrics are kept at 10 minutes", "90d", "180d");
pub(super) const KEEP_LOGINS: Variable =
    variable("HANNUN_KEEP_LOGINS", "How long it is known who signed in to servers, and who tried to", "365d", "90d");
pub(super) const IP_DATABASE: Variable = variable(
    "HANNUN_IP_DATABASE",
    "Files that know countries and networks of addresses (MaxMind, IPinfo, DB-IP; .mmdb), comma-separated",
    "none",
    "/srv/hannun/country.mmdb,/srv/hannun/asn.mmdb",
);
pub(super) const IP_SERVICE: Variable = variable(
    "HANNUN_IP_SERVICE",
    "A service on the internet that is asked whose a public address is, when a person opens it: its URL with {address} in it",
    "none",
    "https://api.ipinfo.io/lite/{address}?token=TOKEN",
);
pub(super) const IP_SERVICE_FILE: Variable = variable(
    "HANNUN_IP_SERVICE_FILE",
    "A file that holds HANNUN_IP_SERVICE, so that no token is in the environment",
    "none",
    "/run/secrets/ip-service",
);
pub(super) const REVERSE_NAMES: Variable = variable(
    "HANNUN_REVERSE_NAMES",
    "0 keeps hannun from asking the system's name servers for the name of an address that a person opens",
    "1",
    "0",
);
pub(super) const OUTBOUND_ALLOW: Variable = variable(
    "HANNUN_OUTBOUND_ALLOW",
    "Addresses of one's own network that hannun may reach by HTTP, each with its port, comma-separated; those under which a cloud tells its machines secrets cannot be listed",
    "none",
    "192.168.0.120:443,10.0.0.0/24:8443,[fd00::5]:443",
);
pub(super) const CA_FILE: Variable = variable(
    "HANNUN_CA_FILE",
    "Certificates (PEM) that hannun believes besides the usual ones when it speaks HTTPS to others",
    "none",
    "/etc/hannun/ca.pem",
);
pub(super) const KEEP_1H: Variable = variable("HANNUN_KEEP_1H", "How long metrics are kept at 1 hour", "730d", "1825d");
pub(super) const SESSION_IDLE: Variable =
    variable("HANNUN_SESSION_IDLE", "A session without a request of the person ends after this long", "30m", "15m");
pub(super) const SESSION_LENGTH: Variable =
    variable("HANNUN_SESSION_LENGTH", "A session ends after this long in any case", "12h", "8h");
pub(super) const LEASE: Variable = variable(
    "HANNUN_LEASE",
    "Where several processes share a database: how long one that shows no sign of life keeps its servers, before the others take them over; a sign is given four times as often",
    "1m",
    "20s",
);

/// All of them, in the order in which `hannun help config` prints them.
pub const VARIABLES: &[Variable] = &[
    DATA_DIR,
    BIND,
    PUBLIC_URL,
    HOSTS,
    INSECURE_HTTP,
    DATABASE_URL,
    DATABASE_URL_FILE,
    DATABASE_CONNECTIONS,
    SECRET_KEY_FILE,
    TRUSTED_PROXIES,
    LOG,
    COMMAND_TIMEOUT,
    CONNECT_TIMEOUT,
    IDLE_CONNECTION,
    KEEP_10S,
    KEEP_1M,
    KEEP_10M,
    KEEP_1H,
    KEEP_LOGINS,
    IP_DATABASE,
    IP_SERVICE,
    IP_SERVICE_FILE,
    REVERSE_NAMES,
    OUTBOUND_ALLOW,
    CA_FILE,
    SESSION_IDLE,
    SESSION_LENGTH,
    LEASE,
];

const fn variable(name: &'static str, meaning: &'static str, default: &'static str, example: &'static str) -> Variable {
    Variable { name, meaning, default, example }
}
