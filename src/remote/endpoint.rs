//! Where a server is, who we are there, and which keys it may show. Knows no connection and no database.

use std::net::IpAddr;

use crate::commands::script::Privilege;
use crate::error::RemoteError;
use crate::language::Message;
use crate::models::ids::ServerId;
use crate::secret::SecretText;

/// Everything that is needed to reach one server; made from its rows for as long as one request takes.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The server's row.
    pub id: ServerId,
    /// The server's name, for sentences.
    pub name: String,
    /// Host name or IP address.
    pub address: String,
    /// The port of its SSH server.
    pub port: u16,
    /// The user we sign in as.
    pub user: String,
    /// The credential's name, for sentences.
    pub credential_name: String,
    /// What we sign in with.
    pub credential: Auth,
    /// Changes whenever anything changes that decides whom we talk to and as whom (H03): the key of the kept connection.
    pub identity: String,
    /// The host keys that somebody approved.
    pub pins: Vec<PinnedKey>,
    /// The server through which this one is reached.
    pub jump: Option<Box<Self>>,
    /// Old algorithms are allowed for this server (H05).
    pub legacy_algorithms: bool,
    /// How this user becomes root.
    pub privilege: Privilege,
    /// What `sudo` is told when it asks.
    pub sudo_password: Option<SecretText>,
    /// Whether we may send it anything at all.
    pub enabled: bool,
}

impl Endpoint {
    /// How the user becomes root for a command that is to run as root; refused where that is not to be had.
    pub(super) fn becoming_root(&self, command: &str) -> Result<Privilege, RemoteError> {
        match self.privilege {
            Privilege::None => {
                let (server, command, said) = (self.name.clone(), command.to_owned(), String::new());
                Err(RemoteError::PrivilegeRefused { server, command, said })
            }
            privilege => Ok(privilege),
        }
    }
}

/// What we sign in with.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A password; also given to keyboard-interactive where the server takes passwords only there (H08).
    Password(SecretText),
    /// A private key in OpenSSH, PKCS#1 or PKCS#8 form.
    PrivateKey {
        /// The key file's text.
        key: SecretText,
        /// What opens it, if it is encrypted.
        passphrase: Option<SecretText>,
    },
}

impl Auth {
    /// The method's name as people read it.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Password(_) => "password",
            Self::PrivateKey { .. } => "private key",
        }
    }
}

/// A host key that somebody approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedKey {
    /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`.
    pub algorithm: String,
    /// As in `known_hosts`, `ssh-ed25519 AAAA…`; a comment is not looked at (H04).
    pub public_key: String,
}

/// The longest host or user name that we take, in bytes.
const LONGEST_NAME: usize = 255;

/// Whether `address` is a host name or an IP address, and nothing that could be taken for something else (H09).
pub fn check_address(address: &str) -> Result<(), Message> {
    if address.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    if address.is_empty() {
        return Err(Message::new("Enter a host name or an IP address"));
    }
    if address.len() > LONGEST_NAME {
        return Err(Message::new("An address has at most 255 characters"));
    }
    if address.contains([':', '%']) {
        return Err(Message::new("This is not an IP address; port and zone do not belong here"));
    }
    let label_is_fine = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    // One dot at the end marks a name as complete: `web-1.example.com.`
    let labels = address.strip_suffix('.').unwrap_or(address);
    if !labels.split('.').all(label_is_fine) {
        return Err(Message::new(
            "A host name has letters, digits, hyphens and dots, and no part begins with a hyphen",
        ));
    }
    let last_is_a_number = labels.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if last_is_a_number {
        return Err(Message::new("This looks like an IPv4 address but is none"));
    }
    Ok(())
}

/// Whether `user` can be a user name on a server (H09).
pub fn check_user_name(user: &str) -> Result<(), Message> {
    if user.is_empty() {
        return Err(Message::new("Enter a user name"));
    }
    if user.len() > LONGEST_NAME {
        return Err(Message::new("A user name has at most 255 characters"));
    }
    // Beside the usual ones: `DOMAIN\user`, `user@domain`, `host$`.
    let byte_is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-@\\+$".contains(&byte);
    if user.starts_with('-') || !user.bytes().all(byte_is_fine) {
        return Err(Message::new(
            "A user name has letters, digits and the signs _ . - @ \\ + $, and does not begin with a hyphen",
        ));
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::remote) fn an_endpoint() -> Endpoint {
        Endpoint {
            id: ServerId(1),
            name: "web-1".to_owned(),
            address: "10.0.0.7".to_owned(),
            port: 22,
            user: "root".to_owned(),
            credential_name: "root key".to_owned(),
            credential: Auth::PrivateKey {
                key: SecretText::new("canary-key".to_owned()),
                passphrase: Some(SecretText::new("canary-passphrase".to_owned())),
            },
            identity: "1".to_owned(),
            pins: Vec::new(),
            jump: None,
            legacy_algorithms: false,
            privilege: Privilege::None,
            sudo_password: Some(SecretText::new("canary-sudo".to_owned())),
            enabled: true,
        }
    }

    #[test]
    fn sec_h09_a_name_that_a_program_could_take_for_an_option_is_refused() {
        for hostile in [
            "-oProxyCommand=id",
            "a b",
            "a\nb",
            "web-1\n",
            "\0",
            "a\0b",
            "fe80::1%eth0",
            "[::1]",
            "web-1:22",
            "-web",
            "web-.example.com",
            "..",
            "",
            "999.1.1.1",
            "1.2.3",
            "호스트",
            "a;b",
            "$(id)",
            "a/b",
            "*",
        ] {
            assert!(check_address(hostile).is_err(), "{hostile:?} passed as an address");
        }
        for hostile in ["-l", "a b", "a\nb", "root\n", "\0", "", "a;b", "`id`", "$(id)", "a:b", "a/b", "'", "é"] {
            assert!(check_user_name(hostile).is_err(), "{hostile:?} passed as a user name");
        }
        assert!(check_address(&"a".repeat(256)).is_err());
        assert!(check_user_name(&"a".repeat(256)).is_err());
    }

    #[test]
    fn usual_names_are_taken() {
        for address in
            ["web-1", "web-1.example.com", "web-1.example.com.", "10.0.0.7", "::1", "2001:db8::7", "a_b", "1a"]
        {
            assert_eq!(check_address(address), Ok(()), "{address}");
        }
        for user in ["root", "deploy", "_www", "user.name", "CORP\\user", "user@corp", "a-b", "svc$"] {
            assert_eq!(check_user_name(user), Ok(()), "{user}");
        }
    }

    proptest! {
        #[test]
        fn sec_h09_no_accepted_name_holds_a_blank_a_control_character_or_a_leading_hyphen(name in "\\PC{0,40}|[ -~]{0,40}") {
            if check_address(&name).is_ok() || check_user_name(&name).is_ok() {
                prop_assert!(!name.starts_with('-'));
                prop_assert!(name.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(!name.contains(['\'', '"', '`', ';', '|', '&', '<', '>', '(', ')', '/']));
            }
        }
    }

    #[test]
    fn sec_s06_an_endpoint_prints_no_secret() {
        let endpoint = an_endpoint();
        assert!(!format!("{endpoint:?}").contains("canary"));
    }
}
