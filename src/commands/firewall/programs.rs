//! Tables and chains that other programs fill and empty: hannun shows them, and leaves them to those programs.

use super::{Owner, Place};

/// How their names begin.
const BEGINNINGS: [&str; 26] = [
    "CILIUM",
    "CNI-",
    "CROWDSEC",
    "DOCKER",
    "FLANNEL",
    "KUBE",
    "LIBVIRT_",
    "NETAVARK",
    "cali",
    "cilium",
    "cni",
    "crowdsec",
    "docker",
    "f2b-",
    "firewalld",
    "flannel",
    "fw4",
    "incus",
    "kube-",
    "libvirt",
    "lxd",
    "netavark",
    "podman",
    "sshguard",
    "ts-",
    "ufw",
];

impl Place {
    /// Whether another program fills and empties it, by the name of its table or of its chain.
    pub fn is_of_a_program(&self) -> bool {
        let of_a_program = |word: &str| BEGINNINGS.iter().any(|beginning| word.starts_with(beginning));
        self.kind == "chain" && self.name.split(' ').skip(1).any(of_a_program)
    }

    /// Whether it is in the table that firewalld gave to nft: its zones say the same in its own words.
    pub(super) fn is_firewalld(&self) -> bool {
        self.held_by == Owner::Nft && self.name.split(' ').nth(1) == Some("firewalld")
    }
}
