// SPDX-License-Identifier: Apache-2.0
//! Too little of what a run needs, here or on the mirror's side, and a line that breaks
//! at any byte: the mirror shows all or nothing, and the next run finishes the work.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use repo_sync_testing::Screen;

use crate::common::{Case, manifest, start};
use crate::machine::noise;

/// A published history with one more commit, too large for a file of 64 KiB, and the
/// refs that the mirror then shows.
fn case() -> (Case, BTreeMap<String, String>) {
    let mut case = Case::published(start(&manifest("tags = [\"v*\"]\n")));
    let big = noise(200_000);
    case.extend(|history| history.commit("big", |tree| tree.file("src/big.bin", &big)).tag("v1"));
    let mirror = case.mirror.path().to_string_lossy().into_owned();
    let whole = case.env.join("whole.git");
    case.repo().git(["clone", "--quiet", "--mirror", &mirror, &whole.to_string_lossy()]);
    case.ok(&["sync", "--to", "$ROOT/whole.git"]);
    let refs = case.repo().scratch().git(&whole).run(["show-ref"]);
    let refs = refs.lines().filter_map(|line| line.split_once(' '));
    let refs = refs.map(|(id, name)| (name.to_owned(), id.to_owned())).collect();
    (case, refs)
}

/// After a run that went well or not: it said why not, the mirror shows all or nothing
/// of what is new, and the next run finishes the work.
#[track_caller]
fn check(
    case: &Case,
    before: &BTreeMap<String, String>,
    whole: &BTreeMap<String, String>,
    run: &Screen,
) {
    let now = case.mirror.refs();
    assert!(now == *before || now == *whole, "a part was published: {now:?}\n{run}");
    match run.status {
        0 => assert_eq!(now, *whole, "\n{run}"),
        // To git's library an object that it cannot open is not there.
        3 => assert!(run.stderr.contains("object-missing"), "\n{run}"),
        1 => {
            assert!(run.stderr.starts_with("Error: "), "\n{run}");
            assert!(!run.stderr.contains("gave no reason"), "\n{run}");
        }
        _ => panic!("that is no end for a shortage:\n{run}"),
    }
    assert!(!run.stderr.contains("panicked"), "\n{run}");
    case.ok(&["sync", "--to", "$MIRROR"]);
    assert_eq!(case.mirror.refs(), *whole);
    case.mirror.git().run(["fsck", "--full", "--strict"]);
    case.nothing_private();
}

#[test]
fn too_few_files_may_be_open() {
    let mut ends = Vec::new();
    for open in [8, 12, 16, 18, 20, 24, 64] {
        let (case, whole) = case();
        let before = case.mirror.refs();
        let env = case.env.clone().limited(format!("ulimit -n {open}"));
        let run = env.run(case.args(&["sync", "--to", "$MIRROR"]));
        check(&case, &before, &whole, &run);
        ends.push(run.status);
    }
    assert!(ends.contains(&0) && ends.contains(&1), "it is no shortage, or nothing else: {ends:?}");
}

#[test]
fn nowhere_to_put_anything() {
    let (case, whole) = case();
    let before = case.mirror.refs();
    let git_dir = case.repo().path().join(".git");
    fs::remove_dir_all(git_dir.join("repo-sync")).expect("a run made it");
    fs::write(git_dir.join("repo-sync"), "a file").expect("the scratch place is writable");
    let env = case.env.clone().var("TMPDIR", case.env.join("nowhere"));
    let run = env.run(case.args(&["sync", "--to", "$MIRROR"])).expect(1);
    assert!(run.stderr.contains("failed to create a directory in `$ROOT/nowhere`"), "\n{run}");
    check(&case, &before, &whole, &run);
}

/// What a run keeps beside the repository, with something else in its place.
#[test]
fn a_file_where_a_directory_is_expected() {
    for place in ["repo-sync", "repo-sync/public", "repo-sync/public/lock", "repo-sync/public/salt"]
    {
        let (case, whole) = case();
        let before = case.mirror.refs();
        let git_dir = case.repo().path().join(".git");
        fs::remove_dir_all(git_dir.join("repo-sync")).expect("a run made it");
        let place = git_dir.join(place);
        fs::create_dir_all(place.with_file_name("")).expect("the scratch place is writable");
        match place.ends_with("lock") || place.ends_with("salt") {
            true => fs::create_dir(&place).expect("the scratch place is writable"),
            false => fs::write(&place, "a file").expect("the scratch place is writable"),
        }
        let run = case.run(&["sync", "--to", "$MIRROR"]).expect(0);
        assert!(run.stderr.contains("cache-unavailable") || place.ends_with("salt"), "\n{run}");
        check(&case, &before, &whole, &run);
    }
}

/// The mirror behind a program that stands in for ssh. `$command` is what it runs there.
fn behind(case: &Case, receive: &str) -> (Screen, BTreeMap<String, String>) {
    let before = case.mirror.refs();
    let ssh = case.env.join("ssh");
    let script = format!(
        "#!/bin/bash\n[ \"$1\" = -G ] && exit 1\ncommand=\"${{@: -1}}\"\n\
         case \"$command\" in git-receive-pack*) {receive} ;; *) bash -c \"$command\" ;; esac\n"
    );
    write_program(&ssh, &script);
    let env = case.env.clone().var("GIT_SSH_COMMAND", &ssh);
    let url = format!("ssh://elsewhere{}", case.mirror.path().display());
    (env.run(["sync", "--to", &url]), before)
}

fn write_program(file: &Path, script: &str) {
    fs::create_dir_all(file.with_file_name("")).expect("the scratch place is writable");
    fs::write(file, script).expect("the scratch place is writable");
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("it was just written");
}

#[test]
fn the_disk_of_the_mirror_is_full() {
    for kilobytes in [0, 1, 64] {
        let (case, whole) = case();
        let limit = format!("trap '' XFSZ; ulimit -f {kilobytes}; bash -c \"$command\"");
        let (run, before) = behind(&case, &limit);
        let run = run.expect(1);
        assert!(run.stderr.contains("nothing was published"), "\n{run}");
        assert_eq!(case.mirror.refs(), before);
        check(&case, &before, &whole, &run);
    }
}

#[test]
fn a_line_that_breaks() {
    for bytes in [0, 4, 100, 400, 1_000, 20_000, 200_000] {
        for direction in [
            "dd bs=1 count=BYTES status=none | bash -c \"$command\"",
            "exec 3<&0; dd bs=1 count=BYTES status=none < <(bash -c \"$command\" <&3)",
        ] {
            let (case, whole) = case();
            let (run, before) = behind(&case, &direction.replace("BYTES", &bytes.to_string()));
            check(&case, &before, &whole, &run);
        }
    }
}

/// A hook that fails half-way, or takes the whole server with it.
#[test]
fn a_hook_of_the_mirror_that_dies() {
    for (hook, script) in [
        ("pre-receive", "kill -9 $PPID"),
        ("pre-receive", "kill -9 $$"),
        ("update", "case \"$1\" in refs/tags/*) kill -9 $PPID;; esac"),
        ("update", "case \"$1\" in refs/tags/*) exit 1;; esac"),
        ("reference-transaction", "if [ \"$1\" = prepared ]; then exit 1; fi"),
        ("reference-transaction", "if [ \"$1\" = committed ]; then kill -9 $PPID; fi"),
        ("post-receive", "kill -9 $PPID"),
        ("post-receive", "exit 1"),
    ] {
        let (case, whole) = case();
        let before = case.mirror.refs();
        let file = case.mirror.path().join("hooks").join(hook);
        write_program(&file, &format!("#!/bin/sh\ncat >/dev/null\n{script}\n"));
        let run = case.run(&["sync", "--to", "$MIRROR"]);
        fs::remove_file(file).expect("it was just written");
        check(&case, &before, &whole, &run);
    }
}

/// It says yes and does something else: only what it shows afterwards counts.
#[test]
fn a_mirror_that_takes_back_what_it_took() {
    for script in ["git update-ref refs/heads/main OLD", "git update-ref -d refs/heads/main"] {
        let (case, whole) = case();
        let before = case.mirror.refs();
        let file = case.mirror.path().join("hooks/post-receive");
        let script = script.replace("OLD", &before["refs/heads/main"]);
        write_program(&file, &format!("#!/bin/sh\n{script}\n"));
        let run = case.run(&["sync", "--to", "$MIRROR"]);
        assert!([1, 4].contains(&run.status), "\n{run}");
        assert!(run.stderr.contains("refs/heads/main"), "\n{run}");
        fs::remove_file(file).expect("it was just written");
        case.ok(&["sync", "--to", "$MIRROR"]);
        assert_eq!(case.mirror.refs(), whole);
    }
}
