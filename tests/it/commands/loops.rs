//! The ticked loop: one line in, one frame out, and nothing in between.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use hannun::commands::metrics::{Cpu, FRAME_END, parse_frame};
use hannun::commands::script::{Parameters, Privilege};
use hannun::commands::{Catalog, CommandType};

use super::shell::{Shell, envelope, is_installed, shells};
use crate::harness::skip::skip;

fn frames(out: &[u8]) -> usize {
    out.split(|byte| *byte == b'\n').filter(|line| *line == FRAME_END).count()
}

fn variant(name: &str) -> (String, String) {
    let variant =
        Catalog::built_in().variants(CommandType::SampleMetrics).find(|variant| variant.name == name).unwrap();
    (variant.script.to_string(), variant.format.to_string())
}

/// Ticks three times, waiting for each frame before the next tick, then ends the input.
fn three_frames(shell: &str, script: &str) -> Vec<Vec<u8>> {
    let mut running = Shell::start(shell, &envelope(script, &Parameters::default(), Privilege::None));
    running.wait_ready();
    for count in 1..=3 {
        running.write(b"\n");
        running.wait(|said| frames(&said.out) == count);
    }
    running.close();
    let (out, err, status) = running.finish();
    assert_eq!((String::from_utf8_lossy(&err).as_ref(), status), ("", 0), "{shell}");
    let mut frames = Vec::new();
    let mut frame = Vec::new();
    for line in out.split_inclusive(|byte| *byte == b'\n') {
        frame.extend_from_slice(line);
        if line.strip_suffix(b"\n") == Some(FRAME_END) {
            frames.push(std::mem::take(&mut frame));
        }
    }
    assert!(frame.is_empty(), "{shell}: {:?}", String::from_utf8_lossy(&frame));
    frames
}

fn assert_tells_of_this_machine(frames: &[Vec<u8>], format: &str, shell: &str) {
    let samples: Vec<_> = frames.iter().map(|frame| parse_frame(format, frame).unwrap()).collect();
    // The shell's loop tells these in one reading of ten seconds, and the first is one of them.
    let told = fs::read_to_string("/proc/pressure/memory").is_ok();
    assert_eq!(samples[0].pressure.and_then(|pressure| pressure.memory_full).is_some(), told, "{shell}");
    let swap = samples[0].memory.is_some_and(|memory| memory.swap_total > 0);
    assert_eq!(samples[0].swapped.is_some(), swap, "{shell}");
    assert!(samples.windows(2).all(|pair| pair[0].uptime_seconds <= pair[1].uptime_seconds), "{shell}");
    for (sample, frame) in samples.iter().zip(frames) {
        let Some(Cpu::Ticks(all)) = sample.cpu else { panic!("{shell}: no ticks") };
        let cores: u64 = sample.cores.iter().map(|core| core.idle).sum();
        assert!(!sample.cores.is_empty() && cores.abs_diff(all.idle) <= sample.cores.len() as u64, "{shell}");
        let memory = sample.memory.unwrap();
        assert!(memory.total >= memory.available && memory.available > 0, "{shell}");
        assert!(sample.interfaces.iter().all(|interface| interface.name != "lo"), "{shell}");
        assert!(sample.disks.iter().all(|disk| !disk.device.starts_with("loop")), "{shell}");
        assert!(
            frame.len() <= 800 + 60 * (sample.cores.len() + sample.interfaces.len() + sample.disks.len()),
            "{shell}"
        );
    }
}

#[test]
fn each_tick_gives_one_frame_in_every_shell() {
    let (script, format) = variant("loop-shell");
    for shell in shells("each_tick_gives_one_frame_in_every_shell") {
        let frames = three_frames(shell, &script);
        assert_eq!(frames.len(), 3, "{shell}");
        assert_tells_of_this_machine(&frames, &format, shell);
    }
}

#[test]
fn each_tick_gives_one_frame_in_one_awk() {
    for (program, name, called) in
        [("mawk", "loop-mawk", ""), ("busybox", "loop-awk", "busybox awk"), ("gawk", "loop-awk", "gawk")]
    {
        if !is_installed(program) {
            skip("each_tick_gives_one_frame_in_one_awk", &format!("{program} is not installed"));
            continue;
        }
        let (script, format) = variant(name);
        let script = if called.is_empty() { script } else { script.replace("exec awk", &format!("exec {called}")) };
        let frames = three_frames("dash", &script);
        assert_eq!(frames.len(), 3, "{program}");
        assert_tells_of_this_machine(&frames, &format, program);
    }
}

#[test]
fn the_probe_believes_an_awk_only_when_it_answers_at_once() {
    let probe = Catalog::built_in().variants(CommandType::DetectPlatform).next().unwrap().script.to_string();
    for (awk, believed) in
        [("#!/bin/sh\nexec cat\n", true), ("#!/bin/sh\nx=$(cat)\necho \"$x\"\n", false), ("#!/bin/sh\nexit 2\n", false)]
    {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("mawk");
        fs::write(&program, awk).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let sent = String::from_utf8(envelope(&probe, &Parameters::default(), Privilege::None)).unwrap();
        let sent = sent.replace("PATH=/usr/local/sbin", &format!("PATH={}:/usr/local/sbin", folder.path().display()));
        let (out, err, status) = Shell::start("dash", sent.as_bytes()).finish();
        let out = String::from_utf8_lossy(&out).into_owned();
        assert_eq!(out.contains("can\tmawk-ticks\n"), believed, "{awk}: {out}");
        assert_eq!((String::from_utf8_lossy(&err).as_ref(), status), ("", 0));
    }
}

/// Programs that answer as the manuals of FreeBSD and macOS say, in a folder before all others.
fn documented(system: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/commands/sample_metrics/");
    let text = fs::read_to_string(format!("{fixtures}{system}-documented.txt")).unwrap();
    for part in text.split("== ").skip(1) {
        let (program, answer) = part.split_once('\n').unwrap();
        let path = folder.path().join(program);
        fs::write(&path, format!("#!/bin/sh\ncat <<'END'\n{answer}END\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

#[test]
fn the_loops_for_freebsd_and_macos_read_what_their_manuals_say() {
    for system in ["freebsd", "macos"] {
        let folder = documented(system);
        let (script, format) = variant(&format!("loop-{system}"));
        let sent = String::from_utf8(envelope(&script, &Parameters::default(), Privilege::None)).unwrap();
        let sent = sent.replace("PATH=/usr/local/sbin", &format!("PATH={}:/usr/local/sbin", folder.path().display()));
        let mut running = Shell::start("dash", sent.as_bytes());
        running.wait_ready();
        running.write(b"\n");
        running.wait(|said| frames(&said.out) == 1);
        running.close();
        let (out, _, _) = running.finish();
        let sample =
            parse_frame(&format, &out).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)));
        super::fixtures::assert_same(&format!("sample_metrics__{system}-documented"), &format!("{sample:#?}"));
    }
}
