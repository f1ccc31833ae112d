//! The ways to a server: `ProxyJump`, and the `ProxyCommand`s that mean the same. Pure text, nothing is resolved here.

use super::words::{self, Hash};
use crate::language::Message;

/// More stops than any way has; how many hannun can pass is decided where the ways are put together.
const MOST_HOPS: usize = 32;

/// One stop on the way, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    /// The user there, where one is named.
    pub(super) user: Option<String>,
    /// Its name: of a host in the same file, or an address.
    pub(super) host: String,
    /// The port there, where one is named.
    pub(super) port: Option<u16>,
}

/// `user@host:port,host` in the order in which they are passed; empty for `none`.
pub(super) fn of_proxy_jump(text: &str) -> Result<Vec<Hop>, Message> {
    let text = text.split('#').next().unwrap_or_default().trim().trim_matches('"');
    if text.eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    if text.split(',').count() > MOST_HOPS {
        return Err(Message::new("A way with more than {most} stops").with("most", MOST_HOPS));
    }
    text.split(',').map(hop).collect()
}

/// `user@host:port`, `[2001:db8::1]:22`, `ssh://user@host:port`
fn hop(text: &str) -> Result<Hop, Message> {
    let unreadable = || Message::new("{text} is no user@host:port").with("text", text);
    let rest = text.trim();
    let rest = rest.strip_prefix("ssh://").map_or(rest, |uri| uri.trim_end_matches('/'));
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, rest),
    };
    let (host, port) = match rest.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(unreadable)?;
            (host, after.strip_prefix(':').or_else(|| after.is_empty().then_some("")))
        }
        None => rest.split_once(':').map_or((rest, Some("")), |(host, port)| (host, Some(port))),
    };
    let port = match port.ok_or_else(unreadable)? {
        "" => None,
        number => Some(number.parse().ok().filter(|port| *port > 0).ok_or_else(unreadable)?),
    };
    let is_named = |text: &str| !text.is_empty() && !text.starts_with('-') && !text.contains(char::is_whitespace);
    if !is_named(host) || user.is_some_and(|user| !is_named(user)) {
        return Err(unreadable());
    }
    Ok(Hop { user: user.map(str::to_owned), host: host.to_owned(), port })
}

/// The way that a `ProxyCommand` takes, if all it does is to jump: `ssh -W %h:%p jump`, `ssh jump nc %h %p`.
/// Empty for `none`.
pub(super) fn of_proxy_command(command: &str) -> Option<Vec<Hop>> {
    if command.trim().eq_ignore_ascii_case("none") {
        return Some(Vec::new());
    }
    let words = words::shell(command, Hash::Comment).ok()?;
    let mut words = words.iter().map(String::as_str).skip_while(|word| *word == "exec");
    let program = words.next()?;
    if program != "ssh" && !program.ends_with("/ssh") {
        return None;
    }
    let options = SshOptions::read(words)?;
    let forwards = options.forward.as_deref().is_some_and(is_the_target);
    let pipes = options.forward.is_none() && is_netcat(&options.command);
    if !(forwards && options.command.is_empty() || pipes) {
        return None;
    }
    let mut last = hop(options.destination.as_deref()?).ok()?;
    last.user = options.user.or(last.user);
    last.port = options.port.or(last.port);
    let mut hops = options.jumps;
    hops.push(last);
    Some(hops)
}

/// `%h:%p`, also `[%h]:%p`
fn is_the_target(forward: &str) -> bool {
    matches!(forward, "%h:%p" | "[%h]:%p")
}

/// `nc %h %p`, `netcat -w 60 %h %p`: whatever its options, it pipes to the target.
fn is_netcat(command: &[String]) -> bool {
    let mut words =
        command.iter().map(String::as_str).flat_map(str::split_whitespace).skip_while(|word| *word == "exec");
    let program = words.next().and_then(|path| path.rsplit('/').next());
    let rest: Vec<&str> = words.collect();
    matches!(program, Some("nc" | "netcat" | "ncat")) && rest.ends_with(&["%h", "%p"])
}

/// What the arguments of an `ssh` say, as far as they are about the way and the sign-in.
#[derive(Debug, Default)]
pub(super) struct SshOptions {
    /// `-J` and `-o ProxyJump=`
    pub(super) jumps: Vec<Hop>,
    /// `-o ProxyCommand=`
    pub(super) proxy_command: Option<String>,
    /// `-l`, `-o User=`
    pub(super) user: Option<String>,
    /// `-p`, `-o Port=`
    pub(super) port: Option<u16>,
    /// `-i`, `-o IdentityFile=`
    pub(super) key_file: Option<String>,
    /// `-W`
    forward: Option<String>,
    destination: Option<String>,
    command: Vec<String>,
    /// Keywords of `-o` that say something else.
    pub(super) others: Vec<String>,
}

/// Options of `ssh` that take a value (`ssh(1)`).
const WITH_VALUE: &str = "BbcDEeFIiJLlmOoPpQRSWw";

impl SshOptions {
    /// Reads arguments; `None` where they make no sense. The first value of an option wins, as in `ssh`.
    pub(super) fn read<'w>(mut words: impl Iterator<Item = &'w str>) -> Option<Self> {
        let mut options = Self::default();
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                if options.destination.is_some() {
                    options.command.push(word.to_owned());
                    options.command.extend(words.map(str::to_owned));
                    break;
                }
                options.destination = Some(word.to_owned());
                continue;
            };
            if letters == "-" {
                continue;
            }
            let mut rest = letters.chars();
            while let Some(letter) = rest.next() {
                if WITH_VALUE.contains(letter) {
                    let value = if rest.as_str().is_empty() { words.next()? } else { rest.as_str() };
                    options.set(letter, value)?;
                    break;
                }
            }
        }
        Some(options)
    }

    fn set(&mut self, letter: char, value: &str) -> Option<()> {
        match letter {
            'W' => first(&mut self.forward, value),
            'l' => first(&mut self.user, value),
            'i' => first(&mut self.key_file, value),
            'p' if self.port.is_none() => self.port = Some(value.parse().ok()?),
            'J' if self.jumps.is_empty() => self.jumps = of_proxy_jump(value).ok()?,
            'o' => return self.set_keyword(value),
            _ => {}
        }
        Some(())
    }

    /// `ProxyJump=bastion`, `ProxyJump bastion`
    fn set_keyword(&mut self, option: &str) -> Option<()> {
        let (keyword, value) = option.split_once(['=', ' ']).unwrap_or((option, ""));
        let value = value.trim();
        match keyword.to_ascii_lowercase().as_str() {
            "proxyjump" => self.set('J', value),
            "user" => self.set('l', value),
            "port" => self.set('p', value),
            "identityfile" => self.set('i', value),
            "proxycommand" => {
                first(&mut self.proxy_command, value);
                Some(())
            }
            _ => {
                self.others.push(keyword.to_owned());
                Some(())
            }
        }
    }
}

fn first(place: &mut Option<String>, value: &str) {
    place.get_or_insert_with(|| value.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(hops: &[Hop]) -> String {
        let one = |hop: &Hop| {
            let user = hop.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
            format!("{user}{}{}", hop.host, hop.port.map(|port| format!("|{port}")).unwrap_or_default())
        };
        hops.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_proxy_jump_is_a_list_of_hops() {
        for (text, hops) in [
            ("bastion", "bastion"),
            ("ops@bastion:2222,inner # the way in", "ops@bastion|2222 inner"),
            ("[2001:db8::1]:22", "2001:db8::1|22"),
            ("ssh://a@gate.example.com:22/", "a@gate.example.com|22"),
            ("corp\\anna@b", "corp\\anna@b"),
            ("None", ""),
        ] {
            assert_eq!(written(&of_proxy_jump(text).unwrap()), hops, "{text}");
        }
        for text in ["", "a,,b", "@b", "a@", "a:0", "a:70000", "a:x", "[::1", "-oProxyCommand=x", "a b", "[::1]x"] {
            assert!(of_proxy_jump(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_proxy_command_that_only_jumps_is_recognised() {
        for (command, hops) in [
            ("ssh -W %h:%p bastion", "bastion"),
            ("ssh bastion -W %h:%p", "bastion"),
            ("exec /usr/bin/ssh -q -A -x -W [%h]:%p -p 2222 -l ops bastion", "ops@bastion|2222"),
            ("ssh -qW '%h:%p' -oStrictHostKeyChecking=no -J outer ops@inner", "outer ops@inner"),
            ("ssh -o 'ProxyJump outer' -o Port=2022 inner -W \"%h:%p\"", "outer inner|2022"),
            ("ssh -q bastion nc -w 60 %h %p", "bastion"),
            ("ssh bastion exec nc %h %p", "bastion"),
            ("ssh bastion \"/bin/netcat %h %p\"", "bastion"),
            ("ssh -W %h:%p bastion # the way in", "bastion"),
            ("none", ""),
        ] {
            assert_eq!(of_proxy_command(command).map(|hops| written(&hops)).as_deref(), Some(hops), "{command}");
        }
        for command in [
            "nc -X 5 -x 127.0.0.1:1080 %h %p",
            "ssh -W other:22 bastion",
            "ssh bastion",
            "ssh -W %h:%p",
            "ssh bastion nc other 22",
            "aws ssm start-session --target %h",
            "ssh -W %h:%p 'bastion",
            "",
        ] {
            assert_eq!(of_proxy_command(command), None, "{command}");
        }
    }

    proptest::proptest! {
        #[test]
        fn sec_x03_any_way_is_read_or_refused(text in "[-a-zA-Z%:@\\[\\],'\" =./0-9#\u{e9}]{0,80}") {
            let _ = of_proxy_jump(&text);
            let _ = of_proxy_command(&format!("ssh {text}"));
        }
    }
}
