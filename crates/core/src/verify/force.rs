// SPDX-License-Identifier: Apache-2.0
//! Which rules are in force for a commit: those of its own manifest if that names
//! the mirror, else those of the adoption manifest if all its roots lead up to it.

use std::rc::Rc;

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashMap;

use super::history::History;
use super::manifest::{Rules, Settings};
use super::object::entries;
use super::stop::Stop;
use crate::object::Kind;

/// Rules, by number.
pub(super) type RulesId = usize;

/// The rules in force, found out as they are asked for.
pub(super) struct Force {
    pub(super) rules: Vec<Rc<Rules>>,
    known: FxHashMap<String, RulesId>,
    texts: FxHashMap<ObjectId, Own>,
    own: FxHashMap<u32, Own>,
    names: Vec<String>,
    /// The rules of a text that stands in for all manifests.
    stand_in: Option<RulesId>,
    whole: Option<Whole>,
}

/// What a commit's own tree says.
#[derive(Clone, Debug)]
enum Own {
    Absent,
    Names(RulesId, ObjectId),
    NamesNot,
    Unsound(String),
}

/// What only the history as a whole tells.
struct Whole {
    adopted: Option<RulesId>,
    /// Whether all roots of a commit are adoption commits or ancestors of one.
    leads_up: Vec<bool>,
    /// Whether an ancestor of a commit has a manifest.
    after_manifest: Vec<bool>,
}

impl Force {
    /// For the mirror of these names. `stand_in` is the text that stands in for all
    /// manifests.
    pub(super) fn new(names: Vec<String>, stand_in: Option<&[u8]>) -> Result<Self, Stop> {
        let mut this = Self {
            rules: Vec::new(),
            known: FxHashMap::default(),
            texts: FxHashMap::default(),
            own: FxHashMap::default(),
            names,
            stand_in: None,
            whole: None,
        };
        if let Some(text) = stand_in {
            match this.read(text, ObjectId::NULL) {
                Own::Names(rules, _) => this.stand_in = Some(rules),
                Own::Absent | Own::NamesNot | Own::Unsound(_) => {
                    return Err(Stop::unsound("the stand-in manifest cannot be read"));
                }
            }
        }
        Ok(this)
    }

    /// The rules in force for a commit that is not set aside; `None` if there are
    /// none, so that it is dropped.
    pub(super) fn of(
        &mut self,
        history: &History<'_>,
        settings: &Settings,
        withheld: &[bool],
        commit: u32,
    ) -> Result<Option<RulesId>, Stop> {
        if self.stand_in.is_some() {
            return Ok(self.stand_in);
        }
        let own = self.own(history, commit)?;
        match own {
            Own::Names(rules, _) => return Ok(Some(rules)),
            Own::Unsound(fault) => return Err(Stop::unsound(format!("its `sync.toml`: {fault}"))),
            Own::Absent | Own::NamesNot => {}
        }
        if history.is_narrow() {
            return Err(Stop::Narrow);
        }
        if self.whole.is_none() {
            self.whole = Some(self.look_at_all(history, settings, withheld)?);
        }
        let whole = self.whole.as_ref().expect("it was just made");
        if matches!(own, Own::Absent) && whole.after_manifest[commit as usize] {
            return Err(Stop::unsound("it has no `sync.toml`, but an ancestor has"));
        }
        Ok(whole.adopted.filter(|_| whole.leads_up[commit as usize]))
    }

    fn look_at_all(
        &mut self,
        history: &History<'_>,
        settings: &Settings,
        withheld: &[bool],
    ) -> Result<Whole, Stop> {
        let count = history.graph.len();
        let (mut after_manifest, mut after_name) = (vec![false; count], vec![false; count]);
        let mut adopting: Vec<(u32, RulesId, ObjectId)> = Vec::new();
        for commit in history.numbers() {
            let at = commit as usize;
            for &parent in history.parents(commit) {
                let parent_has = match self.own.get(&parent) {
                    Some(Own::Absent) | None => (false, false),
                    Some(Own::Names(..)) => (true, true),
                    Some(Own::NamesNot | Own::Unsound(_)) => (true, false),
                };
                after_manifest[at] |= after_manifest[parent as usize] || parent_has.0;
                after_name[at] |= after_name[parent as usize] || parent_has.1;
            }
            // A withheld commit is not read for policy.
            if withheld[at] {
                continue;
            }
            if let Own::Names(rules, text) = self.own(history, commit)?
                && !after_name[at]
            {
                adopting.push((commit, rules, text));
            }
        }
        let chosen = match settings.adopt {
            Some(id) => {
                let named = adopting.iter().find(|(commit, ..)| history.id(*commit) == id);
                Some(named.ok_or_else(|| Stop::unsound(format!("{id} adopts nothing")))?)
            }
            None => adopting.first(),
        };
        let Some(&(_, rules, text)) = chosen else {
            return Ok(Whole { adopted: None, leads_up: vec![false; count], after_manifest });
        };
        let (same, others): (Vec<_>, Vec<_>) =
            adopting.iter().copied().partition(|(.., other)| *other == text);
        if settings.adopt.is_none() && !others.is_empty() {
            return Err(Stop::unsound("commits with different manifests adopt the mirror"));
        }
        let mut leads_up = history.graph.behind(same.iter().map(|(commit, ..)| *commit));
        for commit in history.numbers() {
            let parents = history.parents(commit);
            if !parents.is_empty() {
                leads_up[commit as usize] = parents.iter().all(|&parent| leads_up[parent as usize]);
            }
        }
        Ok(Whole { adopted: Some(rules), leads_up, after_manifest })
    }

    fn own(&mut self, history: &History<'_>, commit: u32) -> Result<Own, Stop> {
        if let Some(own) = self.own.get(&commit) {
            return Ok(own.clone());
        }
        let own = self.look(history, history.tree(commit))?;
        self.own.insert(commit, own.clone());
        Ok(own)
    }

    fn look(&mut self, history: &History<'_>, tree: ObjectId) -> Result<Own, Stop> {
        let root = history.objects.read(tree, Kind::Tree)?;
        // Reading every entry of every root is slow, and few have one.
        if memchr::memmem::find(root.data(), b" sync.toml\0").is_none() {
            return Ok(Own::Absent);
        }
        let unsound = |fault| Stop::Unsound(format!("tree {tree}: {fault}"));
        let entries = entries(root.data()).map_err(unsound)?;
        let Some(entry) = entries.iter().find(|entry| entry.name == b"sync.toml") else {
            return Ok(Own::Absent);
        };
        if !entry.mode.starts_with(b"10") {
            return Ok(Own::Unsound("it is not a plain file".to_owned()));
        }
        if let Some(own) = self.texts.get(&entry.id) {
            return Ok(own.clone());
        }
        let own = self.read(history.objects.read(entry.id, Kind::Blob)?.data(), entry.id);
        self.texts.insert(entry.id, own.clone());
        Ok(own)
    }

    fn read(&mut self, text: &[u8], blob: ObjectId) -> Own {
        match Rules::read(text, &self.names) {
            Err(fault) => Own::Unsound(fault),
            Ok(None) => Own::NamesNot,
            Ok(Some(rules)) => {
                let next = self.rules.len();
                let number = *self.known.entry(rules.key.clone()).or_insert(next);
                if number == next {
                    self.rules.push(Rc::new(rules));
                }
                Own::Names(number, blob)
            }
        }
    }
}
