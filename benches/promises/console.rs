//! The program itself, put together as `hannun serve` does it, with a handle on what it has in memory.

use std::path::PathBuf;
use std::time::Duration;

use actix_web::HttpServer;
use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use hannun::app::App;
use hannun::commands::metrics::parse_frame;
use hannun::commands::script::{Envelope, Locale, Parameters, Privilege};
use hannun::config::Config;
use hannun::metrics::catalogue::Metric;
use hannun::metrics::rates::Reading;
use hannun::metrics::sampler::Recorder;
use hannun::metrics::store::Store;
use hannun::models::actor::Scope;
use hannun::models::ids::ServerId;
use hannun::models::servers::Server;
use hannun::remote::{Request, new_token};
use hannun::routes;
use hannun::secret::SecretText;
use hannun::startup::assemble::{self, Assembly};
use hannun::startup::{ProcessRole, ServeOptions};
use hannun::web::site::Site;

use crate::bare::{AT_ONCE, span};
use crate::contestant::{Count, Link, Settings};
use crate::frames;

/// What the ring holds, seconds.
const RING: i64 = 600;

fn config(settings: &Settings) -> Config {
    let mut config = Config::new(PathBuf::from(&settings.data_dir));
    config.database_url = Some(SecretText::new(settings.database.clone()));
    config.bind = ([127, 0, 0, 1], settings.web_port).into();
    config
}

async fn servers(app: &App) -> Vec<ServerId> {
    let servers = app.db.run(|connection| Server::all(connection, &Scope::All)).await.unwrap();
    servers.into_iter().map(|server| server.id).collect()
}

/// Connects to all, then runs something on all of them again.
pub(crate) async fn connect() {
    let (link, settings) = Link::open();
    let database = SecretText::new(settings.database.clone());
    let app = assemble::app(config(&settings), &database).await.unwrap();
    let servers = servers(&app).await;
    link.say("idle");
    link.wait().await;
    run_on_all(&app, &servers).await;
    link.say("connected");
    link.wait().await;
    run_on_all(&app, &servers).await;
    link.say("ran");
    link.wait().await;
    app.hosts.pool().close_all().await;
}

async fn run_on_all(app: &App, servers: &[ServerId]) {
    let run = async |id: &ServerId| {
        let endpoint = app.hosts.endpoint(*id).await.unwrap();
        let (token, parameters) = (new_token().unwrap(), Parameters::default());
        let envelope = Envelope {
            script: ":",
            parameters: &parameters,
            token: &token,
            locale: Locale::Plain,
            privilege: Privilege::None,
        };
        let request = Request::new("nothing", envelope.compose().unwrap(), &token, Duration::from_secs(60));
        let answer = app.hosts.pool().run(&endpoint, request).await.unwrap();
        assert_eq!(answer.status, 0);
    };
    stream::iter(servers).map(run).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

/// Runs everything that `hannun serve` runs.
pub(crate) async fn watch() {
    let (link, settings) = Link::open();
    let options = ServeOptions { role: ProcessRole::All, demo: false };
    let assembly = Assembly::build(config(&settings), options).await.unwrap();
    let app = assembly.app.clone();
    let site = Site::new(app.clone(), routes::menu(), routes::all());
    let server = HttpServer::new(move || site.clone().service())
        .workers(2)
        .disable_signals()
        .bind(app.config.bind)
        .unwrap()
        .run();
    let handle = server.handle();
    tokio::spawn(server);
    let servers = servers(&app).await;
    link.say("idle");
    link.wait().await;
    fill_rings(&app, &servers);
    let filled_at = app.clock.now();
    link.say("filled");
    while servers.iter().any(|id| app.live.latest(*id).is_none_or(|latest| latest.at < filled_at)) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    link.say("sampling");
    let (begin, seconds) = span(&link.wait().await);
    link.say(&format!("counted {}", serde_json::to_string(&count(&app, &servers, begin, seconds)).unwrap()));
    link.wait().await;
    handle.stop(false).await;
    assembly.stop().await;
}

/// The last ten minutes as they would be after ten minutes, so that memory and time are those of a console that has run.
fn fill_rings(app: &App, servers: &[ServerId]) {
    let now = app.clock.now();
    for id in servers {
        let mut recorder = Recorder::new(*id, app.live.server(*id), Store::default());
        for second in 0..RING {
            let sample = parse_frame("linux-frame", &frames::frame(second.unsigned_abs())).unwrap();
            let at = Duration::from_secs(second.unsigned_abs());
            let reading = Reading { sample, at, round_trip: Duration::from_millis(2) };
            recorder.take(now - TimeDelta::seconds(RING - second), reading, Duration::from_secs(30));
        }
    }
}

/// What the rings have of each second.
fn count(app: &App, servers: &[ServerId], begin: u64, seconds: u64) -> Count {
    let begin = i64::try_from(begin).unwrap();
    let end = begin + i64::try_from(seconds).unwrap();
    let mut count = Count { samples: 0, missed: 0 };
    for id in servers {
        let lines = app.live.server(*id).recent(&[Metric::Load1]);
        let points = lines.iter().flat_map(|line| &line.points);
        let of_span = points.filter(|point| (begin..end).contains(&point.at)).count() as u64;
        count.samples += of_span;
        count.missed += seconds.saturating_sub(of_span);
    }
    count
}
