// SPDX-License-Identifier: LicenseRef-Proprietary
//! Tenants from the fleet file.

use repo_sync_shared::edition::{
    About, Decision, ExtensionError, Feature, Operation, Place, Principal, Scope, TenantProvider,
    Version,
};

use crate::fleet::{Shared, known};
use crate::licence::Licence;

/// A repository is the tenant's under which the fleet file lists it. Publishing for a tenant
/// takes a licence; who can start the program here may do it.
pub struct FleetTenants {
    fleet: Shared,
    licence: Licence,
}

impl FleetTenants {
    /// The tenants of a fleet, as far as a licence goes.
    pub fn new(fleet: Shared, licence: Licence) -> Self {
        Self { fleet, licence }
    }
}

impl TenantProvider for FleetTenants {
    fn about(&self) -> About {
        About::new("fleet-file", Version::new(1, 0))
    }

    fn scope(&self, place: &Place<'_>) -> Result<Scope, ExtensionError> {
        let fleet = known(&self.fleet)?;
        let found = fleet.repository(place).map(|repository| repository.scope.clone());
        found.ok_or_else(|| {
            let (root, file) = (place.root.display(), fleet.file.display());
            ExtensionError::new(format!("`{root}` is not in the fleet file `{file}`"))
        })
    }

    fn may(
        &self,
        principal: &Principal,
        scope: &Scope,
        operation: Operation,
    ) -> Result<Decision, ExtensionError> {
        let fleet = known(&self.fleet)?;
        match (operation, principal) {
            (Operation::Publish, Principal::Local) => {}
            (Operation::Publish, Principal::Named(name)) => {
                let name = repo_sync_shared::escape_text(name.as_bytes());
                return Ok(Decision::denied(format!("a fleet file knows no user `{name}`")));
            }
        }
        let allowed = self.licence.allows(Feature::Fleet);
        if !allowed.is_allowed() {
            return Ok(allowed);
        }
        let number = fleet.tenants.iter().position(|tenant| tenant.name == scope.tenant());
        let Some(number) = number else {
            return Ok(Decision::denied(format!("there is no tenant `{}`", scope.tenant())));
        };
        Ok(match self.licence.limits().tenants {
            Some(limit) if number as u64 >= limit => Decision::denied(format!(
                "the licence is for {limit} tenants, and `{}` is beyond them",
                scope.tenant()
            )),
            Some(_) | None => Decision::Allowed,
        })
    }
}
