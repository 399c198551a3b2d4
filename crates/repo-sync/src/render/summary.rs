// SPDX-License-Identifier: Apache-2.0
//! A run as a page of Markdown, for the summary of a CI step.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use repo_sync_shared::{Finding, Outcome, Report};

/// Appends a page to a file, which other steps may have begun.
pub fn append(file: &Path, page: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    file.write_all(page.as_bytes())
}

/// The page: outcome, refs, numbers and findings.
pub fn markdown(report: &Report) -> String {
    let mut page = String::new();
    write(&mut page, report).expect("writing to a String cannot fail");
    page
}

fn write(page: &mut String, report: &Report) -> std::fmt::Result {
    let mirror = report.mirror.as_deref().unwrap_or("the mirror");
    let command = text(&report.command);
    writeln!(page, "### repo-sync {command}: {} {}\n", text(mirror), words(report.outcome))?;
    if let Some(error) = &report.error {
        writeln!(page, "{}\n", text(error))?;
    }
    let counts = report.counts;
    writeln!(
        page,
        "{} private commits: {} published, {} dropped, {} already public.\n",
        counts.private_commits, counts.published, counts.dropped, counts.already_public
    )?;
    if !report.refs.is_empty() {
        writeln!(page, "| Ref | From | To |\n|---|---|---|")?;
        for moved in &report.refs {
            let id =
                |id: Option<repo_sync_shared::ObjectId>| id.map_or("–".into(), |id| id.short());
            writeln!(
                page,
                "| {} | {} | {} |",
                text(&moved.name),
                id(moved.expected),
                id(moved.new)
            )?;
        }
        writeln!(page)?;
    }
    if !report.foreign.is_empty() {
        writeln!(page, "Commits of the mirror that are not ours:\n")?;
        for commit in &report.foreign {
            writeln!(page, "- {commit}")?;
        }
        writeln!(page)?;
    }
    findings(page, "Refusals", &report.refusals)?;
    findings(page, "Warnings", &report.warnings)
}

fn findings(page: &mut String, title: &str, findings: &[Finding]) -> std::fmt::Result {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(
        page,
        "#### {title}\n\n| Check | Commit | Path | Rule | Hint |\n|---|---|---|---|---|"
    )?;
    for finding in findings {
        let cell = |value: &Option<String>| value.as_deref().map_or("–".into(), text);
        let commit = finding.commit.map_or("–".into(), |commit| commit.short());
        writeln!(
            page,
            "| {} | {commit} | {}{} | {} | {} |",
            finding.check,
            cell(&finding.path),
            finding.line.map(|line| format!(":{line}")).unwrap_or_default(),
            cell(&finding.rule),
            text(&finding.hint)
        )?;
    }
    writeln!(page)
}

fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Synced => "is synced",
        Outcome::UpToDate => "is up to date",
        Outcome::Planned => "has something to take",
        Outcome::Refused => "is refused",
        Outcome::Diverged => "has diverged",
        Outcome::Failed => "has failed",
        Outcome::Usage => "is not set up right",
        Outcome::Interrupted => "was interrupted",
    }
}

/// Text that stays within its cell and is not markup.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br>"),
            c if c.is_control() => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '>' | '|' | '~' | '#' | '!' => {
                out.extend(['\\', c]);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::refused;

    #[test]
    fn a_page_says_what_happened() {
        insta::assert_snapshot!(markdown(&refused()), @r#"
        ### repo-sync sync: public is refused

        5 private commits: 0 published, 5 dropped, 0 already public.

        #### Refusals

        | Check | Commit | Path | Rule | Hint |
        |---|---|---|---|---|
        | path-denied | 4f4f4f4f4f | cloud/bill.rs | sync.toml:9 \`cloud\` | move it off the floor, or withhold \`4f4f4f4f4f\` |
        | moved-from-private | 5a5a5a5a5a | src/a,b: c%.rs:7 | – | it was \`cloud/ab.rs\`; add a \`\[\[waiver\]\]\` if it may be public |

        #### Warnings

        | Check | Commit | Path | Rule | Hint |
        |---|---|---|---|---|
        | unknown-public-ref | – | – | – | delete \`refs/heads/tmp\` on the mirror<br>or list it |
        "#);
    }

    #[test]
    fn text_is_no_markup() {
        check("a|b", "a\\|b");
        check("<img src=x>", "&lt;img src=x\\>");
        check("[a](b) `c`", "\\[a\\](b) \\`c\\`");
        check("two\nlines\r\u{1b}[0m", "two<br>lines  \\[0m");

        #[track_caller]
        fn check(raw: &str, expected: &str) {
            assert_eq!(text(raw), expected);
        }
    }

    #[test]
    fn a_page_is_added_to_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("summary.md");
        std::fs::write(&file, "before\n").unwrap();
        append(&file, &markdown(&refused())).unwrap();
        assert!(std::fs::read_to_string(&file).unwrap().starts_with("before\n### repo-sync sync"));
    }
}
