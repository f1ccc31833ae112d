//! What `sudo` says where it runs nothing. Its warnings, about the name of the server for one, are none of these.

/// How it refuses (sudoers(5)), and what a shell says where there is no `sudo`.
const REFUSALS: [&str; 8] = [
    "sudo: a password is required",
    "sudo: a terminal is required",
    "you must have a tty to run sudo",
    "is not in the sudoers file",
    "is not allowed to execute",
    "may not run sudo",
    "sudo: not found",
    "sudo: command not found",
];

/// Whether these are the words of a `sudo` that refuses.
pub(super) fn refused(said: &str) -> bool {
    REFUSALS.iter().any(|refusal| said.contains(refusal))
}

#[cfg(test)]
mod tests {
    use super::super::RemoteError;

    #[test]
    fn who_is_refused_by_sudo_is_told_what_to_allow() {
        let advice = |said: &str| {
            let (server, command) = ("web-1".to_owned(), "ss".to_owned());
            RemoteError::Failed { server, command, status: 1, stderr: said.to_owned() }.advice().next_step.to_string()
        };
        for said in [
            "sudo: sorry, you must have a tty to run sudo",
            "sudo: a password is required",
            "Sorry, user deploy is not allowed to execute '/usr/bin/ss -Htulpne' as root on web-1.",
            "/bin/sh: 6: sudo: not found",
            "bash: line 6: sudo: command not found",
        ] {
            assert!(advice(said).starts_with("Let this user run it by sudo"), "{said}");
        }
        let warned = "sudo: unable to resolve host web-1: Name or service not known\nss: invalid option";
        assert_eq!(advice(warned), "Read what the command said");
    }
}
