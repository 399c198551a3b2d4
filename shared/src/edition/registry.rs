// SPDX-License-Identifier: Apache-2.0
//! Which implementation fills which extension point.
//!
//! Built once, when the program starts, never changed, and handed down: there is no
//! global one, so a server can hold several.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::open::{Ambient, Community, KeepsNothing, NoNotices, OneTenant, Unmetered};
use super::{
    About, AuditLogger, CredentialProvider, Entitlements, Notifier, TenantProvider, UsageTracker,
};

/// The version of an extension point. What was written for another major version does
/// not mean the same; another minor one only has more methods, with defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// Changes when an implementation has to be changed.
    pub major: u16,
    /// Changes when something was added.
    pub minor: u16,
}

impl Version {
    /// A version.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An extension point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Point {
    /// [`TenantProvider`].
    Tenants,
    /// [`UsageTracker`].
    Usage,
    /// [`AuditLogger`].
    Audit,
    /// [`Entitlements`].
    Entitlements,
    /// [`CredentialProvider`].
    Credentials,
    /// [`Notifier`].
    Notices,
}

impl Point {
    /// Every extension point there is.
    pub const ALL: [Self; 6] = [
        Self::Tenants,
        Self::Usage,
        Self::Audit,
        Self::Entitlements,
        Self::Credentials,
        Self::Notices,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenants => "tenants",
            Self::Usage => "usage",
            Self::Audit => "audit",
            Self::Entitlements => "entitlements",
            Self::Credentials => "credentials",
            Self::Notices => "notices",
        }
    }

    /// The version of its trait.
    pub const fn version(self) -> Version {
        match self {
            Self::Tenants => <dyn TenantProvider>::VERSION,
            Self::Usage => <dyn UsageTracker>::VERSION,
            Self::Audit => <dyn AuditLogger>::VERSION,
            Self::Entitlements => <dyn Entitlements>::VERSION,
            Self::Credentials => <dyn CredentialProvider>::VERSION,
            Self::Notices => <dyn Notifier>::VERSION,
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An extension point, and what fills it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The point.
    pub point: Point,
    /// What fills it.
    pub about: About,
}

/// What cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Something was written for another major version of its extension point.
    #[error("`{name}` was written for version {written_for} of the extension point `{point}`, which is at {}", .point.version())]
    OtherMajor {
        /// The extension point.
        point: Point,
        /// What should have filled it.
        name: String,
        /// What it was written for.
        written_for: Version,
    },
}

/// The extension points and what fills them. See the [module](super) for how it is used.
pub struct Registry {
    tenants: Box<dyn TenantProvider>,
    usage: Box<dyn UsageTracker>,
    audit: Box<dyn AuditLogger>,
    entitlements: Box<dyn Entitlements>,
    credentials: Box<dyn CredentialProvider>,
    notifier: Box<dyn Notifier>,
}

impl Registry {
    /// One in which every point has its open default, to be filled otherwise.
    pub fn builder() -> Builder {
        Builder(Self {
            tenants: Box::new(OneTenant),
            usage: Box::new(Unmetered),
            audit: Box::new(KeepsNothing),
            entitlements: Box::new(Community),
            credentials: Box::new(Ambient),
            notifier: Box::new(NoNotices),
        })
    }

    /// Whose a run is.
    pub fn tenants(&self) -> &dyn TenantProvider {
        &*self.tenants
    }

    /// What is used.
    pub fn usage(&self) -> &dyn UsageTracker {
        &*self.usage
    }

    /// What happened.
    pub fn audit(&self) -> &dyn AuditLogger {
        &*self.audit
    }

    /// What is allowed.
    pub fn entitlements(&self) -> &dyn Entitlements {
        &*self.entitlements
    }

    /// How remotes are entered.
    pub fn credentials(&self) -> &dyn CredentialProvider {
        &*self.credentials
    }

    /// Who is told.
    pub fn notifier(&self) -> &dyn Notifier {
        &*self.notifier
    }

    /// What fills each point.
    pub fn slots(&self) -> [Slot; 6] {
        Point::ALL.map(|point| {
            let about = match point {
                Point::Tenants => self.tenants.about(),
                Point::Usage => self.usage.about(),
                Point::Audit => self.audit.about(),
                Point::Entitlements => self.entitlements.about(),
                Point::Credentials => self.credentials.about(),
                Point::Notices => self.notifier.about(),
            };
            Slot { point, about }
        })
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.slots()).finish()
    }
}

/// A [`Registry`] to be.
#[derive(Debug)]
#[must_use = "a builder is no registry yet"]
pub struct Builder(Registry);

impl Builder {
    /// Fills the point for tenants.
    pub fn tenants(mut self, tenants: impl TenantProvider + 'static) -> Self {
        self.0.tenants = Box::new(tenants);
        self
    }

    /// Fills the point for usage.
    pub fn usage(mut self, usage: impl UsageTracker + 'static) -> Self {
        self.0.usage = Box::new(usage);
        self
    }

    /// Fills the point for the audit log.
    pub fn audit(mut self, audit: impl AuditLogger + 'static) -> Self {
        self.0.audit = Box::new(audit);
        self
    }

    /// Fills the point for entitlements.
    pub fn entitlements(mut self, entitlements: impl Entitlements + 'static) -> Self {
        self.0.entitlements = Box::new(entitlements);
        self
    }

    /// Fills the point for credentials.
    pub fn credentials(mut self, credentials: impl CredentialProvider + 'static) -> Self {
        self.0.credentials = Box::new(credentials);
        self
    }

    /// Fills the point for notices.
    pub fn notifier(mut self, notifier: impl Notifier + 'static) -> Self {
        self.0.notifier = Box::new(notifier);
        self
    }

    /// The registry, which nobody changes any more.
    ///
    /// # Errors
    /// Something was written for another major version of its extension point.
    pub fn build(self) -> Result<Arc<Registry>, RegistryError> {
        for Slot { point, about } in self.0.slots() {
            if about.written_for.major != point.version().major {
                let About { name, written_for } = about;
                return Err(RegistryError::OtherMajor { point, name, written_for });
            }
        }
        Ok(Arc::new(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edition::{ExtensionError, Notice};

    /// Written for some version.
    struct Written(Version);

    impl Notifier for Written {
        fn about(&self) -> About {
            About::new("written", self.0)
        }

        fn listens(&self) -> bool {
            false
        }

        fn notify(&self, _: &Notice) -> Result<(), ExtensionError> {
            Ok(())
        }
    }

    #[test]
    fn another_major_version_is_refused() {
        let Version { major, minor } = <dyn Notifier>::VERSION;
        check(Version::new(major, minor), "written");
        check(Version::new(major, minor + 1), "written");
        check(
            Version::new(major + 1, 0),
            "`written` was written for version 2.0 of the extension point `notices`, which is at 1.0",
        );
        check(
            Version::new(0, 9),
            "`written` was written for version 0.9 of the extension point `notices`, which is at 1.0",
        );

        #[track_caller]
        fn check(version: Version, expected: &str) {
            let built = Registry::builder().notifier(Written(version)).build();
            let said = built.map(|registry| registry.notifier().about().name);
            assert_eq!(said.unwrap_or_else(|err| err.to_string()), expected);
        }
    }

    #[test]
    fn each_point_has_an_open_default() {
        let registry = Registry::builder().build().expect("ours are of our own version");
        for (slot, point) in registry.slots().into_iter().zip(Point::ALL) {
            assert_eq!((slot.point, slot.about.written_for), (point, point.version()));
            assert!(!slot.about.name.is_empty(), "{point}");
        }
    }
}
