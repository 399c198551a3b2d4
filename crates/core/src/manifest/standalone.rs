// SPDX-License-Identifier: Apache-2.0
//! `[standalone]`: what is run in the public tree to see that it needs nothing else.

use std::time::Duration;

use toml::Spanned;

use super::error::{ManifestError, Source};
use super::raw::{RawStandalone, Text};

/// How long a command may run where the manifest does not say.
const TIME_LIMIT: u64 = 1800;

/// The longest that it can say, in seconds: a day.
const LONGEST: u64 = 24 * 60 * 60;

/// How much a command may print where the manifest does not say, in bytes.
const OUTPUT_LIMIT: u64 = 16 << 20;

/// The most that it can say: a run holds it in memory.
const LARGEST: u64 = 1 << 30;

/// Variables that would lead a command back to the private repository, or out of the
/// place that is made for it.
const NEVER_PASSED: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_WORK_TREE",
    "OLDPWD",
    "PWD",
    "TMPDIR",
];

/// What is run in the public tree, and within which bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standalone {
    /// Lines for a shell, run one after another.
    pub commands: Vec<ShellLine>,
    /// Whether cargo is asked what the public workspace consists of.
    pub cargo: bool,
    /// Whether a sync runs it before it pushes.
    pub sync: bool,
    /// The names of variables that a command may see beside the few that it always does.
    pub env: Vec<String>,
    /// How long each command may take.
    pub time_limit: Duration,
    /// How much each command may print, in bytes.
    pub output_limit: u64,
    /// Where the manifest says so, from 1.
    pub line: u32,
}

/// A line for a shell, and where the manifest states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellLine {
    /// The line.
    pub text: String,
    /// The line of the manifest, from 1.
    pub line: u32,
}

pub(super) fn standalone(
    source: Source<'_>,
    raw: &Spanned<RawStandalone>,
) -> Result<Standalone, ManifestError> {
    let RawStandalone { commands, cargo, sync, env, time_limit, output_limit } = raw.get_ref();
    if commands.is_empty() && !cargo {
        let message = "nothing to run, expected `commands` or `cargo = true`";
        return Err(source.error(raw.span(), message));
    }
    let seconds = limit(source, time_limit.as_ref(), TIME_LIMIT, LONGEST, "seconds")?;
    Ok(Standalone {
        commands: commands.iter().map(|text| command(source, text)).collect::<Result<_, _>>()?,
        cargo: *cargo,
        sync: *sync,
        env: env.iter().map(|name| variable(source, name)).collect::<Result<_, _>>()?,
        time_limit: Duration::from_secs(seconds),
        output_limit: limit(source, output_limit.as_ref(), OUTPUT_LIMIT, LARGEST, "bytes")?,
        line: source.line(raw.span().start),
    })
}

fn command(source: Source<'_>, text: &Text) -> Result<ShellLine, ManifestError> {
    let fault = match text.get_ref() {
        line if line.trim().is_empty() => "a command cannot be empty",
        line if line.contains('\0') => "a command cannot hold a null character",
        line => {
            return Ok(ShellLine { text: line.clone(), line: source.line(text.span().start) });
        }
    };
    Err(source.error(text.span(), fault))
}

fn variable(source: Source<'_>, name: &Text) -> Result<String, ManifestError> {
    let text = name.get_ref();
    let is_name = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit());
    if !is_name {
        let message = format!("`{text}` is not the name of a variable");
        return Err(source.error(name.span(), message));
    }
    if NEVER_PASSED.contains(&text.as_str()) {
        let message = format!("`{text}` would lead out of the place where the public tree is");
        return Err(source.error(name.span(), message));
    }
    Ok(text.clone())
}

fn limit(
    source: Source<'_>,
    raw: Option<&Spanned<i64>>,
    default: u64,
    most: u64,
    unit: &str,
) -> Result<u64, ManifestError> {
    let Some(raw) = raw else { return Ok(default) };
    match u64::try_from(*raw.get_ref()) {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        Ok(_) | Err(_) => {
            let message = format!("expected a number of {unit} from 1 to {most}");
            Err(source.error(raw.span(), message))
        }
    }
}
