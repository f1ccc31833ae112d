//! Uploaded files on their way onto servers.

use std::fs;

use hannun::error::Error;
use hannun::installations::inspect::{Signature, header_of};
use hannun::installations::known::{Known, may_install};
use hannun::installations::{ask, upload};
use hannun::models::actor::{Actor, Scope};
use hannun::models::artifacts::Artifact;
use hannun::models::executions::ExecutionState;
use hannun::models::servers::Server;

use super::{Stage, nothing_is_left, why};
use crate::harness::hosts::{Kind, TestHost};

/// Uploads a file that lies on the test host.
pub(super) async fn uploaded(stage: &Stage, system: &TestHost, path: &str) -> Result<Artifact, Error> {
    let encoded = system.run(&format!("base64 -w0 {path}"));
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded.trim()).unwrap();
    let (db, store, actor) = (&stage.app.app.db, &stage.app.app.artifacts, Actor::system("the test"));
    let mut incoming = upload::begin(store, &actor, path, None).await?;
    for piece in bytes.chunks(1000) {
        incoming.write(piece).await?;
    }
    upload::finish(db, &actor, incoming, path, chrono::Utc::now()).await
}

/// What is known of a file on a server.
pub(super) async fn known(stage: &Stage, artifact: &Artifact, server: &'static str) -> (Artifact, Known) {
    let id = artifact.id;
    let load = stage.app.app.db.run(move |connection| {
        let server = Server::by_name(connection, &Scope::All, server)?;
        Known::load(connection, id, server.id)
    });
    load.await.unwrap()
}

#[actix_web::test]
async fn sec_f08_an_rpm_shows_its_scripts_first_and_is_installed_from_what_was_sent() {
    let test = "sec_f08_an_rpm_shows_its_scripts_first_and_is_installed_from_what_was_sent";
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let host = stage.host().await;
    let artifact = uploaded(&stage, &system, "/srv/repository/loose/loose-scripts-1.0-1.noarch.rpm").await.unwrap();
    let told = (artifact.name.as_str(), artifact.version.as_str(), artifact.architecture.as_str());
    assert_eq!(told, ("loose-scripts", "1.0-1", "noarch"));
    let header = header_of(&artifact);
    assert_eq!(header.signature, Signature::Absent);
    let scripts: Vec<_> =
        header.scripts.clone().unwrap().into_iter().map(|script| (script.name, script.text)).collect();
    assert_eq!(
        scripts,
        [
            ("%pre".to_owned(), "echo \"before loose\"".to_owned()),
            ("%post".to_owned(), "echo \"after loose\"".to_owned())
        ]
    );
    assert_eq!(header.files, ["/usr/share/loose-scripts/version"]);
    let (catalog, platform) = (stage.app.app.hosts.catalog(), host.platform().await.unwrap());
    let (_, here) = known(&stage, &artifact, "web-1").await;
    assert!(may_install((&artifact, &here), &catalog, &platform, false).is_err(), "nobody said yes to an unsigned one");
    may_install((&artifact, &here), &catalog, &platform, true).unwrap();

    let run = ask::install_file(&host, &artifact, true).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
    assert_eq!(system.run("cat /usr/share/loose-scripts/version"), "1.0\n");
    nothing_is_left(&system).await;

    let other = uploaded(&stage, &system, "/srv/repository/alien-1.0-1.aarch64.rpm").await.unwrap();
    let (_, here) = known(&stage, &other, "web-1").await;
    let refused = may_install((&other, &here), &catalog, &platform, true).unwrap_err();
    assert!(refused.to_string().contains("aarch64"), "{refused}");
    let half = uploaded(&stage, &system, "/srv/repository/loose/truncated-1.0-1.noarch.rpm").await;
    assert!(matches!(half, Err(Error::Invalid(_))), "{half:?}");
    stage.leave().await;
}

#[actix_web::test]
async fn sec_x08_a_deb_is_looked_into_by_the_server_before_it_can_be_installed() {
    let test = "sec_x08_a_deb_is_looked_into_by_the_server_before_it_can_be_installed";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let host = stage.host().await;
    let artifact = uploaded(&stage, &system, "/srv/repository/loose/loose-scripts_1.0_all.deb").await.unwrap();
    assert_eq!((artifact.name.as_str(), header_of(&artifact).scripts), ("", None));
    let (catalog, platform) = (stage.app.app.hosts.catalog(), host.platform().await.unwrap());
    let (_, here) = known(&stage, &artifact, "web-1").await;
    let refused = may_install((&artifact, &here), &catalog, &platform, true).unwrap_err();
    assert!(refused.to_string().contains("looked into"), "{refused}");
    let run = ask::inspect_file(&host, &artifact).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
    let (same, here) = known(&stage, &artifact, "web-1").await;
    assert_eq!(same, artifact, "what a server tells changes nothing that is known everywhere");
    let told = (here.name.as_str(), here.version.as_str(), here.architecture.as_str());
    assert_eq!(told, ("loose-scripts", "1.0", "all"));
    let scripts = here.scripts.clone().unwrap();
    assert_eq!(scripts.iter().map(|script| script.name.as_str()).collect::<Vec<_>>(), ["preinst", "postinst"]);
    assert!(scripts[1].text.contains("echo \"after loose\"") && !scripts[1].is_cut, "{scripts:?}");
    assert!(here.files.iter().any(|file| file.ends_with("/usr/share/loose-scripts/version")), "{:?}", here.files);
    assert!(may_install((&artifact, &here), &catalog, &platform, false).is_err(), "no tool checked a signature");
    may_install((&artifact, &here), &catalog, &platform, true).unwrap();
    // Another server has told nothing yet.
    crate::harness::known::add(&stage.app, "web-2", &system.deploy()).await;
    let (_, there) = known(&stage, &artifact, "web-2").await;
    assert_eq!((there.name.as_str(), &there.scripts), ("", &None));
    assert!(may_install((&artifact, &there), &catalog, &platform, true).is_err());

    let run = ask::install_file(&host, &artifact, true).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
    assert_eq!(system.run("dpkg-query -W -f '${Status}' loose-scripts"), "install ok installed");
    let half = uploaded(&stage, &system, "/srv/repository/loose/truncated_1.0_all.deb").await;
    assert!(matches!(half, Err(Error::Invalid(_))), "{half:?}");
    stage.leave().await;
}

#[actix_web::test]
async fn sec_f09_a_file_that_was_swapped_on_the_console_is_not_installed() {
    let test = "sec_f09_a_file_that_was_swapped_on_the_console_is_not_installed";
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let artifact = uploaded(&stage, &system, "/srv/repository/loose/loose-1.0-1.noarch.rpm").await.unwrap();
    let folder = stage.app.app.config.data_dir.join("artifacts");
    let file = folder.join(&artifact.stored_name);
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    let run = ask::install_file(&stage.host().await, &artifact, true).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Failed);
    assert!(why(&run).contains("the file is not the one that was sent"), "{}", why(&run));
    assert_eq!(system.run("rpm -q loose || true"), "package loose is not installed\n");
    nothing_is_left(&system).await;
    stage.leave().await;
}

#[actix_web::test]
async fn sec_j06_a_run_that_is_stopped_while_its_file_is_copied_never_begins() {
    let test = "sec_j06_a_run_that_is_stopped_while_its_file_is_copied_never_begins";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let host = stage.host().await;
    let (db, store, actor) = (&stage.app.app.db, &stage.app.app.artifacts, Actor::system("the test"));
    let mut incoming = upload::begin(store, &actor, "large.deb", None).await.unwrap();
    // Members of nothing but zeros, large enough for somebody to change their mind.
    let member = |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 100_644);
    incoming
        .write(format!("!<arch>\n{}2.0\n{}", member("debian-binary", 4), member("control.tar.xz", 0)).as_bytes())
        .await
        .unwrap();
    incoming.write(member("data.tar.xz", 400 << 20).as_bytes()).await.unwrap();
    let zeros = vec![0; 4 << 20];
    for _ in 0..100 {
        incoming.write(&zeros).await.unwrap();
    }
    let artifact = upload::finish(db, &actor, incoming, "large.deb", chrono::Utc::now()).await.unwrap();
    let run = ask::install_file(&host, &artifact, true).await.unwrap();
    stage.until(run.id, |run| run.state == ExecutionState::Copying).await;
    ask::stop(&host, run.id, (&run.command_type, &run.target)).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!((run.state, run.started_at), (ExecutionState::Stopped, None), "{}", why(&run));
    nothing_is_left(&system).await;
    stage.leave().await;
}

#[actix_web::test]
async fn a_script_of_an_rpm_that_fails_before_more_than_is_kept_of_a_log_is_seen_all_the_same() {
    let test = "a_script_of_an_rpm_that_fails_before_more_than_is_kept_of_a_log_is_seen_all_the_same";
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    system.run(
        "printf '%s\\n' 'Name: loud' 'Version: 1' 'Release: 1' 'Summary: s' 'License: MIT' 'BuildArch: noarch' \
         '%description' 'd' '%files' '%post' 'exit 3' '%posttrans' \
         \"head -c 2500000 /dev/zero | tr '\\\\0' x | fold -w 100\" >/tmp/loud.spec && \
         rpmbuild --quiet --define '_topdir /tmp/build' --define '_rpmdir /tmp' --define '_rpmfilename loud.rpm' \
         -bb /tmp/loud.spec >/dev/null 2>&1",
    );
    let stage = Stage::set(&system.deploy()).await;
    let artifact = uploaded(&stage, &system, "/tmp/loud.rpm").await.unwrap();
    let run = ask::install_file(&stage.host().await, &artifact, true).await.unwrap();
    let run = stage.ended(run.id).await;
    assert!(run.log_bytes > 2_000_000, "{}", run.log_bytes);
    assert!(!stage.log(run.id).await.contains("scriptlet failed"), "its words are not kept");
    assert_eq!((run.state, run.exit_status), (ExecutionState::Partly, Some(0)), "{}", why(&run));
    assert!(why(&run).contains("%post(loud-1-1.noarch) scriptlet failed"), "{}", why(&run));
    stage.leave().await;
}

#[actix_web::test]
async fn a_script_of_an_rpm_that_fails_after_a_long_log_is_seen_all_the_same() {
    let test = "a_script_of_an_rpm_that_fails_after_a_long_log_is_seen_all_the_same";
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    let lines = "head -c 150000 /dev/zero | tr '\\0' x | fold -w 100; exit 3";
    system.run(&format!(
        "printf '%s\\n' 'Name: loud' 'Version: 1' 'Release: 1' 'Summary: s' 'License: MIT' 'BuildArch: noarch' \
         '%description' 'd' '%files' '%post' \"{lines}\" >/tmp/loud.spec && \
         rpmbuild --quiet --define '_topdir /tmp/build' --define '_rpmdir /tmp' --define '_rpmfilename loud.rpm' \
         -bb /tmp/loud.spec >/dev/null 2>&1"
    ));
    let stage = Stage::set(&system.deploy()).await;
    let artifact = uploaded(&stage, &system, "/tmp/loud.rpm").await.unwrap();
    let run = ask::install_file(&stage.host().await, &artifact, true).await.unwrap();
    let run = stage.ended(run.id).await;
    assert!(run.log_bytes > 100_000, "{}", run.log_bytes);
    assert_eq!(run.state, ExecutionState::Partly, "{}", why(&run));
    stage.leave().await;
}
