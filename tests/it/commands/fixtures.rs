//! Every parser reads what every system answered, and reads the same as before.
//!
//! `…-standin` was taken from, or put together from, a Debian that plays that system; `…-documented` was written from its
//! manuals. The others are what the catalogue's script printed on a real one.

use std::fs;
use std::path::Path;

use chrono::DateTime;
use hannun::commands::accounts::Accounts;
use hannun::commands::accounts::change::{ChangeKeys, EndKeyChange, KeyPlace, ReadKeyChange};
use hannun::commands::certificate::ReadCertificate;
use hannun::commands::directories::MeasureDirectories;
use hannun::commands::files::growth;
use hannun::commands::files::{DescribeFile, FilePath, ListDirectory, MakeDirectory, Part, ReadFile, ReadGrowth};
use hannun::commands::firewall::Firewall;
use hannun::commands::guarded_change::{ChangeReport, Ending};
use hannun::commands::logins::place::Place;
use hannun::commands::processes::environment::Variable;
use hannun::commands::run_command::RunCommand;
use hannun::commands::url_request::{RequestUrl, WebUrl};
use hannun::commands::{
    Acting, Catalog, Command, CommandType, DetectPlatform, EndSession, ListAccounts, ListConnections, ListCron,
    ListCronRuns, ListFilesystems, ListInhibitors, ListProcesses, ListSessions, ListSockets, Platform, ProbePort,
    ReadBoot, ReadEnvironment, ReadFirewall, ReadFirewallChange, ReadLogins, ReadProcess, RestartServer, SampleMetrics,
    Signal, SignalProcess, SocketList, Started,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/commands");

/// Fixture → format.
const FIXTURES: &[(CommandType, &str, &str)] = &[
    (CommandType::DetectPlatform, "debian-12", "table"),
    (CommandType::DetectPlatform, "debian-13", "table"),
    (CommandType::DetectPlatform, "el9-standin", "table"),
    (CommandType::DetectPlatform, "busybox-standin", "table"),
    (CommandType::SampleMetrics, "debian-12", "linux-frame"),
    (CommandType::SampleMetrics, "busybox-standin", "linux-frame"),
    (CommandType::SampleMetrics, "table", "table"),
    (CommandType::ListFilesystems, "debian-12", "df-gnu"),
    (CommandType::ListFilesystems, "debian-12-posix", "df-linux"),
    (CommandType::ListFilesystems, "debian-13", "df-linux"),
    (CommandType::ListFilesystems, "el9-standin", "df-linux"),
    (CommandType::ListFilesystems, "busybox-standin", "df-linux"),
    (CommandType::ListFilesystems, "freebsd-documented", "df-bsd"),
    (CommandType::ListFilesystems, "macos-documented", "df-bsd"),
    (CommandType::ListFilesystems, "table", "table"),
    (CommandType::ListProcesses, "debian-12", "ps-procps"),
    (CommandType::ListProcesses, "debian-12-proc-stat", "proc-stat"),
    (CommandType::ListProcesses, "debian-13", "ps-procps"),
    (CommandType::ListProcesses, "el9-standin", "ps-procps"),
    (CommandType::ListProcesses, "busybox-standin", "ps-busybox"),
    (CommandType::ListProcesses, "busybox-standin-proc-stat", "proc-stat"),
    (CommandType::ListProcesses, "freebsd-documented", "ps-bsd"),
    (CommandType::ListProcesses, "macos-documented", "ps-bsd"),
    (CommandType::ListProcesses, "table", "table"),
    (CommandType::ListSockets, "debian-12", "ss"),
    (CommandType::ListSockets, "debian-12-not-root", "ss"),
    (CommandType::ListSockets, "debian-12-netstat", "netstat"),
    (CommandType::ListSockets, "debian-12-netstat-not-root", "netstat"),
    (CommandType::ListSockets, "debian-13", "ss"),
    (CommandType::ListSockets, "el9-standin", "ss"),
    (CommandType::ListSockets, "busybox-standin-proc-net", "proc-net"),
    (CommandType::ListSockets, "freebsd-documented", "sockstat"),
    (CommandType::ListSockets, "macos-documented", "lsof"),
    (CommandType::ListSockets, "table", "table"),
    (CommandType::MeasureDirectories, "debian-12", "du"),
    (CommandType::MeasureDirectories, "busybox-standin", "du"),
    (CommandType::MeasureDirectories, "table", "table"),
    (CommandType::ReadProcess, "debian-12", "proc"),
    (CommandType::ReadProcess, "debian-12-not-root", "proc"),
    (CommandType::ReadProcess, "busybox-standin", "proc"),
    (CommandType::ReadProcess, "table", "table"),
    (CommandType::ReadEnvironment, "debian-12", "environ"),
    (CommandType::ReadEnvironment, "table", "table"),
    (CommandType::SignalProcess, "table", "table"),
    (CommandType::ListConnections, "debian-12", "ss"),
    (CommandType::ListConnections, "debian-12-netstat", "netstat"),
    (CommandType::ListConnections, "busybox-standin-proc-net", "proc-net"),
    (CommandType::ListConnections, "freebsd-documented", "sockstat"),
    (CommandType::ListConnections, "macos-documented", "lsof"),
    (CommandType::ListConnections, "table", "table"),
    (CommandType::ReadLogins, "debian-13-standin", "logins"),
    (CommandType::ReadLogins, "debian-12-journal", "logins"),
    (CommandType::ReadLogins, "debian-12-auth-log", "logins"),
    (CommandType::ReadLogins, "busybox-standin-messages", "logins"),
    (CommandType::ReadLogins, "table", "table"),
    (CommandType::ListSessions, "debian-12", "table"),
    (CommandType::EndSession, "table", "table"),
    (CommandType::ReadFirewall, "debian-12-ufw", "linux"),
    (CommandType::ReadFirewall, "debian-12-nft", "linux"),
    (CommandType::ReadFirewall, "debian-12-iptables", "linux"),
    (CommandType::ReadFirewall, "debian-12-none", "linux"),
    (CommandType::ReadFirewall, "debian-12-not-root", "linux"),
    (CommandType::ReadFirewall, "el9-standin-firewalld", "linux"),
    (CommandType::ReadFirewall, "busybox-standin-no-tool", "linux"),
    (CommandType::ReadFirewall, "freebsd-documented", "pf"),
    (CommandType::ReadFirewall, "freebsd-documented-ipfilter", "pf"),
    (CommandType::ReadFirewall, "macos-documented", "pf"),
    (CommandType::ReadFirewall, "macos-documented-block-all", "pf"),
    (CommandType::ReadFirewall, "table", "table"),
    (CommandType::ChangeFirewall, "table", "table"),
    (CommandType::EndFirewallChange, "table", "table"),
    (CommandType::ReadFirewallChange, "table", "table"),
    (CommandType::ProbePort, "table", "table"),
    (CommandType::ListDirectory, "debian-12", "files-find"),
    (CommandType::ListDirectory, "debian-12-stat", "files-stat"),
    (CommandType::ListDirectory, "busybox-standin", "files-stat"),
    (CommandType::ListDirectory, "freebsd-documented", "files-stat"),
    (CommandType::ListDirectory, "table", "table"),
    (CommandType::DescribeFile, "debian-12", "file-details"),
    (CommandType::DescribeFile, "busybox-standin", "file-details"),
    (CommandType::DescribeFile, "freebsd-documented", "file-details"),
    (CommandType::DescribeFile, "macos-documented", "file-details"),
    (CommandType::ReadFile, "debian-12", "file-text"),
    (CommandType::ReadFile, "busybox-standin", "file-text"),
    (CommandType::ReadFile, "freebsd-documented", "file-text"),
    (CommandType::FollowFile, "nothing-left", "content"),
    (CommandType::RunCommand, "nothing-left", "content"),
    (CommandType::DownloadFile, "nothing-left", "file-content"),
    (CommandType::ArchiveDirectory, "nothing-left", "content"),
    (CommandType::WriteFile, "nothing-said", "nothing"),
    (CommandType::MakeDirectory, "nothing-said", "nothing"),
    (CommandType::MoveFile, "nothing-said", "nothing"),
    (CommandType::DeleteFile, "nothing-said", "nothing"),
    (CommandType::SetFileMode, "nothing-said", "nothing"),
    (CommandType::SetFileOwner, "nothing-said", "nothing"),
    (CommandType::ListCron, "debian-12", "timetables"),
    (CommandType::ListCron, "debian-12-not-root", "timetables"),
    (CommandType::ListCron, "el9-standin", "timetables"),
    (CommandType::ListCron, "busybox-standin", "timetables"),
    (CommandType::ReplaceCrontab, "nothing-said", "nothing"),
    (CommandType::RunCronLine, "nothing-said", "nothing"),
    (CommandType::ListCronRuns, "debian-12", "cron-log"),
    (CommandType::ListAccounts, "debian-12", "accounts"),
    (CommandType::ListAccounts, "el9-standin", "accounts"),
    (CommandType::ListAccounts, "busybox-standin", "accounts"),
    (CommandType::ChangeKeys, "table", "table"),
    (CommandType::EndKeyChange, "table", "table"),
    (CommandType::ReadKeyChange, "table", "table"),
    (CommandType::ListCronRuns, "el9-standin", "cron-log"),
    (CommandType::ListCronRuns, "busybox-standin", "cron-log"),
    (CommandType::ReadBoot, "debian-12", "table"),
    (CommandType::ListInhibitors, "debian-12", "table"),
    (CommandType::RestartServer, "debian-12", "table"),
    (CommandType::ShutDownServer, "debian-12", "table"),
    (CommandType::ReadGrowth, "debian-12", "growth"),
    (CommandType::ReadGrowth, "debian-12-first", "growth"),
    (CommandType::ReadCertificate, "debian-12", "table"),
    (CommandType::ReadCertificate, "debian-12-refused", "table"),
    (CommandType::ReadCertificate, "table", "table"),
    (CommandType::RequestUrl, "debian-12-curl", "http"),
    (CommandType::RequestUrl, "debian-12-wget", "http"),
    (CommandType::RequestUrl, "debian-12-refused", "http"),
    (CommandType::RequestUrl, "busybox-standin", "http"),
];

pub(super) fn fixture(command_type: CommandType, name: &str) -> Vec<u8> {
    fs::read(format!("{FOLDER}/{}/{name}.txt", command_type.name())).unwrap()
}

pub(super) fn lines<T: std::fmt::Debug>(items: &[T]) -> String {
    items.iter().flat_map(|item| [format!("{item:?}"), "\n".to_owned()]).collect()
}

fn sockets(list: &SocketList) -> String {
    format!("owners hidden: {}\n{}", list.hidden_owners, lines(&list.sockets))
}

/// The process that the fixtures are about.
const PID: u32 = 4121;

fn signals() -> SignalProcess {
    SignalProcess { pid: PID, started: Started::default(), signal: Signal::Term }
}

fn read(command_type: CommandType, format: &str, answer: &[u8]) -> String {
    match command_type {
        CommandType::DetectPlatform => format!("{:#?}", DetectPlatform.parse(format, answer).unwrap()),
        CommandType::SampleMetrics => format!("{:#?}", SampleMetrics.parse(format, answer).unwrap()),
        CommandType::ListFilesystems => lines(&ListFilesystems.parse(format, answer).unwrap()),
        CommandType::ListProcesses => {
            let list = ListProcesses.parse(format, answer).unwrap();
            format!("{:?} {:?}\n{}", list.ticks_per_second, list.uptime_seconds, lines(&list.processes))
        }
        CommandType::MeasureDirectories => {
            format!("{:#?}", MeasureDirectories::below(b"/var", Acting::User).unwrap().parse(format, answer).unwrap())
        }
        CommandType::ReadProcess => format!("{:#?}", ReadProcess { pid: PID }.parse(format, answer).unwrap()),
        CommandType::ReadEnvironment => {
            let read = ReadEnvironment { pid: PID }.parse(format, answer).unwrap().unwrap();
            let told = |one: &Variable| format!("{} = {} {}", one.name, one.value, one.looks_secret());
            format!("{}\n{}", read.started, lines(&read.variables.iter().map(told).collect::<Vec<_>>()))
        }
        CommandType::SignalProcess => format!("{:?}\n", signals().parse(format, answer).unwrap()),
        CommandType::ListSockets => sockets(&ListSockets.parse(format, answer).unwrap()),
        CommandType::ListConnections => sockets(&ListConnections.parse(format, answer).unwrap()),
        CommandType::ReadFirewall => firewall(&ReadFirewall.parse(format, answer).unwrap()),
        CommandType::ListAccounts => accounts(&ListAccounts { acting: Acting::Root }.parse(format, answer).unwrap()),
        CommandType::ChangeFirewall | CommandType::EndFirewallChange | CommandType::ReadFirewallChange => {
            format!("{:?}", ReadFirewallChange.parse(format, answer).unwrap())
        }
        CommandType::ChangeKeys | CommandType::EndKeyChange | CommandType::ReadKeyChange => {
            format!("{:?}", keys(command_type, format, answer))
        }
        CommandType::RunCommand => {
            let run = RunCommand { words: "uptime".to_owned(), ..RunCommand::default() };
            format!("{:?}", run.parse(format, answer).unwrap())
        }
        CommandType::ReadBoot => format!("{:#?}", ReadBoot.parse(format, answer).unwrap()),
        CommandType::ListInhibitors => lines(&ListInhibitors.parse(format, answer).unwrap()),
        CommandType::RestartServer | CommandType::ShutDownServer => {
            format!("{:?}", RestartServer { booted: String::new() }.parse(format, answer).unwrap())
        }
        CommandType::ReadLogins => {
            let asked = ReadLogins { place: Place::default(), backwards: false, oldest: DateTime::UNIX_EPOCH };
            let read = asked.parse(format, answer).unwrap();
            format!("{}{}{:#?}\n{:?}", lines(&read.logins), lines(&read.endings), read.place, read.alive)
        }
        CommandType::ListSessions => lines(&ListSessions.parse(format, answer).unwrap()),
        CommandType::EndSession => {
            let end = EndSession { pid: PID, started: Started::default(), user: "deploy".to_owned() };
            format!("{:?}", end.parse(format, answer).unwrap())
        }
        CommandType::ProbePort => {
            let probe = ProbePort { address: "192.0.2.1".parse().unwrap(), port: 22 };
            format!("{:?}", probe.parse(format, answer).unwrap())
        }
        CommandType::FollowFile
        | CommandType::DownloadFile
        | CommandType::ArchiveDirectory
        | CommandType::WriteFile
        | CommandType::MakeDirectory
        | CommandType::MoveFile
        | CommandType::DeleteFile
        | CommandType::SetFileMode
        | CommandType::SetFileOwner => {
            let silent = MakeDirectory { path: FilePath::root(), acting: Acting::User };
            format!("{:?}", silent.parse(format, answer).unwrap())
        }
        CommandType::ListCronRuns => {
            let log = ListCronRuns { acting: Acting::Root }.parse(format, answer).unwrap();
            format!("{}\n{}", log.source, lines(&log.runs))
        }
        CommandType::ReplaceCrontab | CommandType::RunCronLine => super::cron::done(command_type, format, answer),
        CommandType::ListCron => super::cron::told(&ListCron { acting: Acting::Root }.parse(format, answer).unwrap()),
        CommandType::ListDirectory | CommandType::DescribeFile | CommandType::ReadFile | CommandType::ReadGrowth => {
            files(command_type, format, answer)
        }
        CommandType::ReadCertificate | CommandType::RequestUrl => asked_from_there(command_type, format, answer),
        other => {
            let read = super::packages::read(other, format, answer);
            read.or_else(|| super::services::read(other, format, answer)).unwrap().unwrap()
        }
    }
}

/// What a server is told by somebody whom it asks.
fn asked_from_there(command_type: CommandType, format: &str, answer: &[u8]) -> String {
    if command_type == CommandType::ReadCertificate {
        let asked = ReadCertificate::of("example.org", 443, "").unwrap();
        return format!("{:#?}", asked.parse(format, answer).unwrap());
    }
    let url = WebUrl::read("http://localhost/").unwrap();
    format!("{:?}", RequestUrl { url }.parse(format, answer).unwrap())
}

fn files(command_type: CommandType, format: &str, answer: &[u8]) -> String {
    match command_type {
        CommandType::ListDirectory => {
            let list = ListDirectory::new(FilePath::root(), Acting::User, 100).parse(format, answer).unwrap();
            format!("{} in all, cut: {}, dropped: {}\n{}", list.total, list.is_cut, list.dropped, lines(&list.entries))
        }
        CommandType::DescribeFile => {
            let describe = DescribeFile { path: FilePath::root(), acting: Acting::User };
            format!("{:#?}", describe.parse(format, answer).unwrap())
        }
        CommandType::ReadFile => {
            let read = ReadFile { path: FilePath::root(), part: Part::Head, acting: Acting::User };
            format!("{:?}", read.parse(format, answer).unwrap())
        }
        CommandType::ReadGrowth => {
            let before = growth::Place { inode: 10_010_715, at: 4, begins: "610a620a".to_owned() };
            let (path, acting, after) = (FilePath::root(), Acting::User, Some(before.clone()));
            let growth = ReadGrowth { path, acting, after, whole: false }.parse(format, answer).unwrap();
            format!("{growth:?}\n{:?}", growth.after(Some(&before)))
        }
        other => panic!("{other:?} is not about a file"),
    }
}

fn keys(command_type: CommandType, format: &str, answer: &[u8]) -> ChangeReport {
    let text = |text: &str| text.to_owned();
    let place =
        KeyPlace { user: text("deploy"), path: text("/home/deploy/.ssh/authorized_keys"), acting: Acting::User };
    let (id, line) = (text("4f1c2a9d"), text("remove SHA256:x from deploy"));
    let read = match command_type {
        CommandType::ChangeKeys => {
            ChangeKeys { id, seconds: 60, place, seen: None, mark: "m".repeat(32), line }.parse(format, answer)
        }
        CommandType::EndKeyChange => EndKeyChange { id, ending: Ending::Keep, place, line }.parse(format, answer),
        CommandType::ReadKeyChange => ReadKeyChange { place }.parse(format, answer),
        other => panic!("{other:?} is not about a change of keys"),
    };
    read.unwrap()
}

fn firewall(read: &Firewall) -> String {
    let head = (read.owner, read.silence, &read.default_zone, read.seen, &read.addresses);
    // What stands behind the owner's own words is counted, not printed.
    let behind = read.places.iter().filter(|place| place.behind).count();
    let shown: Vec<String> = read.shown().map(|place| format!("{place:#?}")).collect();
    format!("{head:?}\nbehind: {behind}\n{}\n", shown.join("\n"))
}

fn accounts(found: &Accounts) -> String {
    let users = found.users.iter().map(|one| {
        let rules: Vec<&str> = found.sudo_of(one).map(|rule| rule.text.as_str()).collect();
        let keys: Vec<_> = found.keys_of(one).flat_map(|file| file.table.keys()).map(|(_, key)| key).collect();
        format!("{one:?} {rules:?} {keys:?}\n")
    });
    format!("by root: {} told: {}\n{}", found.by_root, found.sudo_is_told, users.collect::<String>())
}

pub(super) fn assert_same(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn every_answer_is_read_as_before() {
    for (command_type, name, format) in
        FIXTURES.iter().chain(super::packages::FIXTURES).chain(super::services::FIXTURES)
    {
        let text = read(*command_type, format, &fixture(*command_type, name));
        assert_same(&format!("{}__{name}", command_type.name()), &text);
    }
}

#[test]
fn every_fixture_is_read_by_a_test() {
    for command_type in CommandType::ALL {
        for entry in fs::read_dir(Path::new(FOLDER).join(command_type.name())).unwrap() {
            let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
            let by_the_loops = *command_type == CommandType::SampleMetrics && name.ends_with("-documented");
            let listed = FIXTURES
                .iter()
                .chain(super::packages::FIXTURES)
                .chain(super::services::FIXTURES)
                .any(|(kind, known, _)| kind == command_type && *known == name);
            assert!(listed || by_the_loops, "{command_type:?} {name}");
        }
    }
}

#[test]
fn every_format_but_the_loops_own_has_an_answer_to_read() {
    for command_type in CommandType::ALL {
        for format in command_type.formats() {
            let read = FIXTURES
                .iter()
                .chain(super::packages::FIXTURES)
                .chain(super::services::FIXTURES)
                .any(|(kind, _, known)| kind == command_type && known == format);
            assert!(read, "{command_type:?} {format}");
        }
    }
}

#[test]
fn each_platform_gets_the_command_that_is_made_for_it() {
    let chosen = |name: &str| -> String {
        let platform = DetectPlatform.parse("table", &fixture(CommandType::DetectPlatform, name)).unwrap();
        CommandType::ALL
            .iter()
            .map(|kind| match Catalog::built_in().choose(*kind, &platform) {
                Ok(chosen) => chosen.why.to_string() + "\n",
                Err(missing) => missing.to_string() + "\n",
            })
            .collect()
    };
    let all: String = ["debian-12", "debian-13", "el9-standin", "busybox-standin"]
        .iter()
        .flat_map(|name| [(*name).to_owned(), "\n".to_owned(), chosen(name), "\n".to_owned()])
        .collect();
    assert_same("chosen", &all);
}

#[test]
fn a_server_of_which_nothing_is_known_can_be_asked_what_it_is() {
    let chosen = Catalog::built_in().choose(CommandType::DetectPlatform, &Platform::default()).unwrap();
    assert_eq!(chosen.name, "probe");
    let unknown = Catalog::built_in().choose(CommandType::ListProcesses, &Platform::default()).unwrap_err();
    assert_eq!(unknown.command_type, CommandType::ListProcesses);
}
