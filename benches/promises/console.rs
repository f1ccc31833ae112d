//! The program itself, put together as `hannun serve` does it, with a handle on what it has in memory.

use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use futures_util::{StreamExt, stream};
use hannun::app::App;
use hannun::commands::metrics::parse_frame;
use hannun::commands::script::{Envelope, Locale, Parameters, Privilege};
use hannun::config::Config;
use hannun::executions::fan_out::{self, Asking};
use hannun::executions::{FanOutWish, FanOuts};
use hannun::metrics::catalogue::Metric;
use hannun::metrics::live::Live;
use hannun::metrics::rates::Reading;
use hannun::metrics::sampler::Recorder;
use hannun::metrics::store::Store;
use hannun::models::actor::{Actor, Scope};
use hannun::models::fan_outs::{FanOut, FanOutState};
use hannun::models::ids::ServerId;
use hannun::models::servers::Server;
use hannun::remote::{Request, new_token};
use hannun::routes;
use hannun::secret::SecretText;
use hannun::startup::assemble::{self, Assembly};
use hannun::startup::{ProcessRole, ServeOptions};
use hannun::web::server;
use hannun::web::site::Site;
use tokio_util::sync::CancellationToken;

use crate::bare::{AT_ONCE, span};
use crate::contestant::{Count, Link, Settings};
use crate::frames;

/// What the ring holds, seconds.
const RING: u64 = 600;

fn config(settings: &Settings) -> Config {
    let mut config = Config::new(PathBuf::from(&settings.data_dir));
    config.database_url = Some(SecretText::new(settings.database.clone()));
    config.bind = ([127, 0, 0, 1], settings.web_port).into();
    config.outbound.allowed = vec![format!("127.0.0.1:{}", settings.receiver_port).parse().unwrap()];
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
        let request = Request::new("nothing", envelope.compose().unwrap(), &token, Duration::from_mins(1));
        let answer = app.hosts.pool().run(&endpoint, request).await.unwrap();
        assert_eq!(answer.status, 0);
    };
    stream::iter(servers).map(run).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

/// Connects to all, then runs `uptime` on all of them: with rows and audit log, as a worker does it.
pub(crate) async fn run() {
    let (link, settings) = Link::open();
    let database = SecretText::new(settings.database.clone());
    let app = assemble::app(config(&settings), &database).await.unwrap();
    link.say("idle");
    link.wait().await;
    uptime(&app).await;
    link.say("connected");
    link.wait().await;
    uptime(&app).await;
    link.say("ran");
    link.wait().await;
    app.hosts.pool().close_all().await;
}

async fn uptime(app: &App) {
    let fan_outs = FanOuts {
        db: app.db.patient(),
        hosts: app.hosts.clone(),
        clock: app.clock.clone(),
        stop: CancellationToken::new(),
    };
    let now = app.clock.now();
    let asked = app.db.transaction(move |connection| {
        let wish =
            FanOutWish { servers: vec!["all".to_owned()], command: "uptime".to_owned(), ..FanOutWish::default() };
        let servers = Server::all(connection, &Scope::All)?;
        let asking = Asking { is_attended: true, ..Asking::default() };
        fan_out::ask(connection, &Actor::system("bench"), (&wish, &servers), asking, now)
    });
    let fan_out = asked.await.unwrap();
    let id = fan_out.id;
    fan_outs.work_on(fan_out, None).await.unwrap();
    let ended = app.db.run(move |connection| FanOut::by_id(connection, id)).await.unwrap();
    assert_eq!(ended.state, FanOutState::Succeeded, "{:?}", ended.why());
}

/// Runs everything that `hannun serve` runs.
pub(crate) async fn watch() {
    let (link, settings) = Link::open();
    let options = ServeOptions { role: ProcessRole::All, demo: false };
    let assembly = Assembly::build(config(&settings), options).await.unwrap();
    let app = assembly.app.clone();
    let site = Site::new(app.clone(), routes::menu(), routes::all());
    let (server, _) = server::listen(site, app.config.bind, 2).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    let servers = servers(&app).await;
    link.say("idle");
    link.wait().await;
    while servers.iter().any(|id| app.live.latest(*id).is_none()) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    link.say("sampling");
    while let Some((begin, seconds)) = span(&link.wait().await) {
        let count = count(&app, &servers, begin, seconds);
        link.say(&format!("counted {}", serde_json::to_string(&count).unwrap()));
    }
    handle.stop(false).await;
    assembly.stop().await;
}

/// Bytes that the last ten minutes of a server with two interfaces occupy.
fn full_ring() -> u64 {
    let (id, begin) = (ServerId(1), Utc::now());
    let server = Live::default().server(id);
    let mut recorder = Recorder::new(id, server.clone(), Store::default());
    for second in 0..RING {
        let sample = parse_frame("linux-frame", &frames::frame(second)).unwrap();
        let reading = Reading { sample, at: Duration::from_secs(second), round_trip: Duration::from_millis(2) };
        recorder.take(begin + Duration::from_secs(second), reading, Duration::from_secs(30));
    }
    server.ring_bytes() as u64
}

/// What the rings have of each second.
fn count(app: &App, servers: &[ServerId], begin: u64, seconds: u64) -> Count {
    let begin = i64::try_from(begin).unwrap();
    let end = begin + i64::try_from(seconds).unwrap();
    let mut count = Count { full_ring: full_ring(), ..Count::default() };
    for id in servers {
        let lines = app.live.server(*id).recent(&[Metric::Load1]);
        let points = lines.iter().flat_map(|line| &line.points);
        let of_span = points.filter(|point| (begin..end).contains(&point.at)).count() as u64;
        count.ring += app.live.server(*id).ring_bytes() as u64 / servers.len() as u64;
        count.samples += of_span;
        count.missed += seconds.saturating_sub(of_span);
    }
    count
}
