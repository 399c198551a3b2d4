// SPDX-License-Identifier: Apache-2.0
//! Somebody who knows the mirror and nothing else, and makes commits of all kinds.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use repo_sync_shared::ObjectId;
use repo_sync_testing::{BareMirror, CommitText, Git, History, Kind, Tree, object_id};

use crate::common::SIGNATURE;

/// How a contribution is made, at random.
pub(crate) struct Outsider {
    rng: Rng,
    /// How many names were used.
    names: usize,
}

/// Where something may be changed.
struct Ground {
    /// Files of any kind, by their public path.
    files: Vec<Vec<u8>>,
    /// Those of which the private side says more, with what they show.
    parts: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Directories with files.
    dirs: Vec<Vec<u8>>,
}

impl Outsider {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed ^ 0xface), names: 0 }
    }

    /// A word that is nowhere else, without a digit.
    pub(crate) fn word(&mut self) -> String {
        (0..10).map(|_| char::from(b'g' + self.rng.u8(..20))).collect()
    }

    /// A contribution to a branch of the mirror, as the branch `contribution`, on one of
    /// `grounds`. Of the private repository only that is asked which files it has as they are.
    pub(crate) fn contribute(
        &mut self,
        private: &Git,
        mirror: &BareMirror,
        grounds: &BTreeSet<ObjectId>,
        target: &str,
    ) -> History {
        let upstream = &mirror.history();
        let main = upstream.find(target);
        let base = self.base(upstream, main, grounds);
        let (then, now) = (upstream.tree_of(base), upstream.tree_of(main));
        let ground = Ground::find(private, &mirror.git(), then, now);
        let mut history = upstream.clone().branch("contribution", &base.to_string());
        for number in 0..self.rng.usize(1..=5) {
            history = match self.rng.u8(..10) {
                0 => history.commit(self.text("nothing"), |tree| tree),
                1 | 2 => self.aside(history, &ground, number),
                3 if base != main && !knows(&history, main) => {
                    history.merge(self.text("merge upstream"), [target], |tree| tree)
                }
                _ => self.change(history, &ground, true),
            };
        }
        history
    }

    /// Mostly the tip, sometimes what was the tip a while ago.
    fn base(
        &mut self,
        upstream: &History,
        main: ObjectId,
        grounds: &BTreeSet<ObjectId>,
    ) -> ObjectId {
        let mut base = main;
        if self.rng.u8(..3) == 0 {
            for _ in 0..self.rng.usize(1..=4) {
                let parent = upstream.parents_of(base).first();
                base = parent.filter(|parent| grounds.contains(parent)).copied().unwrap_or(base);
            }
        }
        base
    }

    /// A branch of the branch, and both become one again.
    fn aside(&mut self, history: History, ground: &Ground, number: usize) -> History {
        let mut history = history.on("aside");
        let tip = history.find("contribution");
        history.set_ref("refs/heads/aside", tip);
        for _ in 0..self.rng.usize(1..=2) {
            history = self.change(history, ground, false);
        }
        history = history.on("contribution");
        if self.rng.bool() {
            history = self.change(history, ground, true);
        }
        history.merge(self.text(&format!("merge {number}")), ["aside"], |tree| tree)
    }

    /// A commit that changes something; a file with private parts only if `parts` says so.
    fn change(&mut self, history: History, ground: &Ground, parts: bool) -> History {
        let text = self.text("change");
        history.commit(text, |mut tree| {
            for _ in 0..self.rng.usize(1..=3) {
                tree = self.edit(tree, ground, parts);
            }
            tree
        })
    }

    fn edit(&mut self, tree: Tree, ground: &Ground, parts: bool) -> Tree {
        let there = ground.files.iter().filter(|path| tree.entries().contains_key(*path));
        let Some(path) = self.rng.choice(there.collect::<Vec<_>>()).cloned() else {
            return self.add(tree, ground);
        };
        let entry = tree.entries()[&path].clone();
        let other_mode = if entry.mode == "100755" { "100644" } else { "100755" };
        if let Some(shown) = ground.parts.get(&path) {
            let is_as_shown = object_id(Kind::Blob, shown) == entry.id;
            return match self.rng.u8(..6) {
                0 if parts => tree.delete(path),
                1 if parts => tree.entry(path, other_mode, entry.id),
                // Far from where a section may stand: which lines are whose is no matter of
                // chance.
                2..=4 if parts && is_as_shown && is_long(shown) => {
                    let more = format!("and {}\n", self.word());
                    tree.blob(path, &entry.mode, [shown, more.as_bytes()].concat())
                }
                _ => self.add(tree, ground),
            };
        }
        match self.rng.u8(..12) {
            0..=3 => {
                let text = self.content();
                tree.blob(path, &entry.mode, text)
            }
            4 => tree.delete(path),
            5 if !ground.dirs.is_empty() => {
                let to = self.path(ground);
                tree.rename(path, to)
            }
            6 => tree.entry(path, other_mode, entry.id),
            7 => {
                // The file becomes a directory.
                let (name, text) = (self.name(), self.content());
                tree.file([&path[..], b"/", &name].concat(), text)
            }
            _ => self.add(tree, ground),
        }
    }

    fn add(&mut self, tree: Tree, ground: &Ground) -> Tree {
        if ground.dirs.is_empty() {
            return tree;
        }
        let (path, text) = (self.path(ground), self.content());
        let mode = if self.rng.u8(..4) == 0 { "100755" } else { "100644" };
        tree.blob(path, mode, text)
    }

    /// A path that nothing has, in a directory that is public.
    fn path(&mut self, ground: &Ground) -> Vec<u8> {
        let dir = self.rng.choice(&ground.dirs);
        let dir = dir.expect("who wants a path knows of a directory").clone();
        let name = self.name();
        [&dir[..], b"/", &name].concat()
    }

    /// A name that nothing has.
    fn name(&mut self) -> Vec<u8> {
        self.names += 1;
        let name = format!("new-{}", self.names);
        match self.rng.u8(..8) {
            0 => [name.as_bytes(), b"-\xe9\xff.rs"].concat(),
            1 => format!("{name} \u{fc}\u{1f980}").into_bytes(),
            2 => format!("{name} \"'$(x).md").into_bytes(),
            _ => format!("{name}.rs").into_bytes(),
        }
    }

    fn content(&mut self) -> Vec<u8> {
        let mut out = self.word().into_bytes();
        for _ in 0..self.rng.u8(..4) {
            out.extend(b"\nline ");
            out.extend(self.word().into_bytes());
        }
        match self.rng.u8(..8) {
            0 => out.extend(b"\r\n\x00\xff\xfe"),
            1 => {}
            2 => out.clear(),
            _ => out.push(b'\n'),
        }
        out
    }

    /// What a commit says, and who says it.
    fn text(&mut self, label: &str) -> CommitText {
        let mut message = format!("{label}: {}", self.word()).into_bytes();
        match self.rng.u8(..12) {
            0 => message.extend(b"\n\n gr\xfc\xdfe \xe9\n"),
            1 => {}
            2 => message.extend(b"\n\n\n"),
            3 => message.clear(),
            4 => message.extend(b"\n\nSigned-off-by: Zo\xc3\xab <z@example.org>\n"),
            5 => message.extend(b"\n\nPublish-Empty: yes\n"),
            6 => message.extend(b"\n\nrepo-sync-original tree 0\n"),
            _ => message.push(b'\n'),
        }
        let day = self.rng.u32(..);
        let mut text = CommitText::raw(label, message);
        text = match self.rng.u8(..6) {
            0 => text.author(b"J\xf6rg <joerg@example.org> 1234567890 -0330".to_vec()),
            1 => text.author(format!("Zo\u{eb} <> {day} +1400")),
            _ => text.author(format!("Pat Outside <pat@example.org> {day} +0000")),
        };
        if self.rng.bool() {
            text = text.committer(format!("Host <noreply@host.example> {day} -0000"));
        }
        if self.rng.u8(..8) == 0 {
            text = text.header("encoding", ["ISO-8859-1", "UTF-8"][self.rng.usize(..2)]);
        }
        match self.rng.u8(..6) {
            0 => text.header("gpgsig", format!("{}\n{SIGNATURE}", self.word())),
            1 => text.header("gpgsig-sha256", SIGNATURE),
            _ => text,
        }
    }
}

impl Ground {
    /// What may be changed at `base`: what is still there at `main`.
    fn find(private: &Git, mirror: &Git, base: &Tree, main: &Tree) -> Self {
        let mut ground = Self { files: Vec::new(), parts: BTreeMap::new(), dirs: Vec::new() };
        let both = base.entries().iter().filter(|(path, _)| main.entries().contains_key(*path));
        for (path, entry) in both.filter(|(_, entry)| entry.mode.starts_with("100")) {
            let as_it_is = private.try_run(["cat-file", "-e", &entry.id.to_string()]);
            if !as_it_is.status.success() {
                let shown = mirror.bytes(["cat-file", "blob", &entry.id.to_string()]);
                ground.parts.insert(path.clone(), shown);
            }
            ground.files.push(path.clone());
            let end = path.iter().rposition(|&byte| byte == b'/');
            // Those of the root are public by their names: what stands beside them is not.
            let by_name = ["README.md", "LICENSE"].map(str::as_bytes);
            let dir = end.filter(|end| !by_name.contains(&&path[end + 1..]));
            let dir = dir.map(|end| path[..end].to_vec());
            ground.dirs.extend(dir);
        }
        ground.dirs.sort();
        ground.dirs.dedup();
        ground
    }
}

/// Whether a line at the end has nothing to do with the first one.
fn is_long(text: &[u8]) -> bool {
    text.ends_with(b"\n") && text.iter().filter(|&&byte| byte == b'\n').count() > 2
}

fn knows(history: &History, commit: ObjectId) -> bool {
    history.ancestors(history.find("contribution")).contains(&commit)
}
