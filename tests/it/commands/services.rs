//! What init systems and logs answered. OpenRC's are of Debian's build of it, with two services of the test's own.

use std::os::unix::fs::PermissionsExt;

use hannun::commands::files::FilePath;
use hannun::commands::logs::{JournalQuery, ListLogs, Needle, ReadJournal, SearchLog, Way};
use hannun::commands::script::Privilege;
use hannun::commands::services::{Action, ControlService, ListServices, ReadService, ServiceName};
use hannun::commands::{Acting, Catalog, Command, CommandType, ParseError};

use super::shell::{Shell, envelope, shells};

/// Fixture → format.
pub(super) const FIXTURES: &[(CommandType, &str, &str)] = &[
    (CommandType::ListServices, "debian-12", "systemd"),
    (CommandType::ListServices, "debian-12-openrc", "openrc"),
    (CommandType::ListServices, "debian-12-sysv", "sysv"),
    (CommandType::ListServices, "busybox-init-documented", "table"),
    (CommandType::ListServices, "freebsd-documented", "table"),
    (CommandType::ListServices, "macos-documented", "table"),
    (CommandType::ListServices, "runit-documented", "table"),
    (CommandType::ListServices, "table", "table"),
    (CommandType::ReadService, "debian-12", "systemd"),
    (CommandType::ReadService, "debian-12-odd", "systemd"),
    (CommandType::ReadService, "debian-12-gone", "systemd"),
    (CommandType::ReadService, "debian-12-openrc", "table"),
    (CommandType::ReadService, "debian-12-sysv", "table"),
    (CommandType::ReadService, "busybox-init-documented", "table"),
    (CommandType::ReadService, "freebsd-documented", "table"),
    (CommandType::ReadService, "macos-documented", "table"),
    (CommandType::ReadService, "runit-documented", "table"),
    (CommandType::ReadService, "table", "table"),
    (CommandType::ReadService, "table-gone", "table"),
    (CommandType::ControlService, "debian-12", "systemd"),
    (CommandType::ControlService, "busybox-init-documented", "table"),
    (CommandType::ControlService, "freebsd-documented", "table"),
    (CommandType::ControlService, "macos-documented", "table"),
    (CommandType::ControlService, "runit-documented", "table"),
    (CommandType::ControlService, "table", "table"),
    (CommandType::ListLogs, "debian-12", "table"),
    (CommandType::ReadJournal, "debian-12", "journal-json"),
    (CommandType::FollowJournal, "nothing-left", "journal-lines"),
    (CommandType::SearchLog, "debian-12", "log-lines"),
];

/// What one of them is read as; none where it is none of them.
pub(super) fn read(command_type: CommandType, format: &str, answer: &[u8]) -> Option<Result<String, ParseError>> {
    let name = ServiceName::read("nginx.service").unwrap();
    let acting = Acting::User;
    Some(match command_type {
        CommandType::ListServices => {
            ListServices.parse(format, answer).map(|list| super::fixtures::lines(&list.services))
        }
        CommandType::ReadService => ReadService { name }.parse(format, answer).map(|found| format!("{found:#?}")),
        CommandType::ControlService => {
            ControlService { name, action: Action::Start }.parse(format, answer).map(|found| format!("{found:#?}"))
        }
        CommandType::ListLogs => ListLogs.parse(format, answer).map(|found| format!("{found:#?}")),
        CommandType::ReadJournal => {
            let read = ReadJournal { query: JournalQuery::default(), way: Way::End, count: 5, acting };
            read.parse(format, answer).map(|page| super::fixtures::lines(&page.entries))
        }
        CommandType::SearchLog => {
            let search = SearchLog {
                path: FilePath::root(),
                needle: Needle::default(),
                with_rotated: false,
                around: None,
                count: 5,
                acting,
            };
            search.parse(format, answer).map(|found| format!("{found:#?}"))
        }
        CommandType::FollowJournal => {
            let follow = hannun::commands::logs::FollowJournal { query: JournalQuery::default(), after: None, acting };
            follow.parse(format, answer).map(|()| "nothing is left".to_owned())
        }
        _ => return None,
    })
}

#[test]
fn a_journal_of_which_the_search_is_given_up_ends_with_a_mark() {
    let script = Catalog::built_in().variants(CommandType::ReadJournal).next().unwrap().script.to_string();
    let folder = tempfile::tempdir().unwrap();
    // It finds three entries, and is given up where a unit was asked for.
    let journalctl = "#!/bin/sh\ncase $* in *--help*|*'-n 0'*|*'-n 1'*) exit ;; esac\nprintf 'a\\nb\\nc\\n'\n\
        case $* in *--unit=*) exit 124 ;; esac\n";
    for (name, text) in [("journalctl", journalctl), ("timeout", "#!/bin/sh\nshift\nexec \"$@\"\n")] {
        let program = folder.path().join(name);
        std::fs::write(&program, text).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let shells = shells("a_journal_of_which_the_search_is_given_up_ends_with_a_mark");
    for (unit, mark) in [(None, ""), (ServiceName::read("nginx.service"), "@cut\n")] {
        let query = JournalQuery { unit, ..JournalQuery::default() };
        let read = ReadJournal { query, way: Way::Whole, count: 2, acting: Acting::User };
        let sent = String::from_utf8(envelope(&script, &read.parameters(), Privilege::None)).unwrap();
        let sent = sent.replace("PATH=/usr/local/sbin", &format!("PATH={}:/usr/local/sbin", folder.path().display()));
        for shell in &shells {
            let (out, err, status) = Shell::start(shell, sent.as_bytes()).finish();
            let (out, err) = (String::from_utf8_lossy(&out).into_owned(), String::from_utf8_lossy(&err).into_owned());
            assert!(out.ends_with(&format!("@oldest-first\nb\nc\n{mark}")), "{shell}: {out}{err}");
            assert_eq!((err.as_str(), status), ("", 0), "{shell}");
        }
    }
}
