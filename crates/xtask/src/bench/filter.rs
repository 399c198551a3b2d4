// SPDX-License-Identifier: Apache-2.0
//! The shapes of a filter that all tools know, and how each of them says it.

use std::fmt;

use anyhow::bail;

/// Exactly one of them.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct FilterArgs {
    /// Leave out this directory of the root
    #[arg(long, value_name = "DIR")]
    exclude: Option<String>,
    /// Keep only these directories of the root
    #[arg(long, value_name = "DIR")]
    include: Vec<String>,
    /// Keep only this directory of the root, as the new root
    #[arg(long, value_name = "DIR")]
    root: Option<String>,
}

/// What is kept of each tree.
#[derive(Clone)]
pub(super) enum Filter {
    Exclude(String),
    Include(Vec<String>),
    Root(String),
}

impl TryFrom<&FilterArgs> for Filter {
    type Error = anyhow::Error;

    fn try_from(args: &FilterArgs) -> anyhow::Result<Self> {
        let filter = match (&args.exclude, &args.root) {
            (Some(dir), _) => Self::Exclude(dir.clone()),
            (_, Some(dir)) => Self::Root(dir.clone()),
            _ => Self::Include(args.include.clone()),
        };
        for dir in filter.dirs() {
            if dir.contains('/') {
                bail!("`{dir}` is not a directory of the root: not every tool knows others");
            }
        }
        Ok(filter)
    }
}

impl Filter {
    pub(super) fn dirs(&self) -> &[String] {
        match self {
            Self::Exclude(dir) | Self::Root(dir) => std::slice::from_ref(dir),
            Self::Include(dirs) => dirs,
        }
    }

    /// A manifest that says it.
    pub(super) fn manifest(&self, branch: &str, append: &str) -> String {
        let rules = match self {
            Self::Exclude(dir) => format!("include = [\"*\"]\nexclude = [\"{dir}\"]\n"),
            Self::Include(dirs) => format!("include = {dirs:?}\n"),
            Self::Root(dir) => {
                format!("include = [\"{dir}\"]\n[[move]]\nfrom = \"{dir}\"\nto = \"\"\n")
            }
        };
        format!("version = 1\n{rules}[mirror.public]\nbranches = [\"{branch}\"]\n{append}")
    }

    /// The same for `josh-filter`.
    pub(super) fn josh(&self) -> String {
        match self {
            Self::Exclude(dir) => format!(":exclude[::{dir}/]"),
            Self::Root(dir) => format!(":/{dir}"),
            Self::Include(dirs) => {
                let dirs: Vec<_> = dirs.iter().map(|dir| format!("::{dir}/")).collect();
                format!(":[{}]", dirs.join(","))
            }
        }
    }

    /// The same for `git-filter-repo`.
    pub(super) fn filter_repo(&self) -> Vec<String> {
        match self {
            Self::Exclude(dir) => {
                vec!["--path".to_owned(), format!("{dir}/"), "--invert-paths".to_owned()]
            }
            Self::Root(dir) => vec!["--subdirectory-filter".to_owned(), format!("{dir}/")],
            Self::Include(dirs) => {
                dirs.iter().flat_map(|dir| ["--path".to_owned(), format!("{dir}/")]).collect()
            }
        }
    }

    /// The same for `splitsh-lite`, which cannot leave anything out.
    pub(super) fn splitsh(&self) -> Option<Vec<String>> {
        match self {
            Self::Exclude(_) => None,
            Self::Root(dir) => Some(vec![format!("--prefix={dir}")]),
            Self::Include(dirs) => {
                Some(dirs.iter().map(|dir| format!("--prefix={dir}:{dir}")).collect())
            }
        }
    }

    /// Whether an entry of the root stays.
    pub(super) fn keeps(&self, name: &str) -> bool {
        match self {
            Self::Exclude(dir) => name != dir,
            Self::Include(dirs) => dirs.iter().any(|dir| dir == name),
            Self::Root(dir) => name == dir,
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exclude(dir) => write!(f, "all but `{dir}`"),
            Self::Include(dirs) => write!(f, "only `{}`", dirs.join("` and `")),
            Self::Root(dir) => write!(f, "`{dir}` as the root"),
        }
    }
}
