// SPDX-License-Identifier: Apache-2.0
//! Moves as two tries: private paths that are taken away, public paths that
//! something is brought to.

use std::collections::BTreeMap;

use crate::manifest::Move;
use crate::paths::components;

/// A node of [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SourceNode(u32);

/// The `from` paths.
#[derive(Clone)]
pub(super) struct Sources {
    nodes: Vec<(BTreeMap<Vec<u8>, SourceNode>, bool)>,
}

impl Sources {
    pub(super) const ROOT: SourceNode = SourceNode(0);

    pub(super) fn new(moves: &[Move]) -> Self {
        let mut this = Self { nodes: vec![(BTreeMap::new(), false)] };
        for one in moves {
            let mut at = Self::ROOT;
            for name in components(one.from.as_bytes()) {
                at = match this.child(at, name) {
                    Some(child) => child,
                    None => this.add(at, name),
                };
            }
            this.nodes[at.0 as usize].1 = true;
        }
        this
    }

    fn add(&mut self, parent: SourceNode, name: &[u8]) -> SourceNode {
        let child = SourceNode(u32::try_from(self.nodes.len()).expect("a manifest has few moves"));
        self.nodes.push((BTreeMap::new(), false));
        self.nodes[parent.0 as usize].0.insert(name.to_vec(), child);
        child
    }

    pub(super) fn child(&self, node: SourceNode, name: &[u8]) -> Option<SourceNode> {
        self.nodes[node.0 as usize].0.get(name).copied()
    }

    /// Whether a longer `from` lies below.
    pub(super) fn has_children(&self, node: SourceNode) -> bool {
        !self.nodes[node.0 as usize].0.is_empty()
    }

    /// Whether this path is a `from`.
    pub(super) fn is_moved(&self, node: SourceNode) -> bool {
        self.nodes[node.0 as usize].1
    }
}

/// A node of [`Targets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TargetNode(usize);

#[derive(Default)]
struct Target {
    children: BTreeMap<Vec<u8>, TargetNode>,
    /// The moves that end here, by their place in the manifest.
    moves: Vec<usize>,
}

/// The `to` paths.
pub(super) struct Targets {
    nodes: Vec<Target>,
    from: Vec<Vec<u8>>,
}

impl Targets {
    pub(super) const ROOT: TargetNode = TargetNode(0);

    pub(super) fn new(moves: &[Move]) -> Self {
        let from = moves.iter().map(|one| one.from.clone().into_bytes()).collect();
        let mut this = Self { nodes: vec![Target::default()], from };
        for (number, one) in moves.iter().enumerate() {
            let mut at = Self::ROOT;
            for name in components(one.to.as_bytes()) {
                at = match this.nodes[at.0].children.get(name) {
                    Some(&child) => child,
                    None => {
                        let child = TargetNode(this.nodes.len());
                        this.nodes.push(Target::default());
                        this.nodes[at.0].children.insert(name.to_vec(), child);
                        child
                    }
                };
            }
            this.nodes[at.0].moves.push(number);
        }
        this
    }

    pub(super) fn is_empty(&self) -> bool {
        self.from.is_empty()
    }

    /// The `from` paths, in the manifest's order.
    pub(super) fn from(&self) -> &[Vec<u8>] {
        &self.from
    }

    pub(super) fn children(&self, node: TargetNode) -> impl Iterator<Item = (&[u8], TargetNode)> {
        self.nodes[node.0].children.iter().map(|(name, &child)| (name.as_slice(), child))
    }

    pub(super) fn has_children(&self, node: TargetNode) -> bool {
        !self.nodes[node.0].children.is_empty()
    }

    pub(super) fn moves(&self, node: TargetNode) -> &[usize] {
        &self.nodes[node.0].moves
    }
}
