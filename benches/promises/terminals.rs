//! A terminal: how long a letter takes there and back, and how fast much output passes, beside `ssh -tt` on the same machine.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hannun::models::actor::{Actor, ActorKind, Rights, Role, Scope};
use hannun::models::users::{NewUser, User};
use hannun::remote::terminal::Size;
use hannun::secret::SecretText;
use hannun::secret::password::{self, Workspace};
use hannun::terminals::live::{Look, Seen};
use hannun::terminals::{End, Ending, Keeper};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::stage::{PASSWORD, Stage};
use crate::table::median;

/// Letters that are typed.
const LETTERS: usize = 200;
/// What is shown, bytes; each line end becomes two.
const SIZE: u64 = 50_000_000;
const USER: &str = "terminal";

/// What a terminal took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typed {
    /// The median of one letter, without the WebSocket to the browser.
    pub(crate) echo: Duration,
    pub(crate) ssh_echo: Duration,
    /// All of the output.
    pub(crate) output: Duration,
    pub(crate) ssh_output: Duration,
}

impl Typed {
    /// What passed, MB.
    pub(crate) const MEGABYTES: f64 = SIZE as f64 / 1e6;
}

/// One round with the second server, which nobody else uses.
pub(crate) async fn round(stage: &Stage) -> Typed {
    stage.switch(2).await;
    let actor = person(stage).await;
    let (hosts, asking) = (stage.app.hosts.clone(), actor.clone());
    let host = move || {
        let (hosts, actor) = (hosts.clone(), asking.clone());
        Box::pin(async move { hosts.open(actor, "server-1".to_owned()).await }) as _
    };
    let keeper = Keeper { host: Arc::new(host), typed: Arc::new(|| Box::pin(async {}) as _) };
    let host = stage.app.hosts.open(actor, "server-1".to_owned()).await.unwrap().operable().await.unwrap();
    let live = stage.app.terminals.open(&host, keeper, Size::default()).await.unwrap();
    let mut look = live.look(0);
    let mut place = look.begins;
    live.type_in(Bytes::from_static(b"echo rea''dy; cat >/dev/null\n"));
    until(&mut look, &mut place, "ready\r\n").await;
    let mut letters = Vec::with_capacity(LETTERS);
    for number in 0..LETTERS {
        let letter = Bytes::copy_from_slice(&[b'a' + (number % 26) as u8]);
        let began = Instant::now();
        live.type_in(letter.clone());
        let shown = take(&mut look, &mut place).await;
        letters.push(began.elapsed().as_secs_f64());
        assert_eq!(shown, letter, "the letter that was typed");
    }
    let echo = Duration::from_secs_f64(median(&letters));
    live.type_in(Bytes::from_static(b"\x15\x04"));
    let flood = format!("yes 0123456789abcdef | head -c {SIZE}; echo the e''nd\n");
    let began = Instant::now();
    live.type_in(Bytes::from(flood.clone()));
    until(&mut look, &mut place, "the end").await;
    let output = began.elapsed();
    live.end(End::new(Ending::Other, "It was ended by {person}".into()));
    live.over().await;

    let mut client = ssh(stage);
    let (mut keyboard, mut screen) = (client.stdin.take().unwrap(), client.stdout.take().unwrap());
    keyboard.write_all(b"echo rea''dy; cat >/dev/null\n").await.unwrap();
    hear(&mut screen, "ready\r\n").await;
    let mut letters = Vec::with_capacity(LETTERS);
    for number in 0..LETTERS {
        let (letter, mut shown) = ([b'a' + (number % 26) as u8], [0; 64]);
        let began = Instant::now();
        keyboard.write_all(&letter).await.unwrap();
        let count = screen.read(&mut shown).await.unwrap();
        letters.push(began.elapsed().as_secs_f64());
        assert_eq!(shown[..count], letter, "the letter that was typed");
    }
    let ssh_echo = Duration::from_secs_f64(median(&letters));
    keyboard.write_all(b"\x15\x04").await.unwrap();
    let began = Instant::now();
    keyboard.write_all(flood.as_bytes()).await.unwrap();
    hear(&mut screen, "the end").await;
    let ssh_output = began.elapsed();
    client.kill().await.unwrap();
    Typed { echo, ssh_echo, output, ssh_output }
}

async fn person(stage: &Stage) -> Actor {
    let hash = password::hash(&SecretText::new(PASSWORD.to_owned()), &mut Workspace::default()).unwrap();
    let user = stage.app.db.run(move |connection| {
        if let Some(user) = User::by_name(connection, USER)? {
            return Ok(user);
        }
        let rights = Rights::new(Role::Administrator, Scope::All);
        NewUser { name: USER, password_hash: &hash, rights }.insert(connection)
    });
    let id = user.await.unwrap().id;
    Actor { kind: ActorKind::User(id), ..Actor::system(USER) }
}

/// Takes the next piece, as a browser does that keeps up.
async fn take(look: &mut Look, place: &mut u64) -> Bytes {
    let Seen::Output(bytes) = look.next().await else { panic!("the terminal ended") };
    *place += bytes.len() as u64;
    look.taken(*place);
    bytes
}

async fn until(look: &mut Look, place: &mut u64, words: &str) {
    let mut end = Vec::new();
    while !String::from_utf8_lossy(&end).contains(words) {
        let bytes = take(look, place).await;
        end = [&end[end.len().saturating_sub(64)..], &bytes].concat();
    }
}

async fn hear(screen: &mut (impl AsyncReadExt + Unpin), words: &str) {
    let (mut end, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    while !String::from_utf8_lossy(&end).contains(words) {
        let count = screen.read(&mut buffer).await.unwrap();
        assert!(count > 0, "ssh ended");
        end = [&end[end.len().saturating_sub(64)..], &buffer[..count]].concat();
    }
}

/// OpenSSH's own client, with a terminal at the far end.
fn ssh(stage: &Stage) -> Child {
    let (address, port) = stage.settings.servers[1].clone();
    Command::new("ssh")
        .args(["-tt", "-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i"])
        .arg(stage.fleet.client_key())
        .args(["-p", &port.to_string(), &format!("{}@{address}", stage.settings.user)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
