// SPDX-License-Identifier: LicenseRef-Proprietary
//! The fleet file as written. Deserialized, never interpreted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawFleet {
    pub(super) version: u32,
    pub(super) state: PathBuf,
    pub(super) licence: Option<PathBuf>,
    #[serde(default)]
    pub(super) tenant: BTreeMap<String, RawTenant>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawTenant {
    pub(super) ssh_key: Option<PathBuf>,
    #[serde(default)]
    pub(super) quota: RawQuota,
    #[serde(default)]
    pub(super) repository: Vec<RawRepository>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawQuota {
    pub(super) mirrors: Option<u64>,
    pub(super) commits: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawRepository {
    pub(super) name: String,
    pub(super) path: PathBuf,
    #[serde(default = "the_usual_mirror")]
    pub(super) mirrors: Vec<String>,
}

fn the_usual_mirror() -> Vec<String> {
    vec!["public".to_owned()]
}
