//! Processors over time: the whole machine, its load, each core.

use actix_web::{HttpRequest, HttpResponse, web};

use super::consumers::{Asked, By, Consumed};
use super::declared::{self, MOST_CORES};
use super::gather::{self, Stored};
use super::history::{HistoryPage, Plan};
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

/// Processors over time.
pub static SCREEN: Screen = Screen {
    slug: "cpu",
    label: "CPU",
    icon: "cpu",
    group: Group::Server,
    needs: &[CommandType::SampleMetrics],
    role: Role::Viewer,
    key: None,
};

const METRICS: &[Metric] = &[
    Metric::CpuTotal,
    Metric::CpuUser,
    Metric::CpuSystem,
    Metric::CpuIowait,
    Metric::CpuSteal,
    Metric::CpuCore,
    Metric::Load1,
    Metric::Load5,
    Metric::Load15,
    Metric::PressureCpu,
];

/// Processors over a span of time.
///
/// `GET /servers/{server}/cpu?range=24h`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<RangeQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let (about, numbers, reading) = gather::history(&app, &stored, METRICS, &query, &render.shell).await?;
    let cores = numbers.devices(Metric::CpuCore);
    let each = cores.iter().take(MOST_CORES).enumerate().map(|(index, core)| declared::core(index, core));
    let mut whole = vec![declared::cpu(), declared::load(stored.cores())];
    // Steal is a word of virtual machines; elsewhere the chart would be a line at zero for ever.
    if numbers.line(Metric::CpuSteal, "").is_some_and(|line| line.points.iter().any(|point| point.max > 0.0)) {
        whole.push(declared::steal());
    }
    let (chart, why_not) = pressure::chart(declared::cpu_pressure(), &numbers, Metric::CpuTotal);
    whole.extend(chart);
    let plan = Plan::default().with("", whole).with_small("Cores", each.collect()).with_note(why_not);
    let mut page = HistoryPage::new(SCREEN.label, about, plan, &numbers, &reading);
    let part = Part::of(&request);
    if part.includes("consumers") {
        let asked = Asked {
            path: &page.about.here_path,
            range: &reading.range,
            at: query.at,
            part,
            answers: page.about.away.is_none(),
        };
        page.consumers = Some(Consumed::load(&app, &stored, &person.actor, (By::Cpu, asked)).await?);
    }
    page.answer(part, render)
}
