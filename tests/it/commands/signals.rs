//! Signals go to the process that was seen and to no other (P06), said by every shell; a number that was used again is made
//! in a PID namespace.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command as Program, Stdio};
use std::time::Duration;

use hannun::commands::processes::signals::Refusal;
use hannun::commands::{
    Catalog, Command, CommandType, Parameters, Privilege, ReadEnvironment, ReadProcess, Signal, SignalProcess,
    Signalled, Started,
};

use super::shell::{envelope, is_installed, run, shells};
use crate::harness::skip::skip;

/// A process that sleeps, ended with the test.
struct Sleeper(Child);

impl Sleeper {
    fn start() -> Self {
        Self(Program::new("sleep").arg("1000").spawn().unwrap())
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn started(&self) -> Started {
        started(self.pid())
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap().trim().to_owned()
}

fn started(pid: u32) -> Started {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    Started { at: fields[22 - 3].to_owned(), boot: boot() }
}

fn script(command_type: CommandType) -> String {
    let mut variants = Catalog::built_in().variants(command_type);
    variants.find(|variant| variant.on.os == ["linux"]).unwrap().script.to_string()
}

fn send(shell: &str, signal: &SignalProcess) -> Signalled {
    let (out, err, status) = run(shell, &script(CommandType::SignalProcess), &signal.parameters());
    assert_eq!(status, 0, "{shell}: {}", String::from_utf8_lossy(&err));
    signal.parse("table", &out).unwrap()
}

#[test]
fn a_process_is_stopped_continued_and_ended_and_what_became_of_it_is_told() {
    for shell in shells("a_process_is_stopped_continued_and_ended_and_what_became_of_it_is_told") {
        let mut sleeper = Sleeper::start();
        let (pid, started) = (sleeper.pid(), sleeper.started());
        let signal = |signal| SignalProcess { pid, started: started.clone(), signal };
        let Signalled::There(_, state) = send(shell, &signal(Signal::Stop)) else { panic!("{shell}: it stops") };
        assert_eq!(state, "T", "{shell}");
        assert!(matches!(send(shell, &signal(Signal::Cont)), Signalled::There(_, state) if state == "S"), "{shell}");
        // The test is its parent, and does not fetch it yet.
        assert!(matches!(send(shell, &signal(Signal::Term)), Signalled::Zombie(_)), "{shell}");
        sleeper.0.wait().unwrap();
        assert_eq!(send(shell, &signal(Signal::Kill)), Signalled::Gone, "{shell}");
    }
}

#[test]
fn what_ignores_a_signal_is_said_to_be_still_there() {
    let mut deaf = Sleeper(
        Program::new("sh")
            .args(["-c", "trap '' TERM; echo; read -r x"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut line = String::new();
    BufReader::new(deaf.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let outcome = send("dash", &SignalProcess { pid: deaf.pid(), started: deaf.started(), signal: Signal::Term });
    let Signalled::There(after, _) = outcome else { panic!("{outcome:?}") };
    assert!(after >= Duration::from_secs(2), "{after:?}");
}

#[test]
fn sec_p06_another_start_or_another_boot_is_another_process() {
    for shell in shells("sec_p06_another_start_or_another_boot_is_another_process") {
        let mut sleeper = Sleeper::start();
        let (pid, right) = (sleeper.pid(), sleeper.started());
        for wrong in [
            Started { at: "1".into(), ..right.clone() },
            Started { boot: "another".into(), ..right.clone() },
            Started { boot: String::new(), ..right.clone() },
            Started { at: String::new(), ..right.clone() },
        ] {
            let outcome = send(shell, &SignalProcess { pid, started: wrong, signal: Signal::Kill });
            assert_eq!(outcome, Signalled::Changed, "{shell}");
        }
        assert_eq!(sleeper.0.try_wait().unwrap(), None, "{shell}: it lives");
    }
}

#[test]
fn sec_p06_the_first_process_and_what_we_are_signed_in_through_get_no_signal() {
    for shell in shells("sec_p06_the_first_process_and_what_we_are_signed_in_through_get_no_signal") {
        for pid in [0, 1] {
            let signal = SignalProcess { pid, started: Started::default(), signal: Signal::Hup };
            assert_eq!(send(shell, &signal), Signalled::Refused(Refusal::First), "{shell} {pid}");
        }
        // The test is the parent of the shell, as the SSH server's process is.
        let own = std::process::id();
        let signal = SignalProcess { pid: own, started: started(own), signal: Signal::Kill };
        assert_eq!(send(shell, &signal), Signalled::Refused(Refusal::OurOwn), "{shell}");
        // Also where somebody tries the script without saying anything.
        let (out, _, _) = run(shell, &script(CommandType::SignalProcess), &Parameters::default());
        assert_eq!(String::from_utf8_lossy(&out), "refused\tfirst\n", "{shell}");
        let odd = Parameters::default().with("pid", hannun::commands::Value::Text(b"-1".to_vec()));
        let (out, _, _) = run(shell, &script(CommandType::SignalProcess), &odd);
        assert_eq!(String::from_utf8_lossy(&out), "refused\tfirst\n", "{shell}");
    }
}

#[test]
fn sec_p06_a_thread_of_the_kernel_gets_no_signal() {
    let stat = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    let is_kernel = |stat: &String| {
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[9 - 3].parse::<u64>().unwrap() & 0x0020_0000 != 0
    };
    let Some(pid) = (2..300).find(|pid| stat(*pid).as_ref().is_some_and(is_kernel)) else {
        skip("sec_p06_a_thread_of_the_kernel_gets_no_signal", "this machine shows no thread of the kernel");
        return;
    };
    let outcome = send("dash", &SignalProcess { pid, started: started(pid), signal: Signal::Term });
    assert_eq!(outcome, Signalled::Refused(Refusal::Kernel));
}

/// A shell that is the first process of a PID namespace.
struct Namespace {
    child: Child,
    stdin: ChildStdin,
    lines: BufReader<ChildStdout>,
}

impl Namespace {
    fn start() -> Self {
        let mut command = Program::new("unshare");
        command.args(["--pid", "--fork", "--kill-child", "--mount-proc", "sh"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, lines) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, lines }
    }

    /// Runs a line there and gives the line that it prints.
    fn ask(&mut self, line: &str) -> String {
        writeln!(self.stdin, "{line}").unwrap();
        let mut answer = String::new();
        self.lines.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }

    /// The start of a process there.
    fn started(&mut self, pid: u32) -> Started {
        let stat = self.ask(&format!("cat /proc/{pid}/stat"));
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        Started { at: fields[22 - 3].to_owned(), boot: boot() }
    }

    /// Sends a signal there, as a shell behind SSH would.
    fn send(&mut self, signal: &SignalProcess) -> Signalled {
        let file = tempfile::NamedTempFile::new().unwrap();
        let sent = envelope(&script(CommandType::SignalProcess), &signal.parameters(), Privilege::None);
        std::fs::write(file.path(), sent).unwrap();
        let answer = self.ask(&format!("sh <{} 2>/dev/null | sed 1d", file.path().display()));
        signal.parse("table", answer.as_bytes()).unwrap()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn sec_p06_x06_a_number_that_was_used_again_is_not_hit() {
    let test = "sec_p06_x06_a_number_that_was_used_again_is_not_hit";
    let is_root = Program::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !is_root || !is_installed("unshare") || !std::path::Path::new("/proc/sys/kernel/ns_last_pid").exists() {
        skip(test, "a PID namespace and ns_last_pid need root, unshare and a kernel that has it");
        return;
    }
    let mut namespace = Namespace::start();
    // A name that would move the fields behind it.
    namespace.ask("cp \"$(command -v sleep)\" \"/tmp/a) R 1 (\"; echo");
    let pid: u32 = namespace.ask("\"/tmp/a) R 1 (\" 1000 >/dev/null & echo $!").parse().unwrap();
    let seen = namespace.started(pid);
    namespace.ask(&format!("kill {pid}; wait {pid} 2>/dev/null; rm \"/tmp/a) R 1 (\"; echo"));
    let signal = SignalProcess { pid, started: seen.clone(), signal: Signal::Kill };
    assert_eq!(namespace.send(&signal), Signalled::Gone);
    // A start is told to the hundredth of a second.
    let later =
        "read -r then rest </proc/uptime; until read -r now rest </proc/uptime && [ $now != $then ]; do :; done; echo";
    namespace.ask(later);
    let again = format!("echo {} >/proc/sys/kernel/ns_last_pid; sleep 1000 >/dev/null & echo $!", pid - 1);
    assert_eq!(namespace.ask(&again), pid.to_string(), "the number is used again");
    let now = namespace.started(pid);
    assert_ne!(now, seen);
    assert_eq!(namespace.send(&signal), Signalled::Changed);
    assert_eq!(namespace.started(pid), now, "the new process lives");
    // And the one that is meant is hit; its parent, the first process there, fetches it when it looks.
    let outcome = namespace.send(&SignalProcess { pid, started: now, signal: Signal::Kill });
    assert!(matches!(outcome, Signalled::Zombie(_) | Signalled::Ended(_)), "{outcome:?}");
}

#[test]
fn one_process_is_read_with_its_files_its_sockets_and_its_parents() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("we\nird <img> name");
    let _file = std::fs::File::create(&odd).unwrap();
    let pid = std::process::id();
    for shell in shells("one_process_is_read_with_its_files_its_sockets_and_its_parents") {
        let command = ReadProcess { pid };
        let (out, err, status) = run(shell, &script(CommandType::ReadProcess), &command.parameters());
        assert_eq!(status, 0, "{shell}: {}", String::from_utf8_lossy(&err));
        let found = command.parse("proc", &out).unwrap().unwrap_or_else(|| panic!("{shell}: it is there"));
        assert_eq!((found.pid, &found.started), (pid, &started(pid)), "{shell}");
        assert!(found.sockets.iter().any(|socket| socket.port == port && socket.state == "LISTEN"), "{shell}");
        let files = found.files.unwrap_or_else(|| panic!("{shell}: they are ours"));
        assert!(files.iter().any(|file| file.target.ends_with("we?ird <img> name")), "{shell}: {files:?}");
        assert!(found.parents.last().is_some_and(|parent| parent.pid == 1), "{shell}: {:?}", found.parents);
        assert!(found.limits.iter().any(|limit| limit.name == "Max open files"), "{shell}");
        assert_eq!(found.arguments.first(), std::env::args().next().as_ref(), "{shell}");
        let nobody = ReadProcess { pid: 4_194_304 };
        let (out, _, _) = run(shell, &script(CommandType::ReadProcess), &nobody.parameters());
        assert_eq!(nobody.parse("proc", &out), Ok(None), "{shell}");
    }
}

#[test]
fn an_environment_is_read_as_the_process_got_it() {
    for shell in shells("an_environment_is_read_as_the_process_got_it") {
        let mut command = Program::new("sleep");
        command.arg("1000").env_clear().env("ODD", "two\n@environment\nlines").env("API_TOKEN", "x");
        let sleeper = Sleeper(command.spawn().unwrap());
        let read = ReadEnvironment { pid: sleeper.pid() };
        let (out, _, status) = run(shell, &script(CommandType::ReadEnvironment), &read.parameters());
        assert_eq!(status, 0, "{shell}");
        let found = read.parse("environ", &out).unwrap().unwrap();
        assert_eq!(found.started, sleeper.started(), "{shell}");
        let mut told: Vec<_> = found.variables.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect();
        told.sort_unstable();
        assert_eq!(told, [("API_TOKEN", "x"), ("ODD", "two\n@environment\nlines")], "{shell}");
    }
}
