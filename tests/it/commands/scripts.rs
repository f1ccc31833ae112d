//! Each built-in script for this kind of machine, run by every shell, gives an answer that its reader takes.

use hannun::commands::script::Parameters;
use hannun::commands::{
    Catalog, Command, CommandType, DetectPlatform, ListConnections, ListFilesystems, ListProcesses, ListSockets,
    Platform,
};

use super::shell::{is_installed, run, shells};

fn answer(shell: &str, command_type: CommandType, name: &str) -> (String, Vec<u8>) {
    let variant = Catalog::built_in().variants(command_type).find(|variant| variant.name == name).unwrap();
    let (out, err, status) = run(shell, &variant.script, &Parameters::default());
    assert_eq!(status, 0, "{shell}: {name}: {}", String::from_utf8_lossy(&err));
    (variant.format.to_string(), out)
}

fn platform(shell: &str) -> Platform {
    let (format, out) = answer(shell, CommandType::DetectPlatform, "probe");
    DetectPlatform.parse(&format, &out).unwrap()
}

#[test]
fn the_probe_tells_the_same_in_every_shell() {
    let dash = platform("dash");
    assert_eq!(dash.os, "linux");
    assert!(
        dash.cores.is_some() && dash.memory_bytes.is_some() && dash.booted_at.is_some() && !dash.boot_id.is_empty()
    );
    for shell in shells("the_probe_tells_the_same_in_every_shell") {
        let mut other = platform(shell);
        // BusyBox's shell runs its own programs first, and so has others.
        if shell == "busybox" {
            other.capabilities.clone_from(&dash.capabilities);
        }
        assert_eq!(other, dash, "{shell}");
    }
}

#[test]
fn the_list_of_processes_holds_this_one_with_its_start() {
    for shell in shells("the_list_of_processes_holds_this_one_with_its_start") {
        let names: &[&str] =
            if shell == "busybox" { &["ps-busybox", "proc-stat"] } else { &["ps-procps", "proc-stat"] };
        for name in names {
            let (format, out) = answer(shell, CommandType::ListProcesses, name);
            let list = ListProcesses.parse(&format, &out).unwrap();
            let own = list.processes.iter().find(|process| process.pid == std::process::id()).unwrap();
            let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
            let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
            assert_eq!(own.started_at.as_deref(), Some(fields[22 - 3]), "{shell} {name}");
            assert!(own.cpu_ticks.is_some() && own.running_seconds.is_some() && !own.user.is_empty(), "{shell} {name}");
            assert!(own.threads.is_some_and(|threads| threads > 0) && !own.is_kernel, "{shell} {name}");
            let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
            assert_eq!(list.boot, boot.trim(), "{shell} {name}");
        }
    }
}

#[test]
fn the_list_of_sockets_holds_one_that_was_just_opened() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for (shell, name, program) in [
        ("dash", "ss", "ss"),
        ("mksh", "ss", "ss"),
        ("dash", "netstat", "netstat"),
        ("dash", "proc-net", "cat"),
        ("busybox", "proc-net", "cat"),
    ] {
        if !is_installed(program) || !is_installed(shell) {
            crate::harness::skip::skip(
                "the_list_of_sockets_holds_one_that_was_just_opened",
                &format!("{program} or {shell} is not installed"),
            );
            continue;
        }
        let (format, out) = answer(shell, CommandType::ListSockets, name);
        let list = ListSockets.parse(&format, &out).unwrap();
        let own = list.sockets.iter().find(|socket| socket.port == port).unwrap_or_else(|| panic!("{shell} {name}"));
        assert_eq!((&*own.address, &*own.state), ("127.0.0.1", "LISTEN"));
        if name != "proc-net" {
            assert_eq!(own.owners.first().map(|owner| owner.pid), Some(std::process::id()), "{shell} {name}");
        }
    }
}

#[test]
fn the_list_of_connections_holds_both_ends_of_one_that_was_just_made() {
    let test = "the_list_of_connections_holds_both_ends_of_one_that_was_just_made";
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let _server = listener.accept().unwrap();
    let from = client.local_addr().unwrap().port();
    for (shell, name, program) in [
        ("dash", "ss", "ss"),
        ("dash", "netstat", "netstat"),
        ("dash", "proc-net", "cat"),
        ("busybox", "proc-net", "cat"),
    ] {
        if !is_installed(program) || !is_installed(shell) {
            crate::harness::skip::skip(test, &format!("{program} or {shell} is not installed"));
            continue;
        }
        let (format, out) = answer(shell, CommandType::ListConnections, name);
        let list = ListConnections.parse(&format, &out).unwrap();
        for (local, remote) in [(port, from), (from, port)] {
            let is_it = |peer: &hannun::commands::sockets::Peer| peer.port == remote && peer.address == "127.0.0.1";
            let found = list.sockets.iter().find(|one| one.port == local && one.peer.as_ref().is_some_and(is_it));
            let found = found.unwrap_or_else(|| panic!("{shell} {name} {local}"));
            assert_eq!(found.state, "ESTABLISHED", "{shell} {name}");
        }
        assert!(list.sockets.iter().all(|socket| socket.state != "LISTEN"), "{shell} {name}");
    }
}

#[test]
fn the_list_of_filesystems_holds_the_root_with_its_size() {
    for (shell, name) in [("dash", "df-gnu"), ("bash", "df-timeout"), ("zsh", "df"), ("busybox", "df-timeout")] {
        if !is_installed(shell) {
            crate::harness::skip::skip(
                "the_list_of_filesystems_holds_the_root_with_its_size",
                &format!("{shell} is not installed"),
            );
            continue;
        }
        let (format, out) = answer(shell, CommandType::ListFilesystems, name);
        let found = ListFilesystems.parse(&format, &out).unwrap();
        let root = found.iter().find(|filesystem| filesystem.mount == "/").unwrap_or_else(|| panic!("{shell} {name}"));
        assert!(root.size_bytes.unwrap() >= root.used_bytes.unwrap(), "{shell} {name}");
        assert!(!root.kind.is_empty() && root.used_percent().is_some(), "{shell} {name}");
    }
}

#[test]
fn a_script_asks_for_root_only_by_the_line_that_needs_it() {
    for command_type in CommandType::ALL {
        for variant in Catalog::built_in().variants(*command_type) {
            assert!(
                !variant.script.contains("sudo ") || *command_type == CommandType::DetectPlatform,
                "{}",
                variant.name
            );
            for line in variant.script.lines().filter(|line| line.contains("$as_root ")) {
                assert!(line.trim_start().starts_with("$as_root "), "{}: {line}", variant.name);
                // The prompt for the password comes on standard error.
                assert!(!line.contains("2>"), "{}: {line}", variant.name);
            }
        }
    }
}

/// Their `stat` prints an octal number as short as it is: without a width 4005 would be `45`, and saving would set that.
#[test]
fn the_bsds_tell_a_mode_with_all_its_digits() {
    for command_type in [CommandType::ListDirectory, CommandType::DescribeFile, CommandType::WriteFile] {
        let mut variants = Catalog::built_in().variants(command_type);
        let variant = variants.find(|variant| variant.name.ends_with("-bsd")).unwrap();
        assert!(variant.script.contains("%Mp%03Lp") && !variant.script.contains("%Lp"), "{}", variant.name);
    }
}
