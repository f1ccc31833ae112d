//! The folders of the private server, whom they belong to, and how its programs get to see them.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result};
use crate::language::Message;

/// The private server's folder in the data directory.
pub(super) const HOME: &str = "postgres-private";

/// The account that PostgreSQL runs as when hannun is root: PostgreSQL refuses to be root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    uid: u32,
    gid: u32,
}

/// Where things are.
#[derive(Debug)]
pub(super) struct Folders {
    /// Holds the cluster's folder: `<data>/postgres-private`.
    home: PathBuf,
    /// Where the socket is: short enough for its 107 bytes, 0700.
    socket: PathBuf,
    /// Whom the programs run as; none: as we do.
    account: Option<Account>,
    /// Where `home` is shown to a program that could not get through the folders above it.
    view: Option<PathBuf>,
    /// Whether the socket's folder goes away with this value.
    ours: bool,
}

/// The data directory itself: others may pass through it, nobody may list it.
pub fn make_data_dir(path: &Path) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o711).create(path).map_err(|cause| data_dir_unusable(path, &cause))
}

/// Why nothing can be kept in the data directory, and what to do about it.
pub(super) fn data_dir_unusable(path: &Path, cause: &std::io::Error) -> Error {
    let cause = cause.to_string().to_lowercase();
    let cause = cause.split(" (os error").next().unwrap_or_default();
    let sentence = "The data directory {path} cannot be used: {cause}. Give it to the account that hannun runs as, or set HANNUN_DATA_DIR to another one";
    Error::Unavailable(Message::new(sentence).with("path", path.display()).with("cause", cause))
}

impl Folders {
    /// Makes what is missing and finds out whether the account can get there.
    pub(super) fn prepare(data_dir: &Path) -> Result<Self> {
        let data_dir = data_dir.canonicalize().map_err(|cause| unusable(data_dir, &cause))?;
        let account = account()?;
        let home = data_dir.join(HOME);
        private_folder(&home, account)?;
        let socket = socket_folder(&home, account)?;
        let mut folders = Self { home, socket, account, view: None, ours: true };
        // Where we are no root, its programs run as we do, and get where we get.
        if account.is_some() && !folders.can_be_reached() {
            folders.view = Some(view_of(&folders.home)?);
            if !folders.can_be_reached() {
                return Err(Error::Unavailable(
                    Message::new("PostgreSQL runs as an account that may not pass through the folders above {path}. Allow it (chmod o+x), or set HANNUN_DATA_DIR to another place")
                        .with("path", data_dir.display()),
                ));
            }
        }
        Ok(folders)
    }

    /// The same for somebody who only looks: the folders stay.
    pub(super) fn leave(mut self) -> Self {
        self.ours = false;
        self
    }

    /// The cluster, as we see it.
    pub(super) fn cluster(&self) -> PathBuf {
        self.home.join("cluster")
    }

    /// A half-made cluster, as we see it.
    pub(super) fn new_cluster(&self) -> PathBuf {
        self.home.join("cluster.new")
    }

    /// The server's log.
    pub(super) fn log(&self) -> PathBuf {
        self.home.join("postgres.log")
    }

    /// The socket's folder.
    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// `path` as a program of the account sees it.
    pub(super) fn seen(&self, path: &Path) -> PathBuf {
        match (&self.view, path.strip_prefix(&self.home)) {
            (Some(view), Ok(inside)) => view.join(inside),
            _ => path.to_owned(),
        }
    }

    /// Gives `path` to the account.
    pub(super) fn give(&self, path: &Path) -> Result<()> {
        match self.account {
            Some(account) => chown(path, Some(account.uid), Some(account.gid)).map_err(|cause| unusable(path, &cause)),
            None => Ok(()),
        }
    }

    /// The address of `database` for `role`. The socket's folder is percent-encoded, as libpq wants it. A user before an
    /// empty host is no URL to the queue's driver, so everything is a parameter; what is not named here, libpq would take
    /// from the environment (`PGPORT`, `PGSSLMODE`).
    pub(super) fn url(&self, role: &str, database: &str) -> String {
        let host: String = self
            .socket
            .to_string_lossy()
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect();
        format!("postgres:///{database}?host={host}&port=5432&user={role}&sslmode=disable")
    }

    /// A command that runs `program` as the account, in an empty environment, ended by `signal` when its starter dies.
    pub(super) fn command(&self, program: &Path, signal: &str) -> Command {
        let setpriv = Path::new("/usr/bin/setpriv");
        let mut words: Vec<PathBuf> = Vec::new();
        let mut drop_by_hand = self.account;
        if let Some(view) = &self.view {
            // A mount that only this program sees; root's rights end right after it.
            let script = "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"";
            words.extend(
                ["/usr/bin/unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-c", script, "sh"]
                    .map(PathBuf::from),
            );
            words.extend([self.home.clone(), view.clone()]);
        }
        if setpriv.is_file() {
            words.extend([setpriv.to_owned(), "--pdeathsig".into(), signal.into()]);
            if let (Some(account), true) = (self.account, self.view.is_some()) {
                words.extend([
                    format!("--reuid={}", account.uid).into(),
                    format!("--regid={}", account.gid).into(),
                    "--clear-groups".into(),
                ]);
                drop_by_hand = None;
            }
            words.push("--".into());
            // The signal is for the parent's death from now on; a parent that died before is another one by now.
            let script = "[ \"$PPID\" = \"$1\" ] && shift && exec \"$@\"";
            words.extend(["/bin/sh", "-c", script, "sh"].map(PathBuf::from));
            words.push(std::process::id().to_string().into());
        }
        words.push(program.to_owned());
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).env_clear().env("LC_ALL", "C.UTF-8").current_dir("/").stdin(Stdio::null()).process_group(0);
        if let Some(account) = drop_by_hand {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    fn can_be_reached(&self) -> bool {
        let mut command = self.command(Path::new("/usr/bin/test"), "TERM");
        command.arg("-w").arg(self.seen(&self.home)).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

/// `postgres`, else `nobody`, when we are root.
fn account() -> Result<Option<Account>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == name).then_some(())?;
            let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            Some(Account { uid, gid })
        })
    };
    let found = find("postgres").or_else(|| find("nobody"));
    found.map(Some).ok_or_else(|| {
        Error::Unavailable(Message::new(
            "hannun runs as root, PostgreSQL must not, and there is no account postgres or nobody for it",
        ))
    })
}

/// A folder that only its owner may enter.
fn private_folder(path: &Path, account: Option<Account>) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|cause| unusable(path, &cause))?;
    let owner = account.map_or_else(|| rustix::process::geteuid().as_raw(), |account| account.uid);
    // Somebody else's folder or link in a shared place must not be taken for ours.
    let found = fs::symlink_metadata(path).map_err(|cause| unusable(path, &cause))?;
    let ours = found.is_dir() && (found.uid() == owner || (account.is_some() && found.uid() == 0));
    if !ours {
        let sentence = "{path} belongs to another account. Run hannun as the account that owns it, or set HANNUN_DATA_DIR to another directory";
        return Err(Error::Unavailable(Message::new(sentence).with("path", path.display())));
    }
    if let Some(account) = account {
        chown(path, Some(account.uid), Some(account.gid)).map_err(|cause| unusable(path, &cause))?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(|cause| unusable(path, &cause))
}

/// The folder of the socket, the same at each start: beside the cluster, or where that path is too long for a socket
/// (107 bytes, with its lock file's name), a short one elsewhere.
fn socket_folder(home: &Path, account: Option<Account>) -> Result<PathBuf> {
    let beside = home.join("socket");
    if beside.join(".s.PGSQL.5432.lock").as_os_str().len() <= 107 {
        private_folder(&beside, account)?;
        return Ok(beside);
    }
    let name = format!("hannun-{:016x}", hash(home));
    let user = rustix::process::geteuid().as_raw();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir());
    let folder = match (account, runtime) {
        (Some(_), _) => Path::new("/run").join(name),
        (None, Some(runtime)) if runtime.as_os_str().len() < 60 => runtime.join(name),
        (None, _) => PathBuf::from(format!("/tmp/{name}-{user}")),
    };
    private_folder(&folder, account)?;
    Ok(folder)
}

/// An empty folder that anybody can get to, over which `home` is mounted for the server's eyes alone.
fn view_of(home: &Path) -> Result<PathBuf> {
    let view = Path::new("/run").join(format!("hannun-{:016x}-view", hash(home)));
    fs::DirBuilder::new().recursive(true).mode(0o755).create(&view).map_err(|cause| unusable(&view, &cause))?;
    Ok(view)
}

fn hash(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

pub(super) fn unusable(path: &Path, cause: &std::io::Error) -> Error {
    Error::Unavailable(Message::new("{path} cannot be used: {cause}").with("path", path.display()).with("cause", cause))
}

impl Drop for Folders {
    fn drop(&mut self) {
        if !self.ours {
            return;
        }
        // Both are empty once the server has stopped; one that is not stays for the next start.
        drop(fs::remove_dir(&self.socket));
        if let Some(view) = &self.view {
            drop(fs::remove_dir(view));
        }
    }
}
