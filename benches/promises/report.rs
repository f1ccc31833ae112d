//! From what was measured to rows with limits. The limits are those that the product was promised with.

use std::time::Duration;

use crate::connecting::Connected;
use crate::crowd::Crowded;
use crate::fleet::SERVERS;
use crate::journal::Followed;
use crate::logins::Known;
use crate::loops::Tick;
use crate::many::{self, Many};
use crate::packages::Packed;
use crate::pages::Served;
use crate::scenarios::Fired;
use crate::table::{self, Limit, Row, median};
use crate::terminals::Typed;
use crate::transfers::Moved;
use crate::visit::Visit;
use crate::watching::{Minute, Watched};

/// Everything that was measured, round by round.
pub(crate) struct Report {
    pub(crate) loops: Vec<[Tick; 3]>,
    pub(crate) connecting: Vec<(Connected, Connected, Option<Connected>)>,
    pub(crate) minutes: Vec<Minute>,
    pub(crate) moved: Vec<Moved>,
    pub(crate) typed: Vec<Typed>,
    pub(crate) followed: Vec<Followed>,
    pub(crate) pages: Vec<Served>,
    pub(crate) crowds: Vec<Crowded>,
    pub(crate) packed: Vec<Packed>,
    pub(crate) crontabs: Vec<Packed>,
    pub(crate) logins: Vec<Known>,
    pub(crate) fired: Vec<Fired>,
    pub(crate) many: Vec<Many>,
    pub(crate) visits: Vec<Visit>,
    notes: Vec<String>,
}

impl Report {
    pub(crate) fn of(loop_name: &str) -> Self {
        Self {
            loops: Vec::new(),
            connecting: Vec::new(),
            minutes: Vec::new(),
            moved: Vec::new(),
            typed: Vec::new(),
            followed: Vec::new(),
            pages: Vec::new(),
            crowds: Vec::new(),
            packed: Vec::new(),
            crontabs: Vec::new(),
            logins: Vec::new(),
            fired: Vec::new(),
            many: Vec::new(),
            visits: Vec::new(),
            notes: vec![format!("the loop that was found to work on this machine: {loop_name}")],
        }
    }

    /// A sentence below the table.
    pub(crate) fn note(&mut self, sentence: &str) {
        self.notes.push(sentence.to_owned());
    }

    pub(crate) fn print(mut self) {
        let mut rows = Vec::new();
        if !self.minutes.is_empty() {
            self.watching(&mut rows);
        }
        if !self.loops.is_empty() {
            self.loops(&mut rows);
        }
        if !self.connecting.is_empty() {
            self.connecting(&mut rows);
        }
        if !self.moved.is_empty() {
            self.transfers(&mut rows);
        }
        if !self.typed.is_empty() {
            self.terminals(&mut rows);
        }
        if !self.followed.is_empty() {
            self.journal(&mut rows);
        }
        if !self.many.is_empty() {
            many::rows(&self.many, &mut rows);
        }
        if !self.fired.is_empty() {
            self.fired(&mut rows);
        }
        self.of_pages(&mut rows);
        self.of_lists(&mut rows);
        println!();
        table::print(&rows);
        println!();
        for note in &self.notes {
            println!("- {note}");
        }
    }

    fn fired(&self, rows: &mut Vec<Row>) {
        let times = |of: fn(&Fired) -> Duration| self.fired.iter().map(|one| milliseconds(of(one))).collect();
        let name = "2,000 scenarios due together: until the last message";
        rows.push(Row::new(name, "ms", 0, times(|one| one.all_told), Limit::Fixed(20_000.0)));
        let name = "2,000 scenarios due together: a run's start, 99th percentile";
        rows.push(Row::new(name, "ms", 0, times(|one| one.lag), Limit::Fixed(10_000.0)));
        let name = "2,000 scenarios due together: processor time of each";
        rows.push(Row::new(name, "ms", 2, times(|one| one.each), Limit::Fixed(3.0)));
        let name = "10,000 scenarios due together: until the last message";
        rows.push(Row::new(name, "ms", 0, times(|one| one.more_told), Limit::Fixed(120_000.0)));
        let grew = self.fired.iter().map(|one| kib(one.grew)).collect();
        let name = "memory after these 10,000, more than after the 2,000 before";
        rows.push(Row::new(name, "KiB", 0, grew, Limit::Fixed(16_384.0)));
    }

    fn of_pages(&self, rows: &mut Vec<Row>) {
        if !self.pages.is_empty() {
            let figures = |of: fn(&Served) -> Duration| self.pages.iter().map(|one| milliseconds(of(one))).collect();
            rows.push(
                Row::new(
                    "overview, 95th percentile without the remote command",
                    "ms",
                    1,
                    figures(|one| one.overview),
                    Limit::Fixed(15.0),
                )
                .beside("a bare page of the same bytes", figures(|one| one.bare)),
            );
        }
        if !self.crowds.is_empty() {
            self.crowds(rows);
        }
        if !self.visits.is_empty() {
            let figures = |of: fn(&Visit) -> u64| self.visits.iter().map(|one| kib(of(one))).collect();
            rows.push(
                Row::new(
                    "first visit: sign-in, fleet, overview",
                    "KiB",
                    0,
                    figures(|one| one.wire),
                    Limit::Fixed(300.0),
                )
                .beside("without compression", figures(|one| one.unpacked)),
            );
        }
    }

    fn of_lists(&self, rows: &mut Vec<Row>) {
        if !self.packed.is_empty() {
            let times = |of: fn(&Packed) -> Duration| self.packed.iter().map(|one| milliseconds(of(one))).collect();
            rows.push(
                Row::new(
                    "6,000 packages: the page, 95th percentile without the remote command",
                    "ms",
                    0,
                    times(|one| one.page),
                    Limit::Fixed(500.0),
                )
                .beside("the remote command", times(|one| one.remote)),
            );
        }
        if !self.crontabs.is_empty() {
            let times = |of: fn(&Packed) -> Duration| self.crontabs.iter().map(|one| milliseconds(of(one))).collect();
            rows.push(
                Row::new(
                    "1,000 lines of a crontab: the page, 95th percentile without the remote command",
                    "ms",
                    0,
                    times(|one| one.page),
                    Limit::Fixed(300.0),
                )
                .beside("the remote command", times(|one| one.remote)),
            );
        }
        if !self.logins.is_empty() {
            let times = |of: fn(&Known) -> Duration| self.logins.iter().map(|one| milliseconds(of(one))).collect();
            rows.push(
                Row::new(
                    "200,000 lines about logins: what the first screen needs, with the server",
                    "ms",
                    0,
                    times(|one| one.first),
                    Limit::Fixed(1_500.0),
                )
                .beside("awk over the whole file", times(|one| one.whole_file)),
            );
            rows.push(
                Row::new(
                    "25 lines more: the update, 95th percentile without the remote command",
                    "ms",
                    0,
                    times(|one| one.update),
                    Limit::Fixed(50.0),
                )
                .beside("the remote command", times(|one| one.remote)),
            );
        }
    }

    /// Four fifths of what `sftp` does in the same time is five quarters of its time.
    fn transfers(&self, rows: &mut Vec<Row>) {
        let seconds =
            |of: fn(&Moved) -> Duration| self.moved.iter().map(|one| of(one).as_secs_f64()).collect::<Vec<_>>();
        let row =
            |what, ours: Vec<f64>, beside| Row::new(what, "s", 2, ours, Limit::Where(1.25, 1.0)).beside("sftp", beside);
        rows.push(row("download of 1 GiB", seconds(|one| one.down), seconds(|one| one.sftp_down)));
        rows.push(row("upload of 1 GiB, flushed to the disk", seconds(|one| one.up), seconds(|one| one.sftp_up)));
        let listing = Row::new("first page of 50,000 names", "s", 2, seconds(|one| one.listing), Limit::Fixed(1.0));
        rows.push(listing.beside("ls -la on the machine itself", seconds(|one| one.ls)));
        let grown = self.moved.iter().map(|one| kib(one.grown) / 1_024.0).collect();
        rows.push(Row::new("memory that all three took at most", "MiB", 1, grown, Limit::Fixed(64.0)));
    }

    /// 20 MB/s are the whole output in so many seconds.
    fn terminals(&self, rows: &mut Vec<Row>) {
        let times = |of: fn(&Typed) -> Duration| self.typed.iter().map(|one| milliseconds(of(one))).collect();
        let row = Row::new(
            "terminal: a letter there and back without the WebSocket, median",
            "ms",
            2,
            times(|one| one.echo),
            Limit::Fixed(15.0),
        );
        rows.push(row.beside("ssh -tt", times(|one| one.ssh_echo)));
        let seconds = |of: fn(&Typed) -> Duration| self.typed.iter().map(|one| of(one).as_secs_f64()).collect();
        let limit = Limit::Fixed(Typed::MEGABYTES / 20.0);
        let row = Row::new("terminal: 50 MB of output", "s", 2, seconds(|one| one.output), limit);
        rows.push(row.beside("ssh -tt", seconds(|one| one.ssh_output)));
    }

    /// What comes in ten seconds is there a second later at most.
    fn journal(&self, rows: &mut Vec<Row>) {
        let seconds = |of: fn(&Followed) -> Duration| self.followed.iter().map(|one| of(one).as_secs_f64()).collect();
        let (ours, ssh) = (seconds(|one| one.ours), seconds(|one| one.ssh));
        let row = Row::new(
            "50,000 entries of a journal, 5,000 a second: the last one",
            "s",
            2,
            ours,
            Limit::Where(11.0, 10.0),
        );
        rows.push(row.beside("ssh, counted", ssh));
        let lost = self.followed.iter().map(|one| one.lost as f64).collect();
        rows.push(Row::new("the same: entries that did not come", "entries", 0, lost, Limit::Fixed(0.0)));
        let grown = self.followed.iter().map(|one| kib(one.grown) / 1_024.0).collect();
        rows.push(Row::new("the same: memory that it took at most", "MiB", 1, grown, Limit::Fixed(16.0)));
    }

    fn crowds(&self, rows: &mut Vec<Row>) {
        let times = |of: fn(&Crowded) -> Duration| self.crowds.iter().map(|one| milliseconds(of(one))).collect();
        let sizes = |of: fn(&Crowded) -> u64| self.crowds.iter().map(|one| kib(of(one))).collect();
        rows.push(
            Row::new(
                "5,000 processes: the page, 95th percentile without the remote command",
                "ms",
                0,
                times(|one| one.page),
                Limit::Fixed(400.0),
            )
            .beside("the remote command", times(|one| one.remote)),
        );
        rows.push(
            Row::new(
                "5,000 processes: the largest answer over the wire",
                "KiB",
                0,
                sizes(|one| one.wire),
                Limit::Fixed(250.0),
            )
            .beside("without compression", sizes(|one| one.unpacked)),
        );
    }

    fn watching(&mut self, rows: &mut Vec<Row>) {
        let minutes = self.minutes.clone();
        let figures = |of: &dyn Fn(&Minute) -> f64| minutes.iter().map(of).collect::<Vec<f64>>();
        let others = (SERVERS - 1) as f64;
        let each =
            |one: &Watched| milliseconds(one.processor.saturating_sub(one.of_one)) / others / Minute::SECONDS as f64;
        let share = |took: Duration| took.as_secs_f64() / Minute::SECONDS as f64 * 100.0;
        rows.push(
            Row::new(
                "one sample of one server, the console's processor time",
                "ms",
                3,
                figures(&|one| each(&one.console)),
                Limit::Where(0.12, 0.055),
            )
            .beside("bare loop", figures(&|one| each(&one.bare))),
        );
        rows.push(
            Row::new(
                "200 servers each second: share of one core",
                "%",
                2,
                figures(&|one| share(one.console.processor)),
                Limit::Where(4.0, 1.0),
            )
            .beside("bare loop", figures(&|one| share(one.bare.processor))),
        );
        rows.push(
            Row::new(
                "200 servers: missed ticks of 12,000",
                "ticks",
                0,
                figures(&|one| one.console.count.missed as f64),
                Limit::Fixed(0.0),
            )
            .beside("bare loop", figures(&|one| one.bare.count.missed as f64)),
        );
        rows.push(Row::new(
            "200 servers: batches of rows a second",
            "batches",
            2,
            figures(&|one| one.batches as f64 / Minute::SECONDS as f64),
            Limit::Fixed(1.0),
        ));
        rows.push(
            Row::new(
                "200 servers: resident memory each",
                "KiB",
                0,
                figures(&|one| kib(one.console.resident) / others),
                Limit::Where(150.0, 91.0),
            )
            .beside("bare loop", figures(&|one| kib(one.bare.resident) / others)),
        );
        let (of_one, database) = (figures(&|one| share(one.console.of_one)), figures(&|one| share(one.database)));
        let there = figures(&|one| milliseconds(one.server_side));
        let rings = [figures(&|one| kib(one.console.count.ring)), figures(&|one| kib(one.console.count.full_ring))];
        self.notes.push(format!("the console with one server: {:.2} % of a core", median(&of_one)));
        self.notes.push(format!("PostgreSQL beside it, with 200: {:.2} % of a core", median(&database)));
        self.notes.push(format!(
            "of a server's memory, {:.0} KiB are its last minute; its last ten minutes will be {:.0}",
            median(&rings[0]),
            median(&rings[1])
        ));
        let wire = figures(&|one| one.wire as f64);
        self.notes.push(format!(
            "over the whole minute, filesystems included, one sample is {:.0} bytes on the wire",
            median(&wire)
        ));
        self.notes.push(format!("a tick a second costs each server {:.2} ms, sshd's share included", median(&there)));
    }

    fn loops(&self, rows: &mut Vec<Row>) {
        let figures =
            |place: usize| self.loops.iter().map(|round| milliseconds(round[place].processor)).collect::<Vec<f64>>();
        rows.push(
            Row::new("one tick on the server, POSIX shell", "ms", 2, figures(1), Limit::Where(1.0, 1.4))
                .beside("cat of the same files", figures(0)),
        );
        rows.push(
            Row::new("one tick on the server, the loop found to work", "ms", 2, figures(2), Limit::Beside)
                .beside("POSIX shell", figures(1)),
        );
        let wire = |place: usize| self.loops.iter().map(|round| round[place].wire as f64).collect::<Vec<f64>>();
        rows.push(
            Row::new("one sample on the wire, with every header", "bytes", 0, wire(2), Limit::Fixed(1_536.0))
                .beside("cat of the same files", wire(0)),
        );
    }

    fn connecting(&self, rows: &mut Vec<Row>) {
        let each = |one: &Connected| milliseconds(one.processor);
        let wall = |one: &Connected| one.wall.as_secs_f64();
        rows.push(
            Row::new(
                "connecting to 200: the console's processor time each",
                "ms",
                2,
                self.connecting.iter().map(|(console, ..)| each(console)).collect(),
                Limit::Where(1.5, 1.0),
            )
            .beside("bare loop", self.connecting.iter().map(|(_, bare, _)| each(bare)).collect()),
        );
        let asyncssh: Vec<Connected> = self.connecting.iter().filter_map(|(.., asyncssh)| *asyncssh).collect();
        if !asyncssh.is_empty() {
            let ours = self.connecting.iter().map(|(console, ..)| wall(console)).collect();
            rows.push(
                Row::new("connecting to 200: until the last one", "s", 2, ours, Limit::Beside)
                    .beside("asyncssh", asyncssh.iter().map(wall).collect()),
            );
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn kib(bytes: u64) -> f64 {
    bytes as f64 / 1_024.0
}
