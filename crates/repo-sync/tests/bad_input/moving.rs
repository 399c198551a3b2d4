// SPDX-License-Identifier: Apache-2.0
//! A private repository that changes while it is read, and a mirror that says odd
//! things.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use repo_sync_shared::ObjectId;

use crate::common::{Case, MANIFEST, start};

fn write_program(file: &Path, script: &str) {
    fs::create_dir_all(file.with_file_name("")).expect("the scratch place is writable");
    fs::write(file, script).expect("the scratch place is writable");
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("it was just written");
}

/// The case with a `git` that does something once before it asks the mirror.
fn meanwhile(case: Case, deed: &str) -> Case {
    let path = std::env::var_os("PATH").expect("tests have a path");
    let real = std::env::split_paths(&path).map(|dir| dir.join("git")).find(|git| git.is_file());
    let real = real.expect("git is installed").to_string_lossy().into_owned();
    let bin = case.env.join("bin");
    let private = case.repo().path().to_string_lossy().into_owned();
    let deed = deed.replace("GIT", &format!("'{real}' -C '{private}'"));
    write_program(
        &bin.join("git"),
        &format!(
            "#!/bin/sh\ncase \" $* \" in *' ls-remote '*) if mkdir '{}' 2>/dev/null; then \
             {deed} >/dev/null 2>&1; fi;; esac\nexec '{real}' \"$@\"\n",
            case.env.join("done").display()
        ),
    );
    let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path)));
    case.var("PATH", path.expect("no directory has a colon in its name"))
}

#[test]
fn a_repository_that_changes_during_the_run() {
    for deed in [
        "GIT update-ref refs/heads/main aside",
        "GIT update-ref -d refs/heads/main",
        "GIT repack -adfq && GIT prune-packed",
        "GIT gc -q --prune=now",
        "GIT pack-refs --all",
    ] {
        let history = start(MANIFEST)
            .on("aside")
            .commit("aside", |tree| tree.file("src/aside.rs", "// not reviewed\n"))
            .on("main");
        let case = Case::new(history);
        case.ok(&["sync", "--to", "$ROOT/before.git"]);
        let before = case.repo().scratch().git(case.env.join("before.git")).run(["show-ref"]);
        let case = meanwhile(case, deed);
        assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced", "{deed}");
        assert!(case.env.join("done").exists(), "{deed} was never done");
        assert_eq!(case.mirror.git().run(["show-ref"]), before, "{deed}: what was seen first");
        case.mirror.git().run(["fsck", "--full", "--strict"]);
        case.nothing_private();
    }
}

#[test]
fn a_mirror_with_very_many_refs() {
    let case = Case::published(start(MANIFEST));
    let main = case.mirror.refs()["refs/heads/main"].clone();
    let refs: String =
        (0..20_000).map(|number| format!("{main} refs/pull/{number}/head\n")).collect();
    fs::write(case.mirror.path().join("packed-refs"), refs).expect("the scratch place is writable");
    assert_eq!(case.mirror.refs().len(), 20_001);
    let case = case.limited("ulimit -t 120; ulimit -v 4194304");
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "up-to-date");
}

/// Names with power over a terminal, as only a server that is none of git's would say.
#[test]
fn a_mirror_that_advertises_odd_names() {
    let case = Case::new(start(MANIFEST));
    let id = ObjectId::EMPTY_TREE.to_string();
    let line = |text: String| format!("{:04x}{text}", text.len() + 4);
    let advertised = [
        line(format!("{id} refs/heads/\x1b[31mred\x1b]0;owned\x07\0agent=git/2\n")),
        line(format!("{id} refs/heads/../../../etc\n")),
        line(format!("{id} refs/heads/-evil\n")),
        "0000".to_owned(),
    ];
    fs::write(case.env.join("advertised"), advertised.concat()).expect("writable");
    let ssh = case.env.join("ssh");
    let file = case.env.join("advertised");
    write_program(
        &ssh,
        &format!("#!/bin/sh\n[ \"$1\" = -G ] && exit 1\ncat '{}'\n", file.display()),
    );
    let case = case.var("GIT_SSH_COMMAND", ssh);
    for command in ["plan", "sync"] {
        for format in ["text", "json", "github", "sarif"] {
            let screen = case.run(&[command, "--to", "ssh://host/x", "--format", format]);
            let said = [&*screen.stdout, &screen.stderr].concat();
            assert!(!said.contains(['\x1b', '\x07']), "\n{said:?}");
        }
    }
}

/// A foreign commit that is not even sound: it is foreign, and that is all.
#[test]
fn a_mirror_with_malformed_objects() {
    let case = Case::published(start(MANIFEST));
    let git = case.mirror.git();
    let main = case.mirror.refs()["refs/heads/main"].clone();
    let blob = git.input(["hash-object", "-w", "--stdin"], b"x");
    let blob = String::from_utf8_lossy(&blob).trim().to_owned();
    let id: ObjectId = blob.parse().expect("git prints full ids");
    let tree = [&b"100644 .git\0"[..], id.as_bytes()].concat();
    let write = |kind: &str, bytes: &[u8]| {
        let id = git.input(["hash-object", "-w", "--literally", "-t", kind, "--stdin"], bytes);
        String::from_utf8_lossy(&id).trim().to_owned()
    };
    let tree = write("tree", &tree);
    for text in [
        format!(
            "tree {tree}\nparent {main}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n"
        ),
        format!("tree {tree}\nparent {main}\nauthor \x1b[31m\n\nx\0y\n"),
    ] {
        let commit = write("commit", text.as_bytes());
        fs::write(case.mirror.path().join("refs/heads/main"), format!("{commit}\n"))
            .expect("writable");
        let screen = case.run(&["sync", "--to", "$MIRROR"]);
        assert!([1, 4].contains(&screen.status), "\n{screen}");
        assert!(!screen.stderr.contains('\x1b'), "\n{screen}");
        assert_eq!(case.mirror.refs()["refs/heads/main"], commit);
    }
}
