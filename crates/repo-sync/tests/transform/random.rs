// SPDX-License-Identifier: Apache-2.0
//! Random workspaces with random sections, published as they grow: engine and verifier
//! have to come to the same bytes, or nothing is published.

use repo_sync_testing::{History, Tree};

use crate::common::{Case, MANIFEST};

const PLACES: [&str; 7] =
    ["crates/a", "crates/b", "crates/secret", "cloud", "cloud/bill", "src/c", "docs"];

const MOVES: &str = "\n[[move]]\nfrom = \"src/c\"\nto = \"crates/c\"\n\
                     \n[[move]]\nfrom = \"docs\"\nto = \"guide\"\n";

#[test]
fn engine_and_verifier_come_to_the_same_bytes() {
    let mut shown = String::new();
    for seed in 0..8 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut history = History::new();
        for number in 0..25 {
            let edit = |tree| edit(&mut random, tree, number);
            history = history.commit(number.to_string(), edit);
        }
        let case = Case::new(history);
        let screen = case.env.run(["sync", "--local", "--to", "../mirror.git"]);
        assert_eq!(screen.status, 0, "seed {seed}\n{screen}");
        shown += &case.mirror.git().run(["log", "-p", "--format=", "main"]);
    }
    assert!(!shown.contains("repo-sync:") && !shown.contains("hidden"));
    for public in ["[workspace.dependencies]", "[[package]]", "members = [", "crates/c/Cargo.toml"]
    {
        assert!(shown.contains(public), "{public}");
    }
}

fn edit(random: &mut fastrand::Rng, tree: Tree, number: u32) -> Tree {
    if number == 0 || random.u8(..12) == 0 {
        let moves = if random.bool() { MOVES } else { "" };
        let guard = "\n[guard]\nprivate-dependency = \"off\"\nprivate-reference = \"off\"\n\
                     moved-from-private = \"off\"\npath-narrowed = \"off\"\n\
                     similar-to-private = \"off\"\n";
        return tree.file("sync.toml", format!("{MANIFEST}{moves}{guard}"));
    }
    let place = random.choice(PLACES).expect("there are some");
    match random.u8(..8) {
        0 => tree.file("Cargo.toml", root(random)),
        1 | 2 => tree.file("Cargo.lock", lock(random)),
        3 => tree.file(format!("{place}/Cargo.lock"), lock(random)),
        4 => tree.file(format!("{place}/text.md"), text(random, number)),
        5 => tree.file(format!("{place}/Cargo.toml"), root(random)),
        6 if tree.entries().contains_key(format!("{place}/Cargo.toml").as_bytes()) => {
            tree.delete(format!("{place}/Cargo.toml"))
        }
        _ => tree.file(format!("{place}/Cargo.toml"), package(random, place)),
    }
}

fn text(random: &mut fastrand::Rng, number: u32) -> String {
    let mut text = format!("# {number}\n");
    for line in 0..random.u8(..6) {
        text += &match random.u8(..3) {
            0 => format!("<!-- repo-sync: private -->\nhidden {line}\n<!-- repo-sync: end -->\n"),
            _ => format!("line {line}\n"),
        };
    }
    text
}

fn some(random: &mut fastrand::Rng, all: &[&str]) -> Vec<String> {
    all.iter().filter(|_| random.bool()).map(|one| (*one).to_owned()).collect()
}

fn package(random: &mut fastrand::Rng, place: &str) -> String {
    let name = place.rsplit('/').next().expect("it has one");
    let mut text = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n[dependencies]\n");
    for (key, value) in [
        ("a", "{ path = \"../a\" }"),
        ("b", "{ workspace = true }"),
        ("log", "\"1\""),
        ("rand", "{ workspace = true }"),
        ("uuid", "{ package = \"rand\", version = \"1\" }"),
    ] {
        match random.u8(..4) {
            0 => text += &format!("# why\n{key} = {value} # so\n"),
            1 => {
                text +=
                    &format!("# repo-sync: private\n{key} = {value} # hidden\n# repo-sync: end\n")
            }
            _ => {}
        }
    }
    text
}

fn root(random: &mut fastrand::Rng) -> String {
    let paths = ["crates/*", "crates/a", "cloud", "cloud/*", "src/c", "../x", "docs", "."];
    let list = |random: &mut fastrand::Rng| {
        let some = some(random, &paths).into_iter().map(|path| format!("\"{path}\""));
        let some: Vec<_> = some.collect();
        match random.u8(..3) {
            0 => format!("[{}]", some.join(", ")),
            1 => format!("[ {} ] # all", some.join(",")),
            _ => {
                let lines = some.iter().map(|path| format!("  # of {path}\n  {path}, # it\n"));
                format!("[\n{}]", lines.collect::<String>())
            }
        }
    };
    let mut text = format!("[workspace]\nmembers = {}\n", list(random));
    if random.bool() {
        text += &format!("# default\ndefault-members = {}\n", list(random));
    }
    if random.bool() {
        text += &format!("exclude = {}\n", list(random));
    }
    let entries = [
        "a = { path = \"crates/a\" }",
        "# s\nsecret = { path = \"crates/secret\" } # s",
        "rand = \"1\"",
        "b.path = \"crates/b\"\nb.version = \"1\"",
        "stripe = { version = \"1\" }",
    ];
    match random.u8(..3) {
        0 => {}
        1 => {
            text += &format!("\n[workspace.dependencies]\n{}\n", some(random, &entries).join("\n"))
        }
        _ => {
            text += "\n# r\n[workspace.dependencies.rand]\nversion = \"1\"\n\n# b\n\
                     [workspace.dependencies.bill]\npath = \"cloud/bill\"\n";
        }
    }
    if random.bool() {
        text +=
            "\n[patch.crates-io]\nuuid = { path = \"cloud/uuid\" }\nlog = { path = \"src/c\" }\n";
    }
    text
}

fn lock(random: &mut fastrand::Rng) -> String {
    let names = ["a", "b", "c", "bill", "cloud", "log", "rand", "rand", "secret", "serde"];
    let mut text = "version = 3\n".to_owned();
    for (number, name) in names.into_iter().enumerate() {
        if random.u8(..5) == 0 {
            continue;
        }
        let version = if number == 7 { "0.2.0" } else { "0.1.0" };
        text += &format!("\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
        if matches!(name, "log" | "rand" | "serde") {
            text += "source = \"registry\"\nchecksum = \"00\"\n";
        }
        let edges = some(
            random,
            &["a", "b", "bill", "log", "rand", "rand 0.1.0", "rand 0.2.0", "secret", "serde"],
        );
        if !edges.is_empty() {
            let edges: String = edges.iter().map(|edge| format!(" \"{edge}\",\n")).collect();
            text += &format!("dependencies = [\n{edges}]\n");
        }
    }
    text
}
