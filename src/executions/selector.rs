//! Which servers somebody means: names, groups, labels or all. Pure but for the rows that it is held against.

use std::collections::BTreeSet;

use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Scope;
use crate::models::groups::Group;
use crate::models::ids::ServerId;
use crate::models::servers::Server;

/// Words that together say which servers are meant; no words are no servers (Z03).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector(Vec<Word>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    All,
    Name(String),
    Group(String),
    Label(String, String),
}

impl Selector {
    /// Reads `web-1`, `group:web`, `label:env=prod` and `all`.
    pub fn read(words: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, Message> {
        let read = |word: &str| {
            if word == "all" {
                return Ok(Word::All);
            }
            if let Some(group) = word.strip_prefix("group:") {
                return Ok(Word::Group(group.to_owned()));
            }
            if let Some(label) = word.strip_prefix("label:") {
                let Some((key, value)) = label.split_once('=') else {
                    return Err(Message::new("Write a label like this: label:env=prod"));
                };
                return Ok(Word::Label(key.to_owned(), value.to_owned()));
            }
            Ok(Word::Name(word.to_owned()))
        };
        words.into_iter().map(|word| read(word.as_ref().trim())).collect::<Result<_, _>>().map(Self)
    }

    /// The servers that are meant, by name, of those that `scope` may know of. A name or a group that there is not, or that is
    /// outside, is not found (Z05); a label that nobody has means nobody.
    pub fn servers(&self, connection: &mut Connection, scope: &Scope) -> Result<Vec<Server>> {
        let known = Server::all(connection, scope)?;
        let ids: Vec<ServerId> = known.iter().map(|server| server.id).collect();
        let groups_of = Server::groups_of(connection, &ids)?;
        let in_group = |id: &ServerId, name: &str| {
            groups_of.get(id).is_some_and(|groups: &Vec<Group>| groups.iter().any(|group| group.name == name))
        };
        let mut meant: BTreeSet<ServerId> = BTreeSet::new();
        for word in &self.0 {
            let before = meant.len();
            let chosen = known.iter().filter(|server| match word {
                Word::All => true,
                Word::Name(name) => server.name == *name,
                Word::Group(name) => in_group(&server.id, name),
                Word::Label(key, value) => server.labels.0.get(key) == Some(value),
            });
            let chosen: Vec<ServerId> = chosen.map(|server| server.id).collect();
            let there_is_none = chosen.is_empty();
            meant.extend(chosen);
            match word {
                Word::Name(_) if there_is_none => return Err(Error::NotFound("This server")),
                Word::Group(_) if there_is_none && before == meant.len() => return Err(Error::NotFound("This group")),
                _ => {}
            }
        }
        let mut servers: Vec<Server> = known.into_iter().filter(|server| meant.contains(&server.id)).collect();
        servers.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(servers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_which_servers_are_meant_and_a_label_needs_a_value() {
        let read = Selector::read(["web-1", "group:db", "label:env=a=b", "all"]).unwrap();
        let expected = [
            Word::Name("web-1".to_owned()),
            Word::Group("db".to_owned()),
            Word::Label("env".to_owned(), "a=b".to_owned()),
            Word::All,
        ];
        assert_eq!(read.0, expected);
        assert!(Selector::read(["label:env"]).is_err());
        assert_eq!(Selector::read(Vec::<String>::new()).unwrap(), Selector::default());
    }
}
