// SPDX-License-Identifier: Apache-2.0
//! A private branch that is rewritten after it was published: judged by images
//! alone, and never answered with a rewritten mirror.

use repo_sync_testing::{History, Row, Tree};

use crate::common::{for_each_seed, json, sync};

/// Whatever the history, with a public and a private commit on top of it.
#[test]
fn a_rewritten_branch_is_judged_by_its_images() {
    let tally = for_each_seed(10, |case, census| {
        let mut env = case.env.clone();
        let start = env.repo().id("main");
        env.repo_mut().extend(|history| on_top(history, "// one\n", "hide"));
        let mirror = case.generated.mirror("mirror.git");
        sync(&env, &mirror, None);
        let mut published = mirror.refs();

        // Wound back: known as such, because another listed branch is where this
        // one was. Without one, what is ahead could be anybody's.
        if env.repo().git(["show", "main:sync.toml"]).contains("release/*") {
            let ahead = env.repo().id("main");
            env.repo_mut().extend(|history| {
                let history = history.any_ref("refs/heads/release/ahead", ahead);
                history.any_ref("refs/heads/main", start)
            });
            sync(&env, &mirror, None);
            let main = published["refs/heads/main"].clone();
            published.insert("refs/heads/release/ahead".to_owned(), main);
            assert_eq!(mirror.refs(), published, "wound back");
            census.count(Row::Rewound);
        }

        env.repo_mut().extend(|history| {
            let public = history.find("public change");
            let history = history.any_ref("refs/heads/main", public);
            history.commit("hide in other words", |tree| private(tree, "hide"))
        });
        assert_eq!(sync(&env, &mirror, None)["outcome"], "up-to-date", "the same images");
        assert_eq!(mirror.refs(), published);
        census.count(Row::SameImages);

        env.repo_mut().extend(|history| {
            on_top(history.any_ref("refs/heads/main", start), "// two\n", "hide")
        });
        let diverged = json(&env, "sync", None, mirror.path(), 4);
        assert_eq!(diverged["outcome"], "diverged");
        assert_eq!(mirror.refs(), published);
        census.count(Row::Diverged);
    });
    tally.check([Row::Rewound, Row::SameImages, Row::Diverged]);
}

fn on_top(history: History, content: &str, hidden: &str) -> History {
    history
        .on("main")
        .commit("public change", |tree| tree.file("src/rewritten.rs", content))
        .commit("hidden change", |tree| private(tree, hidden))
}

fn private(tree: Tree, content: &str) -> Tree {
    tree.file("cloud/rewritten.rs", content)
}
