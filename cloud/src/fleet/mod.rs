// SPDX-License-Identifier: LicenseRef-Proprietary
//! The fleet file: many repositories and mirrors, each of a tenant.
//!
//! ```toml
//! version = 1
//! state = "state"                 # a directory for each tenant is made in it
//! licence = "licence.json"
//!
//! [tenant.acme]
//! ssh-key = "keys/acme"           # default: as git is set up
//! quota = { mirrors = 10, commits = 100000 }
//!
//! [[tenant.acme.repository]]
//! name = "widget"
//! path = "/srv/acme/widget.git"
//! mirrors = ["public"]            # the default
//! ```
//!
//! Paths are taken from where the file is. [`Fleet`] cannot exist unless it makes sense.

mod file;
pub mod run;

use std::collections::{HashMap, HashSet};
use std::env;
use std::error::Error as _;
use std::fs;
use std::path::{Path, PathBuf};

use repo_sync_shared::edition::{ExtensionError, InvalidScope, Place, Scope, Subject};

use file::{RawFleet, RawRepository, RawTenant};

/// Names the fleet file to every command, and to the runs of a fleet.
pub const VARIABLE: &str = "REPO_SYNC_FLEET";

/// The fleet file of this process, if one is named.
pub fn named_by_the_environment() -> Option<PathBuf> {
    env::var_os(VARIABLE).filter(|file| !file.is_empty()).map(PathBuf::from)
}

/// The fleet, or why there is none, for all that stand in one registry.
pub type Shared = Result<std::sync::Arc<Fleet>, std::sync::Arc<str>>;

/// The fleet that this is about.
///
/// # Errors
/// It could not be read.
pub(crate) fn known(fleet: &Shared) -> Result<&Fleet, ExtensionError> {
    match fleet {
        Ok(fleet) => Ok(fleet),
        Err(why) => Err(ExtensionError::new(&**why)),
    }
}

/// A fleet file as meant.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// Where it is.
    pub file: PathBuf,
    /// Where each tenant has a directory.
    pub state: PathBuf,
    /// The licence, if one is named.
    pub licence: Option<PathBuf>,
    /// In the order of their names.
    pub tenants: Vec<Tenant>,
}

/// A tenant as meant.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its name, fit for a file name.
    pub name: String,
    /// The ssh key for its remotes.
    pub ssh_key: Option<PathBuf>,
    /// What it may use.
    pub quota: Quota,
    /// In the order of the file.
    pub repositories: Vec<Repository>,
}

/// What a tenant may use; `None` is without end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Mirrors, counted in the order of the file.
    pub mirrors: Option<u64>,
    /// Public commits on all of its mirrors.
    pub commits: Option<u64>,
}

/// A private repository as meant.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Whose it is, and its name there.
    pub scope: Scope,
    /// Where it is.
    pub path: PathBuf,
    /// The names of its mirrors.
    pub mirrors: Vec<String>,
}

/// What is wrong with a fleet file.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// It cannot be read.
    #[error("failed to read the fleet file `{}`", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    /// It is no fleet file.
    #[error("cannot use the fleet file `{}`", .0.display())]
    Syntax(PathBuf, #[source] toml::de::Error),
    /// It is of another version.
    #[error("`version = {0}` is not known; this program reads version 1")]
    Version(u32),
    /// A name that is none.
    #[error(transparent)]
    Name(#[from] InvalidScope),
    /// Two tenants, repositories of a tenant or mirrors of a repository whose files would be
    /// the same somewhere.
    #[error("two {what} are called `{name}`, or differ only in case")]
    Twice {
        /// Of which kind.
        what: &'static str,
        /// The second.
        name: String,
    },
    /// A repository with two names. Whatever is kept beside it would be shared.
    #[error("`{}` is both {first} and {second}", .path.display())]
    Shared {
        /// The repository.
        path: PathBuf,
        /// Whose it is.
        first: Scope,
        /// Whose it is as well.
        second: Scope,
    },
}

impl FleetError {
    /// What is wrong and why, in one text.
    pub fn chain(&self) -> String {
        match self.source() {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        }
    }
}

impl Fleet {
    /// Reads a fleet file.
    ///
    /// # Errors
    /// It cannot be read, or makes no sense.
    pub fn read(file: &Path) -> Result<Self, FleetError> {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let text = fs::read_to_string(&file).map_err(|err| FleetError::Read(file.clone(), err))?;
        Self::parse(&file, &text)
    }

    fn parse(file: &Path, text: &str) -> Result<Self, FleetError> {
        let raw: RawFleet =
            toml::from_str(text).map_err(|err| FleetError::Syntax(file.to_owned(), err))?;
        if raw.version != 1 {
            return Err(FleetError::Version(raw.version));
        }
        let base = file.parent().unwrap_or(Path::new("/"));
        let mut names = Names::default();
        let mut places = HashMap::new();
        let mut tenants = Vec::new();
        for (name, raw) in raw.tenant {
            names.add("tenants", "", &name)?;
            tenants.push(tenant(base, name, raw, &mut names, &mut places)?);
        }
        Ok(Self {
            file: file.to_owned(),
            state: base.join(raw.state),
            licence: raw.licence.map(|licence| base.join(licence)),
            tenants,
        })
    }

    /// The tenant of this name.
    pub fn tenant(&self, name: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.name == name)
    }

    /// The repository in this place.
    pub fn repository(&self, place: &Place<'_>) -> Option<&Repository> {
        let [root, git_dir] = [place.root, place.git_dir].map(settled);
        let mut all = self.tenants.iter().flat_map(|tenant| &tenant.repositories);
        all.find(|repository| [&root, &git_dir].contains(&&settled(&repository.path)))
    }

    /// Every mirror, tenant by tenant, in the order of the file.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        self.tenants.iter().flat_map(Tenant::subjects)
    }

    /// Where a tenant's files are.
    pub fn directory(&self, tenant: &str) -> PathBuf {
        self.state.join(tenant)
    }
}

impl Tenant {
    /// Its mirrors, in the order of the file.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        self.repositories.iter().flat_map(|repository| {
            let subject = |mirror: &String| Subject {
                scope: repository.scope.clone(),
                mirror: mirror.clone(),
            };
            repository.mirrors.iter().map(subject)
        })
    }
}

fn tenant(
    base: &Path,
    name: String,
    raw: RawTenant,
    names: &mut Names,
    places: &mut HashMap<PathBuf, Scope>,
) -> Result<Tenant, FleetError> {
    let mut repositories = Vec::new();
    for RawRepository { name: repository, path, mirrors } in raw.repository {
        let scope = Scope::new(&name, &repository)?;
        names.add("repositories", &name, &repository)?;
        for mirror in &mirrors {
            // It is a part of file names, as the other two are.
            Scope::new(&name, mirror)?;
            names.add("mirrors", &scope.to_string(), mirror)?;
        }
        let path = base.join(path);
        if let Some(first) = places.insert(settled(&path), scope.clone()) {
            return Err(FleetError::Shared { path, first, second: scope });
        }
        repositories.push(Repository { scope, path, mirrors });
    }
    Scope::new(&name, "any")?;
    Ok(Tenant {
        name,
        ssh_key: raw.ssh_key.map(|key| base.join(key)),
        quota: Quota { mirrors: raw.quota.mirrors, commits: raw.quota.commits },
        repositories,
    })
}

/// Names that are taken, whatever the case of their letters.
#[derive(Default)]
struct Names(HashSet<(&'static str, String, String)>);

impl Names {
    fn add(&mut self, what: &'static str, of: &str, name: &str) -> Result<(), FleetError> {
        let key = (what, of.to_ascii_lowercase(), name.to_ascii_lowercase());
        match self.0.insert(key) {
            true => Ok(()),
            false => Err(FleetError::Twice { what, name: name.to_owned() }),
        }
    }
}

/// The path as the system spells it, and as it is written where nothing is.
fn settled(path: &Path) -> PathBuf {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    // A work tree and its git directory are one repository.
    let git_dir = path.join(".git");
    if git_dir.is_dir() { git_dir } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_that_makes_no_sense_is_refused() {
        let good = "version = 1\nstate = \"s\"\n";
        check(good, "ok");
        check("version = 2\nstate = \"s\"\n", "`version = 2` is not known");
        check("version = 1\n", "missing field `state`");
        check(&format!("{good}[tenant.a]\nquotas = 1\n"), "unknown field `quotas`");
        check(&format!("{good}[tenant.a]\nquota = {{ repos = 1 }}\n"), "unknown field `repos`");
        check(&format!("{good}[tenant.\"../a\"]\n"), "`../a` cannot be a name");
        check(&format!("{good}[tenant.a]\n[tenant.A]\n"), "two tenants are called `a`");
        let repository = |tenant, name, path, more| {
            format!("[[tenant.{tenant}.repository]]\nname = {name:?}\npath = {path:?}\n{more}")
        };
        let one = repository("a", "widget", "w.git", "");
        check(&format!("{good}{one}"), "ok");
        check(&format!("{good}{}", repository("a", "wid/get", "w", "")), "cannot be a name");
        check(
            &format!("{good}{one}{}", repository("a", "Widget", "x.git", "")),
            "two repositories are called `Widget`",
        );
        check(&format!("{good}{one}{}", repository("b", "widget", "x.git", "")), "ok");
        check(
            &format!("{good}{one}{}", repository("b", "other", "w.git", "")),
            "is both a/widget and b/other",
        );
        check(
            &format!("{good}{}", repository("a", "w", "w", "mirrors = [\"x\", \"X\"]\n")),
            "two mirrors are called `X`",
        );

        #[track_caller]
        fn check(text: &str, expected: &str) {
            let said = match Fleet::parse(Path::new("/srv/fleet.toml"), text) {
                Ok(_) => "ok".to_owned(),
                Err(err) => err.chain(),
            };
            assert!(said.contains(expected), "{text}\n{said}");
        }
    }

    #[test]
    fn paths_are_taken_from_where_the_file_is() {
        let text = "version = 1\nstate = \"state\"\nlicence = \"l.json\"\n[tenant.a]\n\
                    ssh-key = \"keys/a\"\n[[tenant.a.repository]]\nname = \"w\"\npath = \"w.git\"\n";
        let fleet = Fleet::parse(Path::new("/srv/fleet.toml"), text).expect("it makes sense");
        assert_eq!(fleet.directory("a"), Path::new("/srv/state/a"));
        assert_eq!(fleet.licence.as_deref(), Some(Path::new("/srv/l.json")));
        assert_eq!(fleet.tenants[0].ssh_key.as_deref(), Some(Path::new("/srv/keys/a")));
        let path = Path::new("/srv/w.git");
        let found = fleet.repository(&Place { git_dir: path, root: path }).expect("it is listed");
        assert_eq!(
            (found.scope.to_string(), &found.mirrors[..]),
            ("a/w".to_owned(), &["public".to_owned()][..])
        );
    }
}
