//! Whole systems to sign in to, in namespaces of their own: `tests/hosts` says what each is made of.
//!
//! They are real: systemd, apt and dnf, firewalld, ufw and nft answer there as they do on a server, and what is changed
//! there is gone with the host. Root alone can make them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Debian => "debian",
            Self::Rpm => "rpm",
            Self::BusyBox => "busybox",
            Self::Coreutils => "coreutils",
        }
    }
}

/// A running host, ended with everything in it when it is dropped.
pub(crate) struct TestHost {
    child: Child,
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
        let folder = TempDir::with_prefix("hannun-host-").unwrap();
        let mut child = Command::new(scripts().join("start"))
            .args([Path::new(kind.name()), layer, folder.path()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("address ").unwrap_or_default().to_owned();
        let host = Self { child, pins: pins(layer), address, folder };
        assert!(!host.address.is_empty(), "no test host: {}", host.console());
        host.wait();
        Some(host)
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        let ready =
            || std::net::TcpStream::connect_timeout(&format!("{}:22", self.address).parse().unwrap(), SOON).is_ok();
        while !ready() {
            assert!(Instant::now() < deadline, "the test host does not answer: {}", self.console());
            std::thread::sleep(Duration::from_millis(20));
        }
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
        let output = Command::new(scripts().join("build")).output().map_err(|error| error.to_string())?;
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
