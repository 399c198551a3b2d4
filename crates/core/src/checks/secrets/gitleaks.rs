// SPDX-License-Identifier: Apache-2.0
//! Reads a `.gitleaks.toml`. What it cannot honour is an error with a line.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::RuleSet;
use super::go_syntax::from_go;
use super::pattern::{Pattern, PatternError};
use super::rule::{Allowlist, Rule, Target};

/// A mistake in a `.gitleaks.toml`, or something in it that cannot be honoured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct GitleaksError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    #[source]
    pub fault: GitleaksFault,
}

/// What is wrong with a `.gitleaks.toml`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitleaksFault {
    /// It is not UTF-8.
    #[error("not valid UTF-8")]
    Utf8,
    /// It is not TOML, or has a key or a type that this reader does not know.
    #[error("{0}")]
    Toml(String),
    /// An expression cannot be used.
    #[error("cannot use the expression: {0}")]
    Pattern(#[source] PatternError),
    /// A rule names a group that its expression does not have.
    #[error("`secretGroup` is {group}, but the expression has {groups} groups")]
    NoSuchGroup {
        /// The group that is named.
        group: usize,
        /// How many there are.
        groups: usize,
    },
    /// A rule has neither `regex` nor `path`.
    #[error("rule `{0}` has neither `regex` nor `path`")]
    EmptyRule(String),
    /// Two rules have one id.
    #[error("rule `{0}` is there twice")]
    DuplicateRule(String),
    /// A keyword has no letters.
    #[error("a keyword is empty")]
    EmptyKeyword,
    /// Both forms of exceptions stand side by side.
    #[error("`allowlist` and `allowlists` exclude each other")]
    TwoForms,
    /// An exception without anything that it would except.
    #[error("the allow-list has none of `regexes`, `paths` and `stopwords`")]
    EmptyAllowlist,
    /// An exception by commit id.
    #[error("`commits` cannot be honoured: a commit has another id once it is filtered")]
    Commits,
    /// The rules of another file.
    #[error("`{0}` cannot be honoured: only the built-in rules can be extended")]
    ExtendOther(&'static str),
    /// An exception for a rule that is not there.
    #[error("there is no rule `{0}`")]
    NoSuchRule(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawFile {
    #[serde(rename = "title")]
    _title: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(rename = "minVersion")]
    _min_version: Option<String>,
    #[serde(default)]
    extend: RawExtend,
    #[serde(default)]
    rules: Vec<Spanned<RawRule>>,
    allowlist: Option<Spanned<RawAllowlist>>,
    #[serde(default)]
    allowlists: Vec<Spanned<RawAllowlist>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawExtend {
    #[serde(default)]
    use_default: bool,
    #[serde(default)]
    disabled_rules: Vec<String>,
    path: Option<Spanned<String>>,
    url: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawRule {
    id: Spanned<String>,
    #[serde(default)]
    description: String,
    regex: Option<Spanned<String>>,
    path: Option<Spanned<String>>,
    secret_group: Option<Spanned<usize>>,
    entropy: Option<f64>,
    #[serde(default)]
    keywords: Vec<Spanned<String>>,
    #[serde(default, rename = "tags")]
    _tags: Vec<String>,
    allowlist: Option<Spanned<RawAllowlist>>,
    #[serde(default)]
    allowlists: Vec<Spanned<RawAllowlist>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawAllowlist {
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    condition: RawCondition,
    #[serde(default)]
    regex_target: RawTarget,
    #[serde(default)]
    regexes: Vec<Spanned<String>>,
    #[serde(default)]
    paths: Vec<Spanned<String>>,
    #[serde(default)]
    stopwords: Vec<Spanned<String>>,
    commits: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    target_rules: Vec<Spanned<String>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
enum RawCondition {
    #[default]
    #[serde(rename = "OR", alias = "or", alias = "||")]
    Or,
    #[serde(rename = "AND", alias = "and", alias = "&&")]
    And,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawTarget {
    #[default]
    #[serde(alias = "")]
    Secret,
    Match,
    Line,
}

/// A fault and where it stands, until that is a line.
type Faulty<T> = Result<T, (Range<usize>, GitleaksFault)>;

/// Makes the built-in rules, without those of these ids.
type BuiltIn = fn(without: &[&str]) -> Vec<Rule>;

/// Reads and compiles a whole file.
pub(super) fn read(text: &[u8], built_in: BuiltIn) -> Result<RuleSet, GitleaksError> {
    let at = |end: usize, fault| GitleaksError {
        line: 1 + memchr::memchr_iter(b'\n', &text[..end]).count(),
        fault,
    };
    let utf8 = str::from_utf8(text).map_err(|err| at(err.valid_up_to(), GitleaksFault::Utf8))?;
    let raw: RawFile = toml::from_str(utf8).map_err(|err| {
        let start = err.span().map_or(0, |span| span.start);
        at(start, GitleaksFault::Toml(err.message().to_owned()))
    })?;
    rule_set(raw, built_in).map_err(|(span, fault)| at(span.start, fault))
}

fn rule_set(raw: RawFile, built_in: BuiltIn) -> Faulty<RuleSet> {
    let mut rules = Vec::<Rule>::new();
    for rule in raw.rules {
        let rule = rule.into_inner();
        let span = rule.id.span();
        let rule = self::rule(rule)?;
        if rules.iter().any(|known| known.id == rule.id) {
            return Err((span, GitleaksFault::DuplicateRule(rule.id.to_string())));
        }
        rules.push(rule);
    }
    let RawExtend { use_default, disabled_rules, path, url } = raw.extend;
    for (key, value) in [("extend.path", path), ("extend.url", url)] {
        if let Some(value) = value {
            return Err((value.span(), GitleaksFault::ExtendOther(key)));
        }
    }
    // A file of one rule must not switch all others off: ours go on, unless it names them.
    let replaced = rules.iter().map(|rule| &*rule.id);
    let without: Vec<_> = replaced.chain(disabled_rules.iter().map(|id| &**id)).collect();
    let defaults = built_in(&without);
    rules.extend(defaults);
    let mut allowlists = Vec::new();
    for raw in one_form(raw.allowlist, raw.allowlists)? {
        // With the default rules, an exception may be for one of gitleaks' own: it then
        // has nothing to except.
        let unknown = raw.get_ref().target_rules.iter().find(|target| {
            !use_default && !rules.iter().any(|rule| *rule.id == **target.get_ref())
        });
        if let Some(unknown) = unknown {
            let fault = GitleaksFault::NoSuchRule(unknown.get_ref().clone());
            return Err((unknown.span(), fault));
        }
        allowlists.push(Arc::new(allowlist(raw)?));
    }
    Ok(RuleSet { rules, allowlists })
}

fn rule(raw: RawRule) -> Faulty<Rule> {
    let id = raw.id.get_ref();
    if raw.regex.is_none() && raw.path.is_none() {
        return Err((raw.id.span(), GitleaksFault::EmptyRule(id.clone())));
    }
    let keywords = words(raw.keywords)?;
    let pattern = raw.regex.map(|regex| pattern(&regex, &keywords)).transpose()?;
    let group = raw.secret_group.as_ref().map_or(0, |group| *group.get_ref());
    let groups = pattern.as_ref().map_or(0, Pattern::groups);
    if let Some(span) = raw.secret_group.filter(|_| group > groups) {
        return Err((span.span(), GitleaksFault::NoSuchGroup { group, groups }));
    }
    let mut allowlists = Vec::new();
    for list in one_form(raw.allowlist, raw.allowlists)? {
        // An exception of one rule is for that rule; there is nothing to choose.
        if let Some(target) = list.get_ref().target_rules.first() {
            let fault = GitleaksFault::Toml("unknown field `targetRules`".to_owned());
            return Err((target.span(), fault));
        }
        allowlists.push(Arc::new(allowlist(list)?));
    }
    Ok(Rule {
        id: id.as_str().into(),
        description: raw.description,
        keywords,
        pattern,
        path: raw.path.map(|path| self::pattern(&path, &[])).transpose()?,
        group,
        entropy: raw.entropy.filter(|least| *least > 0.0),
        allowlists,
    })
}

/// Exceptions stand in one table or in a list of them.
fn one_form(
    one: Option<Spanned<RawAllowlist>>,
    many: Vec<Spanned<RawAllowlist>>,
) -> Faulty<Vec<Spanned<RawAllowlist>>> {
    match one {
        Some(one) if !many.is_empty() => Err((one.span(), GitleaksFault::TwoForms)),
        Some(one) => Ok(vec![one]),
        None => Ok(many),
    }
}

fn allowlist(raw: Spanned<RawAllowlist>) -> Faulty<Allowlist> {
    let span = raw.span();
    let raw = raw.into_inner();
    if let Some(commits) = raw.commits {
        return Err((commits.span(), GitleaksFault::Commits));
    }
    if raw.regexes.is_empty() && raw.paths.is_empty() && raw.stopwords.is_empty() {
        return Err((span, GitleaksFault::EmptyAllowlist));
    }
    Ok(Allowlist {
        rules: raw.target_rules.into_iter().map(Spanned::into_inner).collect(),
        all: match raw.condition {
            RawCondition::Or => false,
            RawCondition::And => true,
        },
        target: match raw.regex_target {
            RawTarget::Secret => Target::Secret,
            RawTarget::Match => Target::Match,
            RawTarget::Line => Target::Line,
        },
        regexes: patterns(&raw.regexes)?,
        paths: patterns(&raw.paths)?,
        stopwords: words(raw.stopwords)?,
    })
}

fn words(raw: Vec<Spanned<String>>) -> Faulty<Vec<Vec<u8>>> {
    let word = |raw: Spanned<String>| match raw.get_ref().is_empty() {
        true => Err((raw.span(), GitleaksFault::EmptyKeyword)),
        false => Ok(raw.get_ref().to_ascii_lowercase().into_bytes()),
    };
    raw.into_iter().map(word).collect()
}

fn patterns(raw: &[Spanned<String>]) -> Faulty<Vec<Pattern>> {
    raw.iter().map(|regex| pattern(regex, &[])).collect()
}

fn pattern(raw: &Spanned<String>, keywords: &[Vec<u8>]) -> Faulty<Pattern> {
    Pattern::new(&from_go(raw.get_ref()), keywords)
        .map_err(|err| (raw.span(), GitleaksFault::Pattern(err)))
}
