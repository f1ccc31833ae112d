//! The table of mounts: which of them people want to see.

use std::collections::BTreeMap;

use crate::commands::text;

/// One mount, as bytes, so that it can be found again in what `df` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) device: Vec<u8>,
    pub(super) target: Vec<u8>,
    pub(super) kind: Vec<u8>,
}

/// Kinds that hold no files of people, or only files of another filesystem in this table (facts 5.6).
const PSEUDO: &[&str] = &[
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fdescfs",
    "fuse.gvfsd-fuse",
    "fuse.lxcfs",
    "fuse.portal",
    "fuse.snapfuse",
    "fusectl",
    "hugetlbfs",
    "linprocfs",
    "linsysfs",
    "mqueue",
    "nsfs",
    "nullfs",
    "overlay",
    "proc",
    "procfs",
    "pstore",
    "ramfs",
    "rootfs",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tmpfs",
    "tracefs",
];

/// Those that people want to see: no pseudo filesystem but a root that is one (a container's), and each device once, at a
/// place that `is_measured` knows of, if there is one.
pub(super) fn wanted(mounts: &[Mount], is_measured: impl Fn(&[u8]) -> bool) -> Vec<&Mount> {
    let mut by_target: BTreeMap<&[u8], (usize, &Mount)> = BTreeMap::new();
    for (order, mount) in mounts.iter().enumerate() {
        // A later mount hides an earlier one at the same place.
        by_target.insert(&mount.target, (order, mount));
    }
    let mut by_device: BTreeMap<&[u8], (usize, &Mount)> = BTreeMap::new();
    for (target, (order, mount)) in by_target {
        if is_pseudo(mount) {
            continue;
        }
        // A bind mount shows the same device at another path; without a device, each place counts by itself.
        let key = if is_device(&mount.device) { &*mount.device } else { target };
        let rank = |mount: &Mount| (!is_measured(&mount.target), mount.target.len());
        match by_device.get(key) {
            Some((_, known)) if rank(known) <= rank(mount) => {}
            _ => _ = by_device.insert(key, (order, mount)),
        }
    }
    let mut wanted: Vec<_> = by_device.into_values().collect();
    wanted.sort_by_key(|(order, _)| *order);
    wanted.into_iter().map(|(_, mount)| mount).collect()
}

fn is_pseudo(mount: &Mount) -> bool {
    let listed = PSEUDO.iter().any(|kind| kind.as_bytes() == mount.kind);
    // Apple's volumes of one container: the system's own, of the same size as the one that holds people's files.
    let apple = mount.target.starts_with(b"/System/Volumes/") && mount.target != b"/System/Volumes/Data";
    apple || (listed && mount.target != b"/")
}

fn is_device(device: &[u8]) -> bool {
    device.starts_with(b"/") || device.windows(2).any(|pair| pair == b":/")
}

/// A line of `/proc/self/mounts`: `device target kind …`, with blanks and backslashes as `\040`.
pub(super) fn of_linux(line: &[u8]) -> Option<Mount> {
    let ([device, target, kind], _) = text::first_words(line)?;
    Some(Mount { device: unescaped(device), target: unescaped(target), kind: kind.to_vec() })
}

fn unescaped(word: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let octal = match (first, after) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..]) => {
                rest = tail;
                Some((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'))
            }
            _ => None,
        };
        text.push(octal.unwrap_or(*first));
    }
    text
}

/// A line of `mount` on FreeBSD or macOS: `/dev/ada0p2 on / (ufs, local, journaled soft-updates)`.
pub(super) fn of_bsd(line: &[u8]) -> Option<Mount> {
    let bracket = line.windows(2).rposition(|pair| pair == b" (")?;
    let (place, options) = line.split_at_checked(bracket)?;
    let on = place.windows(4).position(|window| window == b" on ")?;
    let kind: Vec<u8> = options.iter().skip(2).copied().take_while(|byte| !matches!(byte, b',' | b')')).collect();
    let (device, target) = place.split_at_checked(on)?;
    Some(Mount { device: device.to_vec(), target: target.get(4..)?.to_vec(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(table: &str) -> Vec<String> {
        let mounts: Vec<_> = table.lines().filter_map(|line| of_linux(line.as_bytes())).collect();
        let wanted = wanted(&mounts, |_| true);
        wanted.into_iter().map(|mount| String::from_utf8(mount.target.clone()).unwrap()).collect()
    }

    #[test]
    fn each_device_is_shown_once_where_its_path_is_shortest() {
        assert_eq!(
            targets("/dev/sda1 /srv/bind ext4 rw\n/dev/sda1 / ext4 rw\n/dev/sdb1 /srv ext4 rw\n"),
            ["/", "/srv"]
        );
    }

    #[test]
    fn pseudo_filesystems_are_not_shown_but_a_container_s_root_is() {
        assert_eq!(targets("overlay / overlay rw\ntmpfs /run tmpfs rw\noverlay /var/lib/docker/x overlay rw\n"), ["/"]);
    }

    #[test]
    fn what_is_mounted_over_another_hides_it() {
        assert_eq!(targets("/dev/sda1 /mnt ext4 rw\ntmpfs /mnt tmpfs rw\n"), Vec::<String>::new());
    }

    #[test]
    fn blanks_in_names_are_escaped_by_the_kernel() {
        assert_eq!(targets("//nas/my\\040share /mnt/a\\040b\\134c cifs rw\n"), ["/mnt/a b\\c"]);
        assert_eq!(unescaped(b"a\\9\\04"), b"a\\9\\04");
    }

    #[test]
    fn a_bsd_mount_may_have_blanks_and_brackets() {
        let mount = of_bsd(b"//me@nas/a b on /Volumes/a (b) (smbfs, nodev, nosuid)").unwrap();
        assert_eq!(mount.target, b"/Volumes/a (b)");
        assert_eq!(mount.kind, b"smbfs");
        assert_eq!(of_bsd(b"nothing"), None);
    }
}
