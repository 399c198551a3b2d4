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
    /// Trees are read and filtered; counted in root trees.
    Filter,
    /// Commits get their images; counted in commits.
    Replay,
    /// The checks look at what is new; counted in commits.
    Check,
    /// The staging store is filled; counted in objects.
    Stage,
    /// The verifier makes commits again and reads objects; counted in both.
    Verify,
    /// Commands are run in the public tree; counted in commands.
    Standalone,
    /// The mirror takes what was staged; counted in refs.
    Push,
}

impl Phase {
    /// Every phase there is.
    pub const ALL: [Self; 8] = [
        Self::Walk,
        Self::Filter,
        Self::Replay,
        Self::Check,
        Self::Stage,
        Self::Verify,
        Self::Standalone,
        Self::Push,
    ];
}

/// A point of a `sync` at which a run may die: before and after each thing that it
/// writes or asks of another program. Whatever is lost there, the next run finishes
/// the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is named after what was just done, or is to be done next")]
pub enum Milestone {
    RefsRead,
    Planned,
    Locked,
    Checked,
    StoreToBeRemoved,
    StoreRemoved,
    StoreMade,
    BoundaryFound,
    SeamFetched,
    PackBegun,
    ObjectsSent,
    PackToBeFinished,
    PackFinished,
    Listed,
    CopyBegun,
    Copied,
    HistoryToBeCutOff,
    HistoryCutOff,
    Filled,
    Claimed,
    Verified,
    MirrorToBeMade,
    MirrorMade,
    ToBePushed,
    Pushed,
    ReadBack,
    HintsToBeWritten,
    HintsWritten,
}

impl Milestone {
    /// Every point there is, in the order of a run.
    pub const ALL: [Self; 28] = [
        Self::RefsRead,
        Self::Planned,
        Self::Locked,
        Self::Checked,
        Self::StoreToBeRemoved,
        Self::StoreRemoved,
        Self::StoreMade,
        Self::BoundaryFound,
        Self::SeamFetched,
        Self::PackBegun,
        Self::ObjectsSent,
        Self::PackToBeFinished,
        Self::PackFinished,
        Self::Listed,
        Self::CopyBegun,
        Self::Copied,
        Self::HistoryToBeCutOff,
        Self::HistoryCutOff,
        Self::Filled,
        Self::Claimed,
        Self::Verified,
        Self::MirrorToBeMade,
        Self::MirrorMade,
        Self::ToBePushed,
        Self::Pushed,
        Self::ReadBack,
        Self::HintsToBeWritten,
        Self::HintsWritten,
    ];
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

    /// The run got as far as this.
    fn reached(&self, _milestone: Milestone) {}

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
