//! What is known of an uploaded file on one server, and whether it may be installed there. What the console read itself
//! counts everywhere; what a server's tool told counts on that server alone.

use chrono::{DateTime, Utc};

use super::inspect::{Header, MOST_FILES, Signature, header_of};
use crate::commands::packages::{PackageContent, PackageScript, SignatureCheck};
use crate::commands::platform::Platform;
use crate::commands::{Catalog, Command, CommandType, packages};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::artifact_inspections::ArtifactInspection;
use crate::models::artifacts::{Artifact, ArtifactKind};
use crate::models::executions::Execution;
use crate::models::ids::{ArtifactId, ServerId};

/// What is known of a file on one server. Every text is the package's own, and hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The package's name; empty where nobody looked inside.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it was built for.
    pub architecture: String,
    /// What it is, in one line.
    pub summary: String,
    /// Who made it.
    pub vendor: String,
    /// What it takes once it is installed, bytes.
    pub installed_bytes: Option<u64>,
    /// What runs as root when it is installed or removed; none where nobody looked.
    pub scripts: Option<Vec<PackageScript>>,
    /// The first of the files that it brings.
    pub files: Vec<String>,
    /// How many files it brings.
    pub file_count: usize,
    /// Whether it carries a signature, as far as the console sees.
    pub signature: Signature,
    /// How this server judged the signature; none where it was not asked, or has no tool that checks one.
    pub check: Option<SignatureCheck>,
    /// When this server's tool looked; none where it did not.
    pub inspected_at: Option<DateTime<Utc>>,
}

impl Known {
    /// The file of an id, and what is known of it on a server.
    pub fn load(connection: &mut Connection, artifact: ArtifactId, server: ServerId) -> Result<(Artifact, Self)> {
        let artifact = Artifact::by_id(connection, artifact)?;
        let told = ArtifactInspection::of(connection, artifact.id, server)?;
        let known = Self::of(&artifact, told);
        Ok((artifact, known))
    }

    fn of(artifact: &Artifact, told: Option<ArtifactInspection>) -> Self {
        let Header { summary, vendor, installed_bytes, signature, scripts, files, file_count } = header_of(artifact);
        let mut known = Self {
            name: artifact.name.clone(),
            version: artifact.version.clone(),
            architecture: artifact.architecture.clone(),
            summary,
            vendor,
            installed_bytes,
            scripts,
            files,
            file_count,
            signature,
            check: None,
            inspected_at: None,
        };
        if let Some(told) = told
            && let Ok(content) = serde_json::from_value(told.content)
        {
            known.add(artifact.kind, content);
            known.inspected_at = Some(told.inspected_at);
        }
        known
    }

    /// Adds what the server's tool told. The header of an RPM was read by the console: no server changes what it says.
    fn add(&mut self, kind: ArtifactKind, content: PackageContent) {
        let value = |names: &[&str]| {
            let found = content.fields.iter().find(|(name, _)| names.contains(&name.as_str()));
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        if kind != ArtifactKind::Rpm {
            self.name = value(&["Package", "pkgname"]);
            self.version = value(&["Version", "pkgver"]);
            self.architecture = value(&["Architecture", "arch"]);
            self.summary = value(&["Description", "pkgdesc"]);
            self.vendor = value(&["Maintainer"]);
            self.file_count = value(&["Files"]).trim().parse().unwrap_or(content.files.len());
            self.files = content.files;
            // Without a name, the tool did not get inside.
            self.scripts = Some(content.scripts).filter(|_| !self.name.is_empty());
        }
        self.check = content.signature;
    }

    /// Whether the server itself said that a key which it trusts signed the file. That a signature is there says nothing.
    pub fn is_verified(&self) -> bool {
        self.check.as_ref().is_some_and(|check| check.verified)
    }
}

/// Keeps what a server's own tool found inside a file.
pub(super) fn learn(
    connection: &mut Connection,
    execution: &Execution,
    answer: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(artifact_id) = execution.artifact_id else { return Ok(()) };
    let content = packages::InspectFile::default().parse("table", answer.as_bytes());
    let mut content = content.map_err(|problem| Error::internal(anyhow::anyhow!(problem.why)))?;
    content.files.truncate(MOST_FILES);
    let content = serde_json::to_value(content).map_err(Error::internal)?;
    let told = ArtifactInspection { artifact_id, server_id: execution.server_id, content, inspected_at: now };
    Ok(told.save(connection)?)
}

/// Why a kind of file for an architecture cannot be installed on a platform; none where it fits, or where that is not known yet.
pub fn misfit(kind: ArtifactKind, architecture: &str, catalog: &Catalog, platform: &Platform) -> Option<Message> {
    let tools: &[&str] = match kind {
        ArtifactKind::Rpm => &["dnf", "zypper", "rpm"],
        ArtifactKind::Deb => &["apt-get"],
        ArtifactKind::Apk => &["apk"],
    };
    let chosen = catalog.choose(CommandType::InstallFile, platform).ok();
    let fits = chosen.is_some_and(|chosen| !chosen.built_in || tools.contains(&chosen.name.as_str()));
    if !fits {
        let why = Message::new("It is a {kind} package, and {system} does not install those");
        let system = if platform.pretty_name.is_empty() { &platform.os } else { &platform.pretty_name };
        return Some(why.with("kind", kind.name()).with("system", system));
    }
    if architecture.is_empty() || runs_on(architecture, &platform.arch) {
        return None;
    }
    let why = Message::new("It is for {architecture}, and this server is {actual}");
    Some(why.with("architecture", architecture).with("actual", &platform.arch))
}

/// Refuses what does not fit, what nobody has looked into, and what the server did not verify unless somebody said yes (F08).
pub fn may_install(
    (artifact, known): (&Artifact, &Known),
    catalog: &Catalog,
    platform: &Platform,
    unsigned: bool,
) -> Result<()> {
    if let Some(why) = misfit(artifact.kind, &known.architecture, catalog, platform) {
        return Err(Error::Conflict(why));
    }
    if known.scripts.is_none() {
        let why = "Nobody has looked into this file yet: have a server's tool tell what runs as root in it first";
        return Err(Error::Conflict(Message::new(why)));
    }
    if !known.is_verified() && !unsigned {
        return Err(Error::field(
            "unsigned",
            "This server has verified no signature of this package. Say that it may be installed all the same",
        ));
    }
    Ok(())
}

/// Whether a package for `wanted` runs on a machine that calls itself `machine`.
fn runs_on(wanted: &str, machine: &str) -> bool {
    if matches!(wanted, "noarch" | "all" | "any") || wanted == machine {
        return true;
    }
    match machine {
        "x86_64" | "amd64" => matches!(wanted, "amd64" | "x86_64" | "i386" | "i486" | "i586" | "i686"),
        "aarch64" | "arm64" => matches!(wanted, "arm64" | "aarch64"),
        "armv7l" => matches!(wanted, "armhf" | "armv7hl" | "armv7"),
        "armv6l" => matches!(wanted, "armhf" | "armv6hl" | "armel"),
        "i686" | "i586" | "i386" => matches!(wanted, "i386" | "i486" | "i586" | "i686" | "x86"),
        "ppc64le" => matches!(wanted, "ppc64el" | "ppc64le"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(kind: ArtifactKind, header: serde_json::Value) -> Artifact {
        Artifact {
            id: ArtifactId(1),
            file_name: "a".into(),
            stored_name: "0".into(),
            kind,
            size_bytes: 1,
            sha256: String::new(),
            name: String::new(),
            version: String::new(),
            architecture: String::new(),
            header,
            uploaded_by: "jiwon".into(),
            uploaded_at: DateTime::UNIX_EPOCH,
        }
    }

    fn told(content: &PackageContent) -> ArtifactInspection {
        let content = serde_json::to_value(content).unwrap();
        ArtifactInspection {
            artifact_id: ArtifactId(1),
            server_id: ServerId(1),
            content,
            inspected_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn sec_f08_no_server_changes_what_the_console_read_of_an_rpm() {
        let header = serde_json::json!({ "signature": "present", "scripts": [{ "name": "%post", "text": "echo 1" }] });
        let content = PackageContent {
            fields: vec![("Name".into(), "other".into()), ("Package".into(), "other".into())],
            ..PackageContent::default()
        };
        let known = Known::of(&artifact(ArtifactKind::Rpm, header), Some(told(&content)));
        assert_eq!((known.name.as_str(), known.scripts.unwrap()[0].text.as_str()), ("", "echo 1"));
    }

    #[test]
    fn sec_f08_a_signature_that_is_there_is_not_one_that_was_verified() {
        let header = serde_json::json!({ "signature": "present", "scripts": [] });
        let rpm = artifact(ArtifactKind::Rpm, header);
        let checked = |verified| {
            let signature = Some(SignatureCheck { verified, said: String::new() });
            Known::of(&rpm, Some(told(&PackageContent { signature, ..PackageContent::default() })))
        };
        assert!(!Known::of(&rpm, None).is_verified());
        assert!(!checked(false).is_verified());
        assert!(checked(true).is_verified());
    }

    #[test]
    fn sec_x03_a_tool_that_did_not_get_inside_leaves_the_scripts_unknown() {
        let content = PackageContent {
            signature: Some(SignatureCheck { verified: true, said: "OK".into() }),
            ..PackageContent::default()
        };
        let known = Known::of(&artifact(ArtifactKind::Apk, serde_json::json!({})), Some(told(&content)));
        assert_eq!(known.scripts, None);
    }

    #[test]
    fn an_architecture_fits_by_all_its_names() {
        for (wanted, machine) in [("amd64", "x86_64"), ("noarch", "s390x"), ("i686", "x86_64"), ("arm64", "aarch64")] {
            assert!(runs_on(wanted, machine), "{wanted} {machine}");
        }
        for (wanted, machine) in [("aarch64", "x86_64"), ("amd64", "aarch64"), ("x86_64", "i686"), ("src", "x86_64")] {
            assert!(!runs_on(wanted, machine), "{wanted} {machine}");
        }
    }
}
