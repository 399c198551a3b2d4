// SPDX-License-Identifier: Apache-2.0
//! Which manifest applies to a commit.

use std::collections::{BTreeSet, HashMap};

use repo_sync_shared::ObjectId;

use super::manifest::{Policy, Settings};
use super::store::Store;

/// Where the policy of a commit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Its own tree.
    Own,
    /// The commit that took the mirror up.
    Adoption,
}

/// The policy of each commit of the listed branches.
#[derive(Debug)]
pub(crate) struct Policies {
    by_commit: HashMap<ObjectId, (Policy, Source)>,
}

impl Policies {
    pub(crate) fn read(
        store: &Store,
        settings: &Settings,
        order: &[ObjectId],
        ancestors: &HashMap<ObjectId, BTreeSet<ObjectId>>,
        withheld: &BTreeSet<ObjectId>,
    ) -> Self {
        // A withheld commit is not read for policy.
        let own: HashMap<ObjectId, Policy> = order
            .iter()
            .filter(|commit| !withheld.contains(*commit))
            .filter_map(|&commit| {
                let policy = Policy::read(&manifest(store, commit)?, &settings.names)?;
                Some((commit, policy))
            })
            .collect();
        let adoptions: Vec<ObjectId> = order
            .iter()
            .copied()
            .filter(|commit| own.contains_key(commit))
            .filter(|commit| !ancestors[commit].iter().any(|before| own.contains_key(before)))
            .collect();
        let named = match settings.adopt {
            Some(id) => id,
            None => {
                let texts: BTreeSet<_> =
                    adoptions.iter().map(|&commit| manifest(store, commit)).collect();
                assert_eq!(texts.len(), 1, "several adoption commits that differ");
                adoptions[0]
            }
        };
        let governs = |commit: ObjectId| {
            let line = ancestors[&commit].iter().copied().chain([commit]);
            let mut roots = line.filter(|&id| store.commit(id).parents.is_empty());
            roots.all(|root| {
                adoptions
                    .iter()
                    .any(|&adoption| adoption == root || ancestors[&adoption].contains(&root))
            })
        };
        let by_commit = order
            .iter()
            .filter_map(|&commit| match own.get(&commit) {
                Some(policy) => Some((commit, (policy.clone(), Source::Own))),
                None if governs(commit) => Some((commit, (own[&named].clone(), Source::Adoption))),
                None => None,
            })
            .collect();
        Self { by_commit }
    }

    /// The policy that applies to a commit; `None` if nothing says what of it is
    /// public.
    pub(crate) fn of(&self, commit: ObjectId) -> Option<&(Policy, Source)> {
        self.by_commit.get(&commit)
    }
}

/// The bytes of a commit's own manifest.
pub(crate) fn manifest(store: &Store, commit: ObjectId) -> Option<Vec<u8>> {
    let (_, mode, blob) = store.root_entry(store.commit(commit).tree, b"sync.toml")?;
    assert!(mode.starts_with("100"), "the manifest of {commit} is not a plain file");
    Some(store.bytes(blob).to_vec())
}
