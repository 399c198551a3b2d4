// SPDX-License-Identifier: Apache-2.0
//! Findings as SARIF 2.1.0, which code scanning shows at their lines.
//!
//! The format: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.
//! One run for each mirror. A finding keeps its fingerprint as long as its check,
//! path and rule stay the same, whatever the commit is called.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;

use repo_sync_shared::{Check, Finding, Level, Outcome, Report, unescape_bytes};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::github::place;
use crate::ui::Ui;

/// Writes the reports as one log.
pub fn log(ui: &mut Ui, reports: &[Report]) -> io::Result<()> {
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: reports.iter().map(run).collect(),
    };
    let mut out = ui.stdout();
    serde_json::to_writer(&mut out, &log)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    automation_details: Automation,
    invocations: [Invocation<'a>; 1],
    results: Vec<SarifResult<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text<'static>,
    help: Text<'static>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    enabled: bool,
    level: &'static str,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Automation {
    /// Tells the runs of several mirrors apart.
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    exit_code: u8,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification<'a>>,
}

#[derive(Serialize)]
struct Notification<'a> {
    level: &'static str,
    message: Text<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties<'a>>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "repoSync/v1")]
    v1: String,
}

#[derive(Serialize)]
struct Properties<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<repo_sync_shared::PrivateCommit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
}

fn run(report: &Report) -> Run<'_> {
    let refusals = report.refusals.iter().map(|finding| ("error", finding));
    let warnings = report.warnings.iter().map(|finding| ("warning", finding));
    let mut seen = HashMap::new();
    let results = refusals.chain(warnings).map(|(level, it)| result(level, it, &mut seen));
    let notification = |text| Notification { level: "error", message: Text { text } };
    Run {
        tool: Tool {
            driver: Driver {
                name: "repo-sync",
                version: env!("CARGO_PKG_VERSION"),
                rules: Check::ALL.iter().copied().map(rule).collect(),
            },
        },
        automation_details: Automation {
            id: format!("repo-sync/{}/", report.mirror.as_deref().unwrap_or_default()),
        },
        invocations: [Invocation {
            execution_successful: match report.outcome {
                Outcome::Synced
                | Outcome::UpToDate
                | Outcome::Planned
                | Outcome::Refused
                | Outcome::Diverged => true,
                Outcome::Failed | Outcome::Usage | Outcome::Interrupted => false,
            },
            exit_code: report.outcome.exit_code(),
            tool_execution_notifications: report.error.iter().map(|it| notification(it)).collect(),
        }],
        results: results.collect(),
    }
}

fn rule(check: Check) -> Rule {
    let level = match check.default_level() {
        Some(Level::Refuse) => "error",
        None if !check.is_notice() => "error",
        Some(Level::Warn | Level::Off) | None => "warning",
    };
    Rule {
        id: check.name(),
        short_description: Text { text: check.about() },
        help: Text { text: check.about() },
        default_configuration: Configuration { enabled: true, level },
    }
}

fn result<'a>(
    level: &'static str,
    finding: &'a Finding,
    seen: &mut HashMap<String, u32>,
) -> SarifResult<'a> {
    let Finding { check, commit, path, rule, hint, .. } = finding;
    let mut text = String::new();
    if let Some(path) = path {
        let _ = write!(text, "{path}: ");
    }
    text.push_str(hint);
    let named = commit.is_some() || rule.is_some();
    SarifResult {
        rule_id: check.name(),
        rule_index: Check::ALL.iter().position(|it| it == check).unwrap_or_default(),
        level,
        message: Message { text },
        locations: [location(finding)],
        partial_fingerprints: Fingerprints { v1: fingerprint(finding, seen) },
        properties: named.then_some(Properties { commit: *commit, rule: rule.as_deref() }),
    }
}

/// The line of the file, else the line of the rule; a finding about neither is one
/// about what the manifest says.
fn location(finding: &Finding) -> Location {
    let rule = finding.rule.as_deref().and_then(place);
    let (uri, start_line) = match (&finding.path, rule) {
        (Some(path), _) => (uri(&unescape_bytes(path)), finding.line.unwrap_or(1)),
        (None, Some((file, line))) => (uri(file.as_bytes()), line),
        (None, None) => ("sync.toml".to_owned(), 1),
    };
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri, uri_base_id: "%SRCROOT%" },
            region: Region { start_line },
        },
    }
}

/// A path as a relative reference (RFC 3986): whatever may mean something else is
/// percent-encoded.
fn uri(path: &[u8]) -> String {
    path.iter().fold(String::new(), |mut uri, &byte| {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => write!(uri, "%{byte:02X}").expect("writing to a String cannot fail"),
        }
        uri
    })
}

/// What makes two findings the same: not the commit, which a rebase renames, and
/// not the line, which an edit moves. Equal ones are counted.
fn fingerprint(finding: &Finding, seen: &mut HashMap<String, u32>) -> String {
    let pattern = finding.rule.as_deref().and_then(|rule| rule.split_once('`'));
    let mut hash = Sha256::new();
    for part in [
        finding.check.name(),
        finding.path.as_deref().unwrap_or_default(),
        pattern.map_or("", |(_, pattern)| pattern),
    ] {
        hash.update(part);
        hash.update([0]);
    }
    let mut hex = String::new();
    for byte in &hash.finalize()[..16] {
        write!(hex, "{byte:02x}").expect("writing to a String cannot fail");
    }
    let number = seen.entry(hex.clone()).or_default();
    *number += 1;
    format!("{hex}:{number}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::render::redact;
    use crate::render::testing::{refused, screen};

    #[test]
    fn a_finding_is_a_result_at_its_line_or_its_rule() {
        let log = read(&refused());
        let results = &log["runs"][0]["results"];
        let place = |at: usize| {
            let place = &results[at]["locations"][0]["physicalLocation"];
            (place["artifactLocation"]["uri"].clone(), place["region"]["startLine"].clone())
        };
        assert_eq!(place(0), ("cloud/bill.rs".into(), 1.into()));
        assert_eq!(place(1), ("src/a%2Cb%3A%20c%25.rs".into(), 7.into()));
        assert_eq!(place(2), ("sync.toml".into(), 1.into()));
        let levels = [0, 1, 2].map(|at| results[at]["level"].clone());
        assert_eq!(levels, ["error", "error", "warning"]);
        let rules = &log["runs"][0]["tool"]["driver"]["rules"];
        for at in 0..3 {
            let index = usize::try_from(results[at]["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], results[at]["ruleId"]);
        }
        assert_eq!(rules.as_array().unwrap().len(), Check::ALL.len());
    }

    #[test]
    fn a_fingerprint_survives_a_rebase_and_tells_findings_apart() {
        let prints = |report: &Report| {
            let log = read(report);
            let results = log["runs"][0]["results"].as_array().unwrap().clone();
            let print = |it: &Value| it["partialFingerprints"]["repoSync/v1"].to_string();
            results.iter().map(print).collect::<Vec<_>>()
        };
        let mut report = refused();
        let before = prints(&report);
        report.refusals[0].commit = None;
        report.refusals[0].rule = Some("sync.toml:12 `cloud`".to_owned());
        report.refusals[1].line = Some(99);
        assert_eq!(prints(&report), before);
        report.refusals[1] = report.refusals[0].clone();
        let after = prints(&report);
        assert_eq!(after[0], before[0]);
        assert_ne!(after[1], after[0]);
    }

    #[test]
    fn names_are_encoded_and_redacted() {
        let mut report = refused();
        report.refusals[0].path = Some("src/\\xff\\n é.rs".to_owned());
        let log = read(&report).to_string();
        assert!(log.contains("\"src/%FF%0A%20%C3%A9.rs\""), "{log}");
        let log = read(&redact::report(&refused())).to_string();
        for private in ["bill", "ab.rs", "4f4f4f", "5a5a5a"] {
            assert!(!log.contains(private), "{private} is in {log}");
        }
    }

    #[test]
    fn a_run_that_failed_says_why() {
        let mut report = Report::new("sync", Outcome::Failed);
        report.error = Some("no network".to_owned());
        let log = read(&report);
        let ended = &log["runs"][0]["invocations"][0];
        assert_eq!(ended["executionSuccessful"], false);
        assert_eq!(ended["toolExecutionNotifications"][0]["message"]["text"], "no network");
        assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
    }

    fn read(report: &Report) -> Value {
        let screen = screen(|ui| log(ui, std::slice::from_ref(report)));
        serde_json::from_str(&screen.out()).unwrap()
    }
}
