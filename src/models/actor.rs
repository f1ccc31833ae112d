//! Who is asking, and what they may do: one policy for pages, streams, the API and jobs (Z02).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use super::ids::{ApiTokenId, GroupId, UserId};
use super::permission::Permission;
use crate::db::types::text_column;
use crate::error::{Error, Result};
use crate::language::Message;

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
    /// Whether servers of this group are among them.
    pub fn sees(&self, group: GroupId) -> bool {
        match self {
            Self::All => true,
            Self::Groups(groups) => groups.contains(&group),
        }
    }

    /// Refuses whoever is limited to some groups. People, tokens, credentials, groups and the audit log belong to no
    /// group: only who may know of every server looks after them. Whoever could take any credential could send it to a
    /// server of their own.
    pub fn needs_all(&self) -> Result<()> {
        match self {
            Self::All => Ok(()),
            Self::Groups(_) => {
                Err(Error::Forbidden(Message::new("This needs an account for all servers; yours is for some groups")))
            }
        }
    }

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

/// What somebody may do, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// On servers whose groups say nothing else.
    pub role: Role,
    /// Which servers they may know of.
    pub scope: Scope,
    /// In these groups another role, weaker or stronger.
    pub group_roles: BTreeMap<GroupId, Role>,
    /// What they may not do anywhere, although a role would let them.
    pub withheld: BTreeSet<Permission>,
}

impl Rights {
    /// The same role on every server of `scope`, with all that it brings.
    pub fn new(role: Role, scope: Scope) -> Self {
        Self { role, scope, group_roles: BTreeMap::new(), withheld: BTreeSet::new() }
    }

    /// The strongest role that they have anywhere: what opens doors that are about no server.
    pub fn strongest(&self) -> Role {
        self.group_roles.values().copied().fold(self.role, Role::max)
    }

    /// The role on a server of these groups, which they may know of: what a group says goes before what holds everywhere
    /// else, and of two groups the one that says more.
    pub fn role_in(&self, groups: &[GroupId]) -> Role {
        groups.iter().filter_map(|group| self.group_roles.get(group)).copied().max().unwrap_or(self.role)
    }

    /// Whether they may do this on a server of these groups.
    pub fn allow(&self, permission: Permission, groups: &[GroupId]) -> bool {
        self.role_in(groups) >= permission.role() && !self.withheld.contains(&permission)
    }

    /// What is withheld, as it is stored.
    pub(super) fn withheld_words(&self) -> Vec<&'static str> {
        self.withheld.iter().map(|permission| permission.name()).collect()
    }

    /// What both of them allow: a token never may what its owner may not.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        let groups: BTreeSet<GroupId> = self.group_roles.keys().chain(other.group_roles.keys()).copied().collect();
        let group_roles =
            groups.iter().map(|group| (*group, self.role_in(&[*group]).min(other.role_in(&[*group])))).collect();
        Self {
            role: self.role.min(other.role),
            scope: self.scope.within(other.scope),
            group_roles,
            withheld: self.withheld.union(&other.withheld).copied().collect(),
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
    /// What they may do, and where.
    pub rights: Rights,
    /// Where the request came from; none for hannun itself.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// hannun itself: `part` is what acts (`sampler`, `command line`).
    pub fn system(part: &str) -> Self {
        Self {
            kind: ActorKind::System,
            name: part.to_owned(),
            rights: Rights::new(Role::Administrator, Scope::All),
            address: None,
        }
    }

    /// Whether this actor has `role` anywhere: enough for what is about no server. What is done on a server asks
    /// [`Rights::allow`] with the server's groups.
    pub fn may(&self, role: Role) -> bool {
        self.rights.strongest() >= role
    }

    /// Which servers this actor may know of.
    pub fn scope(&self) -> &Scope {
        &self.rights.scope
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

    #[test]
    fn sec_z07_what_a_group_says_goes_before_what_holds_elsewhere() {
        let [web, db, other] = [1, 2, 3].map(GroupId);
        let mut rights = Rights::new(Role::Operator, Scope::All);
        rights.group_roles = BTreeMap::from([(db, Role::Viewer)]);
        assert_eq!(rights.role_in(&[]), Role::Operator);
        assert_eq!(rights.role_in(&[web]), Role::Operator);
        assert_eq!(rights.role_in(&[db, other]), Role::Viewer);
        rights.group_roles.insert(web, Role::Operator);
        assert_eq!(rights.role_in(&[db, web]), Role::Operator, "of two that say something, the one that says more");
        assert_eq!(rights.strongest(), Role::Operator);
    }

    #[test]
    fn sec_z07_a_token_never_may_what_its_owner_may_not() {
        let [web, db] = [1, 2].map(GroupId);
        let mut owner = Rights::new(Role::Viewer, Scope::Groups(vec![web, db]));
        owner.group_roles.insert(web, Role::Operator);
        owner.withheld.insert(Permission::Terminal);
        let token = Rights::new(Role::Operator, Scope::All).within(owner.clone());
        assert_eq!(token.scope, owner.scope);
        assert_eq!((token.role_in(&[web]), token.role_in(&[db])), (Role::Operator, Role::Viewer));
        assert!(!token.allow(Permission::Terminal, &[web]) && token.allow(Permission::WriteFiles, &[web]));
        let weak = Rights::new(Role::Viewer, Scope::All).within(owner);
        assert_eq!(weak.strongest(), Role::Viewer);
    }
}
