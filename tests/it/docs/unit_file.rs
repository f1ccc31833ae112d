//! The unit file is one that systemd takes, and as closed as `docs/security.md` says.

use std::process::Command;

use crate::harness::skip::skip;

const UNIT: &str = include_str!("../../../docs/hannun.service");

#[test]
fn systemd_takes_the_unit_file() {
    let test = "systemd_takes_the_unit_file";
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("hannun.service");
    std::fs::write(&unit, UNIT.replace("/usr/local/bin/hannun", env!("CARGO_BIN_EXE_hannun"))).unwrap();
    let Ok(output) = Command::new("systemd-analyze").arg("verify").arg(&unit).output() else {
        return skip(test, "systemd-analyze is not installed");
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Units of the machine itself are looked at too, and are none of ours.
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("hannun")).collect();
    assert!(output.status.success() && ours.is_empty(), "{said}");
}

#[test]
fn sec_s03_s08_the_service_has_an_account_of_its_own_no_core_dump_and_no_new_rights() {
    for line in [
        "User=hannun",
        "StateDirectoryMode=0700",
        "UMask=0077",
        "LimitCORE=0",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "ProtectSystem=strict",
        "MemoryDenyWriteExecute=yes",
        "#LoadCredential=hannun-key:/etc/hannun/secret.key",
    ] {
        assert!(UNIT.lines().any(|known| known == line), "{line}");
    }
}
