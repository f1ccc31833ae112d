//! Files that know countries and networks of addresses: MaxMind, IPinfo and DB-IP, each with names of its own for the same things.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use maxminddb::Reader;
use serde_json::Value;

/// What is known of the network of an address. Every text is the file's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// `NL`
    pub country_code: String,
    /// `Netherlands`
    pub country: String,
    /// `Amsterdam`
    pub city: String,
    /// `AS204428`
    pub asn: String,
    /// Who owns it.
    pub owner: String,
    /// `203.0.113.0/24`
    pub network: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// What it calls itself: `GeoLite2-ASN`; empty where it could not be read.
    pub kind: String,
    /// When it was made.
    pub built_at: Option<DateTime<Utc>>,
    /// Why it could not be read, in English.
    pub problem: Option<String>,
}

/// All files; cheap to clone.
#[derive(Clone, Default)]
pub struct Databases(Arc<Opened>);

#[derive(Default)]
struct Opened {
    files: Vec<File>,
    readers: Vec<Reader<Vec<u8>>>,
}

impl fmt::Debug for Databases {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.files.fmt(out)
    }
}

impl Databases {
    /// Opens these files. One that is not there or is damaged is told of, and the others are used.
    pub fn open(paths: &[PathBuf]) -> Self {
        let mut opened = Opened::default();
        for path in paths {
            match read(path) {
                Ok((file, reader)) => {
                    opened.files.push(file);
                    opened.readers.push(reader);
                }
                Err(problem) => {
                    tracing::warn!(path = %path.display(), problem, "a database of addresses cannot be used");
                    let (kind, built_at) = (String::new(), None);
                    opened.files.push(File { path: path.clone(), kind, built_at, problem: Some(problem) });
                }
            }
        }
        Self(Arc::new(opened))
    }

    /// Every file, those that cannot be used too.
    pub fn files(&self) -> &[File] {
        &self.0.files
    }

    /// What the files know of `address`, put together; the first that tells something counts.
    pub fn of(&self, address: IpAddr) -> Option<Network> {
        let mut all = Network::default();
        for reader in &self.0.readers {
            // A record that cannot be read tells nothing.
            let Ok(found) = reader.lookup(address) else { continue };
            let Ok(Some(record)) = found.decode::<Value>() else { continue };
            let network = found.network().map(|network| network.to_string()).unwrap_or_default();
            all.add(of_record(&record), network);
        }
        (all != Network::default()).then_some(all)
    }

    /// What whoever made the files asks to be said beside what they tell.
    pub fn attributions(&self) -> Vec<&'static str> {
        let mut said: Vec<&'static str> = self.0.files.iter().filter_map(|file| attribution(&file.kind)).collect();
        said.sort_unstable();
        said.dedup();
        said
    }

    /// When the oldest file was made.
    pub fn built_at(&self) -> Option<DateTime<Utc>> {
        self.0.files.iter().filter_map(|file| file.built_at).min()
    }
}

fn read(path: &Path) -> Result<(File, Reader<Vec<u8>>), String> {
    let bytes = std::fs::read(path).map_err(|error| format!("it cannot be read: {error}"))?;
    let reader = Reader::from_source(bytes).map_err(|_damaged| "it is damaged, or no such database".to_owned())?;
    let metadata = reader.metadata();
    let built_at = i64::try_from(metadata.build_epoch).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let kind = metadata.database_type.clone();
    Ok((File { path: path.to_owned(), kind, built_at, problem: None }, reader))
}

fn attribution(kind: &str) -> Option<&'static str> {
    let kind = kind.to_ascii_lowercase();
    if kind.contains("ipinfo") {
        Some("IP address data powered by IPinfo, ipinfo.io")
    } else if kind.contains("dbip") || kind.contains("db-ip") {
        Some("IP Geolocation by DB-IP, db-ip.com")
    } else if kind.contains("geolite2") {
        Some("This product includes GeoLite2 data created by MaxMind, available from maxmind.com")
    } else {
        None
    }
}

impl Network {
    fn add(&mut self, other: Self, network: String) {
        let fill = |place: &mut String, text: String| {
            if place.is_empty() {
                *place = text;
            }
        };
        // The network of the record that tells whose it is.
        if !other.asn.is_empty() || self.network.is_empty() {
            self.network = network;
        }
        fill(&mut self.country_code, other.country_code);
        fill(&mut self.country, other.country);
        fill(&mut self.city, other.city);
        fill(&mut self.asn, other.asn);
        fill(&mut self.owner, other.owner);
    }
}

/// What a record says, whoever made it.
pub(super) fn of_record(record: &Value) -> Network {
    let at = |path: &[&str]| path.iter().try_fold(record, |value, name| value.get(name));
    let text = |path: &[&str]| {
        let text = at(path).and_then(Value::as_str).unwrap_or_default();
        text.chars().take(200).collect::<String>()
    };
    let first =
        |paths: &[&[&str]]| paths.iter().map(|path| text(path)).find(|text| !text.is_empty()).unwrap_or_default();
    let country = first(&[&["country", "names", "en"], &["country_name"], &["country"]]);
    let code = first(&[&["country", "iso_code"], &["registered_country", "iso_code"], &["country_code"]]);
    // Older files of IPinfo tell the code by the name of the country.
    let (country, code) =
        if code.is_empty() && country.len() == 2 { (text(&["country_name"]), country) } else { (country, code) };
    let code = if code.is_empty() {
        Some(text(&["country"])).filter(|code| code.len() == 2).unwrap_or_default()
    } else {
        code
    };
    let asn = match at(&["autonomous_system_number"]).and_then(Value::as_u64) {
        Some(number) => format!("AS{number}"),
        None => text(&["asn"]),
    };
    Network {
        country_code: code,
        country,
        city: first(&[&["city", "names", "en"], &["city"]]),
        asn,
        owner: first(&[&["autonomous_system_organization"], &["as_name"], &["organization"], &["isp"], &["as_domain"]]),
        network: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_three_schemas_tell_the_same() {
        for record in [
            json!({"country": {"iso_code": "NL", "names": {"en": "Netherlands"}}, "autonomous_system_number": 204_428,
                "autonomous_system_organization": "SS-Net"}),
            json!({"country": "Netherlands", "country_code": "NL", "asn": "AS204428", "as_name": "SS-Net", "as_domain": "x"}),
            json!({"country": "NL", "country_name": "Netherlands", "asn": "AS204428", "as_name": "SS-Net"}),
        ] {
            let network = of_record(&record);
            assert_eq!(
                [network.country_code, network.country, network.asn, network.owner],
                ["NL", "Netherlands", "AS204428", "SS-Net"],
                "{record}"
            );
        }
        assert_eq!(of_record(&json!({"country": 7, "asn": []})), Network::default());
    }

    #[test]
    fn a_file_that_is_absent_or_damaged_is_told_of_and_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let damaged = folder.path().join("damaged.mmdb");
        std::fs::write(&damaged, b"\xab\xcd\xefMaxMind.com and nothing").unwrap();
        let databases = Databases::open(&[folder.path().join("absent.mmdb"), damaged]);
        let problems: Vec<bool> = databases.files().iter().map(|file| file.problem.is_some()).collect();
        assert_eq!(problems, [true, true]);
        assert_eq!(databases.of("203.0.113.5".parse().unwrap()), None);
        assert!(databases.attributions().is_empty() && databases.built_at().is_none());
    }

    #[test]
    fn whoever_made_a_file_is_named() {
        assert!(attribution("GeoLite2-City").unwrap().contains("MaxMind"));
        assert!(attribution("DBIP-ASN-Lite (compat=GeoLite2-ASN)").unwrap().contains("DB-IP"));
        assert!(attribution("ipinfo bundle_location_lite.mmdb").unwrap().contains("IPinfo"));
        assert_eq!(attribution("own"), None);
    }
}
