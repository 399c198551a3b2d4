// SPDX-License-Identifier: Apache-2.0
//! What a process costs: time on the clock, time of the processors, memory.

use std::io::{Read as _, Seek as _, Write as _};
use std::ops::Add;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use wait4::Wait4 as _;

use super::works::Outcome;

/// What one process cost, with all that it started and waited for.
#[derive(Clone, Copy, Default)]
pub(super) struct Cost {
    pub wall: Duration,
    pub cpu: Duration,
    /// The resident memory of the largest single process at its peak, in bytes.
    pub peak: u64,
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
pub(super) fn measure(command: &mut Command) -> anyhow::Result<(Cost, Vec<u8>)> {
    measure_with(command, b"")
}

/// The same with something to read, which must fit into a pipe.
pub(super) fn measure_with(command: &mut Command, input: &[u8]) -> anyhow::Result<(Cost, Vec<u8>)> {
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
    if !used.status.success() {
        let words = String::from_utf8_lossy(&read(&mut err)?).into_owned();
        let shown = words.trim().lines().rev().take(9).collect::<Vec<_>>();
        let shown: Vec<_> = shown.into_iter().rev().collect();
        bail!("`{name}` failed ({}):\n{}", used.status, shown.join("\n"));
    }
    let rusage = used.rusage;
    Ok((Cost { wall, cpu: rusage.utime + rusage.stime, peak: rusage.maxrss }, read(&mut out)?))
}

/// One contender's runs.
pub(super) struct Summary {
    pub name: String,
    pub is_ours: bool,
    /// Seconds: the median, the least and the most.
    pub wall: f64,
    pub least: f64,
    pub most: f64,
    /// Seconds of all processors, the median.
    pub cpu: f64,
    /// Bytes.
    pub peak: u64,
    /// Bytes of new objects, where they are told.
    pub bytes: Option<u64>,
}

impl Summary {
    pub(super) fn of(name: String, is_ours: bool, outcomes: &[Outcome]) -> Self {
        let sorted = |seconds: fn(&Cost) -> f64| {
            let mut all: Vec<f64> = outcomes.iter().map(|it| seconds(&it.cost)).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let walls = sorted(|cost| cost.wall.as_secs_f64());
        let cpus = sorted(|cost| cost.cpu.as_secs_f64());
        Self {
            name,
            is_ours,
            wall: median(&walls),
            least: walls[0],
            most: walls[walls.len() - 1],
            cpu: median(&cpus),
            peak: outcomes.iter().map(|it| it.cost.peak).max().unwrap_or_default(),
            bytes: outcomes.iter().find_map(|it| it.bytes),
        }
    }
}

/// The middle of sorted numbers, of which there is at least one.
fn median(sorted: &[f64]) -> f64 {
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
