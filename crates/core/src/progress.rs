// SPDX-License-Identifier: Apache-2.0
//! What a run is doing, told to whoever watches.
//!
//! The engine counts and asks; it draws nothing. A caller that wants to see its
//! steps, or to stop it, hands it a [`Progress`].

/// A stretch of a run that takes time, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The private history is read; counted in commits.
    Walk,
    /// Trees are filtered and commits replayed; counted in commits.
    Filter,
    /// The checks look at what is new; counted in commits.
    Check,
    /// The staging store is filled; counted in objects.
    Stage,
    /// The verifier makes commits again and reads objects; counted in both.
    Verify,
    /// The mirror takes what was staged; counted in refs.
    Push,
}

impl Phase {
    /// Every phase there is.
    pub const ALL: [Self; 6] =
        [Self::Walk, Self::Filter, Self::Check, Self::Stage, Self::Verify, Self::Push];
}

/// Someone who watches a run, and may stop it.
///
/// Called from whichever thread does the work, and often: an implementation
/// counts here, and draws elsewhere.
pub trait Progress: Sync {
    /// A phase begins; `total` is how much there is to do, if that is known.
    fn start(&self, phase: Phase, total: Option<u64>);

    /// So much more is done.
    fn advance(&self, phase: Phase, by: u64);

    /// A phase is over.
    fn finish(&self, phase: Phase);

    /// Whether the run should stop. Asked between steps, where stopping leaves
    /// nothing half done.
    fn interrupted(&self) -> bool;
}

/// Nobody watches, and nobody interrupts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _: Phase, _: Option<u64>) {}

    fn advance(&self, _: Phase, _: u64) {}

    fn finish(&self, _: Phase) {}

    fn interrupted(&self) -> bool {
        false
    }
}
