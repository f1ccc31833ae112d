//! Whether a package is signed, and who checked that.

use hannun::installations::ask;
use hannun::installations::inspect::{Signature, header_of};
use hannun::installations::known::may_install;
use hannun::models::executions::ExecutionState;

use super::files::{known, uploaded};
use super::{Stage, why};
use crate::harness::hosts::{Kind, TestHost};

/// Makes a key in the host, and signs a copy of a package with it.
fn sign(system: &TestHost) {
    system.run(
        "cd /root && export GNUPGHOME=/root/keys && mkdir -m 700 keys && \
         gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-generate-key maker rsa2048 sign never 2>&1 && \
         gpg --armor --export maker >/srv/maker.asc && cp /srv/repository/loose/loose-scripts-1.0-1.noarch.rpm /srv/signed.rpm && \
         rpmsign --define '__gpg /usr/bin/gpg' --define '_gpg_name maker' --addsign /srv/signed.rpm >/dev/null 2>&1",
    );
}

#[actix_web::test]
async fn sec_f08_a_signature_counts_only_where_the_server_itself_verified_it() {
    let test = "sec_f08_a_signature_counts_only_where_the_server_itself_verified_it";
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    sign(&system);
    let stage = Stage::set(&system.deploy()).await;
    let host = stage.host().await;
    let artifact = uploaded(&stage, &system, "/srv/signed.rpm").await.unwrap();
    assert_eq!(header_of(&artifact).signature, Signature::Present);
    let (catalog, platform) = (stage.app.app.hosts.catalog(), host.platform().await.unwrap());
    let look = async || {
        let run = ask::inspect_file(&host, &artifact).await.unwrap();
        let run = stage.ended(run.id).await;
        assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
        known(&stage, &artifact, "web-1").await.1
    };
    let unchecked = known(&stage, &artifact, "web-1").await.1;
    assert!(may_install((&artifact, &unchecked), &catalog, &platform, false).is_err(), "nobody checked it");
    let refused = look().await;
    assert!(!refused.is_verified() && refused.check.is_some(), "{refused:?}");
    assert!(may_install((&artifact, &refused), &catalog, &platform, false).is_err(), "the server has no such key");

    // Whatever was said before, the tool itself refuses what it cannot verify.
    let run = ask::install_file(&host, &artifact, false).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Failed, "{}", stage.log(run.id).await);
    assert_eq!(system.run("rpm -q loose-scripts || true"), "package loose-scripts is not installed\n");

    system.run("rpm --import /srv/maker.asc");
    let verified = look().await;
    assert!(verified.is_verified(), "{verified:?}");
    may_install((&artifact, &verified), &catalog, &platform, false).unwrap();
    let run = ask::install_file(&host, &artifact, false).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
    stage.leave().await;
}

#[actix_web::test]
async fn sec_f08_an_unsigned_file_is_refused_by_the_tool_unless_somebody_said_yes() {
    let test = "sec_f08_an_unsigned_file_is_refused_by_the_tool_unless_somebody_said_yes";
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    // Without dnf, rpm itself would install it with a warning alone.
    for without_dnf in [false, true] {
        if without_dnf {
            system.run("mv /usr/bin/dnf /usr/bin/dnf-3 /root/ 2>/dev/null || mv /usr/bin/dnf /root/");
        }
        let stage = Stage::set(&system.deploy()).await;
        let host = stage.host().await;
        let artifact = uploaded(&stage, &system, "/srv/repository/loose/loose-1.0-1.noarch.rpm").await.unwrap();
        let run = ask::install_file(&host, &artifact, false).await.unwrap();
        let run = stage.ended(run.id).await;
        assert_eq!(run.state, ExecutionState::Failed, "{without_dnf}: {}", stage.log(run.id).await);
        assert_eq!(system.run("rpm -q loose || true"), "package loose is not installed\n");
        let run = ask::install_file(&host, &artifact, true).await.unwrap();
        let run = stage.ended(run.id).await;
        assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
        system.run("rpm -e loose");
        stage.leave().await;
    }
}
