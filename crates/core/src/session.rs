// SPDX-License-Identifier: Apache-2.0
//! One mirror of one private repository, replayed: where every command begins.

use std::rc::Rc;
use std::sync::Arc;

use repo_sync_shared::PrivateCommit;

use crate::atlas::Atlas;
use crate::checks::Tips;
use crate::error::RunError;
use crate::filter::PrivateIds;
use crate::git::{Objects, PrivateRepo};
use crate::history::History;
use crate::ledger::Ledger;
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
    /// Whether everything is read and replayed, whatever is remembered of the runs
    /// before: for audits, and for answers about commits that are public.
    pub from_scratch: bool,
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
    /// What was taken over from the runs before.
    pub(crate) ledger: Option<Ledger>,
    /// What is remembered of directories, where a ledger was taken over.
    pub(crate) atlas: Option<Arc<Atlas>>,
    /// What is private now, once a check has asked, if directories are remembered.
    pub(crate) tips: Option<Rc<Tips<'r>>>,
    /// What stood at private paths, once a check has looked at all of it.
    pub(crate) private: Option<Arc<PrivateIds>>,
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
        // A clone that was cut off may be another one by now.
        let remembers = !options.from_scratch && repo.shallow().is_empty();
        let ledger = remembers.then(|| Ledger::load(repo, &policy)).flatten();
        let atlas = ledger.as_ref().map(|_| Arc::new(Atlas::new(repo, &policy)));
        let opening = Opening { repo, objects, options, more };
        let replay = match ledger.as_ref().zip(atlas.as_ref()) {
            Some(known) => opening.replay(&policy, Some(known), progress)?,
            None => None,
        };
        let ledger = ledger.filter(|_| replay.is_some());
        let atlas = atlas.filter(|_| replay.is_some());
        let replay = match replay {
            Some(replay) => replay,
            None => opening
                .replay(&policy, None, progress)?
                .expect("only what is remembered can be of another history"),
        };
        Ok(Self {
            repo,
            policy,
            replay,
            options: options.clone(),
            more: more.to_vec(),
            ledger,
            atlas,
            tips: None,
            private: None,
        })
    }

    /// Replays everything again, if one of these images was remembered instead: what is to
    /// be judged must have been looked at. Returns whether it was.
    pub(crate) fn look_at(
        &mut self,
        images: &[u32],
        progress: &dyn Progress,
    ) -> Result<bool, RunError> {
        if !images.iter().any(|&image| self.replay.is_remembered(image)) {
            return Ok(false);
        }
        self.options.from_scratch = true;
        *self = self.reopened(&[], progress)?;
        Ok(true)
    }

    /// The same session with more of the private history. The refs are those that were
    /// seen first.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub(crate) fn reopened(
        &self,
        more: &[PrivateCommit],
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        let (policy, objects) = (self.policy.clone(), self.replay.objects());
        let more = [&self.more, more].concat();
        Self::under(policy, self.repo, objects, &self.options, &more, progress)
    }
}

/// What a session is opened with.
struct Opening<'a, 'r> {
    repo: &'r PrivateRepo,
    objects: &'r Objects<'r>,
    options: &'a SessionOptions,
    more: &'a [PrivateCommit],
}

impl<'r> Opening<'_, 'r> {
    /// Walks the listed branches and replays them; `None` if the ledger does not agree
    /// with what is in force now.
    fn replay(
        &self,
        policy: &Policy,
        known: Option<(&Ledger, &Arc<Atlas>)>,
        progress: &dyn Progress,
    ) -> Result<Option<Replay<'r>>, RunError> {
        let (ledger, atlas) = known.unzip();
        let &Self { repo, objects, options, more } = self;
        let mut tips: Vec<PrivateCommit> =
            policy.branches.iter().map(|branch| branch.tip).collect();
        tips.extend(more);
        let history = History::walk_on(ledger, objects, &tips, &repo.shallow(), progress)?;
        let settled = Settled::find(&policy.mirror, &history);
        if let Some(commit) = settled.cut_off(&history).next() {
            return Err(RunError::shallow(history.id(commit)));
        }
        let withheld = Withheld::find(&policy.mirror, &history)?;
        let looked_at = |commit: &u32| {
            settled.covers(*commit)
                && !withheld.contains(*commit)
                && history.remembered(*commit).is_none()
        };
        let commits = history.numbers().filter(looked_at);
        let shape = &policy.mirror.shape;
        let survey = Survey::make(objects, &history, commits, shape, atlas, progress)?;
        let ground = Ground {
            objects,
            history: &history,
            policy,
            settled: &settled,
            withheld: &withheld,
            survey: &survey,
            ledger,
        };
        let in_force = InForce::resolve(&ground, options.lenient, progress)?;
        if ledger.is_some_and(|ledger| !ledger.agrees(&history, &in_force)) {
            return Ok(None);
        }
        let terms = Terms { in_force, settled, withheld };
        Replay::run(objects, history, terms, survey, ledger, progress).map(Some)
    }
}
