// SPDX-License-Identifier: Apache-2.0
//! The commits of a generated history that change what is public.

use repo_sync_shared::ObjectId;

use super::Maker;

impl Maker {
    pub(super) fn edit_manifest(&mut self) {
        if self.adoption.is_none() {
            return self.adopt();
        }
        let label = self.manifest.edit(&mut self.rng);
        if self.manifest.mirror == "former" && self.rng.u8(..3) == 0 {
            self.manifest.rename();
        }
        self.commit_manifest(label);
    }

    /// The commit after which `main` has a manifest that names the mirror.
    pub(super) fn adopt(&mut self) {
        if self.other_first {
            self.other_first = false;
            let (tip, tree) = self.tip("main");
            let text = self.manifest.text(None);
            let other = text.replace(&format!("mirror.{}", self.manifest.mirror), "mirror.other");
            let id = self.ordinary("main", "another mirror", tip, tree.file("sync.toml", other));
            self.policy_commits.insert(id);
        }
        let id = self.commit_manifest("adopt");
        self.adopted(id);
    }

    pub(super) fn adopted(&mut self, id: ObjectId) {
        self.adoption = Some((id, self.manifest.text(None)));
        self.policy_commits.insert(id);
    }

    pub(super) fn commit_manifest(&mut self, label: &'static str) -> ObjectId {
        let (tip, tree) = self.tip("main");
        let text = self.manifest.text(self.adopt);
        self.masked |= self.manifest.mask;
        let tree = tree.file("sync.toml", text);
        let id = self.ordinary("main", label, tip, tree);
        self.policy_commits.insert(id);
        self.notes.insert(label);
        id
    }

    /// A commit with a manifest that nobody can read, and the one that mends it.
    pub(super) fn break_manifest(&mut self) {
        if self.adoption.is_none() {
            return;
        }
        let (tip, tree) = self.tip("main");
        let broken = if self.rng.bool() {
            tree.clone().file("sync.toml", "version = ")
        } else {
            tree.clone().delete("sync.toml")
        };
        let id = self.ordinary("main", "broken manifest", tip, broken);
        self.broken.push(id);
        self.commits.pop();
        self.ordinary("main", "mended manifest", id, tree);
        self.notes.insert("broken manifest");
    }
}
