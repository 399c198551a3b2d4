// SPDX-License-Identifier: Apache-2.0
//! Manifests that change in the course of a history.
//!
//! Whatever happens, the floor only shrinks: a path that an older manifest
//! published and a later floor denies would be refused, rightly.

use std::fmt::Write as _;

use fastrand::Rng;
use repo_sync_shared::ObjectId;

/// A `sync.toml` to be.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) mirror: &'static str,
    pub(crate) was: bool,
    include: Vec<&'static str>,
    exclude: Vec<&'static str>,
    floor: Vec<&'static str>,
    moves: Vec<(&'static str, &'static str)>,
    pub(crate) mask: bool,
    replace: Option<&'static str>,
    /// Whether public files have private sections.
    pub(crate) sections: bool,
    /// The lists stand in the mirror's table instead of beside it.
    own_lists: bool,
    pub(crate) branches: Vec<&'static str>,
    /// What the policy tip says besides.
    pub(crate) endings: String,
}

/// Checks whose findings are not the matter here: the laws are about histories
/// that are published.
const OFF: [&str; 20] = [
    "path-narrowed",
    "moved-from-private",
    "similar-to-private",
    "private-reference",
    "private-dependency",
    "private-id",
    "mixed-commit",
    "submodule",
    "lfs-pointer",
    "encrypted-file",
    "symlink-escape",
    "identity",
    "secret",
    "licence-header",
    "unscanned-blob",
    "encoding",
    "legacy-mode",
    "new-root",
    "policy-widened",
    "unknown-public-ref",
];

const MOVES: [&[(&str, &str)]; 7] = [
    &[],
    &[("docs/public", "docs")],
    &[("src", ""), ("docs", "manual")],
    &[("", "all"), ("docs/public", "docs/")],
    &[("lib", "pkg/lib"), ("lib/deep", "deep")],
    &[("src/", "code"), ("README.md", "docs/README.md")],
    &[("", "x/y"), ("src", "")],
];

impl Manifest {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let mut include = vec!["src", "{LICENSE,COPYING}", "*.md"];
        include.push(if rng.bool() { "docs" } else { "docs/**" });
        if rng.bool() {
            include.push("lib/");
        }
        if rng.u8(..3) == 0 {
            include.push("l[h-j!]b/{d[a-f]?p,**/n?}*");
        }
        let mut exclude = vec!["docs/internal", "**/*.key", "Cloud"];
        if rng.u8(..4) == 0 {
            exclude.push("src/**/E?/N[0-9]*.rs");
        }
        if rng.bool() {
            // Folded, this is `docs/drafts`.
            exclude.push("Docs/DRAFTS");
        }
        let mut floor = vec!["secrets"];
        if rng.bool() {
            floor.push("lab");
        }
        Self {
            mirror: "public",
            was: false,
            include,
            exclude,
            floor,
            moves: MOVES[rng.usize(..MOVES.len())].to_vec(),
            mask: rng.u8(..4) == 0,
            sections: false,
            replace: (rng.u8(..30) == 0).then_some("Internal change"),
            own_lists: rng.u8(..4) == 0,
            branches: if rng.u8(..3) == 0 { vec!["main"] } else { vec!["main", "release/*"] },
            endings: String::new(),
        }
    }

    /// Changes what is public, and says what it did.
    pub(crate) fn edit(&mut self, rng: &mut Rng) -> &'static str {
        match rng.u8(..12) {
            0..=4 if !self.include.contains(&"lab") => {
                self.floor.retain(|&entry| entry != "lab");
                self.include.push("lab");
                "show the lab"
            }
            0..=2 => {
                self.include.retain(|&entry| entry != "lab");
                "hide the lab"
            }
            3..=5 => toggle(&mut self.include, "lib/", "show or hide the library"),
            6..=8 => toggle(&mut self.exclude, "docs/internal", "show or hide the notes"),
            9 => {
                self.moves = MOVES[rng.usize(..MOVES.len())].to_vec();
                "move"
            }
            10 => {
                self.mask = !self.mask;
                "other ids"
            }
            _ => {
                self.own_lists = !self.own_lists;
                "the same in other words"
            }
        }
    }

    /// Goes on under a new name for the mirror.
    pub(crate) fn rename(&mut self) {
        self.mirror = "public";
        self.was = true;
    }

    pub(crate) fn withhold(&mut self, commits: &str) {
        write_to(&mut self.endings, format_args!("[[withhold]]\ncommits = \"{commits}\"\n"));
        self.endings.push_str("reason = \"not for the public\"\n");
    }

    pub(crate) fn seam(&mut self, private: ObjectId, keys: &[(&str, String)]) {
        write_to(&mut self.endings, format_args!("[[seam]]\nprivate = \"{private}\"\n"));
        for (key, value) in keys {
            write_to(&mut self.endings, format_args!("{key} = \"{value}\"\n"));
        }
    }

    pub(crate) fn text(&self, adopt: Option<ObjectId>) -> String {
        let mut out = String::from("version = 1\n");
        let own_move = format!("[[mirror.{}.move]]", self.mirror);
        let (keys, moves) = self.lists(if self.own_lists { &own_move } else { "[[move]]" });
        write_to(&mut out, format_args!("private = {:?}\n", self.floor));
        if let Some(id) = adopt {
            write_to(&mut out, format_args!("adopt = \"{id}\"\n"));
        }
        if self.own_lists {
            // Not what counts: the mirror has its own.
            out.push_str("include = [\"attic\"]\nexclude = [\"src\"]\n");
        } else {
            out.push_str(&keys);
        }
        write_to(&mut out, format_args!("[mirror.{}]\n", self.mirror));
        out.push_str("url = \"https://example.com/acme/widget.git\"\ntags = [\"v*\"]\n");
        write_to(&mut out, format_args!("branches = {:?}\n", self.branches));
        if self.was {
            out.push_str("was = [\"former\"]\n");
        }
        if self.own_lists {
            out.push_str(&keys);
        }
        out.push_str(&moves);
        out.push_str("[message]\n");
        if self.mask {
            out.push_str("ids = \"mask\"\n");
        }
        if let Some(text) = self.replace {
            write_to(&mut out, format_args!("mode = \"replace\"\ntext = \"{text}\"\n"));
        }
        if self.sections {
            out.push_str("[transform]\nlines = { begin = \"repo-sync: private\", ");
            out.push_str("end = \"repo-sync: end\" }\n");
        }
        out.push_str("[guard]\n");
        for check in OFF {
            write_to(&mut out, format_args!("{check} = \"off\"\n"));
        }
        out.push_str(&self.endings);
        out
    }

    fn lists(&self, header: &str) -> (String, String) {
        let keys = format!("include = {:?}\nexclude = {:?}\n", self.include, self.exclude);
        let mut moves = String::new();
        for (from, to) in &self.moves {
            write_to(&mut moves, format_args!("{header}\nfrom = {from:?}\nto = {to:?}\n"));
        }
        (keys, moves)
    }
}

fn toggle(list: &mut Vec<&'static str>, entry: &'static str, said: &'static str) -> &'static str {
    let before = list.len();
    list.retain(|&known| known != entry);
    if list.len() == before {
        list.push(entry);
    }
    said
}

fn write_to(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String cannot fail");
}
