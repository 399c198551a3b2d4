// SPDX-License-Identifier: Apache-2.0
//! What becomes of one private commit, found out anew from the commit, the images
//! of its parents and the manifests: and whether the engine claims the same.

use std::rc::Rc;

use repo_sync_shared::{Check, Finding, ObjectId, PrivateCommit, escape_bytes};
use rustc_hash::{FxHashMap, FxHashSet};

use super::claims::{Claims, PolicyAt};
use super::filter::{Filter, Shown};
use super::force::Force;
use super::history::History;
use super::images::{Beyond, Images};
use super::manifest::{Rules, Seam, Settings};
use super::object::{Headed, Is, entries, write_commit};
use super::original::{Believed, Written};
use super::people::{Mailmap, People, Public};
use super::stop::Stop;
use super::text::{Quoted, quoted_ids, with_ids};
use super::trailers::publishes_empty;
use crate::git::Objects;
use crate::object::{Kind, hash};
use crate::progress::Progress;

/// Everything that is needed to judge a commit.
pub(super) struct Judge<'r> {
    pub(super) history: History<'r>,
    pub(super) images: Images,
    pub(super) settings: Settings,
    pub(super) findings: Vec<Finding>,
    pub(super) beyond: Beyond,
    /// What the judged public trees hold, by kind.
    pub(super) wanted: FxHashMap<ObjectId, Kind>,
    /// What the mirror has already.
    pub(super) before: FxHashSet<ObjectId>,
    seams: FxHashMap<u32, Seam>,
    /// Whether a commit is a seam's or descends from one.
    covered: Vec<bool>,
    withheld: Vec<bool>,
    force: Force,
    tip: Rc<Rules>,
    pub(super) filters: Vec<Filter<'r>>,
    mailmaps: FxHashMap<ObjectId, Rc<Mailmap>>,
}

/// The rules for the texts of a commit, and its mailmap if they ask for one.
pub(super) type Texts = (Rc<Rules>, Option<Rc<Mailmap>>);

/// What a commit comes to.
enum Fate {
    Dropped,
    /// The image is a commit that was public before, or one with these bytes.
    Published {
        id: ObjectId,
        shown: Shown,
        filter: usize,
        message: Vec<u8>,
        /// Why it may not be sent, if the mirror does not have it.
        unsendable: Option<&'static str>,
    },
}

/// What is wanted of all that an image shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    Nothing,
    /// All of it: the mirror shows it.
    Shown,
    /// All of it: it is to be sent.
    New,
}

impl<'r> Judge<'r> {
    pub(super) fn new(
        objects: &'r Objects<'r>,
        claims: &Claims,
        is_narrow: bool,
        progress: &dyn Progress,
    ) -> Result<Self, Stop> {
        let unread = |fault: String| Stop::Unsound(format!("the manifest of the policy: {fault}"));
        let text = text_of(objects, &claims.policy)?;
        let stand_in = match &claims.policy {
            PolicyAt::StandIn(text) => Some(text.as_slice()),
            PolicyAt::Commit(_) => None,
        };
        let settings = Settings::read(&text, &claims.mirror).map_err(unread)?;
        let tip = Rules::read(&text, std::slice::from_ref(&claims.mirror)).map_err(unread)?;
        let tip = tip.ok_or_else(|| unread("it does not name the mirror".to_owned()))?;
        let history = History::read(objects, claims, is_narrow, progress)?;
        let seams: FxHashMap<u32, Seam> = settings
            .seams
            .iter()
            .filter_map(|seam| Some((history.number(seam.private)?, seam.clone())))
            .collect();
        let mut covered = vec![settings.seams.is_empty(); history.graph.len()];
        if is_narrow {
            // It has an image, and only what is covered has one.
            covered[0] = true;
        }
        for commit in history.numbers() {
            let descends = history.parents(commit).iter().any(|&parent| covered[parent as usize]);
            covered[commit as usize] |= seams.contains_key(&commit) || descends;
        }
        let images = Images::read(claims, &history, &seams)?;
        Ok(Self {
            withheld: withheld(&settings, &history),
            force: Force::new(settings.names.clone(), stand_in)?,
            beyond: Beyond::new(claims),
            tip: Rc::new(tip),
            filters: Vec::new(),
            mailmaps: FxHashMap::default(),
            findings: Vec::new(),
            wanted: FxHashMap::default(),
            before: FxHashSet::default(),
            history,
            images,
            settings,
            seams,
            covered,
        })
    }

    /// Holds the first of a narrow history against the bytes of its image. That is no
    /// proof that it stands on the right parents, but the mirror has it, and what is
    /// judged after it has its id.
    pub(super) fn prove_first(&mut self, image: &[u8]) -> Result<(), Stop> {
        let unread = |fault: String| Stop::Unsound(format!("the image of the first: {fault}"));
        let id = hash(Kind::Commit, image);
        let Some((shown, filter)) = self.shown(0)? else { return Err(Stop::Narrow) };
        let object = self.history.object(0)?;
        let private = Headed::read(object.data()).map_err(unread)?;
        let public = Headed::read(image).map_err(unread)?;
        let (tree, _) = public.links().map_err(unread)?;
        let rules = Rc::clone(self.filters[filter].rules());
        let mailmap = self.mailmap(0, &rules)?;
        let people = Public { people: &rules.people, mailmap: mailmap.as_deref() };
        let mut is_image = self.images.own(0).is_some_and(|own| self.images.id(own) == id);
        is_image &= tree == shown.tree;
        let is_original = self.history.recorded(0) == Some(id);
        for header in ["author", "committer"] {
            let written = private.required(header).map_err(unread)?;
            let shown = public.required(header).map_err(unread)?;
            // Of an original these are whose they were.
            is_image &= is_original || *people.header(written) == *shown;
        }
        if is_image { Ok(()) } else { Err(Stop::Narrow) }
    }

    /// Judges one commit; what its image shows is wanted as `take` says.
    pub(super) fn judge(&mut self, commit: u32, take: Take) -> Result<(), Stop> {
        let judged = self.fate(commit).and_then(|fate| self.compare(commit, fate, take));
        self.filters.iter_mut().for_each(Filter::close);
        match judged {
            Err(Stop::Unsound(fault)) => {
                self.disagree(Some(commit), None, fault);
                Ok(())
            }
            other => other,
        }
    }

    /// Whether a commit's image does not follow from those of its parents: it is a
    /// seam's, or withheld.
    pub(super) fn is_set_aside(&self, commit: u32) -> bool {
        self.seams.contains_key(&commit) || self.withheld[commit as usize]
    }

    /// Notes that the mirror has an image, with all that it shows.
    pub(super) fn take_as_public(&mut self, image: u32) -> Result<(), Stop> {
        self.before.insert(self.images.id(image));
        let Some(commit) = self.images.source(image) else { return Ok(()) };
        let Some((shown, filter)) = self.shown(commit)? else { return Ok(()) };
        self.images.know_tree(image, shown.tree);
        let mut open = vec![(shown.tree, Is::Tree)];
        while let Some((id, is)) = open.pop() {
            if is != Is::Gitlink && self.before.insert(id) && is == Is::Tree {
                open.extend(self.filters[filter].children(id)?);
            }
        }
        self.filters[filter].close();
        Ok(())
    }

    /// Says that the engine and the verifier differ.
    pub(super) fn disagree(&mut self, commit: Option<u32>, path: Option<&[u8]>, what: String) {
        let commit = commit.map(|commit| PrivateCommit::new(self.history.id(commit)));
        self.findings.push(finding(commit, path, what));
    }

    fn compare(&mut self, commit: u32, fate: Fate, take: Take) -> Result<(), Stop> {
        let claimed = self.images.own(commit).map(|image| self.images.id(image));
        match (fate, claimed) {
            (Fate::Dropped, None) => Ok(()),
            (Fate::Dropped, Some(claimed)) => Err(Stop::Unsound(format!(
                "the engine publishes it as {claimed}, the verifier drops it"
            ))),
            (Fate::Published { id, .. }, None) => Err(Stop::Unsound(format!(
                "the engine drops it, the verifier publishes it as {id}"
            ))),
            (Fate::Published { id, .. }, Some(claimed)) if id != claimed => Err(Stop::Unsound(
                format!("the engine publishes it as {claimed}, the verifier as {id}"),
            )),
            (Fate::Published { shown, filter, message, unsendable, .. }, Some(claimed)) => {
                if let Some(image) = self.images.number(claimed) {
                    self.images.know_tree(image, shown.tree);
                }
                if take == Take::Nothing {
                    return Ok(());
                }
                self.take(shown.tree, filter)?;
                self.look_for_private_ids(Some(commit), &message);
                if let Some(why) = unsendable.filter(|_| take == Take::New) {
                    let what = format!("its original {claimed} may not be sent: {why}");
                    self.disagree(Some(commit), None, what);
                }
                if shown.denied { self.denied(commit, filter) } else { Ok(()) }
            }
        }
    }

    /// What becomes of a commit.
    fn fate(&mut self, commit: u32) -> Result<Fate, Stop> {
        let Some((shown, filter)) = self.shown(commit)? else { return Ok(Fate::Dropped) };
        let object = self.history.object(commit)?;
        let raw = Headed::read(object.data()).map_err(Stop::Unsound)?;
        if let Some(seam) = self.seams.get(&commit).cloned() {
            let who = raw.required("committer").map_err(Stop::Unsound)?;
            let who = self.public_person(commit, who, filter)?;
            return seam_image(&seam, shown, filter, &who);
        }
        if let Some(original) = self.believed(commit, &raw, shown.tree, filter)? {
            let Believed { id, message, unsendable } = original;
            return Ok(Fate::Published { id, shown, filter, message, unsendable });
        }
        let parents = self.images.reduced(&self.history, commit);
        let empty = match parents[..] {
            [] => shown.tree == ObjectId::EMPTY_TREE,
            [only] => {
                self.tree_of(only)? == Some(shown.tree) && !raw.message.is_some_and(publishes_empty)
            }
            _ => false,
        };
        if empty {
            return Ok(Fate::Dropped);
        }
        let parents: Vec<ObjectId> = parents.iter().map(|&image| self.images.id(image)).collect();
        let Written { author, committer, encoding, message } =
            self.written(commit, &raw, filter)?;
        let people = [author.as_slice(), committer.as_slice()];
        let bytes = write_commit(shown.tree, &parents, people, encoding, message.as_deref());
        let id = hash(Kind::Commit, &bytes);
        let message = message.unwrap_or_default();
        Ok(Fate::Published { id, shown, filter, message, unsendable: None })
    }

    /// The public tree of a commit, and the filter that made it; `None` if no
    /// manifest is in force for it.
    fn shown(&mut self, commit: u32) -> Result<Option<(Shown, usize)>, Stop> {
        if !self.covered[commit as usize] || self.withheld[commit as usize] {
            return Ok(None);
        }
        let Self { force, history, settings, withheld, filters, tip, .. } = self;
        let Some(rules) = force.of(history, settings, withheld, commit)? else { return Ok(None) };
        for rules in &force.rules[filters.len()..] {
            filters.push(Filter::new(history.objects, Rc::clone(rules), Rc::clone(tip)));
        }
        Ok(Some((filters[rules].root(history.tree(commit))?, rules)))
    }

    /// The tree of an image, known or made again from the private side.
    fn tree_of(&mut self, image: u32) -> Result<Option<ObjectId>, Stop> {
        if self.images.tree(image).is_none()
            && let Some(commit) = self.images.source(image)
            && let Some((shown, _)) = self.shown(commit)?
        {
            self.images.know_tree(image, shown.tree);
        }
        Ok(self.images.tree(image))
    }

    /// Wants all objects of a public tree.
    fn take(&mut self, tree: ObjectId, filter: usize) -> Result<(), Stop> {
        let mut open = vec![(tree, Is::Tree)];
        while let Some((id, is)) = open.pop() {
            let kind = match is {
                Is::Tree => Kind::Tree,
                Is::Blob => Kind::Blob,
                Is::Gitlink => continue,
            };
            if self.before.contains(&id) {
                continue;
            }
            match self.wanted.insert(id, kind) {
                None if is == Is::Tree => open.extend(self.filters[filter].children(id)?),
                None => {}
                Some(before) if before == kind => {}
                Some(_) => return Err(Stop::Unsound(format!("{id} is a tree and a file"))),
            }
        }
        Ok(())
    }

    /// The floor of the policy tip holds for all that a commit adds or changes.
    fn denied(&mut self, commit: u32, filter: usize) -> Result<(), Stop> {
        let denied = self.filters[filter].denied(self.history.tree(commit))?;
        let parents = self.images.parents(&self.history, commit);
        for file in denied {
            let mut known = false;
            for &parent in &parents {
                let Some(source) = self.images.source(parent) else { continue };
                let Some((_, other)) = self.shown(source)? else { continue };
                known |= self.filters[other].shows(self.history.tree(source), &file)?;
            }
            if !known {
                let what =
                    "the engine publishes this path, which is on the floor of the policy tip";
                self.disagree(Some(commit), Some(&file.private), what.to_owned());
            }
        }
        Ok(())
    }

    /// A message as the mirror shows it.
    pub(super) fn message(
        &self,
        commit: u32,
        rules: &Rules,
        public: &Public<'_>,
        message: &[u8],
        is_tag: bool,
    ) -> Result<Vec<u8>, Stop> {
        let message = public.message(&rules.message.apply(message));
        with_ids(&message, |digits| self.quoted(commit, rules, digits, is_tag))
    }

    fn quoted(
        &self,
        commit: u32,
        rules: &Rules,
        digits: &[u8],
        is_tag: bool,
    ) -> Result<Quoted, Stop> {
        let (mut images, mut others) = (Vec::new(), false);
        for named in self.history.beginning_with(digits)? {
            let behind =
                if named == commit { is_tag } else { self.history.graph.reaches(commit, named) };
            match self.images.own(named) {
                Some(image) if behind => images.push(image),
                Some(_) | None => others = true,
            }
        }
        Ok(match images[..] {
            [image] => Quoted::Becomes(self.images.id(image)),
            [] if others && rules.mask => Quoted::Masked,
            _ => Quoted::Stays,
        })
    }

    /// A full private id has no place in a public message, unless the policy knows.
    pub(super) fn look_for_private_ids(&mut self, commit: Option<u32>, message: &[u8]) {
        if !self.settings.refuses_private_ids {
            return;
        }
        for range in quoted_ids(message) {
            let Some(id) = ObjectId::from_hex(&message[range]) else { continue };
            if self.history.number(id).is_some() && self.images.number(id).is_none() {
                self.disagree(
                    commit,
                    None,
                    format!("the public message names private commit {id}"),
                );
            }
        }
    }

    /// The rules that shape a commit's image and its tags, and the mailmap.
    pub(super) fn texts_of(&mut self, commit: u32) -> Result<Option<Texts>, Stop> {
        let Some((_, filter)) = self.shown(commit)? else { return Ok(None) };
        let rules = Rc::clone(self.filters[filter].rules());
        let mailmap = self.mailmap(commit, &rules)?;
        Ok(Some((rules, mailmap)))
    }

    /// The mailmap of a commit's own tree, if its manifest asks for one.
    pub(super) fn mailmap(
        &mut self,
        commit: u32,
        rules: &Rules,
    ) -> Result<Option<Rc<Mailmap>>, Stop> {
        let People::Mailmap(path) = &rules.people else { return Ok(None) };
        let mut at = self.history.tree(commit);
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            let object = self.history.objects.read(at, Kind::Tree)?;
            let read = entries(object.data()).map_err(Stop::Unsound)?;
            let Some(entry) = read.iter().find(|entry| entry.name == name.as_bytes()) else {
                return Ok(None);
            };
            at = entry.id;
            let is_file = entry.is == Is::Blob && !entry.mode.starts_with(b"12");
            if if names.peek().is_some() { entry.is != Is::Tree } else { !is_file } {
                return Ok(None);
            }
        }
        if let Some(known) = self.mailmaps.get(&at) {
            return Ok(Some(Rc::clone(known)));
        }
        let mailmap = Rc::new(Mailmap::read(self.history.objects.read(at, Kind::Blob)?.data()));
        self.mailmaps.insert(at, Rc::clone(&mailmap));
        Ok(Some(mailmap))
    }
}

/// The image of a seam: the public commit itself, or one commit in place of all
/// that came before.
fn seam_image(seam: &Seam, shown: Shown, filter: usize, who: &[u8]) -> Result<Fate, Stop> {
    let message = format!("{}\n", seam.message).into_bytes();
    let id = match seam.public {
        Some((public, tree)) if tree == shown.tree => public,
        Some(_) if seam.accept != Some(shown.tree) => {
            return Err(Stop::Unsound(format!(
                "its seam joins another tree than {}, which nobody accepted",
                shown.tree
            )));
        }
        public => {
            let parents: Vec<ObjectId> = public.iter().map(|(public, _)| *public).collect();
            hash(
                Kind::Commit,
                &write_commit(shown.tree, &parents, [who, who], None, Some(&message)),
            )
        }
    };
    Ok(Fate::Published { id, shown, filter, message: Vec::new(), unsendable: None })
}

/// The manifest of the policy.
pub(super) fn text_of(objects: &Objects<'_>, policy: &PolicyAt) -> Result<Vec<u8>, Stop> {
    match policy {
        PolicyAt::StandIn(text) => Ok(text.clone()),
        PolicyAt::Commit(commit) => manifest_of(objects, commit.id()),
    }
}

/// The manifest in a commit's own tree.
fn manifest_of(objects: &Objects<'_>, commit: ObjectId) -> Result<Vec<u8>, Stop> {
    let unread = |fault: String| Stop::Unsound(format!("policy tip {commit}: {fault}"));
    let object = objects.read(commit, Kind::Commit)?;
    let (tree, _) = Headed::read(object.data()).and_then(|read| read.links()).map_err(unread)?;
    let root = objects.read(tree, Kind::Tree)?;
    let read = entries(root.data()).map_err(unread)?;
    let entry = read.iter().find(|entry| entry.name == b"sync.toml" && entry.is == Is::Blob);
    let entry = entry.ok_or_else(|| unread("it has no `sync.toml`".to_owned()))?;
    Ok(objects.read(entry.id, Kind::Blob)?.data().to_vec())
}

fn withheld(settings: &Settings, history: &History<'_>) -> Vec<bool> {
    let mut withheld = vec![false; history.graph.len()];
    for (from, to) in &settings.withheld {
        let Some(to) = history.number(*to) else { continue };
        match from {
            None => withheld[to as usize] = true,
            Some(from) => {
                let before = history.graph.behind(history.number(*from));
                let behind = history.graph.behind([to]);
                for (commit, withheld) in withheld.iter_mut().enumerate() {
                    *withheld |= behind[commit] && !before[commit];
                }
            }
        }
    }
    withheld
}

/// A finding of the verifier.
pub(super) fn finding(commit: Option<PrivateCommit>, path: Option<&[u8]>, hint: String) -> Finding {
    let path = path.map(escape_bytes);
    Finding { check: Check::VerifierDisagrees, commit, path, line: None, rule: None, hint }
}
