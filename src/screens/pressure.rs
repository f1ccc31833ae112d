//! Pressure (PSI) among the charts of a screen: drawn where the server tells it, else a sentence why not. Pure.

use super::charts::Declared;
use super::numbers::Numbers;
use crate::language::Message;
use crate::metrics::catalogue::Metric;

/// Numbers that go on for so long without a word about pressure say that there is none.
const SILENCE: i64 = 60;

/// The chart of `pressure`, or why there is none. A server that tells `other` for a while would tell pressure too.
pub fn chart(pressure: Declared, numbers: &Numbers, other: Metric) -> (Option<Declared>, Option<Message>) {
    let told = pressure.lines.iter().any(|line| numbers.seconds_of(line.metric).is_some());
    match numbers.seconds_of(other) {
        _ if told => (Some(pressure), None),
        Some(SILENCE..) => (None, Some(Message::new(WHY))),
        _ => (None, None),
    }
}

const WHY: &str = "There is no chart of pressure: this server told none in this span. Linux tells it since 4.20, unless it \
                   is built without PSI or started with psi=0; other systems do not have it.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::line::{Line, Point};
    use crate::screens::declared;

    fn line(metric: Metric, seconds: i64) -> Line {
        let point = |at| Point { at, min: 1.0, mean: 1.0, max: 1.0 };
        Line { metric, device: String::new(), tier: 10, points: vec![point(0), point(seconds)] }
    }

    fn of(lines: Vec<Line>) -> (bool, bool) {
        let numbers = Numbers::joined(lines, Vec::new(), 0);
        let (chart, why) = chart(declared::cpu_pressure(), &numbers, Metric::CpuTotal);
        (chart.is_some(), why.is_some())
    }

    #[test]
    fn a_server_without_pressure_has_a_sentence_in_place_of_the_chart() {
        assert_eq!(of(vec![line(Metric::CpuTotal, 600)]), (false, true));
        assert_eq!(of(vec![line(Metric::CpuTotal, 600), line(Metric::PressureCpu, 10)]), (true, false));
    }

    #[test]
    fn a_server_that_has_just_been_added_has_neither() {
        assert_eq!(of(Vec::new()), (false, false));
        assert_eq!(of(vec![line(Metric::CpuTotal, 20)]), (false, false));
    }
}
