// SPDX-License-Identifier: Apache-2.0
//! `[mirror.NAME]`, with all of the manifest that holds for this mirror.

use std::sync::Arc;

use repo_sync_shared::PrivateCommit;

use super::check::{CheckSettings, check};
use super::error::{ManifestError, Source};
use super::guard::{Guard, Waiver, guard, waiver};
use super::names::{Branches, branches, mirror_name, ref_patterns, url};
use super::near::nearest;
use super::raw::RawManifest;
use super::seam::{Seam, Withhold, full_id, seam, withhold};
use super::shape::{Shape, Shaper};
use super::standalone::{Standalone, standalone};
use crate::paths::Pattern;

/// A public mirror, and what holds for it, shared or its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Its name in the manifest; fit to be the name of a directory.
    pub name: String,
    /// Where it is, if the manifest says so.
    pub url: Option<String>,
    /// Which branches it shows.
    pub branches: Branches,
    /// Which tags it shows.
    pub tags: Vec<Pattern>,
    /// Names it had in older manifests.
    pub was: Vec<String>,
    /// The commit whose manifest governs those before it, where that is in doubt.
    pub adopt: Option<PrivateCommit>,
    /// What shapes the image of a commit.
    pub shape: Arc<Shape>,
    /// Where its history joins the private one.
    pub seams: Vec<Seam>,
    /// Commits that stay behind.
    pub withhold: Vec<Withhold>,
    /// How hard each check is.
    pub guard: Guard,
    /// Findings that pass.
    pub waivers: Vec<Waiver>,
    /// What is looked for besides.
    pub check: CheckSettings,
    /// What is run in the public tree, if anything is.
    pub standalone: Option<Standalone>,
}

/// The mirrors of a manifest, in the order of the file.
pub(super) fn mirrors(source: Source<'_>, raw: &RawManifest) -> Result<Vec<Mirror>, ManifestError> {
    let shaper = Shaper::new(source, raw)?;
    let guard = guard(source, &raw.guard)?;
    let waivers =
        raw.waiver.iter().map(|raw| waiver(source, raw)).collect::<Result<Vec<_>, _>>()?;
    let check = check(source, &raw.check)?;
    let standalone = raw.standalone.as_ref().map(|raw| standalone(source, raw)).transpose()?;
    let withheld =
        raw.withhold.iter().map(|raw| withhold(source, raw)).collect::<Result<Vec<_>, _>>()?;
    let shared_adopt = raw.adopt.as_ref().map(|adopt| full_id(source, adopt)).transpose()?;
    let mut mirrors = Vec::<Mirror>::with_capacity(raw.mirror.len());
    for (text, raw) in raw.mirrors_in_order() {
        let name = mirror_name(source, text)?;
        if let Some(other) = mirrors.iter().find(|other| other.name.eq_ignore_ascii_case(&name)) {
            let message = format!("`{name}` differs from the mirror `{}` by case only", other.name);
            return Err(source.error(text.span(), message));
        }
        let adopt = raw.adopt.as_ref().map(|adopt| full_id(source, adopt)).transpose()?;
        let listed = raw.branches.as_ref().map(|raw| branches(source, raw)).transpose()?;
        mirrors.push(Mirror {
            name,
            url: raw.url.as_ref().map(|text| url(source, text)).transpose()?,
            branches: listed.unwrap_or_default(),
            tags: ref_patterns(source, &raw.tags)?,
            was: raw.was.iter().map(|was| mirror_name(source, was)).collect::<Result<_, _>>()?,
            adopt: adopt.or(shared_adopt),
            shape: shaper.shape(raw)?,
            seams: Vec::new(),
            withhold: withheld.clone(),
            guard: guard.clone(),
            waivers: waivers.clone(),
            check: check.clone(),
            standalone: standalone.clone(),
        });
    }
    if mirrors.is_empty() {
        let message = "no mirror: expected a table such as `[mirror.public]`";
        return Err(source.error(0..0, message));
    }
    join_seams(source, raw, &mut mirrors)?;
    Ok(mirrors)
}

/// Gives each mirror its seams: those for all, and those that name it.
fn join_seams(
    source: Source<'_>,
    raw: &RawManifest,
    mirrors: &mut [Mirror],
) -> Result<(), ManifestError> {
    for raw in &raw.seam {
        let (only, seam) = seam(source, raw)?;
        if let (Some(only), Some(text)) = (&only, &raw.get_ref().mirror)
            && mirrors.iter().all(|mirror| mirror.name != *only)
        {
            let near = nearest(only, mirrors.iter().map(|mirror| mirror.name.as_str()));
            let error = source.error(text.span(), format!("there is no mirror `{only}`"));
            return Err(error.with_near(near));
        }
        let joined =
            mirrors.iter_mut().filter(|it| only.as_ref().is_none_or(|only| it.name == *only));
        for mirror in joined {
            if let Some(other) = mirror.seams.iter().find(|other| other.private == seam.private) {
                let message = format!(
                    "the mirror `{}` has a seam at this commit already, on line {}",
                    mirror.name, other.line
                );
                return Err(source.error(raw.get_ref().private.span(), message));
            }
            mirror.seams.push(seam.clone());
        }
    }
    Ok(())
}
