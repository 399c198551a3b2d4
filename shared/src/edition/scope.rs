// SPDX-License-Identifier: Apache-2.0
//! Whom a run belongs to, who starts it, and what it would do.

use std::fmt;
use std::path::Path;

use serde::Serialize;

/// Whom a run belongs to: a tenant, and its repository by the name that it has there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Scope {
    tenant: String,
    repository: String,
}

/// A name that no tenant and no repository can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` cannot be a name; take letters, digits, `-`, `_` and `.`, with a letter or digit first",
    crate::escape_text(.0.as_bytes())
)]
pub struct InvalidScope(pub String);

impl Scope {
    /// The tenant of a run that belongs to nobody in particular.
    pub const DEFAULT_TENANT: &str = "default";

    /// A scope. Both names may become names of files, so they are plain.
    ///
    /// # Errors
    /// One of them is not plain.
    pub fn new(
        tenant: impl Into<String>,
        repository: impl Into<String>,
    ) -> Result<Self, InvalidScope> {
        let scope = Self { tenant: tenant.into(), repository: repository.into() };
        for name in [&scope.tenant, &scope.repository] {
            if !is_plain(name) {
                return Err(InvalidScope(name.clone()));
            }
        }
        Ok(scope)
    }

    /// The scope of a repository where nobody tells tenants apart.
    pub fn of_default_tenant() -> Self {
        Self { tenant: Self::DEFAULT_TENANT.to_owned(), repository: "repository".to_owned() }
    }

    /// Whom it belongs to.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// What the repository is called there.
    pub fn repository(&self) -> &str {
        &self.repository
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.repository)
    }
}

/// Fit for a file name on every system, whatever the case of its letters.
fn is_plain(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    let rest = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    first && name.len() <= 64 && name.bytes().all(rest) && !name.ends_with('.')
}

/// Where a run takes place, for whoever has to say whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The git directory of the private repository.
    pub git_dir: &'a Path,
    /// Its root: the work tree, or the git directory of a bare one.
    pub root: &'a Path,
}

/// What a run is about: one mirror of one repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Subject {
    /// Whose it is.
    #[serde(flatten)]
    pub scope: Scope,
    /// The mirror's name in the manifest.
    pub mirror: String,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scope, self.mirror)
    }
}

/// Who starts a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// Whoever can start the program on this machine.
    Local,
    /// Somebody that a server knows by name.
    Named(String),
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl Serialize for Principal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What somebody may be kept from.
///
/// Looking is not among it: nobody is asked before a check, a plan, a verification or a
/// refusal, so no quota and no licence can stand before one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// To publish to a mirror.
    Publish,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Publish => f.write_str("publish"),
        }
    }
}

/// Whether something may be done, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allowed,
    /// It may not.
    Denied {
        /// Why, and what would change it, in a sentence.
        reason: String,
    },
}

impl Decision {
    /// A refusal with its reason.
    pub fn denied(reason: impl Into<String>) -> Self {
        Self::Denied { reason: reason.into() }
    }

    /// Whether it may be done.
    pub const fn is_allowed(&self) -> bool {
        match self {
            Self::Allowed => true,
            Self::Denied { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_has_plain_names() {
        check("acme", true);
        check("Acme-2_b.c", true);
        check("", false);
        check(".", false);
        check("..", false);
        check("a.", false);
        check("a/b", false);
        check("a\\b", false);
        check("-a", false);
        check("a b", false);
        check("a\nb", false);
        check("é", false);
        check(&"a".repeat(65), false);

        #[track_caller]
        fn check(name: &str, expected: bool) {
            assert_eq!(Scope::new(name, "widget").is_ok(), expected, "{name:?}");
            assert_eq!(Scope::new("acme", name).is_ok(), expected, "{name:?}");
        }
    }
}
