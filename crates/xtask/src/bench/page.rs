// SPDX-License-Identifier: Apache-2.0
//! The tables of a run, for a terminal and for a page.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::contenders::Tool;
use super::cost::Summary;
use super::ground::Ground;

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

/// Puts the tables between the marks that name this history and filter, or at the end.
pub(super) fn write(
    path: &Path,
    ground: &Ground,
    tools: &[Tool],
    runs: u32,
    sections: &[String],
) -> anyhow::Result<()> {
    let old =
        fs::read_to_string(path).with_context(|| format!("failed to read `{}`", path.display()))?;
    let title = format!("{}, {}", ground.title, ground.filter);
    let (begin, end) = (format!("<!-- begin {title} -->"), format!("<!-- end {title} -->"));
    let block = format!(
        "{begin}\n## {title}\n\n{}\n{}\n{end}\n",
        circumstances(ground, tools, runs)?,
        sections.join("\n")
    );
    fs::write(path, placed(&old, &begin, &end, &block))?;
    Ok(())
}

/// The page with the block in the place of the one between these marks, or at the end.
fn placed(page: &str, begin: &str, end: &str, block: &str) -> String {
    let found = page.split_once(begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(end)?;
        Some((before, after.strip_prefix('\n').unwrap_or(after)))
    });
    match found {
        Some((before, after)) => [before, block, after].concat(),
        None => format!("{}\n\n{block}", page.trim_end()),
    }
}

/// When, on what, and with which versions.
fn circumstances(ground: &Ground, tools: &[Tool], runs: u32) -> anyhow::Result<String> {
    let first_line = |program: &str, args: &[&str]| -> Option<String> {
        let out = Command::new(program).args(args).output().ok()?;
        Some(String::from_utf8(out.stdout).ok()?.lines().next()?.to_owned())
    };
    let mut versions = vec![
        first_line("git", &["--version"]).unwrap_or_default(),
        first_line("rustc", &["--version"]).unwrap_or_default(),
    ];
    versions.extend(tools.iter().map(|tool| {
        format!("{} {}", tool.name(), tool.version().unwrap_or_else(|| "(no version)".to_owned()))
    }));
    let cores = std::thread::available_parallelism()?;
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let count = super::ground::git_text(&ground.source, ["rev-list", "--count", &ground.branch])?;
    let manifest = fs::read_to_string(&ground.manifest)?;
    Ok(format!(
        "{}; {cores} cores of {model}; {}; {count} commits; {runs} runs of each, in turns. The manifest:\n\n\
         ```toml\n{manifest}```\n",
        jiff::Zoned::now().strftime("%Y-%m-%d"),
        versions.join(", "),
    ))
}

#[cfg(test)]
mod tests {
    use super::placed;

    #[test]
    fn a_block_takes_the_place_of_the_one_before() {
        let page = "# Speed\n\n<!-- b -->\nold\n<!-- e -->\n\nlast words\n";
        let block = "<!-- b -->\nnew\n<!-- e -->\n";
        let expected = "# Speed\n\n<!-- b -->\nnew\n<!-- e -->\n\nlast words\n";
        assert_eq!(placed(page, "<!-- b -->", "<!-- e -->", block), expected);
        assert_eq!(placed(expected, "<!-- b -->", "<!-- e -->", block), expected);
        assert_eq!(
            placed("# Speed\n", "<!-- b -->", "<!-- e -->", block),
            format!("# Speed\n\n{block}")
        );
    }
}
