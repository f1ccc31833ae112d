use proptest::prelude::*;

use super::*;

/// A Thursday's midnight: the beginning of a block of every tier.
const START: i64 = 7 * DAY * 2_800;

fn point(at: i64, value: f32) -> Point {
    Point { at: START + at, min: value, mean: value, max: value, weight: 1 }
}

fn rolled(tier: Tier, points: impl IntoIterator<Item = Point>) -> Vec<Point> {
    let mut roll_up = RollUp::new(tier);
    points.into_iter().for_each(|point| roll_up.add(point));
    roll_up.points().collect()
}

#[test]
fn blocks_and_partitions_are_whole_numbers_of_each_other() {
    for tier in Tier::ALL {
        assert_eq!(tier.block_seconds() % tier.seconds(), 0, "{tier:?}");
        assert_eq!(tier.partition_seconds() % tier.block_seconds(), 0, "{tier:?}");
        assert_eq!(i64::from(tier.full_weight()), tier.seconds() / Tier::Ten.seconds(), "{tier:?}");
        if let Some(finer) = tier.finer() {
            assert_eq!(tier.block_seconds() % finer.block_seconds(), 0, "{tier:?}");
            assert_eq!(tier.seconds() % finer.seconds(), 0, "{tier:?}");
            // A block of the finer tier ends where a point of this one does, so that a tail can be rolled up.
            assert_eq!(finer.block_seconds() % tier.seconds(), 0, "{tier:?}");
        }
    }
}

#[test]
fn a_roll_up_has_the_minimum_the_weighted_mean_and_the_maximum() {
    let points = [
        Point { at: START, min: 1.0, mean: 2.0, max: 3.0, weight: 1 },
        Point { at: START + 10, min: 0.5, mean: 5.0, max: 9.0, weight: 3 },
        point(60, 7.0),
    ];
    assert_eq!(
        rolled(Tier::Minute, points),
        [Point { at: START, min: 0.5, mean: 4.25, max: 9.0, weight: 4 }, point(60, 7.0)]
    );
}

#[test]
fn a_gap_stays_a_gap_and_weighs_nothing() {
    // Two minutes of 1.0, eight minutes of nothing but one window of 4.0, then nothing.
    let points: Vec<_> = (0..12).map(|window| point(window * 10, 1.0)).chain([point(300, 4.0)]).collect();
    let minutes = rolled(Tier::Minute, points.clone());
    assert_eq!(
        minutes.iter().map(|point| (point.at - START, point.weight)).collect::<Vec<_>>(),
        [(0, 6), (60, 6), (300, 1)]
    );
    let in_two_steps = rolled(Tier::TenMinutes, minutes);
    assert_eq!(in_two_steps, rolled(Tier::TenMinutes, points), "the way over minutes gives the same");
    assert_eq!(in_two_steps, [Point { at: START, min: 1.0, mean: 16.0 / 13.0, max: 4.0, weight: 13 }]);
}

#[test]
fn a_block_gives_back_what_it_was_packed_from() {
    let points = [point(0, 1.0), point(20, 3.0), point(3_590, 4.0)];
    let block = Block::pack(Tier::Ten, START, points).unwrap();
    assert_eq!((block.means.len(), block.minimums.len(), block.weights.len()), (360, 0, 0));
    assert!(block.means[1].is_nan());
    assert_eq!(block.points().collect::<Vec<_>>(), points);
}

#[test]
fn a_block_takes_only_points_of_its_period_and_none_makes_no_block() {
    let outside = [point(-10, 1.0), point(3_600, 1.0)];
    assert_eq!(Block::pack(Tier::Ten, START, outside), None);
    let block = Block::pack(Tier::Ten, START, [point(-10, 1.0), point(50, 2.0), point(3_600, 3.0)]).unwrap();
    assert_eq!(block.points().collect::<Vec<_>>(), [point(50, 2.0)]);
}

#[test]
fn retention_never_takes_what_the_next_tier_still_needs() {
    let hour = Duration::from_hours(1);
    let short = Retention { tier_10: hour, tier_60: hour, tier_600: hour, tier_3600: Duration::from_hours(48) };
    for tier in [Tier::Ten, Tier::Minute, Tier::TenMinutes] {
        let next = Tier::ALL.into_iter().find(|coarser| coarser.finer() == Some(tier)).unwrap();
        assert!(tier.kept(&short).as_secs() > next.block_seconds().unsigned_abs());
    }
    assert_eq!(Tier::Hour.kept(&short), Duration::from_hours(48));
    assert_eq!(Tier::Ten.kept(&Retention::default()), Duration::from_hours(48));
}

proptest! {
    #[test]
    fn a_block_and_its_points_are_the_same_thing(
        values in prop::collection::btree_map(0_i64..360, (0.0_f32..1e9, 0.0_f32..1e3, 1_u16..=6), 1..200),
    ) {
        let points: Vec<_> = values
            .into_iter()
            .map(|(place, (mean, spread, weight))| Point {
                at: START + place * 60, min: mean - spread, mean, max: mean + spread, weight,
            })
            .collect();
        let block = Block::pack(Tier::Minute, START, points.clone()).unwrap();
        prop_assert_eq!(block.points().collect::<Vec<_>>(), points);
    }
}
