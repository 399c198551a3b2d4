// SPDX-License-Identifier: Apache-2.0
//! Which parents a public merge keeps, and what a dropped commit hands on.

use super::images::Images;
use crate::dag::Dag;
use crate::history::History;

/// What a parent of a private commit brings to its child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inherited {
    /// The parent's image, own or inherited.
    pub(super) image: u32,
    /// Whether the parent itself was dropped.
    pub(super) dropped: bool,
}

/// The image that a dropped commit hands on: that of its first published parent.
pub(super) fn inherited(images: &Images, history: &History, commit: u32) -> Option<u32> {
    history.dag.parents(commit).iter().find_map(|&parent| images.of(parent))
}

/// Reduces the parents that have an image, in their order, to those of the public
/// commit.
///
/// Duplicates join, and count as published if one of them was. Then a parent other
/// than the first goes if its own commit was dropped and the image it inherited is
/// an ancestor of another parent's: that relation is one that filtering made. All
/// are judged at once, so the order of judging does not matter.
pub(super) fn reduce(parents: Vec<Inherited>, images: &Dag) -> Vec<u32> {
    let mut distinct: Vec<Inherited> = Vec::with_capacity(parents.len());
    for parent in parents {
        match distinct.iter_mut().find(|one| one.image == parent.image) {
            Some(one) => one.dropped &= parent.dropped,
            None => distinct.push(parent),
        }
    }
    let goes = |at: usize| {
        at > 0
            && distinct[at].dropped
            && distinct.iter().enumerate().any(|(other, parent)| {
                other != at && images.is_ancestor(distinct[at].image, parent.image)
            })
    };
    (0..distinct.len()).filter(|&at| !goes(at)).map(|at| distinct[at].image).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Images 0 - 1 - 2 and 0 - 3.
    fn check(parents: &[(u32, bool)], expected: &[u32]) {
        let mut images = Dag::default();
        for parents in [&[][..], &[0], &[1], &[0]] {
            images.push(parents);
        }
        let parents =
            parents.iter().map(|&(image, dropped)| Inherited { image, dropped }).collect();
        assert_eq!(reduce(parents, &images), expected);
    }

    const OWN: bool = false;
    const DROPPED: bool = true;

    #[test]
    fn only_a_relation_that_filtering_made_is_cut() {
        check(&[(2, OWN), (3, OWN)], &[2, 3]);
        check(&[(2, OWN), (0, OWN)], &[2, 0]);
        check(&[(2, OWN), (0, DROPPED)], &[2]);
        check(&[(0, DROPPED), (2, OWN)], &[0, 2]);
        check(&[(2, OWN), (2, DROPPED)], &[2]);
        check(&[(2, OWN), (3, DROPPED)], &[2, 3]);
    }

    #[test]
    fn duplicates_count_as_published_if_one_was() {
        check(&[(2, OWN), (0, DROPPED), (0, OWN)], &[2, 0]);
        check(&[(2, OWN), (0, DROPPED), (0, DROPPED)], &[2]);
    }

    #[test]
    fn an_octopus_is_judged_at_once() {
        check(&[(3, OWN), (1, DROPPED), (2, DROPPED)], &[3, 2]);
        check(&[(0, DROPPED), (1, DROPPED), (2, OWN)], &[0, 2]);
    }
}
