//! Packages by their names, out of a server's repositories.

use hannun::commands::packages::{ListPackages, ListRestarts, ListUpdates, PreviewInstall, PreviewRemoval};
use hannun::installations::ask;
use hannun::models::executions::ExecutionState;

use super::{Stage, name, nothing_is_left, why};
use crate::harness::hosts::{Kind, TestHost};

#[actix_web::test]
async fn a_package_comes_with_what_it_needs_and_goes_with_what_needs_it() {
    for kind in [Kind::Debian, Kind::Rpm] {
        let test = "a_package_comes_with_what_it_needs_and_goes_with_what_needs_it";
        let Some(system) = TestHost::start(kind, test) else { return };
        let stage = Stage::set(&system.deploy()).await;
        let host = stage.host().await;
        let names = |items: &[hannun::commands::packages::PlanItem]| {
            let mut names: Vec<String> = items.iter().map(|item| item.name.clone()).collect();
            names.sort();
            names
        };
        let plan = host.read(PreviewInstall(name("needs-probe"))).await.unwrap().value;
        assert_eq!(names(&plan.added), ["needs-probe", "probe"], "{kind:?}: {plan:?}");

        let run = ask::install(&host, name("needs-probe")).await.unwrap();
        let run = stage.ended(run.id).await;
        assert_eq!((run.state, run.exit_status), (ExecutionState::Succeeded, Some(0)), "{}", stage.log(run.id).await);
        assert!(run.answer.contains("needs-probe\t"), "{}", run.answer);
        assert!(stage.log(run.id).await.contains("needs-probe"));
        let listed = host.read(ListPackages).await.unwrap().value;
        let found = listed.iter().find(|package| package.name == "probe").unwrap();
        assert!(found.version.starts_with("1.1") && found.installed_at.is_some(), "{found:?}");

        let plan = host.read(PreviewRemoval(name("probe"))).await.unwrap().value;
        assert_eq!(names(&plan.removed), ["needs-probe", "probe"], "{kind:?}: {plan:?}");
        let run = ask::remove(&host, name("probe")).await.unwrap();
        let run = stage.ended(run.id).await;
        assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
        let listed = host.read(ListPackages).await.unwrap().value;
        assert!(!listed.iter().any(|package| package.name == "probe" || package.name == "needs-probe"));
        // Nothing of a run stays on the server.
        nothing_is_left(&system).await;
        stage.leave().await;
    }
}

#[actix_web::test]
async fn what_could_be_renewed_is_told_by_each_tool() {
    for (kind, install) in [
        (Kind::Debian, "DEBIAN_FRONTEND=noninteractive apt-get -y -q install probe=1.0 >/dev/null 2>&1"),
        (Kind::Rpm, "dnf -q -y install probe-1.0-1 >/dev/null 2>&1; rpm -q probe"),
    ] {
        let Some(system) = TestHost::start(kind, "what_could_be_renewed_is_told_by_each_tool") else { return };
        system.run(install);
        let stage = Stage::set(&system.root()).await;
        let host = stage.host().await;
        let found = host.read(ListUpdates).await.unwrap().value;
        let probe = found.updates.iter().find(|update| update.name == "probe").unwrap_or_else(|| panic!("{found:?}"));
        assert!(probe.installed.starts_with("1.0") && probe.available.starts_with("1.1"), "{probe:?}");
        assert!(host.read(ListRestarts).await.unwrap().value.reboot.is_empty());
        stage.leave().await;
    }
}

#[actix_web::test]
async fn a_package_that_nobody_has_is_named_and_nothing_runs_on() {
    for kind in [Kind::Debian, Kind::Rpm] {
        let Some(system) = TestHost::start(kind, "a_package_that_nobody_has_is_named_and_nothing_runs_on") else {
            return;
        };
        let stage = Stage::set(&system.asks()).await;
        let host = stage.host().await;
        assert!(host.read(PreviewInstall(name("no-such-thing"))).await.is_err());
        for (package, words) in [("no-such-thing", "No repository"), ("lost", "needs packages that no repository")] {
            let run = ask::install(&host, name(package)).await.unwrap();
            let run = stage.ended(run.id).await;
            assert_eq!(run.state, ExecutionState::Failed, "{kind:?} {package}");
            assert!(why(&run).contains(words), "{kind:?} {package}: {} {}", why(&run), stage.log(run.id).await);
        }
        stage.leave().await;
    }
}

#[actix_web::test]
async fn a_script_that_fails_is_reported_as_what_it_is() {
    for (kind, state, words) in [
        (Kind::Debian, ExecutionState::Failed, "half installed"),
        // rpm exits with 0 (facts 5.13).
        (Kind::Rpm, ExecutionState::Partly, "a script of the package failed"),
    ] {
        let Some(system) = TestHost::start(kind, "a_script_that_fails_is_reported_as_what_it_is") else { return };
        let stage = Stage::set(&system.deploy()).await;
        let host = stage.host().await;
        let run = ask::install(&host, name("broken")).await.unwrap();
        let run = stage.ended(run.id).await;
        assert_eq!(run.state, state, "{kind:?}: {} {}", why(&run), stage.log(run.id).await);
        assert!(why(&run).contains(words), "{kind:?}: {}", why(&run));
        assert!(stage.log(run.id).await.contains("the script of broken gives up"));
        // What asks on the terminal gets no answer, and waits for none.
        let run = ask::install(&host, name("asks")).await.unwrap();
        let run = stage.ended(run.id).await;
        assert!(run.state.has_ended() && stage.log(run.id).await.contains("Which one?"), "{kind:?}");
        stage.leave().await;
    }
}
