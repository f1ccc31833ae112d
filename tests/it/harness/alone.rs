//! A test in a process of its own: where memory, processor time, descriptors or the file system are looked at, other tests
//! must not be in the picture.

use std::fs;
use std::process::Command;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Tells the inner process that it is the one.
const INSIDE: &str = "HANNUN_TEST_ALONE";

/// Runs the test of this path again in a process of its own and gives what it printed, once it has passed; none inside that
/// process, where the test is to be done.
pub(crate) fn alone(test: &str) -> Option<String> {
    alone_by(test, Command::new(std::env::current_exe().unwrap()))
}

/// The same with a command that ends in this test program: in a namespace, say.
pub(crate) fn alone_by(test: &str, mut command: Command) -> Option<String> {
    if std::env::var_os(INSIDE).is_some() {
        return None;
    }
    let output = command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && printed.contains("1 passed"), "alone, {test} did not pass:\n{printed}");
    Some(printed)
}

/// Resident memory of this process, bytes.
pub(crate) fn resident() -> usize {
    status_line("VmRSS:")
}

/// The most resident memory since [`forget_peak`], bytes.
pub(crate) fn peak() -> usize {
    status_line("VmHWM:")
}

/// From now on [`peak`] counts anew.
pub(crate) fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// Open descriptors of this process.
pub(crate) fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Threads of this process.
pub(crate) fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Processor time that this process has used so far. The kernel's counter, not its ticks of 10 ms.
pub(crate) fn processor_time() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(used.tv_sec.try_into().unwrap(), used.tv_nsec.try_into().unwrap())
}

fn status_line(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

/// Whether the long form of a test was asked for: `script/torture` does.
pub(crate) fn at_length() -> bool {
    std::env::var_os("HANNUN_TORTURE").is_some()
}
