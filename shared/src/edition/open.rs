// SPDX-License-Identifier: Apache-2.0
//! What fills the extension points where nobody extends them.
//!
//! Nothing here does I/O. A log in a file and notices that somebody gets belong to the command
//! line, which knows where they go.

use std::io::Write;

use super::{
    About, AuditLogger, Credential, CredentialProvider, Decision, Edition, Entitlements, Event,
    ExtensionError, Feature, Keeping, Limits, Notice, Notifier, Operation, Place, Principal,
    Reading, Scope, Subject, TenantProvider, Usage, UsageTracker, Version,
};

/// Everything belongs to one tenant, and who can start the program may do all of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneTenant;

impl TenantProvider for OneTenant {
    fn about(&self) -> About {
        About::new("one-tenant", Version::new(1, 0))
    }

    fn scope(&self, place: &Place<'_>) -> Result<Scope, ExtensionError> {
        let name = place.root.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let named = Scope::new(Scope::DEFAULT_TENANT, name);
        Ok(named.unwrap_or_else(|_| Scope::of_default_tenant()))
    }

    fn may(&self, _: &Principal, _: &Scope, _: Operation) -> Result<Decision, ExtensionError> {
        Ok(Decision::Allowed)
    }
}

/// Nothing is counted, and all is allowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unmetered;

impl UsageTracker for Unmetered {
    fn about(&self) -> About {
        About::new("unmetered", Version::new(1, 0))
    }

    fn track(&self, _: &Reading) -> Result<(), ExtensionError> {
        Ok(())
    }

    fn check_quota(&self, _: &Subject, _: Operation) -> Result<Decision, ExtensionError> {
        Ok(Decision::Allowed)
    }

    fn summary(&self, _: &Scope) -> Result<Option<Usage>, ExtensionError> {
        Ok(None)
    }
}

/// No log was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeepsNothing;

impl AuditLogger for KeepsNothing {
    fn about(&self) -> About {
        About::new("none", Version::new(1, 0))
    }

    fn keeping(&self) -> Keeping {
        Keeping::Nothing
    }

    fn log(&self, _: &Event) -> Result<(), ExtensionError> {
        Ok(())
    }

    fn export(&self, _: &Scope, _: &mut dyn Write) -> Result<(), ExtensionError> {
        Ok(())
    }
}

/// The open column of the feature matrix, without limits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Community;

impl Entitlements for Community {
    fn about(&self) -> About {
        About::new("community", Version::new(1, 0))
    }

    fn edition(&self) -> Edition {
        Edition::Community
    }

    fn allows(&self, feature: Feature) -> Decision {
        let edition = feature.placement().edition;
        match self.edition().includes(edition) {
            true => Decision::Allowed,
            false => Decision::denied(format!("in the {edition} edition")),
        }
    }

    fn limits(&self) -> Limits {
        Limits::default()
    }
}

/// As git itself is set up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ambient;

impl CredentialProvider for Ambient {
    fn about(&self) -> About {
        About::new("as-git-is-set-up", Version::new(1, 0))
    }

    fn credential(&self, _: &Scope, _: &str) -> Result<Credential, ExtensionError> {
        Ok(Credential::Ambient)
    }
}

/// Nobody asked to be told.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNotices;

impl Notifier for NoNotices {
    fn about(&self) -> About {
        About::new("none", Version::new(1, 0))
    }

    fn listens(&self) -> bool {
        false
    }

    fn notify(&self, _: &Notice) -> Result<(), ExtensionError> {
        Ok(())
    }
}
