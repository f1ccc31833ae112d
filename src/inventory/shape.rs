//! What may stand in `servers.yml`, said once: reading refuses other keys, the JSON schema and the documentation follow.

use crate::models::allowance::Allowance;

/// A mapping with these keys.
#[derive(Debug)]
pub(super) struct Shape {
    /// What one is called: `a server`.
    pub(super) called: &'static str,
    /// What it is, for people.
    pub(super) about: &'static str,
    /// Its keys, in the order in which they are documented and written.
    pub(super) keys: &'static [Key],
}

/// One key of a mapping.
#[derive(Debug)]
pub(super) struct Key {
    /// As it is written.
    pub(super) name: &'static str,
    /// What may follow.
    pub(super) value: Value,
    /// What it means, for people.
    pub(super) about: &'static str,
    /// Whether it must be there.
    pub(super) required: bool,
}

/// What may follow a key.
#[derive(Debug)]
pub(super) enum Value {
    /// Text.
    Text,
    /// A name of ours: `web-1`.
    Name,
    /// Several names.
    Names,
    /// A host name or an IP address, with a port where it is not 22.
    Address,
    /// A whole number.
    Whole { least: i64, most: i64 },
    /// Seconds, or `10s`, `5m`, `1h`.
    Interval,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `env:NAME` or `file:PATH`.
    Secret,
    /// Names with values.
    Labels,
    /// Fingerprints and public keys.
    HostKeys,
    /// One text or several.
    Texts,
    /// A mapping.
    Part(&'static Shape),
    /// Several mappings: by name, or as a list with `name`. The text, where there is one, says what may stand for a
    /// whole entry.
    Named(&'static Shape, Option<Short>),
    /// A list of mappings.
    Each(&'static Shape),
}

/// What may stand for a whole entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Short {
    /// Nothing but the name.
    NameAlone,
    /// The address.
    Address,
}

/// The versions of the format that are read.
pub(super) const VERSION: i64 = 1;

const fn key(name: &'static str, value: Value, about: &'static str) -> Key {
    Key { name, value, about, required: false }
}

const fn required(name: &'static str, value: Value, about: &'static str) -> Key {
    Key { name, value, about, required: true }
}

/// Words for what is presented at sign-in.
pub(super) const KINDS: &[&str] = &["password", "private_key"];
/// Words for how to become root.
pub(super) const PRIVILEGES: &[&str] = &["none", "sudo", "sudo_password"];

pub(super) static DOCUMENT: Shape = Shape {
    called: "the file",
    about: "Servers, how hannun signs in to them, and what it may do there.",
    keys: &[
        key("version", Value::Whole { least: VERSION, most: VERSION }, "The version of this format."),
        key("defaults", Value::Part(&DEFAULTS), "What is true of every server that does not say otherwise."),
        key("credentials", Value::Named(&CREDENTIAL, None), "How hannun signs in."),
        key("groups", Value::Named(&GROUP, Some(Short::NameAlone)), "Ways to speak of several servers at once."),
        key("servers", Value::Named(&SERVER, Some(Short::Address)), "The machines."),
        key("commands", Value::Each(&COMMAND), "Commands of your own, for platforms that hannun does not know."),
        key("systems", Value::Each(&SYSTEM), "Servers as Beszel lists them in its config.yml."),
    ],
};

pub(super) static DEFAULTS: Shape = Shape {
    called: "the defaults",
    about: "What is true of every server that does not say otherwise.",
    keys: &[
        key("user", Value::Text, "The user of credentials that name none."),
        key("port", PORT, "The port of SSH servers."),
        key("credential", Value::Name, "How hannun signs in."),
        key("jump", Value::Name, "The server through which the others are reached."),
        key("groups", Value::Names, "Groups of servers that name none."),
        key("labels", Value::Labels, "Labels of every server, besides its own."),
        key("interval", Value::Interval, "Time between two samples while nobody looks."),
    ],
};

pub(super) static CREDENTIAL: Shape = Shape {
    called: "a credential",
    about: "How hannun signs in. A secret is named, never written here; one that is left out is entered in the browser.",
    keys: &[
        key("name", Value::Name, "Its name; it stands before the colon instead where credentials are written by name."),
        key("user", Value::Text, "The user on the servers; that of the defaults where it is left out."),
        key("kind", Value::Word(KINDS), "What is presented; follows from the secret where one is named."),
        key("password", Value::Secret, "The password to sign in with."),
        key("private_key", Value::Secret, "The private key to sign in with."),
        key("passphrase", Value::Secret, "What opens the private key."),
        key(
            "privilege",
            Value::Word(PRIVILEGES),
            "How this user becomes root: not at all, sudo without a password (usual), sudo with the one named below.",
        ),
        key("sudo_password", Value::Secret, "What sudo is told."),
        key("note", Value::Text, "What people should know."),
    ],
};

pub(super) static GROUP: Shape = Shape {
    called: "a group",
    about: "A way to speak of several servers at once. Port, credential, jump, labels and interval are those of its servers that do not say otherwise.",
    keys: &[
        key("name", Value::Name, "Its name; it stands before the colon instead where groups are written by name."),
        key("note", Value::Text, "What people should know."),
        key(
            "allow",
            ALLOW,
            "How far hannun may go on its servers, whoever asks; the narrowest of all groups and the server counts.",
        ),
        key("port", PORT, "The port of their SSH servers."),
        key("credential", Value::Name, "How hannun signs in to them."),
        key("jump", Value::Name, "The server through which they are reached."),
        key("labels", Value::Labels, "Labels of each of them, besides its own."),
        key("interval", Value::Interval, "Time between two samples while nobody looks."),
    ],
};

pub(super) static SERVER: Shape = Shape {
    called: "a server",
    about: "A machine that is reached by SSH.",
    keys: &[
        key("name", Value::Name, "Its name; it stands before the colon instead where servers are written by name."),
        required(
            "address",
            Value::Address,
            "Host name or IP address; 10.0.0.7:2222 and [2001:db8::7]:2222 name a port too.",
        ),
        key("port", PORT, "The port of its SSH server."),
        key("credential", Value::Name, "How hannun signs in to it."),
        key("jump", Value::Name, "The server through which it is reached."),
        key("groups", Value::Names, "The groups that it is in."),
        key("labels", Value::Labels, "Its labels."),
        key(
            "host_keys",
            Value::HostKeys,
            "Its host keys, as fingerprints or whole public keys. With them nobody has to approve its key, and no other key is accepted.",
        ),
        key("note", Value::Text, "What people should know."),
        key("interval", Value::Interval, "Time between two samples while nobody looks."),
        key("enabled", Value::Flag, "false: not a packet is sent to it."),
        key("legacy_algorithms", Value::Flag, "true: old SSH algorithms are allowed for it."),
        key(
            "allow",
            ALLOW,
            "How far hannun may go there, whoever asks: only watch, also read files, also make changes, everything with a terminal (usual).",
        ),
    ],
};

pub(super) static COMMAND: Shape = Shape {
    called: "a command",
    about: "How one thing is asked on one kind of platform.",
    keys: &[
        required("type", Value::Text, "What it asks: list_processes and the like."),
        required("name", Value::Text, "Its name within the type: small letters, digits and hyphens."),
        key("on", Value::Part(&CONDITIONS), "The platforms that it is for; all of them where it is left out."),
        required("run", Value::Text, "The script for /bin/sh."),
        key("format", Value::Text, "How its answer is read; table, where it is left out."),
    ],
};

pub(super) static CONDITIONS: Shape = Shape {
    called: "the conditions",
    about: "Which platforms a command is for. Everything that is named must be true.",
    keys: &[
        key("os", Value::Texts, "One of these operating systems: linux, freebsd, macos."),
        key("distro", Value::Texts, "One of these distributions: debian, alpine."),
        key("like", Value::Texts, "A distribution that is like one of these."),
        key("version", Value::Text, "The version, or its beginning up to a dot: 9 is for 9.4, not for 90."),
        key("arch", Value::Texts, "One of these processor architectures."),
        key("has", Value::Texts, "All of these capabilities."),
        key("lacks", Value::Texts, "None of these capabilities."),
    ],
};

pub(super) static SYSTEM: Shape = Shape {
    called: "a system",
    about: "A server as Beszel lists it. Only its name and address are taken: its port is that of Beszel's own agent.",
    keys: &[
        required("name", Value::Text, "Its name; small letters, digits, dots and hyphens are made of it."),
        required("host", Value::Text, "Host name or IP address."),
        key(
            "port",
            Value::Whole { least: 1, most: 65_535 },
            "The port of Beszel's agent, or of the SSH server where it is another than 45876.",
        ),
        key("token", Value::Text, "Not taken."),
        key("users", Value::Texts, "Not taken."),
    ],
};

const PORT: Value = Value::Whole { least: 1, most: 65_535 };
const ALLOW: Value = Value::Word(&Allowance::NAMES);

impl Shape {
    /// The key of a name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}
