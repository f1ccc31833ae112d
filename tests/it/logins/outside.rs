//! What others say about an address: name servers, and a service where one is set up.

use std::sync::Arc;

use chrono::TimeDelta;
use hannun::clock::Clock;
use hannun::config::OutboundConfig;
use hannun::ip_lookup::service::ServiceAnswer;
use hannun::ip_lookup::{Lookups, ReverseName};
use hannun::models::actor::{Role, Scope};
use hannun::outbound::Unresolved;
use hannun::secret::SecretText;

use crate::api::program::program;
use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::page::Page;
use crate::outbound::receiver::{Receiver, Says, ok};
use crate::outbound::{Liar, addresses, entries, with};

const TOKEN: &str = "hunter2";
const PUBLIC: &str = "8.8.8.8";

/// The settings with which this service is asked.
fn config(service: &Receiver) -> OutboundConfig {
    OutboundConfig {
        allowed: entries(&[service.entry()]),
        ip_service: Some(SecretText::new(format!("{}/lite/{{address}}?token={TOKEN}", service.url()))),
        reverse_names: false,
        ..OutboundConfig::default()
    }
}

fn clock() -> Clock {
    Clock::standing_at("2026-11-22T10:00:00Z".parse().unwrap())
}

fn lookups(config: OutboundConfig, liar: Liar, clock: &Clock) -> (Lookups, Arc<Liar>) {
    let liar = Arc::new(liar);
    (Lookups::new(&with(config, &liar), clock), liar)
}

async fn service_of(lookups: &Lookups, address: &str) -> ServiceAnswer {
    lookups.ask(address.parse().unwrap(), "jiwon").await.service
}

/// What the page of an address fetches once it is there.
async fn outside(client: &Client, address: &str) -> Page {
    client.region(&format!("/ips/{address}"), "outside").await
}

#[tokio::test]
async fn sec_o08_no_service_is_asked_unless_one_is_set_up() {
    assert!(OutboundConfig::default().ip_service.is_none());
    let config = OutboundConfig { reverse_names: false, ..OutboundConfig::default() };
    let (lookups, liar) = lookups(config, Liar::default(), &clock());
    assert_eq!(service_of(&lookups, PUBLIC).await, ServiceAnswer::Off);
    assert!(liar.asked().is_empty());
}

#[tokio::test]
async fn sec_o08_an_address_that_is_not_public_is_never_sent() {
    let service = Receiver::start(|_| ok("{}")).await;
    let (lookups, _) = lookups(config(&service), Liar::default(), &clock());
    for address in [
        "10.0.0.1",
        "172.16.5.5",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.1.1",
        "127.0.0.1",
        "203.0.113.5",
        "198.18.0.1",
        "224.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "::ffff:10.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "2001:db8::1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
    ] {
        assert_eq!(service_of(&lookups, address).await, ServiceAnswer::NotPublic, "{address}");
    }
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn sec_o08_a_service_is_asked_once_a_week_about_each_address() {
    let service = Receiver::start(|_| ok(r#"{"asn":"AS15169","as_name":"Google LLC","country_code":"US"}"#)).await;
    let clock = clock();
    let (lookups, _) = lookups(config(&service), Liar::default(), &clock);
    let address = PUBLIC.parse().unwrap();
    assert_eq!(lookups.known(address).service, ServiceAnswer::NotAsked("127.0.0.1".into()), "looking up asks nobody");
    let (first, second) = tokio::join!(service_of(&lookups, PUBLIC), service_of(&lookups, "::ffff:8.8.8.8"));
    assert_eq!(first, second);
    let ServiceAnswer::Told(told) = first else { panic!("{first:?}") };
    assert_eq!((told.network.owner.as_str(), told.asked_for.as_str(), told.at), ("Google LLC", "jiwon", clock.now()));
    clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    service_of(&lookups, PUBLIC).await;
    assert_eq!(service.connections(), 1);
    clock.advance(TimeDelta::seconds(1));
    service_of(&lookups, PUBLIC).await;
    assert_eq!(service.connections(), 2);
    let asked = service.asked().remove(0);
    assert!(asked.starts_with("GET /lite/8.8.8.8?token=hunter2 HTTP/1.1"), "{asked}");
}

#[tokio::test]
async fn a_service_that_was_asked_too_much_is_left_alone() {
    let busy = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n";
    let service = Receiver::start(move |_| Says::Bytes(busy.as_bytes().to_vec())).await;
    let clock = clock();
    let (lookups, _) = lookups(config(&service), Liar::default(), &clock);
    assert!(matches!(service_of(&lookups, PUBLIC).await, ServiceAnswer::Failed { .. }));
    clock.advance(TimeDelta::minutes(119));
    assert!(matches!(service_of(&lookups, "1.1.1.1").await, ServiceAnswer::Failed { .. }), "about nothing else either");
    assert_eq!(service.connections(), 1);
    clock.advance(TimeDelta::minutes(2));
    service_of(&lookups, "1.1.1.1").await;
    assert_eq!(service.connections(), 2);
}

#[tokio::test]
async fn a_service_that_answers_nonsense_has_told_nothing_and_its_token_is_not_shown() {
    for says in
        [ok("<html>"), ok("[]"), ok("7"), Says::Bytes(b"HTTP/1.1 500 Oh\r\n\r\n".to_vec()), Says::Bytes(Vec::new())]
    {
        let service = Receiver::start(move |_| says.clone()).await;
        let (lookups, _) = lookups(config(&service), Liar::default(), &clock());
        let answer = service_of(&lookups, PUBLIC).await;
        let ServiceAnswer::Failed { why, .. } = &answer else { panic!("{answer:?}") };
        assert!(why.to_string().contains("127.0.0.1"), "{why}");
        assert!(!format!("{answer:?} {lookups:?}").contains(TOKEN));
    }
}

#[tokio::test]
async fn a_name_is_one_only_where_it_leads_back_to_the_address() {
    let name = |text: &str| Ok(Some(text.to_owned()));
    let liar = Liar::default()
        .calls("8.8.8.8", name("dns.example"))
        .calls("1.1.1.1", name("bank.example"))
        .calls("9.9.9.9", name("nowhere.example"))
        .calls("10.0.0.5", name("printer.lan"))
        .calls("8.8.4.4", name("<img src=x onerror=alert(1)>"))
        .calls("8.8.4.5", Err(Unresolved::TimedOut))
        .calls("2606:4700::1111", name("six.example"))
        .with("dns.example", &[addresses(&["192.0.2.7", "8.8.8.8"])])
        .with("bank.example", &[addresses(&["9.9.9.9"])])
        .with("printer.lan", &[addresses(&["10.0.0.5"])])
        .with("six.example", &[addresses(&["2606:4700::1111"])]);
    let (lookups, liar) = lookups(OutboundConfig::default(), liar, &clock());
    for (address, expected) in [
        ("8.8.8.8", ReverseName::Confirmed("dns.example".into())),
        ("1.1.1.1", ReverseName::Claimed("bank.example".into())),
        ("9.9.9.9", ReverseName::Claimed("nowhere.example".into())),
        ("10.0.0.5", ReverseName::Confirmed("printer.lan".into())),
        ("8.8.4.4", ReverseName::Claimed("<img src=x onerror=alert(1)>".into())),
        ("8.8.4.5", ReverseName::NoAnswer),
        ("8.8.4.6", ReverseName::None),
        ("2606:4700::1111", ReverseName::Confirmed("six.example".into())),
        ("127.0.0.1", ReverseName::NotAsked),
        ("203.0.113.5", ReverseName::NotAsked),
        ("fe80::1", ReverseName::NotAsked),
    ] {
        assert_eq!(lookups.ask(address.parse().unwrap(), "jiwon").await.name, expected, "{address}");
    }
    let asked = liar.asked();
    assert!(!asked.iter().any(|one| one.contains('<')), "what cannot be a name is not asked for: {asked:?}");
    lookups.ask("8.8.8.8".parse().unwrap(), "jiwon").await;
    assert_eq!(liar.asked(), asked, "it is kept");
}

#[tokio::test]
async fn where_names_are_switched_off_no_name_server_is_asked() {
    let liar = Liar::default().calls("8.8.8.8", Ok(Some("dns.example".into())));
    let config = OutboundConfig { reverse_names: false, ..OutboundConfig::default() };
    let (lookups, liar) = lookups(config, liar, &clock());
    assert_eq!(lookups.ask(PUBLIC.parse().unwrap(), "jiwon").await.name, ReverseName::NotAsked);
    assert!(liar.asked().is_empty());
}

#[actix_web::test]
async fn sec_o08_the_page_asks_when_it_is_looked_at_and_says_who_was_told() {
    let told = r#"{"country":"<b>Land</b>","country_code":"US","asn":"AS1","as_name":"<img src=x onerror=alert(1)>"}"#;
    let service = Receiver::start(move |_| ok(told)).await;
    let app = TestApp::with_config(|settings| settings.outbound = config(&service)).await;
    let client = app.signed_in("jiwon", Role::Viewer, Scope::All).await;
    let page = client.get("/ips/8.8.8.8").await.ok();
    assert_eq!(page.heading(), "Address 8.8.8.8");
    assert!(page.text("#outside").contains("127.0.0.1 is told this address when somebody looks at it"));
    assert_eq!(service.connections(), 0, "a page that another site leads to asks nobody");
    let part = outside(&client, PUBLIC).await;
    let text = part.text("#outside");
    assert!(text.contains("127.0.0.1 was told this address at") && text.contains("when jiwon looked at it"), "{text}");
    assert!(text.contains("<img src=x onerror=alert(1)>") && !part.has("#outside img") && !part.has("#outside b"));
    assert!(!part.has("[hx-trigger=load]"), "it does not ask for ever");
    outside(&client, PUBLIC).await;
    assert_eq!(service.connections(), 1);
    let private = outside(&client, "10.0.0.5").await;
    assert!(private.text("#outside").contains("No service is told this address, because it is not public"));
    assert_eq!(service.connections(), 1);
    assert_eq!(client.get("/ips/nonsense").await.status, 404);
}

#[actix_web::test]
async fn sec_o08_a_program_asks_others_only_where_it_says_so() {
    let service = Receiver::start(|_| ok(r#"{"asn":"AS15169","as_name":"Google LLC","country_code":"US"}"#)).await;
    let app = TestApp::with_config(|settings| settings.outbound = config(&service)).await;
    let program = program(&app, Role::Viewer).await;
    let first = program.get("/api/v1/ips/8.8.8.8").await.status(200);
    assert!(first["service"].is_null() && first["name"].is_null());
    assert_eq!(service.connections(), 0);
    let asked = program.get("/api/v1/ips/8.8.8.8?ask=true").await.status(200);
    assert_eq!(asked["service"]["owner"], "Google LLC");
    let kept = program.get("/api/v1/ips/8.8.8.8").await.status(200);
    assert_eq!((kept["service"]["asn"].as_str(), service.connections()), (Some("AS15169"), 1));
}
