//! Accounts as people read them: rows of the list, and one user in detail. Pure. Texts are the server's own, and hostile.

use super::AccountsQuery;
use crate::accounts::digest_of;
use crate::commands::accounts::keys::KeyMeaning;
use crate::commands::accounts::{Account, Accounts, Key, KeyFile, Password};
use crate::commands::files::path::encoded;

/// The first number of people's own accounts.
const FIRST_OWN: u32 = 1_000;

/// Everything on the page.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) by_root: bool,
    pub(super) sudo_is_told: bool,
    pub(super) users: Vec<UserRow>,
    /// Users of the system that are not shown.
    pub(super) hidden: usize,
    pub(super) groups: Vec<(String, u32, String)>,
    pub(super) left_out: usize,
    pub(super) open: Option<Detail>,
}

/// One user in the list.
#[derive(Debug, Clone)]
pub(super) struct UserRow {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) uid: u32,
    pub(super) comment: String,
    pub(super) groups: String,
    pub(super) shell: String,
    pub(super) password: &'static str,
    /// May become somebody else by `sudo`; none where that is not known.
    pub(super) sudo: Option<bool>,
    pub(super) keys: usize,
    pub(super) is_open: bool,
}

/// One user beside the list.
#[derive(Debug, Clone)]
pub(super) struct Detail {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) home: String,
    pub(super) shell: String,
    pub(super) comment: String,
    pub(super) password: &'static str,
    pub(super) groups: String,
    pub(super) rules: Vec<(String, String)>,
    pub(super) files: Vec<FileView>,
    pub(super) is_ours: bool,
}

/// One file of keys.
#[derive(Debug, Clone)]
pub(super) struct FileView {
    pub(super) path: String,
    /// For addresses: user, path and what was seen.
    pub(super) query: String,
    pub(super) keys: Vec<KeyRow>,
    /// Lines that are no key `sshd` would take.
    pub(super) unreadable: usize,
    pub(super) is_open_to_others: bool,
    pub(super) is_cut: bool,
}

/// One key.
#[derive(Debug, Clone)]
pub(super) struct KeyRow {
    pub(super) kind: String,
    pub(super) bits: Option<u32>,
    pub(super) fingerprint: String,
    pub(super) encoded: String,
    pub(super) options: String,
    pub(super) comment: String,
}

impl View {
    pub(super) fn new(found: &Accounts, query: &AccountsQuery) -> Self {
        let (mut users, mut hidden) = (Vec::new(), 0);
        for account in &found.users {
            let keys = found.keys_of(account).map(|file| file.table.keys().count()).sum();
            let is_own = account.uid == 0 || account.uid >= FIRST_OWN && account.may_have_a_shell() || keys > 0;
            if !is_own && query.all != "yes" {
                hidden += 1;
                continue;
            }
            users.push(UserRow::new(found, account, keys, query));
        }
        let open = found.users.iter().find(|account| account.name == query.user);
        let groups = found.groups.iter().filter(|group| !group.members.is_empty());
        Self {
            by_root: found.by_root,
            sudo_is_told: found.sudo_is_told,
            users,
            hidden,
            groups: groups.map(|group| (group.name.clone(), group.gid, group.members.join(", "))).collect(),
            left_out: found.left_out,
            open: open.map(|account| Detail::new(found, account)),
        }
    }
}

impl UserRow {
    fn new(found: &Accounts, account: &Account, keys: usize, query: &AccountsQuery) -> Self {
        let may = account.uid == 0 || found.sudo_of(account).next().is_some();
        let all = if query.all == "yes" { "&all=yes" } else { "" };
        Self {
            name: account.name.clone(),
            href: format!("?user={}{all}", encoded(&account.name)),
            uid: account.uid,
            comment: account.comment.trim_matches(',').to_owned(),
            groups: groups(found, account),
            shell: account.shell.clone(),
            password: password(account.password),
            sudo: (may || found.sudo_is_told).then_some(may),
            keys,
            is_open: account.name == query.user,
        }
    }
}

fn groups(found: &Accounts, account: &Account) -> String {
    found.groups_of(account).map(|group| group.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn password(password: Password) -> &'static str {
    match password {
        Password::Set => "set",
        Password::Locked => "locked",
        Password::Empty => "none is needed",
        Password::Unknown => "not told",
    }
}

impl Detail {
    fn new(found: &Accounts, account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            uid: account.uid,
            home: account.home.clone(),
            shell: account.shell.clone(),
            comment: account.comment.trim_matches(',').to_owned(),
            password: password(account.password),
            groups: groups(found, account),
            rules: found.sudo_of(account).map(|rule| (rule.text.clone(), rule.file.clone())).collect(),
            files: found.keys_of(account).map(FileView::new).collect(),
            is_ours: found.by_root || account.name == found.user,
        }
    }
}

impl FileView {
    fn new(file: &KeyFile) -> Self {
        let unreadable = file.table.lines().iter().filter(|line| line.meaning == KeyMeaning::Unreadable);
        let (user, path, seen) = (encoded(&file.user), encoded(&file.path), digest_of(file));
        Self {
            path: file.path.clone(),
            query: format!("user={user}&path={path}&seen={seen}"),
            keys: file.table.keys().map(|(_, key)| KeyRow::new(key)).collect(),
            unreadable: unreadable.count(),
            is_open_to_others: file.mode & 0o022 != 0,
            is_cut: file.is_cut,
        }
    }
}

impl KeyRow {
    fn new(key: &Key) -> Self {
        Self {
            kind: key.kind.clone(),
            bits: key.bits,
            fingerprint: key.fingerprint.clone(),
            encoded: encoded(&key.fingerprint),
            options: key.options.clone(),
            comment: key.comment.clone(),
        }
    }
}
