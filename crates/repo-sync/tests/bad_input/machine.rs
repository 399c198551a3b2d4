// SPDX-License-Identifier: Apache-2.0
//! A machine that does not do its part: disk, cache, network, credentials.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use crate::common::{Case, MANIFEST, json, start};

/// Bytes that do not compress, the same each time.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..len).map(|_| next()).collect()
}

/// A limit on the size of files fails writes as a full disk does.
#[test]
fn a_full_disk() {
    let big = noise(200_000);
    for (kilobytes, private) in [(1, false), (64, false), (64, true)] {
        let mut case = Case::published(start(MANIFEST));
        let before = case.mirror.refs();
        case.extend(|history| {
            history.commit("big", |tree| {
                let tree = tree.file("src/big.bin", &big);
                if private { tree.file("cloud/big.bin", &big[1..]) } else { tree }
            })
        });
        // A write beyond the limit then fails, instead of ending the process.
        let limits = format!("trap '' XFSZ; ulimit -f {kilobytes}");
        let env = case.env.clone().limited(limits);
        let screen = env.run(case.args(&["sync", "--to", "$MIRROR", "--format", "json"])).expect(1);
        let text = &screen.stderr;
        assert!(text.contains("File too large") || text.contains("index-pack"), "{text}");
        assert!(!text.contains("no reason"), "{text}");
        assert_eq!(case.mirror.refs(), before, "the mirror is as it was");

        assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
        assert_ne!(case.mirror.refs(), before);
        case.mirror.git().run(["fsck", "--full", "--strict"]);
    }
}

#[test]
fn a_cache_that_cannot_be_written() {
    let case = Case::new(start(MANIFEST));
    fs::write(case.repo().path().join(".git/repo-sync"), "a file").expect("writable");
    let screen = case.run(&["sync", "--to", "$MIRROR", "--format", "json"]).expect(0);
    let report = json(&screen);
    assert_eq!(report["outcome"], "synced", "{report}");
    assert!(crate::common::has(&report["warnings"], "cache-unavailable"), "{report}");
    let mut case = case;
    case.extend(|history| history.commit("more", |tree| tree.file("src/more.rs", "")));
    let screen = case.run(&["sync", "--to", "$MIRROR"]).expect(0);
    assert!(screen.stderr.contains("cache-unavailable"), "\n{screen}");
    assert!(screen.stderr.contains("slower, not different"), "\n{screen}");
    assert_eq!(case.mirror.git().run(["rev-list", "--count", "main"]), "3");
}

/// Whatever an earlier run, or somebody, left in the cache.
#[test]
fn a_cache_that_is_spoilt() {
    let mut case = Case::published(start(MANIFEST));
    let cache = case.repo().path().join(".git/repo-sync/public/staging-old.git");
    for (number, spoil) in ["HEAD", "objects", "config", "refs", "unfinished"].iter().enumerate() {
        case.extend(|history| {
            history.commit(format!("more {number}"), |tree| {
                tree.file(format!("src/{number}.rs"), format!("// {number}\n"))
            })
        });
        fs::create_dir_all(&cache).expect("the scratch place is writable");
        fs::write(cache.join(spoil), "\0spoilt").expect("the scratch place is writable");
        assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced", "{spoil}");
        assert!(!cache.exists(), "{spoil}");
    }
}

/// A store that borrows from the private repository could send what is in there.
#[test]
fn a_cache_that_borrows_private_objects() {
    let mut case = Case::published(start(MANIFEST));
    let git_dir = case.repo().path().join(".git");
    let alternates = git_dir.join("repo-sync/public/staging-old.git/objects/info/alternates");
    fs::create_dir_all(alternates.with_file_name("")).expect("the scratch place is writable");
    let private = format!("{}\n", git_dir.join("objects").display());
    fs::write(&alternates, private).expect("the scratch place is writable");
    case.extend(|history| history.commit("more", |tree| tree.file("src/more.rs", "")));
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
    assert!(!alternates.exists());
    case.nothing_private();
}

#[test]
fn credentials_that_are_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(
                b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
                  Content-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    });
    let url = format!("http://me:hunter2@127.0.0.1:{port}/widget.git");
    let case = Case::new(start(MANIFEST));
    let report =
        case.bad(&["sync", "--to", &url], 1, &["cannot read the mirror", "Authentication"]);
    assert!(!report.to_string().contains("hunter2"), "a password in {report}");
    let screen = case.run(&["sync", "--to", &url]);
    assert!(!screen.stderr.contains("hunter2"), "a password in\n{screen}");
    let nameless = format!("http://127.0.0.1:{port}/widget.git");
    case.bad(
        &["sync", "--to", &nameless],
        1,
        // Nobody waits for an answer.
        &["cannot read the mirror", "could not read Username", "terminal prompts disabled"],
    );
}

#[test]
fn a_hook_of_the_mirror_that_rejects() {
    let case = Case::new(start(MANIFEST));
    let case = Case { mirror: case.mirror.clone().rejecting("closed for the night"), ..case };
    case.bad(&["sync", "--to", "$MIRROR"], 1, &["nothing was published", "closed for the night"]);
    case.mirror.accept();
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
}

/// One ref that the mirror does not want stops the others. What its hook writes is
/// shown without its power over the terminal.
#[test]
fn a_hook_of_the_mirror_that_rejects_one_ref() {
    let text = crate::common::manifest("tags = [\"v*\"]\n");
    let case = Case::new(start(&text).tag("v1"));
    let hook = case.mirror.path().join("hooks/update");
    fs::create_dir_all(hook.with_file_name("")).expect("the scratch place is writable");
    let no_tags = "case \"$1\" in refs/tags/*) printf 'no \\033[31mtags\\n' >&2; exit 1;; esac";
    fs::write(&hook, format!("#!/bin/sh\n{no_tags}\n")).expect("the scratch place is writable");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it was just written");
    let screen = case.run(&["sync", "--to", "$MIRROR"]).expect(1);
    for words in ["nothing was published", "no \\u{1b}[31mtags"] {
        assert!(screen.stderr.contains(words), "`{words}` is not on the screen:\n{screen}");
    }
    // The objects may wait there: this hook runs after they have come.
    assert!(case.mirror.refs().is_empty());
    case.nothing_private();
}
