//! F09: somebody who puts another file in the place of the one that is to be installed, as fast as they can, while it is
//! copied: whatever they hit, what root runs is what was sent or nothing.

use std::time::{Duration, Instant};

use bytes::Bytes;
use hannun::commands::script::Parameters;
use hannun::error::Error;
use hannun::remote::detached::{Job, Placed};
use hannun::remote::host::Host;
use sha2::{Digest, Sha256};

use super::{Stage, by_a_stranger, host};
use crate::harness::hosts::{Kind, TestHost};

/// Swaps that are tried at least, by both together.
const TRIES: u64 = 4_000;
/// Rounds at least: each places a file, copies it, and runs it.
const ROUNDS: u32 = 25;
const PATIENCE: Duration = Duration::from_mins(2);

/// Puts another file in the place of each that is to be installed, and back, without a pause; counts what it tried.
const SWAP: &str = r#"cd /var/tmp/swaps && mkdir "$(id -un)" && cd "$(id -un)" || exit
    head -c 2000000 /dev/zero | tr "\0" "e" >evil
    tries=0
    while [ ! -e /var/tmp/swaps/stop ]; do
        for folder in /var/tmp/hannun-file-* /var/tmp/hannun-run-*; do
            [ -d "$folder" ] || continue
            tries=$((tries + 4))
            # The one that was sent is kept, to be put back.
            if [ "$(head -c 1 "$folder/file")" = g ]; then ln -f "$folder/file" good; fi
            ln -f evil bad && mv -f bad "$folder/file"
            ln -f good back && mv -f back "$folder/file"
            ln -sf "$PWD/evil" "$folder/link" && mv -f "$folder/link" "$folder/file"
            ln -f good back && mv -f back "$folder/file"
            mv "$folder" "$folder.away" && ln -s "$PWD" "$folder" && rm "$folder" && mv "$folder.away" "$folder"
            cat evil >"$folder/given"
            cat evil >"$folder/job"
        done 2>/dev/null
        echo "$tries" >new && mv new tries
    done"#;

fn tries(system: &TestHost) -> u64 {
    let told = system.run("cat /var/tmp/swaps/*/tries 2>/dev/null || true");
    told.split_whitespace().map(|count| count.parse::<u64>().unwrap()).sum()
}

/// One installation, whose job notes what it was given.
async fn install(host: &Host, system: &TestHost, round: u32, content: &[u8], digest: &str) -> Result<(), Error> {
    let (place, file_place) = (format!("{round:032x}"), format!("{:032x}", u64::from(round) + (1 << 40)));
    let mut placing = host.place(&file_place, content.len() as u64).await?;
    for piece in content.chunks(64 << 10) {
        placing.give(Bytes::copy_from_slice(piece)).await?;
    }
    placing.finish().await?;
    let job = Job {
        name: "test",
        script: "sha256sum <\"$file\" >>/root/given",
        parameters: Parameters::default(),
        place: &place,
        run_as: "deploy",
        as_root: true,
        file: Some(Placed { place: &file_place, name: "given", digest }),
    };
    let outcome = host.start(&job).await;
    if outcome.is_ok() {
        let end = Instant::now() + Duration::from_secs(20);
        let ended = format!("[ ! -e /var/tmp/hannun-run-{place}/status ] || echo ended");
        while system.run(&ended).is_empty() {
            assert!(Instant::now() < end, "round {round} does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    outcome
}

#[actix_web::test]
async fn sec_f09_of_thousands_of_swaps_while_files_are_copied_none_is_installed() {
    let test = "sec_f09_of_thousands_of_swaps_while_files_are_copied_none_is_installed";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let host = host(&stage).await;
    let content = vec![b'g'; 2_000_000];
    let digest = hex::encode(Sha256::digest(&content));
    system.run("mkdir -m 1777 /var/tmp/swaps");
    // Whoever signs in, who owns the folder of the file, and somebody who is nobody special.
    system.run(&format!("cat >/var/tmp/swaps/swap <<'END'\n{SWAP}\nEND\nchmod 755 /var/tmp/swaps/swap"));
    by_a_stranger(&system, "setsid /bin/sh /var/tmp/swaps/swap </dev/null >/dev/null 2>&1 &");
    system.run("runuser -u deploy -- /bin/sh -c 'setsid /bin/sh /var/tmp/swaps/swap </dev/null >/dev/null 2>&1 &'");
    let (mut installed, mut refused, began) = (0_u32, 0_u32, Instant::now());
    let mut round = 0;
    while round < ROUNDS || tries(&system) < TRIES || installed == 0 || refused == 0 {
        assert!(began.elapsed() < PATIENCE, "{installed} installed, {refused} refused, {} tries", tries(&system));
        round += 1;
        match install(&host, &system, round, &content, &digest).await {
            Ok(()) => installed += 1,
            Err(Error::Remote(error)) if error.evidence().contains("not the one that was sent") => refused += 1,
            // What was swapped while it was on its way did not arrive, or was not there.
            Err(_) => {}
        }
        // While they go on, it need not succeed at once.
        system.run("rm -rf /var/tmp/hannun-* 2>/dev/null || true");
    }
    system.run("touch /var/tmp/swaps/stop");
    let given = system.run("cat /root/given");
    let given: Vec<&str> = given.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(given, vec![digest.as_str(); installed as usize], "{refused} were refused");
    stage.leave().await;
}
