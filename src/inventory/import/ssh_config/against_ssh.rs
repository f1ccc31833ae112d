//! Our reading of `ssh_config`, held against `ssh -G` for every host of every fixture.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::blocks::Config;
use super::criteria::Criterion;
use super::resolve::Resolver;
use crate::inventory::import::{Entry, Files, Owner, Source};
use crate::language::Message;

/// `~/.ssh` is the folder.
struct Home<'a>(&'a Path);

impl Home<'_> {
    fn path(&self, path: &str) -> PathBuf {
        path.strip_prefix("~/").map_or_else(|| PathBuf::from(path), |inside| self.0.join(inside))
    }
}

impl Files for Home<'_> {
    fn read(&self, path: &str) -> Result<Option<String>, Message> {
        Ok(fs::read_to_string(self.path(path)).ok())
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, Message> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Ok(Vec::new()) };
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        Ok(names.into_iter().map(|name| Entry { name, is_folder: false }).collect())
    }
}

/// What `ssh -G` says under a keyword.
fn said<'t>(told: &'t str, keyword: &str) -> Vec<&'t str> {
    told.lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(name, _)| *name == keyword)
        .map(|(_, value)| value)
        .collect()
}

fn ssh(home: &Path, host: &str) -> String {
    let output = Command::new("ssh")
        .args(["-G", "-F"])
        .arg(home.join(".ssh/config"))
        .args(["--", host])
        .env("HOME", home)
        .output()
        .unwrap();
    assert!(output.status.success(), "{host}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Copies a fixture to where `ssh` accepts it: it refuses files that others may write.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

fn compare(fixture: &Path) -> usize {
    let home = tempfile::tempdir().unwrap();
    copy(fixture, &home.path().join(".ssh"));
    let text = fs::read_to_string(fixture.join("config")).unwrap();
    let user = said(&ssh(home.path(), "nobody.invalid"), "user").first().map(|user| (*user).to_owned());
    let owner = Owner { user: user.clone(), home: None };
    let config = Config::read(Source { name: "config", text: &text }, &Home(home.path()));
    assert_eq!(config.skipped, [], "{}", fixture.display());
    let mut resolver = Resolver::new(&config, &owner);
    let named: BTreeSet<&str> = config.blocks.iter().flat_map(|block| block.criterion.names()).collect();
    // Hosts that no line names meet the patterns only.
    let hosts = named.into_iter().chain(["other", "UPPER", "www.example.com", "new.corp.example.com", "10.0.0.1"]);
    let usual_keys: Vec<String> =
        said(&ssh(home.path(), "nobody.invalid"), "identityfile").into_iter().map(str::to_owned).collect();
    let mut compared = 0;
    for host in hosts {
        let told = ssh(home.path(), host);
        let ours = resolver.resolve(host).unwrap();
        let place = format!("{host} of {}", fixture.display());
        assert_eq!([ours.address.as_deref().unwrap()], *said(&told, "hostname"), "{place}");
        let port = ours.port.map_or("22", |setting| &setting.value);
        assert_eq!([port], *said(&told, "port"), "{place}");
        let ours_user = ours.user.map(|setting| setting.value.as_str()).or(user.as_deref());
        assert_eq!(ours_user.into_iter().collect::<Vec<_>>(), said(&told, "user"), "{place}");
        let keys: Vec<&str> = ours.key_files.iter().map(|setting| setting.value.as_str()).collect();
        let keys = if keys.is_empty() { usual_keys.iter().map(String::as_str).collect() } else { keys };
        assert_eq!(keys, said(&told, "identityfile"), "{place}");
        let (mut jump, mut command) = (Vec::new(), Vec::new());
        if let Some(setting) = ours.proxy.filter(|setting| !setting.value.eq_ignore_ascii_case("none")) {
            let jumps = setting.keyword == "proxyjump";
            if jumps { &mut jump } else { &mut command }.push(setting.value.as_str());
        }
        let without_brackets = |text: &str| text.replace(['[', ']'], "").replace("ssh://", "");
        let written = jump.iter().map(|jump| without_brackets(jump.split('#').next().unwrap().trim()));
        let told_jump = said(&told, "proxyjump").into_iter().map(without_brackets);
        assert_eq!(written.collect::<Vec<_>>(), told_jump.collect::<Vec<_>>(), "{place}");
        assert_eq!(command, said(&told, "proxycommand"), "{place}");
        compared += 1;
    }
    compared
}

#[test]
fn what_is_read_of_a_configuration_is_what_ssh_says() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import/ssh");
    let mut compared = 0;
    for entry in fs::read_dir(fixtures).unwrap() {
        compared += compare(&entry.unwrap().path());
    }
    assert!(compared >= 60, "only {compared} hosts");
}

#[test]
fn a_name_in_a_block_that_never_holds_is_no_server() {
    let text = "host a b\n  include inner\nhost c !c\n";
    let config = Config::read(Source { name: "config", text }, &crate::inventory::import::NoFiles);
    assert_eq!(config.skipped.len(), 1);
    assert!(matches!(config.blocks.last().unwrap().criterion, Criterion::Host(_)));
    let owner = Owner::default();
    let mut resolver = Resolver::new(&config, &owner);
    assert!(resolver.resolve("a").unwrap().is_named);
    assert!(!resolver.resolve("c").unwrap().is_named);
}
