//! Two hundred servers on one machine: OpenSSH, listening on as many loopback addresses. Each connection has its own
//! `sshd` process and its own shell, as on a server of its own.

use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) const SERVERS: usize = 200;
/// One `sshd` refuses to listen on more (`MAX_LISTEN_SOCKS`), and on 0.0.0.0 it would be reachable from outside.
const ADDRESSES_EACH: usize = 16;

/// Sixteen servers have the processes of all sixteen, somewhat more than a hundred, and not those of this whole machine.
const APART: [&str; 6] = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];

/// The running servers; they end when it is dropped.
pub(crate) struct Fleet {
    daemons: Vec<Child>,
    folder: TempDir,
    pub(crate) port: u16,
    pub(crate) user: String,
}

impl Fleet {
    /// Starts them. Blocks; to be called on a thread that lives as long as they do.
    pub(crate) fn start() -> Self {
        let folder = TempDir::with_prefix("hannun-bench-").unwrap();
        let path = folder.path();
        for name in ["host_key", "client_key"] {
            let file = path.join(name);
            let status = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(file).status();
            assert!(status.unwrap().success(), "ssh-keygen made no key");
        }
        fs::copy(path.join("client_key.pub"), path.join("authorized_keys")).unwrap();
        if is_root() {
            // Where sshd drops its privileges to; systems make it when their own sshd starts.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let output = Command::new("id").arg("-un").output().unwrap();
        let user = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut fleet = Self { daemons: Vec::new(), folder, port, user };
        for number in 0..SERVERS.div_ceil(ADDRESSES_EACH) {
            fleet.spawn(number);
        }
        fleet.wait();
        fleet
    }

    fn spawn(&mut self, number: usize) {
        let folder = self.folder.path().display().to_string();
        let mut settings = String::new();
        for address in self.addresses().skip(number * ADDRESSES_EACH).take(ADDRESSES_EACH) {
            writeln!(settings, "ListenAddress {address}").unwrap();
        }
        // bash reads a person's start-up file only in a first shell; theirs is none of our business.
        write!(
            settings,
            "Port {}\nHostKey {folder}/host_key\nAuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\nSubsystem sftp internal-sftp\n\
             AllowUsers {}\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PidFile none\nUseDNS no\nPrintMotd no\nPrintLastLog no\nMaxStartups 2000\nPerSourceMaxStartups none\n\
             SetEnv SHLVL=1\nLogLevel VERBOSE\n",
            self.port, self.user
        )
        .unwrap();
        let file = self.folder.path().join(format!("sshd_config_{number}"));
        fs::write(&file, settings).unwrap();
        let log = fs::File::create(self.log(number)).unwrap();
        let sshd = program("sshd").expect("OpenSSH's sshd is not installed");
        let mut words: Vec<OsString> = Vec::new();
        if let Some(setpriv) = program("setpriv") {
            words.extend([setpriv.into(), "--pdeathsig".into(), "TERM".into(), "--".into()]);
        }
        if is_root() {
            words.extend(APART.map(OsString::from));
        }
        words.extend([sshd.into(), "-D".into(), "-e".into(), "-f".into(), file.into()]);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        self.daemons.push(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        for number in 0..self.daemons.len() {
            while !fs::read_to_string(self.log(number)).unwrap().contains("Server listening on") {
                assert!(Instant::now() < deadline, "{}", fs::read_to_string(self.log(number)).unwrap());
                thread::sleep(Duration::from_millis(20));
            }
        }
    }

    fn log(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("log_{number}"))
    }

    /// The servers' addresses.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = String> + use<> {
        (0..SERVERS).map(|place| format!("127.0.{}.{}", 1 + place / ADDRESSES_EACH, 1 + place % ADDRESSES_EACH))
    }

    /// The key that lets in.
    pub(crate) fn private_key(&self) -> String {
        fs::read_to_string(self.folder.path().join("client_key")).unwrap()
    }

    /// Where that key is.
    pub(crate) fn client_key(&self) -> PathBuf {
        self.folder.path().join("client_key")
    }

    /// The line that `known_hosts` would have, without a name.
    pub(crate) fn host_key(&self) -> String {
        fs::read_to_string(self.folder.path().join("host_key.pub")).unwrap()
    }

    /// A program that will run among the processes of the first server.
    pub(crate) fn beside_first(&self, program: &str) -> Command {
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("nsenter");
        command.arg(format!("--pid=/proc/{}/ns/pid_for_children", self.daemons[0].id())).args(["--", program]);
        command
    }

    /// The processes that all others of the servers come from.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.daemons.iter().map(Child::id).collect()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for daemon in &mut self.daemons {
            drop(daemon.kill());
            drop(daemon.wait());
        }
    }
}

/// Whether processes may be set apart.
fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A program on the path, or where administrators' programs are.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|candidate: &PathBuf| Path::is_file(candidate))
}
