//! Files and directories to take away: always as attachments that run nowhere (F04).

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};

use super::place::file_of;
use crate::app::App;
use crate::commands::files::FilePath;
use crate::commands::files::path::encoded;
use crate::error::Result;
use crate::transfers;
use crate::web::extract::SignedIn;
use crate::web::middleware::headers::DOWNLOAD_POLICY;
use crate::web::outgoing::streamed;
use crate::web::parts;
use crate::web::still_signed_in::StillSignedIn;

/// One file, as it is; with `Range` a part of it, so that a download that broke off goes on.
///
/// `GET /servers/{server}/files/content?path=/etc/motd`
pub async fn show(
    person: SignedIn,
    path: web::Path<String>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (file, acting) = file_of(request.query_string())?;
    let host = app.hosts.open(person.actor.clone(), path.into_inner()).await?;
    let answer = attachment(file.name());
    let terms = StillSignedIn::of(&request, &app)?.terms(&app, host.name());
    let file = transfers::file(&host, (file, acting), parts::wanted(&request), terms).await?;
    Ok(parts::answer(answer, file))
}

/// A directory as a tar archive.
///
/// `GET /servers/{server}/files/archive?path=/etc`
pub async fn archive(
    person: SignedIn,
    path: web::Path<String>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (directory, acting) = file_of(request.query_string())?;
    let host = app.hosts.open(person.actor.clone(), path.into_inner()).await?;
    let terms = StillSignedIn::of(&request, &app)?.terms(&app, host.name());
    let archive = transfers::archive(&host, (directory, acting), terms).await?;
    let directory = archive.details.real.unwrap_or_else(FilePath::root);
    let name = if directory.is_root() { host.name().as_bytes() } else { directory.name() };
    let answer = attachment(&[name, b".tar"].concat());
    Ok(streamed(answer, None, archive.content))
}

/// The head of an answer that a browser keeps as a file of this name, and does nothing else with.
pub(in crate::screens) fn attachment(name: &[u8]) -> HttpResponseBuilder {
    // A slash ends nothing here, but a browser might think so.
    let name = encoded(name).replace('/', "%2F");
    let disposition = format!("attachment; filename*=UTF-8''{name}");
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("application/octet-stream")
        .insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOWNLOAD_POLICY)));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        answer.insert_header((CONTENT_DISPOSITION, disposition));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_f04_no_name_breaks_out_of_the_header() {
        for name in [&b"a\r\nX-Evil: 1"[..], b"\"; filename=x", b"<svg onload=alert(1)>.svg", b"\xff"] {
            let answer = attachment(name).finish();
            let disposition = answer.headers().get(CONTENT_DISPOSITION).unwrap().to_str().unwrap();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
            let value = disposition.strip_prefix("attachment; filename*=UTF-8''").unwrap();
            assert!(value.bytes().all(plain), "{disposition}");
            assert_eq!(answer.headers().get(CONTENT_SECURITY_POLICY).unwrap(), DOWNLOAD_POLICY);
        }
    }
}
