// SPDX-License-Identifier: Apache-2.0
//! `private-reference`: public words that name what is private.

use std::rc::Rc;

use repo_sync_shared::{Check, escape_bytes};
use rustc_hash::FxHashSet;

use super::dependencies::{Declared, Edge, Workspaces, declared, is_manifest, place};
use super::dictionary::{Dictionary, Word};
use super::lines::Lines;
use super::mention::{Folders, Token, member};
use super::packages::package_in;
use super::page_links::linked_paths;
use super::path_list::listed_paths;
use super::readings::readings;
use super::tips::Tips;
use super::workflows::paths_of_steps;
use super::{Family, NewBlob, NewDirectory, NewEntry, NewText, TextKind};
use crate::error::RunError;
use crate::object::EntryKind;
use crate::report::RawFinding;
use crate::session::Session;

const TERM_IN_NAME: &str = "its name holds a term that must not be public; rename it, or waive it";

/// How many findings one file may have; the rest is counted.
const MAX_FINDINGS: usize = 20;

pub(super) struct References<'r> {
    tips: Rc<Tips<'r>>,
    dictionary: Dictionary,
    workspaces: Workspaces<'r>,
    /// Whether a term can span the names of a path.
    spans_names: bool,
    /// Public paths that were looked at for such terms.
    paths: FxHashSet<Vec<u8>>,
}

/// Something private that a text names.
struct Mention {
    /// Where, in bytes.
    at: usize,
    /// What counts as the same thing, named again.
    key: Vec<u8>,
    what: What,
    /// Which one, in words.
    thing: String,
    /// Whether the package of the manifest depends on it, and does not only name it.
    is_dependency: bool,
    rule: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Path,
    Package,
    Branch,
    Term,
}

impl<'r> References<'r> {
    pub(super) fn new(session: &Session<'r>, tips: Rc<Tips<'r>>) -> Result<Self, RunError> {
        let dictionary = Dictionary::new(session, &tips)?;
        let terms = &session.policy.mirror.check.terms;
        let spans_names = terms.iter().any(|term| term.text.contains('/'));
        let workspaces = Workspaces::new(tips.clone(), session.replay.history.clone());
        Ok(Self { tips, dictionary, workspaces, spans_names, paths: FxHashSet::default() })
    }

    /// What a text names, each thing once, in order.
    fn mentions(
        &self,
        text: &[u8],
        folders: Option<Folders<'_>>,
        is_message: bool,
    ) -> Vec<Mention> {
        let mut seen = FxHashSet::default();
        let mut mentions = Vec::new();
        let mut behind = 0;
        for (at, word) in self.dictionary.find(text) {
            let mention = match word {
                // Another component of a path that was looked at.
                Word::Component | Word::Relative if at.end <= behind => None,
                Word::Component | Word::Relative => {
                    let Some(token) = Token::around(text, &at) else { continue };
                    behind = token.range.end;
                    let path = token.private_path(&self.tips, folders);
                    path.map(|path| self.path(token.range.start, &path))
                }
                Word::Branch(_) if !is_message => None,
                Word::Branch(name) => Some(Mention::name(at.start, What::Branch, name)),
                Word::Package(name) => Some(Mention::name(at.start, What::Package, name)),
                Word::Term(term, line) => Some(Mention {
                    at: at.start,
                    what: What::Term,
                    key: format!("term {}", term.to_ascii_lowercase()).into_bytes(),
                    thing: "term".to_owned(),
                    is_dependency: false,
                    rule: Some(format!("sync.toml:{line} `{term}`")),
                }),
            };
            mentions.extend(mention.filter(|mention| seen.insert(mention.key.clone())));
        }
        mentions
    }

    /// A private path that is named.
    fn path(&self, at: usize, path: &[u8]) -> Mention {
        // Files that lie together are one thing to keep quiet about.
        let mut ends = path.iter().enumerate().filter(|&(_, &byte)| byte == b'/').map(|(at, _)| at);
        let key = ends.nth(1).map_or(path, |end| &path[..end]).to_vec();
        Mention {
            at,
            key,
            what: What::Path,
            thing: format!("path `{}`", escape_bytes(path)),
            is_dependency: false,
            rule: self.tips.rule(path),
        }
    }

    /// What a manifest says only by its structure, if that is private; paths are said from
    /// `folder`.
    fn edge(&self, blob: &NewBlob<'_>, folder: &[u8], edge: &Edge) -> Option<Mention> {
        let text = blob.data;
        match edge {
            Edge::Package(name) => {
                let private = self.dictionary.private_package(name)?;
                Some(Mention::name(place(text, name), What::Package, private))
            }
            Edge::Directory(path) => {
                let private = member(&self.tips, folder, path.as_bytes())?;
                Some(self.path(place(text, path), &private))
            }
            Edge::Inherited(key) => {
                let shared = self.workspaces.inherited(blob.entry.commit, folder, key);
                // One is enough: the path stands in another file.
                let found = shared.iter().find_map(|(root, edge)| self.edge(blob, root, edge));
                let found = match shared.is_empty() {
                    true => self.edge(blob, folder, &Edge::Package(key.clone())),
                    false => found,
                };
                found.map(|mention| Mention { at: place(text, key), ..mention })
            }
        }
    }

    fn blob_mentions(&self, blob: &NewBlob<'_>) -> Vec<Mention> {
        let NewEntry { private_path, public_path, .. } = *blob.entry;
        let folders = Folders { private: folder(private_path), public: folder(public_path) };
        let tips = &self.tips;
        let listed = listed_paths(tips, public_path, blob.data).into_iter();
        let listed = listed.chain(paths_of_steps(tips, public_path, blob.data));
        let listed = listed.chain(linked_paths(tips, public_path, blob.data, folders));
        let listed = listed.map(|(at, path)| self.path(at, &path));
        let Declared { depends, names } = declared(name(public_path), blob.data);
        let edge = |edge: &Edge| self.edge(blob, folders.private, edge);
        let depends = depends.iter().filter_map(edge);
        let depends = depends.map(|mention| Mention { is_dependency: true, ..mention });
        let mut seen = FxHashSet::default();
        // What depends on a thing says most of it.
        let mut mentions: Vec<_> = depends
            .chain(self.mentions(blob.data, Some(folders), false))
            .chain(listed)
            .chain(names.iter().filter_map(edge))
            .filter(|mention| seen.insert(mention.key.clone()))
            .collect();
        mentions.sort_by_key(|mention| mention.at);
        mentions
    }
}

impl Mention {
    fn name(at: usize, what: What, name: &str) -> Self {
        let kind = if what == What::Branch { "branch" } else { "package" };
        let thing = format!("{kind} `{}`", escape_bytes(name.as_bytes()));
        let key = format!("{kind} {name}").into_bytes();
        Self { at, key, what, thing, is_dependency: false, rule: None }
    }

    /// What it is, and what to do; `package` is what the file is the manifest of.
    fn hint(&self, package: Option<&str>) -> String {
        let thing = &self.thing;
        match (self.what, package.filter(|_| self.is_dependency)) {
            (What::Term, _) => {
                "it holds a term that must not be public; reword it, or waive it".to_owned()
            }
            (What::Path | What::Package | What::Branch, Some(package)) => format!(
                "`{package}` depends on the private {thing}; let it do without, or waive it if \
                 that name may be public"
            ),
            (What::Path | What::Package | What::Branch, None) => format!(
                "it names the private {thing}; reword it, or waive it if that name may be public"
            ),
        }
    }
}

impl Family for References<'_> {
    fn minds_every_place(&self) -> bool {
        self.spans_names
    }

    fn directory(&mut self, directory: &NewDirectory<'_>, found: &mut Vec<RawFinding>) {
        for entry in directory.new_entries() {
            for (_, word) in self.dictionary.find(entry.name) {
                if let Word::Term(term, line) = word
                    && directory.is_new(entry.name, |_| true)
                {
                    let finding = directory.finding(&entry, Check::PrivateReference, TERM_IN_NAME);
                    found.push(finding.rule(format_args!("sync.toml:{line} `{term}`")));
                }
            }
        }
    }

    fn entry(&mut self, entry: &NewEntry<'_>, found: &mut Vec<RawFinding>) {
        if !self.spans_names || !self.paths.insert(entry.public_path.to_vec()) {
            return;
        }
        for (_, word) in self.dictionary.find(entry.public_path) {
            // A term within one name was found in the list that the name stands in.
            if let Word::Term(term, line) = word
                && term.contains('/')
            {
                let finding = entry.finding(Check::PrivateReference, TERM_IN_NAME);
                found.push(finding.rule(format_args!("sync.toml:{line} `{term}`")));
            }
        }
    }

    fn blob(&mut self, blob: &NewBlob<'_>, found: &mut Vec<RawFinding>) {
        // Where a link leads is a question of its own.
        if blob.entry.kind == EntryKind::Symlink {
            return;
        }
        let mentions = self.blob_mentions(blob);
        let file = name(blob.entry.public_path);
        let in_manifest = is_manifest(file);
        let depends = mentions.iter().any(|mention| mention.is_dependency);
        let package = depends.then(|| package_in(file, blob.data)).flatten();
        let more = mentions.len().saturating_sub(MAX_FINDINGS);
        let mut lines = Lines::of(blob.data);
        for (number, mention) in (1..).zip(mentions.into_iter().take(MAX_FINDINGS)) {
            let mut hint = mention.hint(package.as_deref());
            if number == MAX_FINDINGS && more > 0 {
                hint = format!("{hint} (and {more} more in this file)");
            }
            let check = match mention.what {
                What::Path | What::Package if in_manifest => Check::PrivateDependency,
                What::Path | What::Package | What::Branch | What::Term => Check::PrivateReference,
            };
            let finding = blob.finding(check, hint);
            found.push(RawFinding { rule: mention.rule, line: lines.at(mention.at), ..finding });
        }
    }

    fn text(&mut self, text: &NewText<'_>, found: &mut Vec<RawFinding>) {
        let is_message = match text.kind {
            TextKind::CommitMessage | TextKind::TagMessage => true,
            TextKind::RefName => false,
        };
        let mut seen = FxHashSet::default();
        for reading in readings(text) {
            for mention in self.mentions(&reading, None, is_message) {
                let hint = mention.hint(None);
                if seen.insert(mention.key) {
                    let hint = match text.kind {
                        TextKind::CommitMessage => format!("the message: {hint}"),
                        TextKind::TagMessage => format!("the message of the tag: {hint}"),
                        TextKind::RefName => format!("the name of the ref: {hint}"),
                    };
                    let finding = RawFinding::at(Check::PrivateReference, text.commit, hint);
                    found.push(RawFinding { rule: mention.rule, ..finding });
                }
            }
        }
    }
}

/// The name of a file in its directory.
fn name(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..])
}

/// The directory that holds a file.
fn folder(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).map_or(b"", |slash| &path[..slash])
}
