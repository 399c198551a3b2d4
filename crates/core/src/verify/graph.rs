// SPDX-License-Identifier: Apache-2.0
//! Who is whose ancestor, for the verifier: nodes by number, parents first.

use std::cell::RefCell;

/// A commit graph.
#[derive(Debug, Default)]
pub(super) struct Graph {
    parents: Vec<Vec<u32>>,
    /// The longest way down to a root.
    height: Vec<u32>,
    /// In which search a node was met last, and how many searches there were.
    met: RefCell<(Vec<u32>, u32)>,
}

impl Graph {
    /// Adds a node, whose parents are there already.
    pub(super) fn add(&mut self, parents: Vec<u32>) -> u32 {
        let node =
            u32::try_from(self.parents.len()).expect("a history has fewer than 2^32 commits");
        let height = parents.iter().map(|&parent| self.height[parent as usize] + 1).max();
        self.height.push(height.unwrap_or(0));
        self.parents.push(parents);
        node
    }

    pub(super) fn len(&self) -> usize {
        self.parents.len()
    }

    pub(super) fn parents(&self, node: u32) -> &[u32] {
        &self.parents[node as usize]
    }

    /// Whether `to` is `from`, or an ancestor of it.
    pub(super) fn reaches(&self, from: u32, to: u32) -> bool {
        let mut met = self.met.borrow_mut();
        let (marks, search) = &mut *met;
        marks.resize(self.len(), 0);
        *search += 1;
        let mut open = vec![from];
        while let Some(node) = open.pop() {
            if node == to {
                return true;
            }
            // An ancestor lies lower and came earlier than all that reach it.
            if node < to || self.height[node as usize] <= self.height[to as usize] {
                continue;
            }
            for &parent in self.parents(node) {
                if std::mem::replace(&mut marks[parent as usize], *search) != *search {
                    open.push(parent);
                }
            }
        }
        false
    }

    /// For each node, whether one of `tips` is it or descends from it.
    pub(super) fn behind(&self, tips: impl IntoIterator<Item = u32>) -> Vec<bool> {
        let mut behind = vec![false; self.len()];
        for tip in tips {
            behind[tip as usize] = true;
        }
        for node in (0..self.len()).rev() {
            if behind[node] {
                for &parent in &self.parents[node] {
                    behind[parent as usize] = true;
                }
            }
        }
        behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ancestor_is_reached() {
        // 0 - 1 - 3 - 4, 0 - 2 - 3, and 5 apart.
        let mut graph = Graph::default();
        for parents in [vec![], vec![0], vec![0], vec![1, 2], vec![3], vec![]] {
            graph.add(parents);
        }
        for (from, to, expected) in
            [(4, 0, true), (4, 2, true), (3, 3, true), (1, 2, false), (2, 4, false), (5, 0, false)]
        {
            assert_eq!(graph.reaches(from, to), expected, "{from} to {to}");
        }
        assert_eq!(graph.behind([1]), [true, true, false, false, false, false]);
    }
}
