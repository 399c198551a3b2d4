// SPDX-License-Identifier: Apache-2.0
//! Other programs: how they are started, and what a run of them costs.

use std::io::{Read as _, Seek as _, Write as _};
use std::ops::Add;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use wait4::Wait4 as _;

/// What one process cost, with all that it started and waited for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// The resident memory of the largest single process at its peak, in bytes.
    pub(crate) peak: u64,
}

/// One after the other.
impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            wall: self.wall + other.wall,
            cpu: self.cpu + other.cpu,
            peak: self.peak.max(other.peak),
        }
    }
}

/// Runs to the end: what it cost, and its standard output.
///
/// # Errors
/// It cannot be started, or fails; the error has its last words.
pub(crate) fn measure(command: &mut Command) -> anyhow::Result<(Cost, Vec<u8>)> {
    measure_with(command, b"")
}

/// The same with something to read.
pub(crate) fn measure_with(command: &mut Command, input: &[u8]) -> anyhow::Result<(Cost, Vec<u8>)> {
    measure_to(0, command, input)
}

/// The same, where the process is to end with another status than success.
pub(crate) fn measure_to(
    status: i32,
    command: &mut Command,
    input: &[u8],
) -> anyhow::Result<(Cost, Vec<u8>)> {
    let name = command.get_program().to_string_lossy().into_owned();
    // Into files: nobody has to keep up with the child.
    let (mut out, mut err) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::piped()).stdout(out.try_clone()?).stderr(err.try_clone()?);
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("failed to run `{name}`"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // Whoever does not read it does not need it.
        let _ = stdin.write_all(input);
    }
    let used = child.wait4().with_context(|| format!("failed to wait for `{name}`"))?;
    let wall = start.elapsed();
    let read = |file: &mut std::fs::File| -> std::io::Result<Vec<u8>> {
        let mut text = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut text)?;
        Ok(text)
    };
    if used.status.code() != Some(status) {
        let words = String::from_utf8_lossy(&read(&mut err)?).into_owned();
        let shown = words.trim().lines().rev().take(9).collect::<Vec<_>>();
        let shown: Vec<_> = shown.into_iter().rev().collect();
        bail!("`{name}` ended with {}, not {status}:\n{}", used.status, shown.join("\n"));
    }
    let rusage = used.rusage;
    Ok((Cost { wall, cpu: rusage.utime + rusage.stime, peak: rusage.maxrss }, read(&mut out)?))
}

/// Git in a repository, or in none.
pub(crate) fn git(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(dir).args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"]);
    command
}

/// What a git command prints, without the line's end.
pub(crate) fn git_text<const N: usize>(dir: &Path, args: [&str; N]) -> anyhow::Result<String> {
    let (_, out) = measure_with(git(dir).args(args), b"")?;
    Ok(String::from_utf8(out)?.trim_end().to_owned())
}

/// An empty bare repository.
pub(crate) fn empty(dir: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let path = dir.join(name);
    git_text(dir, ["init", "--quiet", "--bare", &path.to_string_lossy()])?;
    Ok(path)
}

/// A bare copy that shares its packs with the first.
pub(crate) fn copy(source: &Path, to: &Path) -> anyhow::Result<PathBuf> {
    let (from, text) = (source.to_string_lossy(), to.to_string_lossy());
    let clone = ["clone", "--quiet", "--bare", "--local", "--no-tags", &from, &text];
    measure_with(git(source).args(clone), b"")?;
    Ok(to.to_owned())
}

/// Builds the program, and says where it lies: beside this one.
pub(crate) fn built() -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--locked", "--package", "repo-sync"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .status()?;
    ensure!(status.success(), "the program does not build");
    Ok(std::env::current_exe()?
        .with_file_name(format!("repo-sync{}", std::env::consts::EXE_SUFFIX)))
}

/// The middle of sorted numbers, of which there is at least one.
pub(crate) fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        for (sorted, expected) in [(&[3.0][..], 3.0), (&[1.0, 2.0], 1.5), (&[1.0, 5.0, 90.0], 5.0)]
        {
            assert!((median(sorted) - expected).abs() < 1e-9, "{sorted:?}");
        }
    }

    #[test]
    fn a_child_costs_something() {
        let mut child = Command::new("git");
        let (cost, out) = measure(child.arg("version")).expect("git runs");
        assert!(out.starts_with(b"git version"));
        assert!(!cost.wall.is_zero() && cost.peak > 100_000);
        let err = measure(Command::new("git").arg("no-such-thing")).err().expect("no such thing");
        assert!(err.to_string().contains("is not a git command"), "{err}");
    }
}
