// SPDX-License-Identifier: Apache-2.0
//! A mirror and a private history that do not go together.

use crate::common::{Case, MANIFEST, manifest, start};

#[test]
fn a_foreign_commit_on_the_mirror() {
    let case = Case::published(start(MANIFEST));
    let git = case.mirror.git();
    let ours = case.mirror.refs()["refs/heads/main"].clone();
    let foreign = git.run(["commit-tree", "-p", "main", "-m", "by hand", "main^{tree}"]);
    git.run(["update-ref", "refs/heads/main", &foreign]);
    let mut case = case;
    for more in [false, true] {
        if more {
            case.extend(|history| history.commit("more", |tree| tree.file("src/more.rs", "")));
        }
        for command in ["plan", "sync"] {
            let report = case.bad(&[command, "--to", "$MIRROR"], 4, &[&foreign[..7]]);
            assert_eq!(report["foreign"], serde_json::json!([foreign]), "{report}");
            let main = &report["refs"][0];
            assert_eq!(main["name"], "refs/heads/main", "{report}");
            assert_eq!(main["expected"], *foreign, "{report}");
        }
    }
    git.run(["update-ref", "refs/heads/main", &ours]);
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
}

#[test]
fn a_mirror_of_something_else() {
    let case = Case::new(start(MANIFEST));
    let git = case.mirror.git();
    let tree = git.run(["mktree"]);
    let commit = git.run(["commit-tree", "-m", "unrelated", &tree]);
    git.run(["update-ref", "refs/heads/main", &commit]);
    let report = case.bad(&["sync", "--to", "$MIRROR"], 4, &[&commit[..7]]);
    assert_eq!(report["foreign"], serde_json::json!([commit]), "{report}");
}

#[test]
fn a_private_branch_that_was_rewritten() {
    let mut case = Case::published(start(MANIFEST));
    case.extend(|history| {
        let start = history.find("start");
        history
            .any_ref("refs/heads/main", start)
            .commit("say something else", |tree| tree.file("src/lib.rs", "// else\n"))
    });
    let mirror = case.mirror.refs()["refs/heads/main"].clone();
    for command in ["plan", "sync"] {
        let report = case.bad(&[command, "--to", "$MIRROR"], 4, &[&mirror[..7]]);
        let main = &report["refs"][0];
        assert_eq!(
            (main["name"].as_str(), main["expected"].as_str()),
            (Some("refs/heads/main"), Some(&*mirror))
        );
        assert_ne!(main["new"], *mirror, "{report}");
    }
}

/// It is known where the branch was as long as another listed one is there.
#[test]
fn a_private_branch_that_was_wound_back() {
    let text = manifest("branches = [\"main\", \"release/*\"]\n");
    let mut case = Case::published(start(&text).on("release/1").on("main"));
    let before = case.mirror.refs();
    case.extend(|history| {
        let start = history.find("start");
        history.any_ref("refs/heads/main", start)
    });
    case.warned("branch-behind", &["stands behind the mirror's", "nothing is moved back"]);
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "up-to-date");
    assert_eq!(case.mirror.refs(), before);
}

/// A first publication beside something that has nothing to do with it.
#[test]
fn a_mirror_with_pages_of_its_own() {
    let case = Case::new(start(MANIFEST));
    let git = case.mirror.git();
    let tree = git.run(["mktree"]);
    let commit = git.run(["commit-tree", "-m", "pages", &tree]);
    git.run(["update-ref", "refs/heads/gh-pages", &commit]);
    case.warned("unknown-public-ref", &["the mirror has `refs/heads/gh-pages`"]);
    assert_eq!(case.mirror.refs()["refs/heads/gh-pages"], commit);
}

#[test]
fn a_ref_that_is_not_ours() {
    let case = Case::published(start(MANIFEST));
    case.mirror.git().run(["branch", "tmp", "main"]);
    case.warned("unknown-public-ref", &["the mirror has `refs/heads/tmp`"]);
    assert!(case.mirror.refs().contains_key("refs/heads/tmp"));
}
