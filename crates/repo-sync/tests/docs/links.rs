// SPDX-License-Identifier: Apache-2.0
//! Links between pages lead to files, and to headings that are there.

use crate::{pages_under, read, root};

/// The relative links of a page, `[text](target)`, outside fenced blocks.
fn links(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let prose = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    });
    prose
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target)
        .filter(|target| !target.contains("://"))
        .collect()
}

/// The anchor that a forge gives to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_link_leads_somewhere() {
    let mut pages: Vec<_> = ["README.md", "CONTRIBUTING.md"].map(str::to_owned).to_vec();
    pages.extend(pages_under("docs"));
    let mut seen = 0;
    for page in pages {
        let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
        let text = read(&page);
        for link in links(&text) {
            seen += 1;
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => root().join(&page),
                _ => root().join(folder).join(file),
            };
            assert!(target.exists(), "{page} links to {link}, and no such file is there");
            if !part.is_empty() {
                let text = std::fs::read_to_string(&target).expect("a page is readable text");
                let found = text
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .any(|line| anchor(line.trim_start_matches('#').trim()) == part);
                assert!(found, "{page} links to {link}, and no such heading is there");
            }
        }
    }
    assert!(seen > 0, "the pages link to each other");
}

#[test]
fn links_are_found_in_prose() {
    let text = "[a](x.md) and [b](y.md#z)\n```\n[c](no.md)\n```\n[d](https://example.com)\n";
    assert_eq!(links(text), ["x.md", "y.md#z"]);
    assert_eq!(anchor("Git's words, as we use them"), "gits-words-as-we-use-them");
}
