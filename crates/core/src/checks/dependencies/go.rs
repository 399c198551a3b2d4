// SPDX-License-Identifier: Apache-2.0
//! `go.mod` and `go.work`: directives, alone in their line or in a block
//! (<https://go.dev/ref/mod#go-mod-file>).

use super::Edge;

pub(super) fn manifest(text: &str, edges: &mut Vec<Edge>) {
    let mut block = None;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        let mut words: Vec<_> = line.split_whitespace().collect();
        match (block, words.as_slice()) {
            (_, []) => continue,
            (Some(_), [")"]) => {
                block = None;
                continue;
            }
            (None, [directive, "("]) => {
                block = Some(*directive);
                continue;
            }
            (Some(_), _) | (None, _) => {}
        }
        let directive = block.unwrap_or_else(|| words.remove(0));
        let words: Vec<_> = words.into_iter().map(|word| word.trim_matches(['"', '`'])).collect();
        match (directive, words.as_slice()) {
            ("require" | "tool", [module, ..]) => edges.push(Edge::Package((*module).to_owned())),
            ("use", [directory]) => edges.push(Edge::Directory((*directory).to_owned())),
            ("replace", all) => {
                let mut sides = all.split(|word| *word == "=>").filter_map(|side| side.first());
                edges.extend(sides.next().map(|module| Edge::Package((*module).to_owned())));
                edges.extend(sides.next().map(|other| replacement(other)));
            }
            _ => {}
        }
    }
}

/// Another module, or a directory, which begins with a dot or a slash.
fn replacement(word: &str) -> Edge {
    match word.starts_with(['.', '/']) {
        true => Edge::Directory(word.to_owned()),
        false => Edge::Package(word.to_owned()),
    }
}
