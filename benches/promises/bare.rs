//! What everything is compared with: a loop on `async-ssh2-tokio` that connects, ticks and drops what it hears. It parses
//! nothing, keeps nothing, sets no time limit and does not reconnect: nobody could use it, and nobody can do with less.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_ssh2_tokio::{AuthMethod, Client, ServerCheckMethod};
use futures_util::{StreamExt, stream};
use hannun::commands::metrics::FRAME_END;
use hannun::commands::script::SHELL;
use russh::client::{Config, Msg};
use russh::{Channel, ChannelMsg};
use tokio::task::AbortHandle;

use crate::contestant::{Count, Link, Settings};

/// Servers that are connected to at the same time; the console's own limit.
pub(crate) const AT_ONCE: usize = 32;

/// Connects to all, then runs something on all of them again.
pub(crate) async fn connect() {
    let (link, settings) = Link::open();
    link.say("idle");
    link.wait().await;
    let clients = connect_to_all(&settings).await;
    run_on_all(&clients).await;
    link.say("connected");
    link.wait().await;
    run_on_all(&clients).await;
    link.say("ran");
    link.wait().await;
}

/// Connects to all, then runs `uptime` on all of them at once.
pub(crate) async fn run() {
    let (link, settings) = Link::open();
    link.say("idle");
    link.wait().await;
    let clients = connect_to_all(&settings).await;
    let uptime = async || {
        let runs = stream::iter(&clients).map(|client| client.execute("uptime")).buffer_unordered(clients.len());
        runs.for_each(async |outcome| assert_eq!(outcome.unwrap().exit_status, 0)).await;
    };
    uptime().await;
    link.say("connected");
    link.wait().await;
    uptime().await;
    link.say("ran");
    link.wait().await;
}

/// Connects to all and ticks each once a second.
pub(crate) async fn watch() {
    let (link, settings) = Link::open();
    let one = connect_to_one_and_tick(&settings).await;
    link.say("idle");
    link.wait().await;
    let clients = connect_to_all(&settings).await;
    one.abort();
    let mut answered = Vec::new();
    for (place, client) in clients.iter().enumerate() {
        let ticked = Loop::start(client, &settings.script, &settings.ready).await;
        let moments = Moments::default();
        answered.push(Arc::clone(&moments));
        tokio::spawn(tick_each_second(ticked, place, moments));
    }
    while answered.iter().any(|moments| moments.lock().unwrap().is_empty()) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    link.say("sampling");
    while let Some((begin, seconds)) = span(&link.wait().await) {
        let mut count = Count::default();
        for moments in &answered {
            let moments = moments.lock().unwrap();
            let of_span = moments.iter().filter(|at| (begin..begin + seconds).contains(*at)).count() as u64;
            count.samples += of_span;
            count.missed += seconds.saturating_sub(of_span);
        }
        link.say(&format!("counted {}", serde_json::to_string(&count).unwrap()));
    }
}

/// As the console has one server from the beginning.
async fn connect_to_one_and_tick(settings: &Settings) -> AbortHandle {
    let client = connect_to(settings, settings.servers[0].clone()).await;
    let ticked = Loop::start(&client, &settings.script, &settings.ready).await;
    tokio::spawn(async move {
        let _client = client;
        tick_each_second(ticked, 0, Moments::default()).await;
    })
    .abort_handle()
}

/// The seconds whose tick was answered.
type Moments = Arc<Mutex<HashSet<u64>>>;

/// "count 1790000000 60": from when, how many seconds; nothing where it is the end that was told.
pub(crate) fn span(words: &str) -> Option<(u64, u64)> {
    let mut words = words.strip_prefix("count ")?.split(' ').map(|word| word.parse().unwrap());
    Some((words.next()?, words.next()?))
}

async fn connect_to_all(settings: &Settings) -> Vec<Client> {
    stream::iter(settings.servers.clone()).map(|server| connect_to(settings, server)).buffered(AT_ONCE).collect().await
}

/// A connection to one server, whose key must be the known one.
pub(crate) async fn connect_to(settings: &Settings, (address, port): (String, u16)) -> Client {
    let auth = AuthMethod::with_key(&settings.private_key, None);
    let key = settings.host_key.split(' ').nth(1).unwrap().trim();
    let check = ServerCheckMethod::with_public_key(key);
    let config = Config { nodelay: true, ..Config::default() };
    Client::connect_with_config((address.as_str(), port), &settings.user, auth, check, config).await.unwrap()
}

async fn run_on_all(clients: &[Client]) {
    let runs = stream::iter(clients).map(|client| client.execute("true")).buffer_unordered(AT_ONCE);
    runs.for_each(async |outcome| assert_eq!(outcome.unwrap().exit_status, 0)).await;
}

/// A loop on a server that answers each line with a frame.
pub(crate) struct Loop {
    channel: Channel<Msg>,
    frame: Vec<u8>,
}

impl Loop {
    pub(crate) async fn start(client: &Client, script: &str, ready: &str) -> Self {
        let mut channel = client.get_channel().await.unwrap();
        channel.exec(true, SHELL).await.unwrap();
        channel.data(script.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        while !said.ends_with(ready.as_bytes()) {
            said.extend_from_slice(&output(&mut channel).await);
        }
        Self { channel, frame: Vec::new() }
    }

    /// One tick, one frame.
    pub(crate) async fn tick(&mut self) {
        self.channel.data(&b"\n"[..]).await.unwrap();
        self.frame.clear();
        // The end may come in pieces: mawk writes as it prints.
        while !self.frame.strip_suffix(b"\n").is_some_and(|frame| frame.ends_with(FRAME_END)) {
            self.frame.extend_from_slice(&output(&mut self.channel).await);
        }
    }

    pub(crate) async fn end(self) {
        self.channel.eof().await.unwrap();
        self.channel.close().await.unwrap();
    }
}

async fn output(channel: &mut Channel<Msg>) -> bytes::Bytes {
    loop {
        if let ChannelMsg::Data { data } = channel.wait().await.expect("the loop ended") {
            return data;
        }
    }
}

async fn tick_each_second(mut ticked: Loop, place: usize, moments: Moments) {
    // Spread over the second as the console's are: together they would be cheaper, for us and for nobody else.
    let phase = (place as f64 * 0.618_033_988_75).fract();
    loop {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let due = (now - phase).floor() + 1.0 + phase;
        tokio::time::sleep(Duration::from_secs_f64(due - now)).await;
        ticked.tick().await;
        moments.lock().unwrap().insert(due as u64);
    }
}
