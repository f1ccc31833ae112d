//! F05: a file of more than 2^32 bytes, and no more memory for it than for a small one.

use std::time::Duration;

use futures_util::StreamExt;
use hannun::commands::Acting;
use hannun::commands::files::{Part as End, ReadFile};
use hannun::transfers::{self, Part, Wanted};

use super::systems::{Scene, at};
use super::terms;
use crate::harness::hosts::Kind;

const BORDER: u64 = 1 << 32;

/// 4 GiB and sixteen bytes, of which nearly all are a hole.
const BIG: &str = "cd /srv/files && printf 'BEFORE|AFTER|...the end' |
    dd of=big bs=1 seek=4294967289 conv=notrunc 2>/dev/null && chown deploy big";

async fn part(scene: &Scene, part: Part) -> Vec<u8> {
    let (wanted, place) = (Some(Wanted { part, if_still: None }), (at("big"), Acting::User));
    let terms = terms(&scene.host, Duration::from_secs(30));
    let download = transfers::file(&scene.host, place, wanted, terms).await.unwrap();
    let pieces: Vec<_> = download.content.map(Result::unwrap).collect().await;
    pieces.concat()
}

/// What this process holds, bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[tokio::test]
async fn sec_f05_a_file_beyond_4_gib_is_listed_viewed_and_read_around_the_border() {
    for kind in [Kind::Debian, Kind::BusyBox] {
        let test = "sec_f05_a_file_beyond_4_gib_is_listed_viewed_and_read_around_the_border";
        let Some(scene) = Scene::of(kind, test).await else { return };
        scene.system.run(BIG);
        let size = BORDER + 16;
        assert_eq!(scene.entries().await[0].seen.size, size, "{kind:?}");
        let tail = ReadFile { path: at("big"), part: End::Tail, acting: Acting::User };
        let answer = scene.host.read(tail).await.unwrap().value;
        assert_eq!((answer.seen.size, answer.bytes.len()), (size, 256 << 10), "{kind:?}");
        assert!(answer.bytes.ends_with(b"BEFORE|AFTER|...the end"), "{kind:?}");
        for (wanted, bytes) in [
            (Part::From(BORDER - 7, Some(BORDER - 1)), &b"BEFORE|"[..]),
            (Part::From(BORDER, Some(BORDER + 5)), b"AFTER|"),
            (Part::From(BORDER - 1, Some(BORDER)), b"|A"),
            (Part::From(BORDER + 9, None), b"the end"),
            (Part::Last(7), b"the end"),
        ] {
            assert_eq!(part(&scene, wanted).await, bytes, "{kind:?} {wanted:?}");
        }
    }
}

#[tokio::test]
async fn sec_f05_what_is_read_of_a_big_file_does_not_stay_in_memory() {
    let test = "sec_f05_what_is_read_of_a_big_file_does_not_stay_in_memory";
    let Some(scene) = Scene::of(Kind::Debian, test).await else { return };
    scene.system.run(BIG);
    let length: u64 = 48 << 20;
    let mut least = u64::MAX;
    // Others use memory beside it: of a few tries the best counts.
    for _ in 0..4 {
        let wanted = Some(Wanted { part: Part::From(BORDER - length, Some(BORDER - 1)), if_still: None });
        let terms = terms(&scene.host, Duration::from_secs(30));
        let download = transfers::file(&scene.host, (at("big"), Acting::User), wanted, terms).await.unwrap();
        let (before, mut most, mut came) = (resident(), 0, 0);
        let mut content = std::pin::pin!(download.content);
        while let Some(piece) = content.next().await {
            came += piece.unwrap().len() as u64;
            most = most.max(resident().saturating_sub(before));
        }
        assert_eq!(came, length);
        least = least.min(most);
    }
    assert!(least < length / 3, "{least} bytes more for {length}");
}
