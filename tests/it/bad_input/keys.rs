//! Keys that are none, and keys that do not open: told where they are entered, on the form and in the API, in the same words.

use hannun::models::actor::Role;
use serde_json::{Value, json};

use crate::api::program::{Program, program};
use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::ssh::{PASSWORD, fixture_key};

/// What a key and a passphrase are answered with: field and sentence, from the form and from the API.
async fn told(doors: &(Client, Program), key: &str, passphrase: Option<&str>) -> (String, String) {
    let (administrator, program) = doors;
    let form = [
        ("name", "ops"),
        ("user_name", "deploy"),
        ("kind", "private_key"),
        ("private_key", key),
        ("passphrase", passphrase.unwrap_or_default()),
        ("privilege", "none"),
    ];
    let page = administrator.post("/admin/credentials", form).await.with_status(422);
    let field = if page.has("#p-passphrase") { "passphrase" } else { "private_key" };
    let on_the_page = page.text(&format!("#p-{field}"));
    assert!(!page.text("[name=private_key]").contains("BEGIN"), "what was refused must be entered again");

    let mut body = json!({"name": "ops", "user_name": "deploy", "private_key": key});
    if let Some(passphrase) = passphrase {
        body["passphrase"] = json!(passphrase);
    }
    let problem = program.post("/api/v1/credentials", body).await.status(422);
    let errors = problem["errors"].as_array().unwrap();
    let error = errors.iter().find(|error| error["field"] == field);
    let error = error.unwrap_or_else(|| panic!("the page says {field}: {on_the_page}; the API {errors:?}"));
    assert_eq!(error["detail"], Value::from(on_the_page.as_str()), "{problem}");
    (field.to_owned(), on_the_page)
}

#[actix_web::test]
async fn a_file_that_is_no_private_key_is_told_from_one_that_is_damaged() {
    let app = TestApp::start().await;
    let doors = (app.administrator().await, program(&app, Role::Administrator).await);
    for (key, sentence) in [
        ("hello", "This is not a private key: it begins with -----BEGIN and holds PRIVATE KEY"),
        (
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE somebody@laptop",
            "This is a public key: paste the private one, the file without .pub",
        ),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "This is a certificate, not a private key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk", "The end of the key is missing: copy the whole file"),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n",
            "The key is damaged or of a kind that hannun does not know",
        ),
    ] {
        assert_eq!(told(&doors, key, None).await, ("private_key".to_owned(), sentence.to_owned()));
    }
}

#[actix_web::test]
async fn an_encrypted_key_says_whether_its_passphrase_is_missing_or_wrong() {
    let app = TestApp::start().await;
    let doors = (app.administrator().await, program(&app, Role::Administrator).await);
    for name in ["ed25519_encrypted", "rsa_pkcs8_encrypted"] {
        let key = fixture_key(name);
        let missing = told(&doors, &key, None).await;
        assert_eq!(
            missing,
            ("passphrase".to_owned(), "The key is encrypted: enter its passphrase".to_owned()),
            "{name}"
        );
        let wrong = told(&doors, &key, Some("not the passphrase")).await;
        assert_eq!(
            wrong,
            ("passphrase".to_owned(), "The passphrase is wrong, or the key is damaged".to_owned()),
            "{name}"
        );
    }
    // The right one is taken, by both doors.
    let key = fixture_key("ed25519_encrypted");
    let body = json!({"name": "ops", "user_name": "deploy", "private_key": key, "passphrase": PASSWORD});
    doors.1.post("/api/v1/credentials", body).await.status(201);
}
