// SPDX-License-Identifier: Apache-2.0
//! The checks by their stable names, and the level each one has.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a finding of a check does to the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Nothing is published.
    Refuse,
    /// The run goes on and says so.
    Warn,
    /// Not looked for.
    Off,
}

/// A word that is not a level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a level, expected `refuse`, `warn` or `off`")]
pub struct UnknownLevel(pub String);

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "warn" => Ok(Self::Warn),
            "off" => Ok(Self::Off),
            _ => Err(UnknownLevel(text.to_owned())),
        }
    }
}

/// A word that names no check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a check")]
pub struct UnknownCheck(pub String);

macro_rules! checks {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $level:expr;)*) => {
        /// A check, by the stable id that every report uses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Check { $($(#[doc = $doc])* $variant,)* }

        impl Check {
            /// Every check there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable id, such as `path-denied`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it finds, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii(),)* }
            }

            /// The level that a manifest may change, and its default; `None` for
            /// a check that always refuses and for a notice.
            pub const fn default_level(self) -> Option<Level> {
                match self { $(Self::$variant => $level,)* }
            }
        }
    };
}

const ALWAYS: Option<Level> = None;
const REFUSE: Option<Level> = Some(Level::Refuse);
const WARN: Option<Level> = Some(Level::Warn);

checks! {
    /// A new public commit adds or changes a path on the floor of the policy tip.
    PathDenied = "path-denied", ALWAYS;
    /// A new public commit adds or changes a path that the policy tip does not publish.
    PathNarrowed = "path-narrowed", REFUSE;
    /// A path meets the floor only after folding.
    PathAlias = "path-alias", ALWAYS;
    /// Two entries would stand on one public path, or differ only by folding.
    PathCollision = "path-collision", REFUSE;
    /// A public blob lived at a private path before.
    MovedFromPrivate = "moved-from-private", REFUSE;
    /// A public blob shares much text with private ones.
    SimilarToPrivate = "similar-to-private", WARN;
    /// A symbolic link points at a private path.
    SymlinkPrivate = "symlink-private", ALWAYS;
    /// A symbolic link leaves the repository.
    SymlinkEscape = "symlink-escape", REFUSE;
    /// A gitlink under a public path.
    Submodule = "submodule", REFUSE;
    /// A Git LFS pointer under a public path.
    LfsPointer = "lfs-pointer", REFUSE;
    /// An encrypted file under a public path.
    EncryptedFile = "encrypted-file", REFUSE;
    /// Public text names a private path or term.
    PrivateReference = "private-reference", REFUSE;
    /// A public manifest depends on a private package.
    PrivateDependency = "private-dependency", REFUSE;
    /// A public message or file quotes the id of a private commit.
    PrivateId = "private-id", REFUSE;
    /// A commit touches public and private paths alike.
    MixedCommit = "mixed-commit", WARN;
    /// A name or mail address outside the identity policy.
    Identity = "identity", REFUSE;
    /// A secret in public bytes.
    Secret = "secret", REFUSE;
    /// A proprietary licence in a public file.
    LicenceHeader = "licence-header", REFUSE;
    /// A blob that no check could read.
    UnscannedBlob = "unscanned-blob", REFUSE;
    /// One of our own markers in public text.
    LeftMarker = "left-marker", ALWAYS;
    /// A listed tag that does not name a commit.
    TagTarget = "tag-target", ALWAYS;
    /// A declared charset that is unknown or does not decode.
    Encoding = "encoding", REFUSE;
    /// A tree that git would not make.
    MalformedTree = "malformed-tree", ALWAYS;
    /// A commit that git would not make.
    MalformedCommit = "malformed-commit", ALWAYS;
    /// An object of another type than its place asks for.
    ObjectType = "object-type", ALWAYS;
    /// An object whose bytes do not match its id.
    ObjectCorrupt = "object-corrupt", ALWAYS;
    /// An object that is not there.
    ObjectMissing = "object-missing", ALWAYS;
    /// An entry mode that current git does not write.
    LegacyMode = "legacy-mode", REFUSE;
    /// A tree deeper than git reads.
    TreeDepth = "tree-depth", ALWAYS;
    /// A shallow clone lacks history that is needed.
    ShallowHistory = "shallow-history", ALWAYS;
    /// A grafted clone shows a history that nobody else sees.
    GraftedHistory = "grafted-history", ALWAYS;
    /// A new unrelated root on top of a published history.
    NewRoot = "new-root", REFUSE;
    /// The filtered tree is not the tree that a seam joins.
    SeamDiffers = "seam-differs", ALWAYS;
    /// Commits that the upstream does not hold.
    Unpushed = "unpushed", ALWAYS;
    /// A commit whose manifest cannot be read.
    ManifestInvalid = "manifest-invalid", ALWAYS;
    /// A commit without a manifest although an ancestor has one.
    ManifestMissing = "manifest-missing", ALWAYS;
    /// The policy was loosened without a reviewed line.
    PolicyWidened = "policy-widened", REFUSE;
    /// A commit on the mirror that is not ours.
    ForeignCommit = "foreign-commit", ALWAYS;
    /// A private commit records an original that an image of ours could not be, and the mirror
    /// does not hold it.
    OriginalUnheld = "original-unheld", ALWAYS;
    /// A public commit to import stands on nothing that was published from here.
    ImportBase = "import-base", ALWAYS;
    /// A public commit to import changes what is not public here.
    ImportPath = "import-path", ALWAYS;
    /// A public commit to import changes what runs on a machine, or a file with private parts,
    /// and nobody allowed it.
    ImportGuarded = "import-guarded", ALWAYS;
    /// A public commit to import is not signed off by its author.
    ImportSignoff = "import-signoff", ALWAYS;
    /// A ref on the mirror that is not ours.
    UnknownPublicRef = "unknown-public-ref", WARN;
    /// A push by hand to a mirror of what no sync would send.
    RawPush = "raw-push", ALWAYS;
    /// The public tree does not build, test or load without the private one.
    Standalone = "standalone", ALWAYS;
    /// The independent verifier came to another result.
    VerifierDisagrees = "verifier-disagrees", ALWAYS;
    /// Notice: a pattern of the manifest matches nothing.
    PatternUnmatched = "pattern-unmatched", ALWAYS;
    /// Notice: a transform of the manifest that changes nothing.
    TransformIdle = "transform-idle", ALWAYS;
    /// Notice: a waiver that no finding needed.
    WaiverUnused = "waiver-unused", ALWAYS;
    /// Notice: a public tag stays as it is although the private one differs.
    TagKept = "tag-kept", ALWAYS;
    /// Notice: a listed tag stays private because its commit is.
    TagPrivate = "tag-private", ALWAYS;
    /// Notice: a private branch stands behind its public one.
    BranchBehind = "branch-behind", ALWAYS;
    /// Notice: a branch pattern or name that no private branch matches any more.
    BranchGone = "branch-gone", ALWAYS;
    /// Notice: paths that leave the public tree; their past stays public.
    NowPrivate = "now-private", ALWAYS;
    /// Notice: a commit that was imported is published anew, under another id.
    OriginalUnused = "original-unused", ALWAYS;
    /// Notice: the cache could not be used; the run was slower, not different.
    CacheUnavailable = "cache-unavailable", ALWAYS;
    /// Notice: an extension point could not take what it was told; the run was the same.
    ListenerFailed = "listener-failed", ALWAYS;
}

impl Check {
    /// Whether it only ever tells, and never refuses.
    pub const fn is_notice(self) -> bool {
        matches!(
            self,
            Self::PatternUnmatched
                | Self::TransformIdle
                | Self::WaiverUnused
                | Self::TagKept
                | Self::TagPrivate
                | Self::BranchBehind
                | Self::BranchGone
                | Self::NowPrivate
                | Self::OriginalUnused
                | Self::CacheUnavailable
                | Self::ListenerFailed
        )
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Check {
    type Err = UnknownCheck;

    fn from_str(text: &str) -> Result<Self, UnknownCheck> {
        Self::ALL
            .iter()
            .copied()
            .find(|check| check.name() == text)
            .ok_or_else(|| UnknownCheck(text.to_owned()))
    }
}

impl Serialize for Check {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_found_by_its_name() {
        for &check in Check::ALL {
            assert_eq!(check.name().parse(), Ok(check));
        }
        assert!("path-denid".parse::<Check>().is_err());
    }
}
