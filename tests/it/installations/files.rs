//! Uploaded files on their way onto servers.

use std::fs;

use hannun::error::Error;
use hannun::installations::inspect::{Signature, header_of, may_install};
use hannun::installations::{ask, upload};
use hannun::models::actor::Actor;
use hannun::models::artifacts::Artifact;
use hannun::models::executions::ExecutionState;

use super::{Stage, nothing_is_left, why};
use crate::harness::hosts::{Kind, TestHost};

/// Uploads a file that lies on the test host.
async fn uploaded(stage: &Stage, system: &TestHost, path: &str) -> Result<Artifact, Error> {
    let encoded = system.run(&format!("base64 -w0 {path}"));
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded.trim()).unwrap();
    let (db, store, actor) = (&stage.app.app.db, &stage.app.app.artifacts, Actor::system("the test"));
    let mut incoming = upload::begin(db, store, &actor, path).await?;
    for piece in bytes.chunks(1000) {
        incoming.write(piece).await?;
    }
    upload::finish(db, store, &actor, incoming, path, chrono::Utc::now()).await
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
    let scripts: Vec<_> = header.scripts.unwrap().into_iter().map(|script| (script.name, script.text)).collect();
    assert_eq!(
        scripts,
        [
            ("%pre".to_owned(), "echo \"before loose\"".to_owned()),
            ("%post".to_owned(), "echo \"after loose\"".to_owned())
        ]
    );
    assert_eq!(header.files, ["/usr/share/loose-scripts/version"]);
    let (catalog, platform) = (stage.app.app.hosts.catalog(), host.platform().await.unwrap());
    assert!(may_install(&artifact, &catalog, &platform, false).is_err(), "nobody said yes to an unsigned one");
    may_install(&artifact, &catalog, &platform, true).unwrap();

    let run = ask::install_file(&host, &artifact, true).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
    assert_eq!(system.run("cat /usr/share/loose-scripts/version"), "1.0\n");
    nothing_is_left(&system).await;

    let other = uploaded(&stage, &system, "/srv/repository/alien-1.0-1.aarch64.rpm").await.unwrap();
    let refused = may_install(&other, &catalog, &platform, true).unwrap_err();
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
    assert!(may_install(&artifact, &catalog, &platform, true).unwrap_err().to_string().contains("looked into"));
    let run = ask::inspect_file(&host, &artifact).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
    let id = artifact.id;
    let artifact = stage.app.app.db.run(move |connection| Artifact::by_id(connection, id)).await.unwrap();
    let told = (artifact.name.as_str(), artifact.version.as_str(), artifact.architecture.as_str());
    assert_eq!(told, ("loose-scripts", "1.0", "all"));
    let header = header_of(&artifact);
    let scripts = header.scripts.unwrap();
    assert_eq!(scripts.iter().map(|script| script.name.as_str()).collect::<Vec<_>>(), ["preinst", "postinst"]);
    assert!(scripts[1].text.contains("echo \"after loose\""), "{scripts:?}");
    assert!(header.files.iter().any(|file| file.ends_with("/usr/share/loose-scripts/version")), "{:?}", header.files);

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
