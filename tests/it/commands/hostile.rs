//! A managed host answers what it likes: no reader panics, none guesses (X03).

use hannun::commands::CommandType;
use hannun::commands::metrics::parse_frame;
use proptest::prelude::*;

/// Reads `answer` by every reader: which of them took it.
fn readers_that_take(answer: &[u8]) -> Vec<String> {
    let mut taken = Vec::new();
    for command_type in CommandType::ALL {
        for format in command_type.formats() {
            let read = match command_type {
                CommandType::SampleMetrics => parse_frame(format, answer).map(|_| ()),
                other => other.preview(format, answer).map(|_| ()),
            };
            match read {
                Ok(()) => taken.push(format!("{} {format}", command_type.name())),
                Err(error) => assert!(error.sample.len() <= 3 * 1024, "the sample is bounded"),
            }
        }
    }
    taken
}

/// Pieces of real answers, with what makes them wrong.
const PIECES: &[&str] = &[
    "@ps\n",
    "@stat\n",
    "@df\n",
    "@mounts\n",
    "@inodes\n",
    "@users\n",
    "@sockets\n",
    "@root\n",
    "@tcp\n",
    "@udp\n",
    "@status\n",
    "@uptime\n",
    "@clock\n",
    "@now\n",
    "@boot\n",
    "@gone\n",
    "@started\n",
    "@environment\n",
    "@command\n",
    "@parents\n",
    "@links\n",
    "@limits\n",
    "@cgroup\n",
    "42\n",
    "S 1 7 7 0 -1 0 1 0 0 0 3 1 0 0 20 0 1 0 50 9 2 1 1\n",
    "Name:\tx\n",
    "Uid:\t0\t0\t0\t0\n",
    "/proc/7/fd:\n",
    "lrwx------ 1 0 0 64 Nov 28 22:00 3 -> /x\n",
    "Max open files            1024                 524288               files     \n",
    "0::/system.slice/x.service\n",
    "HOME=/\0",
    "tcp ESTAB 0 1 [::1]:22 [::1]:999 ino:1\n",
    "FRAME_END\n",
    "@file\tlive\t7\t90\t0\t90\t1795345732\n",
    "F\u{2}Nov 22 11:00:00 web sshd[1]: Failed password for root from 10.0.0.1 port 5 ssh2\u{3}\n",
    "@journal\tread\t0\n",
    "J{\"__CURSOR\":\"s=1\"}\n",
    "@wtmp\t7\t384\t0\t384\n",
    "R0700\n",
    "@end\n",
    "session\t7\t42\tb\troot\n",
    "u 1.5\n",
    "c 1 2 3 4 5 6 7 8\n",
    "m 1 2 - 4 5 6 7 8 9\n",
    "l 0.1 0.2 0.3\n",
    "d sda 1 2 3 4 5 6 7\n",
    "n eth0 1 2 3 4 5 6\n",
    "7 (a) R 1 (\nb) S 1 7 7 0 -1 0 1 0 0 0 3 1 0 0 20 0 1 0 50 9 2 1 1\n",
    " 7 1 root 0.0 0.1 4 S /bin/x y\n",
    "PID PPID USER RSS COMMAND\n",
    "/dev/sda1 / ext4 rw 0 0\n",
    "/dev/sda1 10 5 5 50% /\n",
    "10 5 5 3 1 /\n",
    "tcp LISTEN 0 1 [::]:22 *:* users:((\"a\",pid=1,fd=3)) ino:1\n",
    "tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN 1/a\n",
    "0: 0100007F:0016 00000000:0000 0A 0:0 0:0 0 33 0 7\n",
    "/proc/7/status:Uid:\t0\t0\t0\t0\n",
    "root:x:0:0:::\n",
    "p7\n",
    "f3\n",
    "n*:22\n",
    "PTCP\n",
    "system\tLinux\n",
    "can\tss\n",
    "\t",
    " ",
    "\n",
    "-",
    "-1",
    "1e309",
    "NaN",
    "18446744073709551616",
    "0",
    ":",
    "\0",
    "\r\n",
    "(",
    ")",
    "[",
    "]",
    "%",
    "=",
    "\"",
    "한",
    "users:((",
    "@apt\n",
    "@lists\n",
    "@dnf\n",
    "@updates\n",
    "@apk\n",
    "@pkg\n",
    "@zypper\n",
    "Inst a [1] (2 b [c])\n",
    "Remv a [1]\n",
    "(1/2) Installing a (1-r0)\n",
    "Installing:\n a b c d e\n",
    "ii \ta\t1\tall\t1\t1\t\t\tx\n",
    "P:a\nV:1\n",
    "Name : a\nVersion : 1\n",
    "2\0",
    "a/f/f/4/1.500000000/1.5000000000/644/7/1/root/root/\0",
    "./a\0\0./a/regular file/4/1/1/644/7/1/root/root/\n",
    "regular file/4/1/1/1/644/7/1/root/root\0\0/a\0f\0text\0",
    "7/1/1/4\n",
    ",pid=",
    ",fd=",
    " on ",
    " (ufs)\n",
    "@firewall\n",
    "@ufw\nStatus: active\n--\n",
    "22/tcp (v6) on eth0 ALLOW IN Anywhere (v6) # x\n",
    "@iptables\n*filter\n:INPUT DROP [0:0]\n",
    "-A INPUT ! -p tcp -m tcp --dport 22:21 -j ACCEPT\n",
    "@nft\n{\"nftables\": [",
    "{\"rule\": {\"family\": \"ip\", \"table\": \"a\", \"chain\": \"b\", \"expr\": [{\"vmap\": 1}]}}",
    "]}\n",
    "@firewalld\nrunning\n@default-zone\npublic\n@zones\npublic (active)\n",
    "  rich rules: \n\trule family=\"ipv4\" source NOT address=\"x\" port port=\"9-1\" drop\n",
    "rule\tINPUT\taccept\ttcp\t22\t10.0.0.0/8\n",
    "change\tx\tarmed\n",
    "port\topen\n",
    "@units\nId=a.service\nActiveState=failed\nNextElapseUSecMonotonic=5min\n",
    "@unit\n",
    "@ours\n",
    "@files\na.service enabled -\n",
    "Names=\"a\\\\x20b\n",
    "@services\nsshd\n",
    "sshd =  started 00:10 (0)\n",
    "@scripts\nssh\n [ + ]  ssh\n",
    "service\ta\t\tactive\n",
    "going-on\n",
    "@journal\n@newest-first\n",
    "{\"__CURSOR\":\"s=a\",\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":[1,255,null]}\n",
    "@file /var/log/x\n7:a\n8-b\n--\n",
    "boot\t0\ta4a5547ba66742a6b6a4b8f2f8132686\n",
    "growth\tsame\t7\t9\t4\t610a\t\t\t0\n",
    "growth\trotated\t7\t9\t4\t610a\t8\t9\t3\n",
    "certificate\tread\tDec 12 09:43:43 2026 GMT\n",
    "HTTP/1.1 200 OK\r\n\r\n",
    "\n@said curl 1.0 2.0\n",
    "\n@said wget 1.0 2.0\n  HTTP/1.1 404 No\n",
];

/// One of them, or any bytes.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => proptest::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ]
}

proptest! {
    // `PROPTEST_CASES` asks for more: script/torture does.
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(2000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn sec_x03_no_reader_panics_on_any_bytes(answer in proptest::collection::vec(any::<u8>(), 0..2000)) {
        readers_that_take(&answer);
    }

    #[test]
    fn sec_x03_no_reader_panics_on_pieces_of_real_answers(pieces in proptest::collection::vec(piece(), 0..30)) {
        readers_that_take(&pieces.concat());
    }
}

#[test]
fn sec_x03_what_is_no_answer_is_taken_for_none() {
    let columns = "1 ".repeat(1_000_000);
    let tabs = "1\t".repeat(1_000_000);
    let cases: &[&[u8]] = &[
        b"\xff\xfe\xfd",
        b"\0\0\0\0",
        b"1e309",
        b"-1 -1 -1 -1 -1 -1 -1",
        b"NaN NaN NaN",
        b"<html><body>404</body></html>",
        "ps: 명령을 찾을 수 없습니다\n".as_bytes(),
        b"bash: line 1: ss: command not found\n",
        columns.as_bytes(),
        tabs.as_bytes(),
    ];
    for case in cases {
        let taken = readers_that_take(case);
        assert!(taken.is_empty(), "{taken:?} took {:?}", String::from_utf8_lossy(&case[..case.len().min(80)]));
    }
}

#[test]
fn sec_x03_a_large_hostile_answer_is_refused_in_bounded_time() {
    let much = |piece: &str| piece.repeat((1 << 18) / piece.len());
    let before = processor_seconds();
    for piece in ["@stat\n", "@stat\n1\n", "7 (a\n", "\n", "(\"", "users:((\"", "1 2 3 4% / ", "{", "a\tb\tc\n"] {
        readers_that_take(much(piece).as_bytes());
        readers_that_take(format!("@ps\n{}", much(piece)).as_bytes());
        readers_that_take(format!("tcp LISTEN 0 1 [::]:22 *:* users:((\"{}", much(piece)).as_bytes());
        readers_that_take(format!("@mounts\n/dev/a / ext4 rw\n@df\n{}", much(piece)).as_bytes());
    }
    let taken = processor_seconds() - before;
    assert!(taken < 60, "it took {taken} s of processor time: something reads the same bytes again and again");
}

/// What this thread has used so far: not the clock's time, which other tests take away from us.
fn processor_seconds() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = |field: usize| fields[field - 3].parse::<u64>().unwrap();
    (ticks(14) + ticks(15)) / 100
}
