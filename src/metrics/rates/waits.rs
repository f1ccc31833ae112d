//! How long tasks waited, and what was swapped: counters that a server may tell in some of its readings only. Pure.

use std::time::Duration;

use super::{Moment, Reading, Value, Values, float, rate, seconds_between};
use crate::commands::metrics::{Pressure, Swapped};
use crate::metrics::catalogue::Metric;

/// The last reading that told of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Waits {
    pressure: Option<(Moment, Pressure)>,
    swapped: Option<(Moment, Swapped)>,
}

impl Waits {
    /// The values that `now` gives with what was told before, unless that is older than `longest` or of another boot.
    pub fn take(&mut self, now: &Reading, longest: Duration) -> Vec<Value<'static>> {
        let mut values = Values(Vec::new());
        let moment = now.moment();
        if let Some(told) = now.sample.pressure {
            let before = self.pressure.replace((moment, told));
            if let Some((before, seconds)) = since(before, moment, longest) {
                let mut share = |metric, before: Option<u64>, now: Option<u64>| {
                    let grown = before.zip(now).and_then(|(before, now)| now.checked_sub(before));
                    // Rounding of the two clocks may give a little more than all of the time.
                    values.add(metric, "", grown.map(|grown| (float(grown) / (seconds * 10_000.0)).min(100.0)));
                };
                share(Metric::PressureCpu, before.cpu, told.cpu);
                share(Metric::PressureMemory, before.memory, told.memory);
                share(Metric::PressureMemoryFull, before.memory_full, told.memory_full);
                share(Metric::PressureIo, before.io, told.io);
                share(Metric::PressureIoFull, before.io_full, told.io_full);
            }
        }
        if let Some(told) = now.sample.swapped {
            let before = self.swapped.replace((moment, told));
            if let Some((before, seconds)) = since(before, moment, longest) {
                values.add(Metric::SwapIn, "", rate(before.read_bytes, told.read_bytes, seconds));
                values.add(Metric::SwapOut, "", rate(before.written_bytes, told.written_bytes, seconds));
            }
        }
        values.0
    }
}

fn since<T>(before: Option<(Moment, T)>, now: Moment, longest: Duration) -> Option<(T, f64)> {
    let (moment, told) = before?;
    Some((told, seconds_between(moment, now, longest)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::commands::metrics::Sample;

    const LONGEST: Duration = Duration::from_secs(30);

    /// A reading `seconds` after the first, of a machine in which a task waits for a fifth of the time.
    fn reading(seconds: u64) -> Reading {
        let waited = 90_000_000 + seconds * 200_000;
        let pressure = Pressure { cpu: Some(waited), memory: Some(waited), io: Some(waited), ..Pressure::default() };
        let swapped = Swapped { read_bytes: 4_096 * seconds, written_bytes: 8_192 * seconds };
        let sample = Sample {
            uptime_seconds: float(seconds) + 1_000.25,
            pressure: Some(pressure),
            swapped: Some(swapped),
            ..Sample::default()
        };
        Reading { sample, at: Duration::from_secs(seconds), round_trip: Duration::ZERO }
    }

    fn told(values: &[Value<'_>]) -> Vec<(Metric, f32)> {
        values.iter().map(|value| (value.metric, value.value)).collect()
    }

    #[test]
    fn pressure_is_a_share_of_the_time_between_two_readings_and_swapping_bytes_a_second() {
        let mut waits = Waits::default();
        assert_eq!(told(&waits.take(&reading(0), LONGEST)), []);
        let expected = [
            (Metric::PressureCpu, 20.0),
            (Metric::PressureMemory, 20.0),
            (Metric::PressureIo, 20.0),
            (Metric::SwapIn, 4_096.0),
            (Metric::SwapOut, 8_192.0),
        ];
        assert_eq!(told(&waits.take(&reading(10), LONGEST)), expected);
    }

    #[test]
    fn readings_that_do_not_tell_it_are_passed_over() {
        let mut waits = Waits::default();
        drop(waits.take(&reading(0), LONGEST));
        for seconds in 1..10 {
            let silent = Reading { sample: Sample { uptime_seconds: 9.5, ..Sample::default() }, ..reading(seconds) };
            assert_eq!(told(&waits.take(&silent, LONGEST)), []);
        }
        assert_eq!(told(&waits.take(&reading(10), LONGEST))[0], (Metric::PressureCpu, 20.0));
    }

    #[test]
    fn rel_r03_a_reboot_a_hole_and_a_counter_that_fell_are_gaps() {
        let mut waits = Waits::default();
        drop(waits.take(&reading(0), LONGEST));
        assert_eq!(told(&waits.take(&reading(31), LONGEST)), [], "a hole in our readings");
        let mut rebooted = reading(41);
        rebooted.sample.uptime_seconds = 3.5;
        assert_eq!(told(&waits.take(&rebooted, LONGEST)), [], "a reboot");
        let mut waits = Waits::default();
        drop(waits.take(&reading(0), LONGEST));
        let mut fell = reading(10);
        fell.sample.pressure = Some(Pressure { cpu: Some(7), ..fell.sample.pressure.unwrap() });
        let values = waits.take(&fell, LONGEST);
        assert_eq!(told(&values)[0], (Metric::PressureMemory, 20.0), "the others go on");
    }

    proptest! {
        #[test]
        fn sec_x03_whatever_a_server_says_pressure_is_at_most_all_of_the_time(
            uptimes in any::<(f64, f64)>(),
            counters in any::<[u64; 4]>(),
        ) {
            let build = |uptime, cpu, bytes, at| {
                let pressure = Pressure { cpu: Some(cpu), ..Pressure::default() };
                let swapped = Swapped { read_bytes: bytes, written_bytes: cpu };
                let sample = Sample {
                    uptime_seconds: uptime, pressure: Some(pressure), swapped: Some(swapped), ..Sample::default()
                };
                Reading { sample, at: Duration::from_secs(at), round_trip: Duration::ZERO }
            };
            let mut waits = Waits::default();
            drop(waits.take(&build(uptimes.0, counters[0], counters[1], 0), LONGEST));
            for value in waits.take(&build(uptimes.1, counters[2], counters[3], 1), LONGEST) {
                prop_assert!(value.value.is_finite() && value.value >= 0.0, "{value:?}");
                prop_assert!(value.metric != Metric::PressureCpu || value.value <= 100.0, "{value:?}");
            }
        }
    }
}
