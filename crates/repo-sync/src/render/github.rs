// SPDX-License-Identifier: Apache-2.0
//! Findings as annotations of GitHub Actions.
//!
//! Workflow commands are lines on stdout:
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.
//! Everything in them is escaped, so no name in a finding can end its line and
//! begin a command of its own.

use std::env;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use repo_sync_shared::{Finding, Report};

use super::summary;
use crate::ui::{Palette, Ui};

/// Writes the annotations, and the step's summary where the runner wants one.
pub fn report(ui: &mut Ui, report: &Report) -> io::Result<()> {
    annotations(ui, report)?;
    add_to_summary(ui, &summary::markdown(report))
}

/// Adds a page of Markdown to the step's summary, where the runner wants one.
pub(super) fn add_to_summary(ui: &mut Ui, page: &str) -> io::Result<()> {
    let Some(file) = env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) else {
        return Ok(());
    };
    let file = PathBuf::from(file);
    if let Err(err) = summary::append(&file, page) {
        // The run is what it is, whether or not the page about it could be written.
        let Palette { warning, .. } = ui.palette_err();
        writeln!(
            ui.status(),
            "{warning}warning{warning:#}: cannot write the step summary to `{}`: {err}",
            file.display()
        )?;
    }
    Ok(())
}

/// Writes one workflow command for each finding.
pub fn annotations(ui: &mut Ui, report: &Report) -> io::Result<()> {
    let refusals = report.refusals.iter().map(|finding| ("error", finding));
    let warnings = report.warnings.iter().map(|finding| ("warning", finding));
    for (command, finding) in refusals.chain(warnings) {
        writeln!(ui.stdout(), "{}", annotation(command, finding))?;
    }
    Ok(())
}

/// A workflow command about a file as a whole.
pub(super) fn annotation_at(command: &str, file: &str, title: &str, said: &str) -> String {
    format!("::{command} file={},title={}::{}", property(file), property(title), data(said))
}

fn annotation(command: &str, finding: &Finding) -> String {
    let rule = finding.rule.as_deref().and_then(place);
    let mut line = format!("::{command} ");
    let written = match (&finding.path, finding.line, rule) {
        (Some(path), Some(number), _) => {
            write!(line, "file={},line={number},", property(path))
        }
        (_, _, Some((file, number))) => write!(line, "file={},line={number},", property(file)),
        (Some(path), None, None) => write!(line, "file={},", property(path)),
        (None, _, None) => Ok(()),
    };
    written.expect("writing to a String cannot fail");
    format!("{line}title={}::{}", property(finding.check.name()), data(&message(finding)))
}

/// The annotation may stand at the rule, so its text has to say what it is about.
fn message(finding: &Finding) -> String {
    let mut words = Vec::new();
    if let Some(path) = &finding.path {
        words.push(path.clone());
    }
    if let Some(commit) = finding.commit {
        words.push(format!("in {}", commit.short()));
    }
    if let Some(rule) = &finding.rule {
        words.push(format!("by {rule}"));
    }
    match words.is_empty() {
        true => finding.hint.clone(),
        false => format!("{}\n{}", words.join(" "), finding.hint),
    }
}

/// File and line of a rule such as ``sync.toml:9 `cloud` ``.
pub(super) fn place(rule: &str) -> Option<(&str, u32)> {
    let place = rule.split(" `").next()?.trim_end();
    let (file, line) = place.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::redact;
    use crate::render::testing::{refused, screen};

    #[test]
    fn a_finding_is_an_annotation_at_its_rule_or_its_path() {
        insta::assert_snapshot!(screen(|ui| annotations(ui, &refused())).out(), @r#"
        ::error file=sync.toml,line=9,title=path-denied::cloud/bill.rs in 4f4f4f4f4f by sync.toml:9 `cloud`%0Amove it off the floor, or withhold `4f4f4f4f4f`
        ::error file=src/a%2Cb%3A c%25.rs,line=7,title=moved-from-private::src/a,b: c%25.rs in 5a5a5a5a5a%0Ait was `cloud/ab.rs`; add a `[[waiver]]` if it may be public
        ::warning title=unknown-public-ref::delete `refs/heads/tmp` on the mirror%0Aor list it
        "#);
    }

    #[test]
    fn a_redacted_annotation_names_the_finding() {
        let redacted = redact::report(&refused());
        insta::assert_snapshot!(screen(|ui| annotations(ui, &redacted)).out(), @r#"
        ::error file=sync.toml,line=9,title=path-denied::finding 1 by sync.toml:9%0Amove it off the floor, or withhold `…`
        ::error file=finding 2,title=moved-from-private::finding 2%0Ait was `…`; add a `[[waiver]]` if it may be public
        ::warning title=unknown-public-ref::delete `…` on the mirror%0Aor list it
        "#);
    }

    #[test]
    fn a_rule_gives_its_file_and_line() {
        check("sync.toml:9 `cloud`", Some(("sync.toml", 9)));
        check("sync.toml:9", Some(("sync.toml", 9)));
        check("other:name.toml:12 `a:b`", Some(("other:name.toml", 12)));
        check("always on the floor `cloud`", None);
        check("sync.toml:x `cloud`", None);

        #[track_caller]
        fn check(rule: &str, expected: Option<(&str, u32)>) {
            assert_eq!(place(rule), expected);
        }
    }

    #[test]
    fn no_name_begins_a_command_of_its_own() {
        let mut report = refused();
        report.refusals[0].path = Some("x\n::add-mask::\r%0A".to_owned());
        report.refusals[0].rule = None;
        let out = screen(|ui| annotations(ui, &report)).out();
        let first = out.lines().next().unwrap();
        assert!(first.starts_with("::error file=x%0A%3A%3Aadd-mask%3A%3A%0D%250A,"), "{first}");
        assert_eq!(out.lines().count(), 3, "{out}");
    }
}
