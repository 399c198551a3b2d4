// SPDX-License-Identifier: Apache-2.0
//! `lines`: private sections of public files.

use repo_sync_testing::History;

use crate::common::{Case, MANIFEST, findings};

const HALF: &str = "fn open() {}\n// repo-sync: private\nfn hidden() {}\n// repo-sync: end\n";

fn start() -> History {
    History::new().commit("start", |tree| {
        tree.file("sync.toml", MANIFEST)
            .file("README.md", "# Widget\n")
            .file("src/deep/half.rs", HALF)
            .executable("src/run.sh", "#!/bin/sh\n# repo-sync: private\nbill\n# repo-sync: end\n")
            .file("cloud/bill.rs", "// bill\n")
    })
}

#[test]
fn sections_are_cut_out_of_every_public_commit() {
    let case = Case::new(
        start()
            .commit("private only", |tree| {
                tree.file("src/deep/half.rs", HALF.replace("hidden", "darker"))
            })
            .commit("both", |tree| {
                tree.file("src/deep/half.rs", HALF.replace("open", "wide"))
                    .symlink("src/link", "# repo-sync: private")
            }),
    );
    case.sync();
    assert_eq!(case.shows("main~1", "src/deep/half.rs"), "fn open() {}");
    assert_eq!(case.shows("main", "src/deep/half.rs"), "fn wide() {}");
    assert_eq!(case.shows("main", "src/run.sh"), "#!/bin/sh");
    let subjects = case.mirror.git().run(["log", "--format=%s", "main"]);
    assert_eq!(subjects, "both\nstart", "a commit that changed a section alone shows nothing");
    let modes = case.mirror.git().run(["ls-tree", "-r", "--format=%(objectmode) %(path)", "main"]);
    assert!(modes.contains("100755 src/run.sh"), "{modes}");

    let half = case.env.run(["explain", "src/deep/half.rs"]).expect(0).stdout;
    assert!(half.contains("transformed  without its private sections"), "{half}");
    let whole = case.env.run(["explain", "README.md"]).expect(0).stdout;
    assert!(!whole.contains("transformed"), "{whole}");
    case.env.run(["export", "../out"]).expect(0);
    let exported = std::fs::read_to_string(case.env.join("out/src/deep/half.rs"));
    assert_eq!(exported.expect("it was exported"), "fn wide() {}\n");
    case.env.run(["verify", "--to", "../mirror.git"]).expect(0);
}

/// A section is out of the file wherever that lands, and however it got there.
#[test]
fn files_that_move_lose_their_sections_too() {
    let moves = "[[move]]\nfrom = \"src/deep\"\nto = \"lib\"\n\n\
                 [[move]]\nfrom = \"src/run.sh\"\nto = \"lib/run\"\n";
    let case = Case::new(start().commit("move", |tree| {
        tree.file("sync.toml", format!("{MANIFEST}\n{moves}")).file("src/more.rs", HALF)
    }));
    case.sync();
    assert_eq!(case.shows("main", "lib/half.rs"), "fn open() {}");
    assert_eq!(case.shows("main", "lib/run"), "#!/bin/sh");
    assert_eq!(case.shows("main", "src/more.rs"), "fn open() {}");
}

/// Which manifest transforms a commit is that commit's own affair.
#[test]
fn each_commit_is_transformed_by_its_own_manifest() {
    let plain = MANIFEST.split("[transform]").next().expect("it begins with something");
    let case = Case::new(
        History::new()
            .commit("start", |tree| tree.file("sync.toml", plain).file("src/a.rs", "// a\n"))
            .commit("cut", |tree| tree.file("sync.toml", MANIFEST).file("src/a.rs", HALF)),
    );
    case.sync();
    assert_eq!(case.shows("main~1", "src/a.rs"), "// a");
    assert_eq!(case.shows("main", "src/a.rs"), "fn open() {}");
}

#[test]
fn markers_that_do_not_pair_up_refuse() {
    let check = |content: &[u8], expected: &str| {
        let case = Case::new(start().commit("half", |tree| tree.file("src/deep/x.rs", content)));
        assert_eq!(findings(&case.plan(), "refusals"), [expected]);
        case.env.run(["sync", "--local", "--to", "../mirror.git"]).expect(3);
        assert!(case.mirror.refs().is_empty());
    };
    check(b"a\n// repo-sync: private\n", "left-marker src/deep/x.rs:2");
    check(b"// repo-sync: end\n", "left-marker src/deep/x.rs:1");
    check(b"a(); // repo-sync: private\n", "left-marker src/deep/x.rs:1");
    check(b"# repo-sync: private\n\xff\n# repo-sync: end\n", "left-marker src/deep/x.rs:");
}

#[test]
fn what_a_section_hides_is_checked_no_more_than_what_is_private() {
    let secret = "// repo-sync: private\n// see cloud/bill.rs\n// repo-sync: end\n";
    let case = Case::new(start().commit("hide", |tree| tree.file("src/a.rs", secret)));
    assert_eq!(findings(&case.plan(), "refusals"), [""; 0]);
    let case =
        Case::new(start().commit("show", |tree| {
            tree.file("src/a.rs", format!("{secret}// see cloud/bill.rs\n"))
        }));
    // The line in the file that the mirror shows.
    assert_eq!(findings(&case.plan(), "refusals"), ["private-reference src/a.rs:1"]);
}

#[test]
fn a_transform_that_changes_nothing_is_told_of() {
    let idle = |case: &Case| {
        let report = case.plan();
        let warnings = report["warnings"].as_array().expect("a list").iter();
        let idle = warnings.filter(|warning| warning["check"] == "transform-idle");
        idle.map(|warning| warning["hint"].to_string()).collect::<Vec<_>>()
    };
    let case = Case::new(start());
    let found = idle(&case);
    assert!(found.len() == 1 && found[0].contains("`cargo` changes nothing"), "{found:?}");
    let case = Case::new(
        start().commit("open", |tree| tree.file("src/deep/half.rs", "").file("src/run.sh", "")),
    );
    assert_eq!(idle(&case).len(), 2);
}
