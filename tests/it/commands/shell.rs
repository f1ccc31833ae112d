//! A local shell that is spoken to as one behind SSH is: through its standard input, piece by piece.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hannun::commands::script::{Envelope, Locale, Parameters, Privilege, ready_line};

use crate::harness::skip::skip;

pub(super) const TOKEN: &str = "t0ken4tests";
const PATIENCE: Duration = Duration::from_secs(20);

/// The shells that stand behind `/bin/sh` somewhere. Each is started by the name `sh`.
const SHELLS: &[&str] = &["dash", "bash", "zsh", "mksh", "busybox"];

/// Those of them that this machine has; the others are named as skipped.
pub(super) fn shells(test: &str) -> Vec<&'static str> {
    let (found, missing): (Vec<_>, Vec<_>) = SHELLS.iter().partition(|shell| is_installed(shell));
    for shell in missing {
        skip(test, &format!("{shell} is not installed"));
    }
    assert!(found.contains(&"dash"), "a Debian machine has dash");
    found
}

pub(super) fn is_installed(program: &str) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':').any(|folder| std::path::Path::new(folder).join(program).exists())
}

pub(super) fn envelope(script: &str, parameters: &Parameters, privilege: Privilege) -> Vec<u8> {
    Envelope { script, parameters, token: TOKEN, locale: Locale::Plain, privilege }.compose().unwrap()
}

/// A running shell; it is ended when dropped.
pub(super) struct Shell {
    child: Child,
    stdin: Option<ChildStdin>,
    said: Arc<(Mutex<Said>, Condvar)>,
}

#[derive(Default, Clone, Debug)]
pub(super) struct Said {
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
    ended: u8,
}

impl Shell {
    /// Starts `shell` by the name `sh` and hands it `script`, as the exec request and the first bytes do.
    pub(super) fn start(shell: &str, script: &[u8]) -> Self {
        let mut command = Command::new(shell);
        command.arg0("sh").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = Arc::<(Mutex<Said>, Condvar)>::default();
        listen(child.stdout.take().unwrap(), Arc::clone(&said), |said| &mut said.out);
        listen(child.stderr.take().unwrap(), Arc::clone(&said), |said| &mut said.err);
        let mut shell = Self { stdin: child.stdin.take(), child, said };
        shell.write(script);
        shell
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// Ends its input.
    pub(super) fn close(&mut self) {
        self.stdin = None;
    }

    /// Waits until what it said is as `wanted`.
    pub(super) fn wait(&self, wanted: impl Fn(&Said) -> bool) -> Said {
        let begun = Instant::now();
        let (said, changed) = &*self.said;
        let mut said = said.lock().unwrap();
        while !wanted(&said) {
            let left =
                PATIENCE.checked_sub(begun.elapsed()).unwrap_or_else(|| panic!("waited in vain: {}", text(&said)));
            assert!(said.ended < 2, "it ended first: {}", text(&said));
            said = changed.wait_timeout(said, left).unwrap().0;
        }
        said.clone()
    }

    /// Waits until both outputs carry the ready line.
    pub(super) fn wait_ready(&self) {
        self.wait(|said| contains(&said.out, &ready_line(TOKEN)) && contains(&said.err, &ready_line(TOKEN)));
    }

    /// Waits for its end: what it said after the ready lines, and its exit status. Its input stays as it is.
    pub(super) fn finish(mut self) -> (Vec<u8>, Vec<u8>, i32) {
        let begun = Instant::now();
        let (said, changed) = &*self.said;
        let mut heard = said.lock().unwrap();
        while heard.ended < 2 {
            let left = PATIENCE.checked_sub(begun.elapsed()).unwrap_or_else(|| panic!("it hangs: {}", text(&heard)));
            heard = changed.wait_timeout(heard, left).unwrap().0;
        }
        let status = self.child.wait().unwrap().code().unwrap();
        (after_ready(&heard.out), after_process_id(&after_ready(&heard.err)), status)
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `script` to its end with nothing more on its input, which stays open.
pub(super) fn run(shell: &str, script: &str, parameters: &Parameters) -> (Vec<u8>, Vec<u8>, i32) {
    Shell::start(shell, &envelope(script, parameters, Privilege::None)).finish()
}

pub(super) fn contains(text: &[u8], part: &str) -> bool {
    text.windows(part.len()).any(|window| window == part.as_bytes())
}

fn listen<R: Read + Send + 'static>(
    mut from: R,
    said: Arc<(Mutex<Said>, Condvar)>,
    place: impl Fn(&mut Said) -> &mut Vec<u8> + Send + 'static,
) {
    thread::spawn(move || {
        let mut piece = vec![0; 64 * 1024];
        loop {
            let length = from.read(&mut piece).unwrap_or(0);
            let mut said_now = said.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            place(&mut said_now).extend_from_slice(&piece[..length]);
            said_now.ended += u8::from(length == 0);
            said.1.notify_all();
            if length == 0 {
                return;
            }
        }
    });
}

fn after_ready(text: &[u8]) -> Vec<u8> {
    let line = ready_line(TOKEN);
    let at = text.windows(line.len()).position(|window| window == line.as_bytes());
    let at = at.unwrap_or_else(|| panic!("no ready line in {:?}", String::from_utf8_lossy(text)));
    text[at + line.len()..].to_vec()
}

/// Standard error after the line with the shell's process id, which follows the ready line there.
fn after_process_id(text: &[u8]) -> Vec<u8> {
    let (id, rest) = text.split_at(text.iter().position(|byte| *byte == b'\n').unwrap() + 1);
    assert!(id.len() > 1 && id[..id.len() - 1].iter().all(u8::is_ascii_digit), "no process id");
    rest.to_vec()
}

fn text(said: &Said) -> String {
    let end = |text: &[u8]| String::from_utf8_lossy(&text[text.len().saturating_sub(1000)..]).into_owned();
    format!("{:?} / {:?}", end(&said.out), end(&said.err))
}
