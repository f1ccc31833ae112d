//! Whole systems to sign in to, in namespaces of their own: `tests/hosts` says what each is made of.
//!
//! They are real: systemd, apt and dnf, firewalld, ufw and nft answer there as they do on a server, and what is changed
//! there is gone with the host. Root alone can make them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use hannun::commands::script::Privilege;
use hannun::remote::{Endpoint, PinnedKey};
use hannun::secret::SecretText;
use tempfile::TempDir;

use super::skip::skip;
use super::ssh::{PASSWORD, endpoint, fixture_key, private_key};
use super::sshd::is_root;

/// How long one look for its sshd may take.
const SOON: Duration = Duration::from_millis(500);

/// What a test host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Debian with systemd, cron, rsyslog, ufw, nft and a repository of small packages in `/srv/repository`.
    Debian,
    /// rpm, dnf, rpmbuild and firewalld, on Debian that says it is an EL; the same packages as `.rpm`.
    Rpm,
    /// BusyBox and sshd.
    BusyBox,
    /// Debian without a tool to watch it by: no `ps`, no `ss`, no systemd.
    Coreutils,
    /// The same with OpenRC, and two services of the test's own: `demo` and `broken`.
    OpenRc,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Coreutils, Self::Debian, Self::Rpm, Self::BusyBox, Self::OpenRc];

    fn name(self) -> &'static str {
        match self {
            Self::Debian => "debian",
            Self::Rpm => "rpm",
            Self::BusyBox => "busybox",
            Self::Coreutils => "coreutils",
            Self::OpenRc => "openrc",
        }
    }
}

/// A running host, ended with everything in it when it is dropped.
pub(crate) struct TestHost {
    child: Child,
    said: BufReader<ChildStdout>,
    folder: TempDir,
    /// Its address, which only this machine and the other test hosts reach.
    pub(crate) address: String,
    pins: Vec<PinnedKey>,
}

impl TestHost {
    /// Starts one, or notes why `test` cannot have it.
    pub(crate) fn start(kind: Kind, test: &str) -> Option<Self> {
        let layers = match layers() {
            Ok(layers) => layers,
            Err(why) => {
                skip(test, why);
                return None;
            }
        };
        let (_, layer) = layers.iter().find(|(name, _)| name == kind.name()).expect("every kind has a layer");
        let mut why = String::new();
        // A whole system boots; on a busy machine one in some hundred does not get there.
        for _ in 0..3 {
            let mut host = Self::switched_on(kind, layer);
            match host.is_on() {
                Ok(address) => {
                    host.address = address;
                    return Some(host);
                }
                Err(said) => why = said,
            }
        }
        panic!("{why}");
    }

    fn switched_on(kind: Kind, layer: &Path) -> Self {
        let folder = TempDir::with_prefix("hannun-host-").unwrap();
        let mut child = Command::new(scripts().join("start"))
            .args([Path::new(kind.name()), layer, folder.path()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said, pins: pins(layer), address: String::new(), folder }
    }

    /// Waits until it is on and lets somebody in; its address, or why it does not.
    fn is_on(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("address ").unwrap_or_default().to_owned();
        if address.is_empty() {
            return Err(format!("no test host: {}", self.console()));
        }
        self.wait(&address)?;
        Ok(address)
    }

    /// Waits until it has gone down by itself.
    pub(crate) async fn goes_down(&self) {
        let deadline = Instant::now() + Duration::from_mins(2);
        while self.folder.path().join("first").exists() {
            assert!(Instant::now() < deadline, "the test host goes on running: {}", self.console());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Switches on what went down: at the same address, in another boot, with a new disk.
    pub(crate) fn switch_on(&mut self) {
        let told = Command::new("kill").args(["-USR1", &self.child.id().to_string()]).status();
        assert!(told.unwrap().success());
        assert_eq!(self.is_on().as_ref(), Ok(&self.address));
    }

    fn wait(&self, address: &str) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_mins(1);
        let ready = || std::net::TcpStream::connect_timeout(&format!("{address}:22").parse().unwrap(), SOON).is_ok();
        while !ready() {
            if Instant::now() > deadline {
                return Err(format!("the test host does not answer: {}", self.console()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // A system that boots lets only root in.
        while !self.run("if [ -e /run/nologin ]; then echo booting; fi").is_empty() {
            if Instant::now() > deadline {
                return Err(format!("the test host does not end booting: {}", self.console()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn console(&self) -> String {
        fs::read_to_string(self.folder.path().join("console")).unwrap_or_default()
    }

    /// The host, for root, by key.
    pub(crate) fn root(&self) -> Endpoint {
        Endpoint { privilege: Privilege::AlreadyRoot, ..self.endpoint_of("root") }
    }

    /// The host, for `deploy`, who becomes root without a question.
    pub(crate) fn deploy(&self) -> Endpoint {
        Endpoint { privilege: Privilege::Sudo, ..self.endpoint_of("deploy") }
    }

    /// The host, for `asks`, of whom sudo wants the password.
    pub(crate) fn asks(&self) -> Endpoint {
        let sudo_password = Some(SecretText::new(PASSWORD.to_owned()));
        Endpoint { privilege: Privilege::SudoPassword, sudo_password, ..self.endpoint_of("asks") }
    }

    /// The host, for `plain`, who may not become root.
    pub(crate) fn plain(&self) -> Endpoint {
        self.endpoint_of("plain")
    }

    fn endpoint_of(&self, user: &str) -> Endpoint {
        let address = self.address.clone();
        Endpoint { address, ..endpoint(22, user, private_key(&fixture_key("ed25519"), None), self.pins.clone()) }
    }

    /// Runs a shell script as root in the host, beside what hannun does there; its standard output.
    pub(crate) fn run(&self, script: &str) -> String {
        let first = fs::read_to_string(self.folder.path().join("first")).unwrap();
        let mut command = Command::new("nsenter");
        command.args(["--target", first.trim(), "--all", "--root", "/bin/sh", "-c", script]);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Writes lines, as `printf` has them, into the journal of a host with systemd, and waits until they are there.
    pub(crate) fn journal(&self, tag: &str, priority: &str, lines: &str) {
        self.run(&format!("printf '{lines}' | systemd-cat -t {tag} -p {priority}; journalctl --sync"));
    }

    /// The same with `number 1`, `number 2` and so on, one in each line.
    pub(crate) fn journal_numbers(&self, tag: &str, from: u32, to: u32) {
        self.run(&format!("seq -f 'number %g' {from} {to} | systemd-cat -t {tag}; journalctl --sync"));
    }
}

impl Drop for TestHost {
    fn drop(&mut self) {
        // Asked to, it takes its network away as well.
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.unwrap().success());
        self.child.wait().unwrap();
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hosts")
}

/// The folder of each layer, built now where `script/test` did not; or why there is none.
fn layers() -> Result<&'static [(String, PathBuf)], &'static str> {
    static LAYERS: OnceLock<Result<Vec<(String, PathBuf)>, String>> = OnceLock::new();
    let layers = LAYERS.get_or_init(|| {
        if !is_root() {
            return Err("test hosts need root".to_owned());
        }
        let output = Command::new(scripts().join("build"))
            .args(Kind::ALL.map(Kind::name))
            .output()
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("test hosts could not be built: {}", said.lines().last().unwrap_or_default()));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let rows = text.lines().filter_map(|line| line.split_once(' '));
        Ok(rows.map(|(name, folder)| (name.to_owned(), PathBuf::from(folder))).collect())
    });
    layers.as_deref().map_err(String::as_str)
}

/// The host keys that a layer was built with.
fn pins(layer: &Path) -> Vec<PinnedKey> {
    let public_key = fs::read_to_string(layer.join("etc/ssh/ssh_host_ed25519_key.pub")).unwrap();
    vec![PinnedKey { algorithm: "ssh-ed25519".to_owned(), public_key }]
}
