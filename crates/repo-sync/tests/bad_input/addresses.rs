// SPDX-License-Identifier: Apache-2.0
//! Addresses that lead nowhere, or that must not be followed.

use std::fs;
use std::net::TcpListener;

use crate::common::{Case, MANIFEST, manifest, start};

#[test]
fn a_mirror_that_cannot_be_reached() {
    let case = Case::new(start(MANIFEST));
    // Bound and dropped: nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr());
    let port = port.expect("a port is free").port();
    let closed_http = format!("http://127.0.0.1:{port}/widget.git");
    let closed_ssh = format!("ssh://git@127.0.0.1:{port}/widget.git");
    let case = case.var("GIT_SSH_COMMAND", "ssh -F /dev/null -o BatchMode=yes");
    for url in [&*closed_http, &closed_ssh, "http://host.invalid/widget.git"] {
        for command in ["plan", "sync"] {
            let says = format!("cannot read the mirror at {url}");
            case.bad(&[command, "--to", url], 1, &[&says, "git ls-remote"]);
        }
    }
}

#[test]
fn an_ssh_client_that_is_not_there() {
    let case = Case::new(start(MANIFEST)).var("GIT_SSH_COMMAND", "/no/such/ssh");
    case.bad(
        &["sync", "--to", "git@host:acme/widget.git"],
        1,
        &["cannot read the mirror at git@host"],
    );
}

#[test]
fn a_path_that_is_no_mirror() {
    let case = Case::new(start(MANIFEST));
    fs::create_dir(case.env.join("full")).expect("the scratch place is writable");
    fs::write(case.env.join("full/letter.txt"), "dear").expect("the scratch place is writable");
    for command in ["plan", "sync"] {
        for path in ["$ROOT/full", "$ROOT/full/letter.txt", "file://$ROOT/full"] {
            case.bad(&[command, "--to", path], 2, &["is not a git repository, and not empty"]);
        }
        for path in ["$PRIVATE", "$PRIVATE/.git", ".", "../private", "file://$PRIVATE"] {
            case.bad(&[command, "--to", path], 2, &["is the private repository itself"]);
        }
    }
    let left = fs::read_to_string(case.env.join("full/letter.txt"));
    assert_eq!(left.expect("it is still there"), "dear");
}

#[test]
fn a_linked_work_tree_is_the_private_repository_too() {
    let case = Case::new(start(MANIFEST));
    case.repo().git(["worktree", "add", "--quiet", "--detach", "../linked"]);
    case.bad(&["sync", "--to", "$ROOT/linked"], 2, &["is the private repository itself"]);
    let from_there = case.in_dir("/");
    let args = ["sync", "-C", "$ROOT/linked", "--to", "$PRIVATE"];
    from_there.bad(&args, 2, &["is the private repository itself"]);
}

#[test]
fn the_url_of_another_mirror() {
    let more = "[mirror.other]\nurl = \"https://example.com/acme/other.git\"\n";
    let case = Case::new(start(&manifest(more)));
    for command in ["plan", "sync"] {
        let args = [command, "--mirror", "public", "--to", "https://example.com/acme/other.git"];
        let words = ["`https://example.com/acme/other.git` is the url of another mirror"];
        case.bad(&args, 2, &words);
    }
}

#[test]
fn an_address_that_looks_like_an_option_or_a_command() {
    let case = Case::new(start(MANIFEST));
    for to in [
        "--to=-x",
        "--to=--upload-pack=touch pwned",
        "--to=",
        "--to=git@-oProxyCommand=x:y",
        "--to=-oProxyCommand=x@host:y",
        "--to=https://host/x\n--upload-pack=y",
        "--to=git@host:x\ny",
    ] {
        case.bad(&["sync", to], 2, &["is not a usable address"]);
    }
    for to in [
        "ext::sh -c touch% pwned",
        "fd::3",
        "git://host/x",
        "ssh://-oProxyCommand=x/y",
        "ssh://-oProxyCommand=x@host/y",
        "ftp://host/x",
        "transport::https://host/x",
    ] {
        case.bad(&["sync", "--to", to], 2, &["only https, http, ssh and file addresses and paths"]);
    }
    assert!(!case.repo().path().join("pwned").exists());
    let in_manifest = start(&manifest("url = \"--upload-pack=touch pwned\"\n"));
    Case::new(in_manifest).bad(&["sync"], 2, &["--upload-pack"]);
}

#[test]
fn no_address_at_all() {
    let case = Case::new(start(MANIFEST));
    for command in ["plan", "sync"] {
        case.bad(&[command], 2, &["mirror `public` has no `url`", "--to URL_OR_PATH"]);
    }
}
