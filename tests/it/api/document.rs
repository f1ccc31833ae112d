//! The API document: every route is in it, everything in it is a route, and it is an OpenAPI 3.1 document.

use std::collections::BTreeSet;

use hannun::routes;
use serde_json::Value;

use crate::harness::app::TestApp;

async fn document() -> Value {
    let app = TestApp::start().await;
    let reply = app.browser().get("/api/v1/openapi.json").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("Content-Type"), Some("application/json"));
    serde_json::from_str(&reply.body).unwrap()
}

/// `GET /api/v1/servers` and so on.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if ["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                found.push((format!("{} {path}", method.to_uppercase()), operation));
            }
        }
    }
    found
}

#[actix_web::test]
async fn every_route_is_in_the_document_and_the_other_way_round() {
    let document = document().await;
    let documented: BTreeSet<String> = operations(&document).into_iter().map(|(name, _)| name).collect();
    let routed: BTreeSet<String> = routes::all()
        .iter()
        .filter(|route| route.path.starts_with("/api/"))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(routed, documented);
    assert!(routed.len() > 30, "{routed:?}");
}

#[actix_web::test]
async fn the_document_is_openapi_3_1_with_a_description_and_answers_for_each_operation() {
    let document = document().await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["info"]["title"], "hannun");
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty(), "{name} says nothing about itself");
        let id = operation["operationId"].as_str().unwrap();
        let tag = operation["tags"][0].as_str().unwrap_or_else(|| panic!("{name} has no tag"));
        assert!(ids.insert(format!("{tag} {id} {name}")));
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{name} never succeeds");
        for parameter in name.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
            let known = operation["parameters"].as_array().unwrap();
            let found = known.iter().find(|known| known["name"] == parameter && known["in"] == "path");
            assert_eq!(found.unwrap_or_else(|| panic!("{name}: {parameter}"))["required"], true, "{name}");
        }
        if name != "GET /api/v1/openapi.json" {
            assert_eq!(operation["security"][0]["bearer"], Value::Array(Vec::new()), "{name}");
            for status in ["401", "403", "422", "500", "503"] {
                assert!(answers.contains_key(status), "{name} does not tell of {status}");
            }
        }
    }
}

#[actix_web::test]
async fn every_operation_has_a_name_of_its_own() {
    let document = document().await;
    let ids: Vec<String> = operations(&document)
        .iter()
        .map(|(_, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "{ids:?}");
}

#[actix_web::test]
async fn every_reference_leads_somewhere() {
    let document = document().await;
    let mut waiting = vec![&document];
    let mut references = 0;
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    references += 1;
                    let place = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(place).is_some(), "{reference} leads nowhere");
                }
                waiting.extend(fields.values());
            }
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
    }
    assert!(references > 100, "{references}");
}

#[actix_web::test]
async fn sec_z06_every_body_refuses_unknown_fields_and_says_so() {
    let document = document().await;
    for (name, operation) in operations(&document) {
        let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema/$ref") else { continue };
        let body = document.pointer(schema.as_str().unwrap().trim_start_matches('#')).unwrap();
        assert_eq!(body["additionalProperties"], false, "{name}");
    }
}

#[actix_web::test]
async fn sec_s05_secrets_are_write_only_in_the_document() {
    let document = document().await;
    for body in ["NewCredential", "CredentialChanges"] {
        for field in ["password", "private_key", "passphrase", "sudo_password"] {
            let field = &document["components"]["schemas"][body]["properties"][field];
            assert_eq!(field["writeOnly"], true, "{body} {field}");
        }
    }
    let shown = document["components"]["schemas"]["Credential"]["properties"].as_object().unwrap();
    assert!(
        shown.keys().all(|field| !["password", "private_key", "passphrase", "sudo_password"].contains(&field.as_str()))
    );
}
