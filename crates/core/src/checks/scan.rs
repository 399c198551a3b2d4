// SPDX-License-Identifier: Apache-2.0
//! Secrets: every new file, link target, message and name through the scanner.

use repo_sync_shared::{Check, Level};

use super::secrets::{Hit, RuleSet, Scanner};
use super::{Look, NewBlob, NewText};
use crate::error::RunError;
use crate::object::{EntryKind, Kind};
use crate::report::{RawFinding, Weight};
use crate::session::Session;
use crate::tree::entry_at;

/// Where users of gitleaks keep their rules.
const USUAL_RULES: &str = ".gitleaks.toml";

/// The scanner, or why there is none.
pub(super) enum Secrets {
    /// Looks at all there is.
    Scan(Box<Scanner>),
    /// The manifest does not want it.
    Off,
    /// The rules cannot be used, and so nothing can pass.
    Broken(RawFinding),
}

/// The rules that the policy tip asks for, before they are compiled.
pub(super) struct Wanted {
    is_off: bool,
    /// The file of rules, and whether the manifest names it.
    path: String,
    is_stated: bool,
    /// Its bytes, if it is there.
    text: Option<Vec<u8>>,
}

impl Wanted {
    /// Reads them.
    ///
    /// # Errors
    /// The rules file cannot be read from the repository.
    pub(super) fn find(session: &Session<'_>) -> Result<Self, RunError> {
        let mirror = &session.policy.mirror;
        let is_off = mirror.guard.level(Check::Secret) == Level::Off;
        let stated = mirror.check.gitleaks.as_deref();
        let path = stated.unwrap_or(USUAL_RULES);
        let text = if is_off { None } else { rules_file(session, path)? };
        Ok(Self { is_off, path: path.to_owned(), is_stated: stated.is_some(), text })
    }

    /// A scanner with these rules, or the built-in ones. That takes a while.
    pub(super) fn compile(self) -> Secrets {
        let broken = |line: Option<usize>, hint: String| {
            let finding = RawFinding::new(Check::Secret, hint).path(self.path.as_bytes().to_vec());
            let line = line.and_then(|line| u32::try_from(line).ok());
            Secrets::Broken(RawFinding { line, weight: Weight::Always, ..finding })
        };
        if self.is_off {
            return Secrets::Off;
        }
        let rules = match &self.text {
            Some(text) => match RuleSet::from_gitleaks(text) {
                Ok(rules) => rules,
                Err(err) => {
                    return broken(Some(err.line), format!("these rules cannot be used: {err}"));
                }
            },
            None if self.is_stated => {
                let hint = "`[check] gitleaks` names this file, and the policy tip has none there";
                return broken(None, hint.to_owned());
            }
            None => RuleSet::built_in(),
        };
        match Scanner::new(rules) {
            Ok(scanner) => Secrets::Scan(Box::new(scanner)),
            Err(err) => broken(None, format!("these rules cannot be used: {err}")),
        }
    }
}

/// The file of rules in the policy tip.
fn rules_file(session: &Session<'_>, path: &str) -> Result<Option<Vec<u8>>, RunError> {
    let replay = &session.replay;
    let Some(tip) = replay.history.number(session.policy.tip) else { return Ok(None) };
    let root = replay.history.tree(tip);
    match entry_at(replay.objects(), root, path.as_bytes())? {
        Some((EntryKind::Blob | EntryKind::Executable, blob)) => {
            Ok(Some(replay.objects().read(blob, Kind::Blob)?.data().to_vec()))
        }
        Some(_) | None => Ok(None),
    }
}

/// What to do about a secret; without a word of it.
fn hint(hit: &Hit) -> String {
    let encodings = hit.encodings.iter().map(|how| format!(" in {how}")).collect::<String>();
    format!(
        "looks like a secret by rule `{}`{encodings}: revoke it, withhold the commit or exclude the \
         path; if it is none, waive it by `object`",
        hit.rule
    )
}

impl Look for Secrets {
    fn blob(&self, blob: &NewBlob<'_>, found: &mut Vec<RawFinding>) {
        let Self::Scan(scanner) = self else { return };
        match scanner.scan(blob.data, blob.entry.private_path) {
            Ok(hits) => found.extend(
                hits.iter().map(|hit| blob.finding(Check::Secret, hint(hit)).line(hit.line)),
            ),
            Err(err) => {
                let hint = format!(
                    "{err}, so nobody looked for secrets in it; waive it by `object` once you have"
                );
                found.push(blob.finding(Check::UnscannedBlob, hint));
            }
        }
    }

    fn text(&self, text: &NewText<'_>, found: &mut Vec<RawFinding>) {
        let Self::Scan(scanner) = self else { return };
        let finding = |check, hint| RawFinding::at(check, text.commit, hint);
        match scanner.scan(text.data, b"") {
            Ok(hits) => found.extend(hits.iter().map(|hit| finding(Check::Secret, hint(hit)))),
            Err(err) => found.push(finding(Check::UnscannedBlob, err.to_string())),
        }
    }

    fn finish(&self, found: &mut Vec<RawFinding>) {
        match self {
            Self::Broken(finding) => found.push(finding.clone()),
            Self::Scan(_) | Self::Off => {}
        }
    }
}
