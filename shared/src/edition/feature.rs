// SPDX-License-Identifier: Apache-2.0
//! What the program can do, feature by feature, and in which edition.
//!
//! Where a feature belongs is not written down but follows from its [`Answers`]: whoever
//! moves it changes an answer, and has to mean it.

use std::fmt;

use serde::Serialize;

/// A program that can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edition {
    /// The open one, whole in itself.
    Community,
    /// The proprietary one: all of the open one, and more.
    Cloud,
}

impl Edition {
    /// Every edition there is.
    pub const ALL: [Self; 2] = [Self::Community, Self::Cloud];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Community => "community",
            Self::Cloud => "cloud",
        }
    }

    /// Whether all of `other` is part of it.
    pub const fn includes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Cloud, _) | (Self::Community, Self::Community) => true,
            (Self::Community, Self::Cloud) => false,
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whose something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The person who runs the program.
    User,
    /// The company behind that person.
    Organisation,
    /// Whoever sells the program as a service.
    Vendor,
}

/// What is asked about a feature to find its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answers {
    /// Does it keep something private from getting out, or show that it did?
    pub safety: bool,
    /// Does a solo developer need it on day one?
    pub day_one: bool,
    /// Does it need infrastructure that the vendor hosts?
    pub hosted: bool,
    /// Does it keep organisations apart, or need a corporate identity?
    pub organisation: bool,
    /// Is it there for a compliance check-box?
    pub compliance: bool,
    /// On whose machines does it run?
    pub compute: Owner,
    /// Whose identity does it act under?
    pub identity: Owner,
}

/// Why a feature is where it is: the answer that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Safety is never sold.
    Safety,
    /// Who begins alone needs it.
    DayOne,
    /// It runs on the vendor's machines.
    VendorCompute,
    /// It is about many organisations, or the identity of one.
    Organisation,
    /// It is there for an auditor.
    Compliance,
    /// No answer speaks for selling it.
    InDoubt,
}

impl Reason {
    /// The reason in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Safety => "safety is never sold",
            Self::DayOne => "needed on day one",
            Self::VendorCompute => "runs on the vendor's machines",
            Self::Organisation => "keeps organisations apart",
            Self::Compliance => "a compliance check-box",
            Self::InDoubt => "in doubt, free",
        }
    }
}

/// In which edition a feature begins, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// The smallest edition that has it.
    pub edition: Edition,
    /// The answer that decided.
    pub because: Reason,
}

impl Answers {
    /// Nothing speaks for or against: it runs where the user is, as the user.
    const PLAIN: Self = Self {
        safety: false,
        day_one: false,
        hosted: false,
        organisation: false,
        compliance: false,
        compute: Owner::User,
        identity: Owner::User,
    };
    const SAFETY: Self = Self { safety: true, ..Self::PLAIN };
    const DAY_ONE: Self = Self { day_one: true, ..Self::PLAIN };
    const ORGANISATION: Self =
        Self { organisation: true, identity: Owner::Organisation, ..Self::PLAIN };
    const COMPLIANCE: Self = Self { compliance: true, ..Self::PLAIN };

    /// The place that follows. What speaks for the open edition is asked first, and
    /// where nothing speaks for selling it, it is free.
    pub const fn placement(&self) -> Placement {
        let (edition, because) = if self.safety {
            (Edition::Community, Reason::Safety)
        } else if self.day_one {
            (Edition::Community, Reason::DayOne)
        } else if self.hosted || matches!(self.compute, Owner::Vendor) {
            (Edition::Cloud, Reason::VendorCompute)
        } else if self.organisation || !matches!(self.identity, Owner::User) {
            (Edition::Cloud, Reason::Organisation)
        } else if self.compliance {
            (Edition::Cloud, Reason::Compliance)
        } else {
            (Edition::Community, Reason::InDoubt)
        };
        Placement { edition, because }
    }
}

macro_rules! features {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $answers:expr;)*) => {
        /// Something that the program can do, by the stable name that reports use.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Feature { $($(#[doc = $doc])* $variant,)* }

        impl Feature {
            /// Every feature there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable name, such as `guard`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it does, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii(),)* }
            }

            /// What was answered about it.
            pub const fn answers(self) -> Answers {
                match self { $(Self::$variant => $answers,)* }
            }
        }
    };
}

features! {
    /// Publish the open part of a private history, commit by commit.
    Sync = "sync", Answers::DAY_ONE;
    /// Checks of all that is new, and a verifier that has to agree before a push.
    Guard = "guard", Answers::SAFETY;
    /// Audit a live mirror from outside.
    Verify = "verify", Answers::SAFETY;
    /// The same checks before a merge, a commit and a push by hand.
    Gate = "gate", Answers::SAFETY;
    /// A reviewed line for whatever widens the policy.
    PolicyLock = "policy-lock", Answers::SAFETY;
    /// A signed statement of what was published, for others to check.
    Receipts = "receipts", Answers::SAFETY;
    /// Take over a mirror that has a history.
    Adoption = "adoption", Answers::DAY_ONE;
    /// Several mirrors of one repository.
    ManyMirrors = "many-mirrors", Answers::PLAIN;
    /// What runs did, as lines of JSON.
    RunLog = "run-log", Answers::PLAIN;
    /// A word when the state of a mirror changes.
    Notices = "notices", Answers::PLAIN;
    /// Many repositories of many tenants in one run, each kept to itself.
    Fleet = "fleet", Answers::ORGANISATION;
    /// What a tenant may use.
    Quotas = "quotas", Answers::ORGANISATION;
    /// What a tenant used, as events for a bill.
    UsageEvents = "usage-events", Answers::ORGANISATION;
    /// A log of what happened in which no byte can be changed unseen.
    AuditChain = "audit-chain", Answers::COMPLIANCE;
}

impl Feature {
    /// In which edition it begins, and why.
    pub const fn placement(self) -> Placement {
        self.answers().placement()
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Feature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_follows_from_the_answers() {
        let vendor = Answers { compute: Owner::Vendor, ..Answers::PLAIN };
        let hosted = Answers { hosted: true, ..Answers::PLAIN };
        let sign_on = Answers { identity: Owner::Organisation, ..Answers::PLAIN };
        check(Answers::PLAIN, "community: in doubt, free");
        check(Answers::SAFETY, "community: safety is never sold");
        check(Answers::DAY_ONE, "community: needed on day one");
        check(Answers::ORGANISATION, "cloud: keeps organisations apart");
        check(Answers::COMPLIANCE, "cloud: a compliance check-box");
        check(vendor, "cloud: runs on the vendor's machines");
        check(hosted, "cloud: runs on the vendor's machines");
        check(sign_on, "cloud: keeps organisations apart");
        // What keeps a secret in is free, whoever else would pay for it.
        check(Answers { safety: true, ..Answers::COMPLIANCE }, "community: safety is never sold");
        check(Answers { safety: true, ..vendor }, "community: safety is never sold");
        check(Answers { day_one: true, ..Answers::ORGANISATION }, "community: needed on day one");

        #[track_caller]
        fn check(answers: Answers, expected: &str) {
            let Placement { edition, because } = answers.placement();
            assert_eq!(format!("{edition}: {}", because.about()), expected);
        }
    }

    #[test]
    fn no_answer_contradicts_another() {
        for &feature in Feature::ALL {
            let answers = feature.answers();
            assert_eq!(answers.hosted, answers.compute == Owner::Vendor, "{feature}");
            let corporate = answers.identity == Owner::Organisation;
            assert!(!corporate || answers.organisation, "{feature}");
        }
    }

    #[test]
    fn every_feature_has_a_name_of_its_own_and_says_what_it_does() {
        for (at, feature) in Feature::ALL.iter().enumerate() {
            let earlier = &Feature::ALL[..at];
            assert!(earlier.iter().all(|other| other.name() != feature.name()), "{feature}");
            assert!(feature.about().ends_with('.'), "{feature}: {}", feature.about());
        }
    }
}
