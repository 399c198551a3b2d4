// SPDX-License-Identifier: Apache-2.0
//! How often each case of the contract occurred.
//!
//! Counted by the oracle while it judges, not by the generator that meant to make
//! them: a law that was never put to the test is not one.

use std::collections::BTreeMap;
use std::fmt;

macro_rules! rows {
    ($($(#[$doc:meta])* $row:ident = $name:literal;)*) => {
        /// A case of the contract's rules about the public history.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Row { $($(#[$doc])* $row,)* }

        impl Row {
            /// Every case there is.
            pub const ALL: &[Self] = &[$(Self::$row,)*];

            /// The cases that one history cannot show: they need a second run.
            pub const OF_RUNS: &[Self] =
                &[Self::NothingChanges, Self::Rewound, Self::SameImages, Self::Diverged];

            /// The case in words.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$row => $name,)* }
            }
        }
    };
}

rows! {
    /// An ordinary commit with a public change.
    Ordinary = "ordinary commit: published";
    /// A commit whose message has no final newline.
    NoFinalNewline = "ordinary commit: no final newline";
    /// A commit whose message is not UTF-8.
    BytesInMessage = "ordinary commit: message of any bytes";
    /// A quoted id that became that of an image.
    QuotedId = "ordinary commit: quoted id rewritten";
    /// A quoted id that became zeros.
    MaskedId = "ordinary commit: quoted id masked";
    /// A commit that changed nothing.
    WasEmpty = "empty: was empty, dropped";
    /// A commit that changed nothing public.
    BecameEmpty = "empty: became empty, dropped";
    /// An empty commit with the trailer.
    EmptyKept = "empty: kept by its trailer";
    /// A root with the trailer and nothing public.
    EmptyRoot = "empty: never as a root";
    /// A merge with a parent that has no image.
    MergeParentWithoutImage = "merge: a parent without an image goes";
    /// A merge whose first parent has no image.
    MergeFirstVanished = "merge: the next parent is promoted";
    /// A merge with two parents of one image.
    MergeDuplicates = "merge: duplicates join";
    /// A merge with a parent whose inherited image another one knows.
    MergeInheritedAncestor = "merge: an inherited ancestor goes";
    /// A merge of two.
    MergeKept = "merge: kept";
    /// A merge of more.
    OctopusKept = "merge: octopus kept";
    /// A merge with the tree of its first parent.
    MergeKeptEqual = "merge: kept though its tree is the first parent's";
    /// A merge with one parent left and a change.
    MergeOrdinary = "merge: one parent left, published";
    /// A merge with nothing left.
    MergeDropped = "merge: one parent left, dropped";
    /// A public history with several roots.
    SeveralRoots = "root commits: several are kept";
    /// A commit with headers that no mirror shows.
    HeadersDropped = "headers: signatures and unknown ones dropped";
    /// A commit with a declared charset.
    EncodingKept = "headers: encoding kept";
    /// A directory that is public as it is.
    TreeWhole = "trees: wholly public, kept by id";
    /// A directory that is public in part.
    TreeCut = "trees: filtered";
    /// A directory that filtering empties.
    TreeGoes = "trees: emptied by filtering, gone";
    /// A directory that was empty.
    EmptyTreeStays = "trees: was empty, stays";
    /// An executable file.
    Executable = "trees: executable";
    /// A symbolic link.
    Symlink = "trees: symbolic link";
    /// A gitlink.
    Gitlink = "trees: gitlink";
    /// A mode that current git does not write.
    LegacyMode = "trees: legacy mode kept";
    /// A path that is not UTF-8.
    BytesInPath = "trees: path of any bytes";
    /// A file that became a directory, or the other way round.
    FileDirectorySwap = "trees: file and directory swapped";
    /// A file with a private section.
    SectionCut = "files: private section cut";
    /// A path that lands elsewhere.
    Moved = "trees: moved";
    /// An imported commit whose original is its image.
    Original = "import: the original is the image";
    /// An original with a signature.
    OriginalSigned = "import: a signed original";
    /// An original with several parents.
    OriginalMerge = "import: a merge";
    /// An original that changes nothing.
    OriginalEmpty = "import: kept though its tree is its parent's";
    /// An original whose message is the public form of the private one.
    OriginalQuotes = "import: the message is public in another form";
    /// A record that is not believed.
    RecordForged = "import: a forged record, an ordinary commit";
    /// A lightweight tag.
    TagLightweight = "tags: lightweight";
    /// An annotated tag.
    TagAnnotated = "tags: annotated, rebuilt";
    /// A signed tag.
    TagSigned = "tags: signature cut";
    /// A tag without a tagger.
    TagAnonymous = "tags: without a tagger";
    /// A tag whose message quotes an id.
    TagQuotesId = "tags: quoted id rewritten";
    /// A tag on a dropped commit.
    TagOnDropped = "tags: on a dropped commit, private";
    /// A tag on a commit of no listed branch.
    TagOffBranch = "tags: off the listed branches, private";
    /// A tag that the mirror does not list.
    TagUnlisted = "tags: not listed, private";
    /// Several branches.
    BranchesListed = "branches: several listed";
    /// A branch whose tip was dropped.
    BranchTipDropped = "branches: the tip was dropped";
    /// A branch without any image.
    BranchAbsent = "branches: nothing of it is public";
    /// A file that came from a private path.
    PrivateToPublic = "path moved from private to public";
    /// A file that went to a private path.
    PublicToPrivate = "path moved from public to private";
    /// A manifest that shows more than before.
    Widened = "manifest widened";
    /// A manifest that shows less than before.
    Narrowed = "manifest narrowed";
    /// A commit from before the manifest.
    BeforeManifest = "adoption manifest: commits before it";
    /// A commit that no manifest speaks of.
    SaysNothing = "adoption manifest: merged in from elsewhere, dropped";
    /// A published history that only grows.
    NothingChanges = "a published id never changes";
    /// A private branch that was wound back.
    Rewound = "private branch rewritten: behind the mirror";
    /// A private branch whose rewriting changes no image.
    SameImages = "private branch rewritten: the images are the same";
    /// A private branch whose rewriting changes images.
    Diverged = "private branch rewritten: diverged";
    /// A seam that begins a history.
    SeamRoot = "seam: a new root";
    /// A seam on a public commit with the same tree.
    SeamEqual = "seam: the public commit itself";
    /// A seam on a public commit with another tree.
    SeamDiffers = "seam: accepted on a public commit";
    /// A seam that descends from another.
    SeamAfterSeam = "seam: descends from another";
    /// A commit behind the seams.
    BehindSeam = "seam: what is behind is dropped";
    /// A withheld commit.
    Withheld = "withheld: no image";
    /// A commit on top of a withheld one.
    WithheldArrives = "withheld: arrives with the next";
}

/// How often each case occurred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    counts: BTreeMap<Row, u64>,
}

impl Census {
    /// One more.
    pub fn count(&mut self, row: Row) {
        *self.counts.entry(row).or_default() += 1;
    }

    /// One more, if it is so.
    pub fn count_if(&mut self, so: bool, row: Row) {
        if so {
            self.count(row);
        }
    }

    /// How often it occurred.
    pub fn get(&self, row: Row) -> u64 {
        self.counts.get(&row).copied().unwrap_or_default()
    }

    /// Adds another count to this one.
    pub fn add(&mut self, other: &Self) {
        for (&row, count) in &other.counts {
            *self.counts.entry(row).or_default() += count;
        }
    }

    /// Those of `rows` that occurred less often than `bound`.
    pub fn below(&self, rows: impl IntoIterator<Item = Row>, bound: u64) -> Vec<&'static str> {
        let rare = rows.into_iter().filter(|&row| self.get(row) < bound);
        rare.map(|row| row.name()).collect()
    }
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counts.iter().try_for_each(|(row, count)| writeln!(f, "{count:>8}  {}", row.name()))
    }
}
