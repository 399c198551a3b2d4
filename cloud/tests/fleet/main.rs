// SPDX-License-Identifier: LicenseRef-Proprietary
//! Fleets as their operator runs them: many tenants, and what must not cross between them.

mod audit;
mod common;
mod isolation;
mod licence;
mod single;
