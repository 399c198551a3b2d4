// SPDX-License-Identifier: Apache-2.0
//! A commit graph by small numbers, and who is whose ancestor in it.
//!
//! Nodes are numbered in the order in which they come, parents before children,
//! so an ancestor always has the smaller number.

use std::sync::Mutex;

/// A directed acyclic graph that grows at its tips.
#[derive(Debug, Default)]
pub struct Dag {
    parents: Vec<u32>,
    /// Where the parents of each node end in `parents`.
    ends: Vec<u32>,
    /// The length of the longest way down to a root.
    generation: Vec<u32>,
    /// The first-parent line that the node lies on.
    line: Vec<u32>,
    /// The newest node of each line.
    line_tip: Vec<u32>,
    marks: Mutex<Marks>,
}

/// Which nodes a search has seen, without clearing them for the next one.
#[derive(Debug, Default)]
struct Marks {
    seen: Vec<u32>,
    search: u32,
}

impl Dag {
    /// A graph without nodes, and room for so many.
    pub(crate) fn with_capacity(nodes: usize) -> Self {
        let room = || Vec::with_capacity(nodes);
        // In few histories more than every second commit is a merge.
        let parents = Vec::with_capacity(nodes + nodes / 2);
        Self { parents, ends: room(), generation: room(), line: room(), ..Self::default() }
    }

    /// Adds a node with these parents and returns its number.
    pub fn push(&mut self, parents: &[u32]) -> u32 {
        let node = u32::try_from(self.ends.len()).expect("a history has fewer than 2^32 commits");
        let generation =
            parents.iter().map(|&p| self.generation[p as usize] + 1).max().unwrap_or(0);
        let line = match parents.first().map(|&first| self.line[first as usize]) {
            Some(line) if self.line_tip[line as usize] == parents[0] => {
                self.line_tip[line as usize] = node;
                line
            }
            _ => {
                self.line_tip.push(node);
                u32::try_from(self.line_tip.len() - 1).expect("there are no more lines than nodes")
            }
        };
        self.parents.extend_from_slice(parents);
        self.ends.push(u32::try_from(self.parents.len()).expect("far fewer than 2^32 edges"));
        self.generation.push(generation);
        self.line.push(line);
        node
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The parents of a node, in order.
    pub fn parents(&self, node: u32) -> &[u32] {
        let start = node.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        &self.parents[start as usize..self.ends[node as usize] as usize]
    }

    /// Whether `ancestor` is `node` or can be reached from it.
    pub fn is_ancestor(&self, ancestor: u32, node: u32) -> bool {
        // While another thread searches, this one has marks of its own.
        let (mut shared, mut own) = (self.marks.try_lock(), Marks::default());
        let Marks { seen, search } = shared.as_deref_mut().unwrap_or(&mut own);
        seen.resize(self.len(), 0);
        *search += 1;
        let lowest = self.generation[ancestor as usize];
        let line = self.line[ancestor as usize];
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if node < ancestor {
                continue;
            }
            if self.line[node as usize] == line {
                return true;
            }
            for &parent in self.parents(node) {
                let seen = &mut seen[parent as usize];
                if *seen != *search && self.generation[parent as usize] >= lowest {
                    *seen = *search;
                    open.push(parent);
                }
            }
        }
        false
    }

    /// The nodes themselves and all that can be reached from them.
    pub fn ancestors(&self, of: impl IntoIterator<Item = u32>) -> Vec<bool> {
        let mut found = vec![false; self.len()];
        for node in of {
            found[node as usize] = true;
        }
        for node in (0..self.len()).rev().filter_map(|node| u32::try_from(node).ok()) {
            if found[node as usize] {
                for &parent in self.parents(node) {
                    found[parent as usize] = true;
                }
            }
        }
        found
    }

    /// The newest node that both reach.
    pub fn merge_base(&self, a: u32, b: u32) -> Option<u32> {
        let (of_a, of_b) = (self.ancestors([a]), self.ancestors([b]));
        let newest = of_a.iter().zip(&of_b).rposition(|(&a, &b)| a && b)?;
        u32::try_from(newest).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ancestors_are_found_across_lines() {
        let dag = forked();
        check(&dag, 0, 5, true);
        check(&dag, 2, 5, true);
        check(&dag, 3, 5, true);
        check(&dag, 5, 5, true);
        check(&dag, 3, 4, false);
        check(&dag, 4, 2, false);
        check(&dag, 6, 5, false);
        assert_eq!(dag.merge_base(4, 3), Some(1));
        assert_eq!(dag.merge_base(5, 6), None);
    }

    /// The quick answer equals the slow one, whatever the graph.
    #[test]
    fn the_search_agrees_with_the_closure() {
        for seed in 0..200 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut dag = Dag::default();
            for node in 0..40_u32 {
                let mut parents: Vec<u32> = (0..random.usize(0..4))
                    .filter_map(|_| random.u32(..=node).checked_sub(1))
                    .collect();
                parents.dedup();
                dag.push(&parents);
            }
            for node in 0..40 {
                let closure = dag.ancestors([node]);
                for other in 0..40 {
                    assert_eq!(
                        dag.is_ancestor(other, node),
                        closure[other as usize],
                        "seed {seed}"
                    );
                }
            }
        }
    }

    /// 0 - 1 - 2 - 4 - 5 with 3 from 1 to 5, and 6 alone.
    fn forked() -> Dag {
        let mut dag = Dag::default();
        for parents in [&[][..], &[0], &[1], &[1], &[2], &[4, 3], &[]] {
            dag.push(parents);
        }
        dag
    }

    #[track_caller]
    fn check(dag: &Dag, ancestor: u32, node: u32, expected: bool) {
        assert_eq!(dag.is_ancestor(ancestor, node), expected, "{ancestor} of {node}");
    }
}
