// SPDX-License-Identifier: Apache-2.0
//! The manifest in force for each commit.
//!
//! A commit's own manifest shapes its image if it names the mirror. Else the
//! mirror's adoption manifest does, that of the one commit which brought the
//! mirror in; but only for a history that wholly leads up to it.

use std::sync::Arc;

use repo_sync_shared::Check;
use rustc_hash::FxHashMap;

use super::read::{ManifestEntry, manifest_entry};
use super::{MANIFEST, Policy, Settled, Withheld};
use crate::error::{RunError, UsageError};
use crate::git::Objects;
use crate::history::History;
use crate::ledger::Ledger;
use crate::manifest::{PastManifest, Shape};
use crate::object::Kind;
use crate::progress::Progress;
use crate::report::RawFinding;
use crate::survey::Survey;

/// What is known before any manifest is read.
pub(crate) struct Ground<'a, 'r> {
    pub(crate) objects: &'a Objects<'r>,
    pub(crate) history: &'a History,
    pub(crate) policy: &'a Policy,
    pub(crate) settled: &'a Settled,
    pub(crate) withheld: &'a Withheld,
    pub(crate) survey: &'a Survey,
    pub(crate) ledger: Option<&'a Ledger>,
}

impl Ground<'_, '_> {
    /// What stands at `sync.toml` in the root tree of a commit.
    fn manifest_entry(&self, commit: u32) -> Result<ManifestEntry, RunError> {
        let remembered = || self.ledger?.manifest(self.history.remembered(commit)?);
        if let Some(entry) = remembered() {
            return Ok(entry);
        }
        let root = self.history.tree(commit);
        match self.survey.manifest(root, self.history) {
            Some(entry) => Ok(entry),
            None => Ok(manifest_entry(self.objects.read(root.id(), Kind::Tree)?.data())),
        }
    }
}

/// Which shape each commit's image has.
pub struct InForce {
    shapes: Vec<Arc<Shape>>,
    of: Vec<Option<u32>>,
    /// What stands at `sync.toml` anywhere, and the shape that it gives.
    manifests: Vec<(ManifestEntry, Option<u32>)>,
    /// What stands there in the tree of each commit.
    own: Vec<Own>,
    /// Commits that must not be replayed, and why.
    pub findings: Vec<RawFinding>,
}

impl InForce {
    /// Resolves the manifest of every commit that can have an image.
    ///
    /// # Errors
    /// A tree or manifest cannot be read; several adoption commits disagree; a
    /// stand-in meets a committed manifest and `lenient` is not set.
    pub(crate) fn resolve(
        ground: &Ground<'_, '_>,
        lenient: bool,
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        let &Ground { history, policy, settled, withheld, .. } = ground;
        if let Some(file) = &policy.stand_in {
            let shape = policy.mirror.shape.clone();
            if !lenient {
                // None of them has one.
                refuse_committed(ground, &file.name, progress)?;
            }
            let shaped = |commit| settled.covers(commit) && !withheld.contains(commit);
            let own = |commit| match settled.covers(commit) && !lenient {
                true => Own::Is(0),
                false => Own::Unread,
            };
            let own = history.numbers().map(own).collect();
            let of = history.numbers().map(|commit| shaped(commit).then_some(0)).collect();
            return Ok(Self {
                shapes: vec![shape],
                of,
                // Whatever stands there, the stand-in shapes all.
                manifests: vec![(ManifestEntry::Absent, Some(0))],
                own,
                findings: Vec::new(),
            });
        }
        let mut scan = Scan::new(ground);
        let read = |commit: &u32| settled.covers(*commit) && !withheld.contains(*commit);
        scan.look(history.numbers().filter(read), progress)?;
        let own_for_all = history.numbers().filter(read).all(|commit| scan.names(commit).is_some());
        if settled.is_empty() || !own_for_all {
            // Some commit needs the adoption manifest, which may lie behind a seam.
            if let Some(&commit) = history.cut_off.first() {
                return Err(RunError::shallow(history.id(commit)));
            }
            let behind = |commit: &u32| !settled.covers(*commit) && !withheld.contains(*commit);
            scan.look(history.numbers().filter(behind), progress)?;
            let adoption = scan.adoption()?;
            return Ok(scan.assign(adoption));
        }
        Ok(scan.assign(None))
    }

    /// The shape of a commit's image, by number; `None`: the commit is dropped.
    pub fn shape(&self, commit: u32) -> Option<u32> {
        self.of[commit as usize]
    }

    /// All shapes, by number. Equal ones are the same number.
    pub fn shapes(&self) -> &[Arc<Shape>] {
        &self.shapes
    }

    /// What stands at `sync.toml` anywhere, and the shape that it gives if it names the
    /// mirror.
    pub(crate) fn manifests(&self) -> &[(ManifestEntry, Option<u32>)] {
        &self.manifests
    }

    /// What stands at `sync.toml` in a commit's tree, by its place in
    /// [`manifests`](Self::manifests); `None` if nobody looked.
    pub(crate) fn manifest(&self, commit: u32) -> Option<u32> {
        self.own[commit as usize].place()
    }
}

/// What is known of the manifest of a commit.
#[derive(Clone, Copy, Debug)]
enum Own {
    /// Nobody looked.
    Unread,
    /// It is this one, by its place.
    Is(u32),
}

impl Own {
    fn place(self) -> Option<u32> {
        match self {
            Self::Unread => None,
            Self::Is(place) => Some(place),
        }
    }
}

fn progress_check(commit: u32, progress: &dyn Progress) -> Result<(), RunError> {
    if commit.is_multiple_of(1_024) && progress.interrupted() {
        return Err(RunError::Interrupted);
    }
    Ok(())
}

/// A stand-in is for histories without a manifest.
fn refuse_committed(
    ground: &Ground<'_, '_>,
    file: &str,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    let &Ground { history, settled, .. } = ground;
    for commit in history.numbers().filter(|&commit| settled.covers(commit)) {
        progress_check(commit, progress)?;
        if ground.manifest_entry(commit)? != ManifestEntry::Absent {
            let commit = history.id(commit);
            return Err(UsageError::StandIn { file: file.to_owned(), commit }.into());
        }
    }
    Ok(())
}

/// What one distinct manifest says.
enum Read {
    Absent,
    Names(u32),
    NamesNot,
    Invalid { hint: String },
}

/// The adoption commits, and the one shape they give.
struct Adoption {
    shape: u32,
    /// Whether a commit is an adoption commit or an ancestor of one.
    before: Vec<bool>,
}

struct Scan<'a, 'r> {
    ground: &'a Ground<'a, 'r>,
    read: Vec<Read>,
    /// What stands at `sync.toml`, in the same order, and each one's place.
    manifests: Vec<ManifestEntry>,
    known: FxHashMap<ManifestEntry, u32>,
    shapes: Vec<Arc<Shape>>,
    shape_numbers: FxHashMap<Arc<Shape>, u32>,
    /// For each commit, the place of its manifest.
    own: Vec<Own>,
}

impl<'a, 'r> Scan<'a, 'r> {
    fn new(ground: &'a Ground<'a, 'r>) -> Self {
        Self {
            ground,
            read: Vec::new(),
            manifests: Vec::new(),
            known: FxHashMap::default(),
            shapes: Vec::new(),
            shape_numbers: FxHashMap::default(),
            own: vec![Own::Unread; ground.history.len()],
        }
    }

    /// Looks at the manifests of these commits.
    fn look(
        &mut self,
        commits: impl Iterator<Item = u32>,
        progress: &dyn Progress,
    ) -> Result<(), RunError> {
        for commit in commits {
            progress_check(commit, progress)?;
            let history = self.ground.history;
            let manifest = self.manifest(commit);
            let placed = |err: RunError| err.placed(history.id(commit), None);
            self.own[commit as usize] = Own::Is(manifest.map_err(placed)?);
        }
        Ok(())
    }

    fn manifest(&mut self, commit: u32) -> Result<u32, RunError> {
        let entry = self.ground.manifest_entry(commit)?;
        if let Some(&known) = self.known.get(&entry) {
            return Ok(known);
        }
        let number =
            u32::try_from(self.read.len()).expect("there are no more manifests than commits");
        let read = self.understand(entry)?;
        self.read.push(read);
        self.manifests.push(entry);
        self.known.insert(entry, number);
        Ok(number)
    }

    fn understand(&mut self, entry: ManifestEntry) -> Result<Read, RunError> {
        let blob = match entry {
            ManifestEntry::Absent => return Ok(Read::Absent),
            ManifestEntry::File(blob) => blob,
            ManifestEntry::NotAFile => {
                let hint = "`sync.toml` is not a plain file there".to_owned();
                return Ok(Read::Invalid { hint });
            }
        };
        let object = self.ground.objects.read(blob.id(), Kind::Blob)?;
        let manifest = match PastManifest::parse(object.data(), MANIFEST) {
            Ok(manifest) => manifest,
            Err(err) => return Ok(Read::Invalid { hint: err.to_string() }),
        };
        let mirror = &self.ground.policy.mirror;
        let Some(shape) = manifest.shape(&mirror.name, &mirror.was) else {
            return Ok(Read::NamesNot);
        };
        let next = u32::try_from(self.shapes.len()).expect("there are no more shapes than commits");
        let number = *self.shape_numbers.entry(shape.clone()).or_insert(next);
        if number == next {
            self.shapes.push(shape.clone());
        }
        Ok(Read::Names(number))
    }

    /// What the manifest of a commit says, if anybody looked.
    fn own(&self, commit: u32) -> Option<&Read> {
        Some(&self.read[self.own[commit as usize].place()? as usize])
    }

    fn names(&self, commit: u32) -> Option<u32> {
        match self.own(commit)? {
            Read::Names(shape) => Some(*shape),
            Read::Absent | Read::NamesNot | Read::Invalid { .. } => None,
        }
    }

    /// The commits that name the mirror while no ancestor does, and what they
    /// agree on.
    fn adoption(&self) -> Result<Option<Adoption>, RunError> {
        let history = self.ground.history;
        let mut named_before = vec![false; history.len()];
        let mut adopting = Vec::new();
        for commit in history.numbers() {
            let names = self.names(commit).is_some();
            let before = history.dag.parents(commit).iter().any(|&p| named_before[p as usize]);
            if names && !before {
                adopting.push(commit);
            }
            named_before[commit as usize] = names || before;
        }
        let chosen = match self.ground.policy.mirror.adopt {
            Some(id) => {
                let known = history.number(id).filter(|commit| adopting.contains(commit));
                Some(known.ok_or_else(|| UsageError::NotAnAdoption {
                    commit: id,
                    known: adopting.iter().map(|&commit| history.id(commit)).collect(),
                })?)
            }
            None => adopting.first().copied(),
        };
        let Some(chosen) = chosen else { return Ok(None) };
        let manifest = |commit: u32| self.own[commit as usize].place();
        let same = |&commit: &u32| manifest(commit) == manifest(chosen);
        if self.ground.policy.mirror.adopt.is_none() && !adopting.iter().all(same) {
            let commits = adopting.iter().map(|&commit| history.id(commit)).collect();
            return Err(UsageError::SeveralAdoptions(commits).into());
        }
        let before = history.dag.ancestors(adopting.iter().copied().filter(same));
        let shape = self.names(chosen).expect("an adoption commit names the mirror");
        Ok(Some(Adoption { shape, before }))
    }

    /// The shape of each commit, by its own manifest or by the adoption.
    fn assign(self, adoption: Option<Adoption>) -> InForce {
        let &Ground { history, settled, withheld, .. } = self.ground;
        let mut of = Vec::with_capacity(history.len());
        let mut findings = Vec::new();
        let mut had_manifest = vec![false; history.len()];
        let mut leads_up = vec![false; history.len()];
        for commit in history.numbers() {
            let at = commit as usize;
            let parents = history.dag.parents(commit);
            let ancestor_has = parents.iter().any(|&p| had_manifest[p as usize]);
            let own = self.own(commit).unwrap_or(&Read::Absent);
            had_manifest[at] = ancestor_has || !matches!(own, Read::Absent);
            leads_up[at] = match (&adoption, parents) {
                (None, _) => false,
                (Some(adoption), []) => adoption.before[at],
                (Some(_), parents) => parents.iter().all(|&p| leads_up[p as usize]),
            };
            let adopted = adoption.as_ref().filter(|_| leads_up[at]).map(|adoption| adoption.shape);
            if !settled.covers(commit) || withheld.contains(commit) {
                of.push(None);
                continue;
            }
            of.push(match own {
                Read::Names(shape) => Some(*shape),
                Read::NamesNot => adopted,
                Read::Invalid { hint } => {
                    findings.push(RawFinding::at(
                        Check::ManifestInvalid,
                        commit,
                        withhold_hint(hint),
                    ));
                    None
                }
                Read::Absent if ancestor_has => {
                    let hint = withhold_hint("an ancestor has a `sync.toml`, this commit has none");
                    findings.push(RawFinding::at(Check::ManifestMissing, commit, hint));
                    None
                }
                Read::Absent => adopted,
            });
        }
        let gives = self.read.iter().map(|read| match read {
            Read::Names(shape) => Some(*shape),
            Read::Absent | Read::NamesNot | Read::Invalid { .. } => None,
        });
        let manifests = self.manifests.iter().copied().zip(gives).collect();
        InForce { shapes: self.shapes, of, manifests, own: self.own, findings }
    }
}

fn withhold_hint(what: &str) -> String {
    format!("{what}; to go on without this commit, add a `[[withhold]]` with its id to `sync.toml`")
}
