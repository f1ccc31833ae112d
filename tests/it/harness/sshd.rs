//! A real OpenSSH server on loopback, with keys and settings of its own, and with users that this machine does not have.
//!
//! As root it runs in namespaces of its own: its `/etc/passwd` and `/etc/shadow` hold throw-away users, its `/run` is
//! empty, and ending it ends everything that was started through it. As an ordinary user it lets in that user only.

use std::fmt::Write;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hannun::remote::{Endpoint, PinnedKey};
use tempfile::TempDir;

use super::skip::skip;
use super::ssh::{PASSWORD, endpoint, fixture_key, password, private_key};

/// [`PASSWORD`] as `/etc/shadow` has it.
const SHADOW: &str =
    "$6$hannunhannun$2I.3FloJTMI4z3gFC.8Fw9oHAEdm4S6FO5lANySHxhAO2mLh9dgYsPXViLdEKzgcpLvOlz6VqtycnU9cKgzmI.";
const FIRST_ID: u32 = 52_000;

/// What an [`Sshd`] is started with.
#[derive(Default)]
pub(crate) struct Setup {
    users: Vec<User>,
    host_keys: Vec<&'static str>,
    settings: String,
    sudoers: Option<String>,
    uname: Option<String>,
}

struct User {
    name: String,
    shell: PathBuf,
    start_file: Option<(&'static str, String)>,
}

impl Setup {
    /// A user with this login shell; needs root.
    pub(crate) fn user(mut self, name: &str, shell: &str) -> Self {
        self.users.push(User { name: name.to_owned(), shell: PathBuf::from(shell), start_file: None });
        self
    }

    /// A file in the home directory of the user added last.
    pub(crate) fn home_file(mut self, file: &'static str, text: &str) -> Self {
        self.users.last_mut().unwrap().start_file = Some((file, text.to_owned()));
        self
    }

    /// One more host key of this type.
    pub(crate) fn host_key(mut self, algorithm: &'static str) -> Self {
        self.host_keys.push(algorithm);
        self
    }

    /// A line of `sshd_config`.
    pub(crate) fn setting(mut self, line: &str) -> Self {
        writeln!(self.settings, "{line}").unwrap();
        self
    }

    /// What `sudo` allows there; needs root.
    pub(crate) fn sudoers(mut self, text: &str) -> Self {
        self.sudoers = Some(format!("{text}\n"));
        self
    }

    /// What `uname` says there: a system that no command is known for, say. Needs root, and at least one user.
    pub(crate) fn system(mut self, name: &str, release: &str) -> Self {
        self.uname = Some(format!(
            "#!/bin/sh\ncase $1 in -r) echo {release} ;; -m) echo amd64 ;; -n) echo host ;; *) echo {name} ;; esac\n"
        ));
        self
    }

    /// Starts it, or notes why `test` cannot have it.
    pub(crate) fn start(self, test: &str) -> Option<Sshd> {
        let Some(program) = program("sshd") else {
            skip(test, "OpenSSH's sshd is not installed");
            return None;
        };
        if !self.users.is_empty() && !is_root() {
            skip(test, "throw-away users need root");
            return None;
        }
        if let Some(user) = self.users.iter().find(|user| !user.shell.exists()) {
            skip(test, &format!("{} is not installed", user.shell.display()));
            return None;
        }
        if self.sudoers.is_some() && !Path::new("/usr/bin/sudo").exists() {
            skip(test, "sudo is not installed");
            return None;
        }
        Some(Sshd::start(&program, self))
    }
}

/// A running server, ended when it is dropped.
pub(crate) struct Sshd {
    child: Child,
    folder: TempDir,
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
    user: String,
    pins: Vec<PinnedKey>,
}

impl Sshd {
    fn start(program: &Path, mut setup: Setup) -> Self {
        let folder = TempDir::with_prefix("hannun-sshd-").unwrap();
        let path = folder.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        if setup.host_keys.is_empty() {
            setup.host_keys.push("ed25519");
        }
        fs::copy(fixture("ed25519.pub"), path.join("authorized_keys")).unwrap();
        fs::set_permissions(path.join("authorized_keys"), fs::Permissions::from_mode(0o644)).unwrap();
        let pins = setup.host_keys.iter().map(|algorithm| make_host_key(path, algorithm)).collect();
        if let Some(sudoers) = &setup.sudoers {
            fs::write(path.join("sudoers"), sudoers).unwrap();
            fs::set_permissions(path.join("sudoers"), fs::Permissions::from_mode(0o440)).unwrap();
        }
        if let Some(uname) = &setup.uname {
            fs::write(path.join("uname"), uname).unwrap();
            fs::set_permissions(path.join("uname"), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let user = if is_root() { make_users(path, &setup.users) } else { current_user() };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        fs::write(path.join("sshd_config"), settings_text(path, port, &setup)).unwrap();
        let child = spawn(program, path);
        let mut sshd = Self { child, folder, port, user, pins };
        sshd.wait();
        sshd
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + super::PATIENCE;
        while !self.log().contains("Server listening on 127.0.0.1") {
            assert!(self.child.try_wait().unwrap().is_none() && Instant::now() < deadline, "sshd: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Changes what `sudo` allows there; it was started with other rules.
    pub(crate) fn allow(&self, text: &str) {
        // The same file, which is mounted: a new one would not be seen.
        fs::write(self.folder.path().join("sudoers"), text).unwrap();
    }

    /// The home directory of a user that it was started with.
    pub(crate) fn home(&self, user: &str) -> PathBuf {
        self.folder.path().join(user)
    }

    /// Runs a command where the server runs, by root: whether it succeeded.
    pub(crate) fn inside(&self, command: &[&str]) -> bool {
        let children = format!("/proc/{0}/task/{0}/children", self.child.id());
        let first = fs::read_to_string(children).unwrap().split_whitespace().next().unwrap().to_owned();
        let mut enter = Command::new("nsenter");
        enter.args(["--target", &first, "--mount", "--"]).args(command);
        enter.status().is_ok_and(|status| status.success())
    }

    /// What it wrote to its log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Its first host key's fingerprint, as `ssh-keygen` prints it.
    pub(crate) fn fingerprint(&self) -> String {
        let file = self.folder.path().join("host_ed25519.pub");
        let output = Command::new("ssh-keygen").arg("-lf").arg(file).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().nth(1).unwrap().to_owned()
    }

    /// The server, for its first user, by key.
    pub(crate) fn endpoint(&self) -> Endpoint {
        self.endpoint_of(&self.user)
    }

    /// The server, for this user, by key.
    pub(crate) fn endpoint_of(&self, user: &str) -> Endpoint {
        endpoint(self.port, user, private_key(&fixture_key("ed25519"), None), self.pins.clone())
    }

    /// The server, for this user, by password; the users have one where the test is run by root.
    pub(crate) fn by_password(&self, user: &str) -> Endpoint {
        endpoint(self.port, user, password(PASSWORD), self.pins.clone())
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // As root this is `unshare`, which takes the whole namespace with it.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn settings_text(folder: &Path, port: u16, setup: &Setup) -> String {
    let folder = folder.display();
    let mut text = setup.settings.clone();
    if setup.users.iter().all(|user| user.start_file.is_none()) {
        // bash reads the start-up file of a person at the machine only in a first shell; theirs is none of our business.
        text.push_str("SetEnv SHLVL=1\n");
    }
    for algorithm in &setup.host_keys {
        writeln!(text, "HostKey {folder}/host_{algorithm}").unwrap();
    }
    write!(
        text,
        "ListenAddress 127.0.0.1\nPort {port}\nAuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication yes\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nPidFile none\nUseDNS no\n\
         MaxStartups 100:30:200\nLogLevel VERBOSE\nPrintMotd no\nPrintLastLog no\n"
    )
    .unwrap();
    text
}

fn spawn(program: &Path, folder: &Path) -> Child {
    let log = fs::File::create(folder.join("log")).unwrap();
    let mut command = if is_root() {
        // The script is constant; where things are comes as arguments.
        let script = "mount --bind \"$1/passwd\" /etc/passwd && mount --bind \"$1/shadow\" /etc/shadow && \
                      { [ ! -e \"$1/sudoers\" ] || mount --bind \"$1/sudoers\" /etc/sudoers; } && \
                      { [ ! -e \"$1/uname\" ] || mount --bind \"$1/uname\" \"$(command -v uname)\"; } && mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec \"$2\" -D -e -f \"$1/sshd_config\"";
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", script, "sh"]);
        command.arg(folder).arg(program);
        command
    } else {
        let mut command = Command::new(program);
        command.args(["-D", "-e", "-f"]).arg(folder.join("sshd_config"));
        command
    };
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn make_host_key(folder: &Path, algorithm: &str) -> PinnedKey {
    let file = folder.join(format!("host_{algorithm}"));
    let status = Command::new("ssh-keygen").args(["-q", "-N", "", "-t", algorithm, "-f"]).arg(&file).status().unwrap();
    assert!(status.success());
    let public_key = fs::read_to_string(file.with_extension("pub")).unwrap();
    let algorithm = public_key.split_whitespace().next().unwrap().to_owned();
    PinnedKey { algorithm, public_key }
}

/// Users beside the machine's own, with homes in `folder`; returns the first one's name, or root's.
fn make_users(folder: &Path, users: &[User]) -> String {
    let mut passwd = fs::read_to_string("/etc/passwd").unwrap();
    let mut shadow = fs::read_to_string("/etc/shadow").unwrap();
    for (id, user) in (FIRST_ID..).zip(users) {
        let home = folder.join(&user.name);
        fs::create_dir(&home).unwrap();
        if let Some((file, text)) = &user.start_file {
            fs::write(home.join(file), text).unwrap();
        }
        chown(&home, Some(id), Some(id)).unwrap();
        let shell = applet(folder, &user.shell);
        writeln!(passwd, "{}:x:{id}:{id}::{}:{}", user.name, home.display(), shell.display()).unwrap();
        writeln!(shadow, "{}:{SHADOW}:19000:0:99999:7:::", user.name).unwrap();
    }
    fs::write(folder.join("passwd"), passwd).unwrap();
    fs::write(folder.join("shadow"), shadow).unwrap();
    fs::set_permissions(folder.join("shadow"), fs::Permissions::from_mode(0o600)).unwrap();
    users.first().map_or_else(|| "root".to_owned(), |user| user.name.clone())
}

/// BusyBox is a shell only when it is called by a shell's name.
fn applet(folder: &Path, shell: &Path) -> PathBuf {
    if !shell.ends_with("busybox") {
        return shell.to_owned();
    }
    let ash = folder.join("ash");
    if !ash.exists() {
        symlink(shell, &ash).unwrap();
    }
    ash
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keys").join(name)
}

/// A program on the path, or where administrators' programs are.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

fn current_user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Whether the tests are run by root.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}
