//! Who is asking, and what they may do: one policy for pages, streams, the API and jobs (Z02).

use std::net::IpAddr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use super::ids::{ApiTokenId, GroupId, UserId};
use crate::db::types::text_column;

/// What somebody may do, each including the one before.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    AsExpression,
    FromSqlRow,
)]
#[diesel(sql_type = Text)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May look.
    Viewer,
    /// May also change servers.
    Operator,
    /// May also change what hannun knows: servers, credentials, people.
    Administrator,
}

impl Role {
    /// All of them, weakest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Administrator];

    /// The word in the database, the API and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// The role of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

text_column!(Role);

/// Which servers somebody may know of. An empty list of groups is no server at all (Z03).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every server, also those in no group.
    All,
    /// Servers of these groups.
    Groups(Vec<GroupId>),
}

impl Scope {
    /// What both of them allow.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, scope) | (scope, Self::All) => scope,
            (Self::Groups(own), Self::Groups(others)) => {
                Self::Groups(own.into_iter().filter(|group| others.contains(group)).collect())
            }
        }
    }
}

/// What kind of thing is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A signed-in person.
    User(UserId),
    /// A program with a bearer token.
    Token(ApiTokenId),
    /// hannun itself: the sampler, jobs, the command line.
    System,
}

/// Who is asking, from where, with which rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// A person, a program, or hannun.
    pub kind: ActorKind,
    /// The user's or token's name, for the audit log.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// On which servers.
    pub scope: Scope,
    /// Where the request came from; none for hannun itself.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// hannun itself: `part` is what acts (`sampler`, `command line`).
    pub fn system(part: &str) -> Self {
        Self {
            kind: ActorKind::System,
            name: part.to_owned(),
            role: Role::Administrator,
            scope: Scope::All,
            address: None,
        }
    }

    /// Whether this actor's role includes `role`.
    pub fn may(&self, role: Role) -> bool {
        self.role >= role
    }

    /// The word for the actor's kind in the audit log.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            ActorKind::User(_) => "user",
            ActorKind::Token(_) => "token",
            ActorKind::System => "system",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_z03_no_groups_within_all_stays_nothing() {
        let none = Scope::Groups(Vec::new());
        assert_eq!(none.clone().within(Scope::All), none);
        assert_eq!(Scope::All.within(none.clone()), none);
        let (one, two) = (Scope::Groups(vec![GroupId(1)]), Scope::Groups(vec![GroupId(2), GroupId(1)]));
        assert_eq!(two.within(one.clone()), one);
    }
}
