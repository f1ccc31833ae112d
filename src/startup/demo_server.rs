//! The demo's server: this machine, through a private `sshd` on loopback with generated keys.
//!
//! Its host key is read from the file, so it is pinned, not guessed.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::secret::SecretText;

/// A running private `sshd`, ended when this is dropped or when hannun dies.
pub struct DemoServer {
    sshd: Child,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// The account that it lets in: the one hannun runs as.
    pub user: String,
    /// The private key that it lets in.
    pub private_key: SecretText,
    /// The line of its public host key.
    pub host_key: String,
}

impl DemoServer {
    /// The port of the demo's server, where there was ever one in `data_dir`.
    pub fn port_of(data_dir: &Path) -> Option<u16> {
        fs::read_to_string(Self::folder(data_dir).join("port")).ok()?.trim().parse().ok()
    }

    /// Where keys, settings and log are.
    pub fn folder(data_dir: &Path) -> PathBuf {
        data_dir.join("demo")
    }

    /// Makes keys and settings in `folder` at the first start, then starts `sshd`.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let sshd = program("sshd").context(
            "The demo needs an OpenSSH server, which is not installed. Install it (apt-get install openssh-server) or start without --demo",
        )?;
        let user = current_user().context("This process runs as a user id without a name")?;
        prepare(folder)?;
        let port = kept_port(folder)?;
        let settings = folder.join("sshd_config");
        fs::write(&settings, settings_text(folder, port, &user))
            .context("The settings of the demo's sshd could not be written")?;
        let mut child = spawn(&sshd, &settings, &folder.join("sshd.log"))?;
        wait_for(port, &mut child, &folder.join("sshd.log"))?;
        let host_key =
            fs::read_to_string(folder.join("host_key.pub")).context("The demo's host key could not be read")?;
        let private_key = fs::read_to_string(folder.join("client_key")).context("The demo's key could not be read")?;
        Ok(Self { sshd: child, port, user, private_key: SecretText::new(private_key), host_key })
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        // The process may have ended already; there is nobody left to tell.
        drop(self.sshd.kill());
        drop(self.sshd.wait());
    }
}

/// The folder with its two key pairs and the list of keys that are let in.
fn prepare(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).context("The demo's folder could not be made")?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        .context("The demo's folder could not be made private")?;
    for name in ["host_key", "client_key"] {
        let key = folder.join(name);
        if !key.exists() {
            let status = Command::new(program("ssh-keygen").context("ssh-keygen is not installed")?)
                .args(["-q", "-t", "ed25519", "-N", "", "-C", "hannun-demo", "-f"])
                .arg(&key)
                .stdin(Stdio::null())
                .status()
                .context("ssh-keygen could not be started")?;
            if !status.success() {
                bail!("ssh-keygen could not make {}", key.display());
            }
        }
    }
    fs::copy(folder.join("client_key.pub"), folder.join("authorized_keys"))
        .context("The demo's key could not be let in")?;
    if is_root() {
        // Where sshd drops its privileges to; systems make it when their own sshd starts.
        fs::create_dir_all("/run/sshd").context("/run/sshd could not be made")?;
    }
    Ok(())
}

fn settings_text(folder: &Path, port: u16, user: &str) -> String {
    let folder = folder.display();
    // PAM lets in accounts whose password is locked, but only root's sshd can use it.
    let pam = if is_root() { "yes" } else { "no" };
    format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey \"{folder}/host_key\"\nAuthorizedKeysFile \"{folder}/authorized_keys\"\n\
         AllowUsers {user}\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         UsePAM {pam}\nStrictModes no\nPidFile none\nPrintMotd no\nUseDNS no\nAcceptEnv LANG\nSubsystem sftp internal-sftp\nLogLevel ERROR\n"
    )
}

/// Starts `sshd` from a thread that lives as long as it does: the kernel's "parent died" signal looks at the thread.
fn spawn(sshd: &Path, settings: &Path, log: &Path) -> anyhow::Result<Child> {
    let mut command = match program("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "TERM", "--"]).arg(sshd);
            command
        }
        None => Command::new(sshd),
    };
    let log = fs::File::create(log).context("The demo's log could not be made")?;
    command.args(["-D", "-e", "-f"]).arg(settings).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let (give, take) = std::sync::mpsc::sync_channel(1);
    thread::Builder::new().name("demo sshd".into()).spawn(move || {
        if give.send(command.spawn()).is_ok() {
            loop {
                thread::park();
            }
        }
    })?;
    take.recv().map_err(io::Error::other).and_then(|child| child).context("sshd could not be started")
}

fn wait_for(port: u16, child: &mut Child, log: &Path) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        let ended = child.try_wait()?.is_some();
        if ended || Instant::now() > deadline {
            bail!("The demo's sshd did not start: {}", fs::read_to_string(log).unwrap_or_default().trim());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// The port of the last start, so that the registered server stays true; another one where it is taken.
fn kept_port(folder: &Path) -> anyhow::Result<u16> {
    let file = folder.join("port");
    let kept = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse::<u16>().ok());
    let listener = kept
        .and_then(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok())
        .map_or_else(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)), Ok)
        .context("No port on 127.0.0.1 is free")?;
    let port = listener.local_addr()?.port();
    fs::write(file, port.to_string()).context("The demo's port could not be kept")?;
    Ok(port)
}

/// A program on the path, or where administrators' programs are.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

/// The name of the account that this process runs as, from `id`.
fn current_user() -> Option<String> {
    let output = Command::new("id").arg("-un").stdin(Stdio::null()).output().ok()?;
    let name = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!name.is_empty()).then_some(name)
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
