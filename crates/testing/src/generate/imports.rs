// SPDX-License-Identifier: Apache-2.0
//! Commits that were made in public and brought in, and commits that only say so.

use std::collections::HashMap;

use repo_sync_shared::ObjectId;

use super::words::{NEVER, content, word};
use super::{Maker, change_private, change_public};
use crate::oracle::{Judgement, Oracle, Place};
use crate::repo::Repo;
use crate::text::{AUTHOR, CommitText, EPOCH, SIGNATURE};
use crate::tree::Tree;

/// Who commits on the host of the mirror.
const HOST: &str = "Host <noreply@host.example> 1800000000 +0000";

const HEADER: &str = "repo-sync-original";

/// A private commit before it records anything.
#[derive(Debug)]
struct Draft {
    id: ObjectId,
    text: CommitText,
    parents: Vec<ObjectId>,
    tree: Tree,
}

/// What became of a draft.
#[derive(Clone, Copy, Debug)]
struct Made {
    private: ObjectId,
    public: ObjectId,
}

impl Maker {
    /// Brings a few public commits in at the end of `main`; the last one may be forged.
    pub(super) fn import(&mut self, repo: &mut Repo) {
        let (base, _) = self.tip("main");
        let drafts: Vec<_> = (0..self.rng.usize(1..=4)).map(|_| self.draft()).collect();
        // Made as commits of our own first, to see what their originals must be.
        repo.extend(|_| self.history.clone());
        let mut oracle = Oracle::read(repo.scratch(), &repo.git_here(), "public");
        let judgement = oracle.judge();
        self.history.set_ref("refs/heads/main", base);
        let beside = self.rng.bool();
        let branch = if beside { format!("import/{}", self.branches.len()) } else { "main".into() };
        let mut made: HashMap<ObjectId, Made> = HashMap::new();
        let last = drafts.len() - 1;
        for (count, draft) in drafts.into_iter().enumerate() {
            let place = oracle.place(&judgement, draft.id).expect("`main` has a manifest");
            let private = |id: &ObjectId| made.get(id).map_or(*id, |made| made.private);
            let parents: Vec<ObjectId> = draft.parents.iter().map(private).collect();
            let Some(images) = images(&draft, &made, &judgement) else {
                // Nothing public to stand on.
                self.add(&branch, draft.text, &parents, draft.tree);
                break;
            };
            let is_forged = count == last && self.rng.u8(..3) == 0;
            let original = self.original(&draft.text, &place);
            let bytes = original.object(place.tree, &images, 0);
            let public = crate::object_id(crate::Kind::Commit, &bytes);
            let text = if is_forged {
                let root = repo.git(["rev-parse", &format!("{}^{{tree}}", draft.id)]);
                let root = root.parse().expect("git prints a full id");
                self.forged(draft.text, original, [root, place.tree], [&parents, &images])
            } else {
                self.imported(draft.text, &original, bytes)
            };
            let id = self.add(&branch, text, &parents, draft.tree);
            made.insert(draft.id, Made { private: id, public });
        }
        self.notes.insert("import");
        if beside {
            self.branches.push(branch.clone());
            self.merge_import(&branch);
        }
    }

    /// The next commit of `main`, as if it were our own.
    fn draft(&mut self) -> Draft {
        let (tip, tree) = self.tip("main");
        let mut parents = vec![tip];
        let tree = match self.rng.u8(..10) {
            0..=4 => change_public(&mut self.rng, &mut self.names, tree),
            5 => {
                let tree = change_public(&mut self.rng, &mut self.names, tree);
                change_private(&mut self.rng, &mut self.names, tree)
            }
            6 => change_private(&mut self.rng, &mut self.names, tree),
            7 => tree,
            _ => {
                let other = *self.rng.choice(&self.commits).expect("there is a root");
                parents.push(other);
                let tree = self.history.merged(tree, tip, other);
                self.with_manifest("main", tree, &parents)
            }
        };
        let mut text = self.text("imported");
        let clock = EPOCH + self.rng.u64(..1_000_000);
        text.author.get_or_insert_with(|| format!("{AUTHOR} {clock} +0000").into_bytes());
        let id = self.history.add(text.clone(), &parents, tree.clone());
        self.history.set_ref("refs/heads/main", id);
        Draft { id, text, parents, tree }
    }

    /// The public commit that would have become this private one.
    fn original(&mut self, text: &CommitText, place: &Place) -> CommitText {
        let author = text.author.clone().expect("a draft has an author");
        let mut original = CommitText::raw("original", place.message.clone());
        original = original.author(author).committer(HOST);
        let encoding = text.headers.iter().filter(|(name, _)| name == "encoding");
        original.headers.extend(encoding.cloned());
        match self.rng.u8(..6) {
            0 => original.header("gpgsig", format!("of the host\n{SIGNATURE}\n \n")),
            1 => original.header("gpgsig-sha256", "of the host"),
            _ => original,
        }
    }

    /// An import as it is made: only the committer is another.
    fn imported(&mut self, text: CommitText, original: &CommitText, bytes: Vec<u8>) -> CommitText {
        let mut text = text.header(HEADER, bytes);
        if self.rng.bool() {
            text.message.clone_from(&original.message);
        }
        if self.rng.u8(..4) == 0 {
            text.committer.clone_from(&original.committer);
        }
        text
    }

    /// A commit that says it is an import, and is none.
    fn forged(
        &mut self,
        text: CommitText,
        original: CommitText,
        [root, tree]: [ObjectId; 2],
        [parents, images]: [&[ObjectId]; 2],
    ) -> CommitText {
        let never = word(&mut self.rng, NEVER);
        let sound = original.object(tree, images, 0);
        let end = sound.windows(2).position(|two| two == b"\n\n").expect("it has a message");
        let (head, message) = sound.split_at(end + 1);
        let longer = |more: &str| [head, more.as_bytes(), message].concat();
        let bytes = match self.rng.u8(..14) {
            // The private tree, the private parent.
            0 => original.object(root, images, 0),
            1 => original.object(tree, parents, 0),
            2 => original.object(tree, &images.repeat(2), 0),
            3 => original.object(tree, &[], 0),
            4 => original.author(format!("{never} <a@b> 1 +0000")).object(tree, images, 0),
            5 => CommitText { message: never.into_bytes(), ..original }.object(tree, images, 0),
            6 => [&sound[..], b"\n"].concat(),
            // No commit that every reader reads alike.
            7 => longer(&format!("author {never} <a@b> 1 +0000\n")),
            8 => longer("encoding a\nencoding b\n"),
            9 => content(&mut self.rng, NEVER).into_iter().filter(|&byte| byte != 0).collect(),
            10 => head.to_vec(),
            // No record.
            11 => return text.header(HEADER, sound.clone()).header(HEADER, sound),
            12 => return text.header("Repo-Sync-Original", sound),
            _ => {
                let mut text = text;
                text.message.extend(format!("\n\n{HEADER} ").into_bytes());
                text.message.extend(sound);
                return text;
            }
        };
        text.header(HEADER, bytes)
    }

    /// Merges a branch of imports, after something else came on `main`.
    fn merge_import(&mut self, branch: &str) {
        let (tip, tree) = self.tip("main");
        let tree = change_public(&mut self.rng, &mut self.names, tree);
        let tip = if self.rng.bool() { self.ordinary("main", "change", tip, tree) } else { tip };
        let (other, _) = self.tip(branch);
        let tree = self.history.merged(self.history.tree_of(tip).clone(), tip, other);
        let tree = self.with_manifest("main", tree, &[tip, other]);
        let text = self.text("merge");
        self.add("main", text, &[tip, other], tree);
    }
}

/// The images of a draft's parents, if all have one.
fn images(
    draft: &Draft,
    made: &HashMap<ObjectId, Made>,
    judgement: &Judgement,
) -> Option<Vec<ObjectId>> {
    let image = |id: &ObjectId| match made.get(id) {
        Some(made) => Some(made.public),
        None => judgement.heirs.get(id).copied(),
    };
    draft.parents.iter().map(image).collect()
}
