//! One connection to a fake host: signing in, channels, scripts.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use russh::keys::PublicKey;
use russh::server::{Auth, ChannelOpenHandle, Handle, Handler, Msg, Response, Session};
use russh::{Channel, ChannelId, ChannelOpenFailure, Sig};
use tokio::sync::{mpsc, watch};

use super::act::{Act, Stage, play};
use super::{Manner, Memory, SignIn, fixture_key};
use crate::harness::ssh::PASSWORD;

/// What a script is followed by, in the envelope.
const END_OF_SCRIPT: &str = "} 3<&0 </dev/null\n";

/// The server's side of one connection.
pub(super) struct Guest {
    pub(super) manner: Manner,
    pub(super) memory: Arc<Memory>,
    pub(super) channels: HashMap<ChannelId, Shell>,
    pub(super) round: usize,
}

/// A shell that is being told something.
pub(super) struct Shell {
    heard: String,
    input: Option<mpsc::UnboundedSender<Vec<u8>>>,
    signal: watch::Sender<Option<String>>,
}

impl Guest {
    fn attempt(&self) {
        self.memory.attempts.fetch_add(1, Ordering::SeqCst);
    }

    fn told(&self, secret: &str) {
        self.memory.told.lock().unwrap().push(secret.to_owned());
    }

    /// Asks the questions of this round, if there are any left.
    fn ask(&mut self) -> Auth {
        let SignIn::Questions(rounds) = &self.manner.sign_in else { return Auth::reject() };
        let Some(questions) = rounds.get(self.round) else { return Auth::Accept };
        self.round += 1;
        let prompts = questions.iter().map(|(text, echo)| (Cow::Borrowed(*text), *echo)).collect::<Vec<_>>();
        Auth::Partial { name: "".into(), instructions: "".into(), prompts: prompts.into() }
    }

    /// The script is complete: plays what was arranged for it.
    fn run(&mut self, channel: ChannelId, script: String, session: &Handle) {
        let act =
            self.manner.acts.iter().find(|(words, _)| script.contains(words.as_str())).map(|(_, act)| act.clone());
        let act = act.unwrap_or_else(|| Act::answer("", "the fake host does not know this script\n", 127));
        let token = script.split("printf 'READY-%s\\n' '").nth(1).and_then(|rest| rest.split('\'').next());
        let token = token.unwrap_or_default().to_owned();
        self.memory.ran.lock().unwrap().push(script);
        let (give, input) = mpsc::unbounded_channel();
        let shell = self.channels.get_mut(&channel).unwrap();
        shell.input = Some(give);
        let stage = Stage { handle: session.clone(), channel, token, input, signal: shell.signal.subscribe() };
        let memory = Arc::clone(&self.memory);
        tokio::spawn(async move {
            // Counted before the end is told, so that what follows it is not counted with it.
            let ended = || {
                memory.open_sessions.fetch_sub(1, Ordering::SeqCst);
            };
            play(act, stage, ended).await;
        });
    }
}

impl Handler for Guest {
    type Error = russh::Error;

    async fn auth_none(&mut self, _: &str) -> Result<Auth, Self::Error> {
        self.attempt();
        Ok(Auth::reject())
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        self.attempt();
        self.memory.users.lock().unwrap().push(user.to_owned());
        self.told(password);
        Ok(if password == PASSWORD { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey(&mut self, _: &str, key: &PublicKey) -> Result<Auth, Self::Error> {
        self.attempt();
        let known = ["ed25519.pub", "rsa.pub"].map(|name| PublicKey::from_openssh(&fixture_key(name)).unwrap());
        let is_known = known.iter().any(|known| known.key_data() == key.key_data());
        Ok(if is_known && matches!(self.manner.sign_in, SignIn::Key) { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        self.attempt();
        for answer in response.into_iter().flatten() {
            let answer = String::from_utf8_lossy(&answer).into_owned();
            self.told(&answer);
            if answer != PASSWORD {
                return Ok(Auth::reject());
            }
        }
        Ok(self.ask())
    }

    async fn auth_succeeded(&mut self, session: &mut Session) -> Result<(), Self::Error> {
        let (handle, memory, wanted) = (session.handle(), Arc::clone(&self.memory), self.manner.opens_to_us);
        tokio::spawn(async move {
            for number in 0..wanted {
                let opened = match number % 4 {
                    0 => handle.channel_open_session().await,
                    1 => handle.channel_open_agent().await,
                    2 => handle.channel_open_x11("127.0.0.1", 6000).await,
                    _ => handle.channel_open_forwarded_tcpip("127.0.0.1", 80, "127.0.0.1", 81).await,
                };
                match opened {
                    Ok(_) => memory.accepted_by_us.fetch_add(1, Ordering::SeqCst),
                    Err(russh::Error::ChannelOpenFailure(_)) => memory.refused_by_us.fetch_add(1, Ordering::SeqCst),
                    Err(_) => return,
                };
            }
        });
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.manner.ignores_sessions {
            std::mem::forget(reply);
            return Ok(());
        }
        if self.manner.refuses_sessions > 0 {
            self.manner.refuses_sessions -= 1;
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
            return Ok(());
        }
        let open = self.memory.open_sessions.fetch_add(1, Ordering::SeqCst) + 1;
        self.memory.most_sessions.fetch_max(open, Ordering::SeqCst);
        let shell = Shell { heard: String::new(), input: None, signal: watch::Sender::new(None) };
        self.channels.insert(channel.id(), shell);
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        // A name that only this host knows.
        let host = if host == "inside.example" { "127.0.0.1" } else { host };
        let Ok(mut stream) = tokio::net::TcpStream::connect((host, u16::try_from(port).unwrap())).await else {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
            return Ok(());
        };
        reply.accept().await;
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut channel.into_stream(), &mut stream).await });
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.manner.refuses_exec || command != b"exec /bin/sh" {
            return session.channel_failure(channel);
        }
        session.channel_success(channel)
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], session: &mut Session) -> Result<(), Self::Error> {
        let Some(shell) = self.channels.get_mut(&channel) else { return Ok(()) };
        if let Some(input) = &shell.input {
            self.memory.fed.lock().unwrap().extend_from_slice(data);
            // The act may be over.
            drop(input.send(data.to_vec()));
            return Ok(());
        }
        shell.heard.push_str(&String::from_utf8_lossy(data));
        if shell.heard.ends_with(END_OF_SCRIPT) {
            let script = std::mem::take(&mut shell.heard);
            self.run(channel, script, &session.handle());
        }
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        if let Some(shell) = self.channels.get_mut(&channel) {
            shell.input = None;
        }
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        self.channels.remove(&channel);
        Ok(())
    }

    async fn signal(&mut self, channel: ChannelId, signal: Sig, _: &mut Session) -> Result<(), Self::Error> {
        let name = format!("{signal:?}");
        self.memory.signals.lock().unwrap().push(name.clone());
        if let Some(shell) = self.channels.get(&channel) {
            shell.signal.send_replace(Some(name));
        }
        Ok(())
    }
}
