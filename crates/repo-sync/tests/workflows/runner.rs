// SPDX-License-Identifier: Apache-2.0
//! Runs the steps of a job as GitHub's runner would: each script as it is written, in a shell
//! of its own, with the variables and files that it is promised.
//!
//! Two actions of others are acted out with git and copies, for no forge can be reached here:
//! the checkout of a repository, and the cache.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use repo_sync_testing::{Screen, TestEnv};
use serde::Deserialize;
use serde_json::Value;

use crate::expression::Contexts;

/// A workflow, as far as running it asks for it.
#[derive(Debug, Deserialize)]
pub(crate) struct Workflow {
    pub(crate) on: Value,
    pub(crate) permissions: BTreeMap<String, String>,
    jobs: BTreeMap<String, Job>,
}

impl Workflow {
    /// What a job may do beyond what all of them may.
    pub(crate) fn permissions_of(&self, job: &str) -> &BTreeMap<String, String> {
        &self.jobs[job].permissions
    }

    /// The steps of a job that are given a value which holds `text`, by name.
    pub(crate) fn steps_with(&self, job: &str, text: &str) -> Vec<&str> {
        let holds = |value: &Value| value.as_str().is_some_and(|value| value.contains(text));
        let given = |step: &&Step| step.env.values().chain(step.with.values()).any(holds);
        self.jobs[job].steps.iter().filter(given).map(|step| &*step.name).collect()
    }
}

#[derive(Debug, Deserialize)]
struct Job {
    #[serde(rename = "if")]
    condition: String,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
    steps: Vec<Step>,
}

/// An action of ours, which is made of steps.
#[derive(Debug, Deserialize)]
struct Action {
    inputs: BTreeMap<String, Input>,
    outputs: BTreeMap<String, Output>,
    runs: Runs,
}

#[derive(Debug, Deserialize)]
struct Input {
    default: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Output {
    value: String,
}

#[derive(Debug, Deserialize)]
struct Runs {
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Step {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id: String,
    #[serde(rename = "if")]
    condition: Option<String>,
    uses: Option<String>,
    #[serde(default)]
    with: BTreeMap<String, Value>,
    #[serde(default)]
    env: BTreeMap<String, Value>,
    run: Option<String>,
    shell: Option<String>,
}

/// How a job ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// The steps that ran, by name or by the action that they use.
    pub(crate) steps: Vec<String>,
    /// What they printed.
    pub(crate) log: String,
    /// The page of the job.
    pub(crate) summary: String,
    /// What the steps with an id said, such as `run.outcome`.
    pub(crate) outputs: BTreeMap<String, String>,
    /// Whether a step failed; the ones after it did not run.
    pub(crate) failed: bool,
}

/// A machine that has nothing but the repository's address.
#[derive(Clone)]
pub(crate) struct Runner {
    env: TestEnv,
    /// What is checked out here.
    origin: PathBuf,
    /// Where later steps find it.
    url: String,
    workspace: PathBuf,
    /// `RUNNER_TEMP`.
    temp: PathBuf,
    /// What the cache keeps from one job to the next.
    cache: PathBuf,
    pub(crate) contexts: Contexts,
}

impl Runner {
    /// A runner for the repository of `env`, whose programs run with its variables.
    pub(crate) fn new(env: &TestEnv) -> Self {
        let [workspace, temp, cache] = ["workspace", "runner", "cache"].map(|name| env.join(name));
        let mut contexts = Contexts::default();
        contexts.set("runner.os", "Linux");
        contexts.set("runner.temp", temp.to_string_lossy());
        let origin = env.repo().path().to_owned();
        let url = origin.to_string_lossy().into_owned();
        Self { env: env.clone(), origin, url, workspace, temp, cache, contexts }
    }

    /// The same where the repository has an address that asks who comes.
    pub(crate) fn served_at(self, url: String) -> Self {
        Self { url, ..self }
    }

    /// The same with its workspace in another place.
    pub(crate) fn working_in(self, workspace: PathBuf) -> Self {
        Self { workspace, ..self }
    }

    /// Runs a job of a workflow, from an empty workspace.
    pub(crate) fn run(&mut self, workflow: &Workflow, job: &str) -> Ended {
        let job = &workflow.jobs[job];
        let mut ended = Ended::default();
        if !self.contexts.holds(&job.condition) {
            return ended;
        }
        for dir in [&self.workspace, &self.temp] {
            let _ = fs::remove_dir_all(dir);
            fs::create_dir_all(dir).expect("the scratch place is writable");
        }
        self.steps(&job.steps, None, &mut ended);
        ended.summary = fs::read_to_string(self.temp.join("summary")).unwrap_or_default();
        ended
    }

    /// Runs steps until one fails. Those of an action are told where it is.
    fn steps(&mut self, steps: &[Step], action: Option<&Path>, ended: &mut Ended) {
        for step in steps {
            if step.condition.as_ref().is_some_and(|condition| !self.contexts.holds(condition)) {
                continue;
            }
            match (&step.uses, &step.run) {
                (Some(uses), None) => self.use_action(uses, step, ended),
                (None, Some(run)) => self.script(run, step, action, ended),
                _ => panic!("a step uses an action or runs a script: {step:?}"),
            }
            if ended.failed {
                return;
            }
        }
    }

    fn use_action(&mut self, uses: &str, step: &Step, ended: &mut Ended) {
        let with = self.filled(&step.with);
        ended.steps.push(if step.name.is_empty() { uses } else { &step.name }.to_owned());
        if let Some(path) = uses.strip_prefix("./") {
            return self.own_action(&self.workspace.join(path), &with, &step.id, ended);
        }
        let (action, pin) = uses.split_once('@').expect("an action of others has a version");
        assert!(is_id(pin), "`{uses}` is not pinned to a commit");
        match action {
            "actions/checkout" => self.checkout(&with),
            "actions/cache" => self.restore(&with),
            other => panic!("nobody knows how `{other}` runs"),
        }
    }

    /// An action that is part of what was checked out.
    fn own_action(
        &mut self,
        place: &Path,
        with: &BTreeMap<String, String>,
        id: &str,
        ended: &mut Ended,
    ) {
        let action: Action = read(&place.join("action.yml"));
        for name in with.keys() {
            assert!(action.inputs.contains_key(name), "the action has no input `{name}`");
        }
        let outside = self.contexts.clone();
        for (name, input) in &action.inputs {
            let value = with.get(name).or(input.default.as_ref()).cloned().unwrap_or_default();
            self.contexts.set(format!("inputs.{name}"), value);
        }
        self.steps(&action.runs.steps, Some(place), ended);
        for (name, output) in action.outputs {
            if !id.is_empty() && !ended.failed {
                ended.outputs.insert(format!("{id}.{name}"), self.contexts.fill(&output.value));
            }
        }
        self.contexts = outside;
    }

    fn script(&mut self, run: &str, step: &Step, action: Option<&Path>, ended: &mut Ended) {
        assert!(!run.contains("${{"), "a value would become a part of this script: {run}");
        let [script, output, path] = ["script", "output", "path"].map(|name| self.temp.join(name));
        for (file, text) in [(&script, run), (&output, ""), (&path, "")] {
            fs::write(file, text).expect("the scratch place is writable");
        }
        let mut env = TestEnv::new("bash", self.env.repo().clone()).in_dir(&self.workspace);
        for name in ["CARGO_HOME", "RUSTUP_HOME", "CARGO_TARGET_DIR"] {
            if let Some(value) = cargo(name) {
                env = env.var(name, value);
            }
        }
        env = env
            .var("GITHUB_ACTIONS", "true")
            .var("GITHUB_WORKSPACE", &self.workspace)
            .var("GITHUB_OUTPUT", &output)
            .var("GITHUB_PATH", &path)
            .var("GITHUB_STEP_SUMMARY", self.temp.join("summary"))
            .var("RUNNER_TEMP", &self.temp);
        if let Some(place) = action {
            env = env.var("GITHUB_ACTION_PATH", place);
        }
        for (name, value) in self.filled(&step.env) {
            env = env.var(name, value);
        }
        let flags: &[&str] = match step.shell.as_deref() {
            // What GitHub documents for a step that names bash, and for one that names no shell.
            Some("bash") => &["--noprofile", "--norc", "-eo", "pipefail"],
            None => &["-e"],
            Some(other) => panic!("nobody knows how to run `{other}`"),
        };
        let screen: Screen = env.run(flags.iter().map(Path::new).chain([&*script]));
        ended.steps.push(step.name.clone());
        ended.log += &format!("{}{}", screen.stdout, screen.stderr);
        ended.failed = screen.status != 0;
        let said = fs::read_to_string(&output).expect("it was made before");
        for line in said.lines() {
            let (name, value) = line.split_once('=').expect("an output is NAME=VALUE");
            self.contexts.set(format!("steps.{}.outputs.{name}", step.id), value);
            ended.outputs.insert(format!("{}.{name}", step.id), value.to_owned());
        }
    }

    /// `actions/checkout`: the ref that is asked for, or what the event is about.
    fn checkout(&self, with: &BTreeMap<String, String>) {
        let at = |name: &str| with.get(name).map(String::as_str);
        assert_eq!(at("persist-credentials"), Some("false"), "later steps need no credentials");
        let git = self.env.repo().scratch().git(&self.workspace);
        git.run(["init", "--quiet"]);
        git.run(["remote", "add", "origin", &self.origin.to_string_lossy()]);
        let depth = match at("fetch-depth") {
            Some("0") => "--no-tags",
            _ => "--depth=1",
        };
        let every = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];
        let pulls = "+refs/pull/*:refs/remotes/pull/*";
        git.run(["fetch", "--quiet", depth, "origin", every[0], every[1], pulls]);
        // The checkout had credentials, and has not left them here.
        git.run(["remote", "set-url", "origin", &self.url]);
        match at("ref") {
            Some(branch) => {
                let tip = format!("refs/remotes/origin/{branch}");
                git.run(["checkout", "--quiet", "--force", "-B", branch, &tip]);
            }
            None => {
                let event = self.contexts.fill("${{ github.ref }}");
                let name = event.replacen("refs/", "refs/remotes/", 1);
                git.run(["checkout", "--quiet", "--force", "--detach", &name]);
            }
        }
    }

    /// `actions/cache`: of what it is to keep, that of the work tree.
    fn restore(&self, with: &BTreeMap<String, String>) {
        assert!(!with["key"].is_empty() && with.contains_key("restore-keys"));
        for path in with["path"].lines().filter(|path| path.starts_with(".git/")) {
            let kept = self.cache.join(path);
            if kept.exists() {
                copy(&kept, &self.workspace.join(path));
            }
        }
    }

    /// What the cache does after a job that went well.
    pub(crate) fn keep(&self, path: &str) {
        copy(&self.workspace.join(path), &self.cache.join(path));
    }

    fn filled(&self, values: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
        let text = |value: &Value| match value {
            Value::String(text) => self.contexts.fill(text),
            other => other.to_string(),
        };
        values.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }
}

/// Reads a file of YAML.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// Copies a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the scratch place is writable");
    for entry in fs::read_dir(from).expect("a directory can be listed") {
        let entry = entry.expect("a directory can be listed");
        let to = to.join(entry.file_name());
        match entry.file_type().expect("it is there").is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).expect("the scratch place is writable")),
        }
    }
}

/// Where cargo keeps what it has, for a step that builds with it.
fn cargo(name: &str) -> Option<PathBuf> {
    let home = std::env::home_dir();
    match (std::env::var_os(name), name) {
        (Some(value), "CARGO_HOME" | "RUSTUP_HOME") => Some(value.into()),
        (None, "CARGO_HOME") => Some(home?.join(".cargo")),
        (None, "RUSTUP_HOME") => Some(home?.join(".rustup")).filter(|home| home.exists()),
        // Not where these tests were built: cargo cannot tell two workspaces apart that lie in
        // the same way.
        (_, _) => Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("target")),
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}
