//! Files from a browser into a directory: by drag and drop, or by a plain form without any script.

use actix_web::{HttpResponse, web};

use super::place::{Place, acting, field_path};
use crate::app::App;
use crate::commands::Acting;
use crate::commands::files::{DescribeFile, FilePath, NewContent};
use crate::error::{Error, RemoteError, Result};
use crate::language::Message;
use crate::remote::host::OperableHost;
use crate::transfers;
use crate::web::extract::Operator;
use crate::web::incoming::{Part, Parts};
use crate::web::render::Render;

/// Takes each file of a form into the directory that the form named before.
///
/// `POST /servers/{server}/files/uploads`, `multipart/form-data`: the token first, then `path`, `as`, `replace`, then files.
pub async fn create(
    person: Operator,
    path: web::Path<String>,
    app: web::Data<App>,
    mut parts: Parts,
    render: Render,
) -> Result<HttpResponse> {
    let host = app.hosts.open(person.actor.clone(), path.into_inner()).await?.operable().await?;
    let (mut directory, mut acts_as, mut replaces) = (None, Acting::User, false);
    let mut names = Vec::new();
    while let Some(part) = parts.next().await? {
        match part {
            Part::Text(name, value) => match name.as_str() {
                "path" => directory = Some(field_path(&value)?),
                "as" => acts_as = acting(&value)?,
                "replace" => replaces = value == "on",
                _ => return Err(Error::BadRequest(Message::new("The request could not be read"))),
            },
            Part::File(name, mut file) => {
                // Some browsers send a path; a name is its last step.
                let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
                let target = directory.as_ref().and_then(|directory: &FilePath| directory.join(name.as_bytes()));
                let target = target.ok_or_else(|| Error::BadRequest(Message::new("A file needs a name")))?;
                let content = in_place_of(&host, &target, acts_as, replaces).await?;
                let written = transfers::write(&host, (target, acts_as), content, async || file.next().await).await;
                written.map_err(|error| of_one(error, &name, &names))?;
                names.push(name);
            }
        }
    }
    let directory = directory.unwrap_or_else(FilePath::root);
    if names.is_empty() {
        return Err(Error::BadRequest(Message::new("Choose a file first")));
    }
    let back = Place::new(directory, acts_as).address(host.name());
    let said = Message::new("Uploaded {names} to {server}").with("names", names.join(", ")).with("server", host.name());
    render.done(said).go(&back)
}

/// Of several files, which one the server did not take, and which are there already.
fn of_one(error: Error, name: &str, before: &[String]) -> Error {
    let Error::Conflict(why) = error else { return error };
    let why = Message::new("{name}: {why}").with("name", name).with_words("why", why);
    Error::Conflict(if before.is_empty() {
        why
    } else {
        Message::new("{why}. Uploaded before it: {names}").with_words("why", why).with("names", before.join(", "))
    })
}

/// Where a file of that name may be replaced, as it is now.
async fn in_place_of(host: &OperableHost, path: &FilePath, acting: Acting, replaces: bool) -> Result<NewContent> {
    if !replaces {
        return Ok(NewContent::OfNewFile);
    }
    match host.read(DescribeFile { path: path.clone(), acting }).await {
        Ok(details) => Ok(NewContent::InsteadOf(details.value.seen, None)),
        // There is none: the server says so when it is written, if it is another reason.
        Err(Error::Remote(error)) if matches!(*error, RemoteError::Failed { .. }) => Ok(NewContent::OfNewFile),
        Err(error) => Err(error),
    }
}
