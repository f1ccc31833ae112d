//! What the sampler's loop costs the server that it runs on, beside a loop as people write it.

use std::time::Duration;

use tokio::time::sleep;

use crate::bare::{Loop, connect_to};
use crate::meter::Moment;
use crate::relay::Relay;
use crate::stage::{Stage, envelope, script_of};

const TICKS: u32 = 200;
/// Between two ticks: long enough for everything to have gone to sleep.
const PAUSE: Duration = Duration::from_millis(25);

/// The files whole, by the program that everybody uses.
const PLAIN: &str = "while read -r tick <&3; do
cat /proc/uptime /proc/loadavg /proc/stat /proc/meminfo /proc/diskstats /proc/net/dev
echo FRAME_END
done";

/// What one tick of a loop costs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tick {
    /// On the server: the loop and `sshd`'s share.
    pub(crate) processor: Duration,
    /// On the wire, bytes.
    pub(crate) wire: u64,
}

/// The plain loop, ours for a POSIX shell, and the one that was found to work on this machine.
pub(crate) async fn round(stage: &Stage) -> [Tick; 3] {
    let ours = ["loop-shell", stage.loop_name.as_str()].map(|name| script_of(&stage.app, name));
    [measure(stage, PLAIN).await, measure(stage, &ours[0]).await, measure(stage, &ours[1]).await]
}

async fn measure(stage: &Stage, script: &str) -> Tick {
    let (address, port) = stage.settings.servers[0].clone();
    let wire = Relay::to(address, port).await;
    let through = (wire.address.ip().to_string(), wire.address.port());
    let client = connect_to(&stage.settings, through).await;
    let mut ticked = Loop::start(&client, &envelope(script), &stage.settings.ready).await;
    // The first ones look for files, and measure how many cores there are.
    for _ in 0..10 {
        ticked.tick().await;
    }
    let servers = stage.fleet.processes();
    let (before, carried) = (Moment::of_children(&servers), wire.carried());
    for _ in 0..TICKS {
        ticked.tick().await;
        sleep(PAUSE).await;
    }
    let (after, carried) = (Moment::of_children(&servers), wire.carried().on_the_wire_since(carried));
    ticked.end().await;
    Tick { processor: after.since(&before) / TICKS, wire: carried / u64::from(TICKS) }
}
