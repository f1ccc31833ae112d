//! Which servers a process samples: about as many as every other one, and as few moves as possible. Pure.
//!
//! Every process plans from the same rows, so their plans fit together; where rows changed in between, the claims in the
//! database are what counts.

use std::collections::HashMap;

use crate::models::ids::{InstanceId, ServerId};

/// What a process does next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Moves {
    /// These are nobody's, and its own now.
    pub(super) claim: Vec<ServerId>,
    /// These are more than its share, and for whom.
    pub(super) give: Vec<(ServerId, InstanceId)>,
}

/// What `me` does, where `living` sample, oldest first, and each server has this holder. Shares differ by one at most; the
/// older ones have the larger share, so that one that joins or leaves moves little.
pub(super) fn plan(me: InstanceId, living: &[InstanceId], servers: &[(ServerId, Option<InstanceId>)]) -> Moves {
    let (share, larger) = match living.len() {
        0 => return Moves::default(),
        count => (servers.len() / count, servers.len() % count),
    };
    // How many each may still take; below zero: how many it has too many.
    let mut room: HashMap<InstanceId, isize> = (living.iter().enumerate())
        .map(|(place, id)| (*id, (share + usize::from(place < larger)).cast_signed()))
        .collect();
    for holder in servers.iter().filter_map(|(_, holder)| *holder) {
        *room.entry(holder).or_default() -= 1;
    }
    let mut moves = Moves::default();
    let mut takers = living.iter().copied().flat_map(|id| {
        let room = room.get(&id).copied().unwrap_or_default().max(0).unsigned_abs();
        std::iter::repeat_n(id, room)
    });
    for (server, _) in servers.iter().filter(|(_, holder)| holder.is_none()) {
        if takers.next() == Some(me) {
            moves.claim.push(*server);
        }
    }
    // Any of its servers would do, as long as everybody plans with the same ones.
    for giver in living {
        let surplus = room.get(giver).copied().unwrap_or_default().min(0).unsigned_abs();
        let its = servers.iter().rev().filter(|(_, holder)| *holder == Some(*giver));
        for (server, _) in its.take(surplus) {
            let Some(taker) = takers.next() else { return moves };
            if *giver == me {
                moves.give.push((*server, taker));
            }
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ME: InstanceId = InstanceId(1);

    fn servers(holders: &[Option<i64>]) -> Vec<(ServerId, Option<InstanceId>)> {
        (1..).zip(holders).map(|(id, holder)| (ServerId(id), holder.map(InstanceId))).collect()
    }

    #[test]
    fn one_process_alone_takes_everything() {
        let moves = plan(ME, &[ME], &servers(&[None, None, Some(1)]));
        assert_eq!(moves, Moves { claim: vec![ServerId(1), ServerId(2)], give: Vec::new() });
        assert_eq!(plan(ME, &[ME], &[]), Moves::default());
    }

    #[test]
    fn one_that_is_not_alive_does_nothing() {
        assert_eq!(plan(ME, &[], &servers(&[None])), Moves::default());
        assert_eq!(plan(ME, &[InstanceId(2)], &servers(&[None])), Moves::default());
    }

    #[test]
    fn one_that_joins_is_given_its_share() {
        let held = servers(&[Some(1), Some(1), Some(1), Some(1), Some(1)]);
        let moves = plan(ME, &[ME, InstanceId(2)], &held);
        assert_eq!(moves.give, [(ServerId(5), InstanceId(2)), (ServerId(4), InstanceId(2))]);
        assert_eq!(plan(InstanceId(2), &[ME, InstanceId(2)], &held), Moves::default(), "it waits to be given them");
    }

    #[test]
    fn what_a_dead_one_held_goes_to_those_with_the_smaller_part() {
        let held = servers(&[Some(1), Some(1), None, None, None, Some(2)]);
        let living = [ME, InstanceId(2)];
        assert_eq!(plan(ME, &living, &held).claim, [ServerId(3)]);
        assert_eq!(plan(InstanceId(2), &living, &held).claim, [ServerId(4), ServerId(5)]);
    }

    /// The holders after everybody did what it planned.
    fn after(living: &[InstanceId], servers: &mut [(ServerId, Option<InstanceId>)]) -> usize {
        let plans: Vec<_> = living.iter().map(|id| (*id, plan(*id, living, servers))).collect();
        let mut moved = 0;
        for (id, moves) in plans {
            let claims = moves.claim.iter().map(|server| (*server, id, None));
            let gifts = moves.give.iter().map(|(server, to)| (*server, *to, Some(id)));
            for (server, to, from) in claims.chain(gifts) {
                let place = servers.iter_mut().find(|(known, _)| *known == server).unwrap();
                assert_eq!(place.1, from, "nobody takes what is another's");
                place.1 = Some(to);
                moved += 1;
            }
        }
        moved
    }

    proptest! {
        #[test]
        fn shares_differ_by_one_at_most_and_then_nothing_moves(
            holders in prop::collection::vec(prop::option::of(1..5_i64), 0..60),
            count in 1..5_i64,
        ) {
            let living: Vec<InstanceId> = (1..=count).map(InstanceId).collect();
            // Holders that do not live hold nothing.
            let mut servers: Vec<_> = servers(&holders);
            for (_, holder) in &mut servers {
                *holder = holder.filter(|id| living.contains(id));
            }
            after(&living, &mut servers);
            prop_assert_eq!(after(&living, &mut servers), 0);
            let shares = living.iter().map(|id| servers.iter().filter(|(_, holder)| *holder == Some(*id)).count());
            let shares: Vec<usize> = shares.collect();
            prop_assert_eq!(shares.iter().sum::<usize>(), servers.len());
            prop_assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1, "{:?}", shares);
        }
    }
}
