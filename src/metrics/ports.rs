//! At which ports the processes of a server listen: read beside the list of processes, and seldom, because that list is read
//! every few seconds. Knows no page.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::live::LiveServer;
use crate::commands::ListSockets;
use crate::commands::processes::Process;
use crate::commands::sockets::SocketList;
use crate::error::Result;
use crate::remote::host::{Answer, Host};

/// Between two readings of one server, whoever looks.
const APART: Duration = Duration::from_mins(1);
/// A list of processes waits no longer for its ports; they come with the next one.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who listens where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports {
    of: HashMap<u32, Vec<u16>>,
    /// The server did not tell whose some ports are, because it takes root to see that.
    pub are_hidden: bool,
    /// They could not be read.
    pub are_unknown: bool,
    read_at: Instant,
}

impl Ports {
    fn new(answer: Result<Answer<SocketList>>, read_at: Instant) -> Self {
        let are_unknown = answer.is_err();
        let list = answer.map(|answer| answer.value).unwrap_or_default();
        let mut of: HashMap<u32, Vec<u16>> = HashMap::new();
        for socket in list.sockets {
            for owner in socket.owners {
                of.entry(owner.pid).or_default().push(socket.port);
            }
        }
        for ports in of.values_mut() {
            ports.sort_unstable();
            ports.dedup();
        }
        Self { of, are_hidden: list.hidden_owners, are_unknown, read_at }
    }

    /// The ports of a process that is listed now, in their order. One that began since they were read has none of them: they
    /// were another one's of its number.
    pub fn of(&self, process: &Process) -> &[u16] {
        let age = self.read_at.elapsed().as_secs();
        let was_there = process.running_seconds.is_none_or(|seconds| seconds >= age);
        self.of.get(&process.pid).filter(|_| was_there).map(Vec::as_slice).unwrap_or_default()
    }

    /// The last ones; asks the server where those are old, and waits a moment for it.
    pub async fn read(host: &Host, live: &LiveServer, runtime: &Handle) -> Option<Arc<Self>> {
        if live.asks_for_ports(Instant::now(), APART) {
            let (asked, kept) = (host.clone(), live.clone());
            // It goes on where nobody waits: whoever looks next has them.
            let reading = runtime.spawn(async move {
                let at = Instant::now();
                kept.keep_ports(Self::new(asked.read(ListSockets).await, at));
            });
            drop(tokio::time::timeout(PATIENCE, reading).await);
        }
        live.ports()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::sockets::{Protocol, Socket, SocketOwner};
    use crate::metrics::live::Live;
    use crate::models::ids::ServerId;
    use crate::remote::host::Evidence;

    fn listening(port: u16, pids: &[u32]) -> Socket {
        Socket {
            protocol: Protocol::Tcp,
            address: "*".into(),
            port,
            peer: None,
            state: "LISTEN".into(),
            owners: pids.iter().map(|pid| SocketOwner { pid: *pid, name: "nginx".into() }).collect(),
            uid: None,
            user: None,
        }
    }

    fn ports(sockets: Vec<Socket>, ago: Duration) -> Ports {
        let evidence = Evidence {
            command: "ss".into(),
            line: String::new(),
            status: 0,
            took: Duration::ZERO,
            at: chrono::DateTime::UNIX_EPOCH,
        };
        let value = SocketList { sockets, ..SocketList::default() };
        Ports::new(Ok(Answer { value, evidence }), Instant::now().checked_sub(ago).unwrap())
    }

    fn process(pid: u32, running_seconds: u64) -> Process {
        Process { pid, running_seconds: Some(running_seconds), ..Process::default() }
    }

    #[test]
    fn each_process_has_the_ports_that_it_holds_once_and_in_order() {
        let ports = ports(vec![listening(443, &[7, 8]), listening(80, &[7]), listening(443, &[7])], Duration::ZERO);
        assert_eq!(ports.of(&process(7, 100)), [80, 443]);
        assert_eq!(ports.of(&process(8, 100)), [443]);
        assert_eq!(ports.of(&process(9, 100)), [0_u16; 0]);
    }

    #[test]
    fn sec_p06_a_process_that_took_over_a_number_since_has_not_its_ports() {
        let ports = ports(vec![listening(443, &[7])], Duration::from_secs(30));
        assert_eq!(ports.of(&process(7, 29)), [0_u16; 0]);
        assert_eq!(ports.of(&process(7, 31)), [443]);
    }

    #[test]
    fn whoever_looks_a_server_is_asked_for_its_ports_once_a_minute() {
        let live = Live::default();
        let (one, other) = (live.server(ServerId(1)), live.server(ServerId(1)));
        let now = Instant::now();
        assert!(one.asks_for_ports(now, APART));
        assert!(!one.asks_for_ports(now, APART) && !other.asks_for_ports(now + APART / 2, APART));
        assert!(other.asks_for_ports(now + APART, APART));
        one.keep_ports(ports(Vec::new(), Duration::ZERO));
        assert_eq!(other.ports().map(|ports| Arc::strong_count(&ports)), Some(2));
    }
}
