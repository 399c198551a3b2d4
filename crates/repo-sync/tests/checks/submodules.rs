// SPDX-License-Identifier: Apache-2.0
//! `submodule`, and the files that git itself reads.

use repo_sync_testing::{Kind, object_id};

use crate::common::{MANIFEST, refused, start, warned};

const ELSEWHERE: &[u8] = b"a commit of another repository";

#[test]
fn a_gitlink_under_a_public_path() {
    let other = object_id(Kind::Commit, ELSEWHERE);
    let found = refused(MANIFEST, |history| {
        history.commit("link", |tree| tree.gitlink("src/lib", other).gitlink("cloud/lib", other))
    });
    assert_eq!(found, ["submodule src/lib"]);
    let waived = format!(
        "{MANIFEST}[[waiver]]\ncheck = \"submodule\"\npath = \"src/lib\"\nreason = \"public\"\n"
    );
    let found =
        refused(&waived, |history| history.commit("link", |tree| tree.gitlink("src/lib", other)));
    assert_eq!(found, [""; 0]);
}

/// No level and no waiver lets a private id out.
#[test]
fn a_gitlink_to_a_private_commit() {
    let manifest = format!("{MANIFEST}[guard]\nsubmodule = \"off\"\nprivate-id = \"off\"\n");
    let own = start(&manifest).find("start");
    let found =
        refused(&manifest, |history| history.commit("link", |tree| tree.gitlink("src/lib", own)));
    assert_eq!(found, ["private-id src/lib"]);
}

/// What is found of a `.gitmodules` with these lines in its first section.
#[track_caller]
fn check(lines: &str, expected: &[&str]) {
    // The file alone: no level lets a dangerous one pass, and `warn` all the rest.
    let manifest = format!("{MANIFEST}[guard]\nsubmodule = \"warn\"\n");
    let found = refused(&manifest, |history| {
        history.commit("modules", |tree| tree.file(".gitmodules", lines))
    });
    assert_eq!(found, expected, "{lines}");
}

#[test]
fn a_gitmodules_that_could_run_a_command() {
    for (lines, line) in [
        ("[submodule \"../x\"]\n\tpath = src/x\n", 2),
        ("[submodule \"a/../../x\"]\n\tpath = src/x\n", 2),
        ("[submodule \"a\"]\n\tpath = src/a\n\turl = -u./payload\n", 3),
        ("[submodule \"a\"]\n\turl = ext::sh -c payload\n", 2),
        ("[submodule \"a\"]\n\turl = file:///srv/private\n", 2),
        ("[submodule \"a\"]\n\turl = \"https://x/\\nhost=y\"\n", 2),
        ("[submodule \"a\"]\n\turl = https://x/%0ahost=y\n", 2),
        ("[submodule \"a\"]\n\tupdate = !payload\n", 2),
        ("[submodule \"a\"]\n\tpath = -x\n", 2),
        ("[submodule \"a\"]\n\tpath = \"src/x\r\"\n", 2),
        ("[submodule \"a\"\n", 1),
    ] {
        check(lines, &[&format!("submodule .gitmodules:{line}")]);
    }
}

#[test]
fn a_harmless_gitmodules() {
    for lines in [
        "",
        "# nothing here\n",
        "[submodule \"a\"]\n\tpath = src/a\n\turl = https://example.org/a.git\n\tbranch = main\n",
        "[submodule \"a..b\"]\n\tpath = src/a..b\n\turl = ../a.git\n\tupdate = none\n",
        "[submodule \"a\"]\n\turl = git@example.org:a/b.git\n\tshallow = true\n",
        "[submodule \"a\"]\n\turl = ssh://[::1]/a.git\n",
    ] {
        check(lines, &[]);
    }
}

#[test]
fn a_gitmodules_that_names_a_private_path() {
    let text = "[submodule \"a\"]\n\tpath = src/a\n[submodule \"b\"]\n\tpath = vendor/b\n\
                [submodule \"c\"]\n\tpath = cloud/c\n";
    let found = refused(MANIFEST, |history| {
        history.commit("modules", |tree| tree.file(".gitmodules", text))
    });
    let named: Vec<_> = found.iter().filter(|line| line.starts_with("submodule")).collect();
    assert_eq!(named, ["submodule .gitmodules:4", "submodule .gitmodules:6"]);
}

/// The same file under the names that some file systems take for it.
#[test]
fn a_dangerous_gitmodules_by_another_name() {
    let text = "[submodule \"a\"]\n\tupdate = !payload\n";
    for name in [".GitModules", "src/.gitmodules ", "src/GITMOD~1", "src/gi7eba~1"] {
        let found =
            refused(MANIFEST, |history| history.commit("modules", |tree| tree.file(name, text)));
        assert_eq!(found, [format!("submodule {name}:2")], "{name}");
    }
    // The first place of the bytes is a harmless one.
    let found = refused(MANIFEST, |history| {
        history
            .commit("words", |tree| tree.file("src/words.txt", text))
            .commit("modules", |tree| tree.file(".gitmodules", text))
    });
    assert_eq!(found, ["submodule .gitmodules:2"]);
}

#[test]
fn a_file_of_git_that_is_no_file() {
    for name in [".gitmodules", ".gitmodules .", "GITMOD~2", ".git\u{200c}modules"] {
        let found = refused(MANIFEST, |history| {
            history.commit("link", |tree| tree.symlink(format!("src/{name}"), "lib.rs"))
        });
        let shown = name.replace('\u{200c}', r"\u{200c}");
        assert_eq!(found, [format!("malformed-tree src/{shown}")], "{name}");
    }
    let found = refused(MANIFEST, |history| {
        history.commit("dir", |tree| tree.file("src/.gitmodules/a", ""))
    });
    assert_eq!(found, ["malformed-tree src/.gitmodules"]);
    for name in [".gitattributes", ".gitignore", ".mailmap", "GITATT~1"] {
        let found = warned(MANIFEST, |history| {
            history.commit("link", |tree| tree.symlink(format!("src/{name}"), "lib.rs"))
        });
        assert_eq!(found, [format!("symlink-escape src/{name}")], "{name}");
        let found = warned(MANIFEST, |history| {
            history.commit("file", |tree| tree.file(format!("src/{name}"), "*.o\n"))
        });
        assert_eq!(found, [""; 0], "{name}");
    }
}

/// What stands beside it may change as often as it likes.
#[test]
fn a_file_of_git_that_is_none_is_told_of_once() {
    let found = warned(MANIFEST, |history| {
        history
            .commit("link", |tree| tree.symlink("src/.mailmap", "lib.rs"))
            .commit("beside", |tree| tree.file("src/b.rs", ""))
    });
    assert_eq!(found, ["symlink-escape src/.mailmap"]);
}
