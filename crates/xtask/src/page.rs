// SPDX-License-Identifier: Apache-2.0
//! Pages with parts that a task writes, and what is said of the machine there.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

/// Puts a part under its title where the one of the same title is, or at the end.
pub(crate) fn write(path: &Path, title: &str, text: &str) -> anyhow::Result<()> {
    let old =
        fs::read_to_string(path).with_context(|| format!("failed to read `{}`", path.display()))?;
    let (begin, end) = (format!("<!-- begin {title} -->"), format!("<!-- end {title} -->"));
    let block = format!("{begin}\n## {title}\n\n{text}\n{end}\n");
    fs::write(path, placed(&old, &begin, &end, &block))
        .with_context(|| format!("failed to write `{}`", path.display()))
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

/// The day, the processor, and the versions of what nobody can do without.
pub(crate) fn circumstances() -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism()?;
    Ok(format!(
        "{}; {cores} cores of {}; {}, {}",
        jiff::Zoned::now().strftime("%Y-%m-%d"),
        processor(),
        version("git").unwrap_or_default(),
        version("rustc").unwrap_or_default(),
    ))
}

/// What the processor calls itself.
pub(crate) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or("unknown processor", |(_, model)| model).to_owned()
}

/// What a program calls its version; the first line of it.
pub(crate) fn version(program: &str) -> Option<String> {
    let out = Command::new(program).arg("--version").output().ok()?;
    Some(String::from_utf8(out.stdout).ok()?.lines().next()?.to_owned())
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
