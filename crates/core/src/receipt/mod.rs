// SPDX-License-Identifier: Apache-2.0
//! What a sync did, as a statement that others can check.
//!
//! The statement is in-toto's (<https://github.com/in-toto/attestation/blob/main/spec/v1>)
//! with a predicate of ours. It may be shown to everyone: no name and no id of the
//! private side is in it. What ties it to a private commit is a keyed hash, whose key
//! stays in the private repository.

mod check;
mod objects;
mod salt;
mod signature;

use std::collections::BTreeMap;

use repo_sync_shared::{Check, Level, ObjectId, PublicCommit, escape_bytes};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::RunError;
use crate::git::Address;
use crate::hex::hex;
use crate::plan::Plan;
use crate::policy::manifest_at;
use crate::replay::ALGORITHM;
use crate::session::Session;

pub use check::{Checked, check};
pub use salt::Salt;
pub use signature::{is_signed, sign};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "urn:repo-sync:publish:v1";

/// A statement about what the refs of a mirror show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Predicate,
}

/// A ref of the mirror, and the object that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: BTreeMap<String, ObjectId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Predicate {
    engine_version: String,
    algorithm: u32,
    manifest_digest: Sha256Digest,
    refs: Vec<RefState>,
    /// How many commits the refs reach now and did not reach before.
    commit_count: u64,
    new_objects: ObjectSet,
    checks: BTreeMap<String, CheckRun>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sha256Digest {
    sha256: String,
}

/// A ref before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RefState {
    name: String,
    before: Option<ObjectId>,
    after: ObjectId,
    /// The commit that `after` is or names.
    commit: PublicCommit,
    tree: ObjectId,
    /// The keyed hash of the private commit whose image that is; nothing for a commit
    /// that only the mirror has.
    private_commitment: Option<String>,
}

/// Objects by their number and a digest of their sorted ids, one a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectSet {
    count: u64,
    sha256: String,
}

/// What became of a check: nothing was published while one refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CheckRun {
    result: CheckResult,
    waived: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CheckResult {
    Passed,
    Warned,
    Off,
}

impl Statement {
    /// What a run did that published its plan, or had nothing to publish.
    ///
    /// # Errors
    /// An object cannot be read any more.
    pub fn of(
        session: &mut Session<'_>,
        plan: &Plan,
        address: &Address,
        salt: &Salt,
    ) -> Result<Self, RunError> {
        // A path is named by itself, not by the private directory that it was found from.
        let place = match address {
            Address::Path(path) => {
                Address::Path(path.canonicalize().unwrap_or_else(|_| path.clone()))
            }
            Address::Url(_) => address.clone(),
        };
        let mut refs = Vec::new();
        let mut subject = Vec::new();
        let mut reach = objects::Reach::default();
        for update in &plan.refs {
            let Some(after) = update.new else { continue };
            let images = &session.replay.images;
            let image_of = |id: ObjectId| {
                let tag = plan.annotated.iter().find(|(tag, _)| *tag == id);
                tag.map(|(_, image)| *image).or_else(|| images.number(PublicCommit::new(id)))
            };
            let Some(image) = image_of(after) else { continue };
            let commit = images.id(image);
            let is_tag = commit.id() != after;
            reach.after(image, is_tag.then_some(after));
            if let Some(before) = update.expected.and_then(image_of) {
                reach.before(before, is_tag.then_some(after));
            }
            let kind = if is_tag { "gitTag" } else { "gitCommit" };
            let name = escape_bytes(&update.name);
            subject.push(Subject {
                name: format!("{place}#{name}"),
                digest: BTreeMap::from([(kind.to_owned(), after)]),
            });
            let private = images.shown_by(image);
            refs.push(RefState {
                name,
                before: update.expected,
                after,
                commit,
                tree: images.tree(image).id(),
                private_commitment: private
                    .map(|commit| salt.commitment(session.replay.history.id(commit))),
            });
        }
        let (commit_count, new_objects) = reach.count(session)?;
        let manifest = match &session.policy.stand_in {
            Some(file) => file.text.clone(),
            None => manifest_at(session.replay.objects(), session.policy.tip)?,
        };
        Ok(Self {
            kind: STATEMENT.to_owned(),
            subject,
            predicate_type: PREDICATE.to_owned(),
            predicate: Predicate {
                engine_version: env!("CARGO_PKG_VERSION").to_owned(),
                algorithm: ALGORITHM,
                manifest_digest: Sha256Digest { sha256: sha256(&manifest) },
                refs,
                commit_count,
                new_objects,
                checks: checks(session, plan),
            },
        })
    }

    /// The bytes that are written, and signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a statement is plain data");
        bytes.push(b'\n');
        bytes
    }
}

/// Every check that judges what is published, and what became of it.
fn checks(session: &Session<'_>, plan: &Plan) -> BTreeMap<String, CheckRun> {
    let guard = &session.policy.mirror.guard;
    let run = |&check: &Check| {
        let off = check.default_level().is_some() && guard.level(check) == Level::Off;
        let warned = plan.warnings.iter().any(|warning| warning.check == check);
        let result = match (off, warned) {
            (true, _) => CheckResult::Off,
            (false, true) => CheckResult::Warned,
            (false, false) => CheckResult::Passed,
        };
        let waived = plan.waived.get(&check).copied().unwrap_or_default();
        (check.name().to_owned(), CheckRun { result, waived })
    };
    // A push by hand is no part of a sync.
    let judged = |check: &&Check| !check.is_notice() && **check != Check::RawPush;
    Check::ALL.iter().filter(judged).map(run).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
