//! Accounts of servers: reading them, and what another set of keys would be. It is made as a change that undoes itself unless it
//! is kept over a new connection: whoever takes away the key by which hannun comes in gets it back.

use sha2::{Digest, Sha256};

use crate::commands::Acting;
use crate::commands::accounts::change::{ChangeKeys, KeyPlace};
use crate::commands::accounts::{Accounts, Key, KeyFile, ListAccounts};
use crate::error::{Error, Result};
use crate::guarded_changes::Deed;
use crate::language::Message;
use crate::models::known_keys::KnownKey;
use crate::remote::host::{Answer, Host};

/// What is to become of the keys of somebody.
#[derive(Debug, Clone)]
pub struct Plan {
    place: KeyPlace,
    seen: Option<String>,
    /// What stands there.
    pub before: Vec<u8>,
    /// What would.
    pub after: Vec<u8>,
    /// What is done, in one line.
    pub line: String,
}

impl From<Plan> for Deed {
    fn from(plan: Plan) -> Self {
        let Plan { place, seen, after, line, .. } = plan;
        Self::Keys(ChangeKeys { id: String::new(), seconds: 0, place, seen, mark: String::new(), line }, after)
    }
}

/// All accounts of a server, as root where that is possible. Whose the keys are is remembered.
pub async fn read(host: &Host) -> Result<Answer<Accounts>> {
    let answer = host.read_seeing_most(|acting| ListAccounts { acting }).await?;
    // Who looks at accounts is told of them all the same.
    if let Err(problem) = remember_keys(host, &answer.value).await {
        tracing::error!(server = host.name(), %problem, "the keys of a server could not be remembered");
    }
    Ok(answer)
}

/// Remembers whose the keys are that `found` tells of, so that a login by one of them is known as theirs.
async fn remember_keys(host: &Host, found: &Accounts) -> Result<()> {
    let (server, now) = (host.server().id, host.now());
    // What was cut, or could not be looked at, is not known to be gone.
    let read = || found.keys.iter().filter(|file| !file.is_cut);
    let mut users: Vec<String> = read().map(|file| clean(&file.user)).collect();
    users.sort();
    users.dedup();
    let keys = |file: &KeyFile| {
        let user = clean(&file.user);
        let known = |(_, key): (usize, &Key)| KnownKey {
            server_id: server,
            user_name: user.clone(),
            fingerprint: clean(&key.fingerprint),
            comment: clean(&key.comment),
            seen_at: now,
        };
        file.table.keys().map(known).collect::<Vec<_>>()
    };
    let keys: Vec<KnownKey> = read().flat_map(keys).collect();
    host.in_transaction(move |connection| Ok(KnownKey::replace(connection, server, &users, &keys)?)).await
}

/// As a column takes it.
fn clean(text: &str) -> String {
    text.chars().filter(|sign| *sign != '\0').take(500).collect()
}

/// By what a file of keys is known to be the one that was seen.
pub fn digest_of(file: &KeyFile) -> String {
    hex::encode(Sha256::digest(file.table.bytes()))
}

/// One more key for a user.
pub fn add(found: &Accounts, (user, path, seen): (&str, &str, &str), key: &str) -> Result<Plan> {
    let file = seen_file(found, user, path, seen)?;
    let after = file.table.with(key).map_err(|why| Error::field("key", why))?;
    let known = Key::read(key.trim());
    let name = known.map(|key| key.fingerprint).unwrap_or_default();
    Ok(plan(found, file, after, format!("add {name} to {user}")))
}

/// A key less.
pub fn remove(found: &Accounts, (user, path, seen): (&str, &str, &str), fingerprint: &str) -> Result<Plan> {
    let file = seen_file(found, user, path, seen)?;
    let after = file.table.without(fingerprint).ok_or(Error::NotFound("This key"))?;
    Ok(plan(found, file, after, format!("remove {fingerprint} from {user}")))
}

fn plan(found: &Accounts, file: &KeyFile, after: Vec<u8>, line: String) -> Plan {
    let acting = if found.by_root { Acting::Root } else { Acting::User };
    Plan {
        place: KeyPlace { user: file.user.clone(), path: file.path.clone(), acting },
        seen: file.exists.then(|| digest_of(file)),
        before: file.table.bytes(),
        after,
        line,
    }
}

/// The file that somebody saw, if it is still that one.
pub fn seen_file<'a>(found: &'a Accounts, user: &str, path: &str, seen: &str) -> Result<&'a KeyFile> {
    let file = found.keys.iter().find(|file| file.user == user && file.path == path);
    let file = file.ok_or(Error::NotFound("This file of keys"))?;
    if file.is_cut {
        return Err(Error::Conflict(Message::new("This file of keys is too long to be changed here")));
    }
    if digest_of(file) != seen {
        let why = "The keys were changed since you looked at them. Nothing was done. Look again, then repeat";
        return Err(Error::Conflict(Message::new(why)));
    }
    Ok(file)
}
