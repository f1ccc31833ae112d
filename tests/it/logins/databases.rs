//! Whose addresses are, by real databases of the three makers.

use chrono::TimeDelta;
use hannun::ip_lookup::Databases;
use serde_json::json;

use super::kept::{attempt, keep};
use crate::harness::app::TestApp;
use crate::harness::known;
use crate::harness::mmdb::database;

/// One file of each maker; they tell the same of the same network, each in its own words.
fn makers() -> [Vec<u8>; 3] {
    let owner = json!({"autonomous_system_number": 204_428, "autonomous_system_organization": "SS-Net"});
    let flat = json!({"country": "Netherlands", "country_code": "NL", "asn": "AS204428", "as_name": "SS-Net", "as_domain": "ss.example"});
    let merged = json!({"country": {"iso_code": "NL", "names": {"en": "Netherlands"}}, "autonomous_system_number": 204_428,
        "autonomous_system_organization": "SS-Net"});
    [
        database(
            "GeoLite2-ASN",
            &[("45.148.10.0/24", owner), ("2a02:898::/32", json!({"autonomous_system_number": 8283}))],
        ),
        database("ipinfo bundle_location_lite.mmdb", &[("45.148.10.0/24", flat)]),
        database("DBIP-Country-Lite", &[("45.148.10.0/24", merged)]),
    ]
}

#[test]
fn the_databases_of_the_three_makers_tell_whose_an_address_is_and_ask_to_be_named() {
    let folder = tempfile::tempdir().unwrap();
    for (at, (bytes, maker)) in makers().into_iter().zip(["MaxMind", "IPinfo", "DB-IP"]).enumerate() {
        let path = folder.path().join(format!("{at}.mmdb"));
        std::fs::write(&path, bytes).unwrap();
        let databases = Databases::open(&[path]);
        assert!(databases.files()[0].problem.is_none(), "{:?}", databases.files());
        let network = databases.of("45.148.10.141".parse().unwrap()).unwrap();
        assert_eq!((network.asn.as_str(), network.owner.as_str()), ("AS204428", "SS-Net"), "{maker}");
        assert_eq!(network.network, "45.148.10.0/24", "{maker}");
        assert_eq!(databases.of("45.148.11.1".parse().unwrap()), None);
        assert!(databases.attributions()[0].contains(maker));
        assert_eq!(databases.built_at().unwrap().timestamp(), 1_795_345_732);
    }
}

#[test]
fn what_several_files_tell_is_put_together_and_a_damaged_one_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let country =
        json!({"country": {"iso_code": "NL", "names": {"en": "Netherlands"}}, "city": {"names": {"en": "Amsterdam"}}});
    let [owner, ..] = makers();
    let city = database(
        "GeoLite2-City",
        &[("45.148.0.0/16", country), ("2a02:898::/32", json!({"country": {"iso_code": "NL"}}))],
    );
    let mut files = Vec::new();
    for (name, bytes) in [("city", &city[..]), ("asn", &owner[..]), ("cut", &owner[..owner.len() / 3]), ("empty", b"")]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        files.push(path);
    }
    let databases = Databases::open(&files);
    let problems: Vec<bool> = databases.files().iter().map(|file| file.problem.is_some()).collect();
    assert_eq!(problems, [false, false, true, true]);
    let network = databases.of("45.148.10.141".parse().unwrap()).unwrap();
    assert_eq!(
        [network.country, network.city, network.asn, network.network],
        ["Netherlands", "Amsterdam", "AS204428", "45.148.10.0/24"]
    );
    let six = databases.of("2a02:898::7".parse().unwrap()).unwrap();
    assert_eq!([six.country_code, six.asn], ["NL", "AS8283"]);
}

#[test]
fn sec_x03_a_database_with_any_byte_changed_stops_nothing() {
    let [bytes, ..] = makers();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.mmdb");
    for at in (0..bytes.len()).step_by(bytes.len() / 200 + 1).chain(bytes.len() - 250..bytes.len()) {
        let mut changed = bytes.clone();
        changed[at] ^= 0xff;
        std::fs::write(&path, changed).unwrap();
        let databases = Databases::open(std::slice::from_ref(&path));
        // It may tell nonsense; it must not fall over.
        databases.of("45.148.10.141".parse().unwrap());
        databases.of("2a02:898::7".parse().unwrap());
    }
}

#[actix_web::test]
async fn pages_show_country_and_network_and_name_the_maker() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lite.mmdb");
    let hostile = json!({"country": "<b>Land</b>", "country_code": "NL", "asn": "AS204428", "as_name": "<img src=x>"});
    let other = json!({"country_code": "NL", "asn": "AS204428", "as_name": "<img src=x>"});
    let kind = "ipinfo bundle_location_lite.mmdb";
    std::fs::write(&path, database(kind, &[("45.148.10.0/24", hostile), ("45.148.12.0/24", other)])).unwrap();
    let app = TestApp::with_config(|settings| settings.ip_databases = vec![path]).await;
    let server = known::answering(&app, "web-1").await;
    let ago = |minutes| app.database.now() - TimeDelta::minutes(minutes);
    let from = |minutes, address: &str| attempt(ago(minutes), "root", address);
    keep(
        &app,
        server.id,
        vec![from(1, "45.148.10.141"), from(2, "45.148.12.7"), from(3, "45.148.10.9"), from(4, "8.8.8.8")],
    )
    .await;
    let client = app.viewer().await;
    let list = client.get("/servers/web-1/logins").await.ok();
    assert!(list.text("#logins tbody").contains("NL <img src=x>") && !list.has("#logins img"));
    let networks = client.get("/servers/web-1/logins?group=network").await.ok();
    let rows = networks.table("#logins table").rows;
    assert!(rows[0][0].contains("AS204428") && rows[1][0].contains("8.8.8.0/24"), "{rows:?}");
    assert_eq!(rows[0][3], "3");
    let page = client.get("/ips/45.148.10.141").await.ok();
    let text = page.text("main");
    for said in ["AS204428 45.148.10.0/24", "<b>Land</b> (NL)", "IPinfo, ipinfo.io"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!page.has("main img") && !page.has("main .kv b"));
}
