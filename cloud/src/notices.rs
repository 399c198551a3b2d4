// SPDX-License-Identifier: LicenseRef-Proprietary
//! Changes of state, in a file of each tenant.

use repo_sync::open::JsonLines;
use repo_sync_shared::edition::{About, ExtensionError, Notice, Notifier, Version};

use crate::files::{NOTICES, make_directory};
use crate::fleet::{Shared, known};

/// A line in the tenant's own file for each change of a mirror's state.
pub struct TenantNotices {
    fleet: Shared,
}

impl TenantNotices {
    /// The files of a fleet.
    pub fn new(fleet: Shared) -> Self {
        Self { fleet }
    }
}

impl Notifier for TenantNotices {
    fn about(&self) -> About {
        About::new("tenant-notices", Version::new(1, 0))
    }

    fn listens(&self) -> bool {
        true
    }

    fn notify(&self, notice: &Notice) -> Result<(), ExtensionError> {
        let directory = known(&self.fleet)?.directory(notice.subject.scope.tenant());
        make_directory(&directory).map_err(|err| {
            let what = format!("failed to make the directory `{}`", directory.display());
            ExtensionError::new(what).because(err)
        })?;
        JsonLines::new(directory.join(NOTICES)).notify(notice)
    }
}
