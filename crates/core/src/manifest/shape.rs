// SPDX-License-Identifier: Apache-2.0
//! What of a manifest shapes the image of a commit: rules, moves, messages, people, and
//! what becomes of files.

use std::sync::Arc;

use toml::Spanned;

use super::error::{ManifestError, Source};
use super::moves::{Move, moves, on_the_floor};
use super::names::plain;
use super::people::{identity, message};
use super::raw::{RawLines, RawManifest, RawMirror, RawTransform, Text};
use crate::message::{IdentityMode, MessageMode, QuotedIds};
use crate::paths::{Origin, PathRules, Pattern, Rule};
use crate::transform::{Markers, Transform};

/// Paths that are on every floor.
const BUILT_IN_FLOOR: [&str; 3] = ["cloud", "sync.toml", "sync.lock"];

/// All that a manifest says about the image of a commit, for one mirror.
///
/// Two manifests that shape alike have equal shapes, whatever their lines are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Which paths are public.
    pub rules: PathRules,
    /// Where they stand in the mirror: longest `from` first, each `from` once.
    pub moves: Vec<Move>,
    /// Which part of a message is public.
    pub message: MessageMode,
    /// What becomes of ids in it.
    pub quoted_ids: QuotedIds,
    /// Which names and mail addresses are public.
    pub identity: IdentityMode,
    /// What becomes of public files.
    pub transform: Transform,
}

/// What all mirrors share, and the way from there to the shape of each.
pub(super) struct Shaper<'t> {
    source: Source<'t>,
    shared: Arc<Shape>,
}

impl<'t> Shaper<'t> {
    pub(super) fn new(source: Source<'t>, raw: &RawManifest) -> Result<Self, ManifestError> {
        let built_in = BUILT_IN_FLOOR.into_iter().map(|text| Rule {
            pattern: Pattern::parse(text).expect("a plain name is a pattern"),
            origin: Origin::BuiltIn,
        });
        let floor = built_in.chain(rules(source, &raw.private)?).collect();
        let floor = PathRules::new(Vec::new(), Vec::new(), floor);
        let include = include(source, &raw.include, &floor)?;
        let exclude = rules(source, &raw.exclude)?;
        let (message, quoted_ids) = message(source, &raw.message)?;
        let shared = Shape {
            moves: moves(source, &raw.moves, &floor)?,
            rules: PathRules::new(include, exclude, floor.floor().to_vec()),
            message,
            quoted_ids,
            identity: identity(source, &raw.identity)?,
            transform: transform(source, &raw.transform)?,
        };
        Ok(Self { source, shared: Arc::new(shared) })
    }

    /// The shape for one mirror, whose own keys replace the shared ones.
    pub(super) fn shape(&self, mirror: &RawMirror) -> Result<Arc<Shape>, ManifestError> {
        let RawMirror { include: own_include, exclude, moves: own_moves, .. } = mirror;
        if own_include.is_none() && exclude.is_none() && own_moves.is_none() {
            return Ok(Arc::clone(&self.shared));
        }
        let Self { source, shared } = self;
        let include = match own_include {
            Some(own) => include(*source, own, &shared.rules)?,
            None => shared.rules.include().to_vec(),
        };
        let exclude = match exclude {
            Some(own) => rules(*source, own)?,
            None => shared.rules.exclude().to_vec(),
        };
        let moves = match own_moves {
            Some(own) => moves(*source, own, &shared.rules)?,
            None => shared.moves.clone(),
        };
        let rules = PathRules::new(include, exclude, shared.rules.floor().to_vec());
        Ok(Arc::new(Shape { rules, moves, ..Shape::clone(shared) }))
    }
}

fn rules(source: Source<'_>, raw: &[Text]) -> Result<Vec<Rule>, ManifestError> {
    let rule = |text: &Text| {
        let pattern = Pattern::parse(text.get_ref())
            .map_err(|err| source.error(text.span(), err.to_string()))?;
        Ok(Rule { pattern, origin: Origin::Line(source.line(text.span().start)) })
    };
    raw.iter().map(rule).collect()
}

/// The include rules; one that could only ever name what is on the floor is a
/// mistake that the writer wants to know of.
fn include(
    source: Source<'_>,
    raw: &[Text],
    floor: &PathRules,
) -> Result<Vec<Rule>, ManifestError> {
    let rules = rules(source, raw)?;
    for (rule, text) in rules.iter().zip(raw) {
        if let Some(found) = plain(&rule.pattern).and_then(|path| floor.floor_rule(&path)) {
            let place = on_the_floor(found.pattern.as_str(), found.origin);
            let message = format!("`{}` {place}, so it cannot be included", rule.pattern);
            return Err(source.error(text.span(), message));
        }
    }
    Ok(rules)
}

/// What is to be done to public files.
fn transform(source: Source<'_>, raw: &RawTransform) -> Result<Transform, ManifestError> {
    let markers = |raw: &Spanned<RawLines>| {
        let RawLines { begin, end } = raw.get_ref();
        Markers::new(begin, end).map_err(|err| source.error(raw.span(), err.to_string()))
    };
    let lines = raw.lines.as_ref().map(markers).transpose()?;
    Ok(Transform { cargo: raw.cargo, lines })
}
