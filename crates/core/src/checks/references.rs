// SPDX-License-Identifier: Apache-2.0
//! `private-reference`: public words that name what is private.

use std::rc::Rc;

use repo_sync_shared::{Check, escape_bytes};
use rustc_hash::FxHashSet;

use super::dependencies::{Edge, edges, is_manifest, place};
use super::dictionary::{Dictionary, Word};
use super::lines::Lines;
use super::mention::{Folders, Token, member};
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
    rule: Option<String>,
    hint: String,
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
        Ok(Self { tips, dictionary, spans_names, paths: FxHashSet::default() })
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
                    key: term.to_ascii_lowercase().into_bytes(),
                    rule: Some(format!("sync.toml:{line} `{term}`")),
                    hint: "it holds a term that must not be public; reword it, or waive it"
                        .to_owned(),
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
        let hint = format!(
            "it names the private path `{}`; reword it, or waive it if that name may be public",
            escape_bytes(path)
        );
        let key = ends.nth(1).map_or(path, |end| &path[..end]).to_vec();
        Mention { at, key, what: What::Path, rule: self.tips.rule(path), hint }
    }

    /// What a manifest says only by its structure.
    fn declared(&self, folder: &[u8], name: &[u8], text: &[u8]) -> Vec<Mention> {
        let mention = |edge| match edge {
            Edge::Package(name) => {
                let at = place(text, &name);
                let private = self.dictionary.private_package(&name)?;
                Some(Mention::name(at, What::Package, private))
            }
            Edge::Directory(path) => {
                let at = place(text, &path);
                Some(self.path(at, &member(&self.tips, folder, path.as_bytes())?))
            }
        };
        edges(name, text).into_iter().filter_map(mention).collect()
    }

    fn blob_mentions(&self, blob: &NewBlob<'_>) -> Vec<Mention> {
        let NewEntry { private_path, public_path, .. } = *blob.entry;
        let folders = Folders { private: folder(private_path), public: folder(public_path) };
        let mut mentions = self.mentions(blob.data, Some(folders), false);
        let tips = &self.tips;
        let listed = listed_paths(tips, public_path, blob.data).into_iter();
        let listed = listed.chain(paths_of_steps(tips, public_path, blob.data));
        let listed = listed.chain(linked_paths(tips, public_path, blob.data, folders));
        let listed = listed.map(|(at, path)| self.path(at, &path));
        let declared = self.declared(folders.private, name(public_path), blob.data);
        for mention in listed.chain(declared) {
            if mentions.iter().all(|known| known.key != mention.key) {
                mentions.push(mention);
            }
        }
        mentions.sort_by_key(|mention| mention.at);
        mentions
    }
}

impl Mention {
    fn name(at: usize, what: What, name: &str) -> Self {
        let kind = if what == What::Branch { "branch" } else { "package" };
        let hint = format!(
            "it names the private {kind} `{}`; reword it, or waive it if that name may be public",
            escape_bytes(name.as_bytes())
        );
        Self { at, key: format!("{kind} {name}").into_bytes(), what, rule: None, hint }
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
        let in_manifest = is_manifest(name(blob.entry.public_path));
        let more = mentions.len().saturating_sub(MAX_FINDINGS);
        let mut lines = Lines::of(blob.data);
        for (number, mention) in (1..).zip(mentions.into_iter().take(MAX_FINDINGS)) {
            let mut hint = mention.hint;
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
                if seen.insert(mention.key) {
                    let hint = match text.kind {
                        TextKind::CommitMessage => format!("the message: {}", mention.hint),
                        TextKind::TagMessage => format!("the message of the tag: {}", mention.hint),
                        TextKind::RefName => format!("the name of the ref: {}", mention.hint),
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
