// SPDX-License-Identifier: Apache-2.0
//! The second opinion: what the engine is about to publish, or a mirror shows,
//! found out anew from the private repository and the contract alone.
//!
//! The engine hands over what it [claims](Claims) as plain data, and the verifier
//! believes none of it: [`audit_store`] looks at a staging store before a push,
//! [`audit_mirror`] at a copy of a mirror. Both read every object there is, hash it
//! again, and know for each why it is there.
//!
//! Nothing here uses the engine's filter, its patterns, its manifests, its messages
//! or its replay: two readings of the contract that share code share its mistakes.
//! Shared are only the reader of private objects, the hash, the `git` program and
//! the words of reports. Plain code is worth more here than fast code.
//!
//! A commit is judged by itself: from its own bytes, the manifest in force for it,
//! and the claimed images of its parents, which are judged in the same way or are
//! public already. So the map as a whole is right if each of its lines is.

mod claims;
mod crates;
mod filter;
mod fold;
mod force;
mod graph;
mod history;
mod images;
mod judge;
mod locked;
mod manifest;
mod mirror;
mod object;
mod original;
mod packed;
mod pattern;
mod people;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod readings;
mod scissors;
mod sections;
mod shares;
mod staged;
mod stop;
mod store;
mod tags;
mod text;
mod trailers;
mod workspaces;

#[cfg(test)]
mod filter_tests;
#[cfg(test)]
mod independence;
#[cfg(test)]
mod packed_tests;

pub use claims::{Claims, CommitClaim, PolicyAt, RefClaim, Since};
pub use mirror::audit_mirror;
pub use staged::audit_store;
pub use store::StoreView;

pub(crate) use manifest::{Rules, Sight};
pub(crate) use pattern::Path;

use repo_sync_shared::{Audit, Finding, PublicCommit};

use crate::error::RunError;
use crate::git::Objects;
use judge::{finding, text_of};
use stop::Stop;

/// What an audit came to.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What was looked at, in numbers.
    pub audit: Audit,
    /// Where the engine and the verifier differ; empty if they agree.
    pub findings: Vec<Finding>,
    /// What a person should know all the same.
    pub warnings: Vec<Finding>,
    /// Commits of a mirror that are not ours.
    pub foreign: Vec<PublicCommit>,
    /// Refs of a mirror that its manifest does not list, but for those that a forge
    /// keeps for itself.
    pub unlisted: Vec<Vec<u8>>,
}

/// As many findings as anybody reads.
const MOST_FINDINGS: usize = 100;

/// What is wrong where nobody looks at more than a part.
const PART: &str = "a part of the history does not say it";

/// The rules of the policy, as the verifier reads them; or what is wrong with them.
///
/// # Errors
/// The manifest cannot be read from the repository.
pub(crate) fn rules_at(
    objects: &Objects<'_>,
    policy: &PolicyAt,
    mirror: &str,
) -> Result<Result<Rules, String>, RunError> {
    let rules = text_of(objects, policy).and_then(|text| {
        let rules = Rules::read(&text, &[mirror.to_owned()]).map_err(Stop::Unsound)?;
        rules.ok_or_else(|| Stop::unsound("the manifest does not name the mirror"))
    });
    match rules {
        Ok(rules) => Ok(Ok(rules)),
        Err(Stop::Unsound(fault)) => Ok(Err(fault)),
        Err(Stop::Narrow) => Ok(Err(PART.to_owned())),
        Err(Stop::Run(err)) => Err(*err),
    }
}

/// An audit that could not go on has found something, unless the run has to end.
fn settled(verdict: Result<Verdict, Stop>) -> Result<Verdict, RunError> {
    match verdict {
        Ok(mut verdict) => {
            let more = verdict.findings.len().saturating_sub(MOST_FINDINGS);
            if more > 0 {
                verdict.findings.truncate(MOST_FINDINGS);
                verdict.findings.push(finding(None, None, format!("there are {more} more")));
            }
            Ok(verdict)
        }
        Err(Stop::Run(err)) => Err(*err),
        Err(Stop::Narrow) => settled(Err(Stop::unsound(PART))),
        Err(Stop::Unsound(fault)) => {
            Ok(Verdict { findings: vec![finding(None, None, fault)], ..Verdict::default() })
        }
    }
}
