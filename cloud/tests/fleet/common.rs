// SPDX-License-Identifier: LicenseRef-Proprietary
//! A fleet on disk: tenants with repositories and mirrors, a licence, and this program.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use repo_sync_testing::{BareMirror, History, Repo, Screen, TestEnv, Tree};
use serde_json::Value;

const MANIFEST: &str = "version = 1\ninclude = [\"src\"]\n[mirror.public]\n";

/// How many commits of each repository become public.
pub(crate) const PUBLIC_COMMITS: u64 = 3;

/// A tenant's repository, and its mirror.
pub(crate) struct Member {
    pub(crate) tenant: String,
    pub(crate) name: String,
    pub(crate) repo: Repo,
    pub(crate) mirror: BareMirror,
}

/// A fleet on disk.
pub(crate) struct TestFleet {
    pub(crate) members: Vec<Member>,
    pub(crate) env: TestEnv,
}

/// A word that only this tenant's files hold.
pub(crate) fn word_of(tenant: &str) -> String {
    format!("zx{tenant}xz")
}

/// A tenant's history: three public commits and a private one.
fn history(tenant: &str, name: &str) -> History {
    let word = word_of(tenant);
    let manifest = format!("{MANIFEST}url = \"../mirror.git\"\n");
    let file = |text: &str| format!("// {word} {name}: {text}\n");
    History::new()
        .commit("start", |tree: Tree| {
            tree.file("sync.toml", manifest).file("src/a.rs", file("a").as_str())
        })
        .commit("hide", |tree| tree.file("inner/b.rs", format!("// {word} inside\n").as_str()))
        .commit("show", |tree| tree.file("src/b.rs", file("b").as_str()))
        .commit("more", |tree| tree.file("src/c.rs", file("c").as_str()))
}

impl TestFleet {
    /// So many repositories for each of so many tenants, `quotas` as lines of the fleet file.
    pub(crate) fn new(tenants: usize, each: usize, quotas: &[(&str, &str)]) -> Self {
        let mut members = Vec::new();
        for tenant in (0..tenants).map(|number| format!("tenant-{number}")) {
            for number in 0..each {
                let name = format!("widget-{number}");
                let repo = history(&tenant, &name).build();
                let mirror = BareMirror::new(repo.scratch(), "mirror.git").strict();
                members.push(Member { tenant: tenant.clone(), name, repo, mirror });
            }
        }
        let home = History::new().build();
        let env = TestEnv::new(env!("CARGO_BIN_EXE_repo-sync-cloud"), home);
        let env = env.var("REPO_SYNC_TEST_VENDOR_KEY", hex(vendor().verifying_key().as_bytes()));
        let at = env.join("here");
        fs::create_dir(&at).expect("the scratch place is writable");
        let fleet = Self { members, env: env.in_dir(&at) };
        let mut text = "version = 1\nstate = \"state\"\nlicence = \"licence.json\"\n".to_owned();
        for (tenant, quota) in quotas {
            text += &format!("[tenant.{tenant}]\nquota = {quota}\n");
        }
        for Member { tenant, name, repo, .. } in &fleet.members {
            let path = repo.path().display().to_string();
            text += &format!("[[tenant.{tenant}.repository]]\nname = {name:?}\npath = {path:?}\n");
        }
        fs::write(fleet.file("fleet.toml"), text).expect("the scratch place is writable");
        fleet.license("2999-12-31", 0);
        fleet
    }

    /// A file beside the fleet file.
    pub(crate) fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.env.join("here").join(name)
    }

    /// A file of a tenant.
    pub(crate) fn of_tenant(&self, tenant: &str, name: &str) -> PathBuf {
        self.file("state").join(tenant).join(name)
    }

    /// Writes a licence that ends on a day.
    pub(crate) fn license(&self, expires: &str, grace_days: u16) {
        self.license_for(expires, grace_days, "");
    }

    /// The same with more terms, such as limits.
    pub(crate) fn license_for(&self, expires: &str, grace_days: u16, more: &str) {
        let payload = format!(
            r#"{{"version": 1, "holder": "Acme", "features":
                ["fleet", "quotas", "usage-events", "audit-chain"],
                "expires": "{expires}", "grace-days": {grace_days}{more}}}"#
        );
        let signature = STANDARD.encode(vendor().sign(payload.as_bytes()).to_bytes());
        let text = serde_json::json!({
            "payload": STANDARD.encode(payload), "signature": signature,
        });
        fs::write(self.file("licence.json"), text.to_string())
            .expect("the scratch place is writable");
    }

    pub(crate) fn member(&self, tenant: &str, number: usize) -> &Member {
        let mut of_tenant = self.members.iter().filter(|member| member.tenant == tenant);
        of_tenant.nth(number).expect("a test names a member")
    }

    pub(crate) fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Screen {
        self.env.run(args)
    }

    /// `fleet sync`, and what it reports of each mirror as `tenant/repository`: outcome, and
    /// check or error.
    pub(crate) fn sync(&self) -> BTreeMap<String, (String, String)> {
        let screen = self.run(["fleet", "sync", "--format", "json"]);
        let report: Value =
            serde_json::from_str(&screen.stdout).unwrap_or_else(|err| panic!("{err}: {screen}"));
        let mut said = BTreeMap::new();
        for tenant in list(&report["tenants"]) {
            for one in list(&tenant["mirrors"]) {
                let name = format!("{}/{}", text(&tenant["tenant"]), text(&one["repository"]));
                let why = match list(&one["checks"]) {
                    [] => one["error"].as_str().unwrap_or_default().to_owned(),
                    checks => checks.iter().map(text).collect::<Vec<_>>().join(" "),
                };
                said.insert(name, (text(&one["outcome"]), why));
            }
        }
        said
    }

    /// All usage events of a tenant.
    pub(crate) fn events(&self, tenant: &str) -> Vec<Value> {
        lines(&self.of_tenant(tenant, "usage.jsonl"))
    }
}

pub(crate) fn vendor() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("it is text").to_owned()
}

pub(crate) fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// Makes the object of a file unreadable: its bytes are those of another.
pub(crate) fn corrupt(member: &Member, spec: &str) {
    let repo = &member.repo;
    repo.loosen();
    let id = repo.git(["rev-parse", spec]);
    let (first, rest) = id.split_at(2);
    let path = repo.path().join(".git/objects").join(first).join(rest);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
    fs::write(&path, "not an object").expect("it is ours");
}

/// A hook of the mirror that, once the push has been taken, kills the runs that sent it.
pub(crate) fn kill_after_push(member: &Member) -> PathBuf {
    let hook = member.mirror.path().join("hooks/post-receive");
    fs::create_dir_all(hook.with_file_name("")).expect("the scratch place is writable");
    // From the hook upwards: git, the run, the fleet. Only our own program dies.
    let script = "#!/bin/sh\npid=$$\nwhile [ \"$pid\" -gt 1 ]; do\n\
        read -r _ name _ parent _ <\"/proc/$pid/stat\"\n\
        if [ \"$name\" = '(repo-sync-cloud)' ]; then kill -9 \"$pid\"; fi\n\
        pid=$parent\ndone\n";
    fs::write(&hook, script).expect("the scratch place is writable");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it is ours");
    hook
}
