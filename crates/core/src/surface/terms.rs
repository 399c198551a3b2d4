// SPDX-License-Identifier: Apache-2.0
//! A policy as a list of terms, and which of them loosen it.

use std::collections::BTreeSet;

use repo_sync_shared::{Check, Level};
use sha2::{Digest as _, Sha256};

use crate::manifest::{Mirror, WaiverScope, WithheldCommits};
use crate::message::{IdentityMode, MessageMode, QuotedIds};

/// What a change of a term does to the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loosens {
    /// The policy is looser with it than without.
    With,
    /// The policy is looser without it.
    Without,
    /// Nobody can say by looking at it: it counts either way.
    EitherWay,
}

/// One thing that a policy says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term {
    /// The thing, such as ``include `crates` ``.
    pub(super) text: String,
    /// What adding or removing it does.
    pub(super) loosens: Loosens,
}

/// All that the policy says of one mirror, sorted.
pub(super) fn terms(mirror: &Mirror) -> BTreeSet<Term> {
    let mut terms = BTreeSet::new();
    let mut add = |loosens, text: String| {
        terms.insert(Term { text, loosens });
    };
    let shape = &mirror.shape;
    for rule in shape.rules.include() {
        add(Loosens::With, format!("include `{}`", rule.pattern));
    }
    for rule in shape.rules.exclude() {
        add(Loosens::Without, format!("exclude `{}`", rule.pattern));
    }
    for rule in shape.rules.floor() {
        add(Loosens::Without, format!("private `{}`", rule.pattern));
    }
    for one in &shape.moves {
        add(Loosens::EitherWay, format!("move `{}` to `{}`", one.from, one.to));
    }
    match &shape.message {
        MessageMode::Keep => add(Loosens::With, "message `keep`".to_owned()),
        MessageMode::PublicSection => add(Loosens::Without, "message `public-section`".to_owned()),
        MessageMode::Replace(text) => add(Loosens::Without, format!("message `{text:?}`")),
    }
    if shape.quoted_ids == QuotedIds::Mask {
        add(Loosens::With, "message ids `mask`".to_owned());
    }
    match &shape.identity {
        IdentityMode::Keep => add(Loosens::With, "identity `keep`".to_owned()),
        IdentityMode::Mailmap(path) => {
            add(Loosens::EitherWay, format!("identity mailmap `{path}`"));
        }
        IdentityMode::AllowDomains(domains) => {
            add(Loosens::Without, "identity `allow-domains`".to_owned());
            for domain in domains {
                add(Loosens::With, format!("identity domain `{domain}`"));
            }
        }
        IdentityMode::Overwrite(who) => {
            add(Loosens::EitherWay, format!("identity overwrite `{who}`"));
        }
    }
    if shape.transform.cargo {
        add(Loosens::Without, "transform cargo".to_owned());
    }
    if let Some(markers) = &shape.transform.lines {
        add(Loosens::Without, format!("transform lines {markers}"));
    }
    for &check in Check::ALL.iter().filter(|check| check.default_level().is_some()) {
        match mirror.guard.level(check) {
            Level::Refuse => {}
            Level::Warn => add(Loosens::With, format!("guard `{check}` at most `warn`")),
            Level::Off => {
                add(Loosens::With, format!("guard `{check}` at most `warn`"));
                add(Loosens::With, format!("guard `{check}` `off`"));
            }
        }
    }
    for term in &mirror.check.terms {
        add(Loosens::Without, format!("check term `{}`", term.text));
    }
    for phrase in &mirror.check.phrases {
        add(Loosens::Without, format!("check phrase `{}`", phrase.text));
    }
    if let Some(path) = &mirror.check.gitleaks {
        add(Loosens::EitherWay, format!("check gitleaks `{path}`"));
    }
    for waiver in &mirror.waivers {
        let scope = match &waiver.scope {
            WaiverScope::Path(pattern) => format!("path `{pattern}`"),
            WaiverScope::Object(id) => format!("object `{id}`"),
            WaiverScope::Until(id) => format!("until `{id}`"),
        };
        let expires = waiver.expires.map(|day| format!(" to {day}")).unwrap_or_default();
        add(Loosens::With, format!("waiver `{}` {scope}{expires}", waiver.check));
    }
    for seam in &mirror.seams {
        let public = seam.public.map(|(commit, tree)| format!(" on `{commit}` `{tree}`"));
        let accept = seam.accept.map(|tree| format!(" accept `{tree}`"));
        let (public, accept) = (public.unwrap_or_default(), accept.unwrap_or_default());
        let text = format!("seam `{}`{public}{accept} {:?}", seam.private, seam.message);
        add(Loosens::EitherWay, text);
    }
    for one in &mirror.withhold {
        let text = match &one.commits {
            WithheldCommits::One(id) => format!("withhold `{id}`"),
            WithheldCommits::Range(after, to) => format!("withhold `{after}..{to}`"),
        };
        add(Loosens::Without, text);
    }
    if let Some(url) = &mirror.url {
        add(Loosens::EitherWay, format!("url `{url}`"));
    }
    add(Loosens::EitherWay, format!("first branch `{}`", mirror.branches.first));
    for pattern in &mirror.branches.rest {
        add(Loosens::With, format!("branches `{pattern}`"));
    }
    for pattern in &mirror.tags {
        add(Loosens::With, format!("tags `{pattern}`"));
    }
    if let Some(adopt) = &mirror.adopt {
        add(Loosens::EitherWay, format!("adopt `{adopt}`"));
    }
    terms
}

/// The terms as one word: `sha256:` and the digest of their texts, a line each.
pub(super) fn digest(terms: &BTreeSet<Term>) -> String {
    let mut sha256 = Sha256::new();
    for term in terms {
        sha256.update(term.text.as_bytes());
        sha256.update(b"\n");
    }
    let digits = sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("sha256:{digits}")
}

/// How `new` is looser than `old`, a line for each way.
pub(super) fn loosened(old: &BTreeSet<Term>, new: &BTreeSet<Term>) -> Vec<String> {
    let added = new.difference(old).filter(|term| term.loosens != Loosens::Without);
    let removed = old.difference(new).filter(|term| term.loosens != Loosens::With);
    let added = added.map(|term| format!("new: {}", term.text));
    added.chain(removed.map(|term| format!("gone: {}", term.text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    const BASE: &str = "version = 1\ninclude = [\"crates\"]\nexclude = [\"**/.env*\"]\nprivate = [\"secrets\"]\n\
                        [mirror.public]\nurl = \"https://example.com/a.git\"\ntags = [\"v*\"]\n";

    #[test]
    fn what_loosens_a_policy_is_told_from_what_tightens_it() {
        check("", "", &[]);
        check(
            "include = [\"crates\"]",
            "include = [\"crates\", \"docs\"]",
            &["new: include `docs`"],
        );
        check("include = [\"crates\"]", "include = []", &[]);
        check("exclude = [\"**/.env*\"]", "exclude = []", &["gone: exclude `**/.env*`"]);
        check("exclude = [\"**/.env*\"]", "exclude = [\"**/.env*\", \"x\"]", &[]);
        check("private = [\"secrets\"]", "", &["gone: private `secrets`"]);
        check(
            "a.git\"",
            "b.git\"",
            &["new: url `https://example.com/b.git`", "gone: url `https://example.com/a.git`"],
        );
        check("[\"v*\"]", "[\"v*\", \"x\"]", &["new: tags `x`"]);
        check(
            "[mirror.public]",
            "[guard]\nsecret = \"off\"\n[mirror.public]",
            &["new: guard `secret` `off`", "new: guard `secret` at most `warn`"],
        );
        check("[mirror.public]", "[guard]\nmixed-commit = \"refuse\"\n[mirror.public]", &[]);
        check("[mirror.public]", "[message]\nmode = \"public-section\"\n[mirror.public]", &[]);
        check(
            "[mirror.public]",
            "[message]\nids = \"mask\"\n[mirror.public]",
            &["new: message ids `mask`"],
        );
        let waiver = "[[waiver]]\ncheck = \"submodule\"\npath = \"crates/x\"\nreason = \"why\"\n[mirror.public]";
        check("[mirror.public]", waiver, &["new: waiver `submodule` path `crates/x`"]);
    }

    #[track_caller]
    fn check(from: &str, to: &str, expected: &[&str]) {
        let read = |text: &str| {
            let manifest = Manifest::parse(text.as_bytes(), "sync.toml").expect("the row is valid");
            terms(&manifest.mirrors[0])
        };
        let (old, new) = (read(BASE), read(&BASE.replace(from, to)));
        assert_eq!(loosened(&old, &new), expected, "{from} -> {to}");
        assert_eq!(digest(&old) == digest(&new), old == new);
    }
}
