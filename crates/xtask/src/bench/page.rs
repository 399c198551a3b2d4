// SPDX-License-Identifier: Apache-2.0
//! The tables of a run, for a terminal and for a page.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::contenders::Tool;
use super::ground::Ground;
use super::summary::Summary;
use crate::page;
use crate::process::git_text;

/// A table of one kind of work. Each ratio is ours by theirs, on the clock.
pub(super) fn section(title: &str, lines: &[Summary]) -> String {
    let ours = lines.iter().find(|line| line.is_ours).map(|line| line.wall);
    let mut text = format!(
        "### {title}\n\n\
         | Who | seconds, median | least to most | of processors | peak MB | new MB | ours / theirs |\n\
         |---|---|---|---|---|---|---|\n"
    );
    for line in lines {
        let bytes = line.bytes.map_or_else(|| "-".to_owned(), megabytes);
        let ratio = match ours {
            Some(ours) if !line.is_ours => format!("{:.3}", ours / line.wall),
            _ => "-".to_owned(),
        };
        let Summary { name, wall, least, most, cpu, peak, .. } = line;
        let _ = writeln!(
            text,
            "| {name} | {wall:.3} | {least:.3} to {most:.3} | {cpu:.3} | {} | {bytes} | {ratio} |",
            megabytes(*peak)
        );
    }
    text
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// Puts the tables into a page, in the place of those of the same history and filter.
pub(super) fn write(
    path: &Path,
    ground: &Ground,
    tools: &[Tool],
    runs: u32,
    sections: &[String],
) -> anyhow::Result<()> {
    let title = format!("{}, {}", ground.title, ground.filter);
    let circumstances = circumstances(ground, tools, runs)?;
    page::write(path, &title, &format!("{circumstances}\n{}", sections.join("\n")))
}

/// When, on what, and with which versions.
fn circumstances(ground: &Ground, tools: &[Tool], runs: u32) -> anyhow::Result<String> {
    let tools: Vec<_> = tools
        .iter()
        .map(|tool| {
            let version = tool.version().unwrap_or_else(|| "(no version)".to_owned());
            format!(", {} {version}", tool.name())
        })
        .collect();
    let count = git_text(&ground.source, ["rev-list", "--count", &ground.branch])?;
    let manifest = fs::read_to_string(&ground.manifest)?;
    Ok(format!(
        "{}{}; {count} commits; {runs} runs of each, in turns. The manifest:\n\n\
         ```toml\n{manifest}```\n",
        page::circumstances()?,
        tools.concat(),
    ))
}
