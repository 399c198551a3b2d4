// SPDX-License-Identifier: Apache-2.0
//! One mirror of one private repository, replayed: where every command begins.

use repo_sync_shared::PrivateCommit;

use crate::error::RunError;
use crate::git::{Objects, PrivateRepo};
use crate::history::History;
use crate::policy::{Ground, InForce, Policy, PolicySource, Settled, Withheld};
use crate::progress::Progress;
use crate::replay::{Replay, Terms};
use crate::survey::Survey;

/// What to open.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// Where the policy is read.
    pub policy: PolicySource,
    /// The mirror's name; `None` for the only one.
    pub mirror: Option<String>,
    /// Whether a stand-in manifest may stand in even where the history has its
    /// own: for commands that publish nothing.
    pub lenient: bool,
}

/// A private repository with its history replayed for one mirror.
pub struct Session<'r> {
    /// The private repository.
    pub repo: &'r PrivateRepo,
    /// What the policy tip says.
    pub policy: Policy,
    /// The history, and its images.
    pub replay: Replay<'r>,
    /// What was asked for.
    pub(crate) options: SessionOptions,
    /// Where the walk began beside the listed branches.
    pub(crate) more: Vec<PrivateCommit>,
}

impl<'r> Session<'r> {
    /// Reads the policy, walks the listed branches and `more`, and replays.
    ///
    /// # Errors
    /// The manifest is wrong, the history is shallow or grafted, or an object that
    /// is needed cannot be read.
    pub fn open(
        repo: &'r PrivateRepo,
        objects: &'r Objects<'r>,
        options: &SessionOptions,
        more: &[PrivateCommit],
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        let policy = Policy::load(repo, objects, &options.policy, options.mirror.as_deref())?;
        Self::under(policy, repo, objects, options, more, progress)
    }

    /// The same under a policy that was read before.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub fn under(
        policy: Policy,
        repo: &'r PrivateRepo,
        objects: &'r Objects<'r>,
        options: &SessionOptions,
        more: &[PrivateCommit],
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        if repo.is_grafted() {
            return Err(RunError::grafted());
        }
        let mut tips: Vec<PrivateCommit> =
            policy.branches.iter().map(|branch| branch.tip).collect();
        tips.extend(more);
        let history = History::walk(objects, &tips, &repo.shallow(), progress)?;
        let settled = Settled::find(&policy.mirror, &history);
        if let Some(commit) = settled.cut_off(&history).next() {
            return Err(RunError::shallow(history.id(commit)));
        }
        let withheld = Withheld::find(&policy.mirror, &history)?;
        let looked_at = |commit: &u32| settled.covers(*commit) && !withheld.contains(*commit);
        let commits = history.numbers().filter(looked_at);
        let shape = &policy.mirror.shape;
        let survey = Survey::make(objects, &history, commits, shape, progress)?;
        let ground = Ground {
            objects,
            history: &history,
            policy: &policy,
            settled: &settled,
            withheld: &withheld,
            survey: &survey,
        };
        let in_force = InForce::resolve(&ground, options.lenient, progress)?;
        let terms = Terms { in_force, settled, withheld };
        let replay = Replay::run(objects, history, terms, survey, progress)?;
        Ok(Self { repo, policy, replay, options: options.clone(), more: more.to_vec() })
    }
}
