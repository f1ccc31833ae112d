//! Whole systems of several kinds: each is asked what it is, what runs, what listens and what is mounted.

use hannun::commands::{ListFilesystems, ListProcesses, ListSockets};
use hannun::models::actor::Actor;
use hannun::remote::Endpoint;
use hannun::remote::host::Host;

use crate::harness::app::TestApp;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

async fn host(app: &TestApp, name: &'static str, endpoint: &Endpoint) -> Host {
    let server = known::add(app, name, endpoint).await;
    app.app.hosts.of(Actor::system("the test"), server)
}

#[actix_web::test]
async fn every_kind_of_system_says_what_it_is_and_what_it_runs() {
    for (kind, distro, listing) in [
        (Kind::Debian, "debian", "ps-procps"),
        (Kind::Rpm, "rocky", "ps-procps"),
        (Kind::BusyBox, "alpine", "ps-busybox"),
        (Kind::Coreutils, "debian", "proc-stat"),
    ] {
        let Some(system) = TestHost::start(kind, "every_kind_of_system_says_what_it_is_and_what_it_runs") else {
            return;
        };
        let app = TestApp::start().await;
        let host = host(&app, "web-1", &system.root()).await;
        assert_eq!(host.platform().await.unwrap().distro, distro);
        let processes = host.read(ListProcesses).await.unwrap();
        assert_eq!(processes.evidence.command, listing, "{kind:?}");
        assert!(processes.value.processes.iter().any(|process| process.name == "sshd"), "{kind:?}: {processes:?}");
        let sockets = host.read(ListSockets).await.unwrap().value;
        assert!(sockets.sockets.iter().any(|socket| socket.port == 22), "{kind:?}: {sockets:?}");
        let filesystems = host.read(ListFilesystems).await.unwrap().value;
        assert!(filesystems.iter().any(|filesystem| filesystem.mount == "/"), "{kind:?}: {filesystems:?}");
    }
}

#[actix_web::test]
async fn root_is_found_with_and_without_a_question_and_not_where_sudo_refuses() {
    let test = "root_is_found_with_and_without_a_question_and_not_where_sudo_refuses";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    assert_eq!(system.run("id -un"), "root\n");
    let app = TestApp::start().await;
    for (name, endpoint, sees_owners) in
        [("deploy", system.deploy(), true), ("asks", system.asks(), true), ("plain", system.plain(), false)]
    {
        let sockets = host(&app, name, &endpoint).await.read(ListSockets).await.unwrap().value;
        let sshd = sockets.sockets.iter().find(|socket| socket.port == 22).unwrap();
        assert_eq!(sshd.owners.iter().any(|owner| owner.name == "sshd"), sees_owners, "{name}: {sshd:?}");
    }
}
