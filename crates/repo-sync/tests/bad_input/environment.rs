// SPDX-License-Identifier: Apache-2.0
//! An environment or a configuration that would lead git elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use repo_sync_testing::BareMirror;

use crate::common::{Case, manifest, start};

/// A hook runs with variables that name its own repository.
#[test]
fn variables_of_a_hook_change_nothing() {
    let case = Case::new(start(&manifest("tags = [\"v*\"]\n")).annotate("v1", "main", "one"));
    let plain = BareMirror::new(case.repo().scratch(), "plain.git");
    case.ok(&["sync", "--to", "$ROOT/plain.git"]);
    let map = case.run(&["map"]).expect(0);

    let decoy = case.env.join("decoy");
    case.repo().scratch().git(case.repo().scratch().root()).run(["init", "--quiet", "decoy"]);
    let decoy_git = decoy.join(".git");
    let objects = decoy_git.join("objects");
    fs::remove_dir_all(case.repo().path().join(".git/repo-sync")).expect("it was just made");
    let mut case = case;
    for (key, value) in [
        ("GIT_DIR", decoy_git.as_os_str()),
        ("GIT_WORK_TREE", decoy.as_os_str()),
        ("GIT_COMMON_DIR", decoy_git.as_os_str()),
        ("GIT_INDEX_FILE", "/dev/null".as_ref()),
        ("GIT_OBJECT_DIRECTORY", objects.as_os_str()),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects.as_os_str()),
        ("GIT_QUARANTINE_PATH", objects.as_os_str()),
        ("GIT_NAMESPACE", "elsewhere".as_ref()),
        ("GIT_PREFIX", "src/".as_ref()),
        ("GIT_REPLACE_REF_BASE", "refs/heads/".as_ref()),
        ("GIT_SHALLOW_FILE", "/etc/passwd".as_ref()),
        ("GIT_GRAFT_FILE", "/etc/passwd".as_ref()),
        ("GIT_CONFIG_COUNT", "2".as_ref()),
        ("GIT_CONFIG_KEY_0", "push.followTags".as_ref()),
        ("GIT_CONFIG_VALUE_0", "true".as_ref()),
        ("GIT_CONFIG_KEY_1", "core.bare".as_ref()),
        ("GIT_CONFIG_VALUE_1", "nonsense".as_ref()),
        ("GIT_CONFIG_PARAMETERS", "'core.hooksPath'='/tmp'".as_ref()),
        ("GIT_CONFIG", "/etc/passwd".as_ref()),
        ("GIT_LITERAL_PATHSPECS", "1".as_ref()),
        ("GIT_CEILING_DIRECTORIES", "/".as_ref()),
        ("GIT_DEFAULT_HASH", "sha256".as_ref()),
        ("GIT_PUSH_OPTION_COUNT", "1".as_ref()),
        ("GIT_TRACE", case.env.join("trace").as_os_str()),
        ("GIT_TRACE_PACKET", "1".as_ref()),
    ] {
        case = case.var(key, value);
    }
    assert_eq!(case.run(&["map"]).expect(0).stdout, map.stdout);
    assert_eq!(case.ok(&["plan", "--to", "$MIRROR"])["outcome"], "planned");
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
    assert_eq!(case.mirror.refs(), plain.refs());
    case.nothing_private();
    assert!(!case.env.join("trace").exists());
    assert_eq!(fs::read_dir(objects).expect("git made it").count(), 2, "info and pack");
}

/// What the user has set for pushes of their own.
#[test]
fn the_users_configuration_leaks_nothing() {
    let history = start(&manifest("tags = [\"v*\"]\n"))
        .annotate("v1", "main", "one")
        .annotate("private-tag", "main", crate::common::PRIVATE)
        .on("private-branch")
        .commit("aside", |tree| tree.file("cloud/aside.rs", "// aside\n"));
    let case = Case::new(history);
    let hooks = case.env.join("hooks");
    let mark = case.env.join("a-hook-ran");
    fs::create_dir(&hooks).expect("the scratch place is writable");
    for name in ["pre-push", "reference-transaction", "post-checkout", "pre-receive", "update"] {
        let hook = hooks.join(name);
        fs::write(&hook, format!("#!/bin/sh\ntouch '{}'\n", mark.display())).expect("writable");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("just written");
    }
    let git = case.repo().git_here();
    let (mirror, hooks) = (case.mirror.path().to_string_lossy(), hooks.to_string_lossy());
    for (key, value) in [
        ("push.followTags", "true"),
        ("push.default", "matching"),
        ("push.autoSetupRemote", "true"),
        ("remote.pushDefault", "x"),
        ("remote.x.url", &*mirror),
        ("remote.x.mirror", "true"),
        ("remote.x.push", "+refs/*:refs/*"),
        ("core.hooksPath", &*hooks),
        ("fetch.prune", "true"),
        ("tag.gpgSign", "true"),
        ("push.gpgSign", "if-asked"),
    ] {
        git.run(["config", "--global", key, value]);
        git.run(["config", key, value]);
    }
    // The mirror's own hooks are its own affair, so it must not use these.
    case.mirror.git().run(["config", "core.hooksPath", "/dev/null"]);
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
    let names: Vec<_> = case.mirror.refs().into_keys().collect();
    assert_eq!(names, ["refs/heads/main", "refs/tags/v1"]);
    case.nothing_private();
    assert!(!mark.exists(), "a hook of the user ran");
}
