//! The spectrum: the whole fleet in one strip, one bar per server, groups in a fixed order. Pure.

use super::as_f64;

/// Under this many servers a strip says less than the table.
pub const LEAST_BARS: usize = 8;

/// With more bars than this, neighbours merge into their maximum: a bar would be thinner than a pixel.
const MOST_BARS: usize = 900;

/// The share of a bar's slot that stays empty beside it, and between two groups.
const GAP: f64 = 0.17;
const GROUP_GAP: f64 = 0.75;

/// A bar is never wider than this, percent: a small fleet is no wall.
const WIDEST: f64 = 1.2;

/// Characters of a label per percent of the strip, on a wide page and on a phone.
const WIDE: f64 = 1.35;
const NARROW: f64 = 0.57;

/// Where the bars end, and where their labels stand, in pixels.
const BASE: f64 = 60.0;

/// One server in the strip.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// What a pointer on the bar reads.
    pub title: String,
    /// 0–100; nothing where no number is known.
    pub percent: Option<f64>,
    /// `up`, `warn`, `crit`, `down` or `paused`.
    pub state: &'static str,
}

/// The bars of one group, with their positions as SVG attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The group's name, cut to the room under its bars; empty where there is none.
    pub name: String,
    /// How many servers it has.
    pub count: usize,
    /// The left end of its base line, percent.
    pub left: String,
    /// The right end.
    pub right: String,
    /// Its name would not fit under its bars on a narrow page.
    pub tight: bool,
    /// Its bars.
    pub bars: Vec<Bar>,
}

/// One bar's attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Left edge, percent.
    pub x: String,
    /// Upper edge, pixels.
    pub y: String,
    /// Width, percent.
    pub width: String,
    /// Height, pixels.
    pub height: String,
    /// Its state, where that is not "up".
    pub state: Option<&'static str>,
    /// What a pointer on it reads.
    pub title: String,
}

/// Places the bars of `groups`; none where there are too few servers for a strip.
pub fn spectrum(groups: Vec<(String, Vec<Level>)>) -> Vec<Group> {
    let total: usize = groups.iter().map(|(_, levels)| levels.len()).sum();
    if total < LEAST_BARS {
        return Vec::new();
    }
    let merge = total.div_ceil(MOST_BARS);
    let slots: usize = groups.iter().map(|(_, levels)| levels.len().div_ceil(merge)).sum();
    let pitch = 100.0 / (as_f64(slots) + GROUP_GAP * as_f64(groups.len().saturating_sub(1)));
    let mut left = 0.0;
    let mut placed = Vec::with_capacity(groups.len());
    for (name, levels) in groups {
        let count = levels.len();
        let mut at = left;
        let mut bars = Vec::with_capacity(count.div_ceil(merge));
        for neighbours in levels.chunks(merge) {
            if let Some(level) = neighbours.iter().max_by(|one, other| rank(one).total_cmp(&rank(other))) {
                bars.push(bar(level, at, pitch));
            }
            at += pitch;
        }
        let right = at;
        let room = right + pitch * GROUP_GAP - left;
        let tight = room * NARROW < as_f64(name.chars().count() + 1);
        placed.push(Group {
            name: label(&name, count, room * WIDE),
            count,
            left: two(left),
            right: two(right),
            tight,
            bars,
        });
        left = right + pitch * GROUP_GAP;
    }
    placed
}

/// A group's name in a room of so many characters, of which its count needs some.
fn label(name: &str, count: usize, room: f64) -> String {
    let needed = as_f64(name.chars().count() + count.to_string().len() + 2);
    if needed <= room {
        return name.to_owned();
    }
    // What is left of three letters names nothing.
    let kept: String = name.chars().enumerate().filter(|(at, _)| as_f64(at + 5) < room).map(|(_, c)| c).collect();
    if kept.chars().count() < 3 { String::new() } else { format!("{kept}…") }
}

/// What must not be lost when bars merge: the worst state, then the highest number.
fn rank(level: &Level) -> f64 {
    let state = match level.state {
        "crit" => 4.0,
        "down" => 3.0,
        "warn" => 2.0,
        "up" => 1.0,
        _ => 0.0,
    };
    state * 1000.0 + level.percent.unwrap_or(0.0)
}

fn bar(level: &Level, left: f64, pitch: f64) -> Bar {
    // Without a number the bar is as high as the strip: hollow or grey, it says "not known", not "idle".
    let height = level.percent.map_or(BASE - 1.0, |percent| (percent.clamp(0.0, 100.0) * BASE / 100.0).max(1.5));
    Bar {
        x: two(left + pitch * GAP / 2.0),
        y: format!("{:.1}", BASE - height),
        width: two((pitch * (1.0 - GAP)).min(WIDEST)),
        height: format!("{height:.1}"),
        state: (level.state != "up").then_some(level.state),
        title: level.title.clone(),
    }
}

fn two(percent: f64) -> String {
    format!("{percent:.2}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(count: usize) -> Vec<Level> {
        (0..count).map(|n| Level { title: format!("s{n}"), percent: Some(50.0), state: "up" }).collect()
    }

    #[test]
    fn a_small_fleet_has_no_spectrum() {
        assert!(spectrum(vec![("web".into(), levels(7))]).is_empty());
    }

    #[test]
    fn bars_fill_the_strip_and_groups_keep_their_distance() {
        let groups = spectrum(vec![("web".into(), levels(6)), ("db".into(), levels(4))]);
        assert_eq!(groups.iter().map(|group| group.bars.len()).collect::<Vec<_>>(), [6, 4]);
        assert_eq!(groups[0].left, "0.00%");
        assert_eq!(groups[1].right, "100.00%");
        assert_eq!((groups[0].bars[0].y.as_str(), groups[0].bars[0].height.as_str()), ("30.0", "30.0"));
    }

    #[test]
    fn a_label_never_runs_into_the_next_one() {
        let long = "a-group-with-a-name-of-forty-characters0";
        let groups = spectrum(vec![(long.into(), levels(2)), ("web".into(), levels(10))]);
        assert_eq!(groups[0].name, "a-group-with-a-name-of-fo…");
        assert_eq!((groups[1].name.as_str(), groups[0].tight, groups[1].tight), ("web", true, false));
        assert_eq!(label("db", 3, 4.0), "");
    }

    #[test]
    fn a_server_without_a_number_is_not_drawn_as_idle() {
        let mut all = levels(8);
        all[3] = Level { title: "gone".into(), percent: None, state: "down" };
        let bar = &spectrum(vec![("web".into(), all)])[0].bars[3];
        assert_eq!((bar.state, bar.height.as_str()), (Some("down"), "59.0"));
    }

    #[test]
    fn more_than_nine_hundred_servers_merge_without_losing_the_worst() {
        let mut all = levels(1000);
        all[501].state = "crit";
        let bars = &spectrum(vec![("web".into(), all)])[0].bars;
        assert_eq!(bars.len(), 500);
        assert_eq!(bars.iter().filter(|bar| bar.state == Some("crit")).count(), 1);
    }
}
