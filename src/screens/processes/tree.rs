//! Processes as a tree: children below their parents. A server may say anything of parents, circles included. Pure.

use std::collections::{HashMap, HashSet};

/// One place in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The index of the process.
    pub index: usize,
    /// How many processes of the tree stand above it.
    pub depth: usize,
    /// It is only there because something below it is wanted.
    pub is_way: bool,
}

/// The processes of `order` (indices) that are `wanted`, with what leads to them: each `(pid, parent)` once, siblings in the
/// given order.
pub fn tree(processes: &[(u32, u32)], order: &[usize], wanted: impl Fn(usize) -> bool) -> Vec<Place> {
    let at: HashMap<u32, usize> = processes.iter().enumerate().map(|(index, (pid, _))| (*pid, index)).collect();
    let parent_of = |index: usize| {
        let (pid, parent) = processes.get(index)?;
        at.get(parent).copied().filter(|_| pid != parent)
    };
    let mut kept = HashSet::new();
    for index in order.iter().copied().filter(|index| wanted(*index)) {
        let mut next = Some(index);
        while let Some(index) = next.filter(|index| kept.insert(*index)) {
            next = parent_of(index);
        }
    }
    let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for index in order.iter().copied().filter(|index| kept.contains(index)) {
        children.entry(parent_of(index)).or_default().push(index);
    }
    let mut walk = Walk { children, seen: HashSet::new(), places: Vec::new(), wanted: &wanted };
    walk.below(None);
    // What only leads to itself has no root: it stands where it was found first.
    for index in order.iter().copied().filter(|index| kept.contains(index)) {
        if !walk.seen.contains(&index) {
            walk.from(index);
        }
    }
    walk.places
}

struct Walk<'w> {
    children: HashMap<Option<usize>, Vec<usize>>,
    seen: HashSet<usize>,
    places: Vec<Place>,
    wanted: &'w dyn Fn(usize) -> bool,
}

impl Walk<'_> {
    fn below(&mut self, root: Option<usize>) {
        for index in self.children.get(&root).cloned().unwrap_or_default() {
            self.from(index);
        }
    }

    /// A root and everything below it, without recursion: a chain may be as long as the list.
    fn from(&mut self, root: usize) {
        let mut open = vec![(root, 0)];
        while let Some((index, depth)) = open.pop() {
            if !self.seen.insert(index) {
                continue;
            }
            self.places.push(Place { index, depth, is_way: !(self.wanted)(index) });
            let children = self.children.get(&Some(index)).cloned().unwrap_or_default();
            open.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(processes: &[(u32, u32)], wanted: &[u32]) -> Vec<String> {
        let order: Vec<usize> = (0..processes.len()).collect();
        let places = tree(processes, &order, |index| wanted.contains(&processes[index].0));
        let told = |place: &Place| {
            let way = if place.is_way { "?" } else { "" };
            format!("{}{}{way}", "-".repeat(place.depth), processes[place.index].0)
        };
        places.iter().map(told).collect()
    }

    #[test]
    fn children_stand_below_their_parents() {
        let processes = [(1, 0), (10, 1), (11, 10), (20, 1), (12, 10)];
        assert_eq!(shown(&processes, &[1, 10, 11, 12, 20]), ["1", "-10", "--11", "--12", "-20"]);
        assert_eq!(shown(&processes, &[12]), ["1?", "-10?", "--12"]);
    }

    #[test]
    fn sec_x03_circles_and_strangers_end() {
        assert_eq!(shown(&[(5, 6), (6, 5), (7, 7), (8, 99)], &[5, 6, 7, 8]), ["7", "8", "5", "-6"]);
        let chain: Vec<(u32, u32)> = (1..5000).map(|pid| (pid, pid - 1)).collect();
        let all: Vec<u32> = (1..5000).collect();
        assert_eq!(shown(&chain, &all).len(), 4999);
    }
}
