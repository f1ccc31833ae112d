//! What the pages of a registry of a thousand servers cost: the administration's list, the server selector, the palette.
//!
//! `cargo bench --bench registry_pages` prints the 95th percentile of a hundred requests of each in milliseconds, and beside
//! it a bare page of the same bytes.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench prints figures for people, and a panic ends it with a place"
)]

#[path = "promises/http.rs"]
mod http;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chrono::Utc;
use hannun::app::App;
use hannun::config::Config;
use hannun::db::Connection;
use hannun::db::migrate;
use hannun::db::private_server::{Durability, PrivateServer};
use hannun::error::Result;
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::groups::NewGroup;
use hannun::models::server_states::ServerState;
use hannun::models::servers::NewServer;
use hannun::models::users::NewUser;
use hannun::routes;
use hannun::secret::{SecretText, password};
use hannun::startup::assemble;
use hannun::web::server;
use hannun::web::site::Site;

use http::{fetch, percentile, serve_bare, sign_in};

const SERVERS: usize = 1_000;
const GROUPS: usize = 20;
const REQUESTS: usize = 100;
/// Slower than the limits on requests (W10).
const PAUSE: Duration = Duration::from_millis(120);
const USER: &str = "anna";

/// The page, what it is, and the promised limit in milliseconds.
const PAGES: &[(&str, &str, f64)] = &[
    ("/admin/servers", "list of servers in the administration", 30.0),
    ("/admin/servers?q=server-99", "the same, searched", 30.0),
    ("/servers/options", "server selector, opened", 20.0),
    ("/servers/options?q=99", "server selector, two letters typed", 20.0),
    ("/jump?q=99", "palette, two letters typed", 20.0),
];

#[actix_web::main]
async fn main() {
    // `cargo test` builds and starts benches too; it asks for no measurement.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let database = PrivateServer::start(folder.path(), Durability::Kept).unwrap();
    migrate::migrate(&database.owner_url(), None).unwrap();
    let mut config = Config::new(folder.path().join("data"));
    std::fs::create_dir(folder.path().join("data")).unwrap();
    config.bind = (Ipv4Addr::LOCALHOST, 0).into();
    let app = assemble::app(config, &database.owner_url()).await.unwrap();
    app.db.transaction(register).await.unwrap();
    let console = serve(&app);
    let cookie = sign_in(&app, USER).await;
    println!("{:<40}{:>8}{:>8}{:>8}{:>8}", "95th percentile, ms", "", "limit", "bare", "KiB");
    for (path, what, limit) in PAGES {
        measure(console, &cookie, path, what, *limit).await;
    }
}

/// A thousand servers in groups, most of them up.
fn register(connection: &mut Connection) -> Result<()> {
    let mut groups = Vec::new();
    for number in 0..GROUPS {
        groups.push(NewGroup { name: &format!("group-{number}"), note: "" }.insert(connection)?.id);
    }
    for number in 0..SERVERS {
        let (name, address) = (format!("server-{number}"), format!("10.0.{}.{}", number / 250, number % 250 + 1));
        let server = NewServer::new(&name, &address).insert(connection)?;
        server.set_groups(connection, &[groups[number % GROUPS]])?;
        if number % 50 > 0 {
            ServerState::up(connection, server.id, Utc::now())?;
        }
    }
    let password = SecretText::new("tuesday rain in april".to_owned());
    let password_hash = &password::hash(&password, &mut password::Workspace::default())?;
    let rights = Rights::new(Role::Administrator, Scope::All);
    NewUser { name: USER, password_hash, rights }.insert(connection).map(drop)
}

fn serve(app: &App) -> SocketAddr {
    let site = Site::new(app.clone(), routes::menu(), routes::all());
    let (server, address) = server::listen(site, app.config.bind, 1).unwrap();
    actix_web::rt::spawn(server);
    address
}

async fn measure(console: SocketAddr, cookie: &str, path: &str, what: &str, limit: f64) {
    for _ in 0..5 {
        fetch(console, path, cookie).await;
        actix_web::rt::time::sleep(PAUSE).await;
    }
    let (_, text) = fetch(console, path, cookie).await;
    let size = text.len();
    let (bare, stop) = serve_bare(text);
    let (mut ours, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..REQUESTS {
        ours.push(fetch(console, path, cookie).await.0);
        bares.push(fetch(bare, "/", "").await.0);
        actix_web::rt::time::sleep(PAUSE).await;
    }
    stop.stop(false).await;
    let [ours, bare] = [&mut ours, &mut bares].map(|times| percentile(times).as_secs_f64() * 1e3);
    println!("{what:<40}{ours:>8.1}{limit:>8.0}{bare:>8.1}{:>8}", size / 1_024);
}
