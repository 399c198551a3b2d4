// SPDX-License-Identifier: Apache-2.0
//! What runs on somebody's machine without being called: a public pull request that
//! changes such a file wants a second look before it is in the private repository.

use super::changes::{Change, Leaf};
use crate::object::{EntryKind, GitFile};
use crate::paths::{components, fold, is_short_name};

/// Files that run, or say what runs, wherever they stand: by their folded name.
const NAMES: &[(&str, &str)] = &[
    (".gitattributes", "git reads it, and may run a filter for it"),
    (".gitmodules", "git fetches what it names"),
    (".gitlab-ci.yml", CI),
    (".travis.yml", CI),
    (".drone.yml", CI),
    (".cirrus.yml", CI),
    (".woodpecker.yml", CI),
    ("azure-pipelines.yml", CI),
    ("bitbucket-pipelines.yml", CI),
    ("cloudbuild.yaml", CI),
    ("appveyor.yml", CI),
    (".appveyor.yml", CI),
    ("jenkinsfile", CI),
    ("action.yml", CI),
    ("action.yaml", CI),
    ("build.rs", "cargo runs it at every build"),
    ("rust-toolchain", "it chooses the compiler"),
    ("rust-toolchain.toml", "it chooses the compiler"),
    ("setup.py", "pip runs it at every install"),
    (".npmrc", "npm reads it, and may run what it names"),
    (".yarnrc", "yarn reads it, and may run what it names"),
    (".yarnrc.yml", "yarn reads it, and may run what it names"),
    (".pnpmfile.cjs", "pnpm runs it at every install"),
    (".envrc", "direnv runs it in every shell"),
    (".pre-commit-config.yaml", HOOK),
    (".pre-commit-hooks.yaml", HOOK),
    ("lefthook.yml", HOOK),
];

/// Directories of such files.
const DIRECTORIES: &[(&str, &str)] = &[
    (".github", CI),
    (".gitlab", CI),
    (".gitea", CI),
    (".forgejo", CI),
    (".circleci", CI),
    (".buildkite", CI),
    (".teamcity", CI),
    (".woodpecker", CI),
    (".ci", CI),
    (".cargo", "cargo takes its settings from there"),
    (".husky", HOOK),
    (".githooks", HOOK),
    ("hooks", HOOK),
    (".vscode", EDITOR),
    (".idea", EDITOR),
    (".devcontainer", EDITOR),
];

const CI: &str = "CI runs what it says";
const HOOK: &str = "hooks run what it says";
const EDITOR: &str = "editors run what it says";

/// Why a change wants somebody who allows it, if it does: for what it is, or for where it
/// stands, publicly or in the private tree.
pub(super) fn guarded(change: &Change, private: &[u8]) -> Option<&'static str> {
    let is_submodule =
        |leaf: &Option<Leaf>| leaf.as_ref().is_some_and(|leaf| leaf.kind == EntryKind::Gitlink);
    if is_submodule(&change.before) || is_submodule(&change.after) {
        return Some("a submodule brings in what another repository has");
    }
    // A link may lead to what a directory of its name would hold.
    let is_link = change.after.as_ref().is_some_and(|leaf| leaf.kind == EntryKind::Symlink);
    by_path(&change.path, is_link).or_else(|| by_path(private, is_link))
}

fn by_path(path: &[u8], is_link: bool) -> Option<&'static str> {
    let names: Vec<_> = components(path).collect();
    let (name, above) = names.split_last()?;
    let directories = if is_link { &names } else { above };
    of(NAMES, name).or_else(|| directories.iter().find_map(|name| of(DIRECTORIES, name)))
}

/// Why a name is guarded, if some file system takes it for one of these.
fn of(known: &[(&str, &'static str)], name: &[u8]) -> Option<&'static str> {
    let folded = fold(name);
    let git_reads = GitFile::named(name).map(GitFile::name);
    let is_it = |it: &str| {
        *it.as_bytes() == *folded || is_short_name(name, it.as_bytes()) || git_reads == Some(it)
    };
    known.iter().find(|(it, _)| is_it(it)).map(|&(_, why)| why)
}

#[cfg(test)]
mod tests {
    use repo_sync_shared::ObjectId;

    use super::*;

    #[test]
    fn what_runs_by_itself_is_guarded_however_it_is_spelt() {
        for path in [
            ".gitattributes",
            "a/.GitAttributes",
            ".github/workflows/ci.yml",
            ".GITHUB/x",
            "crates/a/build.rs",
            "a/.cargo/config.toml",
            "Jenkinsfile",
            ".gitlab-ci.yml.",
            "GITATT~1",
            "a/gi7d29~2",
            "a/GITHUB~1/x",
            "CARGO~1/config.toml",
        ] {
            assert!(by_path(path.as_bytes(), false).is_some(), "{path}");
        }
        for path in ["src/build.rs.md", "github/a", "docs/hooks.md", "a/build", "src/main.rs"] {
            assert_eq!(by_path(path.as_bytes(), false), None, "{path}");
        }
        assert_eq!(by_path(b"a/hooks", false), None);
        assert!(by_path(b"a/hooks", true).is_some());
        let change = change("vendor/lib", EntryKind::Gitlink);
        assert!(guarded(&change, b"vendor/lib").is_some());
    }

    #[test]
    fn a_move_hides_nothing() {
        let change = change("ci/build.yml", EntryKind::Blob);
        assert_eq!(guarded(&change, b"ci/build.yml"), None);
        assert!(guarded(&change, b".github/workflows/build.yml").is_some());
    }

    fn change(path: &str, kind: EntryKind) -> Change {
        let leaf = Leaf { mode: b"100644".to_vec(), id: ObjectId::EMPTY_TREE, kind };
        Change { path: path.as_bytes().to_vec(), before: None, after: Some(leaf) }
    }
}
