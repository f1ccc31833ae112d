//! What stands for something else in a value: `%h`, `%p`, `%r`, `%n`, `%d`, `%u`, `%%` (`ssh_config(5)`, `TOKENS`).

use crate::inventory::import::found::LONGEST_VALUE;
use crate::language::Message;

/// What the tokens of one host mean; a token without a meaning is a problem.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tokens<'a> {
    /// `%h`: in `HostName` the name, everywhere else the address.
    pub(super) name: Option<&'a str>,
    /// `%n`: as it was typed.
    pub(super) original: Option<&'a str>,
    /// `%p`
    pub(super) port: Option<u16>,
    /// `%r`: the user there.
    pub(super) user: Option<&'a str>,
    /// `%d`: the person's home folder.
    pub(super) home: Option<&'a str>,
    /// `%u`: the person's own user name.
    pub(super) local_user: Option<&'a str>,
}

/// `text` with its tokens filled in.
pub(super) fn expand(text: &str, tokens: Tokens<'_>) -> Result<String, Message> {
    let mut filled = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            filled.push(character);
            continue;
        }
        let letter = characters.next();
        let value = match letter {
            Some('%') => Some("%".to_owned()),
            Some('h') => tokens.name.map(str::to_owned),
            Some('n') => tokens.original.map(str::to_owned),
            Some('p') => tokens.port.map(|port| port.to_string()),
            Some('r') => tokens.user.map(str::to_owned),
            Some('d') => tokens.home.map(str::to_owned),
            Some('u') => tokens.local_user.map(str::to_owned),
            _ => None,
        };
        let unknown =
            || Message::new("Nobody but ssh itself knows what {token} means here").with("token", said(letter));
        filled.push_str(&value.ok_or_else(unknown)?);
        if filled.len() > LONGEST_VALUE {
            return Err(Message::new("It is longer than {limit} KiB").with("limit", LONGEST_VALUE / 1024));
        }
    }
    Ok(filled)
}

fn said(letter: Option<char>) -> String {
    std::iter::once('%').chain(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_filled_in_and_unknown_ones_are_told() {
        let tokens = Tokens { name: Some("web-1"), port: Some(22), home: Some("/home/kim"), ..Tokens::default() };
        assert_eq!(expand("%d/.ssh/%h-%p-100%%", tokens).unwrap(), "/home/kim/.ssh/web-1-22-100%");
        for text in ["%u", "%C", "50%"] {
            assert!(expand(text, tokens).is_err(), "{text}");
        }
    }
}
