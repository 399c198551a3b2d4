// SPDX-License-Identifier: Apache-2.0
//! Transforms that change nothing at the policy tip.

use repo_sync_shared::Check;

use super::notice;
use crate::error::RunError;
use crate::filter::{Entry, Place, PublicFiles, Shown, Transforms, Visitor, walk};
use crate::report::RawFinding;
use crate::session::Session;

/// Notes each transform that the manifest asks for and nothing of the policy tip needs.
///
/// # Errors
/// A tree of it cannot be read.
pub(super) fn idle_transforms(
    session: &mut Session<'_>,
    findings: &mut Vec<RawFinding>,
) -> Result<(), RunError> {
    let shape = session.policy.mirror.shape.clone();
    let Some(tip) = session.replay.history.number(session.policy.tip) else { return Ok(()) };
    if shape.transform.is_none() {
        return Ok(());
    }
    let Some(shown) = session.replay.filtered(tip)? else { return Ok(()) };
    let files = session.replay.files();
    let mut seen = Seen { files: &files, transforms: Transforms::default() };
    walk(session.replay.filters(), &shown, &[], &mut seen)
        .map_err(|err| RunError::unfiltered(&err, None))?;
    let Transforms { cargo, lines } = seen.transforms;
    let idle = [
        (shape.transform.cargo && !cargo, "`cargo`", "no workspace has a private member"),
        (shape.transform.lines.is_some() && !lines, "`lines`", "no public file has a section"),
    ];
    for (_, name, why) in idle.into_iter().filter(|(is_idle, ..)| *is_idle) {
        let hint = format!("the transform {name} changes nothing in the policy tip: {why}");
        findings.push(notice(Check::TransformIdle, None, hint));
    }
    Ok(())
}

/// What was done to any file of a tree.
struct Seen<'f> {
    files: &'f PublicFiles<'f>,
    transforms: Transforms,
}

impl Visitor for Seen<'_> {
    fn opens(&mut self, _shown: &Shown, _path: &[u8], _old: &[Shown]) -> bool {
        // As it is: nothing was done there.
        false
    }

    fn file(&mut self, entry: &Entry<'_>, _place: &Place<'_>, _old: bool) {
        if !entry.as_is {
            let done = self.files.done_to(entry.id);
            self.transforms.cargo |= done.cargo;
            self.transforms.lines |= done.lines;
        }
    }
}
