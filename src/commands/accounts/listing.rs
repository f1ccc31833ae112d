//! What a server tells of its accounts: rows with tabs, and after a row of a file as many bytes as it says. Pure.

use super::{Account, AccountGroup, Accounts, KEYS_LIMIT, KeyFile, KeyTable, Password, SudoLine};
use crate::commands::ParseError;
use crate::commands::text::{LONG, SHORT, integer, integer32, shown};

/// Users and groups that are kept.
const MOST: usize = 5_000;

pub(super) fn read(output: &[u8]) -> Result<Accounts, ParseError> {
    let (mut found, mut rest) = (Accounts::default(), output);
    let mut rules: Vec<(String, String)> = Vec::new();
    let mut is_told = false;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let (line, after) = (rest.get(..end).unwrap_or_default(), rest.get(end + 1..).unwrap_or_default());
        rest = after;
        let wrong = |why: &str| ParseError::new(why, line);
        let cells: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
        match cells.as_slice() {
            [b"me", number, name] => {
                (found.by_root, found.user) = (*number == b"0", shown(name, SHORT));
                is_told = true;
            }
            [b"passwd", line @ ..] => {
                if found.users.len() < MOST {
                    found.users.extend(account(&line.join(&b'\t')));
                }
            }
            [b"group", line @ ..] => {
                if found.groups.len() < MOST {
                    found.groups.extend(group(&line.join(&b'\t')));
                }
            }
            [b"shadow", name, state] => {
                let (name, state) = (shown(name, SHORT), *state);
                for account in found.users.iter_mut().filter(|account| account.name == name) {
                    account.password = match state {
                        b"set" => Password::Set,
                        b"locked" => Password::Locked,
                        b"empty" => Password::Empty,
                        _ => return Err(wrong("the state of a password was expected")),
                    };
                }
            }
            [b"sudoers", file, text @ ..] => rules.push((shown(file, SHORT), shown(&text.join(&b' '), LONG))),
            [b"all-sudoers"] => found.sudo_is_told = true,
            [b"none", user, path] => found.keys.push(KeyFile {
                user: shown(user, SHORT),
                path: shown(path, LONG),
                table: KeyTable::default(),
                exists: false,
                is_cut: false,
                mode: 0o600,
            }),
            [b"file", user, path, mode, size, whole] => {
                let size = integer(size).and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= KEYS_LIMIT);
                let size = size.ok_or_else(|| wrong("a size was expected"))?;
                let (bytes, after) = rest
                    .split_at_checked(size)
                    .and_then(|(bytes, after)| Some((bytes, after.strip_prefix(b"\n")?)))
                    .ok_or_else(|| wrong("a file of keys changed while it was read"))?;
                rest = after;
                let mode = std::str::from_utf8(mode).ok().and_then(|mode| u32::from_str_radix(mode, 8).ok());
                found.keys.push(KeyFile {
                    user: shown(user, SHORT),
                    path: shown(path, LONG),
                    table: KeyTable::read(bytes),
                    exists: true,
                    is_cut: *whole != b"whole",
                    mode: mode.ok_or_else(|| wrong("a mode was expected"))?,
                });
            }
            [b"left"] => found.left_out += 1,
            _ => return Err(wrong("this row is not known")),
        }
    }
    if !is_told {
        return Err(ParseError::new("who looked is missing", output));
    }
    let aliases: Vec<(String, Vec<String>)> = rules.iter().filter_map(|(_, text)| SudoLine::alias(text)).collect();
    found.sudo = rules.iter().filter_map(|(file, text)| SudoLine::read(file, text, &aliases)).collect();
    Ok(found)
}

/// `root:x:0:0:root:/root:/bin/bash`
fn account(line: &[u8]) -> Option<Account> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
    let [name, _, uid, gid, comment, home, shell] = fields.as_slice() else { return None };
    Some(Account {
        name: shown(name, SHORT),
        uid: integer32(uid)?,
        gid: integer32(gid)?,
        comment: shown(comment, SHORT),
        home: shown(home, LONG),
        shell: shown(shell, SHORT),
        password: Password::Unknown,
    })
}

/// `sudo:x:27:anna,deploy`
fn group(line: &[u8]) -> Option<AccountGroup> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
    let [name, _, gid, members] = fields.as_slice() else { return None };
    let members = members.split(|byte| *byte == b',').filter(|member| !member.is_empty());
    Some(AccountGroup {
        name: shown(name, SHORT),
        gid: integer32(gid)?,
        members: members.map(|member| shown(member, SHORT)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "me\t0\troot\npasswd\troot:x:0:0:root:/root:/bin/bash\npasswd\tdeploy:x:1000:1000:,,,:/home/deploy:/bin/bash\n\
        passwd\twww:x:33:33::/var/www:/usr/sbin/nologin\ngroup\troot:x:0:\ngroup\tdeploy:x:1000:\ngroup\tsudo:x:27:deploy\n\
        shadow\troot\tlocked\nshadow\tdeploy\tset\nsudoers\t/etc/sudoers\t%sudo ALL=(ALL:ALL) ALL\nall-sudoers\n";

    #[test]
    fn who_may_become_root_is_known_by_rules_and_groups() {
        let found = read(HEAD.as_bytes()).unwrap();
        let deploy = &found.users[1];
        assert_eq!(found.sudo_of(deploy).count(), 1);
        assert_eq!(found.sudo_of(&found.users[0]).count(), 0);
        assert_eq!(found.groups_of(deploy).map(|group| group.name.as_str()).collect::<Vec<_>>(), ["deploy", "sudo"]);
        assert_eq!((found.users[0].password, deploy.password), (Password::Locked, Password::Set));
        assert!(deploy.may_have_a_shell() && !found.users[2].may_have_a_shell());
    }

    #[test]
    fn what_stands_in_a_file_of_keys_is_no_row() {
        let hostile = "file\troot\t/x\t600\t3\twhole\nleft\n";
        let output = format!(
            "{HEAD}file\tdeploy\t/home/deploy/.ssh/authorized_keys\t600\t{}\twhole\n{hostile}\n",
            hostile.len()
        );
        let found = read(output.as_bytes()).unwrap();
        assert_eq!((found.keys.len(), found.left_out), (1, 0));
        assert_eq!(found.keys[0].table.bytes(), hostile.as_bytes());
        assert!(read(b"").is_err() && read(b"hello\n").is_err());
    }

    proptest! {
        #[test]
        fn sec_x03_no_answer_breaks_the_reader(output in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&[HEAD.as_bytes(), &output].concat());
        }
    }
}
