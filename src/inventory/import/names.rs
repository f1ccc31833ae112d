//! Names of other programs as names of hannun.

use std::collections::HashSet;

use crate::models::names::{LONGEST_NAME, RESERVED, slug};

/// The names that were given so far: two servers never get the same.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// Names that are taken from the beginning.
    pub(super) fn with(taken: impl IntoIterator<Item = String>) -> Self {
        Self(taken.into_iter().collect())
    }

    /// A name for a server that its file calls `original`: as close to it as hannun's rules allow. A name in another
    /// script says less in ASCII than the address does.
    pub(super) fn give(&mut self, original: &str, address: &str) -> String {
        let foreign = original.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
        let named = if foreign { None } else { slug(original) };
        let name = named.or_else(|| slug(address)).unwrap_or_else(|| "server".to_owned());
        let mut number = 1;
        let mut given = name.clone();
        while self.0.contains(&given) || RESERVED.contains(&given.as_str()) {
            number += 1;
            given = numbered(&name, number);
        }
        let name = given;
        self.0.insert(name.clone());
        name
    }
}

fn numbered(name: &str, number: usize) -> String {
    let ending = format!("-{number}");
    let kept: String = name.chars().take(LONGEST_NAME - ending.len()).collect();
    kept + &ending
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_servers_never_get_the_same_name_and_none_a_reserved_one() {
        let mut names = Names::default();
        assert_eq!(names.give("Web_1", "192.0.2.1"), "web-1");
        assert_eq!(names.give("web-1", "192.0.2.2"), "web-1-2");
        assert_eq!(names.give("all", "192.0.2.3"), "all-2");
        assert_eq!(names.give("서버-3", "192.0.2.3"), "192.0.2.3");
        assert_eq!(names.give("***", "***"), "server");
        let long = "a".repeat(63);
        assert_eq!(names.give(&long, "192.0.2.4"), long);
        assert_eq!(names.give(&long, "192.0.2.5"), format!("{}-2", "a".repeat(61)));
    }

    proptest::proptest! {
        #[test]
        fn every_name_that_is_given_is_a_name(original in ".{0,100}", address in ".{0,100}") {
            let mut names = Names::default();
            for _ in 0..3 {
                let name = names.give(&original, &address);
                assert_eq!(crate::models::names::server_name_problem(&name), None, "{name}");
            }
        }
    }
}
