// SPDX-License-Identifier: Apache-2.0
//! How time and memory grow with a history, its trees and its mirrors.
//!
//! All histories are made for it ([`crate::synthetic`]), one after the other. Every run is
//! a whole process and begins with a copy of its own, without any cache.

mod chart;
mod grounds;
mod jobs;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::page;
use crate::process::{Cost, built, median};
use chart::{Curve, Panel};
use grounds::{Ground, grounds};
use jobs::Place;

const EXAMPLES: &str = "\
Examples:
  cargo xtask scale --most 1000 --runs 1
  cargo xtask scale --write docs/performance.md";

/// The part of the page that is written, and the drawing beside the page.
const TITLE: &str = "How it grows";
const DRAWING: &str = "scale.svg";

/// Time how the work grows with histories, trees and mirrors
///
/// Makes histories of up to a million commits and very wide and deep trees, and times our
/// programs on them. All of it takes a few gigabytes of disk.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ScaleArgs {
    /// Make no history with more commits, and no tree with more files
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(100..))]
    most: u64,
    /// How often each is timed
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Where the histories go [default: a temporary directory]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Put the table into this page, and a drawing of the curves beside it
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// What the runs of one job on one history came to.
struct Line {
    /// What the history is like, and the job: a curve of the drawing.
    work: String,
    /// Whether the history is one of several that differ in their length only.
    is_curve: bool,
    commits: u64,
    /// Those of each tree.
    files: u64,
    /// Seconds: the median.
    wall: f64,
    /// Bytes.
    peak: u64,
}

impl Line {
    fn of(work: String, ground: &Ground, costs: &[Cost]) -> Self {
        let mut walls: Vec<f64> = costs.iter().map(|cost| cost.wall.as_secs_f64()).collect();
        walls.sort_by(f64::total_cmp);
        Self {
            work,
            is_curve: ground.is_curve,
            commits: ground.size.all_commits(),
            files: ground.size.files,
            wall: median(&walls),
            peak: costs.iter().map(|cost| cost.peak).max().unwrap_or_default(),
        }
    }

    /// Microseconds.
    fn per_commit(&self) -> f64 {
        self.wall * 1e6 / self.commits as f64
    }

    fn megabytes(&self) -> f64 {
        self.peak as f64 / 1e6
    }
}

/// Times all jobs on all histories, prints a table, and writes it into a page.
pub(crate) fn run(args: &ScaleArgs) -> anyhow::Result<()> {
    let repo_sync = built()?;
    let mut lines = Vec::new();
    for ground in grounds(args.most) {
        eprintln!("{}: git fast-import", ground.title);
        let scratch = match &args.scratch {
            Some(dir) => TempDir::new_in(dir)?,
            None => TempDir::new()?,
        };
        let place = Place::make(&ground, scratch.path(), &repo_sync)?;
        for &job in &ground.jobs {
            let mut costs = Vec::new();
            for round in 0..args.runs {
                eprintln!("{}: {job}, {} of {}", ground.title, round + 1, args.runs);
                costs.push(place.run(job)?);
            }
            lines.push(Line::of(format!("{}: {job}", ground.title), &ground, &costs));
        }
    }
    let table = table(&lines);
    println!("{table}");
    match &args.write {
        Some(path) => write(path, args.runs, &table, &lines),
        None => Ok(()),
    }
}

fn table(lines: &[Line]) -> String {
    let mut text =
        "| Work | commits | files | seconds, median | microseconds per commit | peak MB |\n\
                    |---|---|---|---|---|---|\n"
            .to_owned();
    for line in lines {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.3} | {:.1} | {:.1} |",
            line.work,
            line.commits,
            line.files,
            line.wall,
            line.per_commit(),
            line.megabytes()
        );
    }
    text
}

fn write(path: &Path, runs: u32, table: &str, lines: &[Line]) -> anyhow::Result<()> {
    let drawing = path.with_file_name(DRAWING);
    fs::write(&drawing, drawn(lines))
        .with_context(|| format!("failed to write `{}`", drawing.display()))?;
    let text = format!(
        "{}; {runs} runs of each.\n\n\
         ![Time per commit and memory over the number of commits]({DRAWING})\n\n{table}",
        page::circumstances()?
    );
    page::write(path, TITLE, &text)
}

/// Time and memory over the number of commits.
fn drawn(lines: &[Line]) -> String {
    let curves = |value: fn(&Line) -> f64| {
        let mut curves: Vec<Curve> = Vec::new();
        for line in lines.iter().filter(|line| line.is_curve) {
            let point = (line.commits as f64, value(line));
            match curves.iter_mut().find(|curve| curve.name == line.work) {
                Some(curve) => curve.points.push(point),
                None => curves.push(Curve { name: line.work.clone(), points: vec![point] }),
            }
        }
        curves
    };
    chart::draw(&[
        Panel { title: "microseconds per commit", is_even: true, curves: curves(Line::per_commit) },
        Panel { title: "peak memory, MB", is_even: false, curves: curves(Line::megabytes) },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_have_a_point_for_every_length() {
        let line = |work: &str, is_curve, commits| Line {
            work: work.to_owned(),
            is_curve,
            commits,
            files: 7,
            wall: 2.0,
            peak: 30_000_000,
        };
        let lines = [
            line("linear: map", true, 100),
            line("linear: map", true, 10_000),
            line("wide: map", false, 300),
        ];
        let drawn = drawn(&lines);
        // Two panels with two points each, and one that stands by the name.
        assert_eq!(drawn.matches("<circle").count(), 2 * 2 + 1, "{drawn}");
        assert!(!drawn.contains("wide"), "{drawn}");
        let table = table(&lines);
        assert!(table.contains("| linear: map | 10000 | 7 | 2.000 | 200.0 | 30.0 |"), "{table}");
    }
}
