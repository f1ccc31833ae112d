use futures_util::FutureExt;

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_secs(1_700_000_000 + seconds).unwrap()
}

fn latest(at: DateTime<Utc>, values: &[Value<'_>]) -> Latest {
    let named = |value: &Value<'_>| (SeriesName { metric: value.metric, device: value.device.into() }, value.value);
    Latest {
        at,
        values: values.iter().map(named).collect(),
        memory: None,
        uptime_seconds: 1.0,
        busy: None,
        filesystems: Arc::default(),
    }
}

fn push(server: &LiveServer, at: DateTime<Utc>, values: &[Value<'_>]) {
    server.push(latest(at, values), values);
}

fn cpu(value: f32) -> Value<'static> {
    Value { metric: Metric::CpuTotal, device: "", value }
}

/// What a server with 2 cores, 2 interfaces, 1 disk and 2 filesystems gives each second.
fn typical(value: f32) -> Vec<Value<'static>> {
    let devices = |metric: Metric| match metric.device_kind() {
        crate::metrics::catalogue::DeviceKind::Server => vec![""],
        crate::metrics::catalogue::DeviceKind::Core => vec!["0", "1"],
        crate::metrics::catalogue::DeviceKind::Disk => vec!["sda"],
        crate::metrics::catalogue::DeviceKind::Interface => vec!["eth0", "eth1"],
        crate::metrics::catalogue::DeviceKind::Mount => vec!["/", "/var"],
        crate::metrics::catalogue::DeviceKind::Check => vec![],
    };
    let all = Metric::ALL.iter().flat_map(|metric| devices(*metric).into_iter().map(|device| (*metric, device)));
    all.map(|(metric, device)| Value { metric, device, value }).collect()
}

#[test]
fn the_ring_keeps_ten_minutes_and_gaps_stay_gaps() {
    let server = LiveServer::new(Arc::default());
    for second in 0..900 {
        // Nothing was measured between 400 and 500.
        if !(400..500).contains(&second) {
            push(&server, at(second), &[cpu(50.0)]);
        }
    }
    let [line] = &server.recent(&[Metric::CpuTotal])[..] else { panic!("one line expected") };
    assert_eq!(line.points.first().unwrap().time(), at(299));
    assert_eq!(line.points.last().unwrap().time(), at(899));
    assert_eq!(line.points.len(), 501);
    assert!(line.points.iter().all(|point| !(400..500).contains(&(point.time() - at(0)).num_seconds())));
}

#[test]
fn a_series_that_comes_later_or_goes_is_aligned_with_the_others() {
    let server = LiveServer::new(Arc::default());
    let load = Value { metric: Metric::Load1, device: "", value: 2.0 };
    push(&server, at(0), &[cpu(1.0)]);
    push(&server, at(1), &[load, cpu(2.0)]);
    push(&server, at(2), &[load]);
    let times = |metric| -> Vec<_> {
        server.recent(&[metric]).iter().flat_map(|line| line.points.clone()).map(|point| point.time()).collect()
    };
    assert_eq!(times(Metric::CpuTotal), [at(0), at(1)]);
    assert_eq!(times(Metric::Load1), [at(1), at(2)]);
}

#[test]
fn a_clock_that_is_set_back_does_not_draw_backwards() {
    let server = LiveServer::new(Arc::default());
    for second in [0, 1, 2, 3] {
        push(&server, at(second), &[cpu(1.0)]);
    }
    push(&server, at(2), &[cpu(9.0)]);
    let points = server.recent(&[Metric::CpuTotal]).remove(0).points;
    assert_eq!(
        points.iter().map(|point| (point.time(), point.mean)).collect::<Vec<_>>(),
        [(at(0), 1.0), (at(1), 1.0), (at(2), 9.0)]
    );
}

#[test]
fn ten_watched_minutes_of_a_usual_server_fit_in_48_kib_and_are_given_back() {
    let server = LiveServer::new(Arc::default());
    for second in 0..1_200 {
        push(&server, at(second), &typical(12.5));
    }
    assert!(server.ring_bytes() <= 48 << 10, "{} bytes", server.ring_bytes());
    for tenth in 0..120 {
        push(&server, at(1_200 + tenth * 10), &typical(12.5));
    }
    assert!(server.ring_bytes() <= 16 << 10, "{} bytes", server.ring_bytes());
}

#[test]
fn a_server_with_ever_new_devices_cannot_fill_memory() {
    let server = LiveServer::new(Arc::default());
    for second in 0..3_000 {
        let names: Vec<String> = (0..32).map(|number| format!("eth{second}.{number}")).collect();
        let values: Vec<_> =
            names.iter().map(|name| Value { metric: Metric::NetworkSent, device: name, value: 1.0 }).collect();
        push(&server, at(second), &values);
    }
    assert!(server.ring_bytes() < 1 << 20, "{} bytes", server.ring_bytes());
}

#[test]
fn the_latest_values_are_asked_for_by_metric_and_device() {
    let live = Live::default();
    assert_eq!(live.latest(ServerId(1)), None);
    push(&live.server(ServerId(1)), at(0), &typical(7.0));
    let latest = live.latest(ServerId(1)).unwrap();
    assert_eq!(latest.value(Metric::CpuTotal), Some(7.0));
    assert_eq!(latest.value_of(Metric::NetworkSent, "eth1"), Some(7.0));
    assert_eq!(latest.value_of(Metric::NetworkSent, "eth2"), None);
    assert_eq!(latest.devices(Metric::FilesystemUsed).map(|(device, _)| device).collect::<Vec<_>>(), ["/", "/var"]);
    live.forget(ServerId(1));
    assert_eq!(live.latest(ServerId(1)), None);
}

#[tokio::test]
async fn a_look_lasts_while_somebody_subscribes_and_for_half_a_minute_after() {
    let server = LiveServer::new(Arc::default());
    let watched_after = |seconds| {
        let looks = server.0.looks.lock().unwrap();
        looks.anybody(Instant::now() + std::time::Duration::from_secs(seconds))
    };
    assert!(!server.is_watched());
    let (first, second) = (server.subscribe(), server.subscribe());
    server.somebody_comes().await;
    drop(first);
    assert!(watched_after(3_600));
    drop(second);
    assert!(server.is_watched() && watched_after(29) && !watched_after(31));
}

#[test]
fn a_page_counts_as_a_look_and_the_next_one_does_not_wake_the_sampler_again() {
    let server = LiveServer::new(Arc::default());
    server.look();
    assert!(server.is_watched());
    assert!(server.somebody_comes().now_or_never().is_some());
    server.look();
    assert!(server.somebody_comes().now_or_never().is_none());
}

#[test]
fn a_subscriber_sees_the_values_that_come_after_it() {
    let server = LiveServer::new(Arc::default());
    push(&server, at(0), &[cpu(1.0)]);
    let mut subscription = server.subscribe();
    assert!(subscription.next().now_or_never().is_none(), "what was there before is asked for with latest()");
    push(&server, at(1), &[cpu(2.0)]);
    let latest = subscription.next().now_or_never().unwrap();
    assert_eq!(latest.value(Metric::CpuTotal), Some(2.0));
}

#[test]
fn processors_are_busy_over_five_minutes_and_not_before_they_were_watched_for_so_long() {
    let server = LiveServer::new(Arc::default());
    let busy = |second: i64, value: f32| {
        push(&server, at(second), &[cpu(value)]);
        server.latest().unwrap().busy
    };
    for second in 0..240 {
        assert_eq!(busy(second, 10.0), None, "after {second} s");
    }
    assert_eq!(busy(240, 10.0), Some(10.0));
    for second in 241..540 {
        busy(second, 90.0);
    }
    let lately = busy(540, 90.0).unwrap();
    assert!((89.0..=90.1).contains(&lately), "{lately}: of the last five minutes only");
}

#[test]
fn what_another_process_told_is_seen_like_what_was_read_here() {
    let (here, there) = (LiveServer::new(Arc::default()), LiveServer::new(Arc::default()));
    let mut subscription = there.subscribe();
    for second in 0..10 {
        push(&here, at(second), &typical(50.0));
        let text = Told::text(here.latest().as_deref(), here.trouble().as_deref());
        there.hear(Told::read(&text).unwrap());
    }
    assert_eq!(there.latest(), here.latest());
    assert_eq!(there.recent(Metric::ALL), here.recent(Metric::ALL));
    assert_eq!(subscription.next().now_or_never(), here.latest());
}

#[test]
fn what_is_told_late_does_not_replace_what_is_newer() {
    let server = LiveServer::new(Arc::default());
    push(&server, at(10), &[cpu(1.0)]);
    server.hear(Told { latest: Some(latest(at(9), &[cpu(2.0)])), trouble: None });
    assert_eq!(server.latest().unwrap().at, at(10));
    assert_eq!(server.recent(&[Metric::CpuTotal]).first().unwrap().points.len(), 1);
}

#[test]
fn a_look_through_another_process_wakes_the_sampler_and_is_not_told_again() {
    let live = Live::default();
    let server = live.server(ServerId(7));
    server.somebody_looks_elsewhere(Instant::now() + std::time::Duration::from_secs(3));
    assert!(server.is_watched() && server.somebody_comes().now_or_never().is_some());
    assert!(live.looked_at().is_empty() && !live.interest().is_there());
    let subscription = server.subscribe();
    assert_eq!(live.looked_at(), [ServerId(7)]);
    assert!(live.interest().is_there());
    drop(subscription);
    assert!(live.interest().is_there(), "for half a minute");
}
