// SPDX-License-Identifier: Apache-2.0
//! The hook before a push: real pushes, through the hook that was installed.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;

use insta::assert_snapshot;
use repo_sync_testing::{BareMirror, Git, Repo, TestEnv};

use crate::common::{MANIFEST, env, widget};

/// A private repository with the hook, its mirror after a sync, and another remote.
struct Guarded {
    env: TestEnv,
    mirror: BareMirror,
    other: BareMirror,
}

impl Guarded {
    fn new() -> Self {
        let manifest = MANIFEST.replace("branches", "url = \"../mirror.git\"\nbranches");
        let repo = widget()
            .commit("name the mirror", |tree| tree.file("sync.toml", manifest))
            .commit("say more", |tree| tree.file("src/more.rs", "// more\n"))
            .tag("v1")
            .build();
        repo.checkout();
        let mirror = BareMirror::new(repo.scratch(), "mirror.git");
        let other = BareMirror::new(repo.scratch(), "other.git");
        let env = env(repo);
        fs::create_dir(env.join("bin")).expect("the scratch place is writable");
        symlink(env!("CARGO_BIN_EXE_repo-sync"), env.join("bin/repo-sync"))
            .expect("the scratch place is writable");
        env.run(["hook", "install", "-q"]).expect(0);
        Self { env, mirror, other }
    }

    /// Publishes all but the newest commit, and fetches what is public then.
    fn published() -> Self {
        let guarded = Self::new();
        guarded.env.run(["sync", "main~1", "-q"]).expect(0);
        guarded.env.repo().git(["remote", "add", "mirror", "../mirror.git"]);
        guarded.env.repo().git(["fetch", "--quiet", "mirror"]);
        guarded
    }

    fn repo(&self) -> &Repo {
        self.env.repo()
    }

    fn hooks(&self) -> PathBuf {
        self.repo().path().join(".git/hooks")
    }

    /// Git with our program on its path.
    fn git(&self) -> Git {
        let path = std::env::var("PATH").expect("git is found by it");
        let bin = self.env.join("bin");
        self.repo().git_here().env("PATH", &format!("{}:{path}", bin.display()))
    }

    fn push(&self, args: &[&str]) -> Output {
        self.git().try_run([&["push", "--quiet"], args].concat())
    }

    #[track_caller]
    fn refused(&self, args: &[&str], why: &str) {
        let before = self.mirror.refs();
        let output = self.push(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{args:?} went through");
        assert!(said.contains("refused  raw-push"), "{args:?}: {said}");
        assert!(said.contains(why), "{args:?}: {said}");
        assert!(said.contains("`repo-sync sync`"), "{args:?}: {said}");
        assert_eq!(self.mirror.refs(), before, "{args:?}");
    }

    #[track_caller]
    fn passes(&self, args: &[&str]) {
        let output = self.push(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{args:?}: {said}");
    }
}

#[test]
fn nothing_but_what_a_sync_would_send_goes_to_a_mirror() {
    let at = Guarded::published();
    let url = "../mirror.git";
    at.refused(&["--force", url, "main"], "is no public commit of ours");
    at.refused(
        &["--force", "mirror", "HEAD^{/say hello}:refs/heads/main"],
        "is no public commit of ours",
    );
    at.refused(&[url, "main:feature"], "does not list the branch `refs/heads/feature`");
    at.refused(&[url, "mirror/main:refs/heads/feature"], "does not list the branch");
    at.refused(&[url, "v1"], "`refs/tags/v1` is no branch");
    at.refused(&[url, "mirror/main:refs/tags/v2"], "is no branch");
    at.refused(&[url, "HEAD:refs/notes/x"], "is no branch");
    at.refused(&[url, ":main"], "would be deleted");
    at.refused(&["--force", url, "mirror/main~1:main"], "would be moved back");
    at.refused(&["--mirror", url], "is no branch");
    assert_snapshot!("hook_refuses", {
        let output = at.push(&["--force", url, "main", "v1"]);
        String::from_utf8_lossy(&output.stderr).into_owned()
    });

    // What is public already is nobody's secret.
    at.passes(&[url, "mirror/main:main"]);
    at.env.run(["sync", "-q"]).expect(0);
    // Whoever switches the hook off is on their own.
    let raw = at.push(&["--no-verify", "--force", url, "main"]);
    assert!(raw.status.success(), "{raw:?}");
    at.refused(
        &["--force", url, "mirror/main:main"],
        "which is not ours, and would be overwritten",
    );
}

#[test]
fn an_image_that_is_new_passes_the_checks_first() {
    let mut at = Guarded::published();
    let marker = format!("# repo-sync: {}\n", "private");
    at.env
        .repo_mut()
        .extend(|history| history.commit("mark", |tree| tree.file("docs/notes.md", marker)));
    // Somebody made the images by other means.
    let map = at.env.run(["map"]).expect(0).stdout;
    let image = map.lines().last().and_then(|line| line.split(' ').nth(1)).expect("an image");
    let line = format!("x {image} refs/heads/main {}\n", "0".repeat(40));
    let args = ["check", "--pre-push", "mirror", "../mirror.git"];
    let screen = at.env.run_with_input(args, line.as_bytes()).expect(3);
    assert!(screen.stderr.contains("left-marker"), "{screen}");
}

#[test]
fn other_remotes_hear_nothing_and_a_mirror_is_known_however_it_is_spelt() {
    let at = Guarded::new();
    at.passes(&["../other.git", "main", "v1"]);
    at.passes(&["../other.git", ":refs/tags/v1"]);
    at.repo().git(["remote", "add", "origin", "../other.git"]);
    at.passes(&["origin", "main:refs/heads/again"]);
    assert_eq!(at.other.refs().len(), 2);

    let why = "is no public commit of ours";
    let absolute = at.mirror.path().display().to_string();
    at.refused(&[&absolute, "main"], why);
    at.refused(&[&format!("file://{absolute}"), "main"], why);
    at.refused(&["../private/../mirror", "main"], why);
    let root = at.repo().scratch().root().display().to_string();
    at.repo().git(["config", &format!("url.{root}/.insteadOf"), "here:"]);
    at.refused(&["here:mirror.git", "main"], why);
    at.repo().git(["remote", "add", "named", "../other.git"]);
    at.repo().git(["remote", "set-url", "--push", "named", "../mirror.git"]);
    at.refused(&["named", "main"], why);

    // Wherever HEAD is, main says where the mirror is.
    at.repo().git(["checkout", "--quiet", "--orphan", "elsewhere"]);
    at.repo().git(["rm", "-r", "--quiet", "--force", "."]);
    at.repo().git(["commit", "--quiet", "--allow-empty", "--message=else"]);
    at.refused(&["../mirror.git", "elsewhere:main"], why);
    at.passes(&["../other.git", "elsewhere"]);

    // From a linked work tree, too.
    let linked = at.env.join("linked");
    at.repo().git(["worktree", "add", "--quiet", "../linked", "main"]);
    let bin = at.env.join("bin");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("there is one"));
    let git = at.repo().scratch().git(&linked).env("PATH", &path);
    let output = git.try_run(["push", "--quiet", "../mirror.git", "HEAD:main"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains(why), "{output:?}");
}

#[test]
fn a_manifest_with_a_mistake_stops_no_other_push() {
    let at = Guarded::new();
    for text in [
        "version = 9\n[mirror.public]\nurl = \"../mirror.git\"\n",
        "[mirror.public\nurl = '../mirror.git'\n",
    ] {
        fs::write(at.repo().path().join("sync.toml"), text).expect("the work tree is writable");
        at.repo().git(["commit", "--quiet", "--all", "--message=slip"]);
        at.passes(&["../other.git", "main"]);
        let output = at.push(&["../mirror.git", "main"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("cannot use `sync.toml`"), "{said}");
    }
    assert!(at.mirror.refs().is_empty());
}

#[test]
fn what_is_not_from_git_is_wrong_usage() {
    let at = Guarded::new();
    let args = ["check", "--pre-push", "origin", "../mirror.git"];
    let screen = at.env.run_with_input(args, b"refs/heads/main nonsense\n").expect(2);
    assert!(screen.stderr.contains("line 1 of the input"), "{screen}");
    at.env.run_with_input(args, b"").expect(0);
}

#[test]
fn an_older_hook_is_kept_runs_first_and_comes_back() {
    let at = Guarded::new();
    at.env.run(["hook", "uninstall", "-q"]).expect(0);
    let (hook, kept) = (at.hooks().join("pre-push"), at.hooks().join("pre-push.repo-sync-chained"));
    let older = "#!/bin/sh\necho \"$1 $2\" >args\ncat >stdin\ntest ! -e veto\n";
    fs::write(&hook, older).expect("the hooks are ours");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o700)).expect("the hook is ours");
    assert_snapshot!("hook_install", at.env.run(["hook", "install"]));
    let ours = fs::read(&hook).expect("it was just installed");
    assert_eq!(fs::read(&kept).expect("it was kept"), older.as_bytes());
    let again = at.env.run(["hook", "install"]).expect(0);
    assert!(again.stderr.contains("kept"), "{again}");
    assert_eq!((fs::read(&hook).ok(), fs::read(&kept).ok()), (Some(ours), Some(older.into())));

    at.passes(&["../other.git", "main"]);
    let seen = |name: &str| fs::read_to_string(at.repo().path().join(name)).unwrap_or_default();
    let head = at.repo().id("main");
    assert_eq!(seen("args"), "../other.git ../other.git\n");
    assert_eq!(
        seen("stdin"),
        format!("refs/heads/main {head} refs/heads/main {}\n", "0".repeat(40))
    );
    at.refused(&["../mirror.git", "main"], "is no public commit of ours");
    fs::write(at.repo().path().join("veto"), "").expect("the work tree is writable");
    let output = at.push(&["../other.git", "main:veto"]);
    assert!(!output.status.success() && output.stderr.starts_with(b"error: failed to push"));

    // One that git would not run is not run, and comes back as it was.
    fs::remove_file(at.repo().path().join("veto")).expect("it was written");
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o600)).expect("the hook is ours");
    fs::remove_file(at.repo().path().join("args")).expect("it was written");
    at.passes(&["../other.git", "main:third"]);
    assert_eq!(seen("args"), "");

    let screen = at.env.run(["hook", "uninstall"]).expect(0);
    assert!(screen.stderr.contains("restored"), "{screen}");
    assert_eq!(fs::read(&hook).expect("it is back"), older.as_bytes());
    let mode = fs::metadata(&hook).expect("it is back").permissions().mode();
    assert_eq!((mode & 0o777, kept.exists()), (0o600, false));
    let again = at.env.run(["hook", "uninstall"]).expect(0);
    assert!(again.stderr.contains("it is not ours"), "{again}");

    fs::write(&kept, "").expect("the hooks are ours");
    at.env.run(["hook", "install"]).expect(2);
    assert_eq!(fs::read(&hook).expect("it stays"), older.as_bytes());
}

#[test]
fn the_hook_goes_where_git_looks_for_it() {
    let at = Guarded::new();
    at.env.run(["hook", "uninstall", "-q"]).expect(0);
    assert!(!at.hooks().join("pre-push").exists());
    at.repo().git(["config", "core.hooksPath", "tools/hooks"]);
    let inside = at.env.clone().in_dir(at.repo().path().join("src"));
    inside.run(["hook", "install", "-q"]).expect(0);
    assert!(at.repo().path().join("tools/hooks/pre-push").exists());
    at.refused(&["../mirror.git", "main"], "is no public commit of ours");
    inside.run(["hook", "uninstall", "-q"]).expect(0);

    // What all repositories share is not for `init` to change.
    let shared = at.env.join("shared");
    at.repo().git([Path::new("config"), Path::new("core.hooksPath"), &shared]);
    let screen = at.env.run(["init"]).expect(0);
    assert!(screen.stderr.contains("other repositories share it"), "{screen}");
    assert!(!shared.exists());
    at.env.run(["hook", "install", "-q"]).expect(0);
    at.refused(&["../mirror.git", "main"], "is no public commit of ours");
}

#[test]
fn a_hook_without_the_program_says_so() {
    let at = Guarded::new();
    let output = at.repo().git_here().try_run(["push", "../other.git", "main"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("repo-sync is not on PATH"), "{said}");
}
