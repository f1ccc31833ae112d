use proptest::prelude::*;

use super::*;

const LONGEST: Duration = Duration::from_secs(30);

fn ticks(user: u64, system: u64, idle: u64, iowait: u64, steal: u64) -> CpuTicks {
    CpuTicks { user, system, idle, iowait, steal }
}

fn disk(device: &str, bytes: u64) -> DiskCounters {
    DiskCounters {
        device: device.to_owned(),
        read_bytes: bytes,
        written_bytes: 2 * bytes,
        operations: bytes / 1_000,
        busy_ms: bytes / 2_000,
        waited_ms: bytes / 500,
    }
}

fn interface(name: &str, bytes: u64) -> InterfaceCounters {
    InterfaceCounters { name: name.to_owned(), received_bytes: bytes, sent_bytes: bytes / 2, errors: 0 }
}

/// A reading `seconds` after the first, of a machine with one disk and one interface that move 1 MB a second.
fn reading(seconds: u64) -> Reading {
    let bytes = 50_000_000 + seconds * 1_000_000;
    Reading {
        sample: Sample {
            uptime_seconds: float(seconds) + 1_000.25,
            cpu: Some(Cpu::Ticks(ticks(100 + 60 * seconds, 10 * seconds, 130 * seconds, 0, 0))),
            cores: vec![
                ticks(50 * seconds, 0, 50 * seconds, 0, 0),
                ticks(10 * seconds, 10 * seconds, 80 * seconds, 0, 0),
            ],
            load: Some([0.5, 0.25, 0.125]),
            memory: Some(Memory { total: 1_000, available: 250, cached: 100, swap_total: 0, swap_used: 0 }),
            disks: vec![disk("sda", bytes)],
            interfaces: vec![interface("eth0", bytes)],
            ..Sample::default()
        },
        at: Duration::from_secs(seconds),
        round_trip: Duration::from_millis(4),
    }
}

fn value(values: &[Value], metric: Metric, device: &str) -> Option<f32> {
    values.iter().find(|value| value.metric == metric && value.device == device).map(|value| value.value)
}

fn rates_among(values: &[Value]) -> Vec<Metric> {
    let gauges = [Metric::Load1, Metric::Load5, Metric::Load15, Metric::SwapUsed, Metric::SshRoundTrip];
    let is_gauge = |metric: Metric| gauges.contains(&metric) || metric.name().starts_with("memory.");
    values.iter().map(|value| value.metric).filter(|metric| !is_gauge(*metric)).collect()
}

#[test]
fn two_readings_give_every_value() {
    let (before, now) = (reading(0), reading(10));
    let values = values(Some(&before), &now, LONGEST);
    assert_eq!(value(&values, Metric::CpuUser, ""), Some(30.0));
    assert_eq!(value(&values, Metric::CpuSystem, ""), Some(5.0));
    assert_eq!(value(&values, Metric::CpuTotal, ""), Some(35.0));
    assert_eq!(value(&values, Metric::CpuIowait, ""), Some(0.0));
    assert_eq!(value(&values, Metric::CpuCore, "0"), Some(50.0));
    assert_eq!(value(&values, Metric::CpuCore, "1"), Some(20.0));
    assert_eq!(value(&values, Metric::Load15, ""), Some(0.125));
    assert_eq!(value(&values, Metric::MemoryUsed, ""), Some(750.0));
    assert_eq!(value(&values, Metric::MemoryPercent, ""), Some(75.0));
    assert_eq!(value(&values, Metric::DiskRead, "sda"), Some(1e6));
    assert_eq!(value(&values, Metric::DiskWritten, "sda"), Some(2e6));
    assert_eq!(value(&values, Metric::DiskOperations, "sda"), Some(1e3));
    assert_eq!(value(&values, Metric::DiskBusy, "sda"), Some(50.0));
    assert_eq!(value(&values, Metric::DiskWait, "sda"), Some(2.0));
    assert_eq!(value(&values, Metric::NetworkReceived, "eth0"), Some(1e6));
    assert_eq!(value(&values, Metric::NetworkSent, "eth0"), Some(5e5));
    assert_eq!(value(&values, Metric::NetworkErrors, "eth0"), Some(0.0));
    assert_eq!(value(&values, Metric::SshRoundTrip, ""), Some(4.0));
}

#[test]
fn the_first_reading_gives_gauges_and_no_rates() {
    let now = reading(0);
    let values = values(None, &now, LONGEST);
    assert_eq!(value(&values, Metric::Load1, ""), Some(0.5));
    assert_eq!(rates_among(&values), []);
}

#[test]
fn rel_r03_a_reboot_is_a_gap_and_the_next_reading_counts_from_it() {
    let before = reading(5_000);
    let mut now = reading(0);
    now.at = before.at + Duration::from_secs(10);
    now.sample.uptime_seconds = 8.5;
    assert_eq!(rates_among(&values(Some(&before), &now, LONGEST)), []);

    let mut after = reading(10);
    after.at = now.at + Duration::from_secs(10);
    after.sample.uptime_seconds = 18.5;
    let values = values(Some(&now), &after, LONGEST);
    assert_eq!(value(&values, Metric::CpuUser, ""), Some(30.0));
    assert_eq!(value(&values, Metric::NetworkReceived, "eth0"), Some(1e6));
}

#[test]
fn rel_r03_a_reboot_within_the_drift_is_a_gap() {
    let (mut before, mut now) = (reading(0), reading(1));
    before.sample.uptime_seconds = 3.75;
    now.sample.uptime_seconds = 2.25;
    assert_eq!(rates_among(&values(Some(&before), &now, LONGEST)), []);
}

#[test]
fn rel_r03_a_suspended_machine_is_a_gap() {
    let (before, mut now) = (reading(0), reading(10));
    // Its clock went on for an hour while ours did for ten seconds (we slept), or the other way round (it did).
    now.sample.uptime_seconds += 3_600.0;
    assert_eq!(rates_among(&values(Some(&before), &now, LONGEST)), []);
    let mut now = reading(10);
    now.at += Duration::from_secs(15);
    assert_eq!(rates_among(&values(Some(&before), &now, LONGEST)), []);
}

#[test]
fn rel_r03_a_hole_in_our_readings_is_a_gap_and_not_a_mean_over_it() {
    let (before, now) = (reading(0), reading(31));
    assert_eq!(rates_among(&values(Some(&before), &now, LONGEST)), []);
}

#[test]
fn rel_r03_a_counter_that_went_down_is_a_gap_of_its_own_metric_alone() {
    let (before, mut now) = (reading(0), reading(10));
    now.sample.interfaces[0].received_bytes = 17;
    now.sample.cpu = Some(Cpu::Ticks(ticks(0, 100, 1_300, 0, 0)));
    let values = values(Some(&before), &now, LONGEST);
    assert_eq!(value(&values, Metric::NetworkReceived, "eth0"), None);
    assert_eq!(value(&values, Metric::NetworkSent, "eth0"), Some(5e5));
    assert_eq!(value(&values, Metric::CpuTotal, ""), None);
    assert_eq!(value(&values, Metric::CpuCore, "0"), Some(50.0));
}

#[test]
fn rel_r03_a_narrow_counter_that_wraps_is_one_gap() {
    let (mut before, mut now, mut after) = (reading(0), reading(10), reading(20));
    before.sample.disks[0].busy_ms = u64::from(u32::MAX) - 3_000;
    now.sample.disks[0].busy_ms = 2_000;
    after.sample.disks[0].busy_ms = 7_000;
    assert_eq!(value(&values(Some(&before), &now, LONGEST), Metric::DiskBusy, "sda"), None);
    assert_eq!(value(&values(Some(&now), &after, LONGEST), Metric::DiskBusy, "sda"), Some(50.0));
}

#[test]
fn a_waiting_counter_that_steps_back_a_little_counts_as_no_waiting() {
    let (mut before, mut now) = (reading(0), reading(10));
    before.sample.cpu = Some(Cpu::Ticks(ticks(100, 0, 0, 50, 0)));
    now.sample.cpu = Some(Cpu::Ticks(ticks(200, 0, 100, 48, 0)));
    let values = values(Some(&before), &now, LONGEST);
    assert_eq!(value(&values, Metric::CpuIowait, ""), Some(0.0));
    assert_eq!(value(&values, Metric::CpuUser, ""), Some(50.0));
}

#[test]
fn rel_r03_a_new_device_appears_without_a_spike() {
    let (before, mut now) = (reading(0), reading(10));
    now.sample.disks.insert(0, disk("nvme0n1", 9_000_000_000));
    now.sample.interfaces.push(interface("tun0", 9_000_000_000));
    let values = values(Some(&before), &now, LONGEST);
    assert_eq!(value(&values, Metric::DiskRead, "nvme0n1"), None);
    assert_eq!(value(&values, Metric::NetworkReceived, "tun0"), None);
    assert_eq!(value(&values, Metric::DiskRead, "sda"), Some(1e6), "a device that moved in the list is found again");
}

#[test]
fn an_idle_disk_has_no_waiting_time_and_a_stopped_clock_no_processor_share() {
    let (before, mut now) = (reading(0), reading(10));
    now.sample.disks.clone_from(&before.sample.disks);
    now.sample.cpu = before.sample.cpu;
    let values = values(Some(&before), &now, LONGEST);
    assert_eq!(value(&values, Metric::DiskOperations, "sda"), Some(0.0));
    assert_eq!(value(&values, Metric::DiskWait, "sda"), None);
    assert_eq!(value(&values, Metric::CpuTotal, ""), None);
}

#[test]
fn an_uptime_in_whole_seconds_is_divided_by_our_clock() {
    let (mut before, mut now) = (reading(0), reading(1));
    (before.sample.uptime_seconds, now.sample.uptime_seconds) = (1_000.0, 1_000.0);
    let values = values(Some(&before), &now, LONGEST);
    assert_eq!(value(&values, Metric::NetworkReceived, "eth0"), Some(1e6));
}

#[test]
fn shares_of_the_moment_need_no_earlier_reading() {
    let mut now = reading(0);
    now.sample.cpu = Some(Cpu::Shares { user: 3.5, system: 10.5 });
    assert_eq!(value(&values(None, &now, LONGEST), Metric::CpuTotal, ""), Some(14.0));
}

#[test]
fn sec_x03_what_was_not_told_has_no_value() {
    let now = Reading { sample: Sample { uptime_seconds: 9.5, ..Sample::default() }, ..reading(0) };
    let values = values(Some(&now), &now, LONGEST);
    assert_eq!(values.iter().map(|value| value.metric).collect::<Vec<_>>(), [Metric::SshRoundTrip]);
}

#[test]
fn sec_x03_a_device_name_that_cannot_be_kept_is_left_out() {
    let (mut before, mut now) = (reading(0), reading(10));
    for name in ["et\u{1b}[2J", "", "veth8ad21c", &"x".repeat(256)] {
        before.sample.interfaces[0].name = name.to_owned();
        now.sample.interfaces[0].name = name.to_owned();
        assert_eq!(value(&values(Some(&before), &now, LONGEST), Metric::NetworkReceived, name), None, "{name:?}");
    }
}

proptest! {
    #[test]
    fn sec_x03_whatever_a_server_says_values_are_finite_and_percentages_at_most_100(
        uptimes in (any::<f64>(), any::<f64>()),
        counters in prop::collection::vec(any::<u64>(), 24),
        loads in any::<[f64; 3]>(),
    ) {
        let build = |uptime: f64, from: &[u64], at: u64| Reading {
            sample: Sample {
                uptime_seconds: uptime,
                cpu: Some(Cpu::Ticks(ticks(from[0], from[1], from[2], from[3], from[4]))),
                cores: vec![ticks(from[1], from[2], from[3], from[4], from[5])],
                load: Some(loads),
                memory: Some(Memory {
                    total: from[6], available: from[7], cached: from[8], swap_total: from[9], swap_used: from[10],
                }),
                disks: vec![disk("sda", from[11] / 2)],
                interfaces: vec![interface("eth0", from[10])],
                ..Sample::default()
            },
            at: Duration::from_secs(at),
            round_trip: Duration::ZERO,
        };
        let (before, now) = (build(uptimes.0, &counters[..12], 0), build(uptimes.1, &counters[12..], 1));
        for value in values(Some(&before), &now, LONGEST) {
            prop_assert!(value.value.is_finite() && value.value >= 0.0, "{value:?}");
            if value.metric.unit() == crate::metrics::catalogue::Unit::Percent {
                prop_assert!(value.value <= 100.0, "{value:?}");
            }
        }
    }
}
