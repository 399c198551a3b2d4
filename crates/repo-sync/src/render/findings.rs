// SPDX-License-Identifier: Apache-2.0
//! Findings as a person sees them, on stderr.

use std::io::{self, Write};

use anstyle::Style;
use repo_sync_shared::{Finding, Report, escape_text};

use crate::ui::{Palette, Ui};

/// Writes each refusal and warning: the check, the commit, the path and the rule,
/// and below what to do. Refusals are shown even with `-q`.
pub fn write(ui: &mut Ui, report: &Report) -> io::Result<()> {
    let palette = ui.palette_err();
    list(ui.alert(), &palette, ("refused", palette.error), &report.refusals)?;
    list(ui.status(), &palette, ("warning", palette.warning), &report.warnings)
}

fn list(
    out: &mut dyn Write,
    palette: &Palette,
    (word, style): (&str, Style),
    findings: &[Finding],
) -> io::Result<()> {
    let Palette { hint, id, dim, .. } = palette;
    let mut findings = findings.iter().peekable();
    while let Some(finding) = findings.next() {
        write!(out, "{style}{word}{style:#}  {}", finding.check)?;
        if let Some(commit) = finding.commit {
            write!(out, "  {id}{}{id:#}", commit.short())?;
        }
        if let Some(path) = &finding.path {
            write!(out, "  {}", escape_text(path.as_bytes()))?;
            if let Some(line) = finding.line {
                write!(out, ":{line}")?;
            }
        }
        if let Some(rule) = &finding.rule {
            write!(out, "  {dim}({}){dim:#}", escape_text(rule.as_bytes()))?;
        }
        writeln!(out)?;
        // Many findings of one kind ask for the same thing: once is enough.
        let repeated = findings
            .peek()
            .is_some_and(|next| (next.check, &next.hint) == (finding.check, &finding.hint));
        if !repeated && !finding.hint.is_empty() {
            let text = escape_text(finding.hint.as_bytes()).replace("\\n", "\n         ");
            writeln!(out, "         {hint}hint:{hint:#} {text}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::{refused, screen};

    #[test]
    fn a_finding_says_where_and_by_which_rule_and_what_to_do() {
        insta::assert_snapshot!(screen(|ui| write(ui, &refused())).err(), @r#"
        refused  path-denied  4f4f4f4f4f  cloud/bill.rs  (sync.toml:9 `cloud`)
                 hint: move it off the floor, or withhold `4f4f4f4f4f`
        refused  moved-from-private  5a5a5a5a5a  src/a,b: c%.rs:7
                 hint: it was `cloud/ab.rs`; add a `[[waiver]]` if it may be public
        warning  unknown-public-ref
                 hint: delete `refs/heads/tmp` on the mirror
                 or list it
        "#);
    }

    #[test]
    fn what_many_findings_ask_for_is_said_once() {
        let mut report = refused();
        let first = report.refusals[0].clone();
        report.refusals = vec![first; 3];
        report.warnings.clear();
        let err = screen(|ui| write(ui, &report)).err();
        assert_eq!((err.matches("path-denied").count(), err.matches("hint:").count()), (3, 1));
    }
}
