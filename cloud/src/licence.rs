// SPDX-License-Identifier: LicenseRef-Proprietary
//! The licence: a file signed by the vendor, checked without a network.
//!
//! It holds `payload`, the [`Terms`] as JSON, and `signature`, an ed25519 signature of the
//! payload's bytes, both in base64. Once it has expired there is a time of grace, in which all
//! works and is complained of. Without a good licence its features are unavailable; what
//! keeps something private from getting out is not among them and asks nobody.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use repo_sync_shared::edition::{About, Decision, Edition, Entitlements, Feature, Limits, Version};
use serde::Deserialize;

use crate::fleet::Fleet;

/// The vendor's public key, 64 hexadecimal digits, given when the program is built. A build
/// without one takes no licence.
const VENDOR_KEY: Option<&str> = option_env!("REPO_SYNC_VENDOR_KEY");

/// What a licence says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Terms {
    /// The format of the terms; 1.
    version: u32,
    /// Who bought it.
    pub holder: String,
    /// The features that it is for, by their names.
    pub features: Vec<String>,
    /// The last day.
    pub expires: Date,
    /// How many days after that it is still honoured.
    #[serde(default)]
    pub grace_days: u16,
    /// How many tenants a fleet may have.
    pub tenants: Option<u64>,
    /// How many mirrors a fleet may have.
    pub mirrors: Option<u64>,
}

/// How things stand with the licence today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Licence {
    /// There is none.
    Absent,
    /// There is a file, and it is no good.
    Invalid(String),
    /// It is good.
    Valid(Terms),
    /// It has expired, and is honoured for so many more days after today.
    Grace(Terms, u16),
    /// It has expired, and so has the time of grace.
    Expired(Terms),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    payload: String,
    signature: String,
}

impl Licence {
    /// The licence that a fleet file names, today.
    pub fn of_fleet(fleet: &Fleet) -> Self {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        match &fleet.licence {
            None => Self::Absent,
            Some(file) => Self::read(file, vendor_key().as_deref(), today),
        }
    }

    /// The licence in a file, on a day, under a vendor's key in hexadecimal digits.
    pub fn read(file: &Path, key: Option<&str>, today: Date) -> Self {
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(err) => {
                return Self::Invalid(format!("failed to read `{}`: {err}", file.display()));
            }
        };
        match terms(&text, key) {
            Ok(terms) => Self::on(today, terms),
            Err(why) => Self::Invalid(format!("`{}` is no good: {why}", file.display())),
        }
    }

    fn on(today: Date, terms: Terms) -> Self {
        let late = (today - terms.expires).get_days();
        let grace = i32::from(terms.grace_days);
        if late <= 0 {
            Self::Valid(terms)
        } else if late <= grace {
            let left = u16::try_from(grace - late).expect("it is less than the days of grace");
            Self::Grace(terms, left)
        } else {
            Self::Expired(terms)
        }
    }

    /// Whether a feature can be used; those of the open edition always can.
    pub fn allows(&self, feature: Feature) -> Decision {
        if feature.placement().edition == Edition::Community {
            return Decision::Allowed;
        }
        let named = |terms: &Terms| terms.features.iter().any(|name| name == feature.name());
        match self {
            Self::Valid(terms) | Self::Grace(terms, _) if named(terms) => Decision::Allowed,
            Self::Valid(terms) | Self::Grace(terms, _) => Decision::denied(format!(
                "the licence of {} is not for `{feature}`",
                shown(&terms.holder)
            )),
            Self::Absent | Self::Invalid(_) | Self::Expired(_) => {
                Decision::denied(self.to_string())
            }
        }
    }

    /// How much of them.
    pub fn limits(&self) -> Limits {
        match self {
            Self::Valid(Terms { tenants, mirrors, .. })
            | Self::Grace(Terms { tenants, mirrors, .. }, _) => {
                Limits { tenants: *tenants, mirrors: *mirrors }
            }
            Self::Absent | Self::Invalid(_) | Self::Expired(_) => Limits::default(),
        }
    }
}

impl std::fmt::Display for Licence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("there is no licence"),
            Self::Invalid(why) => write!(f, "the licence is not valid: {why}"),
            Self::Valid(terms) => {
                write!(f, "licensed to {} until {}", shown(&terms.holder), terms.expires)
            }
            Self::Grace(terms, left) => write!(
                f,
                "the licence of {} expired on {} and is honoured for {left} more days",
                shown(&terms.holder),
                terms.expires
            ),
            Self::Expired(terms) => {
                write!(f, "the licence of {} expired on {}", shown(&terms.holder), terms.expires)
            }
        }
    }
}

fn shown(text: &str) -> String {
    repo_sync_shared::escape_text(text.as_bytes())
}

/// The key that licences are signed with. A debug build also takes one from the
/// environment, for tests.
fn vendor_key() -> Option<String> {
    #[cfg(debug_assertions)]
    if let Ok(key) = std::env::var("REPO_SYNC_TEST_VENDOR_KEY") {
        return Some(key);
    }
    VENDOR_KEY.map(str::to_owned)
}

/// What a licence file says, if the vendor signed it.
fn terms(text: &[u8], key: Option<&str>) -> Result<Terms, String> {
    let key = key.ok_or("this program was built without the vendor's key")?;
    let key = unhex(key).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    let key = key.ok_or("this program was built with a key that is none")?;
    let signed: Signed = serde_json::from_slice(text).map_err(|err| err.to_string())?;
    let decode = |text: &str| STANDARD.decode(text).map_err(|err| err.to_string());
    let (payload, signature) = (decode(&signed.payload)?, decode(&signed.signature)?);
    let signature = Signature::from_slice(&signature).map_err(|_| "it is not signed")?;
    // Nothing is read from it before it is known to be the vendor's.
    key.verify_strict(&payload, &signature).map_err(|_| "the vendor did not sign it")?;
    let terms: Terms = serde_json::from_slice(&payload).map_err(|err| err.to_string())?;
    match terms.version {
        1 => Ok(terms),
        other => Err(format!("its terms are of version {other}")),
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.trim().as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Says what the licence allows.
pub struct Licensed {
    licence: Licence,
}

impl Licensed {
    /// What this licence allows.
    pub fn new(licence: Licence) -> Self {
        Self { licence }
    }
}

impl Entitlements for Licensed {
    fn about(&self) -> About {
        About::new("licence-file", Version::new(1, 0))
    }

    fn edition(&self) -> Edition {
        Edition::Cloud
    }

    fn allows(&self, feature: Feature) -> Decision {
        self.licence.allows(feature)
    }

    fn limits(&self) -> Limits {
        self.licence.limits()
    }
}

#[cfg(test)]
mod tests;
