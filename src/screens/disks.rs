//! Disks over time: how full each filesystem is, and what each disk does.

use actix_web::{HttpRequest, HttpResponse, web};

use serde::Deserialize;

use super::asked;
use super::declared::{self, MOST_DEVICES};
use super::directories::{Directories, acting};
use super::gather::{self, Stored};
use super::history::{HistoryPage, Plan};
use super::numbers::Numbers;
use super::part::Part;
use super::pressure;
use super::range::RangeQuery;
use crate::app::App;
use crate::commands::CommandType;
use crate::error::Result;
use crate::metrics::catalogue::Metric;
use crate::models::actor::Role;
use crate::web::extract::SignedIn;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// Disks over time.
pub static SCREEN: Screen = Screen {
    slug: "disks",
    label: "Disks",
    icon: "hard-drive",
    group: Group::Server,
    needs: &[CommandType::ListFilesystems],
    role: Role::Viewer,
    key: None,
};

const METRICS: &[Metric] = &[
    Metric::FilesystemPercent,
    Metric::FilesystemInodes,
    Metric::DiskRead,
    Metric::DiskWritten,
    Metric::DiskBusy,
    Metric::DiskWait,
    Metric::DiskOperations,
    Metric::PressureIo,
    Metric::PressureIoFull,
];

/// The directory that the page shows.
#[derive(Debug, Default, Deserialize)]
pub struct PathQuery {
    /// As `commands::directories::encode` has it.
    path: Option<String>,
    /// `root`, or the login user.
    #[serde(default, rename = "as")]
    acts_as: String,
}

/// Filesystems and disks over a span of time.
///
/// `GET /servers/{server}/disks?range=7d`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<RangeQuery>,
    directory: web::Query<PathQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let part = Part::of(&request);
    let (about, numbers, reading) = gather::history(&app, &stored, METRICS, &query, &render.shell).await?;
    let mut page = HistoryPage::new(SCREEN.label, about, plan(&numbers), &numbers, &reading);
    if part.includes("filesystems") && page.about.away.is_none() {
        let host = app.hosts.of(person.actor.clone(), stored.server.clone());
        page.filesystems =
            Some(asked::filesystems(&app, &host, Some(part.patience()), stored.role_of(&person.actor)).await?);
    }
    if let Some(path) = directory.path.as_deref().filter(|_| part.includes("directories")) {
        page.csrf_token.clone_from(&render.shell.csrf_token);
        let acting = acting(&directory.acts_as).unwrap_or_default();
        page.directories = Directories::load(&app, &stored, &person, (path, acting)).await?;
    }
    page.answer(part, render)
}

pub(super) fn plan(numbers: &Numbers) -> Plan {
    let each = |metric, declare: fn(usize, &str) -> declared::Declared| {
        let devices = numbers.devices(metric);
        devices.iter().take(MOST_DEVICES).enumerate().map(|(index, device)| declare(index, device)).collect::<Vec<_>>()
    };
    let disks = numbers.devices(Metric::DiskWritten);
    let detail = disks.iter().take(MOST_DEVICES).enumerate().flat_map(|(index, disk)| {
        [declared::disk_busy(index, disk), declared::disk_wait(index, disk), declared::disk_operations(index, disk)]
    });
    let mut whole = each(Metric::DiskWritten, declared::disk_traffic);
    let (chart, why_not) = pressure::chart(declared::disk_pressure(), numbers, Metric::DiskWritten);
    whole.extend(chart);
    Plan::default()
        .with("", whole)
        .with_note(why_not)
        .with_small("Disks in detail", detail.collect())
        .with_small("Filesystems over time", each(Metric::FilesystemPercent, declared::filesystem))
}
