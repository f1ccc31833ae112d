//! `$as_root`: what it runs, and who sees the password. A script stands for `sudo`, so that no machine's own is asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use hannun::commands::root_lines::{RootLine, root_lines};
use hannun::commands::script::{Parameters, Privilege, find_sudo_prompt};
use hannun::commands::{Catalog, CommandType};

use super::shell::{Shell, TOKEN, contains, envelope, shells};

const PASSWORD: &str = "hunter2-canary";

/// Asks for the password as sudo does: a prompt without a line end on standard error, then byte by byte up to a line end.
const ASKS: &str = r#"#!/bin/sh
[ "$1 $2 $3" = "-S -k -p" ] && [ "$5" = -- ] || { echo "bad usage: $*"; exit 9; }
prompt=$4
shift 5
printf %s "$prompt" >&2
IFS= read -r password
[ "$password" = hunter2-canary ] || { echo "sudo: 1 incorrect password attempt" >&2; exit 1; }
exec "$@"
"#;

/// Needs no password, and so does not read it.
const KNOWS: &str = r#"#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"#;

/// Starts `script` with a `sudo` of our own before all others.
fn start(shell: &str, sudo: &str, script: &str, privilege: Privilege) -> (Shell, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sudo");
    fs::write(&program, sudo).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let sent = String::from_utf8(envelope(script, &Parameters::default(), privilege)).unwrap();
    let sent = sent.replace("PATH=/usr/local/sbin", &format!("PATH={}:/usr/local/sbin", folder.path().display()));
    let shell = Shell::start(shell, sent.as_bytes());
    shell.wait_ready();
    (shell, folder)
}

/// Waits for the prompt after `from` bytes of standard error: its number, and where it ends.
fn prompt(shell: &Shell, from: usize) -> (u32, usize) {
    let said = shell.wait(|said| find_sudo_prompt(TOKEN, &said.err[from..]).is_some());
    let (number, end) = find_sudo_prompt(TOKEN, &said.err[from..]).unwrap();
    (number, from + end)
}

#[test]
fn without_privilege_the_line_runs_as_it_is() {
    for shell in shells("without_privilege_the_line_runs_as_it_is") {
        for privilege in [Privilege::None, Privilege::AlreadyRoot] {
            let (out, _, status) = start(shell, "", "$as_root printf '<%s>' 'a b' \"*\"", privilege).0.finish();
            assert_eq!((String::from_utf8_lossy(&out).as_ref(), status), ("<a b><*>", 0), "{shell}");
        }
    }
}

#[test]
fn sudo_gets_the_words_as_they_are_and_its_status_comes_back() {
    for shell in shells("sudo_gets_the_words_as_they_are_and_its_status_comes_back") {
        let sudo = "#!/bin/sh\n[ \"$1 $2\" = '-n --' ] || exit 9\nshift 2\nexec \"$@\"\n";
        let script = "$as_root printf '<%s>' 'a b' \"*\"\n$as_root cat\n$as_root sh -c 'exit 5'";
        let (out, _, status) = start(shell, sudo, script, Privilege::Sudo).0.finish();
        assert_eq!((String::from_utf8_lossy(&out).as_ref(), status), ("<a b><*>", 5), "{shell}");
    }
}

#[test]
fn what_lsof_misses_is_no_failure_and_what_sudo_refuses_is() {
    let catalog = Catalog::built_in();
    let lsof = catalog.variants(CommandType::ListSockets).find(|variant| variant.name == "lsof").unwrap();
    let test = "what_lsof_misses_is_no_failure_and_what_sudo_refuses_is";
    for (sudo, listed, expected) in [
        ("echo p1", "@root\n@sockets\np1\n", 0),
        ("echo p1; exit 1", "@root\n@sockets\np1\n", 0),
        ("echo 'sudo: a password is required' >&2; exit 1", "@root\n@sockets\n", 1),
        ("exit 3", "@root\n@sockets\n", 1),
    ] {
        for shell in shells(test) {
            let sudo = format!("#!/bin/sh\n{sudo}\n");
            let (out, _, status) = start(shell, &sudo, &lsof.script, Privilege::Sudo).0.finish();
            assert_eq!((String::from_utf8_lossy(&out).as_ref(), status), (listed, expected), "{shell}: {sudo}");
        }
    }
    let lines = root_lines(&lsof.script);
    assert_eq!(lines, [RootLine::Constant("lsof -nP -iTCP -sTCP:LISTEN -iUDP -F pcuLftPnT".into())]);
}

#[test]
fn connections_that_cannot_be_listed_are_a_failure_and_a_list_that_is_cut_says_so() {
    let test = "connections_that_cannot_be_listed_are_a_failure_and_a_list_that_is_cut_says_so";
    let many = "i=0\nwhile [ $i -lt 20005 ]; do echo \"line $i\"; i=$((i + 1)); done";
    for variant in Catalog::built_in().variants(CommandType::ListConnections).filter(|one| one.name != "proc-net") {
        for shell in shells(test) {
            let listed = |sudo: &str| {
                let sudo = format!("#!/bin/sh\n{sudo}\n");
                let (out, err, status) = start(shell, &sudo, &variant.script, Privilege::Sudo).0.finish();
                (String::from_utf8(out).unwrap(), String::from_utf8_lossy(&err).into_owned(), status)
            };
            let (out, err, status) = listed("echo 'sudo: a password is required' >&2; exit 1");
            assert!(!out.contains("@users") && err.contains("a password is required"), "{shell}: {}", variant.name);
            assert_eq!(status, 1, "{shell}: {}", variant.name);
            let (out, _, status) = listed("echo one");
            assert!(out.starts_with("@root\n@sockets\none\n") && !out.contains("@cut"), "{shell}: {}", variant.name);
            assert_eq!(status, 0, "{shell}: {}", variant.name);
            if variant.name == "ss" {
                let (out, _, status) = listed(many);
                assert!(out.contains("\nline 19999\n@cut\n@users\n"), "{shell}");
                assert_eq!(status, 0, "{shell}");
            }
        }
    }
}

#[test]
fn sec_p04_each_sudo_asks_by_a_prompt_of_its_own_also_in_a_pipeline() {
    for shell in shells("sec_p04_each_sudo_asks_by_a_prompt_of_its_own_also_in_a_pipeline") {
        let script =
            "$as_root printf 'one %s\\n' \"a b\" | cat\nx=$($as_root echo two)\necho \"$x\"\n$as_root cat\necho end";
        let (mut running, _folder) = start(shell, ASKS, script, Privilege::SudoPassword);
        let mut numbers = Vec::new();
        let mut from = 0;
        for _ in 0..3 {
            let (number, end) = prompt(&running, from);
            assert!(!numbers.contains(&number), "{shell}: {numbers:?} {number}");
            numbers.push(number);
            from = end;
            running.write(format!("{PASSWORD}\n").as_bytes());
        }
        let (out, err, status) = running.finish();
        assert_eq!((String::from_utf8_lossy(&out).as_ref(), status), ("one a b\ntwo\nend\n", 0), "{shell}");
        assert!(!contains(&out, PASSWORD) && !contains(&err, PASSWORD), "{shell}");
    }
}

#[test]
fn sec_p04_a_command_behind_sudo_reads_neither_password_nor_tick() {
    for shell in shells("sec_p04_a_command_behind_sudo_reads_neither_password_nor_tick") {
        let script = "$as_root cat\nIFS= read -r tick <&3\necho \"tick $tick\"";
        // No password is needed: what is written is the tick's alone.
        let (mut running, _folder) = start(shell, KNOWS, script, Privilege::SudoPassword);
        running.write(b"first\n");
        let (out, _, _) = running.finish();
        assert_eq!(String::from_utf8_lossy(&out), "tick first\n", "{shell}");

        let (mut running, _folder) = start(shell, ASKS, script, Privilege::SudoPassword);
        prompt(&running, 0);
        running.write(format!("{PASSWORD}\nsecond\n").as_bytes());
        let (out, _, _) = running.finish();
        assert_eq!(String::from_utf8_lossy(&out), "tick second\n", "{shell}");
    }
}

#[test]
fn sec_s07_the_password_is_in_no_argument_and_no_environment() {
    let script = "$as_root sh -c 'tr \"\\0\" \"\\n\" </proc/self/environ; for p in /proc/[0-9]*; do tr \"\\0\" \" \" <$p/cmdline; done 2>/dev/null'";
    let (mut running, _folder) = start("dash", ASKS, script, Privilege::SudoPassword);
    prompt(&running, 0);
    running.write(format!("{PASSWORD}\n").as_bytes());
    let (out, _, _) = running.finish();
    assert!(contains(&out, "PATH=") && contains(&out, "sh -c"), "it looked");
    assert!(!contains(&out, PASSWORD));
}
