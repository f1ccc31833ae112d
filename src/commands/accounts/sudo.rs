//! Rules of `sudo`: whom a line of `sudoers` is for. Pure.

/// One rule, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SudoLine {
    /// Which file has it.
    pub file: String,
    /// The rule; hostile.
    pub text: String,
    whom: Vec<String>,
}

impl SudoLine {
    /// A line that says who may do what; none where it says something else. Names of aliases stand for what `aliases` say.
    pub fn read(file: &str, text: &str, aliases: &[(String, Vec<String>)]) -> Option<Self> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let first = text.split(' ').next()?;
        let is_other = first.starts_with("Defaults")
            || first.ends_with("_Alias")
            || first.starts_with('@')
            || first.strip_prefix('#').is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
        if is_other || !text.contains('=') {
            return None;
        }
        // Names of users, with commas between, end where the hosts begin.
        let before = text.split_once('=')?.0.trim_end();
        let users = before.rsplit_once(' ')?.0;
        let mut whom = Vec::new();
        for name in users.split(',').map(str::trim) {
            match aliases.iter().find(|(alias, _)| alias == name) {
                Some((_, names)) => whom.extend(names.iter().cloned()),
                None => whom.push(name.replace("\\ ", " ")),
            }
        }
        Some(Self { file: file.to_owned(), text, whom })
    }

    /// The alias that a line names, and who it stands for.
    pub fn alias(text: &str) -> Option<(String, Vec<String>)> {
        let (name, members) = text.trim().strip_prefix("User_Alias")?.split_once('=')?;
        Some((name.trim().to_owned(), members.split(',').map(|member| member.trim().to_owned()).collect()))
    }

    /// Whether it is for this user of these groups.
    pub fn is_for(&self, name: &str, uid: u32, groups: &[(&str, u32)]) -> bool {
        let is_it = |whom: &str| {
            if let Some(group) = whom.strip_prefix("%#") {
                return groups.iter().any(|(_, gid)| group.parse() == Ok(*gid));
            }
            if let Some(group) = whom.strip_prefix('%') {
                return groups.iter().any(|(known, _)| *known == group);
            }
            whom == "ALL" || whom == name || whom.strip_prefix('#').is_some_and(|number| number.parse() == Ok(uid))
        };
        let is_excluded = self.whom.iter().filter_map(|whom| whom.strip_prefix('!')).any(is_it);
        !is_excluded && self.whom.iter().any(|whom| is_it(whom))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_for_its_users_its_groups_and_its_aliases() {
        let aliases = [SudoLine::alias("User_Alias ADMINS = anna, %ops").unwrap()];
        let rule = |text: &str| SudoLine::read("/etc/sudoers", text, &aliases).unwrap();
        let groups = [("users", 100), ("ops", 20)];
        for (text, is_for) in [
            ("root ALL=(ALL:ALL) ALL", false),
            ("deploy\tALL=(ALL) NOPASSWD: ALL", true),
            ("%ops ALL=(ALL:ALL) ALL", true),
            ("%#20 ALL = ALL", true),
            ("%wheel ALL=(ALL) ALL", false),
            ("#1000 ALL=ALL", true),
            ("ADMINS ALL=ALL", true),
            ("ALL, !deploy ALL=ALL", false),
            ("anna, deploy web-1 = /bin/ls", true),
        ] {
            assert_eq!(rule(text).is_for("deploy", 1000, &groups), is_for, "{text}");
        }
        for text in [
            "Defaults env_reset",
            "User_Alias A = b",
            "@includedir /etc/sudoers.d",
            "#includedir /etc/sudoers.d",
            "",
            "hello",
        ] {
            assert_eq!(SudoLine::read("f", text, &[]), None, "{text}");
        }
    }
}
