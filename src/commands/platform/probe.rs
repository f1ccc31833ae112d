//! Reads the probe's answer: one key, a tab and a value per line.

use chrono::DateTime;

use super::Platform;
use crate::commands::ParseError;
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::text::{self, SHORT, integer, integer32};

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word("system", &[needed("name", "What uname -s says", "Linux")]),
    Shape::word("kernel", &[optional("release", "What uname -r says", "6.1.0-18-amd64")]),
    Shape::word("arch", &[optional("machine", "What uname -m says", "x86_64")]),
    Shape::word("hostname", &[optional("name", "The server's own name", "web-1")]),
    Shape::word("version", &[optional("version", "What the system calls its version", "14.1")]),
    Shape::word("os-release", &[optional("line", "A line of os-release, as it stands there", "ID=debian")]),
    Shape::word("boot-id", &[optional("id", "Another word after each boot", "0b8f0d3c")]),
    Shape::word("booted", &[optional("seconds", "When it was booted, in seconds since 1970", "1763900000")]),
    Shape::word("cores", &[optional("count", "Logical processors", "8")]),
    Shape::word("memory-kib", &[optional("KiB", "Installed memory in KiB", "8388608")]),
    Shape::word("memory-bytes", &[optional("bytes", "Installed memory in bytes", "8589934592")]),
    Shape::word("cpu-model", &[optional("name", "The processor's name", "Xeon 6338N")]),
    Shape::word("virtualisation", &[optional("name", "kvm, lxc and the like; none on bare metal", "kvm")]),
    Shape::word("machine", &[optional("name", "What the machine calls itself", "QEMU")]),
    Shape::word("time-zone", &[optional("zone", "Its name, or its offset", "Asia/Seoul")]),
    Shape::word(
        "can",
        &[optional("tool", "A tool that it has, by the name that commands ask for; one row each", "ss")],
    ),
];

pub(super) fn parse(output: &[u8]) -> Result<Platform, ParseError> {
    let mut platform = Platform::default();
    let mut machine = Vec::new();
    let mut system = String::new();
    for (number, line) in text::lines(output) {
        let Some(tab) = line.iter().position(|byte| *byte == b'\t') else {
            return Err(ParseError::at(number, "a key, a tab and a value were expected", line));
        };
        let (key, value) = (line.get(..tab).unwrap_or_default(), line.get(tab + 1..).unwrap_or_default().trim_ascii());
        let shown = || text::shown(value, SHORT);
        if value.is_empty() {
            continue;
        }
        match key {
            b"system" => system = shown(),
            b"kernel" => platform.kernel = shown(),
            b"arch" => platform.arch = shown(),
            b"hostname" => platform.hostname = shown(),
            b"version" => platform.version = shown(),
            b"os-release" => os_release(&mut platform, value),
            b"boot-id" => platform.boot_id = shown(),
            b"booted" => {
                let seconds = integer(value).and_then(|seconds| i64::try_from(seconds).ok());
                platform.booted_at = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
            }
            b"cores" => platform.cores = integer32(value),
            b"memory-kib" => platform.memory_bytes = integer(value).and_then(|kib| kib.checked_mul(1024)),
            b"memory-bytes" => platform.memory_bytes = integer(value),
            b"cpu-model" => platform.cpu_model = shown(),
            b"virtualisation" => platform.virtualisation = shown(),
            b"machine" => machine.push(shown()),
            b"time-zone" => platform.time_zone = shown(),
            b"can" => _ = platform.capabilities.insert(shown()),
            _ => return Err(ParseError::at(number, "this key is not known", line)),
        }
    }
    if system.is_empty() {
        return Err(ParseError::new("the answer does not name the system", output));
    }
    name_the_rest(&mut platform, &system, &machine);
    Ok(platform)
}

/// What no single line tells.
fn name_the_rest(platform: &mut Platform, system: &str, machine: &[String]) {
    platform.os = match system {
        "Darwin" => "macos".to_owned(),
        other => other.to_ascii_lowercase(),
    };
    if platform.distro.is_empty() && platform.os != "linux" {
        platform.distro.clone_from(&platform.os);
    }
    if platform.version.is_empty() && platform.os != "linux" {
        platform.version = platform.kernel.split('-').next().unwrap_or_default().to_owned();
    }
    if platform.pretty_name.is_empty() {
        let name = if platform.os == "macos" { "macOS" } else { system };
        let version = if platform.version.is_empty() { &platform.kernel } else { &platform.version };
        format!("{name} {version}").trim_end().clone_into(&mut platform.pretty_name);
    }
    if platform.virtualisation.is_empty() && !machine.is_empty() {
        hypervisor(machine).clone_into(&mut platform.virtualisation);
    }
}

/// One line of os-release: a shell assignment, quoted or not.
fn os_release(platform: &mut Platform, line: &[u8]) {
    let line = text::shown(line, SHORT);
    let Some((key, value)) = line.split_once('=') else { return };
    let value = unquoted(value);
    match key {
        "ID" => platform.distro = value,
        "ID_LIKE" => platform.like = value.split_whitespace().map(str::to_owned).collect(),
        "VERSION_ID" => platform.version = value,
        "PRETTY_NAME" => platform.pretty_name = value,
        _ => {}
    }
}

fn unquoted(value: &str) -> String {
    let inside = |quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    if let Some(plain) = inside('\'') {
        return plain.to_owned();
    }
    let mut text = String::new();
    let mut characters = inside('"').unwrap_or(value).chars();
    while let Some(c) = characters.next() {
        text.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    text
}

/// The hypervisor of a machine that calls itself so (`/sys/class/dmi/id`), by the names of `systemd-detect-virt`.
fn hypervisor(machine: &[String]) -> &'static str {
    let says = |word: &str| machine.iter().any(|line| line.contains(word));
    let known = [
        ("KVM", "kvm"),
        ("QEMU", "qemu"),
        ("VMware", "vmware"),
        ("VirtualBox", "oracle"),
        ("innotek", "oracle"),
        ("Xen", "xen"),
        ("Virtual Machine", "microsoft"),
        ("Amazon EC2", "amazon"),
        ("Google Compute", "google"),
        ("Parallels", "parallels"),
        ("hypervisor", "vm-other"),
    ];
    known.iter().find(|(word, _)| says(word)).map_or("none", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_value_is_read_as_a_shell_would() {
        for (text, value) in [("debian", "debian"), ("\"a \\\"b\\\"\"", "a \"b\""), ("'a\\b'", "a\\b"), ("\"\"", "")] {
            assert_eq!(unquoted(text), value);
        }
    }

    #[test]
    fn what_is_not_told_stays_unknown() {
        let platform = parse(b"system\tLinux\ncores\t\nmemory-kib\tmuch\nbooted\t99999999999999999999\n").unwrap();
        assert_eq!((platform.cores, platform.memory_bytes, platform.booted_at), (None, None, None));
        assert_eq!(platform.pretty_name, "Linux");
    }

    #[test]
    fn sec_x03_another_shape_is_refused() {
        for output in ["", "hello\n", "system\tLinux\nhello\n", "system\tLinux\ncolour\tblue\n", "arch\tx86_64\n"] {
            assert!(parse(output.as_bytes()).is_err(), "{output}");
        }
    }
}
