//! Charts as the server draws them: from numbers to the digits of SVG attributes. Pure; knows no metric and no page.
//!
//! Everything here is text of digits, so it needs no escaping of its own; names are escaped by the templates.

pub mod axis;
pub mod lines;
pub mod plot;
pub mod spectrum;

use std::fmt::Write;

/// The view box of a sparkline, as in `templates/components/chart.html`.
const SPARK: (f64, f64) = (72.0, 14.0);

/// A sparkline never spans fewer points than this, so that noise stays flat.
const LEAST_SPAN: f64 = 12.0;

/// The path of a sparkline over evenly spaced moments: its own scale, a break where a value is missing.
pub fn spark(values: &[Option<f64>]) -> String {
    let known = || values.iter().flatten().copied().filter(|value| value.is_finite());
    let low = known().fold(f64::INFINITY, f64::min);
    let high = known().fold(f64::NEG_INFINITY, f64::max).max(low + LEAST_SPAN);
    let step = SPARK.0 / as_f64(values.len().saturating_sub(1).max(1));
    let points = values.iter().enumerate().map(|(index, value)| {
        let y = value.filter(|value| value.is_finite()).map(|value| {
            let share = (value - low) / (high - low);
            (SPARK.1 - 1.0) - share * (SPARK.1 - 2.0)
        });
        (as_f64(index) * step, y)
    });
    path(points)
}

/// The width of a bar in its `0 0 100 1` box.
pub fn bar(percent: f64) -> String {
    digits(percent.clamp(0.0, 100.0))
}

/// A path through `points`, broken where there is no height; a point alone becomes a short dash, or nobody would see it.
fn path(points: impl Iterator<Item = (f64, Option<f64>)>) -> String {
    let mut out = String::new();
    let mut run = 0;
    let mut last = None;
    for (x, y) in points.chain(std::iter::once((0.0, None))) {
        match (y, last) {
            (Some(y), _) => {
                out.push_str(match run {
                    0 => "M",
                    _ => " ",
                });
                push(&mut out, x, y);
                run += 1;
            }
            (None, Some(_)) if run == 1 => out.push_str("h1"),
            (None, _) => {}
        }
        if y.is_none() {
            run = 0;
        }
        last = y;
    }
    out
}

fn push(out: &mut String, x: f64, y: f64) {
    out.push_str(&digits(x));
    out.push(',');
    out.push_str(&digits(y));
}

/// One decimal at most: `12.8`, `72`.
fn digits(value: f64) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write!(text, "{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

#[expect(clippy::cast_precision_loss, reason = "a count of points on a chart")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_of_noise_stays_flat_at_the_bottom() {
        assert_eq!(spark(&[Some(30.0), Some(31.2), Some(30.0)]), "M0,13 36,11.8 72,13");
    }

    #[test]
    fn a_sparkline_breaks_where_a_value_is_missing_and_shows_a_point_alone() {
        let values = [Some(0.0), Some(50.0), None, Some(100.0), None, Some(0.0), Some(100.0)];
        assert_eq!(spark(&values), "M0,13 12,7M36,1h1M60,13 72,1");
    }

    #[test]
    fn a_sparkline_of_nothing_is_nothing_and_of_one_value_a_dash() {
        assert_eq!(spark(&[]), "");
        assert_eq!(spark(&[None, None]), "");
        assert_eq!(spark(&[Some(4.0)]), "M0,13h1");
        assert_eq!(spark(&[Some(f64::NAN), Some(f64::INFINITY)]), "");
    }

    #[test]
    fn a_bar_stays_inside_its_box() {
        assert_eq!([bar(-4.0), bar(98.64), bar(250.0)], ["0", "98.6", "100"]);
    }
}
