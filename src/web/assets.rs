//! Static files: the style sheet joined in layer order, everything else as it is, each at a URL with its content's hash.
//!
//! Knows nothing of pages. `static/` is built into the binary; a debug build reads it from disk.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::http::header::{CacheControl, CacheDirective, ContentType, EntityTag, Header, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

/// Everything under `static/`.
#[derive(RustEmbed)]
#[folder = "static"]
struct Files;

/// The joined style sheet's path.
const STYLE_SHEET: &str = "css/app.css";

/// Style sheets that come before the rest, in this order; components, charts and screens follow by name.
const FIRST_STYLES: [&str; 3] = ["css/tokens.css", "css/base.css", "css/layout.css"];

/// One file as the browser gets it.
struct Asset {
    body: Bytes,
    hash: String,
    content_type: mime_guess::Mime,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(read_all);

/// The URL of a file under `static/`: `/static/js/toast.js?v=5f3a…`. A file that does not exist keeps its plain path.
pub fn url(path: &str) -> String {
    match ASSETS.get(path) {
        Some(asset) => format!("/static/{path}?v={}", asset.hash),
        None => format!("/static/{path}"),
    }
}

/// Paths of all files that are served.
pub fn paths() -> impl Iterator<Item = &'static str> {
    ASSETS.keys().map(String::as_str)
}

/// One static file. With its own hash in the query it may be kept for ever.
///
/// `GET /static/{path}?v={hash}`
pub async fn show(path: web::Path<String>, request: HttpRequest) -> crate::error::Result<HttpResponse> {
    let asset = ASSETS.get(path.as_str()).ok_or(crate::error::Error::NotFound("This file"))?;
    let tag = EntityTag::new_strong(asset.hash.clone());
    let keep = if request.query_string() == format!("v={}", asset.hash) {
        CacheControl(vec![
            CacheDirective::Public,
            CacheDirective::MaxAge(31_536_000),
            CacheDirective::Extension("immutable".to_owned(), None),
        ])
    } else {
        CacheControl(vec![CacheDirective::NoCache])
    };
    let unchanged = match IfNoneMatch::parse(&request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|seen| seen.weak_eq(&tag)),
        Err(_) => false,
    };
    let mut response = if unchanged { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(keep).insert_header(actix_web::http::header::ETag(tag));
    Ok(if unchanged {
        response.finish()
    } else {
        response.insert_header(ContentType(asset.content_type.clone())).body(asset.body.clone())
    })
}

/// Reads every file, then joins the style sheets, whose `url(…)` need the others' hashes.
fn read_all() -> BTreeMap<String, Asset> {
    let mut assets = BTreeMap::new();
    let mut styles = BTreeMap::new();
    for path in Files::iter() {
        let Some(file) = Files::get(&path) else { continue };
        if path.starts_with("css/") {
            styles.insert(path.into_owned(), String::from_utf8_lossy(&file.data).into_owned());
        } else if !path.ends_with("SHA256SUMS") {
            assets.insert(path.to_string(), asset(&path, Bytes::from(file.data.into_owned())));
        }
    }
    let sheet = join(&styles, &assets);
    assets.insert(STYLE_SHEET.to_owned(), asset(STYLE_SHEET, Bytes::from(sheet)));
    assets
}

fn asset(path: &str, body: Bytes) -> Asset {
    let digest = Sha256::digest(&body);
    let hash = hex::encode(digest).chars().take(16).collect();
    let mut content_type = mime_guess::from_path(path).first_or_octet_stream();
    if path.ends_with("LICENSE") {
        content_type = mime_guess::mime::TEXT_PLAIN_UTF_8;
    } else if content_type.type_() == mime_guess::mime::TEXT && content_type.get_param("charset").is_none() {
        content_type = format!("{content_type}; charset=utf-8").parse().unwrap_or(content_type);
    }
    Asset { body, hash, content_type }
}

fn join(styles: &BTreeMap<String, String>, assets: &BTreeMap<String, Asset>) -> String {
    let first = FIRST_STYLES.iter().filter_map(|path| styles.get_key_value(*path));
    let rest = styles.iter().filter(|(path, _)| !FIRST_STYLES.contains(&path.as_str()));
    first.chain(rest).map(|(path, text)| with_hashes(path, text, assets)).collect::<Vec<_>>().join("\n")
}

/// `text` with each `url("../…")` replaced by the address of that file.
fn with_hashes(path: &str, text: &str, assets: &BTreeMap<String, Asset>) -> String {
    const OPEN: &str = "url(\"";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        out.push_str(before);
        out.push_str(OPEN);
        let Some((target, tail)) = after.split_once('"') else {
            rest = after;
            break;
        };
        let resolved = resolve(path, target);
        match assets.get(&resolved) {
            Some(asset) => out.extend(["/static/", &resolved, "?v=", &asset.hash]),
            None => out.push_str(target),
        }
        out.push('"');
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// `../fonts/x.woff2`, as the file at `path` means it, from `static/`.
fn resolve(path: &str, target: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_declares_its_layers_first_and_names_only_files_that_exist() {
        let sheet = String::from_utf8(ASSETS[STYLE_SHEET].body.to_vec()).unwrap();
        assert!(sheet.find("@layer tokens, base, layout, components, charts, screens, utilities;").unwrap() < 300);
        let targets: Vec<&str> = sheet.split("url(\"").skip(1).filter_map(|tail| tail.split('"').next()).collect();
        assert!(targets.len() >= 6);
        for target in targets {
            assert!(target.starts_with("/static/") && target.contains("?v="), "{target}");
        }
    }

    #[test]
    fn a_url_carries_the_hash_of_the_content() {
        assert!(url("icons/icons.svg").starts_with("/static/icons/icons.svg?v="));
        assert_eq!(url("nothing.js"), "/static/nothing.js");
    }
}
