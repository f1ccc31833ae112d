use proptest::prelude::*;

use super::*;
use crate::metrics::readings::Readings;

const SERVER: ServerId = ServerId(1);

fn process(pid: u32, started_at: &str, ticks: u64) -> Process {
    Process {
        pid,
        started_at: Some(started_at.to_owned()),
        cpu_ticks: Some(ticks),
        resident_bytes: Some(u64::from(pid) * 1024),
        name: format!("program{pid}"),
        user: "www-data".to_owned(),
        command: "program --password=hunter2".to_owned(),
        ..Process::default()
    }
}

fn list(uptime: f64, processes: Vec<Process>) -> ProcessList {
    ProcessList { processes, ticks_per_second: Some(100), uptime_seconds: Some(uptime), ..ProcessList::default() }
}

fn between(before: &ProcessList, now: &ProcessList) -> Option<ConsumerReading> {
    let mut kept = Readings::default();
    assert_eq!(kept.consumed(SERVER, before, DateTime::UNIX_EPOCH), None);
    kept.consumed(SERVER, now, DateTime::UNIX_EPOCH)
}

fn shares(consumers: &Consumers) -> Vec<(u32, f32)> {
    consumers.0.iter().map(|one| (one.pid, one.cpu.unwrap_or(-1.0))).collect()
}

#[test]
fn what_a_process_used_between_two_listings_counts_and_what_it_used_before_does_not() {
    let before = list(10.0, vec![process(1, "a", 90_000), process(2, "b", 100)]);
    let now = list(20.0, vec![process(1, "a", 90_000), process(2, "b", 600)]);
    let reading = between(&before, &now).unwrap();
    assert_eq!((shares(&reading.by_cpu), reading.span_seconds), (vec![(2, 50.0)], 10.0));
}

#[test]
fn a_process_that_is_new_or_had_used_nothing_counts_with_all_that_it_used() {
    let before = list(10.0, vec![process(1, "a", 0), process(7, "old", 90_000)]);
    let now = list(20.0, vec![process(1, "a", 300), process(7, "new", 200), process(9, "c", 100)]);
    assert_eq!(shares(&between(&before, &now).unwrap().by_cpu), [(1, 30.0), (7, 20.0), (9, 10.0)]);
}

#[test]
fn eight_of_each_kind_are_kept_most_first_and_no_command_line() {
    let all = |ticks: u64| (1..=20).map(|pid| process(pid, "a", u64::from(pid) * ticks)).collect();
    let reading = between(&list(10.0, all(1)), &list(20.0, all(2))).unwrap();
    assert_eq!(
        shares(&reading.by_cpu).iter().map(|(pid, _)| *pid).collect::<Vec<_>>(),
        [20, 19, 18, 17, 16, 15, 14, 13]
    );
    assert_eq!(reading.by_memory.0.iter().map(|one| one.pid).collect::<Vec<_>>(), [20, 19, 18, 17, 16, 15, 14, 13]);
    assert!(!format!("{reading:?}").contains("hunter2"));
}

#[test]
fn after_a_reboot_and_at_once_after_another_listing_nothing_is_said() {
    let now = list(500.0, vec![process(1, "a", 100)]);
    assert_eq!(between(&now, &list(3.0, vec![process(1, "a", 200)])), None);
    let other_boot = ProcessList { boot: "b".into(), ..list(900.0, vec![process(1, "a", 200)]) };
    assert_eq!(between(&now, &other_boot), None, "also where it has been up for longer by then");
    assert_eq!(between(&now, &list(500.25, vec![process(1, "a", 101)])), None);
}

#[test]
fn a_listing_that_came_too_soon_does_not_move_the_begin_of_the_next_span() {
    let mut kept = Readings::default();
    for (uptime, ticks) in [(10.0, 100), (10.2, 100)] {
        assert_eq!(kept.consumed(SERVER, &list(uptime, vec![process(1, "a", ticks)]), DateTime::UNIX_EPOCH), None);
    }
    let reading = kept.consumed(SERVER, &list(20.0, vec![process(1, "a", 600)]), DateTime::UNIX_EPOCH).unwrap();
    assert_eq!((shares(&reading.by_cpu), reading.span_seconds), (vec![(1, 50.0)], 10.0));
}

#[test]
fn where_there_are_no_ticks_the_server_s_own_percentages_are_taken_and_no_span_is_claimed() {
    let process = Process { average_cpu_percent: Some(12.5), cpu_ticks: None, ..process(3, "a", 0) };
    let list = ProcessList { processes: vec![process], ..ProcessList::default() };
    let reading = Readings::default().consumed(SERVER, &list, DateTime::UNIX_EPOCH).unwrap();
    assert_eq!((shares(&reading.by_cpu), reading.span_seconds), (vec![(3, 12.5)], 0.0));
}

#[test]
fn sec_x04_a_name_is_cut_between_characters_and_holds_no_nul() {
    let name = |text: &str| {
        let list = list(0.0, vec![Process { name: text.to_owned(), ..process(3, "a", 5) }]);
        let next = ProcessList { uptime_seconds: Some(10.0), ..list.clone() };
        between(&list, &next).unwrap().by_memory.0.remove(0).name
    };
    assert_eq!(name(&"한".repeat(30)), "한".repeat(21));
    assert_eq!(name("a\0b"), "ab");
    assert_eq!(name("<img onerror>\n-rf"), "<img onerror>\n-rf");
}

proptest! {
    #[test]
    fn sec_x03_whatever_a_server_says_shares_are_finite_and_readings_bounded(
        uptimes in any::<(f64, f64)>(),
        rate in any::<u32>(),
        processes in prop::collection::vec((any::<u32>(), ".{0,80}", any::<u64>(), any::<Option<u64>>()), 0..40),
    ) {
        let list = |uptime, ticks: fn(u64) -> u64| ProcessList {
            processes: processes.iter().map(|(pid, name, used, bytes)| Process {
                pid: *pid, name: name.clone(), cpu_ticks: Some(ticks(*used)), resident_bytes: *bytes, ..Process::default()
            }).collect(),
            ticks_per_second: Some(rate),
            uptime_seconds: Some(uptime),
            boot: String::new(),
        };
        let mut kept = Readings::default();
        drop(kept.consumed(SERVER, &list(uptimes.0, |used| used / 2), DateTime::UNIX_EPOCH));
        if let Some(reading) = kept.consumed(SERVER, &list(uptimes.1, |used| used), DateTime::UNIX_EPOCH) {
            for consumers in [&reading.by_cpu, &reading.by_memory] {
                prop_assert!(consumers.0.len() <= MOST);
                for one in &consumers.0 {
                    prop_assert!(one.name.len() <= NAME && one.cpu.is_none_or(|cpu| cpu.is_finite() && cpu >= 0.0));
                }
            }
            prop_assert!(reading.span_seconds.is_finite());
        }
    }
}
