//! A chart as SVG: up to three lines, areas, gaps and a threshold in a box of 600 × 112. Pure.

use super::axis::{Scale, Unit};
use super::lines::Lines;
use super::{digits, path};

/// The view box of a plot, as in `templates/components/chart.html`.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 112.0;

/// How lines are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// The left edge, seconds since the epoch.
    pub from: f64,
    /// The right edge.
    pub to: f64,
    /// What the numbers are.
    pub unit: Unit,
    /// The value that the scale holds at least: installed memory, say.
    pub at_least: f64,
    /// Lines lie on top of each other, the last at the bottom.
    pub stacked: bool,
    /// From here on a value deserves attention.
    pub limit: Option<f64>,
    /// Seconds without a measurement that are a gap.
    pub tolerance: f64,
}

/// A drawn plot: attributes for the template.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Areas, the first line's behind the others.
    pub areas: Vec<Shape>,
    /// Lines, the first on top.
    pub strokes: Vec<Shape>,
    /// `(x, width)` of each span without data.
    pub gaps: Vec<(String, String)>,
    /// The height of the threshold.
    pub limit: Option<String>,
    /// The scale beside it.
    pub scale: Scale,
}

/// One path and its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// `a1`, `s2` …
    pub class: String,
    /// The path's commands.
    pub d: String,
}

impl Plot {
    /// Draws `lines` in `frame`. At most three lines are told apart; a page shows more as several plots.
    pub fn draw(lines: &Lines, frame: &Frame) -> Self {
        let scale = Scale::holding(frame.unit, lines.highest(frame.stacked).max(frame.at_least));
        let gaps = lines.gaps(frame.tolerance, frame.to);
        let broken = lines.with_gaps(frame.tolerance);
        let heights = if frame.stacked { broken.stacked() } else { broken };
        let x = |at: f64| ((at - frame.from) / (frame.to - frame.from) * WIDTH).clamp(0.0, WIDTH);
        let y = |value: f64| HEIGHT - (value / scale.top).clamp(0.0, 1.0) * HEIGHT;
        let mut areas = Vec::new();
        let mut strokes = Vec::new();
        for (index, column) in heights.columns.iter().take(3).enumerate() {
            let points = || heights.times.iter().zip(column).map(|(at, value)| (x(*at), value.map(y)));
            strokes.push(Shape { class: format!("s{}", index + 1), d: path(points()) });
            if index == 0 || frame.stacked {
                areas.push(Shape { class: format!("a{}", index + 1), d: area(points()) });
            }
        }
        strokes.reverse();
        let gaps = gaps.into_iter().map(|(from, to)| (digits(x(from)), digits(x(to) - x(from)))).collect();
        let limit = frame.limit.filter(|limit| *limit < scale.top).map(|limit| digits(y(limit)));
        Self { areas, strokes, gaps, limit, scale }
    }
}

/// Closed shapes between the line and the base, one per unbroken run.
fn area(points: impl Iterator<Item = (f64, Option<f64>)>) -> String {
    let mut out = String::new();
    let mut run: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points.chain(std::iter::once((0.0, None))) {
        if let Some(y) = y {
            run.push((x, y));
            continue;
        }
        if let (Some((first, _)), Some((last, _))) = (run.first(), run.last())
            && run.len() > 1
        {
            let corners = format!(" {},{HEIGHT} {},{HEIGHT}Z", digits(*last), digits(*first));
            out.push_str(&path(run.iter().map(|(x, y)| (*x, Some(*y)))));
            out.push_str(&corners);
        }
        run.clear();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame {
        from: 0.0,
        to: 60.0,
        unit: Unit::Percent,
        at_least: 0.0,
        stacked: false,
        limit: Some(80.0),
        tolerance: 25.0,
    };

    #[test]
    fn a_line_stops_at_a_gap_and_the_gap_is_marked() {
        let lines = Lines::lined_up(&[vec![(0.0, 0.0), (10.0, 50.0), (50.0, 100.0), (60.0, 100.0)]]);
        let plot = Plot::draw(&lines, &FRAME);
        assert_eq!(plot.strokes, [Shape { class: "s1".into(), d: "M0,112 100,56M500,0 600,0".into() }]);
        assert_eq!(plot.areas[0].d, "M0,112 100,56 100,112 0,112ZM500,0 600,0 600,112 500,112Z");
        assert_eq!(plot.gaps, [("100".to_owned(), "400".to_owned())]);
        assert_eq!(plot.limit.as_deref(), Some("22.4"));
    }

    #[test]
    fn a_stack_s_first_line_is_its_sum() {
        let lines = Lines { times: vec![0.0, 60.0], columns: vec![vec![Some(30.0); 2], vec![Some(20.0); 2]] };
        let plot = Plot::draw(&lines, &Frame { stacked: true, tolerance: 100.0, ..FRAME });
        let paths: Vec<_> = plot.strokes.iter().map(|shape| (shape.class.as_str(), shape.d.as_str())).collect();
        assert_eq!(paths, [("s2", "M0,89.6 600,89.6"), ("s1", "M0,56 600,56")]);
        assert_eq!(plot.areas.len(), 2);
    }

    #[test]
    fn a_plot_of_nothing_has_its_scale_and_no_lines() {
        let plot = Plot::draw(&Lines::lined_up(&[Vec::new()]), &FRAME);
        assert_eq!(plot.strokes[0].d, "");
        assert_eq!(plot.gaps, []);
        assert_eq!(plot.scale.labels[0], "100 %");
    }
}
