// SPDX-License-Identifier: LicenseRef-Proprietary
//! A key for each tenant.

use repo_sync_shared::edition::{
    About, Credential, CredentialProvider, ExtensionError, Scope, Version,
};

use crate::fleet::{Shared, known};

/// The ssh key that the fleet file names for a tenant; without one, what git is set up with.
pub struct TenantKeys {
    fleet: Shared,
}

impl TenantKeys {
    /// The keys of a fleet.
    pub fn new(fleet: Shared) -> Self {
        Self { fleet }
    }
}

impl CredentialProvider for TenantKeys {
    fn about(&self) -> About {
        About::new("tenant-keys", Version::new(1, 0))
    }

    fn credential(&self, scope: &Scope, _: &str) -> Result<Credential, ExtensionError> {
        let tenant = known(&self.fleet)?.tenant(scope.tenant());
        let key = tenant.and_then(|tenant| tenant.ssh_key.clone());
        Ok(key.map_or(Credential::Ambient, Credential::SshKey))
    }
}
