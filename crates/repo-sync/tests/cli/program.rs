// SPDX-License-Identifier: Apache-2.0
//! The program as a person runs it: screens, exit statuses and files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A place of its own for one test: home, work tree, and nothing from outside.
struct Place {
    root: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { root: tempfile::tempdir().expect("there is room for a test") }
    }

    /// With a repository in `repo`.
    fn with_repository(init: &[&str]) -> Self {
        let place = Self::new();
        place.git(".", &[&["init", "--quiet", "--initial-branch=trunk"], init, &["repo"]].concat());
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>, dir: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path(dir))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", self.root.path())
            .stdin(Stdio::null());
        command
    }

    fn git(&self, dir: &str, args: &[&str]) {
        let who = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
        let status = self.command("git", dir).args(who).args(args).status();
        assert!(status.expect("git runs").success(), "git {args:?}");
    }

    fn repo_sync(&self, dir: &str, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_repo-sync"), dir);
        command.args(args);
        command
    }

    fn run(&self, dir: &str, args: &[&str]) -> Output {
        self.repo_sync(dir, args).output().expect("the program runs")
    }

    /// Both streams and the exit status, with this place as `$ROOT`.
    fn screen(&self, dir: &str, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.run(dir, args);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the screen is text");
        let root = self.root.path().canonicalize().expect("the place exists");
        format!(
            "$ repo-sync {}\n{}{}[exit status: {}]",
            args.join(" "),
            text(stdout),
            text(stderr),
            status.code().expect("nobody killed it"),
        )
        .replace(&*root.to_string_lossy(), "$ROOT")
        .replace(&*self.root.path().to_string_lossy(), "$ROOT")
    }
}

#[test]
fn init_writes_a_starter_once() {
    let place = Place::with_repository(&[]);
    for (name, text) in [("repo/README.md", "hello"), ("repo/src", ""), ("repo/sub", "")] {
        if text.is_empty() {
            fs::create_dir(place.path(name)).unwrap();
            fs::write(place.path(name).join("file"), "").unwrap();
        } else {
            fs::write(place.path(name), text).unwrap();
        }
    }
    place.git("repo", &["add", "."]);
    place.git("repo", &["commit", "--quiet", "--message=start"]);

    insta::assert_snapshot!(place.screen("repo/sub", &["init"]), @r#"
    $ repo-sync init
    wrote  sync.toml
    wrote  sync.lock
    wrote  .github/workflows/repo-sync.yml
    wrote  .git/hooks/pre-push

    Next:
      1. Say what is public: take the `#` off lines of `include` in sync.toml.
      2. Create an empty public repository, and name it as `url` under [mirror.public].
      3. Set up the deploy key, as the head of .github/workflows/repo-sync.yml says.
      4. Run `repo-sync plan --write-lock`: sync.lock then lists what is public, and
         whatever widens it later has to be reviewed there.
      5. Commit all three; not before, for the first version of sync.toml also decides
         about all that came before it.
    [exit status: 0]
    "#);
    let manifest = place.path("repo/sync.toml");
    let head = place.command("git", "repo").args(["rev-parse", "HEAD"]).output().unwrap().stdout;
    let head = String::from_utf8(head).unwrap();
    let written = fs::read_to_string(&manifest).unwrap().replace(head.trim(), "$HEAD");
    insta::assert_snapshot!(written, @r#"
    # What of this repository is public, and where it goes. Read by repo-sync.
    #
    # A path is public when a line of `include` matches it, no line of `exclude`
    # does, and it is not on the floor. What nobody mentions stays private. Each
    # commit is judged by the `sync.toml` in its own tree, so an edit never changes
    # what is public already. What came before this file is judged by its first
    # version, so fill it in before you commit it.
    version = 1

    # Nothing is public yet. Take the `#` off what may be, one line at a time:
    # a folder means everything in it, today and later.
    include = [
        # "README.md",
        # "src",
        # "sub",
    ]

    # Exceptions within what is included.
    # exclude = ["docs/internal", "**/.env*"]

    # The floor: never public, whatever `include` says. `cloud`, `sync.toml` and
    # `sync.lock` at the root are always on it; name here what must never get out.
    private = ["cloud"]

    [mirror.public]
    # The public repository. Create it empty, then name it here.
    # url = "git@github.com:OWNER/NAME.git"

    # The first branch is also the one whose newest commit says where this goes.
    branches = ["trunk"]

    # No tag is public unless its name is listed.
    # tags = ["v*"]

    # What has to work for a stranger who has the public tree only, before each push.
    # [standalone]
    # commands = ["make test"]
    # sync = true

    # The commits from before this file become public too, with their messages and
    # authors, although nobody wrote them to be read by everyone. To begin with one
    # snapshot of today instead, take the `#` off these lines.
    # [[seam]]
    # private = "$HEAD"
    # message = "Public snapshot"
    "#);
    let workflow = place.path("repo/.github/workflows/repo-sync.yml");
    assert!(fs::read_to_string(&workflow).unwrap().contains("branches: [\"trunk\"]"));

    fs::write(&manifest, "mine").unwrap();
    fs::remove_file(&workflow).unwrap();
    insta::assert_snapshot!(place.screen(".", &["-C", "repo", "init", "-q"]), @r#"
    $ repo-sync -C repo init -q
    [exit status: 0]
    "#);
    assert_eq!(fs::read_to_string(&manifest).unwrap(), "mine");
    assert!(workflow.exists());

    insta::assert_snapshot!(place.screen("repo", &["init"]), @r#"
    $ repo-sync init
    kept   sync.toml (it exists)
    kept   sync.lock (it exists)
    kept   .github/workflows/repo-sync.yml (it exists)
    kept   .git/hooks/pre-push (it exists)
    [exit status: 0]
    "#);
}

#[cfg(unix)]
#[test]
fn init_does_not_write_through_a_link() {
    let place = Place::with_repository(&[]);
    std::os::unix::fs::symlink(place.path("elsewhere"), place.path("repo/sync.toml")).unwrap();
    assert!(place.run("repo", &["init"]).status.success());
    assert!(!place.path("elsewhere").exists());
}

#[test]
fn init_needs_a_work_tree() {
    insta::assert_snapshot!(Place::new().screen(".", &["init"]), @r#"
    $ repo-sync init
    Error: `$ROOT` is not in a git work tree
    Caused by: fatal: not a git repository (or any of the parent directories): .git
    Hint: run it in a clone that has files, or name one with `-C DIR`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(
        Place::with_repository(&["--bare"]).screen("repo", &["init", "--format", "json"]), @r#"
        $ repo-sync init --format json
        {"version":1,"command":"init","mirror":null,"outcome":"usage","refs":[],"counts":{"private_commits":0,"published":0,"dropped":0,"already_public":0},"refusals":[],"warnings":[],"foreign":[],"error":"`$ROOT/repo` is not in a git work tree: fatal: this operation must be run in a work tree"}
        Error: `$ROOT/repo` is not in a git work tree
        Caused by: fatal: this operation must be run in a work tree
        Hint: run it in a clone that has files, or name one with `-C DIR`
        [exit status: 2]
        "#
    );
    insta::assert_snapshot!(Place::new().screen(".", &["init", "-C", "absent"]), @r#"
    $ repo-sync init -C absent
    Error: `absent` is not a directory
    [exit status: 2]
    "#);
}

#[test]
fn init_reports_to_scripts() {
    let output = Place::with_repository(&[]).run("repo", &["init", "--format=json", "-q"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["command"], &report["outcome"]), (&"init".into(), &"up-to-date".into()));
    assert_eq!(output.stderr, b"");
}

#[test]
fn wrong_usage_says_so_in_the_format_that_was_asked_for() {
    let place = Place::new();
    insta::assert_snapshot!(place.screen(".", &["publish"]), @r#"
    $ repo-sync publish
    error: unrecognized subcommand 'publish'

    Usage: repo-sync [OPTIONS] <COMMAND>

    For more information, try '--help'.
    [exit status: 2]
    "#);
    insta::assert_snapshot!(place.screen(".", &["--all", "init", "--mirror", "public"]), @r#"
    $ repo-sync --all init --mirror public
    error: the argument '--mirror' cannot be used with '--all'

    Usage: repo-sync [OPTIONS] <COMMAND>

    For more information, try '--help'.
    [exit status: 2]
    "#);
    insta::assert_snapshot!(place.screen(".", &["init", "--format", "github"]), @r#"
    $ repo-sync init --format github
    error: the argument '--format github' cannot be used with 'init'

    Usage: repo-sync [OPTIONS] <COMMAND>

    For more information, try '--help'.
    [exit status: 2]
    "#);
    for args in [
        &["init", "--format", "json", "--nonsense"][..],
        &["--format=json", "init", "--nonsense"],
        &["--format=json", "init", "--all", "--mirror=x"],
        &["man", "--format=json"],
    ] {
        let output = place.run(".", args);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let command = args.iter().find(|arg| ["init", "man"].contains(arg)).unwrap();
        assert_eq!(report["outcome"], "usage", "{args:?}");
        assert_eq!(report["command"], *command, "{args:?}");
        assert!(report["error"].as_str().unwrap().contains("argument"), "{args:?}");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = place.run(".", &["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{shell}");
        for word in ["repo-sync", "init", "completions", "policy-rev"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(place.run(".", &["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn a_script_for_bash_is_one_that_bash_reads() {
    let place = Place::new();
    let script = place.run(".", &["completions", "bash"]).stdout;
    fs::write(place.path("script"), script).unwrap();
    let status = place.command("bash", ".").args(["-n", "script"]).status();
    assert!(status.expect("bash runs").success());
}

#[test]
fn there_is_a_manual_page_for_the_program_and_for_each_command() {
    let place = Place::new();
    let page = String::from_utf8(place.run(".", &["man"]).stdout).unwrap();
    assert!(page.contains(".TH repo-sync 1"), "{page}");
    assert!(page.contains("repo\\-sync\\-init(1)"), "{page}");
    assert!(!page.contains("repo\\-sync\\-help(1)"), "{page}");

    assert!(place.run(".", &["-C", ".", "man", "--dir", "share/man1"]).status.success());
    let mut pages: Vec<_> = fs::read_dir(place.path("share/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    let expected = [
        "check",
        "completions",
        "edition",
        "explain",
        "export",
        "hook-install",
        "hook-uninstall",
        "hook",
        "import",
        "init",
        "man",
        "map",
        "plan",
        "standalone",
        "status",
        "sync",
        "verify",
    ]
    .map(|name| format!("repo-sync-{name}.1"));
    assert_eq!(pages, [&expected[..], &["repo-sync.1".to_owned()]].concat());
}

#[test]
fn a_reader_who_has_had_enough_is_no_error() {
    let place = Place::new();
    let mut child = place
        .repo_sync(".", &["man"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let full = fs::OpenOptions::new().write(true).open(Path::new("/dev/full")).unwrap();
    let output = Place::new().repo_sync(".", &["man"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("Error: "), "{output:?}");
}

#[test]
fn colors_go_only_where_they_are_wanted() {
    let place = Place::new();
    let escapes = |args: &[&str]| place.run(".", args).stderr.contains(&0x1b);
    assert!(!escapes(&["init"]));
    assert!(escapes(&["init", "--color", "always"]));
    assert!(!escapes(&["init", "--color", "never"]));
    assert!(escapes(&["--color=always", "nonsense"]));
}

#[test]
fn help_is_short_or_long() {
    let place = Place::new();
    insta::assert_snapshot!("help_short", place.screen(".", &["-h"]));
    insta::assert_snapshot!("help_long", place.screen(".", &["--help"]));
    for command in [
        "init",
        "plan",
        "sync",
        "check",
        "verify",
        "status",
        "explain",
        "map",
        "export",
        "standalone",
        "hook",
        "edition",
        "completions",
        "man",
    ] {
        insta::assert_snapshot!(format!("help_{command}"), place.screen(".", &[command, "-h"]));
    }
}
