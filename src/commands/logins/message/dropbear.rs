//! What dropbear says.

use super::{Origin, Told, is_word, name, origin};

/// dropbear names accounts of the server in quotes, and nobody else.
pub(super) fn told(text: &str) -> Option<Told> {
    let quoted = |rest: &str| {
        let (user, rest) = rest.strip_prefix('\'')?.split_once('\'')?;
        let (middle, from) = rest.rsplit_once(" from ").map_or(("", rest), |(middle, from)| (middle, from));
        let key = middle.split(' ').find(|word| word.starts_with("SHA256:")).unwrap_or_default();
        is_word(user).then_some(())?;
        Some((name(user), with_colon(from)?, name(key)))
    };
    if let Some((way, rest)) = text.split_once(" auth succeeded for ") {
        let method = if way == "Password" { "password" } else { "publickey" };
        let (user, origin, key) = quoted(rest)?;
        return Some(Told::Accepted { user, origin, method: method.to_owned(), key });
    }
    if let Some(rest) = text.strip_prefix("Bad password attempt for ") {
        let (user, origin, _) = quoted(rest)?;
        return Some(Told::Failed { user, is_unknown: false, origin, method: "password".to_owned() });
    }
    if let Some(rest) = text.strip_prefix("Login attempt for nonexistent user from ") {
        return Some(Told::Turned { user: String::new(), is_unknown: true, origin: with_colon(rest)? });
    }
    let (user, rest) = text.strip_prefix("Exit (")?.split_once(')')?;
    let from = rest.strip_prefix(" from <")?.split_once('>')?.0;
    is_word(user).then_some(())?;
    Some(Told::Left { user: name(user), origin: with_colon(from)? })
}

/// `203.0.113.9:51234`
fn with_colon(text: &str) -> Option<Origin> {
    let (host, port) = text.trim_end().rsplit_once(':')?;
    origin(&format!("{} port {port}", host.trim_start_matches('[').trim_end_matches(']')))
}

#[cfg(test)]
mod tests {
    use super::super::tests::reads;

    #[test]
    fn what_dropbear_says_is_understood() {
        reads("Password auth succeeded for 'root' from 10.0.0.1:5022", "root", "10.0.0.1 5022");
        reads(
            "Pubkey auth succeeded for 'root' with ssh-ed25519 key SHA256:abc from 10.0.0.1:5022",
            "root",
            "10.0.0.1 5022",
        );
        reads("Bad password attempt for 'root' from 10.0.0.1:5022", "root", "10.0.0.1 5022");
        reads("Login attempt for nonexistent user from 10.0.0.1:5022", "", "10.0.0.1 5022");
        reads("Exit (root) from <10.0.0.1:5022>: Disconnect received", "root", "10.0.0.1 5022");
    }
}
